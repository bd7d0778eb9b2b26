"""The unit of work: the folder of a sweep and the number of a chunk in, its two parts out.

Nothing else is shared, so any process on any machine that sees the folder can do a chunk, and who
launches it (a pool, Dask, a job of SLURM) does not matter.
"""

from __future__ import annotations

import platform
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from abm.mechanisms import mechanism
from abm.study import parts, runner, sweep_store
from abm.study.factors import NAMED, SCENARIO, WITHOUT
from abm.study.plan import Plan, PlannedRun
from abm.study.progress import Progress
from abm.study.results import Run
from abm.study.study_file import Study

Clock = Callable[[], float]
Ended = tuple[dict[str, Any], pd.DataFrame]  # how a run ended, and what is kept of it


@dataclass(frozen=True, eq=False)
class Result:
    """What one run leaves: its row of the runs table, its rows of the outcomes table."""

    row: dict[str, Any]
    outcomes: pd.DataFrame


def work(folder: str | Path, chunk: int) -> None:
    """Do the runs of a chunk that are not yet done, here or in a neighbouring study; write its
    parts. A run that fails is a row like any other.

    Raises
    ------
    InputError : the folder is of another version of the model
    OutputError : the parts cannot be written (a full disk); nothing half-written is left
    """
    folder = Path(folder)
    plan = sweep_store.plan_of(folder)
    planned = plan.runs_of(chunk)
    sweep_store.check_version(plan, folder)
    known = _known(folder, chunk, plan, {each.id for each in planned})
    results = []
    for each in planned:
        if each.id not in known:
            known[each.id] = _outcome_of(plan.study, each)
        results.append(_result(each, known[each.id]))
    rows = pd.DataFrame([result.row for result in results])
    outcomes = pd.concat([result.outcomes for result in results], ignore_index=True)
    parts.write(folder, chunk, plan.factors, rows, outcomes)


def run_one(study: Study, planned: PlannedRun) -> Result:
    """Run one planned run and keep what the study keeps; an error becomes part of the row."""
    return _result(planned, _outcome_of(study, planned))


def _outcome_of(study: Study, planned: PlannedRun) -> Ended:
    started, clock = datetime.now(UTC), time.perf_counter()
    status, error, kept = parts.DONE, None, NOTHING
    try:
        run = _run(study, planned, _deadline(study.limit_seconds))
        kept = study.keep.of(run)
    except TimeUpError as late:
        status, error = parts.TIMED_OUT, str(late)
    except Exception:
        status, error = parts.FAILED, traceback.format_exc()
    ending = {
        "status": status,
        "error": error,
        "seconds": time.perf_counter() - clock,
        "started_utc": started.replace(tzinfo=None),
        "machine": platform.node(),
    }
    return ending, kept


class TimeUpError(Exception):
    """A run took longer than it may."""


UNIQUE = ["run", "date", "host", "outcome"]
NOTHING = pd.DataFrame(
    {
        "date": pd.Series([], dtype="datetime64[us]"),
        "host": pd.Series([], dtype=str),
        "outcome": pd.Series([], dtype=str),
        "value": pd.Series([], dtype=float),
        "unit": pd.Series([], dtype=str),
    }
)


def settings(study: Study, factors: dict[str, float | str]) -> dict[str, float]:
    """What of a point's values are parameters and levers.

    An uncertainty whose mechanism is off at the point is left out, so that it can be varied beside
    worlds in which it is null. A lever is somebody's choice: there the run says what contradicts.
    """
    null = {name for id in off(factors) for name in mechanism(id).off}
    null &= {each.name for each in study.uncertainties}
    plain = {name: value for name, value in factors.items() if name not in (*NAMED, *null)}
    return {name: float(value) for name, value in plain.items()}


def off(factors: dict[str, float | str]) -> tuple[str, ...]:
    """The mechanisms that are off at a point."""
    return tuple(filter(None, str(factors.get(WITHOUT, "")).split("+")))


def _run(study: Study, planned: PlannedRun, progress: Progress | None) -> Run:
    name = str(planned.factors.get(SCENARIO, next(iter(study.scenarios))))
    return runner.run(
        study.scenarios[name],
        seed=planned.seed,
        replicate=planned.replicate,
        set=settings(study, planned.factors),
        without=off(planned.factors),
        progress=progress,
    )


def _deadline(seconds: float | None, clock: Clock = time.perf_counter) -> Progress | None:
    """What a run calls between weeks, to be told that its time is up."""
    if seconds is None:
        return None
    end = clock() + seconds

    def check(week: int, weeks: int) -> None:
        if clock() > end and week < weeks:
            raise TimeUpError(f"more than {seconds:g} seconds")

    return check


def _result(planned: PlannedRun, ended: Ended) -> Result:
    ending, kept = ended
    keys: dict[str, Any] = {
        "run": planned.id,
        "point": planned.point,
        "replicate": planned.replicate,
    }
    row = {**keys, **planned.factors, "seed": planned.seed, **ending}
    return Result(row, kept.assign(**keys))


def _known(folder: Path, chunk: int, plan: Plan, wanted: set[str]) -> dict[str, Ended]:
    """Results that are there already, by run: in this chunk's older part, or next door."""
    known: dict[str, Ended] = {}
    for where, number in [(folder, chunk), *sweep_store.places_elsewhere(folder, wanted)]:
        known |= _ended(where, number, wanted - known.keys(), plan)
    return known


def _ended(folder: Path, chunk: int, wanted: set[str], plan: Plan) -> dict[str, Ended]:
    """Those of the wanted runs that are done in a chunk."""
    rows = parts.read(folder, parts.RUNS, chunk, wanted)
    outcomes = parts.read(folder, parts.OUTCOMES, chunk, wanted)
    if rows.empty or outcomes.empty:
        return {}
    by_run = dict(list(outcomes.drop_duplicates(UNIQUE).groupby("run")))
    found = {}
    for row in rows[rows["status"] == parts.DONE].to_dict("records"):
        id = str(row["run"])
        if id in by_run:
            ending = {key: row[key] for key in ("status", "error", *parts.VARYING)}
            found[id] = ending, plan.study.keep.rows(by_run[id])
    return found
