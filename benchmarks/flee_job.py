"""Flee on its own kind of job: people flee one place of conflict for camps, day by day.

Run by `benchmarks.bench` with the Python that has Flee; prints one measurement as JSON.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measured import measured

CAMPS, STEPS = 28, 149


def measure(people: int) -> dict[str, float]:
    """So many people on a star of 28 camps, a step a day."""
    from flee import flee

    with tempfile.TemporaryDirectory() as place:
        settings = Path(place) / "simsetting.yml"
        settings.write_text("log_levels:\n  agent: 0\n", encoding="utf-8")
        with contextlib.redirect_stderr(io.StringIO()):
            flee.SimulationSettings.ReadFromYML(str(settings))
    start = time.perf_counter()
    world = flee.Ecosystem()
    origin = world.addLocation(
        name="origin", x=0.0, y=0.0, location_type="conflict", movechance=1.0, pop=people
    )
    for camp in range(CAMPS):
        name = f"camp {camp}"
        world.addLocation(
            name=name,
            x=float(camp),
            y=1.0,
            location_type="camp",
            movechance=0.001,
            capacity=people,
            foreign=True,
        )
        world.linkUp("origin", name, 100.0 + 10 * camp)
    for _ in range(people):
        world.addAgent(origin, attributes={})
    built = time.perf_counter()
    for _ in range(STEPS):
        world.evolve()
    done = time.perf_counter()
    return measured(people, STEPS, people - origin.numAgents, start, built, done)


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        found = measure(int(sys.argv[1]))
    print(json.dumps(found))
