"""The people of Russia: adults of 20 to 64 as numbers 0 to size - 1, laid out in strata.

Strata know what the screening must know of their people; the rest of a person is in abm.people.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from abm import composition as source
from abm import traits_tables as tables
from abm.chance import Chance, Floats, Integers
from abm.hosts_table import host_column
from abm.ladder import Ladder
from abm.people import LIVELIHOOD, OTHER_WORK, WAGE_LIMIT, People

# Bins of attachment by cumulative share, fine where people are likeliest to leave.
ATTACHMENT_EDGES = np.array(
    [0.0, 0.001, 0.004, 0.012, 0.03, 0.07, 0.13, 0.2, 0.3, 0.42, 0.55, 0.7, 0.85, 1.0]
)
IT, SCIENTIST, JOBLESS = (source.OCCUPATIONS.index(name) for name in ("it", "scientist", "jobless"))
LIFE_STAGES = ("20 to 34", "35 to 49", "50 to 64")
STAGES = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2])  # life stage of an age group
ENDS_PAY_FROM = 4  # persons a stratum, for which its end is found quicker than the stratum of each


@dataclass(frozen=True)
class Groups:
    """What is shared by all in a stratum but attachment and descent. Columns of shape (groups,).

    persons: real people; kind_order and kind_cumulative list the kinds of people in each group, a
    kind being a discrete type that speaks a foreign language or not (kind = type + types if so).
    """

    persons: Floats
    risk_class: Integers
    region: Integers
    stage: Integers
    sex: Integers
    partnered: Integers
    livelihood: Integers
    speaks: Integers
    dissent_bin: Integers
    leaning: Integers
    kind_order: Integers
    kind_cumulative: Floats
    first_kind: Integers
    class_liability: Floats
    class_exempt: Floats

    @cached_property
    def circumstances(self) -> Integers:
        """A row for each livelihood, leaning and region."""
        row = self.livelihood * len(source.LEANINGS) + self.leaning
        return row * len(source.REGIONS) + self.region

    @cached_property
    def kind_ladder(self) -> Ladder:
        """Kinds by their cumulative persons."""
        return Ladder(self.kind_cumulative)

    @cached_property
    def could_be_elite(self) -> NDArray[np.bool_]:
        """Where some could be of the elite: from 35 on, in work but not in IT."""
        return (self.stage > 0) & (self.livelihood == OTHER_WORK)


@lru_cache(maxsize=8)
def groups(types: source.Composition) -> Groups:
    """Kinds of people gathered by what the screening must know of them."""
    exact = np.stack([liability(types), types.exempt.astype(float)])
    classes, risk_class = np.unique(exact, axis=1, return_inverse=True)
    of_types: dict[str, Integers] = {
        "risk_class": risk_class.ravel(),
        "region": types.region,
        "stage": STAGES[types.age_group],
        "sex": types.sex,
        "partnered": types.partnered,
        "livelihood": LIVELIHOOD[types.occupation],
        "dissent_bin": types.dissent_bin,
        "leaning": types.leaning,
    }
    columns = {name: np.tile(column, 2) for name, column in of_types.items()}
    columns["speaks"] = np.repeat([0, 1], len(types.persons))
    speaks = source.speaks_foreign_language_share()[types.education, types.region]
    speaks = np.where(types.occupation == IT, tables.it_speaks_foreign_language_share(), speaks)
    persons = np.concatenate([types.persons * (1.0 - speaks), types.persons * speaks])
    key = np.zeros(len(persons), dtype=np.int64)
    for column in columns.values():
        key = key * (int(column.max()) + 1) + column
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    order = np.argsort(group, kind="stable")
    shared = {name: np.asarray(column[first], dtype=np.int64) for name, column in columns.items()}
    return Groups(
        persons=np.asarray(np.bincount(group, weights=persons), dtype=float),
        kind_order=order,
        kind_cumulative=np.cumsum(persons[order]),
        first_kind=np.searchsorted(group[order], np.arange(len(first) + 1)),
        class_liability=classes[0],
        class_exempt=classes[1],
        **shared,
    )


def liability(types: source.Composition) -> Floats:
    """Liability to be called up before exemptions, 0 to 1, by sex, age and service."""
    served = np.where(types.served == 1, 1.0, tables.served_factor())
    men = tables.exposure_by_age()[types.age_group] * served
    return np.where(types.sex == 0, men, tables.womens_exposure())


@dataclass(frozen=True)
class Strata:
    """Groups cut by attachment and descent, by falling propensity. Columns of shape (strata,).

    start has one entry more: stratum i holds the persons start[i] to start[i + 1] - 1. entitled: by
    descent to settle in some host; pull: of home, roughly, in util. entitled_group: the group's row
    where those entitled follow the others; attachment: a row for each life stage and bin.
    """

    start: Integers
    group: Integers
    attachment_bin: Integers
    entitled: Integers
    pull: Floats
    entitled_group: Integers
    attachment: Integers

    @cached_property
    def size(self) -> Integers:
        """Agents in each stratum."""
        return np.diff(self.start)

    @cached_property
    def _ladder(self) -> Ladder:
        return Ladder(self.start)

    def of(self, ids: Integers) -> Integers:
        """Rows of the strata of some persons."""
        return self._ladder.step(ids) - 1

    def of_rising(self, ids: Integers) -> Integers:
        """The same for persons in rising order: quicker where a stratum holds several of them."""
        if not len(ids):
            return ids
        first, last = np.searchsorted(self.start, ids[[0, -1]], side="right") - 1
        if (last - first) * ENDS_PAY_FROM > len(ids):
            return self.of(ids)
        heads = np.diff(np.searchsorted(ids, self.start[first + 1 : last + 1]), prepend=0)
        return np.repeat(np.arange(first, last + 1), np.append(heads, len(ids) - heads.sum()))


@lru_cache(maxsize=8)
def strata_at(types: source.Composition, scale: int) -> Strata:
    """The strata at a scale, people an agent, without the empty ones.

    Heads are rounded cumulatively, so that no kind of people is lost or gained at a coarse scale.
    The order affects speed alone: who is likely to leave comes first.
    """
    g = groups(types)
    descent = host_column("descent_share").sum()
    shape = (len(g.persons), len(ATTACHMENT_EDGES) - 1, 2)
    group, attachment_bin, entitled = (index.ravel() for index in np.indices(shape))
    persons = g.persons[group] * np.diff(ATTACHMENT_EDGES)[attachment_bin]
    persons = persons * np.array([1.0 - descent, descent])[entitled]
    middle = ndtri((ATTACHMENT_EDGES[:-1] + ATTACHMENT_EDGES[1:]) / 2)
    pull = (
        1.6 * middle[attachment_bin]
        - 1.5 * g.dissent_bin[group] / 2
        - 1.5 * (g.class_liability * (1 - 0.7 * g.class_exempt))[g.risk_class[group]]
        - 0.8 * g.speaks[group]
        - 1.0 * entitled
        + 0.5 * g.stage[group]
    )
    order = np.argsort(pull, kind="stable")
    edges = np.floor(np.cumsum(persons[order]) / scale + 0.5).astype(np.int64)
    heads = np.diff(edges, prepend=0)
    kept = order[heads > 0]
    start = np.concatenate([[0], np.cumsum(heads[heads > 0])])
    return Strata(
        start=start,
        group=group[kept],
        attachment_bin=attachment_bin[kept],
        entitled=entitled[kept],
        pull=pull[kept],
        entitled_group=entitled[kept] * len(g.persons) + group[kept],
        attachment=g.stage[group[kept]] * (len(ATTACHMENT_EDGES) - 1) + attachment_bin[kept],
    )


class Population:
    """The people at one scale under one seed.

    size: agents; scale: people an agent stands for; types: who they are, the packaged people if
    not said.
    """

    def __init__(self, scale: int, chance: Chance, types: source.Composition | None = None) -> None:
        self.scale = scale
        self.types = types or source.composition()
        self.attachment_edges = ATTACHMENT_EDGES
        self.chance = chance
        self.groups = groups(self.types)
        self.strata = strata_at(self.types, scale)
        self.size = int(self.strata.start[-1])
        self.class_size = np.zeros((len(source.REGIONS), len(self.groups.class_liability)))
        np.add.at(
            self.class_size,
            (self.groups.region[self.strata.group], self.groups.risk_class[self.strata.group]),
            self.strata.size,
        )

    @cached_property
    def elite_of_types(self) -> Integers:
        """The kind of elite that each type could be of."""
        return tables.elite_of_types(self.types)

    def people(self, ids: Integers, stratum: Integers | None = None) -> People:
        """Traits of some people, by their numbers; stratum: their strata's rows, if known."""
        return People(self, np.asarray(ids, dtype=np.int64), stratum)

    def at_even_steps(self, density: Floats, many: int, start: float) -> tuple[People, Floats]:
        """A sample at even steps through the strata, and the real people each stands for.

        density: how densely each stratum is sampled, (strata,), not all zero; start: of the first
        step, 0 to 1. The same person may come up twice.
        """
        strata = self.strata
        before = np.concatenate([[0.0], np.cumsum(density * strata.size)])
        steps = (np.arange(many) + start) * (before[-1] / many)
        stratum = np.searchsorted(before, steps, side="right") - 1
        place = np.floor((steps - before[stratum]) / density[stratum]).astype(np.int64)
        place = np.minimum(place, strata.size[stratum] - 1)
        heads = self.scale * before[-1] / many / density[stratum]
        return self.people(strata.start[stratum] + place, stratum), heads

    def summary(self) -> dict[str, float]:
        """Means of the adults, for comparison with those abroad."""
        return dict(summary(self.types))


@lru_cache(maxsize=8)
def summary(types: source.Composition) -> dict[str, float]:
    """Means expected of people of some types."""
    share = types.persons / types.persons.sum()
    return {
        "adults": float(types.persons.sum()),
        "mean_age_years": float(share @ (22.5 + 5.0 * types.age_group)),
        "share_higher_education": float(share @ (types.education == 1)),
        "share_entrepreneurs": float(
            share @ (types.occupation == source.OCCUPATIONS.index("entrepreneur"))
        ),
        "share_it": float(share @ (types.occupation == IT)),
        "wage_median_usd": median_wage_usd(types),
    }


def median_wage_usd(types: source.Composition) -> float:
    """The wage below which half of some types earn: the root of a mixture of truncated normals."""
    shape = tables.home_wage_usd().shape
    persons = np.zeros(shape)
    np.add.at(persons, (types.region, types.occupation), types.persons)
    sigma = tables.wage_spread()
    middle = np.log(tables.home_wage_usd()) - sigma**2 / 2
    below = ndtr(-WAGE_LIMIT)

    def share_under(log_wage: float) -> float:
        cumulative = ndtr((log_wage - middle) / sigma).clip(below, 1.0 - below)
        return float(np.average((cumulative - below) / (1.0 - 2.0 * below), weights=persons))

    widest = WAGE_LIMIT * sigma
    low, high = middle.min() - widest, middle.max() + widest
    return float(np.exp(brentq(lambda log_wage: share_under(log_wage) - 0.5, low, high)))
