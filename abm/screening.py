"""Who might leave this week, without visiting anybody else. Only here are bands known.

Leaving is a race: Russia arrives at E_home, host j at E_j exp(u_home - v_j), E ~ Exp(1). Give host
j a fixed weight w_j, Σ w = 1, and let M be the least E_j / w_j, which is Exp(1), r = M / E_home. A
person can leave only if r < e^Δ, Δ the most that v_j - u_home - ln w_j can be in the stratum.
u = r / (1 + r) is uniform, so these are the persons with u < e^Δ / (1 + e^Δ). With attention a the
uniform that is drawn is a u. Weights near the hosts' usual shares make the bound tight; they belong
to the table of hosts and never change with a scenario.

Persons below a bound are listed by bands of [0, 1), lowest first. In band [a, b) each person is hit
with chance (b - a) / (1 - a), by geometric skips over all numbers; the lowest hit is the person's
draw. A prefix of a stream is the same stream, so a higher bound adds people and changes nobody.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from abm.chance import Chance, Floats, Integers, Words, halves
from abm.population import Population

# Fine where the bounds of ordinary weeks lie, so that few are hit who need not be looked at.
_32 = np.uint64(32)
BANDS = np.array([0.0, *(2.0**-k for k in (18, 14, 11, 9, 7, 6, 5, 4, 3, 2, 1, 0))])


def listed(
    chance: Chance, week: int, population: Population, bound: Floats, purpose: str = "reconsider"
) -> tuple[Integers, Floats, Integers]:
    """The persons whose draw of the week lies below their stratum's bound, and the draws.

    bound: shape (strata,), from 0 to 1. Returns numbers in rising order, draws in (0, 1) and rows
    of strata.
    """
    start = population.strata.start
    found: list[Integers] = []
    strata: list[Integers] = []
    bands: list[Integers] = []
    most_from_here = np.maximum.accumulate(bound[::-1])  # of each stratum and those after it
    for band, (low, high) in enumerate(pairwise(BANDS)):
        reached = len(bound) - int(np.searchsorted(most_from_here, low, side="right"))
        if not reached:
            break
        hit = (high - low) / (1.0 - low)
        if hit < 1.0:
            hits = skips(chance.stream(purpose, week, band), int(start[reached]), hit)
            stratum = np.searchsorted(start, hits, side="right") - 1
            near = bound[stratum] > low
            hits, stratum = hits[near], stratum[near]
        else:  # everybody, in the strata that reach so far
            near = np.flatnonzero(bound > low)
            heads = population.strata.size[near]
            stratum = np.repeat(near, heads)
            hits = np.arange(len(stratum)) + np.repeat(
                start[near] - (np.cumsum(heads) - heads), heads
            )
        found.append(hits)
        strata.append(stratum)
        bands.append(np.full(len(found[-1]), band))
    if not found:
        return np.empty(0, dtype=np.int64), np.empty(0), np.empty(0, dtype=np.int64)
    ids, first = np.unique(np.concatenate(found), return_index=True)
    band_of, stratum = np.concatenate(bands)[first], np.concatenate(strata)[first]
    low, high = BANDS[band_of], BANDS[band_of + 1]
    draw = low + (high - low) * chance.uniform(f"{purpose}, place in band", ids, week)
    below = draw < bound[stratum]
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


def luck_at_home(
    chance: Chance,
    ids: Integers,
    week: Integers | int,
    u: Floats,
    places: Words,
    weights: Floats,
) -> Floats:
    """Luck E of every option given u, shape (people, hosts + 1), Russia last.

    weights: w, shape (people, hosts). r = u / (1 - u); E_home ~ Gamma(2) / (1 + r); M = r E_home at
    a host drawn by weight; the least of the others, E_j / w_j = M + Exp(1) / (1 - w of the first);
    the rest later by Exp(1) / w_j. Which host comes first, and how far the others lag, are draws
    keyed by name.
    """
    people = np.arange(len(ids))
    order, upper = ladder(weights, places)
    pick, behind = first_and_behind(chance, ids, week)
    first = order[np.count_nonzero(upper <= pick[:, None], axis=1)]
    home = luck_of_russia(chance, ids, week, u)
    lag = chance.exponential_by_place("luck", ids, week, places) / weights
    lag[people, first] = np.inf
    lag -= lag.min(axis=1, keepdims=True)
    lag += (behind / (1.0 - weights[people, first]))[:, None]
    lag[people, first] = 0.0
    luck = np.empty((len(ids), len(places) + 1))
    luck[:, :-1] = weights * (lag + (u / (1.0 - u) * home)[:, None])
    luck[:, -1] = home
    return luck


def luck_of_russia(chance: Chance, ids: Integers, week: Integers | int, u: Floats) -> Floats:
    """E_home given u: Gamma(2) / (1 + r), r = u / (1 - u), so Gamma(2) (1 - u)."""
    first, second = halves(chance.words("luck sum", ids, week))
    return -np.log(first * second) * (1.0 - u)


def first_and_behind(
    chance: Chance, ids: Integers, week: Integers | int
) -> tuple[Integers, Floats]:
    """What draws the first host, 0 to 2**32 - 1, and Exp(1), how far behind the next is."""
    words = chance.words("luck first", ids, week)
    return (words >> _32).astype(np.int64), -np.log(halves(words)[1])


def ladder(weights: Floats, places: Words) -> tuple[Integers, Integers]:
    """Hosts in order of their keys, (hosts,), and where the share of each ends, of 2**32.

    weights: shape (rows, hosts), as the second result.
    """
    order = np.argsort(places)
    upper = np.cumsum(weights[:, order], axis=1)
    return order, np.floor(upper / upper[:, -1:] * 2.0**32).astype(np.int64)


def first_hosts(pick: Integers, row: Integers, order: Integers, upper: Integers) -> Integers:
    """The host that each person's luck brings first, by their row of the ladder's."""
    flat = (upper + (np.arange(len(upper)) << 32)[:, None]).ravel()
    above = np.searchsorted(flat, pick + (row << 32), side="right")
    return order[above - row * len(order)]
