"""Starsim on its own kind of job: an infection on a random network, everybody in arrays each step.

Run by `benchmarks.bench` with the Python that has Starsim; prints one measurement as JSON.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time

from benchmarks.memory import peak_mb

STEPS = 149


def measure(people: int) -> dict[str, float]:
    """So many people, one disease, one network with ten contacts each, weekly steps."""
    import starsim

    start = time.perf_counter()
    simulation = starsim.Sim(
        n_agents=people,
        start=0,
        stop=STEPS - 1,
        dt=1,
        networks="random",
        diseases=starsim.SIS(beta=0.05),
        verbose=0,
    )
    simulation.init()
    built = time.perf_counter()
    simulation.run()
    seconds = time.perf_counter() - built
    return {
        "people": people,
        "weeks": STEPS,
        "moves": 0,
        "build_seconds": round(built - start, 3),
        "seconds": round(seconds, 3),
        "person_weeks_per_second": round(people * STEPS / seconds),
        "peak_mb": round(peak_mb()),
    }


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        found = measure(int(sys.argv[1]))
    print(json.dumps(found))
