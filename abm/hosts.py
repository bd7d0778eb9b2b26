"""Host countries: rents, hostility, policy and doors. State is columns; a Host is a view of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mesa
import numpy as np
import pandas as pd
from mesa.agent import AgentSet

from abm import equations_of_hosts as host_equations
from abm import html
from abm.calendar import DAYS_PER_WEEK, WEEKS_PER_MONTH, WEEKS_PER_YEAR
from abm.chance import Floats, name_keys
from abm.composition import LEANINGS
from abm.hosts_table import HOST_NAMES, host_column, host_constants, host_labels
from abm.levers import ELITE_LEVERS, HOST_LEVERS, LEVERS, NO_LIMIT
from abm.parameters import Parameters
from abm.people import Flags
from abm.scenario import known_host

if TYPE_CHECKING:
    from abm.model import EmigrationModel

REVIEW_WEEKS = 13  # a policy reviews itself every quarter
STRICTNESS_AT_START = 0.3  # the scale's anchor: refusal_base holds at this strictness
VISA_DAYS = 90  # stay on a Schengen or other visitor's visa
LONG_AGO = 10_000
UNHEARD_OF = 1e-4  # share of people; when no more have not heard, everybody has
PROTECTION = ("humanitarian_visas_activists", "humanitarian_visas_draft")  # P4a, P4b
# Levers that open doors, of which people hear little by little (M33).
PROGRAMMES = (
    *PROTECTION, "simplified_settlement", "job_seeker_permits", "skill_visas", "resettlement",
)  # fmt: skip
_FROM_TABLE = (
    "visa_free_days", "border_run", "tourist_visas", "humanitarian_visas_activists",
    "humanitarian_visas_draft", "right_to_work", "skill_visas", "payment_access", "direct_flights",
    "competing_refugees", "citizenship_years",
)  # fmt: skip


class HostColumns:
    """What is true of every host this week. Columns of shape (hosts,), in HOST_NAMES' order.

    Levers are attributes under their own names. rent_usd: one room, USD a month; hostility: 0 to 1;
    newcomers: Russians who came since 24 February 2022, people; refusal: chance q at the next
    decision on a permit; payments, prices: as sanctions leave them; fear: of abduction, 0 to 1;
    heard: what people know of the doors offered; places_left: people who may still enter this
    week. The last family let in may overdraw them, and then the next wait for weeks; places not
    taken lapse.
    """

    names = HOST_NAMES
    entry_ban: Floats
    entry_exemptions: Floats
    visa_free_days: Floats
    border_run: Floats
    tourist_visas: Floats
    renewal_strictness: Floats
    humanitarian_visas_activists: Floats
    humanitarian_visas_draft: Floats
    draft_papers_only: Floats
    simplified_settlement: Floats
    capital_accepted: Floats
    right_to_work: Floats
    job_seeker_permits: Floats
    skill_visas: Floats
    resettlement: Floats
    aid: Floats
    protection: Floats
    payment_access: Floats
    publicity: Floats
    anti_discrimination: Floats
    citizenship_years: Floats
    elite_sanctuary: Floats
    elite_capital_kept: Floats
    elite_posts: Floats
    elite_payments: Floats
    elite_service: Floats
    sanctions: Floats
    living_cost: Floats
    institutions_closed: Floats
    security_plea: Floats
    accession_pressure: Floats
    direct_flights: Floats
    weekly_places: Floats
    competing_refugees: Floats
    incident: Floats
    host_constant: Floats

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self.keys = name_keys(HOST_NAMES)
        self.group = np.array([LEANINGS.index(name) for name in host_labels("leaning_group")])
        self.wage_mean_usd = host_column("wage_net_mean_usd")
        self.wage_it_usd = host_column("wage_net_it_usd")
        self.price_level = host_column("price_level")
        self.rent_before_usd = host_column("rent_usd")
        self.settlement_population = host_column("settlement_population")
        self.diaspora_before = host_column("diaspora_2021")
        self.travel_hours = host_column("travel_hours")
        self.refusal_base = host_column("refusal_base")
        self.hostility_before = host_column("hostility_base")
        self.visa_reach = host_column("visa_reach")
        self.russian_ease = host_column("russian_language_ease")
        self.internal_passport = host_column("internal_passport") > 0
        self.descent_share = host_column("descent_share")
        self.handover_risk = host_column("handover_risk")
        self.borders_russia = host_column("land_border") > 0
        self.permit_weeks = np.maximum(4, np.rint(host_column("permit_months") * WEEKS_PER_MONTH))
        for lever in HOST_LEVERS:
            setattr(self, lever, np.zeros(len(HOST_NAMES)))
        for lever in _FROM_TABLE:
            setattr(self, lever, host_column(lever).copy())
        self.heard = {lever: column.copy() for lever, column in self.offered.items()}
        self.spreading: dict[str, Floats] = {}  # what is offered and not yet known to all
        self.fear = np.zeros(len(HOST_NAMES))
        self.host_constant[:] = host_constants()
        self.entry_exemptions[:] = 1.0
        self.renewal_strictness[:] = STRICTNESS_AT_START
        self.living_cost[:] = 1.0
        self.accession_pressure[:] = host_column("external_pressure")
        self.weekly_places[:] = NO_LIMIT
        self.places_left = self.weekly_places.copy()
        self.pressure_before = self.accession_pressure.copy()
        self.newcomers: Floats = np.zeros(len(HOST_NAMES))
        self.shut_in_week = np.full(len(HOST_NAMES), -LONG_AGO)
        self.court_elite = False  # whether any host offers the elite anything
        self.pinned = np.zeros(len(HOST_NAMES), dtype=bool)
        self.rent_usd = self.rent_before_usd.copy()
        self.hostility = self._rest(0)
        self.update()

    def __len__(self) -> int:
        return len(HOST_NAMES)

    def set_lever(self, lever: str, host: str | None, value: float, week: int) -> float:
        """Set a lever in one host, or in all; returns what it was (in the first of them)."""
        chosen = slice(None) if host is None else slice(row := HOST_NAMES.index(host), row + 1)
        column = getattr(self, lever)
        before, shut = float(column[chosen][0]), self.shut_to_visitors
        column[chosen] = value
        self.shut_in_week[self.shut_to_visitors & ~shut] = week
        if lever == "renewal_strictness":
            self.pinned[chosen] = True
        if lever in ELITE_LEVERS:
            self._note_offers()
        return before

    def release(self, host: str) -> None:
        """Let a host's policy review itself again, once a dated measure has ended."""
        self.pinned[HOST_NAMES.index(host)] = False

    @property
    def offered(self) -> dict[str, Floats]:
        """What doors give, by lever."""
        return {lever: getattr(self, lever) for lever in PROGRAMMES}

    def _note_offers(self) -> None:
        """Kept, since everybody's doors ask for it."""
        self.court_elite = any(getattr(self, lever).any() for lever in ELITE_LEVERS)

    @property
    def shut_to_visitors(self) -> Flags:
        """Where nobody may come on a visit: entry is banned, or visas are needed and none given."""
        no_visas = (self.visa_free_days == 0) & (self.tourist_visas == 0)
        return np.asarray((self.entry_ban > 0) | no_visas)

    @property
    def borders_run(self) -> Flags:
        """Where a visit may be renewed by leaving and coming in again, as long as visits are."""
        return np.asarray((self.border_run > 0) & ~self.shut_to_visitors)

    @property
    def asks_visitors(self) -> Flags:
        """Where a visit takes more than a passport: a visa, or draft papers."""
        return np.asarray((self.visa_free_days == 0) | (self.draft_papers_only > 0))

    @property
    def protects(self) -> Flags:
        """Where some have heard that activists or men who evade the draft are protected (P4)."""
        activists, evaders = (self.heard[lever] for lever in PROTECTION)
        return np.asarray((activists > 0) | (evaders > 0))

    @property
    def visitor_weeks(self) -> Floats:
        """Stay of a visitor, weeks: without a visa, or on one."""
        days = np.where(self.visa_free_days > 0, self.visa_free_days, VISA_DAYS)
        return np.floor(days / DAYS_PER_WEEK)

    @property
    def citizenship_weeks(self) -> Floats:
        """Residence before citizenship, weeks; never where it is by descent alone."""
        years = self.citizenship_years
        return np.where(years > 0, years * WEEKS_PER_YEAR, np.inf)

    @property
    def russians(self) -> Floats:
        """Russians there, people: the diaspora of before and the newcomers."""
        return self.diaspora_before + self.newcomers

    def _rest(self, week: int) -> Floats:
        p = self._parameters
        return host_equations.hostility_at_rest(
            self.hostility_before,
            p.historical_hostility,
            p.early_welcome,
            week / WEEKS_PER_MONTH,
            p.welcome_months,
        )

    def update(self) -> None:
        """Rents, prices, payments and the chance of refusal as things stand."""
        p = self._parameters
        self.payments = host_equations.payments_under_sanctions(
            self.payment_access, p.sanctions_on_payments, self.sanctions
        )
        self.prices = host_equations.prices(
            self.price_level, self.living_cost, p.sanctions_on_costs, self.sanctions
        )
        seekers = host_equations.seekers(
            self.newcomers, p.refugee_competition, self.competing_refugees, p.aid_effect, self.aid
        )
        self.rent_usd = host_equations.rent(
            self.rent_before_usd, p.rent_elasticity, seekers, self.settlement_population
        )
        self.refusal = p.renewals_examined * host_equations.refusal_chance(
            self.refusal_base, p.strictness_to_refusal, self.renewal_strictness, STRICTNESS_AT_START
        )

    def answer(self, week: int, newcomers: Floats) -> None:
        """A week of the hosts' life: rents follow people, hostility answers rents, policy reviews.

        newcomers: people there at the end of last week.
        """
        p = self._parameters
        before = self.rent_usd
        self.places_left = np.minimum(self.places_left, 0.0) + self.weekly_places
        self.newcomers = newcomers
        self._note_offers()  # a mechanism of the user's own may have made some
        self.update()
        self._spread_news()
        self.hostility = host_equations.hostility_next(
            self.hostility,
            self._rest(week),
            p.hostility_decay_per_month,
            p.hostility_from_rents,
            np.log(self.rent_usd / before),
            p.hostility_from_incidents,
            self.incident,
        )
        if week > 0 and week % REVIEW_WEEKS == 0:
            self._review()

    def _spread_news(self) -> None:
        """People hear of new doors."""
        p = self._parameters
        self.spreading = {}
        for lever, offered in self.offered.items():
            heard = self.heard[lever]
            if not np.array_equal(heard, offered):
                heard[:] = host_equations.heard_next(
                    heard, offered, p.news_months, p.publicity_effect, self.publicity
                )
                if np.any(offered - heard > UNHEARD_OF):
                    self.spreading[lever] = offered

    def _review(self) -> None:
        """Strictness moves with what presses on a host, unless a dated event has set it."""
        p = self._parameters
        reviewed = host_equations.strictness_next(
            self.renewal_strictness,
            p.policy_to_hostility,
            self.hostility,
            p.hostility_threshold,
            p.policy_to_crowding,
            host_equations.crowding(
                self.newcomers, self.settlement_population, p.aid_effect, self.aid
            ),
            p.policy_to_security,
            self.security_plea,
            p.policy_to_pressure,
            self.accession_pressure - self.pressure_before,
        )
        self.renewal_strictness = np.where(self.pinned, self.renewal_strictness, reviewed)
        self.update()


class Host(mesa.Agent):
    """A host country: an ordinary Mesa agent whose attributes are its row of the columns."""

    def __init__(self, model: EmigrationModel, row: int) -> None:
        super().__init__(model)
        self.row = row
        self.name = HOST_NAMES[row]

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_"):
            column = getattr(self.model.host_columns, name, None)
            if isinstance(column, np.ndarray) and len(column) == len(HOST_NAMES):
                return column[self.row].item()
        raise AttributeError(f"a Host has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        columns = vars(self.model.host_columns).items()
        shape = (len(HOST_NAMES),)
        known = [name for name, column in columns if getattr(column, "shape", None) == shape]
        return sorted({*super().__dir__(), *(n for n in known if not n.startswith("_"))})

    def _repr_html_(self) -> str:
        facts = {
            "Russians who came": f"{self.newcomers:,.0f} people",
            "rent": f"{self.rent_usd:,.0f} USD a month, {self.rent_usd / self.rent_before_usd:.2f} "
            "times that of 24 February 2022",
            "hostility": f"{self.hostility:.2f} of 1",
            "strictness of permits": f"{self.renewal_strictness:.2f} of 1",
            "refused at the next decision": f"{self.refusal:.0%}",
            "fear of abduction": f"{self.fear:.2f} of 1",
        }
        levers = pd.DataFrame(
            [(lever.name, getattr(self, lever.name), lever.unit, lever.what)
             for lever in LEVERS if lever.actor == "host"],
            columns=["lever", "value", "unit", "what"],
        )  # fmt: skip
        return html.card(self.name, facts, html.table(levers, "levers as they stand"))

    def __repr__(self) -> str:
        return (
            f"Host({self.name!r}, newcomers={self.newcomers:.0f}, hostility={self.hostility:.2f})"
        )


class Hosts(AgentSet):
    """The hosts as a Mesa AgentSet that also answers to names: model.hosts["Georgia"]."""

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, str):
            return super().__getitem__(HOST_NAMES.index(known_host(item)))
        return super().__getitem__(item)
