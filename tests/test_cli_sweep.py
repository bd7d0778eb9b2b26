"""What a user types for sweeps: abm sweep, abm rerun, abm export."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest
from refusals import refusal
from small_studies import GRID

import abm
from abm.cli import main
from abm.commands.sweep import size
from abm.study import runner

STUDY = """
scale = 10000
until = 2022-03-31

[levers]
renewal_strictness.Turkey = [0.2, 0.8]

[design]
method = "grid"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a study of two runs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text(STUDY)
    return tmp_path


def test_a_sweep_from_end_to_end(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["sweep", "mine.toml", "--workers", "2"]
    assert main([*command, "--dry-run"]) == 0
    assert "2 points, 2 runs in 2 parts" in capsys.readouterr().out
    assert os.listdir(folder) == ["mine.toml"]
    assert main(command) == 0
    out, error = capsys.readouterr()
    assert "2 of 2 runs have ended: 2 done, 0 failed" in out
    assert "results in results/mine" in out
    assert error == ""
    assert main([*command, "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["sweep", "mine.toml", "--status"]) == 0
    assert "2 of 2 runs have ended" in capsys.readouterr().out
    assert main(["sweep", "results/mine"]) == 0
    capsys.readouterr()
    run = abm.load("results/mine").runs["run"].iloc[1]  # type: ignore[union-attr]
    assert main(["rerun", "results/mine", run]) == 0
    assert "renewal_strictness.Turkey = 0.8), replicate 0" in capsys.readouterr().out
    assert main(["export", "results/mine"]) == 0
    assert len(pd.read_csv("results/mine/csv/runs.csv")) == 2
    assert main(["export", "results/mine", "--to", "netcdf", "--out", "mine.nc"]) == 0
    assert Path("mine.nc").exists()


def test_shares(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["sweep", "mine.toml", "--on", "serial", "--out", "out"]
    assert main([*command, "--part", "1/2"]) == 0
    assert "1 of 2 runs have ended" in capsys.readouterr().out
    assert main([*command, "--part", "2/2"]) == 0
    assert "2 of 2 runs have ended" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["slurm", "pbs", "sge"])
def test_array_scripts(
    kind: str, folder: Path, nothing_runs: None, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["sweep", "mine.toml", "--out", "out", "--script", kind]
    assert main(command) == 0
    text = capsys.readouterr().out
    assert text.startswith("#!/bin/bash")
    assert "/2 --workers" in text.replace('"', "")  # no more elements than there are chunks
    assert str(folder / "out") in text
    assert os.listdir(folder) == ["mine.toml"]


def test_failures_are_shown(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise ZeroDivisionError("no people left")

    monkeypatch.setattr(runner, "EmigrationModel", fail)
    assert main(["sweep", "mine.toml", "--on", "serial"]) == 0
    out = capsys.readouterr().out
    assert "0 done, 2 failed" in out
    assert out.count("ZeroDivisionError: no people left") == 2
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    assert main(["sweep", "mine.toml", "--on", "serial"]) == 0
    assert "0 done, 2 failed" in capsys.readouterr().out
    run = abm.load("results/mine").runs["run"].iloc[0]  # type: ignore[union-attr]
    assert main(["rerun", "results/mine", run]) == 1
    assert "not the same as stored" in capsys.readouterr().out
    assert main(["sweep", "mine.toml", "--on", "serial", "--retry"]) == 0
    assert "2 done, 0 failed" in capsys.readouterr().out


BAD = {
    "no such study": (["sweep", "nothing.toml"], ["'nothing.toml'", "policy-grid"]),
    "no study": (["sweep"], ["STUDY", "abm sweep study.toml"]),
    "a folder of nothing": (["sweep", "."], ["holds no sweep"]),
    "unknown engine": (["sweep", "mine.toml", "--on", "cloud"], ["'cloud'", "--on local"]),
    "unknown script": (["sweep", "mine.toml", "--script", "lsf"], ["'lsf'", "--script slurm"]),
    "no workers": (["sweep", "mine.toml", "--workers", "0"], ["--workers", "for example 2"]),
    "workers in words": (["sweep", "mine.toml", "--workers", "all"], ["'all'", "for example 2"]),
    "workers of a fit": (["calibrate", "--workers", "all"], ["'all'", "for example 2"]),
    "no share": (["sweep", "mine.toml", "--part", "3"], ["'3'", "--part 3/8"]),
    "share beyond": (["sweep", "mine.toml", "--part", "9/8"], ["'9/8'", "--part 3/8"]),
    "no status yet": (["sweep", "mine.toml", "--status"], ["holds no sweep", "abm sweep"]),
    "in the way": (["sweep", "mine.toml", "--out", "."], ["results/mine"]),
    "rerun of nothing": (["rerun", ".", "12"], ["holds no sweep"]),
    "rerun of no run": (["rerun", "."], ["RUN_ID", "abm rerun results/mine"]),
    "export of nothing": (["export", "."], ["holds no sweep"]),
    "export to another kind": (["export", ".", "--to", "xlsx"], ["'xlsx'", "--to csv"]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_arguments(
    case: str, folder: Path, nothing_runs: None, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, expected = BAD[case]
    assert main(arguments) == 2
    error = refusal(capsys)
    assert all(part in error for part in expected), error
    assert os.listdir(folder) == ["mine.toml"]


BAD_STUDIES = {
    "wrong range": ("[uncertainties]\nconscience = { high = 3 }\n", ["conscience", "0 to 1"]),
    "unknown outcome": ('[keep]\noutcomes = ["emigrants"]\n', ["outcome 'emigrants'"]),
    "unknown host": ("[set]\nentry_ban.Finnland = 1\n", ["'Finland'"]),
    "unknown key": ("[hold]\nconscience = 1\n", ["unknown key of a study 'hold'"]),
}


@pytest.mark.parametrize("case", BAD_STUDIES)
def test_bad_studies(
    case: str, folder: Path, nothing_runs: None, capsys: pytest.CaptureFixture[str]
) -> None:
    text, expected = BAD_STUDIES[case]
    (folder / "mine.toml").write_text(STUDY + text)
    for more in ([], ["--dry-run"], ["--part", "1/2"]):
        assert main(["sweep", "mine.toml", *more]) == 2
        error = refusal(capsys)
        assert all(part in error for part in ["mine.toml", *expected]), error
    assert os.listdir(folder) == ["mine.toml"]


def test_a_design_that_does_not_fit(
    folder: Path, nothing_runs: None, capsys: pytest.CaptureFixture[str]
) -> None:
    text = STUDY.replace('"grid"', '"saltelli"\nsize = 6').replace(
        "[levers]\nrenewal_strictness.Turkey = [0.2, 0.8]", "[uncertainties]\nconscience = {}"
    )
    (folder / "mine.toml").write_text(text)
    assert main(["sweep", "mine.toml"]) == 2
    assert "power of 2" in refusal(capsys)
    assert os.listdir(folder) == ["mine.toml"]


def test_an_unwritable_folder(
    folder: Path, nothing_runs: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", "mine.toml", "--out", "/dev/null/mine"]) == 1
    assert "cannot write /dev/null/mine" in refusal(capsys)


def test_a_run_is_no_sweep(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quick = ["--scale", "10000", "--until", "2022-03-31", "--replicates", "1"]
    assert main(["run", *quick, "--out", "mine", "--quiet"]) == 0
    assert main(["export", "mine"]) == 2
    assert "abm run" in refusal(capsys)
    assert main(["sweep", "mine.toml", "--out", "mine"]) == 2
    assert "holds the results of abm run; choose another" in refusal(capsys)


def test_a_folder_of_tables_alone_is_told_and_does_not_stop_a_dry_run(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As git keeps results: study.json and tables, no runs."""
    assert main(["sweep", "mine.toml", "--out", "kept", "--quiet"]) == 0
    (folder / "kept" / "points.parquet").unlink()
    before = sorted(folder.rglob("*"))
    assert main(["sweep", "mine.toml", "--out", "kept", "--dry-run"]) == 0
    capsys.readouterr()
    for asked in (["sweep", "mine.toml", "--out", "kept"], ["sensitivity", "kept"]):
        assert main(asked) == 2
        assert "holds tables of a sweep, not its runs" in refusal(capsys)
    assert sorted(folder.rglob("*")) == before


def test_the_example_of_the_tests_can_be_estimated(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", str(GRID), "--dry-run"]) == 0
    assert "small-grid: 4 points, 8 runs" in capsys.readouterr().out


def test_sizes() -> None:
    assert [size(each) for each in (400, 12_300, 3_400_000, 1.25e9)] == [
        *("0 kB", "12 kB", "3.4 MB", "1.2 GB"),
    ]


@pytest.mark.parametrize("command", [["sweep", "mine.toml"], ["calibrate"], ["run", "war-years"]])
def test_a_folder_behind_a_circle_of_links_is_one_clear_line(
    command: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "circle").symlink_to("circle")
    assert main([*command, "--out", "circle/mine"]) == 1
    assert "too many levels of symbolic links" in refusal(capsys)
