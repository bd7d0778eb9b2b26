"""Run a study: check, plan, let an engine work until nothing is missing, add replicates, report.

All of it can be stopped at any moment and begun again with the same call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from abm.errors import InputError, OutputError
from abm.study import engines, parts, stopping, store, study_file, sweep_store, work
from abm.study.plan import Plan
from abm.study.progress import Progress, told
from abm.study.study_file import Study
from abm.study.sweep_results import Sweep

Source = str | Path | Mapping[str, Any] | Study


@dataclass(frozen=True)
class Share:
    """Part `number` of `of` parts, from 1: the chunks that are number - 1 modulo of."""

    number: int
    of: int

    @classmethod
    def read(cls, text: str) -> Share:
        """From text such as "3/8"; InputError if it is none."""
        number, slash, of = text.partition("/")
        if not (slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
            raise InputError(f"part {text!r} is no I/N with I from 1 to N. Example: --part 3/8")
        return cls(int(number), int(of))

    def __contains__(self, chunk: int) -> bool:
        return chunk % self.of == self.number - 1


WHOLE = Share(1, 1)


def sweep(
    study: Source,
    out: str | Path | None = None,
    *,
    on: str | engines.Engine = "local",
    workers: int | None = None,
    part: str | None = None,
    retry: bool = False,
    progress: Progress | None = None,
) -> Sweep:
    """Run what is not yet done of a study, and give its tables.

    Parameters
    ----------
    study : a TOML file, a mapping of the same shape, a `Study`, or the folder of a sweep
    out : the folder for results; ``results/NAME`` if not said
    on : the engine: "local" (processes of this machine), "dask", "slurm" (each reached as the
        study's table [cluster] says), "serial" (in this process), or a function of its own
    workers : how many; by default the processors that this process may use
    part : "I/N": only that share of the chunks, so that N processes or machines which see the
        folder do all of them
    retry : also do again what failed or took too long
    progress : called with the runs done and the runs in all

    Raises
    ------
    InputError : the study or the folder cannot be used; before anything runs
    OutputError : the folder cannot be written, or a chunk loses its worker again and again. What
        is done is kept
    """
    share = WHOLE if part is None else Share.read(part)
    count = engines.check_workers(workers)
    checked, folder = opened(study, out)
    engine = engines.engine_of(on, checked.cluster) if isinstance(on, str) else on
    plan = sweep_store.settled(checked, folder)
    result = Sweep(folder)
    parts.tidy_up(folder)
    if retry:
        forget_failures(folder, share)
    with told(progress, plan.study.name) as report:
        while True:
            _complete(result, share, engine, count, report)
            if share != WHOLE or plan.study.stop is None or not _extended(result):
                return result


def opened(study: Source, out: str | Path | None) -> tuple[Study, Path]:
    """A checked study and the folder for its results."""
    if isinstance(study, (str, Path)) and Path(study).is_dir():
        folder = store.resolved(study)
        if out is not None and store.resolved(out) != folder:
            raise InputError(f"{study} is a sweep's folder, so its results go there, not to {out}")
        return sweep_store.plan_of(folder).study, folder
    checked = study if isinstance(study, Study) else study_file.read(study)
    folder = Path(out) if out is not None else Path("results") / checked.name
    return checked, store.resolved(folder)


def forget_failures(folder: Path, share: Share = WHOLE) -> int:
    """Take out of the parts the runs that failed or took too long; how many there were."""
    forgotten, factors = 0, sweep_store.plan_of(folder).factors
    for chunk in filter(share.__contains__, parts.numbers(folder)):
        rows = parts.read(folder, parts.RUNS, chunk)
        if rows.empty or (kept := rows["status"] == parts.DONE).all():
            continue
        outcomes = parts.read(folder, parts.OUTCOMES, chunk)
        if "run" in outcomes:  # else torn, and done again in any case
            parts.write(folder, chunk, factors, rows[kept], outcomes)
        forgotten += int((~kept).sum())
    return forgotten


def _complete(
    result: Sweep, share: Share, engine: engines.Engine, workers: int, progress: Progress | None
) -> None:
    """Let the engine work until none of the share's chunks is missing."""
    plan = result.plan
    missing = [chunk for chunk in result.missing() if chunk in share]
    if missing:
        sweep_store.note_elsewhere(result.folder)
    mine = [chunk for chunk in range(plan.chunks) if chunk in share]
    of = sum(map(plan.size, mine))
    while missing:
        done = of - sum(map(plan.size, missing))
        if progress is not None:
            progress(done, of)
        for chunk in engine(partial(work.work, result.folder), missing, workers):
            done += plan.size(chunk)
            if progress is not None:
                progress(done, of)
        before, missing = missing, [chunk for chunk in result.missing() if chunk in share]
        if len(missing) == len(before):
            shown = ", ".join(map(str, missing[:5]))
            raise OutputError(
                f"{len(missing)} chunks (such as {shown}) lost their worker again and again, as "
                "when memory runs out; all else is done. The same command tries them again; "
                "for example with --workers 1"
            )


def _extended(result: Sweep) -> bool:
    """Plan more replicates where the stopping rule is not content; whether there are any."""
    plan = result.plan
    target = _target(plan, result)
    if (target == plan.planned_replicates()).all():
        return False
    sweep_store.add_replicates(result.folder, target)
    return True


def _target(plan: Plan, result: Sweep) -> Any:
    rule = plan.study.stop
    assert rule is not None
    values: pd.DataFrame = result.values(rule.outcome, rule.host, rule.date)
    return stopping.wanted(plan.planned_replicates(), values, rule)
