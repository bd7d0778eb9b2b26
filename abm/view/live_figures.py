"""Figures that are drawn again every few weeks of a live run: few marks, quick, and steady."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from abm.view.style import LINES, PALE, WORLD, canvas, over_time, rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def stocks(outcomes: pd.DataFrame, hosts: Sequence[str]) -> Figure:
    """People abroad at each week's end, upon one another: some hosts, then all others.

    hosts : at most seven; a host keeps its colour from week to week
    """
    rows = rows_of(outcomes, "stock_abroad")
    rows = rows[rows["host"] != WORLD]
    people = rows.pivot_table("value", "date", "host", observed=True) / 1000
    others = people.drop(columns=list(hosts)).sum(axis=1)
    shown = people[list(hosts)].assign(**{"all others": others})
    figure, (axes,) = canvas(1, 1, height=4.5)
    colours = (*LINES[: len(hosts)], PALE)
    axes.stackplot(
        shown.index, shown.to_numpy().T, labels=list(shown.columns), colors=colours, linewidth=0
    )
    axes.set_ylabel("thousand people")
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return over_time(figure, "People abroad, by host, at each week's end", outcomes)
