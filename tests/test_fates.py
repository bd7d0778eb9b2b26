"""What became of people: one fate each, in agreement with what a run counts."""

from __future__ import annotations

import numpy as np
import pytest
from finished_runs import finished, total

from abm.emigrants import ARMY, HOME
from abm.fates import FATES, fates_table
from abm.model import EmigrationModel


@pytest.fixture(scope="module")
def model() -> EmigrationModel:
    """A run with much movement, so that every fate is somebody's."""
    return finished(until="2023-06-30", cost_of_leaving=4.0, cost_of_onward_move=3.0)


def test_fates_are_what_the_outcomes_count(model: EmigrationModel) -> None:
    table = fates_table(model)
    people = table.groupby("fate", observed=False)["people"].sum()
    stock, insecure = (
        model.observations.series(name)[-1] for name in ("stock_abroad", "insecure_status")
    )
    abroad = people[["left and settled", "moved on", "insecure"]]
    assert abroad.sum() == stock
    assert people["insecure"] == insecure > 0
    called_up = table["fate"] == "called up"
    assert called_up.sum() * model.population.scale == total(model, "called_up")
    assert set(table["fate"]) == set(FATES) - {"stayed home"}


def test_everybody_has_one_fate(model: EmigrationModel) -> None:
    table = fates_table(model)
    assert table["person"].is_unique
    e = model.emigrants
    place = e.place_of(table["person"].to_numpy())
    assert np.array_equal(place == HOME, table["fate"] == "returned")
    assert np.array_equal(place == ARMY, table["fate"] == "called up")
    names = np.array([*model.host_columns.names, "army", "Russia"])
    assert np.array_equal(table["host"], names[place])
    elsewhere = np.setdiff1d(np.arange(model.population.size), table["person"])
    assert (e.place_of(elsewhere) == HOME).all()
    assert not set(model.moves_table()["person"]) & set(elsewhere.tolist())


def test_who_moved_on_has_made_an_onward_move_in_this_life_abroad(model: EmigrationModel) -> None:
    table, moves = fates_table(model), model.moves_table()
    last = moves.drop_duplicates("person", keep="last").set_index("person")
    onward = last[(last["origin"] != "Russia") & (last["destination"] != "Russia")].index
    fate = table.set_index("person")["fate"]
    assert set(fate.index[fate == "moved on"]) <= set(onward)
    assert not set(fate.index[fate == "left and settled"]) & set(onward)


def test_before_anything_happens_nobody_has_a_fate() -> None:
    assert fates_table(EmigrationModel(scale=10_000, until="2022-02-24")).empty
