"""What a user types to attribute departures and returns to mechanisms."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest
from refusals import refusal

from abm.cli import main
from abm.commands.attribute import told_of_permits


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_shares_and_causes_are_shown_and_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quick = ["--scale", "10000", "--until", "2022-10-06", "--pairs", "2", "--replicates", "1"]
    assert main(["attribute", "war-years", *quick]) == 0
    said = capsys.readouterr().out
    for part in ("mobilisation", "rents and hostility", "all of them", "permit refused", "PN"):
        assert part in said
    out = folder / "results" / "war-years-attribution"
    shares = pd.read_csv(out / "shapley.csv")
    assert len(shares) == 3 * 8
    assert len(pd.read_csv(out / "return_causes.csv")) == 10
    assert len(pd.read_csv(out / "permits.csv")) == 1
    figures = {path.name for path in (out / "figures").iterdir()}
    assert figures == {f"shapley-{name}.png" for name in ("departures", "returns", "stock_abroad")}
    assert main(["attribute", "war-years", *quick]) == 2
    assert "--overwrite" in refusal(capsys)


PERMITS = {
    "decided": 1000.0,
    "refused": 0.2,
    "returned_if_refused": 0.3,
    "returned_if_granted": 0.1,
    "necessity_low": 0.4,
    "necessity_high": 0.9,
    "sufficiency_low": 0.1,
    "sufficiency_high": 0.2,
}


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ((), ["20% refused", "30% if all", "necessary for 40% to 90% (PN)", "10% to 20% (PS)"]),
        (("necessity",), ["Nobody refused returned", "10% to 20% (PS)"]),
        (("sufficiency",), ["40% to 90% (PN)", "Nobody granted stayed"]),
        (("necessity", "returned_if_refused"), ["Nobody was refused a permit"]),
        (("sufficiency", "returned_if_granted"), ["Nobody was granted a permit"]),
        (("decided",), ["No permit was decided"]),
    ],
)
def test_who_was_never_refused_or_never_returned_is_told(
    missing: tuple[str, ...], expected: list[str]
) -> None:
    mean = pd.Series(PERMITS)
    for name in missing:
        mean[[each for each in mean.index if each.startswith(name)]] = float("nan")
    if "decided" in missing:
        mean["decided"] = 0.0
    said = " ".join(told_of_permits(mean))
    assert all(part in said for part in expected), said
    assert "nan" not in said


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--pairs", "1"], ["pairs of orders: 1", "10"]),
        (["--replicates", "0"], ["--replicates", "5"]),
        (["no-war"], ["'no-war'", "war-years"]),
    ],
)
def test_bad_arguments(
    arguments: list[str], expected: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["attribute", *arguments]) == 2
    error = refusal(capsys)
    assert all(part in error for part in expected), error
    assert os.listdir(folder) == []
