"""Shapley shares: known answers of toys, and of the model that they add up and stay at nothing."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import abm
from abm.chance import Floats
from abm.mechanisms import BY_ID
from abm.scenario import load
from abm.study import attribution, runner
from abm.study.attribution import (
    EIGHT,
    OUTCOMES,
    Shares,
    exact,
    sampled,
    totals,
    value_of,
    with_only,
)


def of(shares: Shares, outcome: str, name: str) -> float:
    table = shares.table.set_index(["outcome", "name"])["value"]
    return float(table[(outcome, name)])


def toy(acting: frozenset[str]) -> Floats:
    """7 without any; a adds 3, b 2, both together 4 more; c does nothing. And a game of gloves:
    one left, two right, a pair is worth one."""
    a, b = "a" in acting, "b" in acting
    pair = "a" in acting and ("b" in acting or "c" in acting)
    return np.array([7.0 + 3 * a + 2 * b + 4 * a * b, float(pair)])


def test_shares_of_a_toy_are_exact() -> None:
    shares = exact(toy, ("a", "b", "c"), ("sum", "gloves"))
    assert [of(shares, "sum", name) for name in "abc"] == pytest.approx([5, 4, 0], abs=1e-12)
    assert [of(shares, "gloves", name) for name in "abc"] == pytest.approx([2 / 3, 1 / 6, 1 / 6])
    assert shares.none.to_dict() == {"sum": 7, "gloves": 0}
    assert shares.together.to_dict() == {"sum": 9, "gloves": 1}
    assert shares.runs == 8
    assert shares.table["low"].isna().all()


@given(st.lists(st.floats(-100, 100), min_size=32, max_size=32))
def test_shares_are_means_over_all_orders_and_add_up(worth: list[float]) -> None:
    names = ("a", "b", "c", "d", "e")

    def value(acting: frozenset[str]) -> Floats:
        return np.array([worth[sum(2**k for k, name in enumerate(names) if name in acting)]])

    shares = exact(value, names, ("it",))
    gains = {name: 0.0 for name in names}
    for order in permutations(names):
        acting: frozenset[str] = frozenset()
        for name in order:
            gains[name] += float(value(acting | {name})[0] - value(acting)[0]) / 120
            acting |= {name}
    assert shares.table["value"].to_numpy() == pytest.approx(list(gains.values()), abs=1e-9)
    assert shares.table["value"].sum() == pytest.approx(shares.together["it"], abs=1e-9)


def test_sampled_orders_are_right_where_order_does_not_matter() -> None:
    def additive(acting: frozenset[str], pair: int) -> Floats:
        return np.array([sum({"a": 3.0, "b": -1.0, "c": 0.0}[name] for name in acting)])

    shares = sampled(additive, ("a", "b", "c"), ("it",), pairs=3)
    assert shares.table[["value", "low", "high"]].to_numpy() == pytest.approx(
        np.array([[3, 3, 3], [-1, -1, -1], [0, 0, 0]]), abs=1e-12
    )


def test_sampled_shares_add_up_and_their_intervals_hold_the_truth_as_often_as_they_say() -> None:
    truth = exact(toy, ("a", "b", "c"), ("sum", "gloves")).table["value"].to_numpy()
    held = []
    for seed in range(200):
        luck = np.random.default_rng(seed).normal(0, 1.0, (12, 2))

        def noisy(acting: frozenset[str], pair: int, luck: Floats = luck) -> Floats:
            return toy(acting) * (1 + 0.3 * luck[pair])  # the same luck for all sets of a pair

        shares = sampled(noisy, ("a", "b", "c"), ("sum", "gloves"), pairs=12, seed=seed)
        sums = shares.table.groupby("outcome", sort=False)["value"].sum()
        assert sums.to_numpy() == pytest.approx(shares.together.to_numpy())
        table = shares.table
        held.append((table["low"] <= truth + 1e-9) & (truth - 1e-9 <= table["high"]))
    assert 0.9 < np.mean(held) < 0.99


def test_one_pair_of_orders_is_refused() -> None:
    with pytest.raises(abm.InputError, match="no interval"):
        sampled(lambda acting, pair: np.zeros(1), ("a",), ("it",), pairs=1)


# --- of the model ------------------------------------------------------------------------------


def test_what_does_not_act_is_off() -> None:
    scenario = load("war-years", replicate=3)
    assert with_only(scenario, frozenset(EIGHT)) == scenario
    nothing = with_only(scenario, frozenset())
    assert nothing.replicate == 3
    ids = {id for each in EIGHT.values() for id in each.without}
    assert set(nothing.without) == ids
    for id in ids:
        for name, null in BY_ID[id].off.items():
            assert getattr(nothing.parameters, name) == null
    held = {each.lever: each.value for each in nothing.held}
    assert held == {"mobilisation": 0, "mobilisation_quota": 0, "propaganda": 0}
    assert not {event.lever for event in nothing.events} & set(held)
    assert {"departures", "returns", "stock_abroad"} == set(OUTCOMES)


def test_shares_of_the_model_add_up_and_what_is_off_already_has_none() -> None:
    scenario = load("war-years", scale=10_000, until="2022-12-31", without=["M8"])
    some = {name: EIGHT[name] for name in ("mobilisation", "discrimination", "ties")}
    value = value_of(lambda world: runner.run(world).outcomes, scenario, some)
    shares = exact(value, tuple(some), OUTCOMES)
    for outcome in OUTCOMES:
        assert of(shares, outcome, "discrimination") == 0
        together = sum(of(shares, outcome, name) for name in some)
        assert together == pytest.approx(shares.together[outcome])
    assert of(shares, "departures", "mobilisation") > 0
    whole = totals(runner.run(scenario).outcomes)
    assert (shares.none + shares.together).to_numpy() == pytest.approx(whole)
    assert shares.runs == 2 ** len(some)


def test_shares_of_the_twin_add_up_and_go_the_way_of_the_model() -> None:
    scenario = load("war-years", scale=5000, until="2022-10-31", without=["M8"])
    some = {name: EIGHT[name] for name in ("mobilisation", "discrimination", "propaganda")}
    shares = attribution.of_twin(scenario, some, types=60)
    for outcome in OUTCOMES:
        assert of(shares, outcome, "discrimination") == 0
        together = sum(of(shares, outcome, name) for name in some)
        assert together == pytest.approx(shares.together[outcome])
    model = attribution.of_model(scenario, 2, some)
    for name, sign in (("mobilisation", 1), ("propaganda", -1)):
        assert sign * of(shares, "departures", name) > 0
        assert sign * of(model, "departures", name) > 0


def test_totals_are_flows_in_all_and_the_stock_at_the_end() -> None:
    run = runner.run("war-years", scale=10_000, until="2022-06-30")
    moves = run.moves
    departures = moves.loc[moves["origin"] == "Russia", "people"].sum()
    returns = moves.loc[moves["destination"] == "Russia", "people"].sum()
    assert totals(run.outcomes).tolist() == [departures, returns, departures - returns]
    assert attribution.OUTCOMES[2] == "stock_abroad"
