"""What a study keeps of each run, and when it has enough replicates."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from abm import checks
from abm.calendar import week_start, weeks_until
from abm.errors import InputError, unknown
from abm.hosts_table import HOST_NAMES
from abm.observation import BY_NAME, OUTCOMES, WORLD
from abm.study import targets
from abm.study.readings import Tables

PLACES = (WORLD, *HOST_NAMES)
A_WEEK = " a week"
TOTAL = ".total"
EVERY_WEEK, LAST = "weeks", "last"


@dataclass(frozen=True)
class Keep:
    """The outcomes, hosts and weeks of a run that are stored.

    outcomes: names; "departures.total" adds up the weeks from the first on, for what is counted a
    week; dates: first days of weeks, or None: every week; targets: whether also what each target's
    source would have counted, as outcomes "target.T1" in the last week that it speaks of.
    """

    outcomes: tuple[str, ...] = ("stock_abroad",)
    hosts: tuple[str, ...] = (WORLD,)
    dates: tuple[date, ...] | None = None
    targets: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as a study's file has them."""
        dates = EVERY_WEEK if self.dates is None else [day.isoformat() for day in self.dates]
        kept = {"outcomes": list(self.outcomes), "hosts": list(self.hosts), "dates": dates}
        return {**kept, "targets": True} if self.targets else kept

    def covers(self, other: Keep) -> bool:
        """Whether what this keeps includes all that another would."""
        return (
            set(other.outcomes) <= set(self.outcomes)
            and set(other.hosts) <= set(self.hosts)
            and self.targets >= other.targets
            and (
                self.dates is None
                or (other.dates is not None and set(other.dates) <= set(self.dates))
            )
        )

    def of(self, run: Tables) -> pd.DataFrame:
        """The rows kept of a run; date, host, outcome, value, unit; plain texts."""
        outcomes = run.outcomes
        totals = [name.removesuffix(TOTAL) for name in self.outcomes if name.endswith(TOTAL)]
        wanted = outcomes["host"].isin(self.hosts)
        plain = wanted & outcomes["outcome"].isin(self.outcomes)
        parts = [outcomes[plain]]
        if totals:
            flows = outcomes[wanted & outcomes["outcome"].isin(totals)]
            parts.append(_added_up(flows))
        kept = self.rows(pd.concat([part.astype({c: str for c in TEXTS}) for part in parts]))
        return pd.concat([kept, _targets_read(run)]) if self.targets else kept

    def rows(self, stored: pd.DataFrame) -> pd.DataFrame:
        """Those of rows stored by another study that this keeps, in its order."""
        is_target = stored["outcome"].str.startswith(TARGET)
        kept = stored[~is_target]
        chosen = kept["host"].isin(self.hosts) & kept["outcome"].isin(self.outcomes)
        if self.dates is not None:
            chosen &= kept["date"].isin(pd.to_datetime(list(self.dates)))
        kept = kept[chosen]
        ranks = [
            kept[column].map({name: rank for rank, name in enumerate(names)})
            for column, names in (("outcome", self.outcomes), ("host", self.hosts))
        ]
        ordered = kept.iloc[np.lexsort((kept["date"], ranks[1], ranks[0]))]
        return pd.concat([ordered, stored[is_target]]) if self.targets else ordered


TARGET = "target."
TEXTS = ("host", "outcome", "unit")


def _targets_read(run: Tables) -> pd.DataFrame:
    """What each target's source would have counted, one row a target that a process reads; NaN
    where the run ends before or there is nobody to count."""
    rows = [
        (week_of(each.date_to), each.host or WORLD, TARGET + each.id, each.simulate(run), each.unit)
        for each in targets.TARGETS
        if each.process is not None
    ]
    table = pd.DataFrame(rows, columns=["date", "host", "outcome", "value", "unit"])
    return table.astype({"date": run.outcomes["date"].dtype})


def _added_up(flows: pd.DataFrame) -> pd.DataFrame:
    """Weekly flows as totals since the first week."""
    flows = flows.sort_values("date", kind="stable")
    totals = flows.groupby(["host", "outcome"], observed=True)["value"].cumsum()
    return flows.assign(
        value=totals,
        outcome=flows["outcome"].astype(str) + TOTAL,
        unit=flows["unit"].astype(str).str.replace(A_WEEK, "", regex=False),
    )


@dataclass(frozen=True)
class Stop:
    """Add replicates at a point until a confidence interval is narrow, or there are `at_most`.

    outcome, host, date: of which value; half_width: in the outcome's unit, or with `relative` in
    shares of the mean; confidence: of the interval (Student's t).
    """

    outcome: str
    host: str
    date: date
    half_width: float
    relative: bool
    confidence: float
    at_most: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as a study's file has them."""
        width = "half_width_share" if self.relative else "half_width"
        return {
            "outcome": self.outcome,
            "host": self.host,
            "date": self.date.isoformat(),
            width: self.half_width,
            "confidence": self.confidence,
            "at_most": self.at_most,
        }


def keep(table: Mapping[str, Any], until: date) -> Keep:
    """A checked `[keep]`; by default the world's stock abroad in the last week."""
    _known("keep", table, ("outcomes", "hosts", "dates", "targets"), 'outcomes = ["stock_abroad"]')
    outcomes = _names("keep.outcomes", table.get("outcomes", ["stock_abroad"]), '["stock_abroad"]')
    for name in outcomes:
        _check_outcome(name)
    given = table.get("hosts", [WORLD])
    hosts = PLACES if given == "all" else _names("keep.hosts", given, '["World", "Georgia"]')
    for host in hosts:
        if host not in PLACES:
            raise unknown("host", host, PLACES, 'hosts = ["World", "Georgia"], or hosts = "all"')
    for name in outcomes:
        _check_observed(name, hosts)
    read = checks.flag("keep.targets", table.get("targets", False))
    return Keep(outcomes, hosts, _dates(table.get("dates", LAST), until), read)


def stop(table: Mapping[str, Any], kept: Keep, replicates: int) -> Stop:
    """A checked `[stop]` for what is kept."""
    example = 'outcome = "stock_abroad", half_width_share = 0.05, at_most = 20'
    known = ("outcome", "host", "date", "half_width", "half_width_share", "confidence", "at_most")
    _known("stop", table, known, example)
    if ("half_width" in table) == ("half_width_share" in table):
        raise InputError(f"'stop' needs half_width or half_width_share. Example: {example}")
    for key in ("outcome", "at_most"):
        if key not in table:
            raise InputError(f"'stop' needs {key!r}. Example: {example}")
    outcome = checks.text("stop.outcome", table["outcome"], "stock_abroad")
    host = checks.text("stop.host", table.get("host", WORLD), "World")
    if outcome not in kept.outcomes or host not in kept.hosts:
        raise InputError(
            f"'stop' looks at {outcome!r} of {host!r}, which is not kept. Example: [keep] "
            f'outcomes = ["{outcome}"], hosts = ["{host}"]'
        )
    relative = "half_width_share" in table
    key = "half_width_share" if relative else "half_width"
    width = checks.number(f"stop.{key}", table[key], example)
    confidence = checks.number("stop.confidence", table.get("confidence", 0.95), "0.95")
    if width <= 0 or not 0 < confidence < 1:
        raise InputError(f"'stop' needs a half-width above 0, confidence in 0 to 1: {example}")
    if replicates < 2:
        raise InputError("'stop' needs a spread, so replicates from 2. Example: replicates = 4")
    most = checks.whole("stop.at_most", table["at_most"], replicates, 100_000, 20)
    return Stop(outcome, host, _stop_date(table, kept), width, relative, confidence, most)


def _stop_date(table: Mapping[str, Any], kept: Keep) -> date:
    if "date" in table:
        day = week_of(day_of("stop.date", table["date"]))
        if kept.dates is not None and day not in kept.dates:
            raise InputError(f"'stop.date' {day} is not kept. Example: [keep] dates = [{day}]")
        return day
    if kept.dates is None or len(kept.dates) != 1:
        raise InputError("'stop' needs a date. Example: date = 2022-12-31")
    return kept.dates[0]


def week_of(day: date) -> date:
    """The first day of the week that a day lies in; weeks start on Thursdays."""
    return week_start(weeks_until(day) - 1)


def _dates(given: object, until: date) -> tuple[date, ...] | None:
    if given == EVERY_WEEK:
        return None
    if given == LAST:
        return (week_of(until),)
    example = f'dates = [{until}], or dates = "{EVERY_WEEK}", or dates = "{LAST}"'
    if not isinstance(given, (list, tuple)) or not given:
        raise InputError(f"'keep.dates' must be dates, not {checks.shown(given)}. {example}")
    days = [day_of("keep.dates", value) for value in given]
    late = [day for day in days if day > until]
    if late:
        raise InputError(f"'keep.dates' {late[0]} is after the end, {until}. Example: {example}")
    return tuple(sorted({week_of(day) for day in days}))


def day_of(key: str, value: object) -> date:
    """A date, also as text."""
    if isinstance(value, str):  # as JSON has it
        with suppress(ValueError):  # no such day
            value = date.fromisoformat(value)
    return checks.day(key, value)


def _known(where: str, table: Mapping[str, Any], known: tuple[str, ...], example: str) -> None:
    for key in table:
        if key not in known:
            raise unknown(f"key of {where!r}", key, known, example)


def _names(key: str, value: object, example: str) -> tuple[str, ...]:
    names = value if isinstance(value, (list, tuple)) else ()
    if not names or not all(isinstance(name, str) for name in names):
        raise InputError(f"{key!r} must be a list of names, not {checks.shown(value)}: {example}")
    return tuple(dict.fromkeys(names))


def _check_outcome(name: str) -> None:
    whole = name.removesuffix(TOTAL)
    if whole not in BY_NAME:
        raise unknown("outcome", name, BY_NAME, "stock_abroad (abm list outcomes)")
    if whole != name and not BY_NAME[whole].unit.endswith(A_WEEK):
        flows = next(outcome.name for outcome in OUTCOMES if outcome.unit.endswith(A_WEEK))
        raise InputError(
            f"outcome {name!r}: {whole} is a state ({BY_NAME[whole].unit}), it does not add up. "
            f"Example: {flows}{TOTAL}"
        )


def _check_observed(name: str, hosts: tuple[str, ...]) -> None:
    where = BY_NAME[name.removesuffix(TOTAL)].where
    seen = {"World": (WORLD,), "hosts": HOST_NAMES}.get(where, PLACES)
    if not set(seen) & set(hosts):
        example = "World" if where == "World" else "Georgia"
        raise InputError(
            f"outcome {name!r} is observed for {where} alone, but hosts are {', '.join(hosts)}. "
            f'Example: hosts = ["{example}"]'
        )
