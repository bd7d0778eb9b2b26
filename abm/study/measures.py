"""One number a run: which outcome, of which host, when. Written ``outcome@host:when``.

``stock_abroad`` is the world's in the last week kept; ``stock_abroad@Georgia:2023-12-31`` that of
the week in which this day lies; ``rent_index@Georgia:mean`` over the weeks kept. ``when`` is a
date, last, mean, lowest, highest or sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, cast, get_args

import numpy as np
import pandas as pd

from abm.calendar import DAYS_PER_WEEK, START
from abm.chance import Floats, Integers
from abm.errors import InputError, unknown
from abm.observation import WORLD

Reduction = Literal["last", "mean", "lowest", "highest", "sum"]
REDUCTIONS: tuple[Reduction, ...] = get_args(Reduction)
EXAMPLE = "stock_abroad, stock_abroad@Georgia:2023-12-31 or departures.total:last"
MOST_UNASKED = 12
ENOUGH = 0.9  # of a replicate's points, for it to count while a sweep is under way


@dataclass(frozen=True)
class Measure:
    """What is read of each run; see above."""

    outcome: str
    host: str = WORLD
    when: Reduction | date = "last"

    def __str__(self) -> str:
        host = "" if self.host == WORLD else f"@{self.host}"
        when = "" if self.when == "last" else f":{self.when}"
        return f"{self.outcome}{host}{when}"

    @property
    def slug(self) -> str:
        """The measure as a part of a file's name."""
        return "".join(c if c.isalnum() or c in "-_" else "-" for c in str(self))


@dataclass(frozen=True, eq=False)
class Reading:
    """A measure of every run.

    label : for people, with the date; unit : of the values
    values : one row a point (index ``point``), one column a replicate; NaN where no run ended well
    """

    measure: Measure
    label: str
    unit: str
    values: pd.DataFrame


def parse(text: str) -> Measure:
    """A measure from its text; InputError where it is none."""
    name, colon, when = text.partition(":")
    outcome, _, host = name.partition("@")
    if not outcome.strip():
        raise InputError(f"{text!r} is no measure. Example: {EXAMPLE}")
    place = host.strip() or WORLD
    if not colon or when in REDUCTIONS:
        return Measure(outcome.strip(), place, cast(Reduction, when or "last"))
    try:
        return Measure(outcome.strip(), place, date.fromisoformat(when))
    except ValueError:
        known = ", ".join(REDUCTIONS)
        raise InputError(
            f"{text!r}: {when!r} is no date and none of {known}. Example: {EXAMPLE}"
        ) from None


def unasked(outcomes: pd.DataFrame) -> list[Measure]:
    """The measures of a sweep when none is named: of each outcome, the world's, or else each
    host's, in the last week kept; at most 12. Outcomes without any value are left out, such as
    targets that were counted after the runs end."""
    known = outcomes[outcomes["value"].notna()]
    pairs = known[["outcome", "host"]].drop_duplicates().astype(str)
    chosen: list[Measure] = []
    for outcome, group in pairs.groupby("outcome", sort=False):
        hosts = [WORLD] if WORLD in set(group["host"]) else list(group["host"])
        chosen += [Measure(str(outcome), host) for host in hosts]
    return chosen[:MOST_UNASKED]


def read(outcomes: pd.DataFrame, measure: Measure, points: Sequence[int]) -> Reading:
    """One measure of every run of a sweep.

    outcomes : a sweep's table; point, replicate, date, host, outcome, value, unit
    points : every point of the sweep, so that those without a run are seen to be missing

    Raises
    ------
    InputError : an outcome, host or week that is not kept, or without any value; a sum where weeks
        are missing
    """
    rows = outcomes[outcomes["outcome"] == measure.outcome]
    if rows.empty:
        kept = sorted(outcomes["outcome"].astype(str).unique())
        raise unknown("outcome of this sweep", measure.outcome, kept, ", ".join(kept[:5]))
    rows = rows[rows["host"] == measure.host]
    if rows.empty:
        of = outcomes[outcomes["outcome"] == measure.outcome]
        kept = sorted(of["host"].astype(str).unique())
        example = f"{measure.outcome}@{kept[0]}"
        raise unknown(f"host of {measure.outcome!r} in this sweep", measure.host, kept, example)
    if not rows["value"].notna().any():
        raise InputError(
            f"{measure}: no run has a value; for a target, runs that end before it was counted. "
            "Example: until = 2024-12-31"
        )
    first_days = pd.DatetimeIndex(sorted(pd.to_datetime(rows["date"].unique())))
    by_run = rows.groupby(["point", "replicate"], observed=True)["value"]
    if isinstance(measure.when, date) or measure.when == "last":
        day = _week(measure, first_days)
        chosen = rows[pd.to_datetime(rows["date"]) == day]
        values = chosen.groupby(["point", "replicate"], observed=True)["value"].first()
        when = f"week from {day.date()}"
    elif measure.when == "sum":
        _check_whole(measure, first_days)
        values, when = by_run.sum(), "sum of all weeks"
    else:
        how = {"mean": "mean", "lowest": "min", "highest": "max"}[measure.when]
        values, when = by_run.agg(how), f"{measure.when} of {len(first_days)} weeks"
    place = "" if measure.host == WORLD else f", {measure.host}"
    label = f"{measure.outcome}{place}, {when}"
    table = values.unstack("replicate").reindex(list(points)).rename_axis(index="point")
    return Reading(measure, label, str(rows["unit"].iloc[0]), table.astype(float))


def _week(measure: Measure, first_days: pd.DatetimeIndex) -> pd.Timestamp:
    """The first day of the week that is asked for."""
    if not isinstance(measure.when, date):
        return first_days[-1]
    day = pd.Timestamp(measure.when)
    holding = first_days[(first_days <= day) & (day < first_days + timedelta(days=DAYS_PER_WEEK))]
    if not len(holding):
        kept = ", ".join(str(each.date()) for each in first_days[-5:])
        raise InputError(
            f"{measure}: the sweep kept no week with this day. Example of weeks kept: {kept}"
        )
    return holding[0]


def _check_whole(measure: Measure, first_days: pd.DatetimeIndex) -> None:
    """InputError where a sum would leave weeks out."""
    weeks = (first_days[-1].date() - START).days // DAYS_PER_WEEK + 1
    if len(first_days) < weeks:
        raise InputError(
            f"{measure}: the sweep kept {len(first_days)} of {weeks} weeks, so their sum means "
            f'nothing. Example: keep "{measure.outcome}.total", or [keep] dates = "weeks"'
        )


@dataclass(frozen=True, eq=False)
class Complete:
    """The part of a sweep without gaps: replicates that are nearly done, and of these the blocks of
    points (trajectories, what Saltelli makes of a base point) that all of them have.

    values : shape (blocks, points of a block, replicates)
    kept, replicates : which points (rows) and replicates (columns) these are
    missing : how many points are left out
    """

    values: Floats
    kept: Integers
    replicates: Integers
    missing: int


def complete(
    values: pd.DataFrame, together: int = 1, fewest: int = 2, what: str = "points"
) -> Complete:
    """The part of a sweep without gaps; InputError where it has too few blocks.

    what : a row of the table is, for the error
    """
    table = values.to_numpy(float)
    whole = len(table) // together * together
    cells = table[:whole].reshape(whole // together, together, table.shape[1])
    done = np.isfinite(cells).all(axis=1)  # by block and replicate
    share = done.mean(axis=0) if len(done) else np.zeros(done.shape[1])
    chosen = share >= min(ENOUGH, share.max(initial=0.0))
    blocks = done[:, chosen].all(axis=1) & chosen.any()
    if blocks.sum() < fewest:
        parts = what if together == 1 else f"blocks of {together} {what}"
        raise InputError(
            f"only {blocks.sum()} of {len(blocks)} {parts} are done; run more of the sweep. "
            "Example: abm sweep STUDY.toml"
        )
    kept = np.flatnonzero(np.repeat(blocks, together))
    return Complete(
        cells[blocks][:, :, chosen], kept, np.flatnonzero(chosen), len(values) - len(kept)
    )
