"""`make bench`: the model's speed and memory, beside a plain Mesa object model, in one run.

Each system runs in a fresh process, one after the other, so that peak memory is its own. Prints a
table and writes results/bench/bench.csv and README.md; `--quick` runs a small version and writes
nothing. Never a test: it asserts no time.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "results" / "bench"
COLUMNS, OBJECTS = "columns", "plain Mesa objects"
MODELS = {
    COLUMNS: ("abm.model", "EmigrationModel"),
    OBJECTS: ("benchmarks.object_model", "ObjectModel"),
}
SEED = 1


@dataclass(frozen=True)
class Job:
    """What one process runs. scale: people an agent; runs: how often, in that process."""

    name: str
    system: str
    scale: int
    until: str
    runs: int = 1


@dataclass(frozen=True)
class Row:
    """One measured run. people: agents; ratio: person-weeks a second over the plain objects'."""

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


FULL = (
    Job("war years at scale 100", COLUMNS, 100, "2024-12-31"),
    Job("war years at scale 1000", COLUMNS, 1000, "2024-12-31", runs=2),
    Job("war years at scale 4500", COLUMNS, 4500, "2024-12-31"),
    Job("war years at scale 4500", OBJECTS, 4500, "2024-12-31"),
)
QUICK = (
    Job("2022 at scale 1000", COLUMNS, 1000, "2022-12-31", runs=2),
    Job("2022 at scale 10000", COLUMNS, 10_000, "2022-12-31"),
    Job("2022 at scale 10000", OBJECTS, 10_000, "2022-12-31"),
)


def measure(job: Job) -> list[dict[str, Any]]:
    """Run a job in this process, which should be fresh; imports are not counted."""
    module, name = MODELS[job.system]
    kind_of_model = getattr(import_module(module), name)
    found = []
    for _ in range(job.runs):
        start = time.perf_counter()
        model = kind_of_model("war-years", scale=job.scale, seed=SEED, until=job.until)
        built = time.perf_counter()
        while model.week < model.weeks:
            model.step()
        done = time.perf_counter()
        people = model.population.size if job.system == COLUMNS else len(model.adults)
        found.append(
            {
                "people": people,
                "weeks": model.weeks,
                "moves": len(model.moves_table()),
                "build_seconds": round(built - start, 3),
                "seconds": round(done - built, 3),
                "person_weeks_per_second": round(people * model.weeks / (done - built)),
                "peak_mb": round(peak_mb()),
            }
        )
    return found


def peak_mb() -> float:
    """The most memory that this process has held, MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1024)  # bytes there, kB elsewhere


def in_fresh_process(job: Job) -> list[dict[str, Any]]:
    """Measure a job in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.bench", "--job", json.dumps(asdict(job))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{job.name}, {job.system}, failed:\n{done.stderr}")
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def rows(measured: list[tuple[Job, list[dict[str, Any]]]]) -> list[Row]:
    """Measurements with their ratio to the plain objects."""
    speed = {job.system: runs[-1]["person_weeks_per_second"] for job, runs in measured}
    return [
        Row(
            job=job.name + (("", ", once more")[k] if job.runs > 1 else ""),
            system=job.system,
            ratio=round(run["person_weeks_per_second"] / speed[OBJECTS], 1),
            **run,
        )
        for job, runs in measured
        for k, run in enumerate(runs)
    ]


def show(table: list[Row], console: Console) -> None:
    """The rows on the screen."""
    shown = Table("job", "agents", "seconds", "person-weeks/s", "MB", "ratio", box=None)
    for column in shown.columns[1:]:
        column.justify = "right"
    for row in table:
        job = row.job if row.system == COLUMNS else f"{row.job}, {row.system}"
        speed = f"{row.person_weeks_per_second / 1e6:,.2f} M"
        numbers = (
            f"{row.people:,}",
            f"{row.seconds:.2f}",
            speed,
            f"{row.peak_mb:,}",
            f"{row.ratio:,.0f}",
        )
        shown.add_row(job, *numbers)
    console.print(shown)


def write_rows(path: Path, table: Sequence[Any]) -> None:
    """Dataclasses of one kind as a CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        names = [field.name for field in fields(table[0])]
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in table)


def save(table: list[Row]) -> None:
    """results/bench/: the rows, and the page that says what they are."""
    write_rows(FOLDER / "bench.csv", table)
    (FOLDER / "README.md").write_text(page(), encoding="utf-8")


def page() -> str:
    """What was measured, on what machine, with which versions, when."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("relokant", "mesa", "numpy"))
    return f"""# Speed and memory

Written by `make bench` (`benchmarks/bench.py`) on {datetime.now(UTC):%d %B %Y}; the numbers are in
`bench.csv`. How the speed comes about: `docs/speed.md`.

- Machine: {processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}. One core
  is used.
- Versions: Python {platform.python_version()}, {libraries}.
- Each job is a run of `war-years`, seed {SEED}, in a fresh process, one after the other. `people`
  counts agents. `seconds` are those of all its weeks, without imports and without building the
  model (`build_seconds`). `peak_mb` is the most memory that the process ever held, libraries
  included. "once more" is the same run again in the same process.
- "{COLUMNS}" is the model. "{OBJECTS}" is `benchmarks/object_model.py`: an ordinary
  Mesa agent an adult, looked at one by one every week, with the same equations, people and luck.
  At equal scale both make the same moves, person by person (`tests/test_oracle.py`).
- `ratio` is person-weeks a second over those of the plain objects. It grows with size: the model
  pays for decisions and for its 28 hosts, the objects for every person in every week.
"""


def processor() -> str:
    """The processor's name, as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main() -> None:
    """Measure every job and show the table; keep it unless it is the quick one."""
    parser = argparse.ArgumentParser(description="speed against a plain Mesa object model")
    parser.add_argument("--quick", action="store_true", help="a small version; writes nothing")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.job:
        print(json.dumps(measure(Job(**json.loads(arguments.job)))))
        return
    console = Console()
    measured = []
    for job in QUICK if arguments.quick else FULL:
        console.print(f"{job.name}, {job.system} ...")
        measured.append((job, in_fresh_process(job)))
    table = rows(measured)
    show(table, console)
    if not arguments.quick:
        save(table)
        console.print(f"Written: {FOLDER.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
