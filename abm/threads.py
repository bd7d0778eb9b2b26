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


def in_threads(work: Callable[[Part], Result], parts: Sequence[Part]) -> Iterable[Result]:
    """The results of the parts, in their order. A single part starts no thread."""
    if len(parts) == 1 or cores() == 1:
        return map(work, parts)
    return _pool().map(work, parts)


def in_parts(rows: int, size: int) -> list[slice]:
    """So many rows cut into parts of a size; at least one part, which may be empty."""
    return [slice(start, start + size) for start in range(0, max(rows, 1), size)]


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
