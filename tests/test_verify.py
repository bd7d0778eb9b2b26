"""abm verify: a folder is what it says, or what differs is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from refusals import refusal
from small_studies import small

import abm
from abm.cli import main
from abm.study import store
from abm.study.verify import differences, verify

QUICK: dict[str, Any] = {"scale": 10_000, "until": "2022-03-31"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("made") / "run"
    changes = {"set": {"entry_ban.Finland": 1.0, "conscience": 0.3}, "without": ["M8"]}
    abm.replicate("war-years", 2, **QUICK, **changes).save(folder)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "run"))


def test_what_is_run_again_is_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = verify(folder, runs=2)
    assert found.same and found.origin == [] and found.skipped == ""
    assert [run for run, *_ in found.again] == ["replicate 0", "replicate 1"]
    assert all(rows > 1000 for *_, rows in found.again)
    assert main(["verify", str(folder)]) == 0
    assert "replicate 0: the same" in capsys.readouterr().out


def test_a_changed_number_is_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "outcomes.parquet"
    table = pd.read_parquet(path)
    table.loc[len(table) // 3, "value"] += 1
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), path)
    assert main(["verify", str(folder)]) == 1
    assert "1 of " in capsys.readouterr().out


def test_missing_rows_are_found(folder: Path) -> None:
    path = folder / "outcomes.parquet"
    pq.write_table(pa.Table.from_pandas(pd.read_parquet(path)[5:], preserve_index=False), path)
    assert verify(folder).again[0][1] == 5


def test_another_seed_in_the_provenance_is_found(folder: Path) -> None:
    said = json.loads((folder / "run.json").read_text("utf-8"))
    said["scenario"]["seed"] = 2
    (folder / "run.json").write_text(json.dumps(said), "utf-8")
    assert not verify(folder).same


def test_other_code_data_and_libraries_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = json.loads((folder / "run.json").read_text("utf-8"))
    said |= {"data_sha256": "0" * 64, "python": "3.99"}
    said["libraries"]["numpy"] = "0.1"
    (folder / "run.json").write_text(json.dumps(said), "utf-8")
    assert [what for what, *_ in verify(folder, runs=0).origin] == [
        "data_sha256",
        "python",
        "numpy",
    ]
    assert main(["verify", str(folder), "--runs", "0"]) == 0
    assert "numpy: 0.1 then" in capsys.readouterr().out
    assert differences(store.origin()) == []


def test_a_sweep_is_repeated_from_its_table(tmp_path: Path) -> None:
    sweep = abm.sweep(small(), out=tmp_path / "sweep", on="serial")
    found = verify(sweep.folder, runs=2)
    assert found.same and len(found.again) == 2
    shutil.rmtree(sweep.folder / "runs")
    assert "not kept" in verify(sweep.folder).skipped


def test_people_of_ones_own_are_not_made_up(tmp_path: Path) -> None:
    people = abm.packaged_people()
    abm.run(**QUICK, population=people).save(tmp_path / "run")
    found = verify(tmp_path / "run")
    assert not found.same and "population" in found.skipped


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda run: (run / "run.json").unlink(),
        lambda run: (run / "run.json").write_text("{}", "utf-8"),
        lambda run: (run / "run.json").write_text("[1]", "utf-8"),
        lambda run: (run / "run.json").write_text("{", "utf-8"),
        lambda run: (run / "outcomes.parquet").write_bytes(b"PAR1"),
        lambda run: (run / "targets.csv").unlink(),
        lambda run: shutil.rmtree(run),
    ],
)
def test_what_is_no_results_folder_is_one_clear_line(
    spoilt: Any, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoilt(folder)
    assert main(["verify", str(folder)]) == 2
    assert "run" in refusal(capsys)
