"""Figures of two worlds: what became of the same people in both, and what differs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from abm.study.wording import counted
from abm.view.attribution_figures import fate_flows
from abm.view.style import BLUE, GREY, canvas, plain, signed

if TYPE_CHECKING:
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


def main_differences(differences: pd.DataFrame) -> pd.DataFrame:
    """The rows of the whole that are told first, in order."""
    world = differences[differences["host"] == "World"].set_index("outcome")
    return world.loc[list(MAIN)].reset_index()


def differences_in_percent(pair: Pair) -> Figure:
    """The main outcomes' differences, in per cent of their value in A, with intervals."""
    rows = main_differences(pair.differences)
    rows = rows[rows["a"] != 0].iloc[::-1]
    percent = rows[["difference", "low", "high"]].div(rows["a"].abs(), axis=0) * 100
    places = np.arange(len(rows))
    figure, (axes,) = canvas(1, 1, height=1.4 + 0.3 * len(rows))
    axes.axvline(0, color=GREY, linewidth=1)
    axes.hlines(places, percent["low"], percent["high"], color=BLUE, linewidth=2)
    axes.plot(percent["difference"], places, "o", color=BLUE)
    axes.set_yticks(places, [MAIN[name] for name in rows["outcome"]])
    axes.set_xlabel(f"{pair.b.scenario.name} less {pair.a.scenario.name}, % of the latter")
    axes.tick_params(axis="y", length=0)
    plain(axes)
    runs = counted(len(pair.a.runs), "pair")
    return signed(
        figure,
        f"What differs, to {pair.a.scenario.until}",
        f"Simulated by Relokant; {runs} of runs with the same luck; lines are 95 % intervals.",
    )


def draw_all(pair: Pair, folder: Path) -> None:
    """Write every figure as a PNG into an existing folder."""
    worlds = (pair.a.scenario.name, pair.b.scenario.name)
    if not pair.flows.empty:
        fate_flows(pair.flows, *worlds).savefig(folder / "fates.png", dpi=150)
    differences_in_percent(pair).savefig(folder / "differences.png", dpi=150)
