"""A target: one observed figure, what its source counts, and how far to trust it. Read and checked.

``abm/data/targets.csv`` is the packaged file; docs/targets.md explains its columns.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import hypot, inf, isfinite, isnan, sqrt
from pathlib import Path
from typing import Literal, TypeVar, cast

from abm.calendar import LATEST, START
from abm.errors import InputError, unknown
from abm.hosts_table import HOST_NAMES
from abm.observation import WORLD
from abm.study import observed
from abm.study.processes import check_host, process_named
from abm.study.readings import Tables, last_day

FILE = Path(__file__).resolve().parents[1] / "data" / "targets.csv"
ID = re.compile(r"[A-Z]+[1-9]\d*(\.[1-9]\d*)?")

Rule = Literal["all", "any"]
Evidence = Literal["low", "middle", "high"]
Read = TypeVar("Read")


@dataclass(frozen=True)
class Target:
    """One part of a target: what was observed, when, by whom, and how it is read from a run.

    low, high : the observed range in ``unit``; None where it is open
    value : the likeliest value, for a fit; None where a range is open: "at most", "at least"
    date_from, date_to : first and last day that the source speaks of
    days_after : how many days after date_to the source must have waited to count
    observation_sd : standard deviation in ``unit`` of the figure about what its source counts
    discrepancy_sd : of what the source counts about what the model can count; both None where the
        figure is no observation
    weight : 0 to 1 in a fit, by which the variance is divided; 0 is not fitted
    reason : of these three
    source : ids of the collected facts or of the seeds; counts : what the source counts
    process : the function of `abm.study.observed`; None where no outcome covers it yet
    host : the host that the process reads; empty where it reads groups of its own
    rule : "all" parts of the target must hold, or "any" one of the parts so marked
    used_to_set : the parameter or lever that this figure set, so that it is no hit; "shown" where
        it is no observation; or empty
    evidence : the only evidence scenario in which the figure is expected; or None
    """

    id: str
    what: str
    low: float | None
    high: float | None
    value: float | None
    unit: str
    date_from: date
    date_to: date
    days_after: int
    observation_sd: float | None
    discrepancy_sd: float | None
    weight: float
    reason: str
    source: str
    counts: str
    host: str
    process: str | None
    rule: Rule
    used_to_set: str
    evidence: Evidence | None
    note: str

    @property
    def sd(self) -> float:
        """Standard deviation of the figure about a run's reading, in ``unit``, weight included.

        NaN where it is no observation, infinite at weight 0.
        """
        if self.observation_sd is None or self.discrepancy_sd is None:
            return float("nan")
        return (
            hypot(self.observation_sd, self.discrepancy_sd) / sqrt(self.weight)
            if self.weight
            else inf
        )

    @property
    def known_on(self) -> date:
        """The first day on which the source can have counted all that it speaks of."""
        return self.date_to + timedelta(days=self.days_after)

    @property
    def whole(self) -> str:
        """The id of the target that this is a part of: T11 for T11.2."""
        return self.id.partition(".")[0]

    @property
    def status(self) -> str:
        """fit, input, shown, set, evidence low/middle/high, or not covered.

        Inputs, and what is shown beside a target but is no observation, are marked so in the file.
        """
        mark = self.used_to_set.partition(":")[0]
        if mark in ("input", "shown"):
            return mark
        if self.used_to_set:
            return "set"
        if self.process is None:
            return "not covered"
        return f"evidence {self.evidence}" if self.evidence else "fit"

    def holds(self, value: float) -> bool:
        """Whether a value lies in the observed range, its ends included; NaN never does."""
        above = self.low is None or value >= self.low
        below = self.high is None or value <= self.high
        return above and below and not isnan(value)

    def seen_by(self, run: Tables) -> bool:
        """Whether the run lasts until all that the source counts has happened."""
        return last_day(run.outcomes) >= self.known_on

    def simulate(self, run: Tables) -> float:
        """What the source would have counted in this run; NaN beyond its horizon."""
        if self.process is None or not self.seen_by(run):
            return float("nan")
        return process_named(self.process)(run, self.host, self.date_from, self.date_to)


def load(path: Path = FILE) -> tuple[Target, ...]:
    """The targets of a csv file, checked.

    Raises
    ------
    InputError : no such file; a wrong column, id, number, date, rule or process; names the line
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            columns = list(Target.__dataclass_fields__)
            if reader.fieldnames is None or sorted(reader.fieldnames) != sorted(columns):
                raise InputError(f"{path.name}: the columns must be {', '.join(columns)}")
            targets = tuple(_row(path, reader))
    except (OSError, UnicodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read targets {str(path)!r}: {why}. Example: {FILE}") from None
    if not targets:
        raise InputError(f"{path.name} has no targets, only columns. Example: {FILE}")
    ids = [target.id for target in targets]
    for twice in sorted({id for id in ids if ids.count(id) > 1}):
        raise InputError(f"target {twice!r} stands twice; give its parts numbers, like T4.1, T4.2")
    return targets


def _row(path: Path, reader: csv.DictReader[str]) -> Iterator[Target]:
    """Each row as a target; what is wrong is told with file and line."""
    for row in reader:
        try:
            target = _parse(row)
            _check(target)
        except InputError as error:
            raise InputError(f"{path.name}, line {reader.line_num}: {error}") from None
        yield target


def _parse(row: Mapping[str, str]) -> Target:
    """One row of the file as a target."""
    if None in row or None in row.values():
        raise InputError(
            f"target {row['id']!r}: it has more or fewer cells than there are columns; a text with "
            'a comma needs quotes: "departures, all"'
        )
    return Target(
        id=row["id"],
        what=row["what"],
        low=_number(row, "low"),
        high=_number(row, "high"),
        value=_number(row, "value"),
        unit=row["unit"],
        date_from=_cell(row, "date_from", date.fromisoformat, "a date. Example: 2022-12-31"),
        date_to=_cell(row, "date_to", date.fromisoformat, "a date. Example: 2022-12-31"),
        days_after=_cell(row, "days_after", int, "a whole number. Example: 183"),
        observation_sd=_number(row, "observation_sd"),
        discrepancy_sd=_number(row, "discrepancy_sd"),
        weight=_cell(row, "weight", _finite, "a finite number. Example: 1"),
        reason=row["reason"],
        source=row["source"],
        counts=row["counts"],
        host=row["host"],
        process=row["process"] or None,
        rule=cast(Rule, row["rule"]),
        used_to_set=row["used_to_set"],
        evidence=cast(Evidence, row["evidence"]) if row["evidence"] else None,
        note=row["note"],
    )


def _cell(row: Mapping[str, str], column: str, read: Callable[[str], Read], what: str) -> Read:
    """One cell as what it should be."""
    try:
        return read(row[column])
    except ValueError:
        message = f"target {row['id']!r}: {column} is {row[column]!r}, not {what}"
        raise InputError(message) from None


def _number(row: Mapping[str, str], column: str) -> float | None:
    """A finite number, None where the cell is empty."""
    return _cell(row, column, _finite, "a finite number. Example: 60000") if row[column] else None


def _finite(text: str) -> float:
    if not isfinite(number := float(text)):
        raise ValueError(text)
    return number


def _check(target: Target) -> None:
    """Raise InputError at the first thing wrong with a target."""
    low, high, sds = target.low, target.high, (target.observation_sd, target.discrepancy_sd)
    closed = low is not None and high is not None
    wrong = {
        "its id must be like T4 or T4.1": not ID.fullmatch(target.id),
        "it needs low, high or both, for example 0.1 and 0.2": low is None and high is None,
        "low is above high; for example 0.1 and 0.2": (
            low is not None and high is not None and low > high
        ),
        "its value must lie from low to high": target.value is not None
        and not target.holds(target.value),
        "it has a value where its range is closed, and none where it is open": (
            target.weight > 0 and closed != (target.value is not None)
        ),
        "its weight must be from 0 to 1; for example 1": not 0 <= target.weight <= 1,
        "what is fitted, with a weight above 0, needs observation_sd and discrepancy_sd, one of "
        "them above 0; for example 0.02 and 0.05": (
            target.weight > 0 and not (None not in sds and max(each or 0 for each in sds) > 0)
        ),
        "observation_sd and discrepancy_sd must not be negative; for example 0.02": any(
            each is not None and each < 0 for each in sds
        ),
        "reason must say where observation_sd, discrepancy_sd and weight come from": (
            not target.reason
        ),
        "date_from is after date_to; for example 2022-02-24 and 2022-12-31": (
            target.date_from > target.date_to
        ),
        f"its dates must lie from {START} to {LATEST}; for example 2022-12-31": (
            target.date_from < START or target.date_to > LATEST
        ),
        "days_after is negative; for example 183": target.days_after < 0,
        "rule must be 'all' or 'any'": target.rule not in ("all", "any"),
        "evidence must be 'low', 'middle', 'high' or empty": (
            target.evidence not in (None, "low", "middle", "high")
        ),
        "what, unit, counts and source must not be empty": not (
            target.what and target.unit and target.counts and target.source.strip()
        ),
    }
    for problem in (problem for problem, is_so in wrong.items() if is_so):
        raise InputError(f"target {target.id!r}: {problem}")
    if target.host not in ("", WORLD, *HOST_NAMES):
        raise unknown(f"host of target {target.id!r}", target.host, HOST_NAMES, "Georgia")
    if target.process is not None:
        process_named(target.process)
        check_host(f"target {target.id!r}", target.process, target.host)
        unit = observed.UNITS[target.process]
        if target.unit != unit:
            raise InputError(
                f"target {target.id!r}: its unit is {target.unit!r}, but {target.process} counts "
                f"{unit!r}. Example: {unit}"
            )
