"""Further figures that somebody could collect, and conclusions that they would narrow.

``abm/data/observables.csv`` lists the figures with the precision they would have. A quantity is a
measure of a run (`abm.study.measures`), or one over another: ``returns:sum / departures:sum``.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from abm.calendar import DAYS_PER_WEEK, START, week_start
from abm.chance import Floats
from abm.errors import InputError
from abm.study import measures
from abm.study.measures import Measure

FILE = Path(__file__).resolve().parents[1] / "data" / "observables.csv"
_REDUCE: dict[str, Callable[[Floats], Any]] = {
    "last": lambda by_week: by_week[-1],
    "mean": np.mean,
    "lowest": np.min,
    "highest": np.max,
    "sum": np.sum,
}


class HasSeries(Protocol):
    """A run that tells an outcome by week; `abm.study.twin.TwinRun` is one."""

    def series(self, outcome: str, host: str) -> Floats: ...


@dataclass(frozen=True)
class Quantity:
    """A measure of a run, or one over another."""

    top: Measure
    bottom: Measure | None = None

    def of(self, run: HasSeries) -> float:
        """Its value in a run; NaN over nothing. Raises InputError for a week beyond the run."""
        if self.bottom is None:
            return measured(run, self.top)
        below = measured(run, self.bottom)
        return measured(run, self.top) / below if below else float("nan")


def quantity(text: str) -> Quantity:
    """A quantity from its text; InputError where it is none."""
    parts = [measures.parse(part.strip()) for part in text.split(" / ")]
    if len(parts) > 2:
        raise InputError(f"{text!r} has more than one ' / '. Example: returns:sum / departures:sum")
    return Quantity(*parts)


def measured(run: HasSeries, measure: Measure) -> float:
    """A measure of one run by week."""
    by_week = run.series(measure.outcome, measure.host)
    if isinstance(measure.when, date):
        week = (measure.when - START).days // DAYS_PER_WEEK
        if not 0 <= week < len(by_week):
            last = week_start(len(by_week) - 1)
            raise InputError(f"{measure}: the run has no week with this day. Example: {last}")
        return float(by_week[week])
    return float(_REDUCE[measure.when](by_week))


@dataclass(frozen=True)
class Observable:
    """A figure that could be collected.

    sd : its standard deviation, of its value where relative, else in its unit; reason : of that
    """

    id: str
    what: str
    quantity: Quantity
    sd: float
    relative: bool
    reason: str

    def sd_at(self, value: float) -> float:
        """The standard deviation, in the quantity's unit, about a value."""
        return self.sd * abs(value) if self.relative else self.sd


@dataclass(frozen=True)
class Conclusion:
    """What somebody would want to know: a quantity, or by how much a scenario changes it."""

    what: str
    quantity: Quantity
    scenario: str | None = None


CONCLUSIONS = (
    Conclusion("share returned by the end of 2024", quantity("returns:sum / departures:sum")),
    Conclusion("people abroad at the end of 2024", quantity("stock_abroad")),
    Conclusion(
        "departures that no order would have spared", quantity("departures:sum"), "no-mobilisation"
    ),
    Conclusion("people abroad, renewal lenient", quantity("stock_abroad"), "lenient-renewal"),
    Conclusion("returns, all hosts tighter", quantity("returns:sum"), "tighten-everywhere"),
)


@cache
def observables(path: Path = FILE) -> tuple[Observable, ...]:
    """The figures of a csv file, checked.

    Raises InputError that names the row.
    """
    with path.open(encoding="utf-8", newline="") as file:
        found = tuple(_parsed(row) for row in csv.DictReader(file))
    ids = [each.id for each in found]
    if len(set(ids)) < len(ids):
        raise InputError(f"{path.name}: an id stands twice; each needs its own, like 'stock-2022'")
    return found


def _parsed(row: dict[str, str]) -> Observable:
    try:
        sd = float(row["sd"])
        if not (0 < sd < float("inf")) or row["relative"] not in ("0", "1"):
            raise InputError("sd must be above 0, relative 0 or 1; for example 0.03 and 1")
        return Observable(
            row["id"],
            row["what"],
            quantity(row["measure"]),
            sd,
            row["relative"] == "1",
            row["reason"],
        )
    except (KeyError, TypeError, ValueError) as error:  # InputError is a ValueError
        raise InputError(f"observable {row.get('id')!r}: {error}") from None


def sds(at: pd.Series) -> pd.Series:
    """Standard deviations of the packaged figures about their values, by id."""
    return pd.Series({each.id: each.sd_at(float(at[each.id])) for each in observables()})
