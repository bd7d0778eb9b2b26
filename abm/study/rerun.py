"""One run of a sweep again, compared with what is stored of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from abm.errors import InputError
from abm.study import parts, store, sweep_store, work
from abm.study.plan import PlannedRun
from abm.study.sweep_results import Sweep

KEY = ["date", "host", "outcome"]


@dataclass(frozen=True, eq=False)
class Again:
    """A run repeated.

    planned : which; status, error, seconds : of the repeated run; outcomes : its kept rows;
    differing : rows that are not the same: date, host, outcome, stored, again; NaN where there is
    no such row; same : whether all is
    """

    planned: PlannedRun
    status: str
    error: str | None
    seconds: float
    outcomes: pd.DataFrame
    differing: pd.DataFrame
    same: bool


def rerun(folder: str | Path, run: str) -> Again:
    """Repeat one run of a sweep and compare it with its stored rows.

    run : its id, or the first digits if no other begins so
    Raises InputError if there is no such run, or the model is another version.
    """
    folder = store.resolved(folder)
    plan = sweep_store.plan_of(folder)
    sweep_store.check_version(plan, folder)
    stored, outcomes = _stored(folder, run)
    planned = plan.run(int(stored["point"]), int(stored["replicate"]))
    again = work.run_one(plan.study, planned)
    pair = outcomes.set_index(KEY)["value"].rename("stored").to_frame()
    pair = pair.join(again.outcomes.set_index(KEY)["value"].rename("again"), how="outer")
    unlike = ~((pair["stored"] == pair["again"]) | pair.isna().all(axis=1))
    status = str(again.row["status"])
    error = again.row["error"]
    return Again(
        planned=planned,
        status=status,
        error=error,
        seconds=float(again.row["seconds"]),
        outcomes=again.outcomes,
        differing=pair[unlike].reset_index(),
        same=not unlike.any() and status == stored["status"] and planned.id == stored["run"],
    )


def _stored(folder: Path, run: str) -> tuple[pd.Series, pd.DataFrame]:
    """The row and the outcomes of a run."""
    ended = Sweep(folder).runs
    found = ended[ended["run"].str.startswith(run)] if run else ended[:0]
    if found["run"].nunique() != 1:
        example = ended["run"].iloc[0] if len(ended) else "none has ended yet"
        many = f"{found['run'].nunique()} runs begin with" if len(found) else "no run"
        raise InputError(f"{many} {run!r} in {folder}. Example: {example}")
    row = found.iloc[0]
    planned = sweep_store.plan_of(folder).table()
    chunks = planned.loc[
        (planned["point"] == row["point"]) & (planned["replicate"] == row["replicate"]), "chunk"
    ]
    outcomes = parts.read(folder, parts.OUTCOMES, int(chunks.iloc[0]), [row["run"]])
    if not len(outcomes):
        outcomes = work.NOTHING
    elif "point" in outcomes:
        outcomes = outcomes[outcomes["point"] == row["point"]]
    return row, outcomes
