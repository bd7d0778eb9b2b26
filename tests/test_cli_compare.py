"""What a user types to compare two worlds."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pandas as pd
import pytest
from refusals import refusal

from abm.cli import main
from abm.study import evidence as posterior
from abm.study.compare import MARK

QUICK = ["--scale", "10000", "--until", "2022-03-31"]
WORLDS = ["compare", "war-years", "shut-eu"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_two_worlds_are_compared(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*WORLDS, *QUICK, "--replicates", "2"]) == 0
    said = capsys.readouterr()
    for part in ("A: war-years", "B: shut-eu", "returns (people)", "gain", "war-years-and-shut-eu"):
        assert part in said.out
    assert "shut-eu drops dated responses and war-years keeps them" in said.err
    table = pd.read_csv(folder / "results" / "war-years-and-shut-eu" / "differences.csv")
    assert {"outcome", "host", "difference", "low", "high", "gain"} <= set(table)
    assert main([*WORLDS, *QUICK, "--replicates", "2"]) == 2
    assert "--overwrite" in refusal(capsys)


def test_both_worlds_can_be_fitted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*WORLDS, *QUICK, "--replicates", "1", "--quiet", "--evidence", "high"]) == 0
    said = json.loads((folder / "results" / "war-years-and-shut-eu-high" / MARK).read_text())
    fitted = posterior.settings("high")["cost_of_leaving"]
    assert [said[side]["parameters"]["cost_of_leaving"] for side in ("a", "b")] == [fitted] * 2
    assert main([*WORLDS, *QUICK, "--evidence", "none"]) == 2
    assert "middle" in refusal(capsys)


def test_one_person_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*WORLDS, *QUICK, "--person", "12"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("person 12: age ")
    assert "A is war-years, B is shut-eu" in said
    assert os.listdir(folder) == []


def test_one_person_is_told_alike_on_a_narrow_terminal(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Columns of the same name, one a world, are all there."""
    person = ["--person", "12"]
    said = []
    for width in ("200", "40"):
        monkeypatch.setenv("COLUMNS", width)
        assert main([*WORLDS, *QUICK, *person]) == 0
        said.append(capsys.readouterr().out)
    assert said[0].count("stayed") == said[1].count("stayed") > 0
    assert said[0].count("attention") <= said[1].count("attention")


def test_somebody_to_look_at_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["compare", "war-years", "lenient-renewal", "--scale", "10000", "--replicates", "1"]
    assert main(asked) == 0
    said = capsys.readouterr().out
    person = re.search(r"--person (\d+)", said)
    assert person
    assert main([*asked[:5], "--person", person[1]]) == 0
    assert "Their lives part" in capsys.readouterr().out


def test_what_is_to_be_known_of_a_world_is_told_first(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*arguments: object, **named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("abm.study.compare.replicate", stop)
    monkeypatch.setattr("abm.study.compare.biographies", stop)
    (folder / "mine.toml").write_text(
        'base = "war-years"\n[[events]]\ndate = 2023-01-01\nhost = "Germany"\n'
        'lever = "humanitarian_visas_draft"\nvalue = 0.05\nkind = "imposed"\nsource = "mine"\n'
    )
    (folder / "no-base.toml").write_text("")
    assert main(["compare", "war-years", "no-base.toml", "--scale", "10000"]) == 130
    assert "abm: no-base sets no lever of the Kremlin's" in capsys.readouterr().err
    for more in ([], ["--person", "12"]):
        assert main(["compare", "war-years", "mine.toml", "--scale", "10000", *more]) == 130
        assert capsys.readouterr().err.count("abm: mine: its event") == 1
        assert (
            main(["compare", "war-years", "mine.toml", "--scale", "10000", *more, "--quiet"]) == 130
        )
        assert "abm: mine" not in capsys.readouterr().err


BAD = {
    "one scenario": (["compare", "war-years"], ["SCENARIO_B", "lenient-renewal"]),
    "unknown": (["compare", "war-years", "war"], ["'war'", "war-years"]),
    "one with itself": (
        ["compare", "war-years", "war-years", "--set", "entry_ban.Finland=0"],
        ["options go for both", "my-policy.toml"],
    ),
    "other horizons": (["compare", "war-years", "open-eu"], ["'until'", "--until 2024-12-31"]),
    "no replicates": ([*WORLDS, "--replicates", "0"], ["--replicates", "5"]),
    "nobody": ([*WORLDS, "--person", "-1", "--scale", "10000"], ["no person -1", "0 to"]),
    "person and folder": (
        [*WORLDS, "--person", "1", "--out", "mine"],
        ["writes nothing", "--person 1"],
    ),
    "person in words": ([*WORLDS, "--person", "me"], ["'me'", "12"]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_arguments(case: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, expected = BAD[case]
    assert main(arguments) == 2
    error = refusal(capsys)
    assert all(part in error for part in expected), error
    assert os.listdir(folder) == []
