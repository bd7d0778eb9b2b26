"""Dated events of a scenario beside its outcomes: marks and a timeline.

A table of events has the columns date, host (None for the Kremlin or all hosts), lever and value,
one row an event, as `run.json` and `Scenario.as_dict` list them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from abm.levers import KREMLIN_LEVERS
from abm.view.style import BLACK, BLUE, GREEN, GREY, ORANGE, PINK, RED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from abm.scenario import Event

COLUMNS = ("date", "host", "lever", "value")
KREMLIN, PRESSURE = "Kremlin", "pressure, refugees"
GROUPS: dict[str, tuple[str, ...]] = {
    "entry, visas": (
        "entry_ban", "entry_exemptions", "visa_free_days", "tourist_visas", "weekly_places",
        "humanitarian_visas_activists", "humanitarian_visas_draft", "draft_papers_only",
        "job_seeker_permits", "skill_visas", "resettlement",
    ),
    "permits, work": (
        "renewal_strictness", "border_run", "right_to_work", "citizenship_years",
        "simplified_settlement", "institutions_closed",
    ),
    "money, prices": ("payment_access", "sanctions", "living_cost", "capital_accepted"),
    "flights": ("direct_flights",),
}  # fmt: skip
COLOURS = dict(
    zip((KREMLIN, *GROUPS, PRESSURE), (BLACK, BLUE, GREEN, ORANGE, PINK, RED), strict=True)
)


def table_of(events: Iterable[Event | Mapping[str, Any]]) -> pd.DataFrame:
    """Events of a scenario, or as its `run.json` has them, as a table in order of date."""
    rows = [event if isinstance(event, Mapping) else asdict(event) for event in events]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.assign(date=pd.to_datetime(table["date"])).sort_values("date", kind="stable")


def marks_of(events: pd.DataFrame | None) -> dict[date, str]:
    """The dates worth a line in every figure: the days on which a mobilisation is ordered."""
    marks: dict[date, str] = {}
    strength = 0.0
    if events is None:
        return marks
    orders = events[events["lever"] == "mobilisation"]
    for day, value in zip(orders["date"], orders["value"], strict=True):
        if value > 0 and strength == 0:
            marks[pd.Timestamp(day).date()] = "mobilisation order"
        strength = value
    return marks


def group_of(lever: str) -> str:
    """The row of the timeline that a lever belongs to."""
    if lever in KREMLIN_LEVERS:
        return KREMLIN
    return next((group for group, levers in GROUPS.items() if lever in levers), PRESSURE)


def by_group(events: pd.DataFrame) -> pd.DataFrame:
    """One row a day and group: date, group, hosts (how many places change), name (if one)."""
    keyed = events.assign(group=events["lever"].map(group_of), host=events["host"].fillna(""))
    found = keyed.groupby(["group", "date"])["host"].agg(["nunique", "first"]).reset_index()
    found.columns = pd.Index(["group", "date", "hosts", "name"])
    return found.assign(name=found["name"].where(found["hosts"] == 1, ""))


def timeline(axes: Axes, events: pd.DataFrame) -> None:
    """A row a group of levers, a dot a day on which some change; larger for more hosts."""
    from matplotlib.dates import date2num

    days = by_group(events)
    present = [group for group in COLOURS if group in set(days["group"])]
    for row, group in enumerate(present):
        dots = days[days["group"] == group]
        axes.scatter(
            date2num(dots["date"].to_numpy()),
            [row] * len(dots),
            s=10 + 4 * dots["hosts"].to_numpy(float),
            color=COLOURS[group],
            alpha=0.75,
            linewidth=0,
            zorder=3,
        )
    axes.set_yticks(range(len(present)), present, fontsize=8)
    axes.set_ylim(len(present) - 0.4, -0.6)
    axes.grid(axis="y", color="#EEEEEE", linewidth=0.8)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(
        "what the scenario dates: a dot for each day, larger where more hosts change",
        fontsize=8, color=GREY,
    )  # fmt: skip
