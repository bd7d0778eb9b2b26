"""Figures of two worlds: what became of the same people in both, and what differs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from abm.study.wording import counted
from abm.view.attribution_figures import fate_flows
from abm.view.labels import value_text
from abm.view.style import BLUE, GREY, canvas, plain, signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from abm.study.compare import Pair

# Outcomes of the whole that are told first, with a word for people.
MAIN = {
    "departures.total": "departures",
    "returns.total": "returns",
    "onward_moves.total": "onward moves",
    "stock_abroad": "abroad at the end",
    "insecure_status": "of them insecure",
    "permit_refusals.total": "permits refused",
    "called_up.total": "called up",
    "manpower_denied.total": "manpower denied",
    "gdp_contribution": "GDP by returnees",
    "capital_outflow.total": "capital taken out",
    "opposition_capacity": "opposition",
    "propaganda_strength": "propaganda",
    "elite_exits.total": "elite exits, expected",
}
FURTHEST = 500  # per cent that the axis reaches, so that one outcome does not flatten the others


def main_differences(differences: pd.DataFrame) -> pd.DataFrame:
    """The rows of the whole that are told first, in order."""
    world = differences[differences["host"] == "World"].set_index("outcome")
    return world.loc[list(MAIN)].reset_index()


def differences_in_percent(pair: Pair) -> Figure:
    """The main outcomes' differences, in per cent of their value in A, with intervals.

    Named below are those that are zero in A, of which nothing is a per cent.
    """
    a, b = pair.a.scenario.name, pair.b.scenario.name
    rows = main_differences(pair.differences)
    zero, rows = rows[rows["a"] == 0], rows[rows["a"] != 0].iloc[::-1]
    percent = rows[["difference", "low", "high"]].div(rows["a"].abs(), axis=0) * 100
    figure, (axes,) = canvas(1, 1, height=1.4 + 0.3 * max(len(rows), 5))
    axes.axvline(0, color=GREY, linewidth=1)
    _dots(axes, percent)
    axes.set_yticks(range(len(rows)), [MAIN[name] for name in rows["outcome"]])
    axes.set_xlabel(f"{b} less {a}, % of the latter")
    axes.tick_params(axis="y", length=0)
    plain(axes)
    runs = counted(len(pair.a.runs), "pair")
    source = f"Simulated by Relokant; {runs} of runs with the same luck; lines are 95 % intervals."
    if (percent.abs() > FURTHEST).any(axis=None):
        source += f" What is further off than {FURTHEST} % ends there."
    if len(zero):
        source += f" Zero in {a}, and so without per cent, here with what {b} has: {_named(zero)}."
    return signed(figure, f"What differs, to {pair.a.scenario.until}", source)


def _dots(axes: Axes, percent: pd.DataFrame) -> None:
    """Differences with intervals; what is too far off is an arrow with its number."""
    places = np.arange(len(percent))
    shown = percent.clip(-FURTHEST, FURTHEST)
    axes.hlines(places, shown["low"], shown["high"], color=BLUE, linewidth=2)
    near = shown["difference"].where(percent["difference"].abs() <= FURTHEST)
    axes.plot(near, places, "o", color=BLUE)
    for place, value in zip(places, percent["difference"], strict=True):
        if abs(value) > FURTHEST:
            marker, side, edge = (">", "right", FURTHEST) if value > 0 else ("<", "left", -FURTHEST)
            axes.plot([edge], [place], marker, color=BLUE)
            said = f"{value:+,.0f} %".replace("-", "−")
            above: dict[str, Any] = {"xytext": (0, 5), "textcoords": "offset points"}
            axes.annotate(said, (edge, place), ha=side, fontsize=8, color=GREY, **above)


def _named(rows: pd.DataFrame) -> str:
    """Outcomes in words with what B has."""
    of_b = zip(rows["outcome"], rows["b"], rows["unit"], strict=True)
    return ", ".join(f"{MAIN[name]} ({value_text(b)} {unit})" for name, b, unit in of_b)


def draw_all(pair: Pair, folder: Path) -> None:
    """Write every figure as a PNG into an existing folder."""
    worlds = (pair.a.scenario.name, pair.b.scenario.name)
    if not pair.flows.empty:
        fate_flows(pair.flows, *worlds).savefig(folder / "fates.png", dpi=150)
    differences_in_percent(pair).savefig(folder / "differences.png", dpi=150)
