"""`abm calibrate`: fit the parameters to the targets, or say what that would take."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abm.commands.settings import progress
from abm.commands.sweep import count
from abm.study.wording import counted, duration
from abm.view import terminal

if TYPE_CHECKING:
    from abm.study.calibration.results import Calibrated
    from abm.study.calibration.settings import Calibration

BUDGET = 4.0  # core-hours
SHOWN = 12


def add(commands: Any) -> None:
    """Add the command to those of the parser."""
    parser = commands.add_parser(
        "calibrate",
        help="fit the parameters to the targets",
        description="A screen, waves of history matching with an emulator, and a posterior for "
        "each evidence scenario from one table of runs. Says first what it takes; stopped at any "
        "moment, the same command goes on. docs/calibration.md shows a study.",
    )
    add_argument = parser.add_argument
    add_argument("study", nargs="?", metavar="STUDY.toml", help="the packaged one if not said")
    add_argument(
        "--known-by",
        metavar="DATE",
        help="fit the figures known by this day, and predict those that came later; for example "
        "2023-06-30",
    )
    add_argument("--out", metavar="DIR", help="results/calibration-NAME[-DATE] if not said")
    add_argument("--workers", type=count, metavar="N", help="how many; all processors if not said")
    add_argument(
        "--budget",
        type=float,
        default=BUDGET,
        metavar="HOURS",
        help=f"core-hours that the runs may take; {BUDGET:g} if not said",
    )
    add_argument("--dry-run", action="store_true", help="say what it would take, and stop")
    add_argument("--quiet", action="store_true", help="print nothing but errors")
    parser.set_defaults(do=do)


def do(asked: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from abm.errors import InputError
    from abm.study import engines
    from abm.study.calibration import emulator, folder, results, settings
    from abm.view import fit_figures

    calibration = settings.read(asked.study, asked.known_by)
    workers = engines.check_workers(asked.workers)
    if not asked.budget > 0:
        raise InputError(f"--budget {asked.budget:g} is no number of core-hours; for example 4")
    name = "-".join(filter(None, ("calibration", calibration.name, asked.known_by)))
    path = folder.checked(asked.out or f"results/{name}", calibration)
    emulator.library()
    seconds = results.seconds_a_run(calibration)
    if not asked.quiet:
        _show_plan(calibration, seconds, workers)
    results.budget(calibration, seconds, asked.budget)
    if asked.dry_run:
        return
    try:
        with progress(calibration.name, asked) as bar:
            report = None if bar is None else _over_all(calibration, bar)
            found = results.calibrate(calibration, path, workers=workers, progress=report)
    except KeyboardInterrupt:
        message = f"stopped; what is done is kept in {path}, and the same command goes on"
        raise KeyboardInterrupt(message) from None
    fit_figures.draw_all(found.folder)
    if not asked.quiet:
        _show(found)


def _show_plan(calibration: Calibration, seconds: float, workers: int) -> None:
    runs = calibration.runs()
    stages = ", ".join(f"{name} {count:,}" for name, count in runs.items())
    whole = sum(runs.values())
    print(f"{calibration.name}: {whole:,} runs ({stages}), {calibration.scale:,} people an agent")
    print(
        f"{duration(seconds)} a run: {whole * seconds / 3600:.2g} core-hours, "
        f"{duration(whole * seconds / workers)} with {counted(workers, 'worker')}"
    )


def _over_all(
    calibration: Calibration, bar: Callable[[int, int], None]
) -> Callable[[str, int, int], None]:
    """Progress of a stage as progress of the whole."""
    runs = calibration.runs()
    before = dict(zip(runs, accumulate(runs.values(), initial=0), strict=False))
    return lambda stage, done, of: bar(before[stage] + done, sum(runs.values()))


def _show(found: Calibrated) -> None:
    screen = terminal.console()
    for name, (hit, of) in found.hits().items():
        part = found.targets[found.targets["evidence"] == name].drop(columns="evidence")
        judged = part[part["hit"].notna()]
        misses = ", ".join(judged.loc[~judged["hit"].astype(bool), "id"])
        print(f"evidence {name}: {hit} of {of} targets hit at the centre; misses: {misses or '-'}")
    for name, predicted in found.prediction.items():
        errors = ", ".join(
            f"{row['predictor']} {row['relative_crps']:.2f} ({row['facts']})"
            for row in predicted.scores.to_dict("records")
        )
        print(f"prediction, evidence {name}: error (figures) of {errors}")
    middle = found.factors[found.factors["evidence"] == "middle"]
    rows = [
        (
            str(row["factor"]),
            f"{terminal.number(row['prior_low'])} to {terminal.number(row['prior_high'])}",
            terminal.number(row["centre"]),
            f"{terminal.number(row['low'])} to {terminal.number(row['high'])}",
            f"{max(0.0, row['shrinkage']):.0%}",
        )
        for row in middle[middle["status"] != "left out by the screen"]
        .sort_values("shrinkage", ascending=False)
        .head(SHOWN)
        .to_dict("records")
    ]
    names = ("factor, middle", "prior", "centre", "90 %", "learnt")
    terminal.table(names, rows, screen, names[1:])
    print(f"results in {Path(found.folder)}")
