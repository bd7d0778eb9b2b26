"""What all figures share: colours, canvas, bands, dates, the line that says where it comes from.

Colours are those of Okabe and Ito, told apart by colour-blind readers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from textwrap import fill
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PINK, SKY, YELLOW, BLACK = "#CC79A7", "#56B4E9", "#F0E442", "#000000"
GREY, PALE = "#767676", "#DDDDDD"
LINES = (BLUE, ORANGE, GREEN, PINK, RED, SKY, GREY, BLACK)
WORLD = "World"
LETTERS_AN_INCH = 16  # of the source line
SOURCE = "Simulated by Relokant; people, children included"


def canvas(
    rows: int,
    columns: int,
    height: float,
    sharey: bool = False,
    sharex: bool = True,
    ratios: tuple[float, ...] | None = None,
) -> tuple[Figure, list[Axes]]:
    """A figure drawn by Agg without pyplot, so that no global state is touched.

    height: inches; ratios: of the rows' heights
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, height), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(
        rows, columns, squeeze=False, sharex=sharex, sharey=sharey, height_ratios=ratios
    )
    return figure, list(grid.flat)


def rows_of(outcomes: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """The rows of one outcome; KeyError if there is none."""
    rows = outcomes[outcomes["outcome"] == outcome]
    if rows.empty:
        raise KeyError(f"no outcome {outcome!r} in the table")
    return rows


def by_week(outcomes: pd.DataFrame, outcome: str, *hosts: str) -> pd.DataFrame:
    """One outcome summed over hosts: rows are weeks (by first day), columns replicates."""
    rows = rows_of(outcomes, outcome)
    rows = rows[rows["host"].isin(hosts)]
    replicate = rows["replicate"] if "replicate" in rows else pd.Series(0, rows.index)
    return rows.groupby(["date", replicate.rename("replicate")])["value"].sum().unstack()


def replicates(table: pd.DataFrame) -> int:
    """How many replicates a table holds; 1 where it does not say."""
    return table["replicate"].nunique() if "replicate" in table else 1


def band(axes: Axes, weeks: pd.DataFrame, colour: str, label: str | None = None) -> None:
    """The mean over replicates, and their range."""
    marker = "o" if len(weeks) == 1 else None
    axes.plot(
        weeks.index, weeks.mean(axis=1), color=colour, linewidth=1.5, label=label, marker=marker
    )
    if weeks.shape[1] > 1:
        low, high = weeks.min(axis=1), weeks.max(axis=1)
        axes.fill_between(weeks.index, low, high, color=colour, alpha=0.25, linewidth=0)


def mark(axes: Axes, marks: Mapping[date, str] | None, labelled: bool = True) -> None:
    """A dotted line at each date, with its name above."""
    from matplotlib.dates import date2num

    for day, text in (marks or {}).items():
        axes.axvline(date2num(day), color=GREY, linewidth=1, linestyle=":")
        if labelled:
            axes.annotate(
                f" {dated(day, text)}",
                (date2num(day), 1.0),
                xycoords=("data", "axes fraction"),
                va="bottom",
                fontsize=9,
                color=GREY,
            )


def dated(day: date, text: str) -> str:
    return f"{day.day} {day:%b %Y}, {text}"


def dates_along(axes: Axes) -> None:
    """Dates on the horizontal axis, as few words as tell them apart."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    first, last = axes.xaxis.get_data_interval()
    if first == last:  # one week, around which there would be years
        axes.set_xlim(first - 7, last + 7)
    locator = AutoDateLocator(minticks=3, maxticks=7)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def plain(axes: Axes) -> None:
    """No frame above and to the right."""
    axes.spines[["top", "right"]].set_visible(False)


def nothing(axes: Axes, said: str) -> None:
    """In the middle of axes on which all is zero, why they are empty."""
    axes.set_ylim(0, 1)
    axes.set_yticks([0])
    axes.text(0.5, 0.5, said, transform=axes.transAxes, ha="center", va="center", color=GREY)


def tick(value: float, _: object = None) -> str:
    """A number on an axis, with all the digits that it needs."""
    return f"{value:,.15g}"


def over_time(
    figure: Figure,
    title: str,
    outcomes: pd.DataFrame,
    note: str = "",
    bands: bool = True,
    fitted: str = "",
) -> Figure:
    """Dates, units, title and the line that says where the figure comes from.

    fitted : of a fit, its evidence and draws, over which the runs then differ as well
    """
    from matplotlib.ticker import FuncFormatter

    for axes in figure.axes:
        dates_along(axes)
        axes.yaxis.set_major_formatter(FuncFormatter(tick))
        axes.set_ylim(bottom=0)
        plain(axes)
    n = replicates(outcomes)
    spread = f"mean of {n} replicates" if n > 1 else "one replicate"
    if fitted:
        spread += f" ({fitted})"
    if bands and n > 1:
        spread += ", bands their range"
    return signed(figure, title, f"{SOURCE}; {spread}.{note}")


def signed(figure: Figure, title: str, source: str) -> Figure:
    """The figure with its title and the line that says where it comes from, folded to its width."""
    letters = int(LETTERS_AN_INCH * figure.get_size_inches()[0])
    source = "\n".join(fill(line, letters) for line in source.splitlines())
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, weight="bold")
    figure.supxlabel(source, x=0.01, ha="left", fontsize=8)
    return figure
