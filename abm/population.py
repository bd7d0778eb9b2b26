"""The people of Russia: adults of 20 to 64 as numbers 0 to size - 1, laid out in strata.

A person's traits are a function of the seed and the person's number, worked out for those somebody
looks at. So the millions who do nothing this week cost nothing, and the same seed gives the same
people whatever the scenario.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from abm import composition as source
from abm import traits_tables as tables
from abm.chance import Chance, Floats, Integers, Words, quarter_below

Flags = NDArray[np.bool_]

# Bins of attachment by cumulative share, fine where people are likeliest to leave.
ATTACHMENT_EDGES = np.array(
    [0.0, 0.001, 0.004, 0.012, 0.03, 0.07, 0.13, 0.2, 0.3, 0.42, 0.55, 0.7, 0.85, 1.0]
)
ATTACHMENT_LIMIT = 3.0  # truncation of the standard normal
WAGE_LIMIT = 3.0  # truncation of ln wage, in standard deviations
OTHER_WORK, IT_WORK, NO_WORK = range(3)  # livelihoods: what strata know of an occupation
IT, STUDENT, JOBLESS = (source.OCCUPATIONS.index(name) for name in ("it", "student", "jobless"))
SKILLED = np.isin(source.OCCUPATIONS, ["it", "scientist", "student", "specialist", "manager"])
STAGES = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2])  # life stage of an age group: to 34, to 49, to 64
MOST_CHILDREN = 4


@dataclass(frozen=True)
class Groups:
    """What is shared by all in a stratum but attachment. Columns of shape (groups,).

    persons: real people; type_order and type_cumulative list the discrete types in each group.
    """

    persons: Floats
    risk_class: Integers
    region: Integers
    stage: Integers
    sex: Integers
    partnered: Integers
    livelihood: Integers
    dissent_bin: Integers
    leaning: Integers
    type_order: Integers
    type_cumulative: Floats
    first_type: Integers
    class_liability: Floats
    class_exempt: Floats


@cache
def groups() -> Groups:
    """Types of people gathered by what the screening must know of them."""
    types = source.composition()
    exact = np.stack([liability(types), types.exempt.astype(float)])
    classes, risk_class = np.unique(exact, axis=1, return_inverse=True)
    livelihood = np.select(
        [types.occupation == IT, types.occupation == JOBLESS], [IT_WORK, NO_WORK], OTHER_WORK
    )
    columns = {
        "risk_class": risk_class.ravel(),
        "region": types.region,
        "stage": STAGES[types.age_group],
        "sex": types.sex,
        "partnered": types.partnered,
        "livelihood": livelihood,
        "dissent_bin": types.dissent_bin,
        "leaning": types.leaning,
    }
    key = np.zeros(len(types.persons), dtype=np.int64)
    for column in columns.values():
        key = key * (int(column.max()) + 1) + column
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    order = np.argsort(group, kind="stable")
    shared = {name: np.asarray(column[first], dtype=np.int64) for name, column in columns.items()}
    return Groups(
        persons=np.bincount(group, weights=types.persons),
        type_order=order,
        type_cumulative=np.cumsum(types.persons[order]),
        first_type=np.searchsorted(group[order], np.arange(len(first) + 1)),
        class_liability=classes[0],
        class_exempt=classes[1],
        **shared,
    )


def liability(types: source.Composition) -> Floats:
    """Liability to be called up before exemptions, 0 to 1, of each type, by sex, age and service."""
    served = np.where(types.served == 1, 1.0, tables.served_factor())
    men = tables.exposure_by_age()[types.age_group] * served
    return np.where(types.sex == 0, men, tables.womens_exposure())


@dataclass(frozen=True)
class Strata:
    """Groups cut by attachment, in falling order of propensity. Columns of shape (strata,).

    start has one entry more: stratum i holds the persons start[i] to start[i + 1] - 1.
    """

    start: Integers
    group: Integers
    attachment_bin: Integers

    @cached_property
    def size(self) -> Integers:
        """Agents in each stratum."""
        return np.diff(self.start)


@cache
def strata_at(scale: int) -> Strata:
    """The strata at a scale, people an agent, without the empty ones.

    Heads are rounded cumulatively, so that no kind of people is lost or gained at a coarse scale.
    The order affects speed alone: who is likely to leave comes first.
    """
    g = groups()
    bins = len(ATTACHMENT_EDGES) - 1
    group = np.repeat(np.arange(len(g.persons)), bins)
    attachment_bin = np.tile(np.arange(bins), len(g.persons))
    persons = g.persons[group] * np.diff(ATTACHMENT_EDGES)[attachment_bin]
    middle = ndtri((ATTACHMENT_EDGES[:-1] + ATTACHMENT_EDGES[1:]) / 2)
    pull = (
        1.6 * middle[attachment_bin]
        - 1.5 * g.dissent_bin[group] / 2
        - 1.5 * (g.class_liability * (1 - 0.7 * g.class_exempt))[g.risk_class[group]]
        - 0.3 * (g.livelihood[group] == IT_WORK)
        + 0.8 * g.partnered[group]
    )
    order = np.argsort(pull, kind="stable")
    edges = np.floor(np.cumsum(persons[order]) / scale + 0.5).astype(np.int64)
    heads = np.diff(edges, prepend=0)
    kept = order[heads > 0]
    start = np.concatenate([[0], np.cumsum(heads[heads > 0])])
    return Strata(start, group[kept], attachment_bin[kept])


class Population:
    """The people at one scale under one seed.

    size: agents; scale: people an agent stands for.
    """

    def __init__(self, scale: int, chance: Chance) -> None:
        self.scale = scale
        self.chance = chance
        self.groups = groups()
        self.strata = strata_at(scale)
        self.size = int(self.strata.start[-1])
        self.class_size = np.zeros((len(source.REGIONS), len(self.groups.class_liability)))
        np.add.at(
            self.class_size,
            (self.groups.region[self.strata.group], self.groups.risk_class[self.strata.group]),
            self.strata.size,
        )

    def people(self, ids: Integers, stratum: Integers | None = None) -> People:
        """Traits of some people, by their numbers; stratum: their strata's rows, if known."""
        return People(self, np.asarray(ids, dtype=np.int64), stratum)

    def summary(self) -> dict[str, float]:
        """Means of the adults, for comparison with those abroad."""
        types = source.composition()
        share = types.persons / types.persons.sum()
        sample = self.people(np.arange(0, self.size, max(1, self.size // 20_000)))
        return {
            "adults": float(types.persons.sum()),
            "mean_age_years": float(share @ (22.5 + 5.0 * types.age_group)),
            "share_higher_education": float(share @ (types.education == 1)),
            "share_entrepreneurs": float(
                share @ (types.occupation == source.OCCUPATIONS.index("entrepreneur"))
            ),
            "share_it": float(share @ (types.occupation == IT)),
            "wage_median_usd": float(np.median(sample.wage_usd)),
        }


class People:
    """Traits of some people, shape (people,); each is worked out when first asked for."""

    def __init__(self, population: Population, ids: Integers, stratum: Integers | None) -> None:
        if stratum is not None:
            self.stratum = stratum
        self._population = population
        self.groups = population.groups
        self.ids = ids

    def take(self, rows: Integers | Flags) -> People:
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
        return np.searchsorted(self._population.strata.start, self.ids, side="right") - 1

    @cached_property
    def group(self) -> Integers:
        """Row of each person's group."""
        return self._population.strata.group[self.stratum]

    @cached_property
    def _type(self) -> Integers:
        g = self._population.groups
        last = g.type_cumulative[g.first_type[self.group + 1] - 1]
        before = last - g.persons[self.group]
        wanted = before + self._uniform("type") * g.persons[self.group]
        row = np.searchsorted(g.type_cumulative, wanted, side="right")
        row = np.clip(row, g.first_type[self.group], g.first_type[self.group + 1] - 1)
        return g.type_order[row]

    @cached_property
    def risk_class(self) -> Integers:
        """Class of exposure to mobilisation."""
        return self._population.groups.risk_class[self.group]

    @cached_property
    def region(self) -> Integers:
        """Index into REGIONS."""
        return self._population.groups.region[self.group]

    @cached_property
    def sex(self) -> Integers:
        """0 male, 1 female."""
        return self._population.groups.sex[self.group]

    @cached_property
    def leaning(self) -> Integers:
        """Index into LEANINGS, the group of hosts to which the person leans."""
        return self._population.groups.leaning[self.group]

    @cached_property
    def occupation(self) -> Integers:
        """Index into OCCUPATIONS."""
        return source.composition().occupation[self._type].astype(np.int64)

    @cached_property
    def education(self) -> Integers:
        """0 other, 1 higher."""
        return source.composition().education[self._type].astype(np.int64)

    @cached_property
    def age_group(self) -> Integers:
        """Index into AGE_GROUPS."""
        return source.composition().age_group[self._type].astype(np.int64)

    @cached_property
    def age_years(self) -> Integers:
        """Age in whole years, 20 to 64."""
        return 20 + 5 * self.age_group + np.floor(5 * self._uniform("age")).astype(np.int64)

    @cached_property
    def attachment_standard(self) -> Floats:
        """Attachment to home z, standard normal truncated at 3."""
        cell = self._population.strata.attachment_bin[self.stratum]
        low, high = ATTACHMENT_EDGES[cell], ATTACHMENT_EDGES[cell + 1]
        return attachment_at(low + (high - low) * self._uniform("attachment"))

    @cached_property
    def dissent(self) -> Floats:
        """Dissent o, 0 to 1."""
        cell = self._population.groups.dissent_bin[self.group]
        edges = np.asarray(source.DISSENT_EDGES)
        return edges[cell] + (edges[cell + 1] - edges[cell]) * self._uniform("dissent")

    @cached_property
    def activist(self) -> Flags:
        """Whether the person is an activist or journalist against the war."""
        share = tables.activist_share()[self.occupation]
        opponent = self._population.groups.dissent_bin[self.group] == 2
        return opponent & self._has(0, share)

    @cached_property
    def wage_usd(self) -> Floats:
        """Net income at home, USD a month, early 2022; lognormal within region and occupation."""
        sigma = tables.wage_spread()
        deviation = truncated_normal(self._uniform("wage"), WAGE_LIMIT)
        mean = tables.home_wage_usd()[self.region, self.occupation]
        return mean * np.exp(sigma * deviation - sigma**2 / 2)

    @cached_property
    def savings_usd(self) -> Floats:
        """Savings at the start, USD: months of spending from the survey × the month's income."""
        share, months = tables.savings_months_quantiles()
        return np.interp(self._uniform("savings"), share, months) * self.wage_usd

    @cached_property
    def foreign_passport(self) -> Flags:
        """Whether the person holds a passport for travel abroad."""
        share = tables.foreign_passport_share()[self.education, self.region, self.age_group]
        return self._has(1, share)

    @cached_property
    def speaks_foreign_language(self) -> Flags:
        """Whether the person speaks a foreign language well enough to work in it."""
        share = source.speaks_foreign_language_share()[self.education, self.region]
        share = np.where(self.occupation == IT, tables.it_speaks_foreign_language_share(), share)
        return self._has(2, share)

    @cached_property
    def remote(self) -> Flags:
        """Whether the person's work can be done from abroad."""
        return self._has(3, tables.remote_share()[self.occupation])

    @cached_property
    def skilled(self) -> Flags:
        """Whether work or study gives a ground for a skill visa: a trade, a degree, a language."""
        learned = (self.education == 1) & self.speaks_foreign_language
        return SKILLED[self.occupation] & (learned | (self.occupation == STUDENT))

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
