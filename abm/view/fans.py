"""Fan charts: how far replicates spread around their median."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from abm.study.wording import counted
from abm.view.dated_events import marks_of
from abm.view.labels import scaled
from abm.view.style import (
    BLUE,
    WORLD,
    by_week,
    canvas,
    dates_along,
    mark,
    nothing,
    plain,
    replicates,
    rows_of,
    signed,
)  # fmt: skip

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHARES = (0.95, 0.8, 0.5)
ENOUGH = 10  # replicates, below which single ones are drawn instead of quantiles


def fan(
    outcomes: pd.DataFrame,
    names: Sequence[str],
    host: str = WORLD,
    events: pd.DataFrame | None = None,
) -> Figure:
    """Outcomes of one place over time: median, and bands that hold 50, 80 and 95 % of replicates.

    With fewer than ten replicates their lines stand instead of the bands; one is a line alone.
    """
    count = replicates(outcomes)
    figure, panels = canvas(len(names), 1, height=0.9 + 2.3 * len(names))
    for axes, name in zip(panels, names, strict=True):
        rows = rows_of(outcomes, name)
        rows = rows[rows["host"] == host]
        if rows.empty:
            raise KeyError(f"no outcome {name!r} for {host!r} in the table")
        weeks = by_week(rows, name, host)
        by, unit = scaled(rows["value"], str(rows["unit"].iloc[0]))
        weeks = weeks / by
        for low, high in quantiles(weeks) if count >= ENOUGH else ():
            axes.fill_between(weeks.index, low, high, color=BLUE, alpha=0.2, linewidth=0)
        if 1 < count < ENOUGH:
            axes.plot(weeks.index, weeks, color=BLUE, alpha=0.4, linewidth=0.7)
        marker = "o" if len(weeks) == 1 else None
        axes.plot(weeks.index, weeks.median(axis=1), color=BLUE, linewidth=1.6, marker=marker)
        if not rows["value"].any():
            nothing(axes, "nobody in any week" if "people" in unit else "zero in every week")
        mark(axes, marks_of(events), labelled=axes is panels[0])
        axes.set_title(name, fontsize=10, loc="right")
        axes.set_ylabel(unit, fontsize=9)
        dates_along(axes)
        plain(axes)
    spread = {True: "line the median, bands 50, 80 and 95 % of replicates", False: "each a line"}
    said = f"; {spread[count >= ENOUGH]}" if count > 1 else ""
    source = f"Simulated by Relokant; {counted(count, 'replicate')}{said}."
    return signed(figure, f"How far luck alone spreads: {host}", source)


def quantiles(weeks: pd.DataFrame) -> list[tuple[pd.Series, pd.Series]]:
    """Lower and upper end of each band by week, the widest first; weeks by replicates."""
    return [
        (weeks.quantile((1 - share) / 2, axis=1), weeks.quantile((1 + share) / 2, axis=1))
        for share in SHARES
    ]
