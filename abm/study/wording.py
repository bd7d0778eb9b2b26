"""Counts and times in words, for lines that people read."""

from __future__ import annotations


def counted(count: int, what: str) -> str:
    """A count and what is counted: 1 worker, 2,000 workers."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def duration(seconds: float) -> str:
    """A time: 0.21 s, 14 minutes, 3.2 hours."""
    for length, name in ((3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * length:
            return f"{seconds / length:.3g} {name}"
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
