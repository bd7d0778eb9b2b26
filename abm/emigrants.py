"""Those whose life has left the bands: emigrants, returnees, turned back, called up. Columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.chance import Floats, Integers
from abm.people import People
from abm.population import Population
from abm.ties import Ties, community

NO_ROW = -1
HOME, ARMY, NOWHERE = -1, -2, -3  # places that are no host's row
JOBLESS, LOCAL_WORK, REMOTE_WORK = range(3)
# Why somebody decides (abroad) or left. The order is that of urgency: a later one prevails.
TRIGGERS = (
    "none", "attention", "partner", "news from home", "discrimination", "permit ended", "job lost",
    "savings ended", "abduction", "permit refused",
)  # fmt: skip
(
    NONE, ATTENTION, PARTNER, NEWS_FROM_HOME, DISCRIMINATION, PERMIT_ENDED, JOB_LOST,
    SAVINGS_ENDED, ABDUCTION, PERMIT_REFUSED,
) = range(10)  # fmt: skip
LEAVING_CAUSES = ("mobilisation", "repression", "conscience", "hardship", "wages", "partner")

_COLUMNS: dict[str, tuple[type, float]] = {
    "person": (np.int64, -1),
    "partner": (np.int64, -1),  # the partner's number, or NOBODY
    "position": (np.int64, -1),  # in the line of all communities
    "place": (np.int16, -1),  # a host's row, or HOME, or ARMY
    "people": (np.float64, 0),  # real people in the row, children included
    "sex": (np.int8, 0),
    "age_years": (np.int8, 0),
    "education": (np.int8, 0),
    "risk_class": (np.int16, 0),
    "dissent": (np.float64, 0),
    "occupation": (np.int8, 0),
    "elite": (np.int8, 0),  # kind of elite
    "activist": (np.bool_, 0),
    "settled_before": (np.bool_, 0),  # has had a settlement tied to residence (P6)
    "first_left_week": (np.int32, -1),
    "left_week": (np.int32, -1),
    "arrived_week": (np.int32, -1),
    "trigger": (np.int8, 0),
    "next_trigger": (np.int8, 0),
    "status": (np.int8, 0),
    "permit_ends": (np.int32, 0),  # week
    "savings_usd": (np.float64, 0),
    "savings_in_russia_usd": (np.float64, 0),  # what could not be taken along
    "property_usd": (np.float64, 0),  # wealth beside savings, wherever it is
    "capital_abroad_usd": (np.float64, 0),  # the part of it that was taken along
    "work": (np.int8, 0),
    "local_wage_usd": (np.float64, 0),
    "understood": (np.float64, 0),  # chance to be understood at work
    "home_wage_usd": (np.float64, 0),
    "discrimination": (np.float64, 0),
    "ever_discriminated": (np.bool_, 0),
    "weeks_abroad": (np.int32, 0),
    "occasion": (np.int32, 0),
    "luck_week": (np.int32, -1),  # week of the luck of departure, -1 once it is renewed
    "luck": (np.float64, 0),
}


class Emigrants:
    """A table that grows: one row for each person who ever left, was turned back or called up.

    Columns are attributes; use them with row numbers, the first `rows` of them are in use.
    """

    person: Integers
    partner: Integers
    position: Integers
    place: NDArray[np.int16]
    people: Floats
    sex: NDArray[np.int8]
    age_years: NDArray[np.int8]
    education: NDArray[np.int8]
    risk_class: NDArray[np.int16]
    dissent: Floats
    occupation: NDArray[np.int8]
    elite: NDArray[np.int8]
    activist: NDArray[np.bool_]
    settled_before: NDArray[np.bool_]
    first_left_week: NDArray[np.int32]
    left_week: NDArray[np.int32]
    arrived_week: NDArray[np.int32]
    trigger: NDArray[np.int8]
    next_trigger: NDArray[np.int8]
    status: NDArray[np.int8]
    permit_ends: NDArray[np.int32]
    savings_usd: Floats
    savings_in_russia_usd: Floats
    property_usd: Floats
    capital_abroad_usd: Floats
    work: NDArray[np.int8]
    local_wage_usd: Floats
    understood: Floats
    home_wage_usd: Floats
    discrimination: Floats
    ever_discriminated: NDArray[np.bool_]
    weeks_abroad: NDArray[np.int32]
    occasion: NDArray[np.int32]
    luck_week: NDArray[np.int32]
    luck: Floats

    def __init__(self, population: Population, ties: Ties) -> None:
        self._population = population
        self._ties = ties
        self._row_of = np.full(population.size, NO_ROW, dtype=np.int32)
        # Where everybody is, in the order of communities, so that contacts are found at once.
        self._place_by_position = np.full(population.size, HOME, dtype=np.int8)
        self._contacts_abroad = np.zeros(population.size, dtype=np.int8)  # in the same order
        # By community, the most that anybody in it has had so far: never too low.
        self.most_contacts_abroad = np.zeros(1 + community(population.groups).max(), dtype=np.int8)
        self.rows = 0
        self._capacity = 0
        self.away_by_class = np.zeros(len(population.groups.class_liability))
        self._grow(1024)

    def _grow(self, capacity: int) -> None:
        for name, (kind, initial) in _COLUMNS.items():
            column: NDArray[Any] = np.full(capacity, initial, dtype=kind)
            if self.rows:
                column[: self.rows] = getattr(self, name)[: self.rows]
            setattr(self, name, column)
        self._capacity = capacity

    def row_of(self, ids: Integers) -> Integers:
        """Rows of some persons; NO_ROW for those who have none."""
        return self._row_of[ids].astype(np.int64)

    def place_of(self, ids: Integers) -> Integers:
        """Where some persons are: a host's row, HOME or ARMY; persons below 0 are nowhere: HOME."""
        rows = self._row_of[ids]
        known = np.nonzero((rows != NO_ROW) & (ids >= 0))
        places = np.full(rows.shape, HOME, dtype=np.int64)
        places[known] = self.place[rows[known]]
        return places

    def ensure(self, people: People) -> Integers:
        """Rows of some persons, made where there are none."""
        new = np.flatnonzero(self._row_of[people.ids] == NO_ROW)
        if len(new):
            end = self.rows + len(new)
            if end > self._capacity:
                self._grow(max(end, 2 * self._capacity))
            rows = slice(self.rows, end)
            traits = people.take(new)
            self._row_of[traits.ids] = np.arange(self.rows, end)
            self.person[rows] = traits.ids
            self.partner[rows] = self._ties.partner_of(traits)
            self.position[rows] = self._ties.community_position(traits)
            self.people[rows] = self.heads(traits)
            self.sex[rows] = traits.sex
            self.age_years[rows] = traits.age_years
            self.education[rows] = traits.education
            self.risk_class[rows] = traits.risk_class
            self.dissent[rows] = traits.dissent
            self.occupation[rows] = traits.occupation
            self.elite[rows] = traits.elite
            self.activist[rows] = traits.activist
            self.savings_usd[rows] = traits.savings_usd
            self.home_wage_usd[rows] = traits.wage_usd
            self.rows = end
        return self.row_of(people.ids)

    def heads(self, people: People) -> Floats:
        """Real people that some persons stand for, their children included."""
        return self._population.scale * (1.0 + people.children)

    def abroad(self) -> Integers:
        """Rows of those who are in a host."""
        return np.flatnonzero(self.place[: self.rows] >= 0)

    def contacts_abroad(self, people: People) -> NDArray[np.int8]:
        """How many contacts abroad people have."""
        return self._contacts_abroad[self._ties.community_position(people)]

    def places_of_contacts(self, people: People) -> tuple[Integers, NDArray[np.int8]]:
        """Rows of those who have contacts abroad, (some,), and where theirs are, (CONTACTS, some).

        Below 0 for a contact who is in no host.
        """
        some = np.flatnonzero(self.contacts_abroad(people))
        them = self._population.people(people.ids[some], people.stratum[some])
        positions, own = self._ties.contact_positions(them)
        places = self._place_by_position[positions]
        places[positions == own] = HOME
        return some, places

    def strike(self, rows: Integers, trigger: int) -> None:
        """Make rows decide this week, for a cause, unless they have a more urgent one."""
        self.trigger[rows] = np.maximum(self.trigger[rows], trigger)

    def put(self, rows: Integers, place: Integers | int) -> None:
        """Put rows, each once, in a host, at HOME or in the ARMY: the one way to move."""
        was_away = (self.place[rows] != HOME).astype(float)
        place = np.broadcast_to(place, rows.shape)
        is_away = (place != HOME).astype(float)
        self.away_by_class += np.bincount(
            self.risk_class[rows], is_away - was_away, len(self.away_by_class)
        )
        self._tell_contacts(rows, (place >= 0).astype(np.int8) - (self.place[rows] >= 0))
        self.place[rows] = place
        self._place_by_position[self.position[rows]] = place

    def _tell_contacts(self, rows: Integers, change: NDArray[np.int8]) -> None:
        """Count rows that go abroad, +1, or are abroad no more, -1, with all of their contacts."""
        changed = np.flatnonzero(change)
        if not len(changed):
            return
        people = self._population.people(self.person[rows[changed]])
        positions, own = self._ties.contact_positions(people)
        contact, person = np.nonzero(positions != own)
        positions = positions[contact, person]
        np.add.at(self._contacts_abroad, positions, change[changed[person]])
        where = community(people.groups)[people.group[person]]
        np.maximum.at(self.most_contacts_abroad, where, self._contacts_abroad[positions])
