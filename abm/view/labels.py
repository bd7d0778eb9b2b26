"""Words and numbers on figures of a sweep."""

from __future__ import annotations

from textwrap import fill
from typing import Any

import pandas as pd

BY = "Simulated by Relokant"


def scaled(values: pd.Series, unit: str) -> tuple[float, str]:
    """What to divide by, and the unit then: thousands and millions for large numbers."""
    largest = float(values.abs().max())
    for by, word in ((1e9, "billion"), (1e6, "million"), (1e4, "thousand")):
        if largest >= by:
            return (by if by != 1e4 else 1e3), f"{word} {unit}"
    return 1.0, unit


def value_text(value: Any) -> str:
    """A factor's value for people."""
    if value is None or value == "":
        return "none"
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def wrapped(name: str, width: int) -> str:
    """A long name on several lines, cut after dots, underscores and spaces alone."""
    if len(name) <= width:
        return name
    spaced = name.replace("_", "_ ").replace(".", ". ")
    return fill(spaced, width + 6, break_long_words=False).replace("_ ", "_").replace(". ", ".")


def titled(what: str, label: str) -> str:
    return fill(f"{what}: {label}", 84)
