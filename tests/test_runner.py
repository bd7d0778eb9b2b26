"""Runs in Python: tables that stay, models that go, replicates that differ by luck alone."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import abm
from abm.study import runner

QUICK: dict[str, Any] = {"scale": 10_000, "until": "2022-04-30"}


def test_a_run_keeps_tables(small_run: abm.Run) -> None:
    assert list(small_run.outcomes) == ["date", "host", "outcome", "value", "unit"]
    assert small_run.outcomes["value"].notna().all()
    columns = {"week", "date", "person", "origin", "destination", "cause", "people"}
    assert columns <= set(small_run.moves)
    assert {"week", "date", "person", "host", "people"} <= set(small_run.refusals)
    assert {"person", "place", "left_week", "people"} <= set(small_run.emigrants)
    assert small_run.population["adults"] > 0
    assert small_run.scenario.scale == 10_000
    assert small_run.seconds > 0


def test_nothing_keeps_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    models: list[weakref.ref[Any]] = []

    def made(*arguments: Any, **named: Any) -> Any:
        model = abm.EmigrationModel(*arguments, **named)
        models.append(weakref.ref(model))
        return model

    monkeypatch.setattr(runner, "EmigrationModel", made)
    run = abm.run(**QUICK)
    assert len(models) == 1
    assert models[0]() is None
    assert len(run.outcomes) > 0


def test_progress_is_told_each_week() -> None:
    told: list[tuple[int, int]] = []
    abm.replicate("war-years", 2, **QUICK, progress=lambda done, of: told.append((done, of)))
    weeks = len(told) // 2
    assert told == [(done, 2 * weeks) for done in range(1, 2 * weeks + 1)]


def test_replicates_differ_and_the_first_is_the_run() -> None:
    runs = abm.replicate("war-years", 2, seed=3, **QUICK)
    alone = abm.run("war-years", seed=3, **QUICK)
    first, second = runs.runs
    pd.testing.assert_frame_equal(first.outcomes, alone.outcomes)
    pd.testing.assert_frame_equal(first.moves, alone.moves)
    assert not first.moves.equals(second.moves)
    again = abm.run("war-years", seed=3, replicate=1, **QUICK)
    pd.testing.assert_frame_equal(second.outcomes, again.outcomes)
    other_seed = abm.run("war-years", seed=4, **QUICK)
    assert not other_seed.moves.equals(second.moves)


def test_replicates_stack_with_their_number() -> None:
    runs = abm.replicate("war-years", 2, **QUICK)
    assert runs.outcomes.columns[0] == "replicate"
    assert len(runs.outcomes) == sum(len(run.outcomes) for run in runs.runs)
    assert set(runs.moves["replicate"]) <= {0, 1}
    assert {"id", "simulated", "spread", "hit"} <= set(runs.targets())


@pytest.mark.parametrize("n", [0, 1.5, True, "5"])
def test_replicates_must_be_counted(n: Any) -> None:
    with pytest.raises(abm.InputError, match=r"'replicates' .* whole number.* replicates = 5"):
        abm.replicate("war-years", n)


def test_saving_and_showing(small_run: abm.Run, tmp_path: Path) -> None:
    folder = small_run.save(tmp_path / "mine", draw=abm.draw_all)
    kept = pd.read_parquet(folder / "outcomes.parquet")
    assert set(kept["replicate"]) == {0}
    assert kept["value"].sum() == small_run.outcomes["value"].sum()
    assert len(list((folder / "figures").iterdir())) == 3
    assert "war-years" in repr(small_run)
    html = small_run._repr_html_()
    assert "<table" in html
    assert len(html) < 20_000
