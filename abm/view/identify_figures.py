"""Figures of what data can tell: directions of the parameters, worth of further figures, the twin.

Each function takes tables of `abm.study.identify` or outcomes and returns a matplotlib Figure that
no window owns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from abm.view.labels import BY, wrapped
from abm.view.style import BLUE, GREY, ORANGE, by_week, canvas, signed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from abm.study.identify import Information

SHOWN = {
    "departures": "departures a week",
    "returns": "returns a week",
    "stock_abroad": "people abroad",
}
FAINT = 0.25  # parts of a direction below this are not written


def directions(known: Information) -> Figure:
    """How much of each direction's prior variance the data leave, and what the directions are."""
    table = known.directions
    parts = table[known.factors].to_numpy()
    figure, (left, right) = canvas(1, 2, 0.34 * len(table) + 2.2, sharey=False, sharex=False)
    places = np.arange(len(table))
    colours = [BLUE if informed else GREY for informed in table["informed"]]
    left.barh(places, table["variance_left"], 0.7, color=colours, zorder=2)
    left.axvline(0.5, color=ORANGE, linewidth=1, zorder=3)
    left.set_yticks(places, [f"{k + 1}" for k in places])
    left.set_xlim(0, 1)
    left.set_xlabel("share of the prior variance left")
    left.set_ylabel("direction, best informed first")
    left.invert_yaxis()
    right.imshow(parts, cmap="PuOr", vmin=-1, vmax=1, aspect="auto")
    for row, column in zip(*np.nonzero(np.abs(parts) > FAINT), strict=True):
        value = parts[row, column]
        ink = "white" if abs(value) > 0.65 else "black"
        right.text(column, row, f"{value:+.1f}", ha="center", va="center", fontsize=6.5, color=ink)
    names = [wrapped(name, 40).replace("_", " ") for name in known.factors]
    right.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
    right.set_yticks([])
    for axes in (left, right):
        axes.tick_params(length=0)
    source = (
        f"{BY}'s twin; linear about one point. Blue: informed, less than half is left. "
        f"{len(known.jacobian)} data; parts below {FAINT} are not written."
    )
    title = f"{known.informed} of {len(table)} directions of the parameters are informed"
    return signed(figure, title, source)


def worth(table: pd.DataFrame, label: str = "") -> Figure:
    """By how much each further figure would narrow each conclusion.

    table : as `abm.study.identify.value_of_information` gives it
    """
    shares = table.pivot(index="candidate", columns="conclusion", values="narrowed").fillna(0.0)
    shares = shares.loc[shares.max(axis=1).sort_values(ascending=False, kind="stable").index]
    figure, (axes,) = canvas(1, 1, 0.27 * len(shares) + 2.6)
    axes.imshow(100 * shares, cmap="Blues", vmin=0, vmax=max(10.0, 100 * shares.max().max()))
    axes.set_aspect("auto")
    darkest = 100 * shares.to_numpy().max()
    for (row, column), value in np.ndenumerate(100 * shares.to_numpy()):
        ink = "white" if value > 0.6 * darkest else "black"
        axes.text(column, row, f"{value:.0f}", ha="center", va="center", fontsize=8, color=ink)
    axes.set_yticks(range(len(shares)), list(shares.index))
    axes.set_xticks(range(shares.shape[1]), [wrapped(each, 18) for each in shares.columns])
    axes.tick_params(length=0, labelsize=8)
    source = (
        f"{BY}'s twin; % of the standard deviation that one further figure would take away, "
        "beside the targets. Precision of each: abm/data/observables.csv."
    )
    return signed(figure, label or "What a further figure would tell", source)


def docking(of_twin: pd.DataFrame, of_model: pd.DataFrame) -> Figure:
    """Departures, returns and stock by week: the twin as a line, runs of the model as their range.

    of_twin, of_model : outcomes, with a column ``replicate`` where there are several runs
    """
    figure, panels = canvas(len(SHOWN), 1, 7.5)
    for axes, (outcome, label) in zip(panels, SHOWN.items(), strict=True):
        model = by_week(of_model, outcome, "World") / 1e3
        twin = by_week(of_twin, outcome, "World") / 1e3
        axes.fill_between(
            model.index,
            model.min(axis=1),
            model.max(axis=1),
            color=GREY,
            alpha=0.35,
            linewidth=0,
            label=f"the model, range of {model.shape[1]} runs",
        )
        axes.plot(twin.index, twin.mean(axis=1), color=BLUE, linewidth=1.6, label="the twin")
        axes.set_ylabel(f"thousand,\n{label}")
        axes.set_ylim(bottom=0)
        axes.margins(x=0)
    panels[0].legend(frameon=False)
    source = f"{BY} and its twin; mean of {twin.shape[1]} samples of households."
    return signed(figure, "The twin and the model", source)
