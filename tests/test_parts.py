"""Parts: whole or not at all; what is torn counts as missing."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from abm.errors import OutputError
from abm.study import parts

FACTORS = ["conscience"]
NOON = pd.Timestamp("2022-02-24 12:00")


def write(folder: Path, chunk: int = 0, runs: int = 3) -> None:
    ids = [f"{chunk:02d}{number:02d}" for number in range(runs)]
    keys = pd.DataFrame({"run": ids, "point": range(runs), "replicate": 0})
    ended = {"status": "done", "error": None, "seconds": 0.1, "machine": "one"}
    rows = keys.assign(conscience=0.5, seed=1, started_utc=NOON, **ended)
    outcome = {"host": "World", "outcome": "departures", "unit": "people a week"}
    outcomes = keys.assign(date=NOON, value=range(runs), **outcome)
    parts.write(folder, chunk, FACTORS, rows, outcomes)


def test_a_missing_column_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="point"):
        parts.write(tmp_path, 0, FACTORS, pd.DataFrame({"run": ["1"]}), pd.DataFrame({"run": []}))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write(tmp_path, 7)
    runs = parts.read(tmp_path, parts.RUNS, 7)
    assert runs["run"].tolist() == ["0700", "0701", "0702"]
    assert runs["conscience"].tolist() == [0.5] * 3
    assert list(runs) == parts.runs_schema(FACTORS).names
    some = parts.read(tmp_path, parts.OUTCOMES, 7, ["0701"])
    assert some["value"].tolist() == [1.0]
    assert parts.read(tmp_path, parts.RUNS, 8).empty
    assert parts.numbers(tmp_path) == [7]


@pytest.mark.parametrize("kind", [parts.RUNS, parts.OUTCOMES])
@pytest.mark.parametrize("left", [0, 3, 100, -1])
def test_a_torn_part_is_missing_and_is_removed(kind: str, left: int, tmp_path: Path) -> None:
    write(tmp_path, 0)
    write(tmp_path, 1)
    assert parts.whole(tmp_path, [3, 3]) == [0, 1]
    path = parts.path_of(tmp_path, kind, 0)
    path.write_bytes(path.read_bytes()[:left])
    assert parts.whole(tmp_path, [3, 3]) == [1]
    assert parts.read(tmp_path, kind, 0).empty
    assert parts.tidy_up(tmp_path) == 1
    assert not path.exists()
    write(tmp_path, 0)
    assert parts.whole(tmp_path, [3, 3]) == [0, 1]


def test_a_page_with_other_bytes_is_found(tmp_path: Path) -> None:
    """The length is right and so is the footer; the checksum tells."""
    write(tmp_path)
    path = parts.path_of(tmp_path, parts.RUNS, 0)
    content = bytearray(path.read_bytes())
    content[len(b"PAR1") + 50] ^= 255
    path.write_bytes(content)
    assert parts.rows_in(path) == 3
    assert parts.read(tmp_path, parts.RUNS, 0).empty
    assert parts.tidy_up(tmp_path) == 1


def test_too_few_rows_are_not_whole(tmp_path: Path) -> None:
    write(tmp_path, runs=2)
    assert parts.whole(tmp_path, [3]) == []


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(parts.os, "fsync", full)
    with pytest.raises(OutputError, match="no space left on device"):
        write(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_first_to_write_prevails(tmp_path: Path) -> None:
    path = tmp_path / "study.json"
    assert parts.write_bytes(b"first", path, exclusive=True)
    assert not parts.write_bytes(b"second", path, exclusive=True)
    assert path.read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["study.json"]


def test_a_folder_that_knows_no_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(parts.os, "link", refuse)
    path = tmp_path / "study.json"
    assert parts.write_bytes(b"first", path, exclusive=True)
    assert path.read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["study.json"]


def test_only_what_nobody_writes_any_more_is_tidied_up(tmp_path: Path) -> None:
    write(tmp_path)
    new = tmp_path / parts.RUNS / ".part-000001.parquet.0123.tmp"
    old = tmp_path / parts.OUTCOMES / ".part-000001.parquet.4567.tmp"
    for path in (new, old):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    assert parts.tidy_up(tmp_path) == 0
    assert new.exists()
    assert not old.exists()


def test_no_part_is_met_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads all *.parquet at any moment sees whole files alone."""
    seen = []
    real = os.fsync

    def look(handle: int) -> None:
        for path in tmp_path.rglob("*.parquet"):
            seen.append(parts.rows_in(path))
        real(handle)

    monkeypatch.setattr(parts.os, "fsync", look)
    write(tmp_path)
    assert seen
    assert None not in seen
