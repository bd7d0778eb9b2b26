"""Every packaged scenario runs to its end, and does what its title says."""

from __future__ import annotations

import numpy as np
import pytest

from abm.hosts_table import HOST_NAMES
from abm.model import EmigrationModel
from abm.scenario import packaged_scenarios

SCALE = 3000


def run(name: str, until: str | None = None) -> EmigrationModel:
    model = EmigrationModel(name, scale=SCALE, seed=3, until=until)
    while model.running:
        model.step()
    return model


@pytest.fixture(scope="module")
def baseline() -> EmigrationModel:
    return run("war-years")


def total(model: EmigrationModel, outcome: str, host: str = "World") -> float:
    return float(model.observations.series(outcome, host).sum())


@pytest.mark.parametrize("name", [name for name in packaged_scenarios() if name != "war-years"])
def test_runs_and_differs_from_the_baseline(name: str, baseline: EmigrationModel) -> None:
    model = run(name)
    outcomes = model.outcomes()
    assert np.isfinite(outcomes["value"]).all()
    assert (outcomes["value"] >= 0).all()
    assert model.weeks == baseline.weeks
    assert not model.moves_table().equals(baseline.moves_table())


def test_without_an_order_fewer_leave_and_nobody_is_called_up(baseline: EmigrationModel) -> None:
    model = run("no-mobilisation", until="2022-12-31")
    assert total(model, "called_up") == 0
    autumn = slice(30, 44)
    with_order, without = (
        m.observations.series("departures")[autumn].sum() for m in (baseline, model)
    )
    assert without < with_order / 2


def test_a_closed_border_keeps_men_in(baseline: EmigrationModel) -> None:
    model = run("closed-border", until="2022-12-31")
    after = model.moves_table().query("week >= 30 and origin == 'Russia'")["person"]
    people = model.population.people(after.to_numpy())
    assert not model.kremlin.is_draftable(people.risk_class).any()


def test_strict_renewal_refuses_more_than_lenient() -> None:
    strict, lenient = run("strict-renewal"), run("lenient-renewal")
    assert total(strict, "permit_refusals") > 1.5 * total(lenient, "permit_refusals")
    assert total(strict, "stock_abroad") < total(lenient, "stock_abroad")


def test_a_shut_eu_is_entered_by_fewer() -> None:
    shut = run("shut-eu", until="2022-08-31")
    banned = shut.host_columns.entry_ban > 0
    assert banned.sum() == 12
    open, less = (
        sum(total(model, "arrivals", host) for host in np.array(HOST_NAMES)[banned])
        for model in (run("war-years", until="2022-08-31"), shut)
    )
    assert 0 < less < open


def test_protection_lets_more_into_the_eu(baseline: EmigrationModel) -> None:
    model = run("humanitarian-visas", until="2022-12-31")
    before = baseline.observations.series("arrivals", "Germany")[: model.weeks].sum()
    assert total(model, "arrivals", "Germany") > before
