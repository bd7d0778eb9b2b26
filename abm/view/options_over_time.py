"""One person's options over time: what each place is worth, and where the person is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from abm.hosts_table import HOME
from abm.view.dated_events import marks_of
from abm.view.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    RED,
    SKY,
    canvas,
    dates_along,
    mark,
    plain,
    signed,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 7  # options beside home
COLOURS = (BLUE, ORANGE, GREEN, PINK, SKY, RED, GREY)


def options_over_time(options: pd.DataFrame, events: pd.DataFrame | None = None) -> Figure:
    """Utility of one person's likeliest options, week by week, above a strip of where they live.

    options : as `abm.study.options_by_week` gives it; a line is solid where the
        person is able to take the option, dotted where not. events : dated, for the marks
    """
    people = options["person"].unique()
    if len(people) != 1:
        raise ValueError(f"options of one person are drawn, not of {len(people)}")
    best = options.groupby("option")["probability"].max()
    lived = set(options["host"])
    order = best.drop(HOME).sort_values(ascending=False, kind="stable").index
    always = [name for name in order if name in lived]
    shown = [*always, *(name for name in order if name not in lived)][: max(SHOWN, len(always))]
    figure, (axes, strip) = canvas(2, 1, height=5.6, ratios=(8, 1))
    colours = {HOME: BLACK}
    colours |= {name: COLOURS[k % len(COLOURS)] for k, name in enumerate(shown)}
    for name, colour in colours.items():
        _line(axes, options[options["option"] == name], colour, str(name))
    mark(axes, marks_of(events))
    axes.set_ylabel("utility, util a month")
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    plain(axes)
    _strip(strip, options, colours)
    dates_along(strip)
    source = (
        "Simulated by Relokant. Utility after the cost of moving there; one util is the scale of "
        "the luck of one choice. Solid: the person is able to take the option (doors, papers, "
        "savings); dotted: not."
    )
    return signed(figure, f"What each place is worth to person {people[0]}", source)


def _line(axes: Axes, option: pd.DataFrame, colour: str, name: str) -> None:
    """Dotted throughout, solid over it where the person is able."""
    days, utility = option["date"], option["utility"].to_numpy(float)
    able = np.where(option["able"] & np.isfinite(utility), utility, np.nan)
    marker = "o" if len(option) == 1 else None
    axes.plot(days, utility, ":", color=colour, linewidth=1, marker=marker)
    axes.plot(days, able, "-", color=colour, linewidth=1.8, label=name, marker=marker)


def _strip(axes: Axes, options: pd.DataFrame, colours: dict[str, str]) -> None:
    """Where the person is, week by week."""
    from matplotlib.dates import date2num

    where = options.groupby("date")["host"].first()
    anew = where.ne(where.shift()).cumsum()
    for _, stay in where.groupby(anew):
        first, last = stay.index[0], stay.index[-1] + pd.Timedelta(weeks=1)
        left, right = float(date2num(first)), float(date2num(last))
        host = str(stay.iloc[0])
        axes.barh(0, right - left, left=left, color=colours.get(host, GREY), height=1)
        if right - left > 40:
            axes.text(left + 5, 0, host, va="center", fontsize=8, color="white")
    axes.set_yticks([0], ["lives in"])
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
