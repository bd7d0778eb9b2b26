"""Reading a run's tables by day: flows, stocks, stays and places. Knows nothing of targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from abm.calendar import DAYS_PER_WEEK, START
from abm.errors import InputError
from abm.hosts_table import HOME, HOST_NAMES, host_labels

if TYPE_CHECKING:
    from abm.scenario import Scenario

LAST_DAY_OF_WEEK = pd.Timedelta(days=DAYS_PER_WEEK - 1)


class Tables(Protocol):
    """What is read of a run; `abm.study.results.Run` offers it."""

    @property
    def scenario(self) -> Scenario: ...
    @property
    def population(self) -> Mapping[str, float]: ...
    @property
    def outcomes(self) -> pd.DataFrame: ...
    @property
    def moves(self) -> pd.DataFrame: ...
    @property
    def emigrants(self) -> pd.DataFrame: ...
    @property
    def refusals(self) -> pd.DataFrame: ...


def last_day(outcomes: pd.DataFrame) -> date:
    """The last day that a run covers."""
    day: date = (pd.Timestamp(outcomes["date"].max()) + LAST_DAY_OF_WEEK).date()
    return day


def year_before(day: date) -> date:
    """The same day of the year before; not for 29 February."""
    return day.replace(year=day.year - 1)


def ratio(value: float, base: float) -> float:
    """value / base, and NaN where there is nothing to compare with."""
    return float(value / base) if base else float("nan")


def share_of_week(first_days: pd.Series, first: date, last: date) -> pd.Series:
    """For weeks that begin on first_days, the share of their seven days from first to last."""
    begin = (pd.to_datetime(first_days) - pd.Timestamp(first)).dt.days
    days = (last - first).days + 1
    inside = (begin + DAYS_PER_WEEK).clip(upper=days) - begin.clip(lower=0)
    return inside.clip(lower=0).fillna(0) / DAYS_PER_WEEK


def weekly(outcomes: pd.DataFrame, hosts: Sequence[str], outcome: str) -> pd.Series:
    """One outcome summed over hosts, by the first day of the week.

    Raises
    ------
    InputError : the outcome is missing for one of the hosts
    """
    rows = outcomes[(outcomes["outcome"] == outcome) & outcomes["host"].isin(hosts)]
    missing = set(hosts) - set(rows["host"])
    if missing:
        raise InputError(
            f"the run has no outcome {outcome!r} for {', '.join(sorted(missing))}; "
            "for example 'departures' for World"
        )
    return rows.groupby("date")["value"].sum(min_count=len(hosts))


def sum_over(
    outcomes: pd.DataFrame, hosts: Sequence[str], outcome: str, first: date, last: date
) -> float:
    """A flow from the first to the last day, each week's spread evenly over its days."""
    flow = weekly(outcomes, hosts, outcome)
    return float((flow * share_of_week(_days(flow), first, last)).sum())


def mean_over(values: pd.Series, first: date, last: date) -> float:
    """The mean of weekly values from the first to the last day, each day alike."""
    weights = share_of_week(_days(values), first, last)[values.notna()]
    return ratio((values * weights).sum(), weights.sum())


def stock_at(outcomes: pd.DataFrame, host: str, outcome: str, day: date) -> float:
    """A stock at the end of the last week that is complete on a day."""
    stock = weekly(outcomes, [host], outcome)
    complete = stock[_days(stock) + LAST_DAY_OF_WEEK <= pd.Timestamp(day)]
    return float(complete.iloc[-1]) if len(complete) else float("nan")


def completed(moves: pd.DataFrame, day: date) -> pd.DataFrame:
    """The moves of the weeks that are complete on a day."""
    return moves[pd.to_datetime(moves["date"]) + LAST_DAY_OF_WEEK <= pd.Timestamp(day)]


def place_at(moves: pd.DataFrame, day: date) -> pd.Series:
    """Where each person who ever moved was at the end of the last complete week; by person."""
    until_then = completed(moves, day).sort_values("date", kind="stable")
    return until_then.groupby("person")["destination"].last()


def first_departures(emigrants: pd.DataFrame) -> pd.Series:
    """The first day of the week in which each emigrant first left."""
    weeks = pd.to_timedelta(emigrants["left_week"] * DAYS_PER_WEEK, unit="D")
    return pd.Timestamp(START) + weeks


def stays(moves: pd.DataFrame, host: str) -> pd.DataFrame:
    """Each stay in a host: person, since, until (NaT for who is still there), people."""
    ordered = moves.sort_values(["person", "date"], kind="stable")
    until = pd.to_datetime(ordered.groupby("person")["date"].shift(-1))
    spells = ordered.assign(since=pd.to_datetime(ordered["date"]), until=until)
    arrivals = spells[spells["destination"] == host]
    return arrivals[["person", "since", "until", "people"]].reset_index(drop=True)


def time_abroad(moves: pd.DataFrame, emigrants: pd.DataFrame, last: date) -> pd.DataFrame:
    """Each stay abroad, from leaving Russia to coming back, through whatever hosts.

    One row a stay of an adult: person (and replicate), since (first day of the week of leaving),
    weeks (to the return, or to the end of the run), returned, host (the first), host_type,
    occupation. last : the last day of the run
    """
    keys = ["replicate", "person"] if "replicate" in moves else ["person"]
    ordered = moves.sort_values([*keys, "date"], kind="stable")
    left = ordered["origin"] == HOME
    number = left.cumsum()
    back = ordered[ordered["destination"] == HOME]
    until = pd.Series(pd.to_datetime(back["date"]).to_numpy(), number.loc[back.index].to_numpy())
    found = ordered.loc[left, [*keys, "destination"]].rename(columns={"destination": "host"})
    since = pd.to_datetime(ordered.loc[left, "date"])
    ends = pd.Series(until.reindex(number[left]).to_numpy(), since.index)
    open_end = pd.Timestamp(last) + pd.Timedelta(days=1)
    kinds = dict(zip(HOST_NAMES, host_labels("leaning_group"), strict=True))
    found = found.assign(
        since=since,
        weeks=(ends.fillna(open_end) - since).dt.days / DAYS_PER_WEEK,
        returned=ends.notna(),
        host_type=found["host"].map(kinds),
    )
    return found.merge(emigrants[[*keys, "occupation"]], on=keys, how="left")


def residences(spells: pd.DataFrame, absence: timedelta) -> pd.DataFrame:
    """Stays of a person joined where the absence between them is shorter than the given one."""
    left_before = spells.groupby("person")["until"].shift()
    anew = left_before.isna() | (spells["since"] - left_before >= absence)
    last_of_each = anew.shift(-1, fill_value=True)
    joined = spells[anew].reset_index(drop=True)
    return joined.assign(until=spells.loc[last_of_each, "until"].to_numpy())


def _days(values: pd.Series) -> pd.Series:
    """The index of first days as values, aligned with the series itself."""
    return pd.Series(pd.to_datetime(values.index), index=values.index)
