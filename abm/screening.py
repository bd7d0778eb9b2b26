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
WIDTHS = np.diff(BANDS)
SHARES = WIDTHS / (1.0 - BANDS[:-1])  # of those not hit in a lower band, who are hit in one
BLOCK = 2**16  # people hit whose strata and draws are worked out at a time
MANY = 2**20  # people; for fewer, threads cost more than they save
SAMPLED = 512  # hits of each range that say where the next one begins


@dataclass(frozen=True)
class Hits:
    """Who is hit in a band, below their stratum's bound.

    ids: numbers, rising; draw: theirs, unless a lower band hits them; stratum: rows of strata.
    """

    band: int
    ids: Integers
    draw: Floats
    stratum: Integers

    def take(self, rows: slice) -> Hits:
        """Some of them."""
        return Hits(self.band, self.ids[rows], self.draw[rows], self.stratum[rows])


def listed(
    chance: Chance, week: int, population: Population, bound: Floats, purpose: str
) -> tuple[Integers, Floats, Integers]:
    """The persons whose draw of the week lies below their stratum's bound, and the draws.

    bound: shape (strata,), from 0 to 1. Returns numbers in rising order, draws in (0, 1) and rows
    of strata.
    """
    return lowest(hits(chance, week, population, bound, purpose))


def hits(
    chance: Chance, week: int, population: Population, bound: Floats, purpose: str
) -> list[Hits]:
    """Who is hit below their bound, band by band.

    Hits beyond the bound are dropped at once: whose lowest hit is one of them has none below.
    """
    strata = population.strata
    most_from_here = np.maximum.accumulate(bound[::-1])  # of each stratum and those after it
    reached = len(bound) - np.searchsorted(most_from_here, BANDS[:-1], side="right")
    people = strata.start[reached[: np.count_nonzero(reached)]]

    def below(band: int, ids: Integers) -> tuple[Integers, Floats, Integers]:
        stratum = strata.of_rising(ids)
        rows = np.flatnonzero(bound[stratum] > BANDS[band])
        ids, stratum = ids[rows], stratum[rows]
        place = chance.uniform(f"{purpose}, place in band", ids, week)
        draw = BANDS[band] + WIDTHS[band] * place
        rows = np.flatnonzero(draw < bound[stratum])
        return ids[rows], draw[rows], stratum[rows]

    def hit_in(band: int) -> Hits:
        stream = chance.stream(purpose, week, band)
        near = [below(band, ids) for ids in skips(stream, int(people[band]), SHARES[band])]
        return Hits(band, *map(np.concatenate, zip(*near, strict=True)))

    longest_first = np.argsort(-SHARES[: len(people)] * people).tolist()  # so that no core waits
    threads_pay = strata.start[-1] > MANY
    found = in_threads(hit_in, longest_first) if threads_pay else map(hit_in, longest_first)
    return sorted(found, key=lambda each: each.band)


def lowest(found: list[Hits]) -> tuple[Integers, Floats, Integers]:
    """Of each person the lowest hit, which is their draw; found: band by band."""
    if not found:
        return np.empty(0, dtype=np.int64), np.empty(0), np.empty(0, dtype=np.int64)
    ids = np.concatenate([each.ids for each in found])
    order = np.argsort(ids, kind="stable")  # merges what is sorted by band; the lowest comes first
    order = order[np.flatnonzero(np.diff(ids[order], prepend=-1))]
    draw = np.concatenate([each.draw for each in found])[order]
    stratum = np.concatenate([each.stratum for each in found])[order]
    return ids[order], draw, stratum


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
    """Which of the first `people` persons are hit, each with the same chance, in order.

    They come in blocks, so that what is worked out of them stays in a cache.
    """
    scale = -1.0 / np.log1p(-hit) if hit < 1.0 else 0.0  # of certain hits nobody is skipped
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
