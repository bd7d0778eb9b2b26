"""`make bench`: the model's speed and memory beside other systems, in one run.

Each job runs in a fresh process, one after the other, so that peak memory is its own. Prints a
table and writes results/bench/: bench.csv (systems side by side), growth.csv, profile.csv, a figure
and a page; `--quick` runs a small version and writes nothing. Never a test: it asserts no time.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.jobs import (
    ARRAYS,
    BY_MOVERS,
    BY_PEOPLE,
    COLUMNS,
    FLEE,
    FULL,
    OBJECTS,
    OTHERS,
    QUICK,
    ROOT,
    SEED,
    STARSIM,
    Job,
    in_fresh_process,
)
from benchmarks.limits import STEPS

FOLDER = ROOT / "results" / "bench"
PROFILED = (10, 1000)  # scales


@dataclass(frozen=True)
class Row:
    """One measured run. people: agents; weeks: steps; ratio: person-weeks a second over those of
    the plain objects."""

    job: str
    system: str
    people: int
    weeks: int
    moves: int
    build_seconds: float
    seconds: float
    person_weeks_per_second: float
    peak_mb: float
    ratio: float


@dataclass(frozen=True)
class Share:
    """What a part of a run takes, by one thread."""

    scale: int
    part: str
    seconds: float
    share: float


def rows(measured: list[tuple[Job, list[dict[str, Any]]]], objects: float) -> list[Row]:
    """Measurements with their ratio to the plain objects' person-weeks a second."""
    return [
        Row(
            job=job.name + (("", ", once more")[k] if job.runs > 1 else ""),
            system=job.system,
            ratio=round(run["person_weeks_per_second"] / objects, 1),
            **run,
        )
        for job, runs in measured
        for k, run in enumerate(runs)
    ]


def shares(limits: dict[str, Any]) -> list[Share]:
    """A run's parts, those of the decisions and what is left of them apart."""
    parts, total = dict(limits["parts"]), limits["seconds"]
    parts["decisions"] -= sum(parts[name] for name in STEPS.values())
    parts["all else in decisions"] = parts.pop("decisions")
    order = sorted(parts, key=parts.__getitem__, reverse=True)
    return [
        Share(limits["scale"], name, round(parts[name], 3), round(parts[name] / total, 4))
        for name in order
    ]


def show(table: list[Row], console: Console) -> None:
    """The rows on the screen."""
    shown = Table("job", "system", "agents", "seconds", "person-weeks/s", "MB", "ratio", box=None)
    for column in shown.columns[2:]:
        column.justify = "right"
    for row in table:
        speed = f"{row.person_weeks_per_second / 1e6:,.2f} M"
        numbers = (f"{row.people:,}", f"{row.seconds:.2f}", speed, f"{row.peak_mb:,}")
        shown.add_row(row.job, row.system, *numbers, f"{row.ratio:,.1f}")
    console.print(shown)


def write_rows(path: Path, table: Sequence[Any]) -> None:
    """Dataclasses of one kind as a CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        names = [field.name for field in fields(table[0])]
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in table)


def save(table: list[Row], growth: list[Row], limits: list[dict[str, Any]]) -> None:
    """results/bench/: the rows, the figure, and the page that says what they are."""
    from benchmarks.bench_figure import draw

    profile = [share for each in limits for share in shares(each)]
    write_rows(FOLDER / "bench.csv", table)
    write_rows(FOLDER / "growth.csv", growth)
    write_rows(FOLDER / "profile.csv", profile)
    draw(table, growth, profile).savefig(FOLDER / "bench.png", dpi=150)
    (FOLDER / "README.md").write_text(page(limits), encoding="utf-8")


def page(limits: list[dict[str, Any]]) -> str:
    """What was measured, on what machine, with which versions, when."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("relokant", "mesa", "numpy"))
    return f"""# Speed and memory

![Person-weeks a second by system, growth with people and movers, where the time goes](bench.png)

Written by `make bench` (`benchmarks/bench.py`) on {datetime.now(UTC):%d %B %Y}; the numbers are in
`bench.csv`, `growth.csv` and `profile.csv`. How the speed comes about: `docs/speed.md`. What sweeps
cost beside their runs: `sweeps.md`.

- Machine: {processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}.
  The model uses as many threads as there are cores where many are listed (scale 100 and finer).
- Versions: Python {platform.python_version()}, {libraries}.
- Each job is a run of `war-years`, seed {SEED}, in a fresh process, one after the other. `people`
  counts agents. `seconds` are those of all its weeks, without imports and without building the
  model (`build_seconds`). `peak_mb` is the most memory that the process ever held, libraries
  included. "once more" is the same run again in the same process.
- `ratio` is person-weeks a second over those of the plain objects. It grows with size: the model
  pays for decisions and for its 28 hosts, the objects for every person in every week.

## Systems

- "{COLUMNS}" is the model.
- "{ARRAYS}" is the same with `screened=False`: arrays over all people, everybody's attention drawn
  and all 28 hosts weighed for whoever reconsiders, as array models do. The same moves.
- "{OBJECTS}" is `benchmarks/object_model.py`: an ordinary Mesa agent an adult, looked at one by one
  every week, with the same equations, people and luck. At equal scale all three make the same
  moves, person by person (`tests/test_oracle.py`, `tests/verification/test_everybody.py`).
- "{STARSIM}" and "{FLEE}" run a job of their own kind, since neither has a job like ours: an
  infection on a random network (149 steps, arrays), and people who flee one place for 28 camps (149
  steps, objects). Their agents do less each step than ours; the ratio is of agent-steps.

## Growth (`growth.csv`)

"more people, as many movers": scales 1000 to 10, the cost of leaving raised by the log of the ratio
so that about as many agents move. "as many people, more movers": scale 100, the cost of leaving
lowered.

## How far from the machine's limit (`profile.csv`)

{"".join(_limit(each) for each in limits)}
The least bytes count, each read and written once: 24 of everybody listed in a week (number, luck,
stratum), 160 of everybody weighed, and the row of everybody abroad. What is above that time goes
into passes over these columns again and again, one for each term of an equation and each draw, and
at coarse scales into Python's calls themselves. Parts are timed on one thread.
"""


def _limit(limits: dict[str, Any]) -> str:
    counts, bandwidth = limits["counts"], limits["bandwidth"]
    least = limits["least_bytes"]
    return (
        f"- Scale {limits['scale']}: {counts['listed']:,} times somebody was listed, "
        f"{counts['weighed']:,} times weighed, {counts['weeks abroad']:,} weeks abroad. "
        f"{least / limits['weeks'] / 1e6:,.1f} MB a week at least; at {bandwidth / 1e9:.1f} GB a "
        f"second (a large copy, one thread) the whole run could take {least / bandwidth:.2f} s. It "
        f"took {limits['seconds']:.1f} s, {limits['seconds'] * bandwidth / least:,.0f} times as "
        "long.\n"
    )


def processor() -> str:
    """The processor's name, as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def limits_of(scale: int) -> dict[str, Any]:
    """Profile, counts and bandwidth, from a process of their own on one thread."""
    command = [sys.executable, "-m", "benchmarks.limits", str(scale)]
    alone = {**os.environ, "RELOKANT_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=alone)
    if done.returncode:
        raise SystemExit(f"the profile at scale {scale} failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measured(jobs: Sequence[Job], console: Console) -> list[tuple[Job, list[dict[str, Any]]]]:
    """Each job's runs, said as they begin."""
    found = []
    for job in jobs:
        console.print(f"{job.name}, {job.system}, scale {job.scale} ...")
        found.append((job, in_fresh_process(job)))
    return found


def main() -> None:
    """Measure every job and show the table; keep it unless it is the quick one."""
    parser = argparse.ArgumentParser(description="speed beside other systems")
    parser.add_argument("--quick", action="store_true", help="a small version; writes nothing")
    quick = parser.parse_args().quick
    console = Console()
    if not OTHERS.is_file():
        console.print("Flee and Starsim are not installed and left out: make bench installs them")
    found = measured(QUICK if quick else FULL, console)
    by_system = {job.system: runs[-1]["person_weeks_per_second"] for job, runs in found if runs}
    table = rows(found, by_system[OBJECTS])
    show(table, console)
    limits = [limits_of(10_000)] if quick else [limits_of(scale) for scale in PROFILED]
    for each in limits:
        console.print(_limit(each))
    if not quick:
        growth = rows(measured((*BY_PEOPLE, *BY_MOVERS), console), by_system[OBJECTS])
        show(growth, console)
        save(table, growth, limits)
        console.print(f"Written: {FOLDER.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
