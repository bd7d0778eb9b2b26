"""Targets: the range that sources observed beside the interval that the model gives."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from abm.view.labels import wrapped
from abm.view.style import BLUE, GREY, ORANGE, PALE, canvas, signed
from abm.view.terminal import with_spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW = 0.27  # inches a target
REACH = 2.0  # widths of the observed range that are shown on either side
EVIDENCE = "middle"  # whose shares of returnees are judged if not said


def target_plot(targets: pd.DataFrame, evidence: str = EVIDENCE) -> Figure:
    """Each target on a scale of its own: the observed range as a bar, the model's mean and spread.

    targets : as `Run.targets` or `Replicates.targets` gives it (then with spread). Filled dots are
        judged, hollow ones are not (inputs, set by hand, shown, of other evidence on returns). What
        lies far off stands at the edge as an arrow. Targets that the run gives no number for are
        named below.
    """
    rows = targets[targets["simulated"].notna()].reset_index(drop=True)
    if rows.empty:
        raise ValueError("no target has a simulated value; the run ends before the first of them")
    figure, (axes,) = canvas(1, 1, height=1.3 + ROW * len(rows))
    for place, (_, row) in enumerate(rows.iterrows()):
        _draw(axes, place, row, row["status"] in ("fit", f"evidence {evidence}"))
    names = [wrapped(f"{row['id']}  {row['what']}", 70) for _, row in rows.iterrows()]
    axes.set_yticks(range(len(rows)), names, fontsize=7.5)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(-REACH - 0.15, 1 + REACH + 0.15)
    axes.set_xticks([0, 1], ["observed,\nlow end", "observed,\nhigh end"], fontsize=8)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    source = (
        "Simulated by Relokant. Grey: the observed range, without an end where it reaches the "
        "edge; blue: inside, orange: outside; lines are one standard deviation over runs either "
        "way. Hollow: not judged (input, used to set a number, shown, or of other evidence on "
        "returns). Arrows: further off than the scale."
    )
    without = targets.loc[targets["simulated"].isna(), "id"]
    if len(without):
        source += f" Without a number: {', '.join(without)}."
    return signed(figure, "What sources observed, and what the model gives", source)


def on_scale(value: float, low: float, high: float) -> float:
    """A value with the observed range as 0 to 1; of an open range, its size as the width."""
    if not math.isfinite(low):
        return (value - high) / _width(high, high) + 1
    if not math.isfinite(high):
        return (value - low) / _width(low, low)
    return (value - low) / _width(low, high)


def _width(low: float, high: float) -> float:
    return (high - low) or abs(low) or 1.0


def _draw(axes: Axes, place: int, row: pd.Series, judged: bool) -> None:
    low, high = float(row["observed_low"]), float(row["observed_high"])
    left = 0.0 if math.isfinite(low) else -REACH
    right = 1.0 if math.isfinite(high) else 1 + REACH
    axes.barh(place, right - left, left=left, height=0.62, color=PALE, zorder=1)
    mean, spread = float(row["simulated"]), float(row.get("spread", math.nan))
    at = on_scale(mean, low, high)
    inside = (left == -REACH or at >= 0) and (right > 1 or at <= 1)
    colour = BLUE if inside else ORANGE
    face = colour if judged else "white"
    shown = float(np.clip(at, -REACH, 1 + REACH))
    if shown != at:
        marker = "<" if at < 0 else ">"
    else:
        marker = "o"
        if math.isfinite(spread):
            half = abs(on_scale(mean + spread, low, high) - at)
            ends = np.clip([at - half, at + half], -REACH, 1 + REACH)
            axes.plot(ends, [place, place], color=colour, linewidth=1.5, zorder=3)
    axes.plot([shown], [place], marker, color=colour, markerfacecolor=face, markersize=6, zorder=4)
    text = f"{with_spread(mean, spread)} {row['unit']}"
    axes.text(1.01, place, text, transform=axes.get_yaxis_transform(), va="center", fontsize=7.5,
              color=GREY)  # fmt: skip
