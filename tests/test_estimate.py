"""What a sweep would take: counted, measured, and nothing written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from small_studies import small

from abm.errors import InputError
from abm.study import runner, study_file
from abm.study.estimate import Estimate, estimate
from abm.study.sweep import sweep


def of(folder: Path, **changes: Any) -> Estimate:
    return estimate(study_file.read(small(**changes)), folder)


def test_before_it_begins(tmp_path: Path) -> None:
    rule = {"outcome": "departures", "half_width": 5, "at_most": 9}
    found = of(tmp_path / "mine", replicates=3, chunk=2, stop=rule)
    assert (found.points, found.planned, found.most, found.chunks) == (2, 6, 18, 3)
    assert (found.done, found.elsewhere, found.to_do, found.measured_on) == (0, 0, 6, 0)
    assert found.seconds(2) == pytest.approx(3 * found.seconds_a_run)
    assert found.seconds(100) == pytest.approx(found.seconds_a_run)
    assert os.listdir(tmp_path) == []


def test_bytes_are_about_right(tmp_path: Path) -> None:
    before = of(tmp_path / "mine")
    result = sweep(small(), tmp_path / "mine", on="serial")
    written = sum(path.stat().st_size for path in result.folder.glob("*/part-*.parquet"))
    assert written / 2 < before.bytes < 2 * written


def test_from_what_was_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = sweep(small(), tmp_path / "mine", on="serial")

    def run(*arguments: object, **named: object) -> None:
        raise AssertionError("a run was done to measure what is known")

    monkeypatch.setattr(runner, "run", run)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    found = of(tmp_path / "mine", replicates=5)
    assert (found.planned, found.done, found.to_do, found.measured_on) == (10, 4, 6, 4)
    assert found.seconds_a_run == pytest.approx(result.runs["seconds"].mean())
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_what_neighbours_have_done(tmp_path: Path) -> None:
    sweep(small(), tmp_path / "first", on="serial")
    found = of(tmp_path / "second", replicates=3)
    assert (found.planned, found.elsewhere, found.to_do) == (6, 4, 2)
    assert sorted(os.listdir(tmp_path)) == ["first"]


def test_a_run_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise ZeroDivisionError("no people left")

    monkeypatch.setattr(runner, "run", fail)
    assert "no people left" in str(of(tmp_path / "mine").error)


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="results/mine"):
        of(tmp_path)
