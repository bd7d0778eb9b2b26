"""Traits of people, worked out for those somebody looks at.

A person's traits are a function of the seed and the person's number. So the millions who do nothing
this week cost nothing, and the same seed gives the same people whatever the scenario.
"""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from abm import composition as source
from abm import traits_tables as tables
from abm.chance import Floats, Integers, Words, name_keys, quarter_below
from abm.hosts_table import HOST_NAMES, host_column

if TYPE_CHECKING:
    from abm.population import Population

Flags = NDArray[np.bool_]

ATTACHMENT_LIMIT = 3.0  # truncation of the standard normal
WAGE_LIMIT = 3.0  # truncation of ln wage, in standard deviations
SKILLED = np.isin(
    source.OCCUPATIONS, ["it", "entrepreneur", "scientist", "student", "specialist", "manager"]
)
STUDENT = source.OCCUPATIONS.index("student")
NO_HOST = -1
OTHER_WORK, IT_WORK, STUDIES, NO_WORK = range(4)  # what strata know of an occupation
LIVELIHOOD = np.full(len(source.OCCUPATIONS), OTHER_WORK)
LIVELIHOOD[source.OCCUPATIONS.index("it")] = IT_WORK
LIVELIHOOD[source.OCCUPATIONS.index("student")] = STUDIES
LIVELIHOOD[source.OCCUPATIONS.index("jobless")] = NO_WORK
MOST_CHILDREN = 4


class People:
    """Traits of some people, shape (people,); each is worked out when first asked for."""

    def __init__(self, population: Population, ids: Integers, stratum: Integers | None) -> None:
        if stratum is not None:
            self.stratum = stratum
        self._population = population
        self.groups = population.groups
        self.ids = ids

    def take(self, rows: Integers | Flags | slice) -> People:
        """Some of these people, with what has been worked out of them."""
        taken = People(self._population, self.ids[rows], None)
        for name, value in self.__dict__.items():
            if isinstance(value, np.ndarray):
                taken.__dict__[name] = value[rows]
        return taken

    def and_also(self, ids: Integers) -> People:
        """These people and some more."""
        if not len(ids):
            return self
        return People(self._population, np.concatenate([self.ids, ids]), None)

    def _uniform(self, trait: str) -> Floats:
        return self._population.chance.uniform(f"trait {trait}", self.ids)

    @cached_property
    def _sixteenths(self) -> Words:
        return self._population.chance.words("trait yes or no", self.ids)

    def _has(self, which: int, share: Floats) -> Flags:
        """Traits that one has or has not: a share of people, by independent luck."""
        return quarter_below(self._sixteenths, which, share)

    @cached_property
    def stratum(self) -> Integers:
        """Row of each person's stratum."""
        return self._population.strata.of(self.ids)

    @cached_property
    def group(self) -> Integers:
        """Row of each person's group."""
        return self._population.strata.group[self.stratum]

    @property
    def out_of_work(self) -> Flags:
        """Whether the person has no work at home: homemakers, pensioners, the ill."""
        return self.groups.livelihood[self.group] == NO_WORK

    @cached_property
    def _kind(self) -> Integers:
        g = self.groups
        last = g.kind_cumulative[g.first_kind[self.group + 1] - 1]
        wanted = last - (1.0 - self._uniform("kind")) * g.persons[self.group]
        row = g.kind_ladder.step(wanted)
        row = np.maximum(row, g.first_kind[self.group])
        row = np.minimum(row, g.first_kind[self.group + 1] - 1)
        return g.kind_order[row]

    @cached_property
    def _type(self) -> Integers:
        return self._kind % len(self._population.types.persons)

    @cached_property
    def risk_class(self) -> Integers:
        """Class of exposure to mobilisation."""
        return self.groups.risk_class[self.group]

    @cached_property
    def region(self) -> Integers:
        """Index into REGIONS."""
        return self.groups.region[self.group]

    @cached_property
    def stage(self) -> Integers:
        """Life stage: 0 to age 34, 1 to 49, 2 to 64."""
        return self.groups.stage[self.group]

    @cached_property
    def sex(self) -> Integers:
        """0 male, 1 female."""
        return self.groups.sex[self.group]

    @cached_property
    def leaning(self) -> Integers:
        """Index into LEANINGS, the group of hosts to which the person leans."""
        return self.groups.leaning[self.group]

    @cached_property
    def occupation(self) -> Integers:
        """Index into OCCUPATIONS."""
        return self._population.types.occupation[self._type].astype(np.int64)

    @cached_property
    def education(self) -> Integers:
        """0 other, 1 higher."""
        return self._population.types.education[self._type].astype(np.int64)

    @cached_property
    def age_group(self) -> Integers:
        """Index into AGE_GROUPS."""
        return self._population.types.age_group[self._type].astype(np.int64)

    @cached_property
    def age_years(self) -> Integers:
        """Age in whole years, 20 to 64."""
        return 20 + 5 * self.age_group + np.floor(5 * self._uniform("age")).astype(np.int64)

    @cached_property
    def attachment_standard(self) -> Floats:
        """Attachment to home z, standard normal truncated at 3."""
        cell = self._population.strata.attachment_bin[self.stratum]
        edges = self._population.attachment_edges
        low, high = edges[cell], edges[cell + 1]
        return attachment_at(low + (high - low) * self._uniform("attachment"))

    @cached_property
    def dissent(self) -> Floats:
        """Dissent o, 0 to 1."""
        cell = self.groups.dissent_bin[self.group]
        edges = np.asarray(source.DISSENT_EDGES)
        return edges[cell] + (edges[cell + 1] - edges[cell]) * self._uniform("dissent")

    @cached_property
    def activist(self) -> Flags:
        """Whether the person is an activist or journalist against the war."""
        share = tables.activist_share()[self.occupation]
        opponent = self.groups.dissent_bin[self.group] == 2
        return opponent & self._has(0, share)

    @cached_property
    def entitled(self) -> Flags:
        """Whether descent entitles the person to settle in some host."""
        return self._population.strata.entitled[self.stratum] == 1

    @cached_property
    def wage_luck(self) -> Floats:
        """Where the person's wage stands among those of their region and occupation, 0 to 1."""
        return self._uniform("wage")

    @cached_property
    def wage_usd(self) -> Floats:
        """Net income at home, USD a month, early 2022; lognormal within region and occupation."""
        sigma = tables.wage_spread()
        deviation = truncated_normal(self.wage_luck, WAGE_LIMIT)
        mean = tables.home_wage_usd()[self.region, self.occupation]
        return mean * np.exp(sigma * deviation - sigma**2 / 2)

    @cached_property
    def savings_usd(self) -> Floats:
        """Savings at the start, USD: months of spending from the survey × the month's income."""
        share, months = tables.savings_months_quantiles()
        return np.interp(self._uniform("savings"), share, months) * self.wage_usd

    @cached_property
    def wealth_luck(self) -> Floats:
        """Where the person stands in wealth among those who earn the same, 0 to 1."""
        return self._uniform("wealth")

    @cached_property
    def foreign_passport(self) -> Flags:
        """Whether the person holds a passport for travel abroad."""
        share = tables.foreign_passport_share()[self.education, self.region, self.age_group]
        return self._has(1, share)

    @cached_property
    def speaks_foreign_language(self) -> Flags:
        """Whether the person speaks a foreign language well enough to work in it."""
        return self.groups.speaks[self.group] == 1

    @cached_property
    def descent_host(self) -> Integers:
        """Row of the host in which descent gives citizenship, or NO_HOST; the luck of the name."""
        result = np.full(len(self.ids), NO_HOST)
        entitled = np.flatnonzero(self.entitled)
        if not len(entitled):
            return result
        hosts = np.flatnonzero(host_column("descent_share"))
        keys = name_keys(tuple(HOST_NAMES[host] for host in hosts))
        chance = self._population.chance
        luck = chance.exponential_by_place("descent", self.ids[entitled], None, keys)
        result[entitled] = hosts[np.argmin(luck / host_column("descent_share")[hosts], axis=1)]
        return result

    @cached_property
    def remote(self) -> Flags:
        """Whether the person's work can be done from abroad."""
        return self._has(2, tables.remote_share()[self.occupation])

    @cached_property
    def skilled(self) -> Flags:
        """Whether work or study gives a ground for a skill visa: a trade, a degree, a language."""
        learned = (self.education == 1) | (self.occupation == STUDENT)
        return SKILLED[self.occupation] & learned & self.speaks_foreign_language

    @cached_property
    def elite(self) -> Integers:
        """Index into ELITES: siloviki, managers or investors at the top, by luck of their own."""
        kind = self.could_be_elite
        rows = np.flatnonzero(kind)
        if not len(rows):
            return kind
        luck = self._population.chance.uniform("trait elite", self.ids[rows])
        topmost = luck < tables.elite_share()[self.occupation[rows]]
        result = np.zeros_like(kind)
        result[rows[topmost]] = kind[rows[topmost]]
        return result

    @property
    def could_be_elite(self) -> Integers:
        """The kind of elite whose occupation, degree and age the person has; 0 where none."""
        return self._population.elite_of_types[self._type]

    @cached_property
    def fortune_luck(self) -> Floats:
        """Luck with which a fortune was made, uniform in (0, 1)."""
        return self._uniform("fortune")

    @cached_property
    def works(self) -> Flags:
        """Whether the person works at home."""
        return tables.EMPLOYED[self.occupation]

    @cached_property
    def children(self) -> Integers:
        """Children under 18, in the mother's row: Poisson about her age group's mean, at most 4."""
        ladder = _poisson_ladder()[self.age_group]
        count = (self._uniform("children")[:, None] > ladder).sum(axis=1)
        return np.where(self.sex == 1, count, 0)


@cache
def _poisson_ladder() -> Floats:
    """Cumulative Poisson chances of 0 to 3 children, shape (age groups, 4)."""
    mean = np.asarray(tables.children_per_woman())[:, None]
    number = np.arange(MOST_CHILDREN)
    factorial = np.array([1.0, 1.0, 2.0, 6.0])
    return np.cumsum(np.exp(-mean) * mean**number / factorial, axis=1)


def truncated_normal(uniform: Floats, limit: float) -> Floats:
    """Standard normal truncated at ± limit, from a uniform."""
    low = ndtr(-limit)
    return ndtri(low + uniform * (1.0 - 2.0 * low))


def attachment_at(uniform: Floats) -> Floats:
    """The attachment z below which a share of people lies."""
    return truncated_normal(uniform, ATTACHMENT_LIMIT)
