"""What a job took; plain Python, so that other systems' environments can use it."""

from __future__ import annotations

import resource
import sys


def peak_mb() -> float:
    """The most memory that this process has held, MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1024)  # bytes there, kB elsewhere


def measured(
    people: int, weeks: int, moves: int, start: float, built: float, done: float
) -> dict[str, float]:
    """The row of a job; start, built, done: seconds of `time.perf_counter`."""
    seconds = done - built
    return {
        "people": people,
        "weeks": weeks,
        "moves": moves,
        "build_seconds": round(built - start, 3),
        "seconds": round(seconds, 3),
        "person_weeks_per_second": round(people * weeks / seconds),
        "peak_mb": round(peak_mb()),
    }
