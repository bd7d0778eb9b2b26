"""What the benchmark runs: jobs of this model and of others, each in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from abm import scenario as scenarios
from benchmarks.measured import measured

ROOT = Path(__file__).resolve().parents[1]
OTHERS = ROOT / "build" / "bench-env" / "bin" / "python"  # has Flee and Starsim: make bench
COLUMNS, ARRAYS, OBJECTS = "columns, screened", "columns, everybody", "plain Mesa objects"
FLEE, STARSIM = "Flee 3.1", "Starsim"
MODELS = {
    COLUMNS: ("abm.model", "EmigrationModel", {}),
    ARRAYS: ("abm.model", "EmigrationModel", {"screened": False}),
    OBJECTS: ("benchmarks.object_model", "ObjectModel", {}),
}
ELSEWHERE = {FLEE: "benchmarks.flee_job", STARSIM: "benchmarks.starsim_job"}
END, SEED = "2024-12-31", 1
COST_OF_LEAVING = scenarios.load("war-years").parameters.cost_of_leaving


@dataclass(frozen=True)
class Job:
    """What one process runs. scale: people an agent, or agents of another system; runs: how often,
    in that process; set: parameters."""

    name: str
    system: str
    scale: int
    until: str = END
    runs: int = 1
    set: dict[str, float] = field(default_factory=dict)


def war_years(system: str, scale: int, runs: int = 1) -> Job:
    """The baseline at a scale."""
    return Job(f"war years at scale {scale}", system, scale, runs=runs)


FULL = (
    war_years(COLUMNS, 1),
    war_years(COLUMNS, 10),
    war_years(COLUMNS, 100),
    war_years(COLUMNS, 1000, runs=2),
    war_years(COLUMNS, 4500),
    war_years(ARRAYS, 100),
    war_years(ARRAYS, 4500),
    war_years(OBJECTS, 4500),
    Job("an infection on a random network", STARSIM, 894_229),
    Job("flight to 28 camps", FLEE, 19_872),
)
QUICK = (
    Job("2022 at scale 1000", COLUMNS, 1000, "2022-12-31", runs=2),
    Job("2022 at scale 10000", COLUMNS, 10_000, "2022-12-31"),
    Job("2022 at scale 10000", ARRAYS, 10_000, "2022-12-31"),
    Job("2022 at scale 10000", OBJECTS, 10_000, "2022-12-31"),
    Job("an infection on a random network", STARSIM, 8942),
    Job("flight to 28 camps", FLEE, 1000),
)
# Movers fall as e^−φ_H: a cost higher by ln 10 among ten times the people leaves equally many.
BY_PEOPLE = tuple(
    Job(
        "more people, as many movers",
        COLUMNS,
        scale,
        set={"cost_of_leaving": COST_OF_LEAVING + shift},
    )
    for scale, shift in ((1000, 0.0), (316, 1.151), (100, 2.303), (32, 3.442), (10, 4.605))
)
BY_MOVERS = tuple(
    Job("as many people, more movers", COLUMNS, 100, set={"cost_of_leaving": COST_OF_LEAVING + s})
    for s in (2.0, 1.0, 0.0, -0.5, -1.0)
)


def measure(job: Job) -> list[dict[str, Any]]:
    """Run a job of this model in this process, which should be fresh; imports are not counted."""
    module, name, how = MODELS[job.system]
    kind_of_model = getattr(import_module(module), name)
    settings = {**how, **({"set": job.set} if job.set else {})}
    found = []
    for _ in range(job.runs):
        start = time.perf_counter()
        model = kind_of_model("war-years", scale=job.scale, seed=SEED, until=job.until, **settings)
        built = time.perf_counter()
        while model.week < model.weeks:
            model.step()
        done = time.perf_counter()
        people = len(model.adults) if job.system == OBJECTS else model.population.size
        moves = len(model.moves_table())
        found.append(measured(people, model.weeks, moves, start, built, done))
    return found


def in_fresh_process(job: Job) -> list[dict[str, Any]]:
    """Measure a job in a process of its own; nothing where its system is not installed."""
    if job.system in ELSEWHERE:
        if not OTHERS.is_file():
            return []
        command = [str(OTHERS), "-m", ELSEWHERE[job.system], str(job.scale)]
    else:
        command = [sys.executable, "-m", "benchmarks.jobs", json.dumps(asdict(job))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{job.name}, {job.system}, failed:\n{done.stderr}")
    found = json.loads(done.stdout)
    return found if isinstance(found, list) else [found]


if __name__ == "__main__":
    print(json.dumps(measure(Job(**json.loads(sys.argv[1])))))
