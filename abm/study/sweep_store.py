"""The folder of a sweep: study.json and points.parquet, from which a plan is made again.

Layout: study.json (the study, its rounds, what made it), points.parquet, runs/part-*.parquet,
outcomes/part-*.parquet; people.csv, the user's own people, if there are any; elsewhere.parquet,
which runs a neighbouring study has done already.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from abm.errors import InputError, OutputError
from abm.study import design, parts, store, study_json
from abm.study.factors import NAMED
from abm.study.plan import Plan, Round, chunk_size, plain_rows, replicates_in, rounds_until
from abm.study.study_file import Study

STUDY, POINTS, PEOPLE, ELSEWHERE = "study.json", "points.parquet", "people.csv", "elsewhere.parquet"
FORMAT = 1
OTHER = "choose another folder, for example --out results/mine-2; runs in common are not done again"
# What may differ when a study goes on in its folder: it grows, or is only named differently.
FREE = ("title", "name", "replicates", "limit_seconds", "chunk", "design", "stop", "factors")


def plan_of(folder: Path) -> Plan:
    """The plan in a sweep's folder; InputError if there is none, or of another version."""
    path = folder / STUDY
    try:
        stamp = path.stat()
    except OSError:
        raise InputError(
            f"{folder} holds no sweep (no {STUDY}). Example: abm sweep study.toml --out {folder}"
        ) from None
    if not (folder / POINTS).exists():
        raise InputError(f"{folder} holds tables of a sweep, not its runs; {OTHER}")
    return _plan_of(folder, stamp.st_mtime_ns, stamp.st_ino)


@lru_cache(maxsize=2)
def _plan_of(folder: Path, changed: int, node: int) -> Plan:
    """As `plan_of`; changed, node: tell one version of study.json from the next."""
    given = read_json(folder)
    people = folder / PEOPLE
    try:
        study = study_json.from_dict(given["study"], people if people.exists() else None)
        rounds = tuple(Round.of(each) for each in given["rounds"])
        points = pq.read_table(folder / POINTS, partitioning=None).to_pandas()
        used = 1 + max(each.points[-1] for each in rounds)
        made_by = given["origin"]["model_sha256"], given["origin"]["data_sha256"]
        return Plan(study, points.iloc[:used], rounds, given["chunk"], made_by)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise InputError(f"cannot read the sweep in {folder}: {error}; {OTHER}") from None


def read_json(folder: Path) -> dict[str, Any]:
    """What study.json says; InputError if it cannot be read or is of another format."""
    path = folder / STUDY
    try:
        given: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path}: {error}; {OTHER}") from None
    if given.get("format") != FORMAT:
        raise InputError(f"{path} has format {given.get('format')}, not {FORMAT}; {OTHER}")
    return given


@cache
def this_model() -> tuple[str, str]:
    """Hashes of the model's code and of its data."""
    origin = store.origin()
    return origin["model_sha256"], origin["data_sha256"]


def planned(study: Study) -> Plan:
    """The plan of a study that has no folder yet."""
    points = _points(study)
    rounds = rounds_until(_none(points), np.full(len(points), study.replicates))
    runs = sum(each.runs for each in rounds)
    return Plan(study, points, rounds, chunk_size(study, runs), this_model())


def would_be(study: Study, folder: Path) -> Plan:
    """The plan that a study would have in a folder; writes nothing. Errors as `settled`."""
    if (folder / STUDY).exists():
        return grown(study, folder)
    check_free(folder)
    return planned(study)


def settled(study: Study, folder: Path) -> Plan:
    """The study's plan in its folder, which is made, or grown, if need be.

    Raises
    ------
    InputError : the folder holds something else, another study, or was made by another version
    OutputError : it cannot be written
    """
    if not (folder / STUDY).exists():
        plan = planned(study)
        check_free(folder)
        _write_points(folder, plan)
        if study.people is not None:
            _keep_people(study.people, folder)
        if _write_study(folder, plan, exclusive=True):
            return plan_of(folder)
    plan = grown(study, folder)
    before = plan_of(folder)
    if plan.rounds != before.rounds or _said(plan.study) != _said(before.study):
        _write_points(folder, plan)
        _write_study(folder, plan)
    return plan_of(folder)


def grown(study: Study, folder: Path) -> Plan:
    """The plan in a folder with all that the study asks for beyond it; writes nothing."""
    before = plan_of(folder)
    check_version(before, folder)
    _check_same(before.study, study, folder)
    points = _appended(before.points, _points(study), folder)
    have = replicates_in(before.rounds, len(points))
    more = rounds_until(have, np.full(len(points), study.replicates))
    return replace(before, study=study, points=points, rounds=(*before.rounds, *more))


def add_replicates(folder: Path, target: Sequence[int] | np.ndarray) -> Plan:
    """Add a round by which points reach a number of replicates."""
    plan = plan_of(folder)
    more = rounds_until(plan.planned_replicates(), np.asarray(target))
    _write_study(folder, replace(plan, rounds=(*plan.rounds, *more)))
    return plan_of(folder)


def check_free(folder: Path) -> None:
    """InputError or OutputError if a new sweep cannot begin there.

    What another process has put there that begins the same sweep just now does not count.
    """
    begun = folder.is_dir() and all(
        path.name in (STUDY, POINTS, PEOPLE) or path.suffix == ".tmp" for path in folder.iterdir()
    )
    if (folder / store.RUN).exists():
        raise InputError(f"{folder} holds the results of abm run; {OTHER}")
    if not begun:
        store.check(folder, overwrite=True)  # of which there is nothing


def done_elsewhere(plan: Plan, folder: Path) -> pd.DataFrame:
    """Which runs of a plan are done in sweeps beside its folder: run, folder (its name), chunk."""
    neighbours = [each for each in _neighbours(folder) if _is_like(each, plan)]
    if not neighbours:
        return pd.DataFrame({"run": [], "folder": [], "chunk": []})
    ids = set(plan.table()["run"])
    found = pd.concat([_done_in(each, ids) for each in neighbours], ignore_index=True)
    return found.drop_duplicates("run")


def note_elsewhere(folder: Path) -> None:
    """Note which runs of the plan are done beside the folder, for those who do its chunks."""
    found, note = done_elsewhere(plan_of(folder), folder), folder / ELSEWHERE
    if found.empty:
        note.unlink(missing_ok=True)
    else:
        parts.write_table(pa.Table.from_pandas(found, preserve_index=False), note)


def places_elsewhere(folder: Path, runs: Iterable[str]) -> list[tuple[Path, int]]:
    """The folders and chunks beside this one that hold some of the runs, as noted."""
    try:
        found = pq.read_table(
            folder / ELSEWHERE, filters=[("run", "in", list(runs))], partitioning=None
        ).to_pandas()
    except (OSError, pa.ArrowException):
        return []
    places = found[["folder", "chunk"]].drop_duplicates()
    return [
        (folder.parent / name, int(chunk))
        for name, chunk in places.itertuples(index=False, name=None)
    ]


def _neighbours(folder: Path) -> list[Path]:
    here = folder.resolve()
    return [
        path.parent
        for path in sorted(folder.parent.glob(f"*/{STUDY}"))
        if path.parent.resolve() != here
    ]


def _is_like(neighbour: Path, plan: Plan) -> bool:
    """Whether a neighbour's runs are by the same model and hold all that this plan keeps."""
    try:
        other = plan_of(neighbour)
    except (InputError, OSError, KeyError, TypeError, ValueError):
        return False
    return other.made_by == plan.made_by and other.study.keep.covers(plan.study.keep)


def _done_in(folder: Path, ids: set[str]) -> pd.DataFrame:
    """Which of the runs are done in a folder: run, folder (its name), chunk."""
    found = []
    for chunk in parts.numbers(folder):
        rows = parts.read(folder, parts.RUNS, chunk, columns=["run", "status"])
        if len(rows):
            done = rows.loc[(rows["status"] == parts.DONE) & rows["run"].isin(ids), "run"]
            found.append(pd.DataFrame({"run": done, "folder": folder.name, "chunk": chunk}))
    return pd.concat(found) if found else pd.DataFrame({"run": [], "folder": [], "chunk": []})


def check_version(plan: Plan, folder: Path) -> None:
    """InputError if this model or its data differ from those that made a folder."""
    if plan.made_by != this_model():
        what = "code" if plan.made_by[0] != this_model()[0] else "data"
        raise InputError(f"{folder} was made with other {what} of the model; {OTHER}")


def _check_same(before: Study, now: Study, folder: Path) -> None:
    """InputError if a study differs from the folder's in more than its size."""
    old, new = _said(before), _said(now)
    scenarios = old.pop("scenarios"), new.pop("scenarios")
    wrong = [key for key in old if key not in FREE and old[key] != new[key]]
    if any(scenarios[1].get(name) != said for name, said in scenarios[0].items()):
        wrong.append("scenario")
    if wrong:
        raise InputError(f"{folder} holds another study: its {wrong[0]} differs; {OTHER}")


def _said(study: Study) -> dict[str, Any]:
    """A study as JSON has it, without the name of the file of people."""
    said: dict[str, Any] = json.loads(json.dumps(study_json.as_dict(study)))
    for scenario in said["scenarios"].values():
        scenario["population"] = scenario["population"] and scenario["population"]["sha256"]
    return said


def _points(study: Study) -> pd.DataFrame:
    points = design.points(study.design, study.factors, study.seed)
    if points.empty:
        raise InputError("the design has no points. Example: size = 64")
    return points


def _none(points: pd.DataFrame) -> Any:
    return np.zeros(len(points), dtype=np.int64)


def _appended(before: pd.DataFrame, now: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """The earlier points with their numbers, then the new ones; every earlier one must be left."""
    factors = [name for name in now if name != "point"]
    if factors != [name for name in before if name != "point"]:
        raise InputError(f"{folder} holds another study: its factors differ; {OTHER}")
    old, new = plain_rows(before[factors]), plain_rows(now[factors])
    if new[: len(old)] == old:
        return now
    lost = set(old) - set(new)
    if lost:
        shown = ", ".join(
            f"{k} = {v}" for k, v in zip(factors, next(v for v in old if v in lost), strict=True)
        )
        raise InputError(
            f"{folder} holds another study: {len(lost)} of its points are not in this design, "
            f"such as {shown}; {OTHER}"
        )
    known = set(old)
    fresh = now[[values not in known for values in new]]
    both = pd.concat([before, fresh], ignore_index=True)
    return both.assign(point=np.arange(len(both)))


def _write_points(folder: Path, plan: Plan) -> None:
    kinds = [("point", pa.int32())]
    kinds += [
        (name, pa.string() if name in NAMED else pa.float64()) for name in plan.points.columns[1:]
    ]
    table = pa.Table.from_pandas(plan.points, schema=pa.schema(kinds), preserve_index=False)
    parts.write_table(table.replace_schema_metadata(None), folder / POINTS)


def _write_study(folder: Path, plan: Plan, exclusive: bool = False) -> bool:
    said: Mapping[str, Any] = {
        "format": FORMAT,
        "study": study_json.as_dict(plan.study),
        "rounds": [each.as_dict() for each in plan.rounds],
        "chunk": plan.chunk,
        "origin": store.origin(),
        "written_utc": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    text = json.dumps(said, indent=1, ensure_ascii=False, allow_nan=False)
    return parts.write_bytes(f"{text}\n".encode(), folder / STUDY, exclusive)


def _keep_people(people: Path, folder: Path) -> None:
    try:
        shutil.copyfile(people, folder / PEOPLE)
    except OSError as error:
        raise OutputError(store.cannot_write(folder, error)) from error
