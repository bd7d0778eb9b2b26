"""The work on many people in parts, on as many cores as there are; the result does not hang on it.

NumPy lets go of Python while it works, so threads share the columns without copying them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")
SMALLEST_SHARE = 8  # of the most that a part may hold; a smaller one is not worth a thread


def in_threads(work: Callable[[Part], Result], parts: Sequence[Part]) -> Iterable[Result]:
    """The results of the parts, in their order. A single part starts no thread."""
    if len(parts) == 1 or cores() == 1:
        return map(work, parts)
    return _pool().map(work, parts)


def number_of_parts(rows: int, most: int) -> int:
    """Into how many parts to cut some rows, none larger than `most`.

    As many for each core, unless that would make them too small to be worth a thread.
    """
    needed = max(1, -(-rows // most))
    even = -(-needed // cores()) * cores()
    return max(needed, min(even, rows * SMALLEST_SHARE // most))


def cores() -> int:
    """Cores that this process may use; RELOKANT_THREADS sets another number."""
    asked = os.environ.get("RELOKANT_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(cores(), thread_name_prefix="relokant")


os.register_at_fork(after_in_child=_pool.cache_clear)  # threads do not survive a fork
