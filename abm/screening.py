"""Who might leave this week, without visiting anybody else. Only here are bands known.

Leaving is a race that a person can only leave by if their u, uniform, lies below e^Δ / (1 + e^Δ)
(abm.luck), Δ the most by which any host could exceed home in the stratum. With attention a the
uniform that is drawn is a u.

Persons below a bound are listed by bands of [0, 1), lowest first. In band [a, b) each person is hit
with chance (b - a) / (1 - a), by geometric skips over all numbers; the lowest hit is the person's
draw. A prefix of a stream is the same stream, so a higher bound adds people and changes nobody.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from abm.chance import Chance, Floats, Integers
from abm.population import Population

# Fine where the bounds of ordinary weeks lie, so that few are hit who need not be looked at.
BANDS = np.array([0.0, *(2.0**-k for k in (18, 14, 11, 9, 7, 6, 5, 4, 3, 2, 1, 0))])


def listed(
    chance: Chance, week: int, population: Population, bound: Floats, purpose: str = "reconsider"
) -> tuple[Integers, Floats, Integers]:
    """The persons whose draw of the week lies below their stratum's bound, and the draws.

    bound: shape (strata,), from 0 to 1. Returns numbers in rising order, draws in (0, 1) and rows
    of strata.
    """
    strata = population.strata
    found: list[Integers] = []
    rows: list[Integers] = []
    bands: list[Integers] = []
    most_from_here = np.maximum.accumulate(bound[::-1])  # of each stratum and those after it
    for band, (low, high) in enumerate(pairwise(BANDS)):
        reached = len(bound) - int(np.searchsorted(most_from_here, low, side="right"))
        if not reached:
            break
        hit = (high - low) / (1.0 - low)
        if hit < 1.0:
            stream = chance.stream(purpose, week, band)
            hits = skips(stream, int(strata.start[reached]), hit)
            stratum = strata.of(hits)
            near = np.flatnonzero(bound[stratum] > low)
            hits, stratum = hits[near], stratum[near]
        else:  # everybody, in the strata that reach so far
            near = np.flatnonzero(bound > low)
            heads = strata.size[near]
            stratum = np.repeat(near, heads)
            hits = np.arange(len(stratum)) + np.repeat(
                strata.start[near] - (np.cumsum(heads) - heads), heads
            )
        found.append(hits)
        rows.append(stratum)
        bands.append(np.full(len(hits), band))
    if not found:
        return np.empty(0, dtype=np.int64), np.empty(0), np.empty(0, dtype=np.int64)
    ids = np.concatenate(found)
    order = np.argsort(ids, kind="stable")  # merges what is sorted by band; the lowest comes first
    ids = ids[order]
    lowest = np.flatnonzero(np.diff(ids, prepend=-1))
    ids, order = ids[lowest], order[lowest]
    band_of, stratum = np.concatenate(bands)[order], np.concatenate(rows)[order]
    low, high = BANDS[band_of], BANDS[band_of + 1]
    draw = low + (high - low) * chance.uniform(f"{purpose}, place in band", ids, week)
    below = np.flatnonzero(draw < bound[stratum])
    return ids[below], draw[below], stratum[below]


def skips(stream: np.random.Generator, people: int, hit: float) -> Integers:
    """Which of the first `people` persons are hit, each with the same chance below 1, in order."""
    scale = -1.0 / np.log1p(-hit)
    parts: list[Integers] = []
    last = -1
    while last < people:
        expected = (people - last) * hit
        size = int(expected + 4.0 * np.sqrt(expected)) + 8
        gaps = np.floor(stream.standard_exponential(size) * scale).astype(np.int64) + 1
        numbers = last + np.cumsum(gaps)
        parts.append(numbers)
        last = int(numbers[-1])
    hits = np.concatenate(parts)
    return hits[: np.searchsorted(hits, people)]
