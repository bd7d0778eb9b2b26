"""make reproduce: what is kept is made anew, and what differs is told."""

from __future__ import annotations

import runpy
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from small_studies import GRID

from abm.cli import main

HOME = Path(__file__).parents[1]
MADE = runpy.run_path(str(HOME / "experiments" / "reproduce.py"))
reproduce: Callable[..., dict[str, str]] = MADE["reproduce"]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kept folder of a small study, as `make studies` leaves it."""
    home = tmp_path_factory.mktemp("home")
    shutil.copy(GRID, home / "small.toml")
    raw, results = home / "raw", home / "results" / "small"
    assert main(["sweep", str(home / "small.toml"), "--out", str(raw), "--quiet"]) == 0
    assert main(["sensitivity", str(raw), "--out", str(results)]) == 0
    return results


def test_what_is_kept_is_made_anew(kept: Path, tmp_path: Path) -> None:
    found = reproduce(kept, kept.parents[1], tmp_path)
    assert any(name.endswith(".csv") for name in found)
    assert any(name.endswith(".png") for name in found)
    assert set(found.values()) == {"the same"}


def test_what_differs_is_told(kept: Path, tmp_path: Path) -> None:
    spoilt: Path = shutil.copytree(kept, tmp_path / "small")
    table = next(spoilt.glob("*.csv"))
    rows: Any = pd.read_csv(table)
    column = rows.select_dtypes("number").columns[-1]
    rows[column] = rows[column].astype(float)
    rows.loc[0, column] = rows.loc[0, column] * 2 + 1
    rows.to_csv(table, index=False)
    figure, *_ = spoilt.glob("*.png")
    figure.unlink()
    (spoilt / "old.png").write_bytes(b"")
    found = reproduce(spoilt, kept.parents[1], tmp_path / "build")
    assert found[table.name].startswith("1 of ")
    assert found[figure.name] == "new"
    assert found["old.png"] == "no longer made"


def test_raw_parts_beside_results_are_not_compared(kept: Path, tmp_path: Path) -> None:
    """A fit leaves its runs, in folders of their own, where it leaves its tables."""
    fresh = tmp_path / "results" / "small"
    (fresh / "wave-1").mkdir(parents=True)
    (fresh / "wave-1" / "points.csv").write_text("a\n1\n")
    found = reproduce(kept, kept.parents[1], tmp_path)
    assert "wave-1/points.csv" not in found
    assert set(found.values()) == {"the same"}


def test_what_it_cannot_make_is_said(tmp_path: Path) -> None:
    assert reproduce(tmp_path / "bench", tmp_path, tmp_path)["."].startswith("not regenerated")
    assert reproduce(tmp_path, tmp_path, tmp_path)["."] == "nothing regenerates it"


def test_every_kept_folder_is_made_by_something(tmp_path: Path) -> None:
    listed = ["git", "ls-files", "results"]
    done = subprocess.run(listed, cwd=HOME, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a repository")
    files = done.stdout.splitlines()
    assert len(files) > 50
    results = tmp_path / "results"
    for name in files:  # as in the repository, without results of one's own
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert MADE["orphans"](results, HOME / "experiments") == []
    (results / "by-hand").mkdir()
    (results / "by-hand" / "numbers.csv").touch()
    assert MADE["orphans"](results, HOME / "experiments") == ["by-hand"]


def test_what_makes_a_kept_folder_is_there() -> None:
    scripts = [MADE["_commands"](Path(name), HOME, HOME, HOME) for name in ("gallery", "twin")]
    assert all(Path(command[0]).is_file() for (command,) in scripts)


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert MADE["main"](["nothing-so-called"]) == 2
    assert "nothing-so-called" in capsys.readouterr().err
