"""Shapley shares: how much each of several mechanisms has in an outcome.

Of n mechanisms, mechanism i has the mean, over all orders in which the n could be switched on one
by one, of what switching i on adds: φ_i = Σ_S |S|! (n - |S| - 1)! / n! (v(S + i) - v(S)), S over
the sets without i (Shapley 1953). So the shares add up to v(all) - v(none), a mechanism that
changes nothing has none, and what two do together is split evenly. Any function of a set will do
for v: the model, its twin, a toy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
from scipy import stats

from abm import scenario as scenarios
from abm.chance import Floats
from abm.errors import InputError
from abm.observation import WORLD
from abm.scenario import Scenario
from abm.study import runner, twin
from abm.study.contrasts import CONFIDENCE
from abm.study.progress import Progress

Value = Callable[[frozenset[str]], Floats]  # from the mechanisms that act to outcomes
Simulate = Callable[[Scenario], pd.DataFrame]  # to tidy outcomes


@dataclass(frozen=True)
class Off:
    """What switches a mechanism of an attribution off: ids, and levers held."""

    without: tuple[str, ...] = ()
    held: Mapping[str, float] | None = None


EIGHT: dict[str, Off] = {
    "mobilisation": Off(held={"mobilisation": 0.0, "mobilisation_quota": 0.0}),
    "renewal": Off(("M6",)),
    "discrimination": Off(("M8",)),
    "wages": Off(("M12",)),
    "transfers": Off(("M10",)),
    "rents and hostility": Off(("M15",)),
    "ties": Off(("M36",)),
    "propaganda": Off(held={"propaganda": 0.0}),
}
OUTCOMES = ("departures", "returns", "stock_abroad")  # totals, and the stock at the end


@dataclass(frozen=True, eq=False)
class Shares:
    """Shares of mechanisms in outcomes.

    table : one row an outcome and mechanism: outcome, name, value, low, high (ends of the interval
        at 95 %; NaN where the shares are exact)
    none, together : by outcome: without any of them, and what all of them make of it; the latter is
        the sum of the shares
    runs : how many sets were worked out
    """

    table: pd.DataFrame
    none: pd.Series
    together: pd.Series
    runs: int


def exact(
    value: Value,
    players: Sequence[str],
    outcomes: Sequence[str],
    progress: Progress | None = None,
) -> Shares:
    """Shares from all 2^n sets, each worked out once."""
    n, worth = len(players), {}
    for done, chosen in enumerate(subsets(players)):
        if progress is not None:
            progress(done, 2**n)
        worth[chosen] = np.asarray(value(chosen), dtype=float)
    shares = np.zeros((n, len(outcomes)))
    for i, player in enumerate(players):
        for without in subsets([other for other in players if other != player]):
            size = len(without)
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            shares[i] += weight * (worth[without | {player}] - worth[without])
    none, everything = worth[frozenset()], worth[frozenset(players)]
    blank = np.full_like(shares, np.nan)
    return _shares(players, outcomes, shares, blank, none, everything - none, len(worth))


def sampled(
    value_with_luck: Callable[[frozenset[str], int], Floats],
    players: Sequence[str],
    outcomes: Sequence[str],
    pairs: int,
    seed: int = 1,
    progress: Progress | None = None,
) -> Shares:
    """Shares from random orders, in pairs of an order and its reverse (Mitchell et al. 2022).

    value_with_luck : of a set and the number of a pair; each pair has luck of its own, the same for
        all its sets, so that intervals tell of luck and of orders
    pairs : from 2; intervals are Student's over them. Unbiased however few
    """
    if pairs < 2:
        raise InputError(f"pairs of orders: {pairs} gives no interval. Example: 10")
    order, n, runs = np.random.default_rng(seed), len(players), 0
    shares = np.zeros((pairs, n, len(outcomes)))
    ends = np.zeros((pairs, 2, len(outcomes)))
    for pair in range(pairs):
        known: dict[frozenset[str], Floats] = {}
        one_way = order.permutation(n)
        for turn in (one_way, one_way[::-1]):
            chosen: frozenset[str] = frozenset()
            for i in (None, *turn):
                before, chosen = chosen, chosen if i is None else chosen | {players[i]}
                if chosen not in known:
                    known[chosen] = np.asarray(value_with_luck(chosen, pair), dtype=float)
                    runs += 1
                    if progress is not None:
                        progress(runs, pairs * 2 * n)
                if i is not None:
                    shares[pair, i] += (known[chosen] - known[before]) / 2
        ends[pair] = known[frozenset()], known[frozenset(players)]
    half = stats.t.ppf(0.5 + CONFIDENCE / 2, pairs - 1) * shares.std(axis=0, ddof=1) / pairs**0.5
    none, everything = ends.mean(axis=0)
    return _shares(players, outcomes, shares.mean(axis=0), half, none, everything - none, runs)


def subsets(players: Sequence[str]) -> Iterator[frozenset[str]]:
    """All sets of players, smaller ones first."""
    for size in range(len(players) + 1):
        yield from map(frozenset, combinations(players, size))


def _shares(
    players: Sequence[str],
    outcomes: Sequence[str],
    shares: Floats,
    half: Floats,
    none: Floats,
    together: Floats,
    runs: int,
) -> Shares:
    rows = [
        (outcome, player, shares[i, k], shares[i, k] - half[i, k], shares[i, k] + half[i, k])
        for k, outcome in enumerate(outcomes)
        for i, player in enumerate(players)
    ]
    table = pd.DataFrame(rows, columns=["outcome", "name", "value", "low", "high"])
    index = pd.Index(outcomes, name="outcome")
    return Shares(table, pd.Series(none, index), pd.Series(together, index), runs)


# --- of the model --------------------------------------------------------------------------------


def with_only(
    scenario: Scenario, acting: frozenset[str], mechanisms: Mapping[str, Off] = EIGHT
) -> Scenario:
    """The scenario with those of some mechanisms switched off that do not act."""
    off = [mechanisms[name] for name in mechanisms if name not in acting]
    ids = [id for each in off for id in each.without if id not in scenario.without]
    held = {lever: value for each in off for lever, value in (each.held or {}).items()}
    return scenarios.load(scenario, without=ids, set=held, replicate=scenario.replicate)


def totals(outcomes: pd.DataFrame) -> Floats:
    """Departures and returns of a run in all, and the stock at its end, people."""
    world = outcomes[outcomes["host"] == WORLD]
    series = {name: world.loc[world["outcome"] == name, "value"] for name in OUTCOMES}
    return np.array(
        [
            series[name].iloc[-1] if name == "stock_abroad" else series[name].sum()
            for name in OUTCOMES
        ]
    )


def value_of(
    simulate: Simulate, scenario: Scenario, mechanisms: Mapping[str, Off] = EIGHT
) -> Value:
    """v: `totals` of a scenario in which only some of the mechanisms act."""
    return lambda acting: totals(simulate(with_only(scenario, acting, mechanisms)))


def of_model(
    scenario: Scenario,
    pairs: int,
    mechanisms: Mapping[str, Off] = EIGHT,
    progress: Progress | None = None,
) -> Shares:
    """Shares in departures, returns and the stock, sampled on the model; see `sampled`."""

    def value(acting: frozenset[str], pair: int) -> Floats:
        world = scenarios.load(scenario, replicate=pair)
        return totals(runner.run(with_only(world, acting, mechanisms)).outcomes)

    return sampled(value, tuple(mechanisms), OUTCOMES, pairs, scenario.seed, progress)


def of_twin(
    scenario: Scenario,
    mechanisms: Mapping[str, Off] = EIGHT,
    types: int = twin.TYPES,
    progress: Progress | None = None,
) -> Shares:
    """The same from all sets on the twin, which has no luck; see `exact`.

    types : households that stand for all in the twin
    """
    value = value_of(lambda world: twin.run(world, types=types).outcomes, scenario, mechanisms)
    return exact(value, tuple(mechanisms), OUTCOMES, progress)
