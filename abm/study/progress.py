"""A bar for long work in a notebook, where nobody asked for another."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from importlib import import_module
from typing import Any

Progress = Callable[[int, int], None]

EVERY = 0.2  # seconds between two drawings
_shown: list[str] = []  # the work whose bar is drawn now: what it calls draws none


@contextmanager
def told(progress: Progress | None, what: str) -> Iterator[Progress | None]:
    """What to call with (done, of): the given function; in a notebook, if there is none, a bar.

    The bar is gone when the work is.
    """
    if progress is not None or _shown or not in_notebook():
        yield progress
        return
    ipython: Any = import_module("IPython.display")
    html = ipython.HTML
    handle = ipython.display(html(""), display_id=True)
    started, drawn = time.monotonic(), 0.0

    def draw(done: int, of: int) -> None:
        nonlocal drawn
        now = time.monotonic()
        if now - drawn >= EVERY:
            drawn = now
            left = (now - started) * (of - done) / done if done else float("nan")
            handle.update(html(bar(what, done, of, left)))

    _shown.append(what)
    try:
        yield draw
    finally:
        _shown.remove(what)
        handle.update(html(""))


def bar(what: str, done: int, of: int, seconds_left: float) -> str:
    """The bar as HTML."""
    left = f", {seconds_left:.0f} s left" if seconds_left == seconds_left else ""
    return (
        f"{escape(what)} <progress value='{done}' max='{of}'></progress> {done:,} of {of:,}{left}"
    )


def in_notebook() -> bool:
    """Whether this runs in a Jupyter kernel."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and type(shell).__name__ == "ZMQInteractiveShell"
