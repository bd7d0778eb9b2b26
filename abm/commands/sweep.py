"""`abm sweep`: run a study, or say what it would take, or how far it is."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abm.commands import settings
from abm.study.wording import counted, duration

if TYPE_CHECKING:
    from abm.study.estimate import Estimate
    from abm.study.study_file import Study
    from abm.study.sweep_results import Sweep

SHOWN_FAILURES = 3
ELEMENTS = 20  # of an array job, if not said


def add(commands: Any) -> None:
    """Add the command to those of the parser."""
    parser = commands.add_parser(
        "sweep",
        help="run a study: many points, many replicates",
        description="Run what is not yet done of a study. Stopped at any moment, the same command "
        "goes on. docs/sweeps.md shows a study.",
    )
    add_argument = parser.add_argument
    add_argument("study", metavar="STUDY", help="a TOML file, or the folder of a sweep begun")
    add_argument("--out", metavar="DIR", help="the folder for results; results/NAME if not said")
    add_argument("--on", default="local", metavar="ENGINE", help="local, dask or slurm")
    add_argument("--workers", type=count, metavar="N", help="how many; all processors if not said")
    add_argument("--part", metavar="I/N", help="only share I of N, for N processes on one folder")
    add_argument(
        "--script",
        metavar="KIND",
        help="print the script of an array job that does it: slurm, pbs or sge; --workers says "
        "in how many parts",
    )
    add_argument("--dry-run", action="store_true", help="count runs, estimate hours and disk")
    add_argument("--status", action="store_true", help="say how far it is")
    add_argument("--retry", action="store_true", help="also do again what failed or timed out")
    add_argument("--quiet", action="store_true", help="print nothing but errors")
    parser.set_defaults(do=do)


def count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of workers; for example 2")
    return int(text)


def do(asked: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from abm.study import engines, estimate, sweep
    from abm.study.sweep_results import Sweep

    study, folder = sweep.opened(asked.study, asked.out)
    if asked.status:
        return _show_status(Sweep(folder))
    if asked.dry_run:
        workers = engines.check_workers(asked.workers)
        return _show_estimate(study, estimate.estimate(study, folder), workers)
    if asked.script:
        return _print_script(asked, study, folder)
    try:
        with settings.progress(study.name, asked, "runs") as progress:
            result = sweep.sweep(
                study,
                folder,
                on=asked.on,
                workers=asked.workers,
                part=asked.part,
                retry=asked.retry,
                progress=progress,
            )
    except KeyboardInterrupt:
        message = f"stopped; what is done is kept in {folder}, and the same command goes on"
        raise KeyboardInterrupt(message) from None
    if not asked.quiet:
        _show_status(result)


def _print_script(asked: argparse.Namespace, study: Study, folder: Path) -> None:
    from abm.study import array_script, sweep_store

    plan = sweep_store.would_be(study, folder)
    count = min(asked.workers or ELEMENTS, plan.chunks)
    print(array_script.script(asked.script, asked.study, folder, count, study.cluster), end="")


def _show_status(sweep: Sweep) -> None:
    status = sweep.status()
    least, most = status["replicates"]
    replicates = str(least) if least == most else f"{least} to {most}"
    ended = status["done"] + status["failed"] + status["timed out"]
    print(f"{sweep.study.name}: {counted(status['points'], 'point')}, replicates: {replicates}")
    print(
        f"{ended:,} of {status['planned']:,} runs have ended: {status['done']:,} done, "
        f"{status['failed']:,} failed, {status['timed out']:,} timed out"
    )
    if ended:
        print(f"{duration(status['seconds'] / ended)} a run, {duration(status['seconds'])} in all")
    if status["torn"]:
        print(f"{counted(status['torn'], 'part')} cannot be read; abm sweep does them again")
    _show_failures(sweep)
    print(f"results in {_shown(sweep.folder)}")


def _show_failures(sweep: Sweep) -> None:
    runs = sweep.runs
    failed = runs[runs["status"] == "failed"]
    for run, error in failed[["run", "error"]].head(SHOWN_FAILURES).itertuples(index=False):
        print(f"failed: {run}: {error.strip().splitlines()[-1]}")


def _show_estimate(study: Study, estimate: Estimate, workers: int) -> None:
    print(
        f"{study.name}: {counted(estimate.points, 'point')}, {counted(estimate.planned, 'run')} "
        f"in {counted(estimate.chunks, 'part')}"
    )
    if estimate.most > estimate.planned:
        print(f"at most {estimate.most:,} runs, as the stopping rule adds replicates")
    print(
        f"{estimate.done:,} done, {estimate.elsewhere:,} done in studies beside it, "
        f"{estimate.to_do:,} to do"
    )
    on = counted(estimate.measured_on, "run") + " done" if estimate.measured_on else "one run, now"
    print(
        f"{duration(estimate.seconds_a_run)} a run (measured on {on}): "
        f"{duration(estimate.seconds(workers))} with {counted(workers, 'worker')}"
    )
    print(f"{size(estimate.bytes)} on disk in all")
    if estimate.error:
        print(f"but the first run ended in an error:\n{estimate.error.rstrip()}")


def size(count: float) -> str:
    """Bytes for people to read: 12 kB, 3.4 MB, 1.2 GB."""
    for unit, name in ((1e9, "GB"), (1e6, "MB")):
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count / 1e3:.0f} kB"


def _shown(folder: Path) -> Path:
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder
