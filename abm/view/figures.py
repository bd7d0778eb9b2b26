"""Figures of a run or of several replicates, from the tidy table of outcomes.

Each function takes outcomes (date, host, outcome, value, unit; replicate where there are several)
and returns a matplotlib Figure that no window owns. Lines are means over replicates, bands span the
lowest and the highest.
"""

from __future__ import annotations

from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from abm.errors import InputError
from abm.view.dated_events import marks_of, timeline
from abm.view.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    RED,
    SKY,
    WORLD,
    YELLOW,
    band,
    by_week,
    canvas,
    dated,
    mark,
    nothing,
    over_time,
    replicates,
    rows_of,
)  # fmt: skip

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NEEDED = ("date", "host", "outcome", "value", "unit")
CAUSE_COLOURS = (GREY, BLUE, RED, ORANGE, GREEN, PINK, SKY, YELLOW, BLACK)
TOP_HOSTS, COLUMNS = 11, 3


def departures_and_returns(
    outcomes: pd.DataFrame, events: pd.DataFrame | None = None, fitted: str = ""
) -> Figure:
    """People who leave Russia and who come back, a week, over the dated events if given."""
    told = events is not None and not events.empty
    height, ratios = (6.0, (3.2, 1.0)) if told else (4.5, None)
    figure, panels = canvas(2 if told else 1, 1, height=height, ratios=ratios)
    axes = panels[0]
    for outcome, colour in (("departures", BLUE), ("returns", ORANGE)):
        band(axes, by_week(outcomes, outcome, WORLD), colour, outcome)
    if not rows_of(outcomes, "departures")["value"].any():
        nothing(axes, "nobody left Russia")
    mark(axes, marks_of(events))
    axes.set_ylabel("people a week")
    axes.legend(frameon=False, loc="upper right")
    over_time(figure, "Departures from Russia and returns, a week", outcomes, fitted=fitted)
    if events is not None and told:
        first, last = axes.get_xlim()
        timeline(panels[1], events)
        mark(panels[1], marks_of(events), labelled=False)
        axes.set_xlim(first, last)
        panels[1].spines[["left"]].set_visible(False)
    return figure


def stock_abroad(
    outcomes: pd.DataFrame,
    events: pd.DataFrame | None = None,
    observed: pd.DataFrame | None = None,
    fitted: str = "",
) -> Figure:
    """People abroad at each week's end: the hosts with most of them, and all others together.

    observed : as `abm.study.targets.observed_stocks` gives it; what was counted, as ranges
    """
    shown = _most_people(outcomes)
    figure, panels = _panels(len(shown))
    seen: set[str] = set()
    for axes, (name, hosts) in zip(panels, shown.items(), strict=True):
        weeks = by_week(outcomes, "stock_abroad", *hosts)
        band(axes, weeks / 1000, BLUE)
        if not weeks.to_numpy().any():
            nothing(axes, "nobody abroad")
        mark(axes, marks_of(events), labelled=False)
        if observed is not None:
            last = outcomes["date"].max() + pd.Timedelta(days=6)
            here = (observed["host"] == name) & (observed["date"] <= last)
            seen |= _ranges(axes, observed[here])
        axes.set_title(name, fontsize=10, loc="left")
    for axes in panels[::COLUMNS]:
        axes.set_ylabel("thousand people")
    notes = [f"Dotted line: {dated(day, text)}." for day, text in marks_of(events).items()]
    if seen:
        counted = ", ".join(sorted(seen))
        notes.append(f"Bars, and triangles where one end is open, observed: {counted}.")
    title = "People abroad, by host, at each week's end"
    note = "\n" + " ".join(notes) if notes else ""
    return over_time(figure, title, outcomes, note, fitted=fitted)


def _most_people(outcomes: pd.DataFrame) -> dict[str, list[str]]:
    """The hosts of each panel by its name: those with most people, then the others with any."""
    rows = rows_of(outcomes, "stock_abroad").query("host != @WORLD")
    means = rows.groupby("host", observed=True)["value"].mean().sort_values(ascending=False)
    order = [str(host) for host in means.index[means > 0]]
    shown = {host: [host] for host in order[:TOP_HOSTS]}
    if others := order[TOP_HOSTS:]:
        shown["all other hosts"] = others
    return shown or {"all hosts": list(means.index)}


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    """So many panels in rows, with dates under the last of each column."""
    columns = min(count, COLUMNS)
    rows = -(-count // columns)
    figure, panels = canvas(rows, columns, height=max(4.0, 2.0 * rows), sharey=True)
    for axes in panels[count:]:
        axes.remove()
    for axes in panels[count - columns : count]:
        axes.tick_params(labelbottom=True)
        axes.xaxis.offsetText.set_visible(True)
    return figure, panels[:count]


def _ranges(axes: Axes, observed: pd.DataFrame) -> set[str]:
    """Bars over the observed ranges, an arrow where one end is open; what the bars count."""
    from matplotlib.dates import date2num

    said = set()
    for _, row in observed.iterrows():
        people = row["counts"] == "people"
        colour, face = (ORANGE, ORANGE) if people else (RED, "white")
        day = date2num(row["date"])
        ends = [row[end] / 1000 for end in ("low", "high") if np.isfinite(row[end])]
        if len(ends) == 2:
            axes.plot([day, day], ends, color=colour, linewidth=3, zorder=4)
        else:
            marker = "v" if np.isfinite(row["high"]) else "^"
            axes.plot([day], ends, marker, color=colour, markerfacecolor=face, zorder=4)
        said.add(f"{row['counts']} ({'orange' if people else 'red'}, {row['host']})")
    return said


def returns_by_cause(
    outcomes: pd.DataFrame, events: pd.DataFrame | None = None, fitted: str = ""
) -> Figure:
    """People who come back, the mean week of each month, by what made them reconsider last."""
    monthly = weekly_returns_by_month(outcomes)
    colours = dict(zip(sorted(monthly.columns), cycle(CAUSE_COLOURS), strict=False))
    figure, (axes,) = canvas(1, 1, height=4.5)
    below = np.zeros(len(monthly))
    for cause in monthly.columns:
        people = monthly[cause].to_numpy()
        colour = colours[cause]
        axes.bar(monthly.index, people, 26, below, align="edge", color=colour, label=cause)
        below += people
    if below.any():
        axes.set_ylim(top=1.08 * below.max())
        handles, labels = axes.get_legend_handles_labels()
        handles, labels = handles[::-1], labels[::-1]
        axes.legend(handles, labels, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    else:
        nothing(axes, "nobody returned")
    mark(axes, marks_of(events))
    axes.set_ylabel("people a week")
    title = "Returns to Russia by last trigger; mean week of each month"
    return over_time(figure, title, outcomes, bands=False, fitted=fitted)


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
    monthly = total.reindex(weeks.index, fill_value=0).div(weeks * replicates(outcomes), axis=0)
    return monthly[monthly.sum().sort_values(ascending=False).index]


def draw_all(
    outcomes: pd.DataFrame,
    folder: str | Path,
    events: pd.DataFrame | None = None,
    observed: pd.DataFrame | None = None,
    fitted: str = "",
) -> list[Path]:
    """Write every figure as a PNG into a folder, which is made if there is none; their paths.

    fitted : of runs at a fit, its evidence and draws, to be said under each figure

    Raises
    ------
    InputError : outcomes is no table of outcomes
    """
    if not (isinstance(outcomes, pd.DataFrame) and {*NEEDED} <= {*outcomes}):
        raise InputError(
            f"draw_all takes a table with the columns {', '.join(NEEDED)}. Example: "
            'abm.draw_all(abm.run("war-years").outcomes, "figures")'
        )
    Path(folder).mkdir(parents=True, exist_ok=True)
    figures = {
        "departures-and-returns": departures_and_returns(outcomes, events, fitted),
        "stock-abroad": stock_abroad(outcomes, events, observed, fitted),
        "returns-by-cause": returns_by_cause(outcomes, events, fitted),
    }
    paths = [Path(folder) / f"{name}.png" for name in figures]
    for path, figure in zip(paths, figures.values(), strict=True):
        figure.savefig(path, dpi=150)
    return paths


def _month(dates: pd.Series[pd.Timestamp]) -> pd.Series[pd.Timestamp]:
    return dates.dt.to_period("M").dt.start_time
