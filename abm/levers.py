"""What a scenario can set, by date, and by host where it makes sense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from abm.errors import InputError

Actor = Literal["host", "Kremlin"]


@dataclass(frozen=True)
class Lever:
    """One lever: its id in the model's description, who moves it, its unit and range."""

    name: str
    id: str
    actor: Actor
    unit: str
    low: float
    high: float
    what: str
    whole: bool = False

    def check(self, value: object) -> float:
        """The value as a number; InputError when it is none or out of range."""
        example = (
            f"{self.name} from {self.low:g} to {self.high:g} ({self.unit}). "
            f"Example: {self.name} = {self.high:g}"
        )
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InputError(f"lever {self.name!r} must be a number, not {value!r}: {example}")
        if not self.low <= value <= self.high:
            raise InputError(f"lever {self.name!r} is {value:g}, out of its range: {example}")
        if self.whole and value != int(value):
            raise InputError(f"lever {self.name!r} is {value:g}, but must be whole: {example}")
        return float(value)


def _host(name: str, id: str, unit: str, low: float, high: float, what: str) -> Lever:
    return Lever(name, id, "host", unit, low, high, what, unit == "0 or 1")


def _kremlin(name: str, id: str, unit: str, low: float, high: float, what: str) -> Lever:
    return Lever(name, id, "Kremlin", unit, low, high, what)


NO_LIMIT = 1e9
LEVERS: tuple[Lever, ...] = (
    _host("entry_ban", "P1", "0 or 1", 0, 1, "no entry for visitors"),
    _host("entry_exemptions", "P1", "0 or 1", 0, 1, "work, study and family enter despite the ban"),
    _host("visa_free_days", "P2", "days", 0, 365, "stay without a visa"),
    _host("border_run", "P2", "0 or 1", 0, 1, "a stay is renewed by leaving and coming back"),
    _host("tourist_visas", "P2", "share of applicants", 0, 1, "visitor visas granted"),
    _host("renewal_strictness", "P3", "index", 0, 1, "strictness of permits and renewals"),
    _host("humanitarian_visas_activists", "P4a", "share", 0, 1, "activists who get protection"),
    _host("humanitarian_visas_draft", "P4b", "share", 0, 1, "draft evaders who get protection"),
    _host("draft_papers_only", "P5", "0 or 1", 0, 1, "visitors enter only with draft papers"),
    _host(
        "simplified_settlement", "P6", "share", 0, 1, "all who ask, settled while they stay there"
    ),
    _host("capital_accepted", "P7", "share", 0, 1, "barred capital that the host lets in"),
    _host("right_to_work", "P8", "share", 0, 1, "access to local work"),
    _host("job_seeker_permits", "P9", "share", 0, 1, "who work, admitted without an invitation"),
    _host("skill_visas", "P10", "share", 0, 1, "students, scientists and skilled who get a visa"),
    _host("resettlement", "P11", "share", 0, 1, "people admitted from states on Russia's border"),
    _host("aid", "P12", "index", 0, 1, "aid from outside for housing and services of newcomers"),
    _host("protection", "P13", "share", 0, 1, "abductions and handovers prevented"),
    _host("payment_access", "P14", "index", 0, 1, "access to payments and transfers"),
    _host("publicity", "P15", "index", 0, 1, "publicity for the host's open doors"),
    _host("anti_discrimination", "P15", "index", 0, 1, "effort against discrimination"),
    _host("citizenship_years", "P16", "years", 0, 30, "residence before citizenship; 0: never"),
    _host("elite_sanctuary", "P17a", "share", 0, 1, "of the elite who get sanctuary"),
    _host("elite_capital_kept", "P17b", "share", 0, 1, "of an elite fortune that may be kept"),
    _host("elite_posts", "P17c", "share", 0, 1, "posts in NGOs, boards, start-ups for the elite"),
    _host("elite_payments", "P17d", "share", 0, 1, "elite managers and investors with payments"),
    _host("elite_service", "P17e", "share", 0, 1, "siloviki in a monitored integration service"),
    _host("accession_pressure", "P24", "index", 0, 1, "pressure of the West on the host"),
    _host("direct_flights", "P25", "share", 0, 1, "direct flights from Russia"),
    _host("sanctions", "P26", "index", 0, 1, "sanctions felt in the host's banks and prices"),
    _host("living_cost", "M14", "index", 0.3, 3, "living costs in USD, February 2022 = 1"),
    _host("institutions_closed", "M13", "share", 0, 1, "posts in science shut to Russians"),
    _host("security_plea", "M18", "index", 0, 1, "how far politicians plead security"),
    _host("weekly_places", "capacity", "people a week", 0, NO_LIMIT, "most who may enter"),
    _host("competing_refugees", "M34", "people", 0, 1e7, "refugees who seek the same flats"),
    _host("incident", "M16", "index a week", 0, 1, "severity of incidents, while they last"),
    _host("host_constant", "ξ", "util", -8, 8, "what the model does not explain of a host"),
    _kremlin("mobilisation", "P18", "index", 0, 1, "strength of the order M"),
    _kremlin("mobilisation_quota", "P18", "people", 0, 5e6, "men to call up"),
    _kremlin("mobilisation_breadth", "P18", "multiple", 0, 5, "how wide the net is cast"),
    _kremlin("repression", "P19", "index", 0, 1, "repression R, March 2022 = 1"),
    _kremlin("exit_ban", "P20", "share", 0, 1, "draft-eligible men stopped at the border"),
    _kremlin("return_offer", "P21", "index", 0, 1, "calls and offers to those abroad"),
    _kremlin("propaganda", "P22", "index", 0, 1, "propaganda by itself, before rejections"),
    _kremlin("abductions", "P23", "multiple", 0, 5, "abductions abroad, 1 as seen to 2024"),
    Lever("regime_change", "M32", "Kremlin", "0 or 1", 0, 1, "another regime rules", whole=True),
)
BY_NAME: dict[str, Lever] = {lever.name: lever for lever in LEVERS}
HOST_LEVERS: tuple[str, ...] = tuple(lever.name for lever in LEVERS if lever.actor == "host")
KREMLIN_LEVERS: tuple[str, ...] = tuple(lever.name for lever in LEVERS if lever.actor == "Kremlin")
ELITE_LEVERS: tuple[str, ...] = tuple(lever.name for lever in LEVERS if lever.id.startswith("P17"))
