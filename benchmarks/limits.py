"""Where a run's time goes, and how far it is from what the memory could do.

`profile` times the phases of a run and the steps of its decisions, by wrapping them. `bandwidth`
measures what NumPy copies in a second. `least_bytes` counts what a run of this method must touch at
the very least: of everybody listed, their number, luck and stratum; of everybody weighed, the
traits that an option's utility reads; of everybody abroad, their row once a week.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from benchmarks.jobs import END, SEED

BYTES_LISTED = 3 * 8  # number, u, stratum
BYTES_WEIGHED = 20 * 8  # traits, home's worth, and a pair's utility and luck
STEPS = {  # within decisions
    "bounds": "bounds of strata",
    "ranges": "hits in bands",
    "reconsidering": "listing",  # within judging
    "judge": "judging those listed",
    "_move_abroad": "decisions abroad",
}


def profile(scale: int) -> dict[str, Any]:
    """Seconds by phase of one run, on one thread; what was listed, weighed and lived abroad."""
    from abm import choices
    from abm.model import PHASES, EmigrationModel

    seconds: Counter[str] = Counter()
    counts: Counter[str] = Counter()

    def timed(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(work)
        def wrapped(*given: Any, **named: Any) -> Any:
            start = time.perf_counter()
            result = work(*given, **named)
            seconds[name] += time.perf_counter() - start
            if name == "listing":
                counts["listed"] += len(result.u)
            return result

        return wrapped

    def counted(work: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(work)
        def wrapped(*given: Any) -> Any:
            result = work(*given)
            counts["weighed"] += len(result)
            return result

        return wrapped

    for name, what in STEPS.items():
        setattr(choices, name, timed(what, getattr(choices, name)))
    choices.candidates = counted(choices.candidates)
    model = EmigrationModel("war-years", scale=scale, seed=SEED, until=END)
    for phase in PHASES:
        setattr(model, phase, timed(phase.replace("_", " "), getattr(model, phase)))
    start = time.perf_counter()
    while model.week < model.weeks:
        model.step()
        counts["weeks abroad"] += len(model.emigrants.abroad())
    total = time.perf_counter() - start
    seconds["judging those listed"] -= seconds["listing"]
    columns = (each for each in vars(model.emigrants).values() if isinstance(each, np.ndarray))
    rows = len(model.emigrants.person)
    row_bytes = sum(each.itemsize for each in columns if len(each) == rows)
    return {
        "scale": scale,
        "seconds": total,
        "parts": dict(seconds),
        "counts": dict(counts),
        "weeks": model.weeks,
        "least_bytes": 2 * BYTES_LISTED * counts["listed"]
        + 2 * BYTES_WEIGHED * counts["weighed"]
        + 2 * row_bytes * counts["weeks abroad"],
    }


def bandwidth(megabytes: int = 400, times: int = 7) -> float:
    """Bytes read and written in a second by one thread that copies a large array, at best."""
    here = np.ones(megabytes * 2**20 // 8)
    there = np.empty_like(here)
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        np.copyto(there, here)
        best = min(best, time.perf_counter() - start)
    return 2 * here.nbytes / best


if __name__ == "__main__":
    print(json.dumps({**profile(int(sys.argv[1])), "bandwidth": bandwidth()}))
