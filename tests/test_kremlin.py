"""The Kremlin: whom it calls up, and what people fear."""

from __future__ import annotations

import numpy as np
import pytest
from finished_runs import finished, stepped, total

from abm.emigrants import ARMY
from abm.model import EmigrationModel


@pytest.fixture(scope="module")
def model() -> EmigrationModel:
    """The end of 2022; do not change it."""
    return finished()


def in_the_army(model: EmigrationModel) -> np.ndarray:
    e = model.emigrants
    return e.person[: e.rows][e.place[: e.rows] == ARMY]


@pytest.mark.parametrize("quota", [40_000, 302_503, 1_000_000])
@pytest.mark.parametrize("seed", [1, 2, 4])
def test_the_quota_is_met_to_the_last_agent(quota: int, seed: int) -> None:
    order = {"mobilisation": 1, "mobilisation_quota": quota, "delivery_per_week": 0.02}
    model = EmigrationModel(scale=3000, seed=seed, until="2022-12-31", set=order)
    called = 0.0
    while model.running:
        model.step()
        called = total(model, "called_up")
        assert called < quota + 3000
    assert called > quota - 3000
    assert called == model.kremlin.called_up == 3000 * len(in_the_army(model))


def test_the_call_up_is_spread_over_weeks(model: EmigrationModel) -> None:
    weekly = model.observations.series("called_up")
    assert not weekly[:30].any()
    assert (weekly > 0).sum() > 1
    assert not weekly[36:].any()


def test_men_at_home_are_called_up_by_exposure(model: EmigrationModel) -> None:
    called = in_the_army(model)
    people = model.population.people(called)
    exposure = model.kremlin.exposure
    everyone = model.population.people(np.arange(model.population.size)).risk_class
    assert exposure[people.risk_class].mean() > 2 * exposure[everyone].mean()
    assert (people.sex == 0).mean() > 0.8  # some women are liable too: doctors
    assert (exposure[people.risk_class] > 0).all()


def test_those_called_up_move_no_more(model: EmigrationModel) -> None:
    """They were at home when they were taken, and stay in the army."""
    moves = model.moves_table()
    called = set(in_the_army(model).tolist())
    assert called
    last = moves[moves["person"].isin(called)].groupby("person")["destination"].last()
    assert (last == "Russia").all()


def test_those_who_left_are_denied_to_the_army() -> None:
    """A quota beyond reach: who is away when their turn comes is not replaced."""
    order = {"mobilisation": 1, "mobilisation_quota": 5e6}
    many_left, few_left = (
        stepped(
            EmigrationModel(scale=1000, until="2022-08-31", set={**order, "cost_of_leaving": cost})
        )
        for cost in (4.0, 14.0)
    )
    assert total(many_left, "departures") > 10 * total(few_left, "departures")
    called = [set(in_the_army(model).tolist()) for model in (many_left, few_left)]
    assert len(called[0]) < len(called[1])
    # The same men, less those who were away; but for who is away in the other world alone.
    assert called[0] - called[1] <= set(few_left.moves_table()["person"])
    assert called[1] - called[0] <= set(many_left.moves_table()["person"])


def test_nobody_is_called_up_without_an_order_or_a_quota() -> None:
    for setting in ({"mobilisation": 0}, {"mobilisation_quota": 0}):
        model = finished(**setting)
        assert total(model, "called_up") == 0
        assert not len(in_the_army(model))


def test_fear_comes_fast_and_goes_slowly() -> None:
    model = EmigrationModel(scale=10_000, until="2023-06-30")
    risk = []
    while model.running:
        model.step()
        risk.append(model.kremlin.risk.copy())
    fear = np.array(risk)[:, model.kremlin.exposure.argmax()]
    assert not fear[:30].any()
    assert fear[30] == fear[:37].max() > 0.5  # at once
    after = fear[36:]
    assert (np.diff(after) < 0).all()
    assert after[4] > 0.5 * after[0]


def test_neighbours_called_up_add_to_fear(model: EmigrationModel) -> None:
    kremlin = model.kremlin
    taken = np.argwhere(kremlin.called_up_share > 0)
    assert len(taken)
    for region, risk_class in taken:
        assert kremlin.perceived_risk(region, risk_class) > kremlin.risk[risk_class]
    spared = np.argwhere(kremlin.called_up_share == 0)
    for region, risk_class in spared:
        seen = kremlin.perceived_risk(region, risk_class)
        assert seen == pytest.approx(kremlin.risk[risk_class])
