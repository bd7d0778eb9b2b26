"""Who might leave this week, without visiting anybody else. Only here are bands known.

Leaving is a race that a person can only leave by if their u, uniform, lies below e^Δ / (1 + e^Δ)
(abm.luck), Δ the most by which any host could exceed home in the stratum. With attention a the
uniform that is drawn is a u.

Persons below a bound are listed by bands of [0, 1), lowest first. In band [a, b) each person is hit
with chance (b - a) / (1 - a), by geometric skips over all numbers; the lowest hit is the person's
draw. A prefix of a stream is the same stream, so a higher bound adds people and changes nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from abm.chance import Chance, Floats, Integers
from abm.population import Population
from abm.threads import in_threads, number_of_parts

# Fine where the bounds of ordinary weeks lie, so that few are hit who need not be looked at.
BANDS = np.array([0.0, *(2.0**-k for k in (18, 14, 11, 9, 7, 6, 5, 4, 3, 2, 1, 0))])
BLOCK = 2**16  # people hit whose strata are looked up at a time
MANY = 2**20  # people; for fewer, threads cost more than they save
SAMPLED = 512  # hits of each range that say where the next one begins


@dataclass(frozen=True)
class Hits:
    """Who is hit in a band into which their stratum's bound reaches.

    ids: numbers, rising; stratum: rows of strata.
    """

    purpose: str
    band: int
    ids: Integers
    stratum: Integers

    def take(self, rows: slice) -> Hits:
        """Some of them."""
        return Hits(self.purpose, self.band, self.ids[rows], self.stratum[rows])


def listed(
    chance: Chance, week: int, population: Population, bound: Floats, purpose: str
) -> tuple[Integers, Floats, Integers]:
    """The persons whose draw of the week lies below their stratum's bound, and the draws.

    bound: shape (strata,), from 0 to 1. Returns numbers in rising order, draws in (0, 1) and rows
    of strata.
    """
    return lowest(chance, week, bound, hits(chance, week, population, bound, purpose))


def hits(
    chance: Chance, week: int, population: Population, bound: Floats, purpose: str
) -> list[Hits]:
    """Who is hit, band by band."""
    strata = population.strata
    most_from_here = np.maximum.accumulate(bound[::-1])  # of each stratum and those after it
    reached = len(bound) - np.searchsorted(most_from_here, BANDS[:-1], side="right")

    def hit_in(band: int) -> Hits:
        low, high = BANDS[band], BANDS[band + 1]
        share = (high - low) / (1.0 - low)
        if share < 1.0:
            stream = chance.stream(purpose, week, band)
            near = []
            for ids in skips(stream, int(strata.start[reached[band]]), share):
                stratum = strata.of(ids)
                rows = np.flatnonzero(bound[stratum] > low)
                near.append((ids[rows], stratum[rows]))
            return Hits(purpose, band, *map(np.concatenate, zip(*near, strict=True)))
        whole = np.flatnonzero(bound > low)  # everybody, in the strata that reach so far
        heads = strata.size[whole]
        first = np.repeat(strata.start[whole] - (np.cumsum(heads) - heads), heads)
        return Hits(purpose, band, np.arange(len(first)) + first, np.repeat(whole, heads))

    bands = range(np.count_nonzero(reached))
    threads_pay = strata.start[-1] > MANY
    return list(in_threads(hit_in, bands) if threads_pay else map(hit_in, bands))


def lowest(
    chance: Chance, week: int, bound: Floats, found: list[Hits]
) -> tuple[Integers, Floats, Integers]:
    """Of each person the lowest hit, which is their draw, if it lies below the bound."""
    if not found:
        return np.empty(0, dtype=np.int64), np.empty(0), np.empty(0, dtype=np.int64)
    ids = np.concatenate([each.ids for each in found])
    order = np.argsort(ids, kind="stable")  # merges what is sorted by band; the lowest comes first
    ids = ids[order]
    first = np.flatnonzero(np.diff(ids, prepend=-1))
    ids, order = ids[first], order[first]
    bands = np.repeat([each.band for each in found], [len(each.ids) for each in found])[order]
    stratum = np.concatenate([each.stratum for each in found])[order]
    low, high = BANDS[bands], BANDS[bands + 1]
    place = chance.uniform(f"{found[0].purpose}, place in band", ids, week)
    draw = low + (high - low) * place
    below = np.flatnonzero(draw < bound[stratum])
    return ids[below], draw[below], stratum[below]


def cut(found: list[Hits], most: int) -> list[list[Hits]]:
    """The hits in ranges of persons, one after the other, of at most about so many hits each."""
    number = sum(len(each.ids) for each in found)
    parts = number_of_parts(number, most)
    if parts == 1:
        return [found]
    step = max(most // SAMPLED, 1)
    some = np.sort(np.concatenate([each.ids[::step] for each in found]))
    ends = some[np.arange(1, parts) * len(some) // parts]
    edges = [[0, *np.searchsorted(each.ids, ends), len(each.ids)] for each in found]
    return [
        [each.take(slice(*rows)) for each, rows in zip(found, row, strict=True)]
        for row in zip(*map(pairwise, edges), strict=True)
    ]


def skips(stream: np.random.Generator, people: int, hit: float) -> Iterator[Integers]:
    """Which of the first `people` persons are hit, each with the same chance below 1, in order.

    They come in blocks, so that what is worked out of them stays in a cache.
    """
    scale = -1.0 / np.log1p(-hit)
    last = -1
    while True:
        expected = (people - last) * hit
        size = min(int(expected + 4.0 * np.sqrt(expected)) + 8, BLOCK)
        gaps = stream.standard_exponential(size)
        gaps *= scale
        numbers = gaps.astype(np.int64)
        numbers += 1
        np.cumsum(numbers, out=numbers)
        numbers += last
        last = int(numbers[-1])
        if last >= people:
            yield numbers[: np.searchsorted(numbers, people)]
            return
        yield numbers
