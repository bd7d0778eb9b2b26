"""The packaged table of hosts and Russia, read once."""

from __future__ import annotations

import csv
from bisect import bisect_right
from datetime import date
from functools import cache
from importlib.resources import files

import numpy as np

from abm.calendar import first_week_on_or_after
from abm.chance import Floats

HOME = "Russia"
HOST_NAMES: tuple[str, ...] = (
    "Georgia", "Armenia", "Azerbaijan", "Kazakhstan", "Kyrgyzstan", "Uzbekistan", "Mongolia",
    "Turkey", "Serbia", "Montenegro", "United Arab Emirates", "Thailand", "Indonesia", "Argentina",
    "Israel", "Finland", "Estonia", "Latvia", "Lithuania", "Poland", "Czechia", "Germany", "France",
    "Spain", "Italy", "Belgium", "Cyprus", "United States",
)  # fmt: skip


@cache
def _rows() -> tuple[dict[str, str], ...]:
    text = (files("abm") / "data" / "hosts.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def _cells() -> dict[tuple[str, str], str]:
    return {(row["host"], row["field"]): row["value"] for row in _rows()}


def sourced() -> tuple[str, ...]:
    """How many of each host's values rest on a public page, "21 of 31"; the others are assumed or
    recollected."""
    of_host = [[row for row in _rows() if row["host"] == name] for name in HOST_NAMES]
    pages = [sum(row["source_kind"] == "web" for row in rows) for rows in of_host]
    return tuple(f"{n} of {len(rows)}" for n, rows in zip(pages, of_host, strict=True))


@cache
def host_column(field: str) -> Floats:
    """A numeric field for every host, shape (hosts,), in the order of HOST_NAMES; read-only."""
    column = np.array([float(_cells()[name, field]) for name in HOST_NAMES])
    column.flags.writeable = False
    return column


@cache
def host_labels(field: str) -> tuple[str, ...]:
    """A text field for every host."""
    return tuple(_cells()[name, field] for name in HOST_NAMES)


@cache
def unions() -> dict[str, tuple[str, ...]]:
    """Unions of states and their members; a host belongs to one at most."""
    of = host_labels("union")
    return {
        union: tuple(name for name, its in zip(HOST_NAMES, of, strict=True) if its == union)
        for union in sorted({*of} - {"none"})
    }


@cache
def host_constants() -> Floats:
    """Host constants ξ, util, shape (hosts,): what the model does not explain, set by hand."""
    text = (files("abm") / "data" / "host_constants.csv").read_text("utf-8")
    values = {row["host"]: float(row["value"]) for row in csv.DictReader(text.splitlines())}
    column = np.array([values[name] for name in HOST_NAMES])
    column.flags.writeable = False
    return column


def home_value(field: str) -> float:
    """A numeric field of Russia."""
    return float(_cells()[HOME, field])


@cache
def real_wages() -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Weeks and the real wage index at home (mean of 2021 = 1) that holds from each of them on."""
    text = (files("abm") / "data" / "russia_quarters.csv").read_text("utf-8")
    weeks, index = [], []
    for row in csv.DictReader(text.splitlines()):
        year, quarter = int(row["quarter"][:4]), int(row["quarter"][-1])
        weeks.append(first_week_on_or_after(date(year, 3 * quarter - 2, 1)))
        index.append(float(row["real_wage_index"]))
    return tuple(weeks), tuple(index)


def real_wage_index(week: int) -> float:
    """Real wages at home relative to 2021; the last known quarter holds on."""
    weeks, index = real_wages()
    return index[max(0, bisect_right(weeks, week) - 1)]
