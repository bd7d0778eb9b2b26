"""The twin's people: households that stand for all, few where few leave and dense where many do.

Households are people of the model's own population, with all their traits and partners. A large
sample is drawn first, denser where strata are likelier to leave; the chance to leave of each in the
war years is worked out by the model's own decision; then a few hundred are kept, each with a chance
in proportion to what its household adds to departures. So each of those kept stands for about as
many emigrants as any other, and sums over them are unbiased. The sample hangs on the seed alone,
never on a scenario or its parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from abm import scenario as scenarios
from abm.chance import Floats, Integers
from abm.hosts_table import HOST_NAMES
from abm.people import Flags, People
from abm.scenario import Scenario
from abm.study.twin_home import AtHome
from abm.study.twin_world import Surroundings
from abm.ties import NOBODY

LOOKED_AT = 16384  # persons among whom the households are found
PILOT_WEEKS = {4: 28, 33: 14, 64: 107}  # early, under the order, after: each stands for so many
ALIKE = 0.1  # of the chance to be kept, alike for all, whatever they do by default


@dataclass(frozen=True, eq=False)
class Households:
    """Rows of persons: couples first, one after the other, then those without a partner.

    couples: how many; adults: real adults that each row stands for, (rows,).
    """

    people: People
    couples: int
    adults: Floats

    @property
    def rows(self) -> int:
        """Persons in all."""
        return len(self.adults)

    @cached_property
    def heads(self) -> Floats:
        """Real people that an adult moves with, children and the adult itself, (rows,)."""
        return 1.0 + self.people.children

    @cached_property
    def partnered(self) -> Flags:
        """Who has a partner, (rows,)."""
        return np.arange(self.rows) < 2 * self.couples

    @cached_property
    def mate(self) -> Integers:
        """The row of the partner of each of those in couples, (2 × couples,)."""
        return np.arange(2 * self.couples) ^ 1


def households_of(scenario: Scenario, types: int) -> Households:
    """The households of a scenario's seed and population, so many of them."""
    people = replace(
        scenarios.load("war-years", seed=scenario.seed, replicate=scenario.replicate),
        population=scenario.population,
        scale=scenario.scale if scenario.population else 100,
    )
    return _found(people, types)


@lru_cache(maxsize=4)
def _found(pilot: Scenario, types: int) -> Households:
    surroundings = Surroundings(pilot)
    population = surroundings.population
    density = np.exp(-population.strata.pull)
    start = surroundings.chance.uniform("twin sample", np.arange(2))
    one, stands_for = population.at_even_steps(density, LOOKED_AT, float(start[0]))
    partner = surroundings.ties.partner_of(one)
    couple = partner != NOBODY
    two = population.people(np.where(couple, partner, one.ids))
    # A couple may come up by either of the two, and counts for as many couples as the two imply.
    either = density[one.stratum] + couple * density[two.stratum]
    stands_for = stands_for * density[one.stratum] / either
    heads = [1.0 + each.children for each in (one, two)]
    leave = _leaving(surroundings, [AtHome(surroundings, each, couple) for each in (one, two)])
    size = stands_for * (heads[0] * leave[0] + couple * heads[1] * leave[1])
    size = (1.0 - ALIKE) * size / size.sum() + ALIKE / len(size)
    alike = (one.attachment_standard, one.stage, one.region, one.occupation, one.leaning, couple)
    order = np.lexsort(alike)
    cumulative = np.cumsum(size[order])
    steps = (np.arange(types) + start[1]) / types * cumulative[-1]
    kept = order[np.searchsorted(cumulative, steps, side="right")]
    weight, paired = stands_for[kept] / (types * size[kept]), couple[kept]
    pairs = np.stack([one.ids[kept][paired], two.ids[kept][paired]], axis=1)
    rows = population.people(np.concatenate([pairs.ravel(), one.ids[kept][~paired]]))
    return Households(
        rows, int(paired.sum()), np.concatenate([np.repeat(weight[paired], 2), weight[~paired]])
    )


def _leaving(surroundings: Surroundings, people: list[AtHome]) -> Floats:
    """Chance to leave in the war years as they were, were nobody gone yet, (lists, people)."""
    stays = np.ones((len(people), len(people[0].people.ids)))
    nobody = np.zeros((stays.shape[1], len(HOST_NAMES)))
    for week in range(max(PILOT_WEEKS) + 1):
        surroundings.begin_week()
        if week in PILOT_WEEKS:
            world = surroundings.world()
            for row, each in enumerate(people):
                each.knock(world)
                each.look(world, nobody)
                goes = each.attention(world) * each.first.goes.sum(axis=1)
                stays[row] *= (1.0 - goes) ** PILOT_WEEKS[week]
        surroundings.week += 1
    return 1.0 - stays
