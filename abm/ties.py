"""Partners and contacts without a stored graph: keyed permutations inside a pool of people.

A pool gathers the people of many strata and numbers them 0 to size - 1. A permutation of a pool is
i -> (a i + b) mod size, with a and size without a common divisor, so it has a way back.
"""

from __future__ import annotations

from math import gcd

import numpy as np

from abm.chance import Chance, Integers
from abm.ladder import Ladder
from abm.people import People
from abm.population import LIFE_STAGES, Groups, Population

CONTACTS = 16  # Levada, March 2024: one in six knows somebody who left, about 1 % of adults
NOBODY = -1
# Partners share their class of attachment to home: these bins begin a class.
ALIKE_TO = (3, 5, 7, 9, 11)


def community(groups: Groups) -> Integers:
    """The community of each group, whose people know each other: region and life stage."""
    return groups.region * len(LIFE_STAGES) + groups.stage


class Pools:
    """Strata gathered in pools. of_stratum: each one's pool, or NOBODY; size: of each pool."""

    def __init__(self, population: Population, pool_of: Integers) -> None:
        self._start = population.strata.start
        self.of_stratum = pool_of
        self._order = np.flatnonzero(pool_of >= 0)
        self._order = self._order[np.argsort(pool_of[self._order], kind="stable")]
        heads = population.strata.size[self._order]
        self._before = np.concatenate([[0], np.cumsum(heads)])
        self._ladder = Ladder(self._before)
        pools = max(int(pool_of.max()), 0) + 2  # one more, so that each has a counterpart
        self.size = np.bincount(pool_of[self._order], heads, pools).astype(np.int64)
        self._base = np.concatenate([[0], np.cumsum(self.size)])
        self._first = np.zeros(len(pool_of), dtype=np.int64)
        self._first[self._order] = self._before[:-1] - self._base[pool_of[self._order]]

    def place(self, ids: Integers, stratum: Integers) -> tuple[Integers, Integers]:
        """Pool and number within the pool of some persons, by their strata; NOBODY if in none."""
        return self.of_stratum[stratum], self._first[stratum] + ids - self._start[stratum]

    def position(self, pool: Integers, number: Integers | int) -> Integers:
        """Positions in a line of all pools, one after the other."""
        return np.asarray(self._base[pool] + number)

    def person(self, position: Integers) -> Integers:
        """The persons at some positions."""
        row = self._ladder.step(position) - 1
        return self._start[self._order[row]] + position - self._before[row]


class Shuffles:
    """One keyed permutation of each pool and the way back, as factors and shifts."""

    def __init__(self, chance: Chance, purpose: str, sizes: Integers) -> None:
        pairs = [
            _coefficients(int(chance.key(f"{purpose} of pool {pool}")), size)
            for pool, size in enumerate(sizes.tolist())
        ]
        there, back = zip(*pairs, strict=True)
        self.there: Integers = np.array(there).T.copy()  # factors and shifts, (2, pools)
        self.back: Integers = np.array(back).T.copy()


def _coefficients(key: int, size: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Factor and shift of a permutation of 0 to size - 1, and of the way back."""
    if size < 2:
        return (1, 0), (1, 0)
    factor = key % size
    while gcd(factor, size) != 1:
        factor = (factor + 1) % size
    shift = (key >> 32) % size
    inverse = pow(factor, -1, size)
    return (factor, shift), (inverse, -shift * inverse % size)


class Ties:
    """Who is whose partner and contact."""

    def __init__(self, population: Population) -> None:
        self._population = population
        g, group = population.groups, population.strata.group
        place = community(g)
        alike = np.searchsorted(ALIKE_TO, population.strata.attachment_bin, side="right")
        pool = (place[group] * (len(ALIKE_TO) + 1) + alike) * 2 + g.sex[group]
        couple = np.where(g.partnered[group] == 1, pool, NOBODY)
        self._couples = Pools(population, couple)
        self._pairing = Shuffles(population.chance, "couples", self._couples.size)
        self._communities = Pools(population, place[group])
        ways = [
            Shuffles(population.chance, f"contacts {tie}", self._communities.size)
            for tie in range(CONTACTS // 2)
        ]
        self._ways = [way for tie in ways for way in (tie.there, tie.back)]

    def partner(self, ids: Integers) -> Integers:
        """Each person's partner, or NOBODY, by numbers."""
        return self.partner_of(self._population.people(ids))

    def partner_of(self, people: People) -> Integers:
        """Each person's partner, or NOBODY; of one region, life stage and class of attachment.

        Men and women of a pool are both shuffled and paired by place; the surplus of one sex has
        partners outside the adult table and counts as single.
        """
        ids = people.ids
        pool, number = self._couples.place(ids, people.stratum)
        own = np.maximum(pool, 0)
        other = own ^ 1
        size = self._couples.size
        factors, shifts = self._pairing.there
        rank = (number * factors[own] + shifts[own]) % np.maximum(size[own], 1)
        paired = (pool >= 0) & (rank < size[other])
        factors, shifts = self._pairing.back
        theirs = (rank * factors[other] + shifts[other]) % np.maximum(size[other], 1)
        result = np.full(len(ids), NOBODY, dtype=np.int64)
        found = self._couples.position(other[paired], theirs[paired])
        result[paired] = self._couples.person(found)
        return result

    def contacts(self, ids: Integers) -> Integers:
        """Contacts of each person, shape (people, CONTACTS), mutual; NOBODY where it is oneself.

        They live in one region and life stage.
        """
        ids = np.asarray(ids, dtype=np.int64)
        positions, _ = self.contact_positions(self._population.people(ids))
        found = self._communities.person(positions.T)
        return np.where(found == ids[:, None], NOBODY, found)

    def community_position(self, people: People) -> Integers:
        """Each person's position in the line of all communities."""
        return self._communities.position(*self._communities.place(people.ids, people.stratum))

    def contact_positions(self, people: People) -> tuple[Integers, Integers]:
        """Positions of contacts, shape (CONTACTS, people), and one's own, which is no contact."""
        pool, number = self._communities.place(people.ids, people.stratum)
        size, base = self._communities.size[pool], self._communities.position(pool, 0)
        positions = np.empty((CONTACTS, len(number)), dtype=np.int64)
        for way, (factors, shifts) in enumerate(self._ways):
            positions[way] = (number * factors[pool] + shifts[pool]) % size + base
        return positions, base + number
