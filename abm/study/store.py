"""Results folders: written whole or not at all, with what re-creates them."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from abm import __version__
from abm.errors import InputError, OutputError

Draw = Callable[[pd.DataFrame, Path], object]

PACKAGE = Path(__file__).resolve().parents[1]
RUN = "run.json"
NOT_THE_MODEL = ("__init__.py", "__main__.py", "cli.py")
FITS = ("calibration.toml", "posterior")  # a run takes from them what its scenario then says
PEOPLE = ("moves", "emigrants")
OWN_TARGETS = "own-targets.csv"
LIBRARIES = ("mesa", "numpy", "scipy", "pandas", "pyarrow")
OUTCOMES_SCHEMA = pa.schema(
    [
        ("replicate", pa.int32()),
        ("date", pa.timestamp("us")),
        ("host", pa.string()),
        ("outcome", pa.string()),
        ("value", pa.float64()),
        ("unit", pa.string()),
    ]
)


@dataclass(frozen=True, eq=False)
class Results:
    """What a results folder holds: tidy outcomes (with replicate), targets, provenance; and, where
    they were kept, a run's moves and emigrants (with replicate); and the file of the user's own
    targets, if it was judged by these."""

    outcomes: pd.DataFrame
    targets: pd.DataFrame
    provenance: dict[str, Any]
    moves: pd.DataFrame | None = None
    emigrants: pd.DataFrame | None = None
    own_targets: Path | None = None


def check(directory: str | Path, overwrite: bool = False, mark: str = RUN) -> Path:
    """The folder as an absolute path, if results could be written there now.

    Leaves nothing behind, so that it can be asked before a long run. mark: the file by which a
    folder of such results is known.

    Raises
    ------
    InputError : the folder holds results and ``overwrite`` is false, or it holds something else
    OutputError : the folder cannot be made
    """
    folder = resolved(directory)
    try:
        _check_free(folder, overwrite, mark)
        probe = _beside(above(folder) / folder.name, "probe")
        probe.mkdir()
        probe.rmdir()
    except OSError as error:
        raise OutputError(cannot_write(folder, error)) from error
    return folder


def resolved(path: str | Path) -> Path:
    """The absolute path, links followed; never an error: of links in a circle the first is kept."""
    return Path(os.path.realpath(Path(path).expanduser()))


def above(path: Path) -> Path:
    """Of what holds an absolute path, the nearest that there is, a link to nowhere included."""
    return next(parent for parent in path.parents if os.path.lexists(parent))


def write(
    results: Results, directory: str | Path, overwrite: bool = False, draw: Draw | None = None
) -> Path:
    """Write a results folder and return its path; see `put`.

    Raises
    ------
    InputError, OutputError : as in `check`
    """
    return put(lambda folder: _fill(folder, results, draw), directory, overwrite)


def put(
    fill: Callable[[Path], None], directory: str | Path, overwrite: bool = False, mark: str = RUN
) -> Path:
    """Write a folder by a function that fills an empty one, and return its path.

    Everything goes into a hidden folder beside it, reaches the disk, and is then renamed; so the
    folder is there whole or not at all. An older one is removed only after the new is in place.

    Raises
    ------
    InputError, OutputError : as in `check`
    """
    folder = check(directory, overwrite, mark)
    partial = _beside(folder, "partial")
    try:
        partial.mkdir(parents=True)
        fill(partial)
        _sync(partial)
        _put_in_place(partial, folder, overwrite, mark)
    except OSError as error:
        raise OutputError(cannot_write(folder, error)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def read(folder: Path) -> Results:
    """What `write` wrote; InputError if a file cannot be read."""
    try:
        table = pq.read_table(folder / "outcomes.parquet", partitioning=None)
        table.validate(full=True)  # also that texts are texts
        outcomes = table.to_pandas()
        targets = pd.read_csv(folder / "targets.csv")
        provenance = json.loads((folder / RUN).read_text("utf-8"))
        people = {
            name: pd.read_parquet(folder / f"{name}.parquet")
            for name in PEOPLE
            if (folder / f"{name}.parquet").is_file()
        }
    except (OSError, ValueError, pa.ArrowException) as error:
        raise InputError(f"cannot read the results in {folder}: {error}") from None
    own = folder / OWN_TARGETS if "targets" in provenance else None
    if own is not None and not own.is_file():
        raise InputError(
            f"{folder} was judged by targets of your own, {provenance['targets']['name']}, and "
            f"keeps no copy of them. Example: run it again, or put them there as {OWN_TARGETS}"
        )
    return Results(outcomes, targets, provenance, **people, own_targets=own)


def outcomes_table(outcomes: pd.DataFrame) -> pa.Table:
    """The outcomes with declared columns and types, and no metadata: equal content, equal bytes."""
    table = pa.Table.from_pandas(outcomes, schema=OUTCOMES_SCHEMA, preserve_index=False)
    return table.replace_schema_metadata(None)


def origin() -> dict[str, Any]:
    """What code, data, libraries and machine a result comes from.

    model_sha256: of the model alone, which a change of study, view or command leaves as it is.
    data_sha256: of the packaged data, but for what fits are made of and what they left.
    """
    sources = [path for path in PACKAGE.rglob("*.py") if path.is_file()]
    model = [path for path in PACKAGE.glob("*.py") if path.name not in NOT_THE_MODEL]
    data = [
        path
        for kept in (PACKAGE / "data").iterdir()
        if kept.name not in FITS
        for path in (kept, *kept.rglob("*"))
        if path.is_file()
    ]
    return {
        "version": __version__,
        "code_sha256": _hash(sources),
        "model_sha256": _hash(model),
        "data_sha256": _hash(data),
        "python": platform.python_version(),
        "libraries": {name: installed_version(name) for name in LIBRARIES},
        "platform": f"{platform.system()} {platform.machine()}",
    }


def _fill(folder: Path, results: Results, draw: Draw | None) -> None:
    pq.write_table(outcomes_table(results.outcomes), folder / "outcomes.parquet")
    for name in PEOPLE:
        if (table := getattr(results, name)) is not None:
            people = pa.Table.from_pandas(table, preserve_index=False)
            pq.write_table(people.replace_schema_metadata(None), folder / f"{name}.parquet")
    results.targets.to_csv(folder / "targets.csv", index=False, lineterminator="\n")
    if results.own_targets is not None:
        shutil.copyfile(results.own_targets, folder / OWN_TARGETS)
    write_json(folder / RUN, {**results.provenance, **origin()})
    if draw is not None:
        (folder / "figures").mkdir()
        draw(results.outcomes, folder / "figures")


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write what a result comes from, for people and programs to read."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _put_in_place(partial: Path, folder: Path, overwrite: bool, mark: str) -> None:
    """Rename the finished folder; another process may have made one in the meantime."""
    _check_free(folder, overwrite, mark)
    if not folder.exists():
        partial.rename(folder)
        sync_folder(folder.parent)
        return
    old = _beside(folder, "old")
    folder.rename(old)
    try:
        partial.rename(folder)
    except BaseException:
        if not folder.exists():
            old.rename(folder)
        raise
    sync_folder(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def _check_free(folder: Path, overwrite: bool, mark: str) -> None:
    """Refuse what is not empty, unless asked to overwrite; never remove what no run has written."""
    if not folder.name:
        raise InputError(f"{folder} is no place for results; for example results/mine")
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InputError(f"{folder} is a file, not a folder; for example results/mine")
    if not any(folder.iterdir()):
        return
    if not overwrite:
        raise InputError(
            f"{folder} exists; ask to overwrite it (--overwrite, or overwrite=True) "
            f"or choose another, for example results/{folder.name}-2"
        )
    if not (folder / mark).is_file():
        raise InputError(
            f"{folder} holds no results (no {mark}), so it is not overwritten; "
            "choose another, for example results/mine"
        )


def _beside(folder: Path, role: str) -> Path:
    """A new hidden name in the same folder, so on the same file system."""
    return folder.with_name(f".{folder.name}.{secrets.token_hex(6)}.{role}")


def _sync(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        else:
            sync_folder(path)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _hash(paths: list[Path]) -> str:
    """SHA-256 over the files' names within the package and their bytes, in order of name."""
    digest = hashlib.sha256()
    for name, path in sorted((path.relative_to(PACKAGE).as_posix(), path) for path in paths):
        content = path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def cannot_write(folder: Path, error: Exception) -> str:
    why = getattr(error, "strerror", None) or str(error)
    return f"cannot write {folder}: {why.lower()}; choose another folder, for example results/mine"
