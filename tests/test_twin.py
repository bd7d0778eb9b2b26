"""The twin: mass that is kept, signs, faults, and that it is the model's expectation at home."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import abm
from abm.elite_exits import leaving_chance
from abm.errors import InputError
from abm.model import EmigrationModel
from abm.scenario import load
from abm.study import twin, twin_readings
from abm.study.target import process_named
from abm.study.targets import TARGETS
from abm.study.twin_points import readings_at

SHORT = {"until": "2022-11-30", "types": 60}


@pytest.fixture(scope="module")
def finished() -> twin.Twin:
    """The twin at the end of November 2022; do not change it."""
    state = twin.Twin(load("war-years", until=SHORT["until"]), 60)
    while state.surroundings.week < state.surroundings.weeks:
        state.step()
    return state


@pytest.fixture(scope="module")
def baseline() -> twin.TwinRun:
    return twin.run(**SHORT)


def total(run: twin.TwinRun, outcome: str) -> float:
    return float(run.series(outcome).sum())


def test_everybody_is_somewhere(finished: twin.Twin) -> None:
    abroad, russia, reach = finished.abroad, finished.russia, finished.abroad.reach
    somewhere = russia.never + russia.back + russia.called_up
    somewhere += reach.by_person(russia.behind) + reach.by_person(reach.of_pairs(abroad.there))
    assert somewhere == pytest.approx(1.0, abs=1e-9)
    for share in (abroad.share, abroad.memory, russia.never, russia.back, russia.behind):
        assert share.min() > -1e-12
    assert (abroad.ever <= abroad.there + 1e-9).all()


def test_stocks_are_what_came_less_what_went(baseline: twin.TwinRun) -> None:
    flows = total(baseline, "departures") - total(baseline, "returns")
    assert baseline.series("stock_abroad")[-1] == pytest.approx(flows, rel=1e-9)
    arrivals = total(baseline, "departures") + total(baseline, "onward_moves")
    assert total(baseline, "arrivals") == pytest.approx(arrivals, rel=1e-9)


def test_the_table_is_that_of_the_model(baseline: twin.TwinRun) -> None:
    of_model = abm.run("war-years", scale=5000, until="2022-03-31").outcomes
    table = baseline.outcomes
    assert list(table.columns) == list(of_model.columns)
    assert (table.dtypes == of_model.dtypes).all()
    rows = of_model.set_index(["outcome", "host"]).index.unique()
    assert set(table.set_index(["outcome", "host"]).index.unique()) <= set(rows)
    assert np.isfinite(table["value"]).all()


def test_a_chance_to_leave_is_that_of_the_model() -> None:
    """Person by person, in the first week: the same equations on the same people.

    Without M5, for who sets out for a shut door does not leave, which `leaving_chance` leaves out.
    """
    scenario = load("war-years", until="2022-03-31", without=["M5"], scale=100)
    state = twin.Twin(scenario, 60)
    state.surroundings.begin_week()
    world = state.surroundings.world()
    state.home.knock(world)
    state.home.look(world, np.zeros((state.households.rows, 28)))
    mine = state.home.attention(world) * state.home.first.goes.sum(axis=1)
    model = EmigrationModel(scenario)
    model.events()
    model.kremlin_acts()
    model.hosts_answer()
    people = model.population.people(state.households.people.ids)
    theirs = leaving_chance(model, model.world(), people)
    assert mine == pytest.approx(theirs, rel=1e-9, abs=1e-15)
    assert mine.max() > 1e-4


def test_households_stand_for_all_adults_without_bias() -> None:
    """Over many samples the expected departures of the first week are those of a larger sample."""

    def departures(types: int, replicate: int) -> float:
        state = twin.Twin(load("war-years", until="2022-03-31", replicate=replicate), types)
        state.step()
        return float(state.accounts.observations.series("departures")[0])

    small = np.array([departures(60, k) for k in range(4)])
    large = np.array([departures(1000, k) for k in range(4)])
    error = np.hypot(small.std(ddof=1), large.std(ddof=1)) / 4**0.5
    assert abs(small.mean() - large.mean()) < 4 * error


def test_a_run_is_a_function_of_scenario_and_seed(baseline: twin.TwinRun) -> None:
    again = twin.run(**SHORT)
    assert again.outcomes.equals(baseline.outcomes)
    other = twin.run(**SHORT, seed=2)
    assert not np.array_equal(other.series("departures"), baseline.series("departures"))


@pytest.mark.parametrize(
    ("set", "outcome", "more"),
    [
        ({"cost_of_leaving": 7.5}, "departures", False),
        ({"cost_of_return": 2.5}, "returns", False),
        ({"mobilisation_weight": 6.0}, "departures", True),
        ({"cost_of_onward_move": 7.0}, "onward_moves", False),
        ({"discrimination_base": 0.05}, "returns", True),
        ({"exit_ban": 1.0}, "departures", False),
    ],
)
def test_signs(baseline: twin.TwinRun, set: dict[str, float], outcome: str, more: bool) -> None:
    changed = total(twin.run(**SHORT, set=set), outcome)
    assert (changed > total(baseline, outcome)) == more


def test_outcomes_move_smoothly_with_parameters(baseline: twin.TwinRun) -> None:
    """Small steps up and down change an outcome by nearly opposite amounts: derivatives exist."""
    base = total(baseline, "departures")
    cost = baseline.scenario.parameters.cost_of_leaving
    up = total(twin.run(**SHORT, set={"cost_of_leaving": cost + 0.01}), "departures") - base
    down = total(twin.run(**SHORT, set={"cost_of_leaving": cost - 0.01}), "departures") - base
    assert up < 0 < down
    assert up + down == pytest.approx(0.0, abs=0.05 * down)


def test_the_order_calls_up_as_many_as_the_quota(finished: twin.Twin) -> None:
    called = finished.accounts.observations.series("called_up").sum()
    assert called == pytest.approx(finished.surroundings.kremlin.called_up)
    assert called == pytest.approx(finished.surroundings.kremlin.mobilisation_quota, rel=0.05)


def test_every_target_that_a_run_covers_is_read_but_the_elite() -> None:
    processes = {each.process for each in TARGETS} - {None}
    read = {*twin_readings.FROM_OUTCOMES, *twin_readings.BY_COUNTS}
    assert processes - read == {"elite_exits_a_year"}
    assert all(process_named(name) for name in read)
    assert not {*twin_readings.FROM_OUTCOMES} & {*twin_readings.BY_COUNTS}


def test_targets_are_judged_as_those_of_a_run(baseline: twin.TwinRun) -> None:
    table = baseline.targets()
    of_model = abm.run("war-years", scale=5000, until=SHORT["until"]).targets()
    assert list(table.columns) == list(of_model.columns)
    assert (table.dtypes == of_model.dtypes).all()
    late = of_model["status"] == "beyond the horizon"
    assert table.loc[late, "simulated"].isna().all()
    assert (table.loc[late, "status"] == "beyond the horizon").all()
    readings = baseline.readings()
    assert readings.index.tolist() == table["id"].tolist()
    assert readings["T1"] == pytest.approx(table.set_index("id").loc["T1", "simulated"])


def test_points_are_runs(baseline: twin.TwinRun) -> None:
    points = pd.DataFrame({"cost_of_leaving": [6.85, 7.5]}, index=[3, 5])
    table = readings_at(points, TARGETS, until=SHORT["until"], types=60)
    assert table.index.tolist() == [3, 5]
    assert table.loc[3].equals(baseline.readings().rename(3))
    assert table.loc[5, "T1"] < table.loc[3, "T1"]


@pytest.mark.parametrize("types", [0, 9, 50.0, True, "many"])
def test_a_wrong_number_of_types_is_said(types: object) -> None:
    with pytest.raises(InputError, match="types must be a whole number"):
        twin.run(types=types)  # type: ignore[arg-type]


def test_what_it_does_not_know_is_refused(baseline: twin.TwinRun) -> None:
    ahead = load("war-years", looking_ahead=True)
    with pytest.raises(InputError, match="look ahead"):
        twin.run(ahead)
    with pytest.raises(InputError, match="gives no outcome 'capital_outflow'"):
        baseline.series("capital_outflow")
