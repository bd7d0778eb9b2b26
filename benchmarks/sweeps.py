"""`make bench-sweeps`: what a sweep costs beside its runs, and whether its workers stay slim.

Does the same runs with one worker and with two, and many small ones in one process, each from a
fresh process. Prints a table and writes results/bench/sweeps.csv and sweeps.md; `--quick` does a
small version and writes nothing. Never a test: it asserts no time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.bench import FOLDER, processor, write_rows
from benchmarks.jobs import ROOT

KEEP = {"outcomes": ["stock_abroad", "departures.total"], "hosts": "all", "dates": "weeks"}


@dataclass(frozen=True)
class Job:
    """A sweep to measure: runs of one scenario that differ by luck and one parameter."""

    name: str
    scale: int
    until: str
    runs: int
    workers: int  # 0: in the measuring process itself, whose memory is watched


@dataclass(frozen=True)
class Row:
    """One measured sweep.

    run_seconds: of all runs, as each was timed by itself; overhead: what workers' time holds beside
    them (starting Python, planning, writing, waiting for the last one), over them; efficiency:
    speed over that with one worker, a worker; mb_*: resident memory of the process after so many
    runs.
    """

    job: str
    runs: int
    workers: int
    seconds: float
    run_seconds: float
    overhead: float
    efficiency: float | None = None
    mb_after_50: float | None = None
    mb_at_half: float | None = None
    mb_at_end: float | None = None


def jobs(quick: bool) -> list[Job]:
    """What is measured."""
    scale, until, runs = (10_000, "2022-12-31", 24) if quick else (1000, "2024-12-31", 120)
    name = f"scale {scale} until {until}"
    small = Job("many small runs", 10_000, "2022-06-30", 60 if quick else 500, 0)
    return [Job(name, scale, until, runs, 1), Job(name, scale, until, runs, 2), small]


def study(job: Job) -> dict[str, Any]:
    """The study of a job: two points, and replicates."""
    return {
        "name": "bench",
        "scale": job.scale,
        "until": job.until,
        "levers": {"renewal_strictness.Turkey": [0.2, 0.8]},
        "design": {"method": "grid"},
        "replicates": job.runs // 2,
        "keep": KEEP,
    }


def measure(job: Job) -> dict[str, Any]:
    """Do a job in this process, which should be fresh; imports are not counted."""
    from abm.study.sweep import sweep

    memory: list[float] = []
    with tempfile.TemporaryDirectory() as place:
        start = time.perf_counter()
        if job.workers:
            result = sweep(study(job), Path(place) / "bench", workers=job.workers)
        else:
            result = sweep({**study(job), "chunk": 1}, Path(place) / "bench", on=watched(memory))
        seconds = time.perf_counter() - start
        runs = result.runs
    if not (runs["status"] == "done").all():
        raise SystemExit(f"a run failed:\n{runs['error'].dropna().iloc[0]}")
    total = float(runs["seconds"].sum())
    found = {
        "seconds": round(seconds, 2),
        "run_seconds": round(total, 2),
        "overhead": round(seconds * max(1, job.workers) / total - 1, 4),
    }
    if memory:
        marks = {"mb_after_50": 49, "mb_at_half": len(memory) // 2, "mb_at_end": -1}
        found |= {name: round(memory[at], 1) for name, at in marks.items()}
    return found


def watched(memory: list[float]) -> Any:
    """The engine that works in this process, noting its memory after each chunk, MB."""
    from abm.study import engines

    def engine(work: engines.Work, chunks: Any, workers: int) -> Any:
        for chunk in engines.serial(work, chunks, workers):
            memory.append(resident_mb())
            yield chunk

    return engine


def resident_mb() -> float:
    """Memory of this process that is in use now, MB; Linux."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def in_fresh_process(job: Job) -> dict[str, Any]:
    """Measure a job in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.sweeps", "--job", json.dumps(asdict(job))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{job.name} failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def rows(measured: list[tuple[Job, dict[str, Any]]]) -> list[Row]:
    """Measurements, with the speed of several workers over that of one."""
    alone = {job.name: found["seconds"] for job, found in measured if job.workers == 1}
    made = []
    for job, found in measured:
        row = partial(Row, job=job.name, runs=job.runs, workers=max(1, job.workers), **found)
        several = job.workers > 1
        speed = alone[job.name] / found["seconds"] / job.workers if several else None
        made.append(row(efficiency=round(speed, 3) if speed else None))
    return made


def page() -> str:
    """What was measured, on what, when."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("relokant", "numpy", "pyarrow"))
    return f"""# What a sweep costs

Written by `make bench-sweeps` (`benchmarks/sweeps.py`) on {datetime.now(UTC):%d %B %Y}; the numbers
are in `sweeps.csv`.

- Machine: {processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}.
- Versions: Python {platform.python_version()}, {libraries}.
- `run_seconds` adds up the runs, each timed by itself. `overhead` is all else in the workers' time
  over that: starting Python in each, planning, writing parts, reading them, waiting for the last.
- `efficiency` is the speed of two workers over twice that of one.
- `mb_*` is the resident memory of a process after 50 runs, half of them and all: a leak would show
  as growth from one to the next.
"""


def save(table: list[Row]) -> None:
    """results/bench/: the rows, and the page that says what they are."""
    write_rows(FOLDER / "sweeps.csv", table)
    (FOLDER / "sweeps.md").write_text(page(), encoding="utf-8")


def main() -> None:
    """Measure every job and show the rows; keep them unless it is the quick version."""
    parser = argparse.ArgumentParser(description="what a sweep costs beside its runs")
    parser.add_argument("--quick", action="store_true", help="a small version; writes nothing")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.job:
        print(json.dumps(measure(Job(**json.loads(arguments.job)))))
        return
    measured = []
    for job in jobs(arguments.quick):
        print(f"{job.name}, {job.runs} runs, workers: {max(1, job.workers)} ...", flush=True)
        measured.append((job, in_fresh_process(job)))
    table = rows(measured)
    for row in table:
        said = {key: value for key, value in asdict(row).items() if value is not None}
        print("; ".join(f"{key} {value}" for key, value in said.items()))
    if not arguments.quick:
        save(table)
        print(f"Written: {FOLDER.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
