"""Made-up tables of a run, small enough to work out by hand what a source would count."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd

from abm.calendar import week_start

WEEKS = 149  # the war years


def outcomes(values: dict[tuple[str, str], Any], weeks: int = WEEKS) -> pd.DataFrame:
    """An outcomes table; a value is one number for all weeks, or numbers by week (others 0)."""
    rows = []
    for (host, outcome), value in values.items():
        for week in range(weeks):
            now = value.get(week, 0.0) if isinstance(value, dict) else float(value)
            rows.append((pd.Timestamp(week_start(week)), host, outcome, now, "people"))
    return pd.DataFrame(rows, columns=["date", "host", "outcome", "value", "unit"])


def moves(*rows: tuple[int, int, str, str]) -> pd.DataFrame:
    """A moves table from (person, week, origin, destination), 150 people a move."""
    table = pd.DataFrame(rows, columns=["person", "week", "origin", "destination"])
    dates = [pd.Timestamp(week_start(week)) for week in table["week"]]
    return table.assign(date=pd.to_datetime(pd.Series(dates)), cause="wages", people=150.0)


def emigrants(*rows: tuple[int, int, str, str, float, float]) -> pd.DataFrame:
    """An emigrants table from (person, left_week, occupation, education, age, wage)."""
    columns = ["person", "left_week", "occupation", "education", "age_years", "wage_usd"]
    return pd.DataFrame(rows, columns=columns)


def a_run(**tables: Any) -> Any:
    """A run at 100 people an agent that lasts the war years."""
    usual = {
        "scenario": SimpleNamespace(scale=100),
        "population": {
            "wage_median_usd": 500.0,
            "mean_age_years": 43.0,
            "share_higher_education": 0.3,
            "share_entrepreneurs": 0.1,
        },
        "outcomes": outcomes({("World", "departures"): 0}),
        "moves": moves((1, 0, "Russia", "Turkey")).iloc[:0],
        "emigrants": emigrants((1, 0, "it", "higher", 30, 1000)).iloc[:0],
        "refusals": pd.DataFrame(columns=["week", "date", "person", "host", "renewal", "people"]),
    }
    return SimpleNamespace(**(usual | tables))
