"""Starsim on its own kind of job: an infection on a random network, everybody in arrays each step.

Run by `benchmarks.bench` with the Python that has Starsim; prints one measurement as JSON.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time

from benchmarks.measured import measured

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
    done = time.perf_counter()
    return measured(people, STEPS, 0, start, built, done)


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        found = measure(int(sys.argv[1]))
    print(json.dumps(found))
