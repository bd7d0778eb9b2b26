"""One row again: the same as stored, or told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_studies import small

from abm.errors import InputError
from abm.study import parts, runner, sweep_store
from abm.study.rerun import rerun
from abm.study.sweep import sweep
from abm.study.sweep_results import Sweep


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return sweep(small(chunk=3), tmp_path_factory.mktemp("sweeps") / "done", on="serial")


def test_every_row_is_repeated(done: Sweep) -> None:
    for run in done.runs["run"]:
        again = rerun(done.folder, run)
        assert again.same
        assert again.differing.empty
        assert len(again.outcomes) == 4
        assert again.planned.id == run


def test_the_beginning_of_an_id_will_do(done: Sweep) -> None:
    run = done.runs["run"].iloc[2]
    assert rerun(done.folder, run[:8]).planned.id == run


@pytest.mark.parametrize("run", ["", "nothing", "zz"])
def test_no_such_run(run: str, done: Sweep) -> None:
    with pytest.raises(InputError, match=f"no run '{run}' .* Example: {done.runs['run'].iloc[0]}"):
        rerun(done.folder, run)


def test_another_result_is_told(done: Sweep, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "forged"
    shutil.copytree(done.folder, folder)
    runs = parts.read(folder, parts.RUNS, 0)
    outcomes = parts.read(folder, parts.OUTCOMES, 0)
    outcomes.loc[0, "value"] += 1
    parts.write(folder, 0, ["renewal_strictness.Turkey"], runs, outcomes)
    again = rerun(folder, outcomes.loc[0, "run"])
    assert not again.same
    assert len(again.differing) == 1
    row = again.differing.iloc[0]
    assert row["stored"] == row["again"] + 1


def test_a_failure_is_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any, **named: Any) -> None:
        raise ZeroDivisionError("no people left")

    with monkeypatch.context() as patch:
        patch.setattr(runner, "run", fail)
        result = sweep(small(), tmp_path / "mine", on="serial")
        run = result.runs["run"].iloc[0]
        again = rerun(result.folder, run)
        assert again.same
        assert again.status == "failed"
        assert "no people left" in str(again.error)
    assert not rerun(result.folder, run).same


def test_another_version(done: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_store, "this_model", lambda: ("other", "other"))
    with pytest.raises(InputError, match="other code"):
        rerun(done.folder, done.runs["run"].iloc[0])
