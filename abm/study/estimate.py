"""What a sweep would take, before it is begun: runs, hours and bytes, from what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from abm.study import parts, sweep_store, work
from abm.study.plan import Plan
from abm.study.study_file import Study
from abm.study.sweep_results import Sweep


@dataclass(frozen=True)
class Estimate:
    """Counts of runs, and what those to do would take.

    most : runs if the stopping rule is never content; seconds_a_run : of one worker;
    bytes_a_run : on disk; measured_on : runs that these two stand on, 0: a probe, not
    kept; error : by which the probe failed
    """

    points: int
    chunks: int
    planned: int
    most: int
    done: int
    elsewhere: int
    seconds_a_run: float
    bytes_a_run: float
    measured_on: int
    error: str | None

    @property
    def to_do(self) -> int:
        return self.planned - self.done - self.elsewhere

    def seconds(self, workers: int) -> float:
        """Of the clock, with so many workers."""
        return self.to_do * self.seconds_a_run / max(1, min(workers, self.to_do))

    @property
    def bytes(self) -> float:
        """Of all runs planned together, done or not."""
        return self.planned * self.bytes_a_run


def estimate(study: Study, folder: Path) -> Estimate:
    """What a study would take in a folder; writes nothing.

    Seconds and bytes are those of the runs that are done; where there are none, of the plan's
    first run, done here and thrown away.

    A folder of tables alone is passed over: the study would run in another. Raises InputError,
    OutputError as `sweep_store.settled`.
    """
    begun = (folder / sweep_store.STUDY).exists()
    tables_alone = begun and not (folder / sweep_store.POINTS).exists()
    plan = sweep_store.planned(study) if tables_alone else sweep_store.would_be(study, folder)
    done = 0
    if begun and not tables_alone:
        status = Sweep(folder).status()
        done = status["done"] + status["failed"] + status["timed out"]
        seconds = status["seconds"]
        size = float(sum(path.stat().st_size for path in folder.glob("*/part-*.parquet")))
    elsewhere = 0 if done else len(sweep_store.done_elsewhere(plan, folder))
    error = None
    if not done:
        seconds, size, error = _probe(plan)
    have = plan.planned_replicates()
    return Estimate(
        points=len(plan.points),
        chunks=plan.chunks,
        planned=len(plan),
        most=int(np.maximum(have, study.stop.at_most if study.stop else 0).sum()),
        done=done,
        elsewhere=elsewhere,
        seconds_a_run=seconds / max(1, done),
        bytes_a_run=size / max(1, done),
        measured_on=done,
        error=error,
    )


def _probe(plan: Plan) -> tuple[float, float, str | None]:
    """Seconds of the plan's first run, its bytes in a part of the usual size, and its error."""
    result = work.run_one(plan.study, plan.runs_of(0)[0])
    copies = min(plan.chunk, len(plan))
    rows = pd.DataFrame([result.row] * copies)
    outcomes = pd.concat([result.outcomes] * copies)
    size = sum(parts.content(t).size for t in parts.tables(plan.factors, rows, outcomes).values())
    return float(result.row["seconds"]), size / copies, result.row["error"]
