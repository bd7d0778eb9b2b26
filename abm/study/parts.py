"""Parts of a sweep: Parquet files of a chunk's rows, written whole or not at all.

A chunk has two: outcomes/part-N.parquet, then runs/part-N.parquet, which says that the chunk is
there. What cannot be read, or has too few rows, counts as missing and is done again.
"""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from abm.errors import OutputError
from abm.study.factors import NAMED
from abm.study.store import above, cannot_write, sync_folder

RUNS, OUTCOMES = "runs", "outcomes"
DONE, FAILED, TIMED_OUT = "done", "failed", "timed out"
STATUSES = (DONE, FAILED, TIMED_OUT)
# What differs when the same run is done again. All other columns are equal, row by row.
VARYING = ("seconds", "started_utc", "machine")
NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS)  # as some shared folders answer
STALE_SECONDS = 3600  # after which a half-written file belongs to nobody alive
OUTCOMES_SCHEMA = pa.schema(
    [
        ("run", pa.string()),
        ("point", pa.int32()),
        ("replicate", pa.int32()),
        ("date", pa.timestamp("us")),
        ("host", pa.string()),
        ("outcome", pa.string()),
        ("value", pa.float64()),
        ("unit", pa.string()),
    ]
)


def runs_schema(factors: Iterable[str]) -> pa.Schema:
    """Columns of the runs: keys, one column a factor, then what became of the run."""
    kinds = [(name, pa.string() if name in NAMED else pa.float64()) for name in factors]
    return pa.schema(
        [
            ("run", pa.string()),
            ("point", pa.int32()),
            ("replicate", pa.int32()),
            *kinds,
            ("seed", pa.int64()),
            ("status", pa.string()),
            ("error", pa.string()),
            ("seconds", pa.float64()),
            ("started_utc", pa.timestamp("us")),
            ("machine", pa.string()),
        ]
    )


def path_of(folder: Path, kind: str, chunk: int) -> Path:
    """Where a chunk's part is, or will be."""
    return folder / kind / f"part-{chunk:06d}.parquet"


def write(
    folder: Path, chunk: int, factors: Sequence[str], runs: pd.DataFrame, outcomes: pd.DataFrame
) -> None:
    """Write both parts of a chunk, that of the runs last; OutputError if the disk does not."""
    for kind, table in tables(factors, runs, outcomes).items():
        write_table(table, path_of(folder, kind, chunk))


def tables(
    factors: Sequence[str], runs: pd.DataFrame, outcomes: pd.DataFrame
) -> dict[str, pa.Table]:
    """What the parts of a chunk hold, in the order in which they are written.

    KeyError names a column that is missing; only factors may be.
    """
    left_alone: dict[str, Any] = dict.fromkeys(name for name in factors if name not in runs)
    found = {
        OUTCOMES: (outcomes, OUTCOMES_SCHEMA),
        RUNS: (runs.assign(**left_alone), runs_schema(factors)),
    }
    return {
        kind: pa.Table.from_pandas(
            rows, schema=schema, preserve_index=False
        ).replace_schema_metadata(None)
        for kind, (rows, schema) in found.items()
    }


def write_table(table: pa.Table, path: Path) -> None:
    """Write one Parquet file, whole or not at all, through to the disk."""
    write_bytes(content(table).to_pybytes(), path)


def content(table: pa.Table) -> pa.Buffer:
    """The bytes of a table as a Parquet file, with checksums."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, write_page_checksum=True)
    return sink.getvalue()


def write_bytes(content: bytes, path: Path, exclusive: bool = False) -> bool:
    """Write one file, whole or not at all, through to the disk.

    exclusive: only if there is none yet; then False says that somebody was faster.
    Raises OutputError; what was half-written is gone.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if exclusive and _linked(partial, path):
                return True
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)
        sync_folder(path.parent)
    except FileExistsError:
        return False
    except OSError as error:
        raise OutputError(cannot_write(path.parent, error)) from error
    return True


def check_file(path: Path) -> None:
    """OutputError if a file could not be written there now; leaves nothing behind."""
    try:
        if path.is_dir():
            raise IsADirectoryError(0, "it is a folder")
        probe = above(path.absolute()) / f".{path.name}.{secrets.token_hex(6)}.probe"
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise OutputError(cannot_write(path, error)) from error


def _linked(partial: Path, path: Path) -> bool:
    """Put a file in place unless there is one, FileExistsError; False where links are not known."""
    try:
        os.link(partial, path)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in NO_LINKS or path.exists():
            raise
        return False
    sync_folder(path.parent)
    return True


def rows_in(path: Path) -> int | None:
    """How many rows a part has, None if it is missing or torn."""
    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowException):
        return None


def whole(folder: Path, sizes: Sequence[int]) -> list[int]:
    """The chunks whose two parts can be read and hold all of its runs.

    sizes : runs of each chunk
    """
    return [
        chunk for chunk in numbers(folder) if chunk < len(sizes) and _is_whole(folder, chunk, sizes)
    ]


def _is_whole(folder: Path, chunk: int, sizes: Sequence[int]) -> bool:
    return (
        rows_in(path_of(folder, RUNS, chunk)) == sizes[chunk]
        and rows_in(path_of(folder, OUTCOMES, chunk)) is not None
    )


def numbers(folder: Path) -> list[int]:
    """The chunks that have a part of runs, torn or not."""
    names = (path.stem.removeprefix("part-") for path in (folder / RUNS).glob("part-*.parquet"))
    return sorted(int(name) for name in names if name.isdecimal())


def read(
    folder: Path,
    kind: str,
    chunk: int,
    runs: Iterable[str] | None = None,
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """A chunk's rows, of some runs or all; empty, without columns, if there is nothing to read."""
    filters = None if runs is None else [("run", "in", list(runs))]
    table = table_in(path_of(folder, kind, chunk), filters, columns)
    return pd.DataFrame() if table is None else table.to_pandas()


def table_in(
    path: Path,
    filters: list[tuple[str, str, Any]] | None = None,
    columns: Sequence[str] | None = None,
) -> pa.Table | None:
    """Rows of a part, None if it is missing or torn."""
    try:
        return pq.read_table(
            path,
            filters=filters,
            columns=columns,
            partitioning=None,
            page_checksum_verification=True,
        )
    except (OSError, pa.ArrowException):
        return None


def tidy_up(folder: Path) -> int:
    """Remove torn parts, and what writers long dead left half-written; how many parts were torn.

    Each part is read to its end, so that its checksums tell of other bytes too. A torn file would
    break whoever reads all parts at once, such as DuckDB.
    """
    torn = 0
    for kind in (RUNS, OUTCOMES):
        for path in (folder / kind).glob("part-*.parquet"):
            if table_in(path) is None:
                path.unlink(missing_ok=True)
                torn += 1
        for path in (folder / kind).glob(".*.tmp"):
            _remove_stale(path)
    return torn


def _remove_stale(path: Path) -> None:
    try:
        if time.time() - path.stat().st_mtime > STALE_SECONDS:
            path.unlink()
    except FileNotFoundError:
        pass
