"""Figures of a run or of several replicates, from the tidy table of outcomes.

Each function takes outcomes (date, host, outcome, value, unit; replicate where there are several)
and returns a matplotlib Figure that no window owns. Lines are means over replicates, bands span the
lowest and the highest. Colours are those of Okabe and Ito, told apart by colour-blind readers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PINK, SKY, YELLOW, BLACK = "#CC79A7", "#56B4E9", "#F0E442", "#000000"
GREY = "#767676"
CAUSE_NAMES = {"attention": "reconsidered by themselves"}
CAUSE_COLOURS = (GREY, BLUE, RED, ORANGE, GREEN, PINK, SKY, YELLOW, BLACK)
TOP_HOSTS = 11
WORLD = "World"
SOURCE = "Simulated by Relokant; people, children included"


class Event(Protocol):
    """What the marks need to know of a scenario's event."""

    @property
    def date(self) -> date: ...
    @property
    def lever(self) -> str: ...
    @property
    def value(self) -> float: ...


def marks_of(events: Iterable[Event]) -> dict[date, str]:
    """The dates worth a line in every figure: the days on which a mobilisation is ordered."""
    marks, strength = {}, 0.0
    for event in sorted(events, key=lambda event: event.date):
        if event.lever == "mobilisation":
            if event.value > 0 and strength == 0:
                marks[event.date] = "mobilisation order"
            strength = event.value
    return marks


def departures_and_returns(
    outcomes: pd.DataFrame, marks: Mapping[date, str] | None = None
) -> Figure:
    """People who leave Russia and who come back, a week."""
    figure, (axes,) = canvas(1, 1, height=4.5)
    for outcome, colour in (("departures", BLUE), ("returns", ORANGE)):
        _band(axes, _by_week(outcomes, outcome, WORLD), colour, outcome)
    _mark(axes, marks)
    axes.set_ylabel("people a week")
    axes.legend(frameon=False, loc="upper right")
    return _finished(figure, "Departures from Russia and returns, a week", outcomes)


def stock_abroad(outcomes: pd.DataFrame, marks: Mapping[date, str] | None = None) -> Figure:
    """People abroad at each week's end: the hosts with most of them, and all others together."""
    means = _rows(outcomes, "stock_abroad").query("host != @WORLD")
    order = means.groupby("host")["value"].mean().sort_values(ascending=False).index
    top = list(order[:TOP_HOSTS])
    figure, panels = canvas(4, 3, height=8, sharey=True)
    for axes, host in zip(panels, [*top, "all other hosts"], strict=False):
        if host in top:
            weeks = _by_week(outcomes, "stock_abroad", host)
        else:
            weeks = _by_week(outcomes, "stock_abroad", *order[TOP_HOSTS:])
        _band(axes, weeks / 1000, BLUE)
        _mark(axes, marks, labelled=False)
        axes.set_title(host, fontsize=10, loc="left")
    for axes in panels[::3]:
        axes.set_ylabel("thousand people")
    named = ", ".join(_dated(day, text) for day, text in (marks or {}).items())
    title = "People abroad, by host, at each week's end"
    return _finished(figure, title, outcomes, f"\nDotted line: {named}." if named else "")


def returns_by_cause(outcomes: pd.DataFrame, marks: Mapping[date, str] | None = None) -> Figure:
    """People who come back, the mean week of each month, by what made them reconsider last."""
    monthly = weekly_returns_by_month(outcomes)
    colours = dict(zip(sorted(monthly.columns), cycle(CAUSE_COLOURS), strict=False))
    figure, (axes,) = canvas(1, 1, height=4.5)
    below = np.zeros(len(monthly))
    for cause in monthly.columns:
        people = monthly[cause].to_numpy()
        name, colour = CAUSE_NAMES.get(cause, cause), colours[cause]
        axes.bar(monthly.index, people, 26, below, align="edge", color=colour, label=name)
        below += people
    if below.any():
        axes.set_ylim(top=1.08 * below.max())
    _mark(axes, marks)
    axes.set_ylabel("people a week")
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    title = "Returns to Russia by last trigger; mean week of each month"
    return _finished(figure, title, outcomes, bands=False)


def weekly_returns_by_month(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Mean returns a week by month (index: its first day) and cause (columns, most first).

    In people, the mean over replicates; a week belongs to the month in which it starts.
    """
    prefix = "return_causes."
    rows = outcomes[(outcomes["host"] == WORLD) & outcomes["outcome"].str.startswith(prefix)]
    if rows.empty:
        raise KeyError(f"no outcome {prefix}* in the table")
    cause = rows["outcome"].str.removeprefix(prefix)
    total = rows.groupby([_month(rows["date"]), cause])["value"].sum().unstack(fill_value=0)
    dates = pd.Series(outcomes["date"].unique())
    weeks = dates.groupby(_month(dates)).size()
    monthly = total.reindex(weeks.index, fill_value=0).div(weeks * _replicates(outcomes), axis=0)
    return monthly[monthly.sum().sort_values(ascending=False).index]


def draw_all(
    outcomes: pd.DataFrame, folder: str | Path, marks: Mapping[date, str] | None = None
) -> list[Path]:
    """Write every figure as a PNG into an existing folder; their paths."""
    figures = {
        "departures-and-returns": departures_and_returns(outcomes, marks),
        "stock-abroad": stock_abroad(outcomes, marks),
        "returns-by-cause": returns_by_cause(outcomes, marks),
    }
    paths = [Path(folder) / f"{name}.png" for name in figures]
    for path, figure in zip(paths, figures.values(), strict=True):
        figure.savefig(path, dpi=150)
    return paths


def _rows(outcomes: pd.DataFrame, outcome: str) -> pd.DataFrame:
    rows = outcomes[outcomes["outcome"] == outcome]
    if rows.empty:
        raise KeyError(f"no outcome {outcome!r} in the table")
    return rows


def _month(dates: pd.Series[pd.Timestamp]) -> pd.Series[pd.Timestamp]:
    return dates.dt.to_period("M").dt.start_time


def _replicates(outcomes: pd.DataFrame) -> int:
    return outcomes["replicate"].nunique() if "replicate" in outcomes else 1


def _by_week(outcomes: pd.DataFrame, outcome: str, *hosts: str) -> pd.DataFrame:
    """One outcome summed over hosts: rows are weeks (by first day), columns replicates."""
    rows = _rows(outcomes, outcome)
    rows = rows[rows["host"].isin(hosts)]
    replicate = rows["replicate"] if "replicate" in rows else pd.Series(0, rows.index)
    return rows.groupby(["date", replicate.rename("replicate")])["value"].sum().unstack()


def canvas(
    rows: int, columns: int, height: float, sharey: bool = False
) -> tuple[Figure, list[Axes]]:
    """A figure drawn by Agg without pyplot, so that no global state is touched."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, height), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=sharey)
    return figure, list(grid.flat)


def _band(axes: Axes, weeks: pd.DataFrame, colour: str, label: str | None = None) -> None:
    axes.plot(weeks.index, weeks.mean(axis=1), color=colour, linewidth=1.5, label=label)
    if weeks.shape[1] > 1:
        low, high = weeks.min(axis=1), weeks.max(axis=1)
        axes.fill_between(weeks.index, low, high, color=colour, alpha=0.25, linewidth=0)


def _mark(axes: Axes, marks: Mapping[date, str] | None, labelled: bool = True) -> None:
    from matplotlib.dates import date2num

    for day, text in (marks or {}).items():
        axes.axvline(date2num(day), color=GREY, linewidth=1, linestyle=":")
        if labelled:
            axes.annotate(
                f" {_dated(day, text)}",
                (date2num(day), 1.0),
                xycoords=("data", "axes fraction"),
                va="bottom",
                fontsize=9,
                color=GREY,
            )


def _dated(day: date, text: str) -> str:
    return f"{day.day} {day:%b %Y}, {text}"


def _finished(
    figure: Figure, title: str, outcomes: pd.DataFrame, note: str = "", bands: bool = True
) -> Figure:
    """Dates, units, title and the line that says where the figure comes from."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import FuncFormatter

    for axes in figure.axes:
        locator = AutoDateLocator(minticks=3, maxticks=7)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.set_ylim(bottom=0)
        axes.spines[["top", "right"]].set_visible(False)
    n = _replicates(outcomes)
    spread = f"mean of {n} replicates" if n > 1 else "one replicate"
    if bands and n > 1:
        spread += ", bands their range"
    return signed(figure, title, f"{SOURCE}; {spread}.{note}")


def signed(figure: Figure, title: str, source: str) -> Figure:
    """The figure with its title and the line that says where it comes from."""
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, weight="bold")
    figure.supxlabel(source, x=0.01, ha="left", fontsize=8)
    return figure
