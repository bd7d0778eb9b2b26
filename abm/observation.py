"""Declared outcomes: name, unit, what it counts. Observers watch and never steer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from abm.calendar import week_start
from abm.chance import Floats, Integers
from abm.composition import ELITES, OCCUPATIONS
from abm.decision import own_insecurity
from abm.doors import VISITOR
from abm.emigrants import LEAVING_CAUSES, TRIGGERS
from abm.errors import unknown
from abm.hosts_table import HOST_NAMES
from abm.traits_tables import SECTORS

if TYPE_CHECKING:
    from abm.intents import Intents
    from abm.model import EmigrationModel

WORLD = "World"
STABLE_BELOW, INSECURE_FROM = 0.4, 0.5  # insecurity I that people would call stable, insecure


@dataclass(frozen=True)
class Outcome:
    """An outcome: its id in the model's description, unit, and where it is observed.

    net: what comes less what goes, so it may be negative; all others are not.
    """

    name: str
    id: str
    unit: str
    what: str
    where: Literal["hosts and World", "hosts", "World"] = "hosts and World"
    net: bool = False


def _share(name: str, what: str, id: str = "O15") -> Outcome:
    return Outcome(name, id, "share", what)


OUTCOMES: tuple[Outcome, ...] = (
    Outcome("departures", "O1", "people a week", "left Russia, by the host entered"),
    Outcome("arrivals", "O1", "people a week", "entered a host, from anywhere"),
    Outcome("returns", "O2", "people a week", "returned to Russia, by the host left"),
    Outcome("stock_abroad", "O3", "people", "abroad at the week's end"),
    Outcome("onward_moves", "O4", "people a week", "moved to another host, by the host left"),
    Outcome("insecure_status", "O5", "people", "abroad with insecurity of status from 0.5"),
    _share("stable_status", "of the stock, insecurity of status below 0.4", "O5"),
    Outcome("permit_holders", "O15", "people", "abroad with a permit, citizens left out"),
    _share("ever_discriminated", "of the stock, ever discriminated against in their life abroad"),
    Outcome("permit_refusals", "O15", "people a week", "refused a permit or its renewal"),
    Outcome("rent_index", "O12", "multiple", "rent, 24 February 2022 = 1", "hosts"),
    Outcome("hostility", "O12", "index", "hostility of the public, 0 to 1", "hosts"),
    Outcome("policy_strictness", "O12", "index", "strictness of permits, 0 to 1", "hosts"),
    Outcome("fear", "M27", "index", "fear of abduction and handover, 0 to 1", "hosts"),
    Outcome("abductions", "M27", "people a week", "activists abducted or handed over, drawn"),
    Outcome("abductions_expected", "M27", "people a week", "the same, expected"),
    Outcome("turned_back", "O13", "people a week", "set out for a door that was shut"),
    Outcome(
        "involuntarily_immobile",
        "O13",
        "people a week",
        "decided to leave and could not; the same may recur, so weeks do not add up to people",
        "World",
    ),
    Outcome("called_up", "O13", "people a week", "called up for the army", "World"),
    Outcome("elite_departures", "O14", "people a week", "of the elite, left; family not counted"),
    Outcome("elite_exits", "O14", "people a week", "of the elite, expected to leave", "World"),
    *(
        Outcome(
            f"elite_exits.{name}", "O14", "people a week", f"expected to leave: {name}", "World"
        )
        for name in ELITES[1:]
    ),
    *(
        Outcome(f"return_causes.{name}", "O15", "people a week", f"returned; last trigger: {name}")
        for name in TRIGGERS[1:]
    ),
    *(
        Outcome(f"departure_causes.{name}", "O15", "people a week", f"left; main cause: {name}")
        for name in LEAVING_CAUSES
    ),
    _share("share_women", "of adults abroad, women"),
    _share("share_higher_education", "of adults abroad, with higher education"),
    Outcome("mean_age_years", "O15", "years", "mean age of adults abroad, at the start"),
    *(_share(f"share.{name}", f"of adults abroad, {name}") for name in OCCUPATIONS),
    Outcome("manpower_denied", "O6", "person-months a week", "draft-eligible men abroad"),
    Outcome("draft_eligible_abroad", "O6", "people", "draft-eligible men abroad"),
    Outcome(
        "labour_force_change", "O7", "people, net", "workers missing, with a minus", "World", True
    ),
    *(
        Outcome(f"labour_{name}.{sector}", "O7", "people", f"{sector}, {what}", "World")
        for name, what in (("lost", "missing at work"), ("regained", "back at work"))
        for sector in SECTORS
    ),
    Outcome("returnees_at_work", "O7", "people", "back from abroad with an occupation", "World"),
    Outcome("gdp_contribution", "O8", "percentage points of GDP", "added by returnees", "World"),
    Outcome("gdp_missing", "O8", "percentage points of GDP", "missing with those gone", "World"),
    Outcome("capital_outflow", "O9", "EUR a week", "taken abroad less brought back", net=True),
    Outcome("capital_stayed", "O9", "EUR", "property and savings in Russia of those abroad"),
    Outcome("opposition_capacity", "O10", "multiple", "1: every activist at full voice", "World"),
    Outcome("opposition_abroad", "O10", "multiple", "the part of activists abroad", "World"),
    Outcome("opposition_at_home", "O10", "multiple", "the part of those at home", "World"),
    Outcome(
        "men_trapped", "O10", "people", "draft-eligible, would leave and cannot, each once", "World"
    ),
    Outcome("propaganda_strength", "O11", "index", "0 to 1", "World"),
    Outcome("dissent_at_home", "O11", "index", "dissent that propaganda leaves, 0 to 1", "World"),
    Outcome("host_gain.labour", "O16", "people", "at local work, as far as a host can use them"),
    Outcome(
        "host_gain.eur", "O16", "EUR a week", "local pay, spending, rise of property held", net=True
    ),
)
BY_NAME: dict[str, Outcome] = {outcome.name: outcome for outcome in OUTCOMES}
_INDEX = {outcome.name: k for k, outcome in enumerate(OUTCOMES)}
_UNITS = pd.Index(sorted({outcome.unit for outcome in OUTCOMES}))
_UNIT = _UNITS.get_indexer(pd.Index([outcome.unit for outcome in OUTCOMES]))
_HOSTS = len(HOST_NAMES)


class Observations:
    """All outcomes of a run, shape (outcomes, weeks, hosts + 1); World is the last column."""

    def __init__(self, weeks: int) -> None:
        self._values = np.zeros((len(OUTCOMES), weeks, _HOSTS + 1))
        self._week = 0
        self.weeks_seen = 0

    def begin(self, week: int) -> None:
        """From now on, record for this week."""
        self._week = week
        self.weeks_seen = week + 1

    def add(self, name: str, hosts: Integers, people: Floats) -> None:
        """Count people by the row of their host, and in the World."""
        counts = np.bincount(hosts, weights=people, minlength=_HOSTS)
        row = self._values[_INDEX[name], self._week]
        row[:-1] += counts
        row[-1] += counts.sum()

    def add_world(self, name: str, people: float) -> None:
        """Count people in the World alone."""
        self._values[_INDEX[name], self._week, -1] += people

    def put_sum(self, name: str, by_host: Floats) -> None:
        """Record a state of the week; the World's is the hosts' together."""
        self.put(name, by_host, float(by_host.sum()))

    def put_world(self, name: str, value: float) -> None:
        """Record a state of the World alone."""
        self._values[_INDEX[name], self._week, -1] = value

    def put(self, name: str, by_host: Floats, world: float = 0.0) -> None:
        """Record a state at the week's end."""
        row = self._values[_INDEX[name], self._week]
        row[:-1], row[-1] = by_host, world

    def series(self, name: str, host: str = WORLD) -> Floats:
        """One outcome by week, shape (weeks,); unknown names raise InputError."""
        if name not in _INDEX:
            raise unknown("outcome", name, _INDEX, "stock_abroad")
        place = (*HOST_NAMES, WORLD)
        if host not in place:
            raise unknown("host", host, place, "Georgia")
        return self._values[_INDEX[name], : self.weeks_seen, place.index(host)]

    def table(self, names: Collection[str] = BY_NAME) -> pd.DataFrame:
        """Tidy: date (first day of the week), host, outcome, value, unit; as many rows as declared.

        Flows are of the week, stocks at its end. names: which outcomes, all if not said.
        """
        weeks = self.weeks_seen
        dates = pd.to_datetime([week_start(week) for week in range(weeks)]).as_unit("s")
        places = pd.Index((*HOST_NAMES, WORLD))
        parts = {
            "hosts and World": slice(None),
            "hosts": slice(0, -1),
            "World": slice(-1, None),
        }
        columns: dict[str, list[np.ndarray]] = {k: [] for k in ("date", "host", "outcome", "value")}
        for row, outcome in enumerate(OUTCOMES):
            if outcome.name not in names:
                continue
            chosen = parts[outcome.where]
            block = self._values[row, :weeks, chosen]
            columns["value"].append(block.ravel())
            columns["date"].append(np.repeat(dates.to_numpy(), block.shape[1]))
            columns["host"].append(np.tile(np.arange(len(places))[chosen], weeks))
            columns["outcome"].append(np.full(block.size, row))
        outcome_row = np.concatenate(columns["outcome"])
        return pd.DataFrame(
            {
                "date": np.concatenate(columns["date"]),
                "host": pd.Categorical.from_codes(np.concatenate(columns["host"]), places),
                "outcome": pd.Categorical.from_codes(
                    outcome_row, pd.Index([o.name for o in OUTCOMES])
                ),
                "value": np.concatenate(columns["value"]),
                "unit": pd.Categorical.from_codes(_UNIT[outcome_row], _UNITS),
            }
        )


def observe_moves(model: EmigrationModel, moves: Intents) -> None:
    """Flows of the week: departures, arrivals, returns, onward moves and their causes."""
    seen = model.observations
    people = moves.people
    leaving = moves.origin < 0
    returning = ~leaving & (moves.destination == _HOSTS)
    onward = ~leaving & ~returning
    seen.add("departures", moves.destination[leaving], people[leaving])
    seen.add("arrivals", moves.destination[~returning], people[~returning])
    seen.add("returns", moves.origin[returning], people[returning])
    seen.add("onward_moves", moves.origin[onward], people[onward])
    for k, name in enumerate(LEAVING_CAUSES):
        chosen = leaving & (moves.cause == k)
        seen.add(f"departure_causes.{name}", moves.destination[chosen], people[chosen])
    for k, name in enumerate(TRIGGERS[1:], start=1):
        chosen = returning & (moves.cause == k)
        seen.add(f"return_causes.{name}", moves.origin[chosen], people[chosen])


def observe_states(model: EmigrationModel) -> None:
    """Stocks and shares at the week's end."""
    e, hosts, seen = model.emigrants, model.host_columns, model.observations
    rows = e.abroad()
    place, people = e.place[rows].astype(np.int64), e.people[rows]

    def by_host(weights: Floats) -> Floats:
        counts = np.bincount(place, weights=weights, minlength=_HOSTS)
        return np.asarray(counts, dtype=float)

    def put_share(name: str, part: Floats, whole: Floats) -> None:
        share = np.divide(part, whole, out=np.zeros(_HOSTS), where=whole > 0)
        seen.put(name, share, part.sum() / max(whole.sum(), 1e-12))

    stock = by_host(people)
    seen.put_sum("stock_abroad", stock)
    status = e.status[rows]
    weeks_left = (e.permit_ends[rows] - model.week).astype(float)
    insecurity = own_insecurity(status, weeks_left, place, model.world())
    insecure = by_host(people * (insecurity >= INSECURE_FROM))
    seen.put_sum("insecure_status", insecure)
    put_share("stable_status", by_host(people * (insecurity < STABLE_BELOW)), stock)
    holders = by_host(people * ((status > 0) & (status < VISITOR)))
    seen.put_sum("permit_holders", holders)
    put_share("ever_discriminated", by_host(people * e.ever_discriminated[rows]), stock)

    ones = np.ones(len(rows))
    adults = by_host(ones)
    put_share("share_women", by_host(ones * (e.sex[rows] == 1)), adults)
    put_share("share_higher_education", by_host(ones * (e.education[rows] == 1)), adults)
    put_share("mean_age_years", by_host(ones * e.age_years[rows]), adults)
    kinds = len(OCCUPATIONS)
    work = np.bincount(place * kinds + e.occupation[rows], minlength=_HOSTS * kinds)
    for k, name in enumerate(OCCUPATIONS):
        put_share(f"share.{name}", work.reshape(_HOSTS, kinds)[:, k].astype(float), adults)
    seen.put("rent_index", hosts.rent_usd / hosts.rent_before_usd)
    seen.put("hostility", hosts.hostility)
    seen.put("policy_strictness", hosts.renewal_strictness)
    seen.put("fear", hosts.fear)
