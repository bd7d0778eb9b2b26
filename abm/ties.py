"""Partners and contacts without a stored graph: keyed permutations inside a pool of people."""

from __future__ import annotations

from math import gcd

import numpy as np

from abm.chance import Integers
from abm.population import Population

CONTACTS = 16  # facts.csv W385: one in six knows somebody who left, about 1 % of adults
NOBODY = -1


class Pool:
    """Persons gathered from many strata, numbered 0 to size - 1, with invertible shuffles.

    members: rows of the strata, in the order in which their people are numbered.
    """

    def __init__(self, population: Population, members: Integers) -> None:
        strata = population.strata
        self._start = strata.start[:-1][members]
        self._before = np.concatenate([[0], np.cumsum(strata.size[members])])
        self.size = int(self._before[-1])

    def person(self, index: Integers) -> Integers:
        """The persons at some places of the pool."""
        row = np.searchsorted(self._before, index, side="right") - 1
        return self._start[row] + index - self._before[row]


def shuffle(index: Integers, size: int, key: int, *, back: bool = False) -> Integers:
    """A keyed permutation of 0 to size - 1, i -> (a i + b) mod size, or the way back.

    a has no divisor in common with size, so that every place is met once.
    """
    if size == 1:
        return index
    factor = key % size
    while gcd(factor, size) != 1:
        factor = (factor + 1) % size
    shift = (key >> 32) % size
    if back:
        return (index - shift) % size * pow(factor, -1, size) % size
    return (index * factor + shift) % size


class Ties:
    """Who is whose partner and contact."""

    def __init__(self, population: Population) -> None:
        self._population = population
        g, strata = population.groups, population.strata
        place = g.region * 3 + g.stage
        couple = np.where(g.partnered == 1, place * 2 + g.sex, -1)[strata.group]
        community = (place * 3 + g.livelihood)[strata.group]
        self._couple, self._in_couples = _pools(population, couple)
        self._community, self._in_communities = _pools(population, community)

    def partner(self, ids: Integers) -> Integers:
        """Each person's partner, or NOBODY; partners are of one region and life stage.

        Men and women of a pool are both shuffled and paired by place; the surplus of one sex has
        partners outside the adult table and counts as single.
        """
        result = np.full(len(ids), NOBODY, dtype=np.int64)
        stratum = np.searchsorted(self._population.strata.start, ids, side="right") - 1
        pool_of, index = self._couple[0][stratum], self._couple[1][stratum]
        index = index + ids - self._population.strata.start[stratum]
        for own in np.unique(pool_of[pool_of >= 0]).tolist():
            other = own ^ 1
            if other not in self._in_couples:
                continue
            mine, theirs = self._in_couples[own], self._in_couples[other]
            chosen = np.flatnonzero(pool_of == own)
            place = shuffle(index[chosen], mine.size, self._key("couple", own))
            paired = place < theirs.size
            back = shuffle(place[paired], theirs.size, self._key("couple", other), back=True)
            result[chosen[paired]] = theirs.person(back)
        return result

    def contacts(self, ids: Integers) -> Integers:
        """Contacts of each person, shape (people, CONTACTS), mutual; NOBODY where there is none."""
        result = np.full((len(ids), CONTACTS), NOBODY, dtype=np.int64)
        stratum = np.searchsorted(self._population.strata.start, ids, side="right") - 1
        pool_of, index = self._community[0][stratum], self._community[1][stratum]
        index = index + ids - self._population.strata.start[stratum]
        for own in np.unique(pool_of).tolist():
            pool = self._in_communities[own]
            chosen = np.flatnonzero(pool_of == own)
            for tie in range(CONTACTS // 2):
                key = self._key(f"contacts {tie}", own)
                for column, back in ((2 * tie, False), (2 * tie + 1, True)):
                    found = pool.person(shuffle(index[chosen], pool.size, key, back=back))
                    result[chosen, column] = np.where(found == ids[chosen], NOBODY, found)
        return result

    def _key(self, purpose: str, pool: int) -> int:
        return int(self._population.chance.key(f"{purpose} of pool {pool}"))


def _pools(
    population: Population, pool: Integers
) -> tuple[tuple[Integers, Integers], dict[int, Pool]]:
    """The pool of each stratum with the place of its first person there; and the pools."""
    first = np.zeros(len(pool), dtype=np.int64)
    pools = {}
    for number in np.unique(pool[pool >= 0]).tolist():
        members = np.flatnonzero(pool == number)
        pools[number] = Pool(population, members)
        sizes = population.strata.size[members]
        first[members] = np.cumsum(sizes) - sizes
    return (pool, first), pools
