"""Time abroad as Kaplan-Meier curves: the share of those who left who are not back yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from abm.calendar import WEEKS_PER_MONTH
from abm.study.wording import counted
from abm.view.extras import needed
from abm.view.style import LINES, canvas, plain, replicates, signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEWEST = 10  # stays in a group, below which a curve would say nothing
SPELT_OUT = {"it": "IT"}
GROUPS = {"host_type": "by the host first entered", "occupation": "by occupation at home"}


def time_abroad(stays: pd.DataFrame) -> Figure:
    """Kaplan and Meier's (1958) estimate of the share still abroad, by months since leaving.

    stays : as `abm.study.readings.time_abroad` gives it; who has not returned by the run's end
        counts until then. Bands are 95 % intervals of so many simulated adults (log-log,
        pointwise), of all replicates together.
    """
    if stays.empty:
        raise ValueError("nobody left, so there is no time abroad to draw")
    figure, panels = canvas(1, 2, height=5.2, sharey=True)
    small: list[str] = []
    for axes, (column, title) in zip(panels, GROUPS.items(), strict=True):
        sizes = stays[column].value_counts()
        small += [str(name) for name in sizes.index[sizes < FEWEST]]
        names = [str(name) for name in sizes.index[sizes >= FEWEST]]
        for k, name in enumerate(names):
            group = stays[stays[column] == name]
            style = "-" if k < len(LINES) else "--"
            label = f"{SPELT_OUT.get(name, name)} ({len(group):,})"
            shade = 0.2 if len(names) <= 4 else 0.08
            _curve(axes, survival(group), LINES[k % len(LINES)], style, label, shade)
        axes.set_title(title, fontsize=10, loc="left")
        axes.set_xlabel("months since leaving Russia")
        axes.set_ylim(0, 1.02)
        axes.set_xlim(left=0)
        plain(axes)
        if names:
            axes.legend(frameon=False, fontsize=8, loc="lower left", ncols=1 + (len(names) > 5))
    panels[0].set_ylabel("share still abroad")
    left_out = f" Fewer than {FEWEST} stays, left out: {', '.join(small)}." if small else ""
    source = (
        f"Simulated by Relokant; {counted(len(stays), 'stay')} of adults in "
        f"{counted(replicates(stays), 'replicate')}, number in brackets. Bands: 95 % intervals of "
        f"simulated adults, not of people.{left_out}"
    )
    return signed(figure, "How long they stay abroad", source)


def survival(stays: pd.DataFrame) -> pd.DataFrame:
    """Indexed by months since leaving: share still abroad, low, high."""
    lifelines = needed("lifelines", "time abroad", "plots")
    fitter = lifelines.KaplanMeierFitter()
    fitter.fit(stays["weeks"], stays["returned"])
    table = pd.concat([fitter.survival_function_, fitter.confidence_interval_], axis=1)
    table.columns = pd.Index(["share", "low", "high"])
    table.index = pd.Index(table.index / WEEKS_PER_MONTH, name="months")
    return table


def _curve(
    axes: Axes, table: pd.DataFrame, colour: str, style: str, label: str, shade: float
) -> None:
    months = table.index.to_numpy(float)
    axes.step(months, table["share"], style, where="post", color=colour, label=label, linewidth=1.5)
    low, high = (table[end].fillna(table["share"]).to_numpy(float) for end in ("low", "high"))
    if np.any(high > low):
        axes.fill_between(months, low, high, step="post", color=colour, alpha=shade, linewidth=0)
