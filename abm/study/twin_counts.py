"""What sources count, kept of the twin by week: cohorts, stays, workers, refusals.

The model's sources are read off single moves. The twin has none, so what they would have counted is
followed beside it: of everybody's share abroad and back, how much left when; and by host, how many
have stayed for how long. Cohorts of one person are taken to return alike.
"""

from __future__ import annotations

import numpy as np

from abm.calendar import week_start
from abm.chance import Floats
from abm.composition import OCCUPATIONS
from abm.hosts_table import HOST_NAMES
from abm.study.observed import EARLY_DAYS, NOT_WORKING, RELOCATED_BY_FIRMS, YEAR_2022
from abm.study.twin_abroad import Abroad
from abm.study.twin_life import HALF_A_YEAR_WEEKS, LifeAbroad
from abm.study.twin_moves import Russia, Week
from abm.study.twin_people import Households
from abm.study.twin_reach import part_of

_HOSTS = len(HOST_NAMES)
REGISTERED_WEEKS = 2  # a stay long enough to ask for a tax number, as observed.DAYS_TO_REGISTER
COHORTS = {"early": EARLY_DAYS, "of 2022": YEAR_2022}


class Cohort:
    """Who first left within some days: shares of each person, abroad and back, (persons,)."""

    def __init__(self, persons: int) -> None:
        self.abroad, self.back = np.zeros((2, persons))

    def follow(self, first: Floats, again: Floats, returned: Floats) -> None:
        """A week: who first leaves and belongs here, and what share of those back leaves again and
        of those abroad returns."""
        leaves, comes = self.back * again, self.abroad * returned
        self.abroad += first + leaves - comes
        self.back += comes - leaves


class TwinCounts:
    """By week: first_by_occupation, adults who leave for the first time, (weeks, occupations);
    first_by_wage, those of them below and above the median wage; ever_returned, adults who return
    for the first time; workers_back; adults, by host; renewals, refused and of them home within
    half a year; arrivals, registered, resident, residents_left: people by host who arrive, who
    arrived two weeks and half a year ago and are still there, and who leave after half a year;
    cohorts, adults by name, of clients of relocation firms or all, abroad or back."""

    def __init__(self, weeks: int, households: Households, wage_median_usd: float) -> None:
        self._households = households
        people, adults = households.people, households.adults
        self._workers = ~np.isin(np.array(OCCUPATIONS)[people.occupation], NOT_WORKING)
        self._clients = np.isin(np.array(OCCUPATIONS)[people.occupation], RELOCATED_BY_FIRMS)
        self._above = people.wage_usd > wage_median_usd
        self._cohorts = {name: Cohort(len(adults)) for name in COHORTS}
        self._again_abroad = np.zeros(len(adults))
        self._since = np.zeros((2, weeks, _HOSTS))  # people by week of arrival, locked and not
        self.first_by_occupation = np.zeros((weeks, len(OCCUPATIONS)))
        self.first_by_wage, self.renewals = np.zeros((2, weeks, 2))
        self.ever_returned, self.workers_back = np.zeros((2, weeks))
        self.adults = np.zeros((weeks, _HOSTS))
        self.arrivals, self.registered, self.resident, self.residents_left = np.zeros(
            (4, weeks, _HOSTS)
        )
        self.cohorts = {name: np.zeros((weeks, 2, 2)) for name in COHORTS}

    def count(
        self, number: int, moves: Week, abroad: Abroad, russia: Russia, life: LifeAbroad
    ) -> None:
        """Count a week, by its number."""
        reach, adults = abroad.reach, self._households.adults
        occupation = self._households.people.occupation
        first = reach.by_person(moves.first)
        self.first_by_occupation[number] = np.bincount(occupation, adults * first, len(OCCUPATIONS))
        self.first_by_wage[number] = np.bincount(self._above, adults * first, 2)
        there = reach.of_pairs(abroad.there)
        self.adults[number] = reach.by_host(adults[reach.person] * there)
        back = russia.back + reach.by_person(russia.behind_back)
        self.workers_back[number] = adults @ (back * self._workers)
        self.renewals[number] = [(abroad.adults * each).sum() for each in life.renewals]
        self._follow_cohorts(number, first, moves, there, back)
        self._follow_stays(number, moves, abroad, life)

    def _follow_cohorts(
        self, number: int, first: Floats, moves: Week, there: Floats, back: Floats
    ) -> None:
        reach, adults = moves.reach, self._households.adults
        came = reach.by_person(moves.returns)
        left_again = reach.by_person(moves.departures) - first
        was_abroad = np.maximum(reach.by_person(there) + came - first - left_again, 0.0)
        returned = np.clip(part_of(came, was_abroad), 0.0, 1.0)
        again = np.clip(part_of(left_again, np.maximum(back - came + left_again, 0.0)), 0.0, 1.0)
        before = self._again_abroad * returned
        self.ever_returned[number] = adults @ np.maximum(came - before, 0.0)
        self._again_abroad += left_again - before
        day = week_start(number)
        for name, (begin, end) in COHORTS.items():
            cohort = self._cohorts[name]
            cohort.follow(first * (begin <= day <= end), again, returned)
            for row, shares in enumerate((cohort.abroad, cohort.back)):
                self.cohorts[name][number, :, row] = (
                    adults @ shares,
                    adults @ (shares * self._clients),
                )

    def _follow_stays(self, number: int, moves: Week, abroad: Abroad, life: LifeAbroad) -> None:
        """How long people have been in each host: who has only just come leaves by attention alone,
        all others by events as well."""
        reach = abroad.reach
        heads = (self._households.heads * self._households.adults)[reach.person]
        left = reach.by_host(heads * (moves.returns + moves.onward))
        all_leave = reach.by_host(abroad.people * life.left)
        by_attention = part_of(reach.by_host(abroad.people * life.attentive), all_leave)
        locked, free = self._since
        weight = free + by_attention * locked
        rate = np.minimum(part_of(left, weight.sum(axis=0)), 1.0)
        gone = weight * rate
        stayed = max(number - HALF_A_YEAR_WEEKS + 1, 0)
        self.residents_left[number] = gone[:stayed].sum(axis=0)
        free *= 1.0 - rate
        locked *= 1.0 - by_attention * rate
        renewed = locked * life.attention
        locked -= renewed
        free += renewed
        self.arrivals[number] = reach.by_host(heads * moves.arrivals)
        locked[number] = self.arrivals[number]
        for weeks, kept in (
            (REGISTERED_WEEKS, self.registered),
            (HALF_A_YEAR_WEEKS, self.resident),
        ):
            if number >= weeks:
                kept[number] = locked[number - weeks] + free[number - weeks]
