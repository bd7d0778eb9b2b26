"""Observed figures that no fit has seen: a table of facts, read, checked, and counted in a run.

docs/validate.md shows its columns with an example. A wrong row is one error that names it.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite, nan
from pathlib import Path

import pandas as pd

from abm import checks
from abm.errors import InputError, unknown
from abm.hosts_table import HOST_NAMES, unions
from abm.observation import BY_NAME, WORLD
from abm.study import observed
from abm.study.keeping import A_WEEK
from abm.study.processes import check_host, process_named
from abm.study.readings import Tables, last_day, mean_over, stock_at, sum_over, weekly
from abm.study.target import Target

COLUMNS = ("outcome", "host", "date_from", "date_to", "value", "low", "high", "unit", "source")
OPTIONAL = ("id", "note")
NEEDED = ("outcome", "host", "date_to", "unit", "source")
OBSERVED = "observed."  # before the name of an observation process
ADDS_UP = ("people", "EUR", "person-months")  # units of which members of a union make a sum
EXAMPLE = "stock_abroad,Georgia,,2023-12-31,74000,,,people,a statistical office"


@dataclass(frozen=True)
class Fact:
    """One figure.

    outcome : of the model, or "observed." and an observation process of `abm.study.observed`
    host : a host, a union or World; date_from, date_to : equal for a day
    value, low, high : in unit; NaN where the source gives none
    """

    id: str
    outcome: str
    host: str
    date_from: date
    date_to: date
    value: float
    low: float
    high: float
    unit: str
    source: str

    @property
    def centre(self) -> float:
        """The value, or else the middle of the range; NaN where the range is open."""
        return self.value if isfinite(self.value) else (self.low + self.high) / 2

    @property
    def is_flow(self) -> bool:
        """Whether it adds up over its days."""
        if self.outcome.startswith(OBSERVED):
            return self.outcome.removeprefix(OBSERVED) in observed.OVER_DAYS
        return BY_NAME[self.outcome].unit.endswith(A_WEEK)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts whose outcomes it adds up."""
        return (WORLD,) if self.host == WORLD else checks.members(self.host)

    def read(self, run: Tables) -> float:
        """The same figure in a run: the sum of a flow over the days, a state on the last day, or
        its mean where the days are several; NaN where the run ends before.

        Shares of several days are means over weeks.
        """
        if last_day(run.outcomes) < self.date_to:
            return nan
        if self.outcome.startswith(OBSERVED):
            process = process_named(self.outcome.removeprefix(OBSERVED))
            return process(run, self.host, self.date_from, self.date_to)
        if self.is_flow:
            days = (self.date_from, self.date_to)
            return sum_over(run.outcomes, self.hosts, self.outcome, *days)
        if self.date_from == self.date_to:
            return sum(
                stock_at(run.outcomes, host, self.outcome, self.date_to) for host in self.hosts
            )
        values = weekly(run.outcomes, self.hosts, self.outcome)
        return mean_over(values, self.date_from, self.date_to)


def read(source: str | Path | pd.DataFrame, until: date) -> tuple[Fact, ...]:
    """The facts of a CSV file or table, checked against a run that ends on a day.

    Raises InputError, naming the row, for a wrong column, outcome, host, date, number or unit.
    """
    name, rows = _rows(source)
    known = (*COLUMNS, *OPTIONAL)
    columns = [column for column in rows[0] if column is not None] if rows else []
    for column in columns:
        if column not in known:
            raise unknown(f"column of {name}", column, known, ",".join(COLUMNS))
    missing = [column for column in NEEDED if column not in columns]
    if missing or not rows:
        what = f"the column {missing[0]!r}" if missing else "a row"
        raise InputError(f"{name} needs {what}. Example: {','.join(COLUMNS)} and {EXAMPLE}")
    for number, row in enumerate(rows, 1):
        if None in row or None in row.values():
            raise InputError(
                f"{name}, row {number}: not as many cells as columns. Example: {EXAMPLE}"
            )
    facts = tuple(_fact(name, number, row, until) for number, row in enumerate(rows, 1))
    ids = [fact.id for fact in facts]
    for twice in sorted({id for id in ids if ids.count(id) > 1}):
        raise InputError(f"{name}: the id {twice!r} stands twice; give each row its own")
    return facts


def of_target(target: Target) -> Fact:
    """A target as a fact, read through its observation process."""
    value, low, high = (nan if n is None else n for n in (target.value, target.low, target.high))
    return Fact(
        target.id,
        f"{OBSERVED}{target.process}",
        target.host or WORLD,
        target.date_from,
        target.date_to,
        value,
        low,
        high,
        target.unit,
        target.source,
    )


def _rows(source: str | Path | pd.DataFrame) -> tuple[str, list[dict[str, str]]]:
    """The name of the table, and its rows as texts."""
    if isinstance(source, pd.DataFrame):
        texts = source.astype(object).where(source.notna(), "").astype(str)
        return "the table of facts", texts.to_dict("records")  # type: ignore[return-value]
    path = Path(source)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"cannot read the facts of {path}: {why}. Example: abm validate facts.csv"
        ) from None
    return path.name, rows


def _fact(name: str, number: int, row: Mapping[str, str], until: date) -> Fact:
    """One row as a fact."""
    cells = {column: row.get(column, "").strip() for column in (*COLUMNS, *OPTIONAL)}
    id = cells["id"] or f"{number}"
    where = f"{name}, row {number}"
    days = {
        key: _day(where, key, cells[key]) for key in ("date_from", "date_to") if cells[key] != ""
    }
    if "date_to" not in days:
        raise InputError(f"{where}: 'date_to' is empty. Example: 2023-12-31")
    first, last = days.get("date_from", days["date_to"]), days["date_to"]
    numbers = {key: _number(where, key, cells[key]) for key in ("value", "low", "high")}
    fact = Fact(
        id, cells["outcome"], cells["host"] or WORLD, first, last, **numbers,
        unit=cells["unit"], source=cells["source"],
    )  # fmt: skip
    _check(where, fact, until)
    return fact


def _day(where: str, key: str, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        message = f"{where}: {key!r} is {text!r}, not a date. Example: 2023-12-31"
        raise InputError(message) from None
    try:
        return checks.day(key, day)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _number(where: str, key: str, text: str) -> float:
    if not text:
        return nan
    try:
        number = float(text)
    except ValueError:
        number = nan
    if not isfinite(number):
        raise InputError(f"{where}: {key!r} is {text!r}, not a number. Example: 74000")
    return number


def _check(where: str, fact: Fact, until: date) -> None:
    """InputError at the first thing wrong with a fact."""
    outcomes = (*BY_NAME, *(OBSERVED + name for name in observed.UNITS))
    if fact.outcome not in outcomes:
        example = "stock_abroad (abm list outcomes), or observed.tax_numbers"
        raise unknown(f"outcome of {where}", fact.outcome, outcomes, example)
    if fact.host not in (WORLD, *HOST_NAMES, *unions()):
        places = (WORLD, *HOST_NAMES, *unions())
        raise unknown(f"host of {where}", fact.host, places, "Georgia, EU or World")
    unit = unit_of(fact.outcome)
    if fact.unit != unit:
        raise InputError(
            f"{where}: the unit is {fact.unit!r}, but {fact.outcome} is in {unit!r}. "
            f"Example: {unit}"
        )
    _check_place(where, fact, unit)
    if fact.is_flow and fact.date_from == fact.date_to:
        raise InputError(
            f"{where}: {fact.outcome} adds up over days, so it needs date_from before date_to. "
            "Example: 2023-01-01 and 2023-12-31"
        )
    if fact.date_from > fact.date_to:
        raise InputError(f"{where}: date_from is after date_to. Example: 2023-01-01 and 2023-12-31")
    if fact.date_to > until:
        raise InputError(
            f"{where}: date_to is {fact.date_to}, after the run's last day, {until}. "
            f"Example: --until {fact.date_to}"
        )
    if not any(isfinite(number) for number in (fact.value, fact.low, fact.high)):
        raise InputError(f"{where}: no value, low or high. Example: {EXAMPLE}")
    inside = [n for n in (fact.low, fact.value, fact.high) if isfinite(n)]
    if inside != sorted(inside):
        raise InputError(f"{where}: low, value, high must ascend. Example: 60000, 74000, 90000")
    if not fact.source:
        raise InputError(f"{where}: the source is empty. Example: {EXAMPLE}")


def _check_place(where: str, fact: Fact, unit: str) -> None:
    """InputError where an outcome is not observed at a place, or does not add up over a union."""
    found = BY_NAME.get(fact.outcome)
    union = fact.host in unions()
    if found is None:
        if union:
            raise InputError(f"{where}: {fact.outcome} takes a host or World, no union")
        return check_host(where, fact.outcome.removeprefix(OBSERVED), fact.host)
    seen = {"World": fact.host == WORLD, "hosts": fact.host != WORLD}.get(found.where, True)
    if not seen:
        example = "World" if found.where == "World" else "Georgia"
        raise InputError(
            f"{where}: {fact.outcome} is observed for {found.where} alone, not for {fact.host}. "
            f"Example: {example}"
        )
    if union and not unit.startswith(ADDS_UP):
        raise InputError(
            f"{where}: {fact.outcome} ({unit}) does not add up over {fact.host}. Example: "
            f"{unions()[fact.host][0]}"
        )


def unit_of(outcome: str) -> str:
    """The unit of a fact: what is counted a week adds up over its days."""
    if outcome.startswith(OBSERVED):
        return observed.UNITS[outcome.removeprefix(OBSERVED)]
    return BY_NAME[outcome].unit.replace(A_WEEK, "")
