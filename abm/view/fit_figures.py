"""Figures of a fit: targets in each evidence scenario, what the data taught, how far to trust it.

Each function takes tables that a calibration leaves and returns a matplotlib Figure that no window
owns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from abm.errors import OutputError
from abm.study import store
from abm.study.evidence import EVIDENCE
from abm.view.claim_figures import COLOURS
from abm.view.labels import BY, wrapped
from abm.view.style import BLUE, GREY, ORANGE, PALE, canvas, plain, signed
from abm.view.target_plot import on_scale

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

JUDGED = ("fit", *(f"evidence {name}" for name in EVIDENCE))
ROW = 0.3  # inches a target or factor
REACH = 2.0  # widths of the observed range that are shown on either side
CENTRAL = 0.9
APART: dict[str, float] = dict(zip(EVIDENCE, (-0.24, 0.0, 0.24), strict=True))


def draw_all(folder: Path) -> list[Path]:
    """Draw a calibration's figures into FOLDER/figures; where they are.

    folder : with the tables that `abm calibrate` leaves

    Raises OutputError where the folder cannot be written.
    """
    read = {path.stem: pd.read_csv(path) for path in folder.glob("*.csv")}
    figures = {"targets": targets(read["targets"]), "learnt": learnt(read["factors"])}
    for name, by in (("recovery", "the model"), ("recovery-twin", "the twin")):
        if f"{name}-summary" in read:
            figures[name] = recovery(read[name], read[f"{name}-summary"], by)
    home = folder / "figures"
    try:
        home.mkdir(exist_ok=True)
        for name, figure in figures.items():
            figure.savefig(home / f"{name}.png", dpi=150)
    except OSError as error:
        raise OutputError(store.cannot_write(home, error)) from error
    return [home / f"{name}.png" for name in figures]


def targets(table: pd.DataFrame) -> Figure:
    """Each judged target in each evidence scenario, misses first: the centre, and runs at draws.

    table : targets.csv of a calibration
    """
    judged = table[table["status"].isin(JUDGED) & table["simulated"].notna()]
    missed = judged.assign(missed=~judged["hit"].fillna(True).astype(bool))
    order = (
        missed.groupby("id", sort=False)["missed"].sum().sort_values(ascending=False, kind="stable")
    )
    figure, (axes,) = canvas(1, 1, height=1.5 + ROW * len(order))
    for place, id in enumerate(order.index):
        rows = judged[judged["id"] == id].set_index("evidence")
        _target(axes, place, rows)
    what = judged.drop_duplicates("id").set_index("id")["what"]
    axes.set_yticks(
        range(len(order)), [wrapped(f"{id}  {what[id]}", 70) for id in order.index], fontsize=7.5
    )
    _frame(axes, len(order), "observed", REACH + 0.1)
    source = (
        f"{BY}. Grey: the observed range, without an end where it reaches the edge. Dots: mean of "
        "runs at the centre, filled where it is inside or is not asked of this evidence scenario; "
        "lines: two standard deviations of runs at draws of the posterior. What lies further off "
        "stands at the edge."
    )
    return signed(figure, "The targets and the fit, misses first", source)


def _target(axes: Axes, place: int, rows: pd.DataFrame) -> None:
    first = rows.iloc[0]
    low, high = float(first["observed_low"]), float(first["observed_high"])
    left = 0.0 if np.isfinite(low) else -REACH
    right = 1.0 if np.isfinite(high) else 1 + REACH
    axes.barh(place, right - left, left=left, height=0.8, color=PALE, zorder=1)
    for name, row in rows.iterrows():
        at, colour = place + APART[str(name)], COLOURS[str(name)]
        mean, spread = float(row["simulated"]), float(row.get("spread_of_draws", np.nan))
        shown = np.clip(on_scale(mean, low, high), -REACH, 1 + REACH)
        if np.isfinite(spread):
            middle = float(row["at_draws"])
            ends = [on_scale(middle + side * spread, low, high) for side in (-2, 2)]
            axes.plot(np.clip(ends, -REACH, 1 + REACH), [at, at], color=colour, linewidth=1.2)
        asked = row["status"] in ("fit", f"evidence {name}")
        face = "white" if asked and not bool(row["hit"]) else colour
        axes.plot([shown], [at], "o", color=colour, markerfacecolor=face, markersize=4.5, zorder=4)


def learnt(factors: pd.DataFrame) -> Figure:
    """What the data taught of each factor: 90 % intervals within the prior's range.

    factors : factors.csv of a calibration
    """
    known = factors[factors["status"] != "left out by the screen"]
    order = known[known["evidence"] == "middle"].sort_values("shrinkage", ascending=False)["factor"]
    figure, (axes,) = canvas(1, 1, height=1.5 + ROW * len(order))
    for place, factor in enumerate(order):
        axes.barh(place, 1, height=0.8, color=PALE, zorder=1)
        for row in known[known["factor"] == factor].to_dict("records"):
            _interval(axes, place, row)
    informed = set(known.loc[known["status"] == "informed", "factor"])
    names = [name.replace("_", " ") for name in order]
    axes.set_yticks(range(len(order)), names, fontsize=8)
    for label, name in zip(axes.get_yticklabels(), order, strict=True):
        label.set_color("black" if name in informed else GREY)
    _frame(axes, len(order), "prior", 0.02)
    source = (
        f"{BY}. Lines: 90 % of the posterior, dots its centre, within the range of the prior; best "
        "told first. Names in grey: not informed, less than a fifth of the prior's variance is "
        "gone in every evidence scenario."
    )
    return signed(figure, "What the targets say of each parameter", source)


def _interval(axes: Axes, place: int, row: dict[str, object]) -> None:
    low, high, mean, first, last = (
        float(row[name])  # type: ignore[arg-type]
        for name in ("low", "high", "centre", "prior_low", "prior_high")
    )
    name = str(row["evidence"])
    at = place + APART[name]
    ends = [(value - first) / (last - first) for value in (low, high, mean)]
    axes.plot(ends[:2], [at, at], color=COLOURS[name], linewidth=1.5, zorder=3)
    axes.plot(ends[2:], [at], "o", color=COLOURS[name], markersize=4, zorder=4)


def recovery(table: pd.DataFrame, summary: pd.DataFrame, by: str) -> Figure:
    """Made-up data fitted: coverage of each factor, and ranks of the truth over all of them.

    table, summary : recovery.csv and recovery-summary.csv; by : what made the data
    """
    figure, (left, right) = canvas(
        1, 2, height=1.6 + 0.8 * ROW * len(summary), sharex=False, sharey=False
    )
    order = summary.sort_values("shrinkage", ascending=False).reset_index(drop=True)
    colours = np.where(order["informed"], BLUE, GREY)
    for place, (row, colour) in enumerate(zip(order.to_dict("records"), colours, strict=True)):
        ends = [row["coverage_low"], row["coverage_high"]]
        left.plot(ends, [place] * 2, color=colour, linewidth=1.2)
        left.plot([row["coverage"]], [place], "o", color=colour, markersize=4)
    left.axvline(CENTRAL, color=ORANGE, linewidth=1, zorder=0)
    left.set_yticks(range(len(order)), [n.replace("_", " ") for n in order["factor"]], fontsize=8)
    left.set_ylim(len(order) - 0.4, -0.6)
    left.set_xlim(0.5, 1.01)
    left.set_xlabel("truths inside the 90 % interval")
    bins = 10
    counts, _ = np.histogram(table["rank"], bins=bins, range=(0, 1))
    right.bar(np.arange(bins) / bins + 0.5 / bins, counts / len(table), 0.9 / bins, color=BLUE)
    right.axhline(1 / bins, color=ORANGE, linewidth=1)
    right.set_xlabel("rank of the truth in the posterior")
    right.set_ylabel("share")
    for axes in (left, right):
        plain(axes)
    sets = int(summary["sets"].max())
    source = (
        f"{BY}; {sets} data sets made by {by}. Blue: informed, a fifth or more of the variance is "
        "gone. Lines: 95 % of what so few sets leave open. Orange: what a right fit gives."
    )
    return signed(figure, "Does the fit find what made the data?", source)


def _frame(axes: Axes, rows: int, of: str, beyond: float) -> None:
    """Rows from the top, on a scale whose 0 and 1 are the ends of a range; and the key."""
    axes.set_ylim(rows - 0.4, -0.6)
    axes.set_xlim(-beyond, 1 + beyond)
    axes.set_xticks([0, 1], [f"{of},\nlow end", f"{of},\nhigh end"], fontsize=8)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for name in EVIDENCE:
        axes.plot([], [], "o-", color=COLOURS[name], markersize=4, label=f"{name} returns")
    axes.legend(
        loc="lower right", bbox_to_anchor=(1, 1.0), ncols=3, frameon=False, fontsize=8, borderpad=0
    )
