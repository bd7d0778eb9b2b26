"""What made the difference: Shapley values of mechanisms, and fates in two worlds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from abm.fates import FATES
from abm.view.labels import BY, scaled, titled, wrapped
from abm.view.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    RED,
    SKY,
    SOURCE,
    canvas,
    signed,
)  # fmt: skip

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW = 0.32  # inches a bar
COLOURS = dict(zip(FATES, (GREY, BLUE, SKY, PINK, ORANGE, RED), strict=True))
STEPS = 30  # points of a ribbon's edge


def shapley_bars(values: pd.DataFrame, label: str, unit: str, notes: str = "") -> Figure:
    """How much each mechanism contributes to an outcome; the largest on top.

    values : name, value, low, high (the ends of an interval; NaN where there is none), in the
        outcome's unit; they add up to what all together make
    """
    if values.empty:
        raise ValueError("there is no mechanism to draw")
    by, unit = scaled(values[["value", "low", "high"]].abs().max(axis=1), unit)
    rows = values.loc[values["value"].abs().sort_values(ascending=False, kind="stable").index]
    figure, (axes,) = canvas(1, 1, height=1.7 + ROW * max(len(rows), 3))
    places = np.arange(len(rows))
    sizes = rows["value"].to_numpy(float) / by
    axes.barh(places, sizes, 0.72, color=np.where(sizes < 0, ORANGE, BLUE), zorder=2)
    for place, (_, row) in zip(places, rows.iterrows(), strict=True):
        if np.isfinite(row["low"]) and np.isfinite(row["high"]):
            axes.plot([row["low"] / by, row["high"] / by], [place] * 2, color=BLACK, linewidth=1.1,
                      zorder=3)  # fmt: skip
    axes.axvline(0, color=BLACK, linewidth=0.8, zorder=3)
    axes.set_yticks(places, [wrapped(str(name), 48) for name in rows["name"]], fontsize=9)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.6, zorder=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_xlabel(f"contribution, {unit}")
    total = float(rows["value"].sum()) / by
    intervals = "; lines are 95 % intervals" if rows["low"].notna().any() else ""
    source = (
        f"{BY}; Shapley values: the mean over all orders of what switching each on adds"
        f"{intervals}. Together: {total:,.4g} {unit}. {notes}"
    )
    return signed(figure, titled("What makes it", label), source.strip())


def fate_flows(
    flows: pd.DataFrame, first: str = "A", second: str = "B", order: Sequence[str] = FATES
) -> Figure:
    """From people's fates in one world to those of the same people in another.

    flows : fate_a, fate_b, people (mean over replicates); who stayed home in both may be left out
    first, second : names of the worlds; order : of the fates, top to bottom
    """
    table = flows[flows["people"] > 0].astype({"fate_a": str, "fate_b": str})
    if table.empty:
        raise ValueError("nobody left in either world, so there is no fate to draw")
    fates = [fate for fate in order if fate in {*table["fate_a"], *table["fate_b"]}]
    unknown = {*table["fate_a"], *table["fate_b"]} - {*order}
    if unknown:
        raise KeyError(f"no place in the order for {', '.join(sorted(unknown))}")
    whole = float(table["people"].sum())
    figure, (axes,) = canvas(1, 1, height=5.6)
    gap = 0.02 * whole
    ends = {
        side: _stack(table.groupby(side)["people"].sum(), fates, gap)
        for side in ("fate_a", "fate_b")
    }
    used = {side: dict.fromkeys(fates, 0.0) for side in ends}
    rank = {fate: k for k, fate in enumerate(fates)}
    for _, row in table.sort_values(["fate_a", "fate_b"], key=lambda c: c.map(rank)).iterrows():
        starts = []
        for side in ends:
            fate = str(row[side])
            starts.append(ends[side][fate][0] - used[side][fate])
            used[side][fate] += row["people"]
        same = row["fate_a"] == row["fate_b"]
        _ribbon(axes, starts, float(row["people"]), COLOURS.get(str(row["fate_a"]), GREEN),
                0.25 if same else 0.7)  # fmt: skip
    for x, side, align in ((0, "fate_a", "right"), (1, "fate_b", "left")):
        _labels(axes, x, ends[side], align)
    axes.text(0, 0.05 * whole, first, ha="center", weight="bold")
    axes.text(1, 0.05 * whole, second, ha="center", weight="bold")
    axes.set_xlim(-0.45, 1.45)
    axes.set_axis_off()
    changed = float(table.loc[table["fate_a"] != table["fate_b"], "people"].sum())
    source = (
        f"{SOURCE}; the same people with the same luck in both worlds. Strong: "
        f"{changed:,.0f} people whose fate differs; "
        "pale: the others, without those who stayed home in both."
    )
    return signed(figure, f"The same people in two worlds: {first}, {second}", source)


def _stack(people: pd.Series, fates: Sequence[str], gap: float) -> dict[str, tuple[float, float]]:
    """Top and bottom of each fate's block, downwards from 0; people high."""
    top, blocks = 0.0, {}
    for fate in fates:
        size = float(people.get(fate, 0.0))
        blocks[fate] = (top, top - size)
        top -= size + (gap if size else 0)
    return blocks


def _ribbon(axes: Axes, tops: Sequence[float], people: float, colour: str, alpha: float) -> None:
    """A band of constant height that eases from one side to the other."""
    x = np.linspace(0, 1, STEPS)
    eased = tops[0] + (tops[1] - tops[0]) * (3 * x**2 - 2 * x**3)
    axes.fill_between(x, eased - people, eased, color=colour, alpha=alpha, linewidth=0)


def _labels(axes: Axes, x: float, blocks: dict[str, tuple[float, float]], align: str) -> None:
    """A bar a fate, with its name and number beside it, moved apart where they would touch."""
    whole = -min(bottom for _, bottom in blocks.values())
    step, above = 0.075 * whole, np.inf
    for fate, (top, bottom) in blocks.items():
        if top == bottom:
            continue
        colour = COLOURS.get(fate, GREEN)
        axes.plot([x, x], [bottom, top], color=colour, linewidth=7, solid_capstyle="butt")
        y = min((top + bottom) / 2, above - step)
        above = y
        shift = -0.03 if align == "right" else 0.03
        axes.text(x + shift, y, f"{fate}\n{top - bottom:,.0f}", ha=align, va="center", fontsize=8)
