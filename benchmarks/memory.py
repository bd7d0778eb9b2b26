"""Peak memory of this process; plain Python, so that other systems' environments can use it."""

from __future__ import annotations

import resource
import sys


def peak_mb() -> float:
    """The most memory that this process has held, MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1024)  # bytes there, kB elsewhere
