"""Figures of a sweep: what moves an outcome, and how far levers take it.

Each function takes a table of `abm.study.sensitivity` or `abm.study.contrasts` for one measure,
its label and unit, and returns a matplotlib Figure that no window owns. Lines are 95 % intervals.
Colours are those of Okabe and Ito.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from abm.view.heat_map import heat_map
from abm.view.labels import BY, scaled, titled, value_text, wrapped
from abm.view.style import BLACK, BLUE, GREY, ORANGE, canvas, signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from abm.study.analysis import Analysis
    from abm.study.factors import Factor

MOST_BARS = 25
MOST_NUMBERED = 15
DECADES = 1000  # of a screening's axes: the largest value over the smallest told apart
ROW, KEY_LINE = 0.27, 0.185  # inches a bar, a line of the key beside a scatter
INTERVALS = "lines are 95 % intervals"
UNMOVED = "nothing moves it"


def of(
    analysis: Analysis, points: pd.DataFrame, factors: Sequence[Factor]
) -> list[tuple[str, Figure]]:
    """The figures of one analysis, each with its name."""
    reading, table = analysis.reading, analysis.table
    draw = {
        "morris": morris_scatter,
        "sobol": sobol_bars,
        "pawn": pawn_bars,
        "swings": tornado,
        "contrasts": differences,
    }[analysis.kind]
    drawn = [(analysis.kind, draw(table, reading.label, reading.unit))]
    if analysis.kind == "contrasts" and table["factor"].nunique() == len(factors) > 1:
        names = [factor.name for factor in factors]
        means = reading.values.mean(axis=1)
        drawn.append(("heat-map", heat_map(points, means, names, reading.label, reading.unit)))
    return drawn


def tornado(swings: pd.DataFrame, label: str, unit: str) -> Figure:
    """How far the outcome goes from the scenario's as each factor alone is changed.

    swings : as `abm.study.contrasts.swings` gives it
    """
    reach = swings.groupby("factor", sort=False)["difference"].agg(lambda each: each.abs().max())
    shown, said = _largest(reach)
    by, unit = scaled(swings["difference"], unit)
    figure, axes = _bars(len(shown))
    for place, name in enumerate(shown):
        rows = swings[swings["factor"] == name]
        for k, (_, row) in enumerate(rows.iterrows()):
            colour = BLUE if k < len(rows) / 2 else ORANGE
            axes.barh(place, row["difference"] / by, 0.75, color=colour, zorder=2)
            _interval(axes, place, row["low"] / by, row["high"] / by)
        _ends(axes, place, rows, by)
    _named(axes, shown)
    axes.axvline(0, color=BLACK, linewidth=0.8, zorder=3)
    axes.set_xlabel(f"change from the scenario, {unit}")
    axes.margins(x=0.12)
    if _are_zero(swings):
        _unmoved(axes, -1.0)
    base = swings["base"].iloc[0]
    source = (
        f"{BY}; each factor alone at its lower (blue) and upper (orange) values, written at the "
        f"bars' ends.\nScenario: {base / by:,.4g} {unit}; mean of {_replicates(swings)} "
        f"replicates, paired; {INTERVALS}.{said}"
    )
    return signed(figure, titled("One at a time", label), source)


def sobol_bars(indices: pd.DataFrame, label: str, unit: str = "") -> Figure:
    """First and total Sobol indices of each factor, the largest totals on top."""
    shown, said = _largest(indices.set_index("factor")["ST"])
    rows = indices.set_index("factor").loc[shown]
    figure, axes = _bars(len(shown), height=1.5)
    for name, colour, what, shift in (
        ("ST", ORANGE, "total, with interactions", -0.2),
        ("S1", BLUE, "the factor alone", 0.2),
    ):
        places = np.arange(len(shown)) + shift
        axes.barh(places, rows[name], 0.38, color=colour, label=f"{name}: {what}", zorder=2)
        for place, low, high in zip(places, rows[f"{name}_low"], rows[f"{name}_high"], strict=True):
            _interval(axes, place, low, high)
    _named(axes, shown)
    axes.set_xlabel("share of the outcome's variance over the ranges")
    axes.axvline(0, color=BLACK, linewidth=0.8, zorder=3)
    if rows["ST"].isna().all():  # shares of no variance
        _unmoved(axes)
    _legend(axes)
    source = f"{BY}; {_blocks(indices, 'base points')}; {INTERVALS}.{said}"
    return signed(figure, titled("Sobol indices", label), source)


def pawn_bars(indices: pd.DataFrame, label: str, unit: str = "") -> Figure:
    """PAWN of each factor, and what one without influence would stay below."""
    shown, said = _largest(indices.set_index("factor")["pawn"])
    rows = indices.set_index("factor").loc[shown]
    figure, axes = _bars(len(shown))
    axes.barh(np.arange(len(shown)), rows["pawn"], 0.75, color=BLUE, zorder=2)
    for place, (_, row) in enumerate(rows.iterrows()):
        _interval(axes, place, row["pawn_low"], row["pawn_high"])
    axes.scatter(
        rows["noise"],
        np.arange(len(shown)),
        marker="|",
        s=160,
        color=ORANGE,
        linewidth=2.5,
        zorder=5,
        label="a factor without influence stays below",
    )
    _named(axes, shown)
    axes.set_xlim(left=0)
    axes.set_xlabel("PAWN: distance between distributions, 0 to 1; median over the factor's range")
    if rows["pawn"].isna().all():
        _unmoved(axes)
    _legend(axes)
    source = f"{BY}; {_blocks(indices, 'points')}; {INTERVALS}.{said}"
    return signed(figure, titled("Influence on the whole distribution", label), source)


def morris_scatter(indices: pd.DataFrame, label: str, unit: str) -> Figure:
    """Morris' mu* and sigma: how strong a factor is, and how uneven; the strongest are numbered."""
    rows = indices.sort_values("mu_star", ascending=False, ignore_index=True)
    by, unit = scaled(rows["mu_star_high"], unit)
    largest = float(np.nanmax([*rows["mu_star_high"], *rows["sigma"]])) / by or 1.0
    sizes = rows[["mu_star", "sigma"]].to_numpy(float) / by
    smallest = float(sizes[sizes > 0].min(initial=largest))
    least = float(np.clip(0.7 * smallest, largest / DECADES, largest / 12))
    across, up = (np.maximum(rows[k].to_numpy(float) / by, least) for k in ("mu_star", "sigma"))
    ends = np.maximum(rows[["mu_star_low", "mu_star_high"]].to_numpy(float) / by, least)
    top = min(MOST_NUMBERED, len(rows))
    names = [wrapped(name, 34).replace("\n", "\n     ") for name in rows["factor"][:top]]
    key = "\n".join(f"{k + 1}  {name}" for k, name in enumerate(names))
    figure, (axes,) = canvas(1, 1, height=max(5.6, 1.6 + KEY_LINE * (key.count("\n") + 1)))
    axes.set(xscale="log", yscale="log")
    axes.set_xlim(least / 1.15, 1.3 * largest)
    axes.set_ylim(least / 1.15, 1.3 * largest)
    axes.scatter(across[top:], up[top:], s=14, color=GREY, linewidth=0, zorder=2, clip_on=False)
    axes.scatter(across[:top], up[:top], s=34, color=BLUE, linewidth=0, zorder=3, clip_on=False)
    for k in range(top):
        axes.plot(ends[k], [up[k]] * 2, color=BLUE, linewidth=1, alpha=0.5, zorder=2)
    _numbers(axes, np.log10(across), np.log10(up), top, np.log10(largest / least))
    axes.plot([least, largest], [least, largest], color=GREY, linewidth=0.8, linestyle=":")
    axes.set_xlabel(f"μ*: mean size of the effect of the whole range, {unit}")
    axes.set_ylabel(f"σ: how uneven the effect is, {unit}")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.spines[["top", "right"]].set_visible(False)
    axes.text(1.03, 1.0, key, transform=axes.transAxes, va="top", fontsize=9, linespacing=1.35)
    others = f" Grey: {len(rows) - top} more factors." if len(rows) > top else ""
    source = (
        f"{BY}; {_blocks(indices, 'trajectories')}; {INTERVALS}.{others} What is smaller "
        "lies at the edge.\nDotted: σ = μ*; far below it, a factor acts alike everywhere; near "
        "it or above, by way of others or in bends."
    )
    return signed(figure, titled("Morris screening", label), source)


def _numbers(axes: Axes, across: Any, up: Any, top: int, decades: float) -> None:
    """The numbers of the first points, each where it hides no other number or point."""
    taken = [(x, y) for x, y in zip(across[:top], up[:top], strict=True)]
    for k in range(top):
        for reach, angle in product((10, 18, 27, 37, 48), range(45, 405, 45)):
            dx, dy = reach * np.cos(np.deg2rad(angle)), reach * np.sin(np.deg2rad(angle))
            x, y = across[k] + dx * decades / 380, up[k] + dy * decades / 300
            gaps = [np.hypot((x - a) * 380 / decades, (y - b) * 300 / decades) for a, b in taken]
            if min(gaps[:k] + gaps[k + 1 :], default=99) > 11:
                break
        taken.append((x, y))
        axes.annotate(
            str(k + 1),
            (10 ** across[k], 10 ** up[k]),
            xytext=(dx, dy),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=9,
            zorder=4,
            arrowprops={"arrowstyle": "-", "linewidth": 0.5, "color": GREY} if reach > 10 else None,
        )


def differences(contrasts: pd.DataFrame, label: str, unit: str) -> Figure:
    """Each value of each lever against its first, with the interval of the paired difference."""
    by, unit = scaled(contrasts["difference"], unit)
    names = [
        f"{row.factor}: {value_text(row.value)} against {value_text(row.against)}"
        for row in contrasts.itertuples()
    ]
    figure, axes = _bars(len(names))
    places = np.arange(len(names))
    axes.scatter(contrasts["difference"] / by, places, color=BLUE, s=30, zorder=4)
    for place, low, high in zip(places, contrasts["low"], contrasts["high"], strict=True):
        _interval(axes, place, low / by, high / by, BLUE)
    _named(axes, names)
    axes.axvline(0, color=BLACK, linewidth=0.8, zorder=1)
    if _are_zero(contrasts):
        _unmoved(axes, -1.0)
    axes.set_xlabel(f"difference, {unit}")
    source = (
        f"{BY}; all else equal, mean over the other factors; {_replicates(contrasts)} replicates, "
        f"paired; {INTERVALS}."
    )
    return signed(figure, titled("Levers against each other", label), source)


def _bars(count: int, height: float = 1.0) -> tuple[Figure, Axes]:
    """A canvas for horizontal bars, the first on top."""
    figure, (axes,) = canvas(1, 1, height=1.9 + ROW * height * max(count, 3))
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.6, zorder=0)
    return figure, axes


def _legend(axes: Axes) -> None:
    """A legend above the bars, where it hides none."""
    axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), ncols=2)


def _named(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [wrapped(name, 44) for name in names], fontsize=9)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def _are_zero(differences: pd.DataFrame) -> bool:
    """Whether all differences are zero, and so are their intervals, if there are any."""
    ends = differences[["low", "high"]].fillna(0.0)
    return bool(differences["difference"].eq(0).all() and ends.eq(0).all(axis=None))


def _unmoved(axes: Axes, left: float = 0.0) -> None:
    """Says that no factor moves the outcome, on an axis from left to 1."""
    axes.set_xlim(left, 1.0)
    axes.text(0.75, 0.5, UNMOVED, transform=axes.transAxes, ha="center", va="center", color=GREY)


def _interval(axes: Axes, place: Any, low: float, high: float, colour: str = BLACK) -> None:
    if np.isfinite(low) and np.isfinite(high):
        axes.plot([low, high], [place, place], color=colour, linewidth=1.1, zorder=4)


def _ends(axes: Axes, place: int, rows: pd.DataFrame, by: float) -> None:
    """The values that take the outcome lowest and highest, outside of all bars and intervals."""
    rows = rows.dropna(subset="difference")
    reach = [*rows["difference"], *rows["low"].dropna(), *rows["high"].dropna(), 0.0]
    order = rows.sort_values("difference", kind="stable")["value"].tolist()
    if not order:
        return
    for side, edge, value in (("left", min(reach), order[0]), ("right", max(reach), order[-1])):
        if side == "left" and len(order) == 1 and max(rows["difference"]) > 0:
            continue
        axes.annotate(
            value_text(value),
            (edge / by, place),
            xytext=(-4 if side == "left" else 4, 0),
            textcoords="offset points",
            ha="right" if side == "left" else "left",
            va="center",
            fontsize=8,
            color=GREY,
        )
        if len(order) == 1:
            return


def _largest(values: pd.Series) -> tuple[list[str], str]:
    """The names of the largest values, in falling order, and what the source line says of it."""
    order = values.sort_values(ascending=False, kind="stable")
    said = f" The {MOST_BARS} largest of {len(order)}." if len(order) > MOST_BARS else ""
    return [str(name) for name in order.index[:MOST_BARS]], said


def _replicates(table: pd.DataFrame) -> str:
    low, high = int(table["replicates"].min()), int(table["replicates"].max())
    return str(low) if low == high else f"{low} to {high}"


def _blocks(table: pd.DataFrame, what: str) -> str:
    replicates = _replicates(table)
    many = "replicate" if replicates == "1" else "replicates"
    return f"{int(table['blocks'].iloc[0]):,} {what}, mean of {replicates} {many}"
