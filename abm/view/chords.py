"""Moves between hosts as a chord diagram."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from abm.hosts_table import HOME, HOST_NAMES, host_labels
from abm.study.wording import counted
from abm.view.extras import needed
from abm.view.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PALE,
    SOURCE,
    replicates,
    signed,
)  # fmt: skip

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMED_HOSTS = 10
OTHERS = "other hosts"
COLOURS = {"former Soviet": BLUE, "Europe and the West": ORANGE, "elsewhere": GREEN}


def between_hosts(moves: pd.DataFrame, named: int = NAMED_HOSTS) -> pd.DataFrame:
    """People who moved from host (rows) to host (columns) over the run, mean over replicates.

    The hosts that most left or entered have a row, the others share one.
    """
    onward = moves[(moves["origin"] != HOME) & (moves["destination"] != HOME)]
    ends = pd.concat([onward["origin"], onward["destination"]])
    weight = pd.concat([onward["people"]] * 2).groupby(ends.to_numpy()).sum()
    order = weight.sort_values(ascending=False, kind="stable").index
    kept = list(order if len(order) <= named + 1 else order[:named])
    names = [onward[end].where(onward[end].isin(kept), OTHERS) for end in ("origin", "destination")]
    people = onward["people"].groupby(names).sum() / replicates(moves)
    places = [*kept, *([OTHERS] if len(kept) < len(order) else [])]
    return people.unstack(fill_value=0).reindex(index=places, columns=places, fill_value=0.0)


def flows_between_hosts(moves: pd.DataFrame) -> Figure:
    """Who moved on, from where to where: ribbons as wide as people, coloured by the host left.

    moves : a run's, with replicate where there are several
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context():  # its import changes settings for all figures of the process
        pycirclize = needed("pycirclize", "the chord diagram", "plots")
    table = between_hosts(moves)
    figure = Figure(figsize=(9, 8.6))
    FigureCanvasAgg(figure)
    axes: Any = figure.add_axes((0.13, 0.12, 0.74, 0.76), projection="polar")
    title = "Moves between hosts, the whole run"
    whole = float(table.to_numpy().sum())
    if whole == 0:
        axes.set_axis_off()
        axes.text(0, 0, "nobody moved between hosts", ha="center", color=GREY)
        return signed(figure, title, f"{SOURCE}.")  # no moves, so no count of replicates
    _chords(pycirclize, table, axes, whole)
    _legend(axes, table)
    source = (
        f"{SOURCE}; mean of {counted(replicates(moves), 'replicate')}. A ribbon has the colour of "
        "the host left, and an arrow at the host entered; ticks on the rim: thousand people, left "
        f"and entered. In all {whole:,.0f} people moved on."
    )
    return signed(figure, title, source)


def _chords(pycirclize: Any, table: pd.DataFrame, axes: Any, whole: float) -> None:
    """The rim and the ribbons; people in thousands, so that ticks stay short."""
    step = 10 ** np.floor(np.log10(2 * whole / 1000 / 8))
    circle = pycirclize.Circos.chord_diagram(
        table / 1000,
        space=2.5 if len(table) > 1 else 0,
        cmap={name: colour_of(name) for name in table.index},
        r_lim=(94, 98),
        label_kws={"r": 111, "size": 9, "orientation": "horizontal"},
        link_kws={"direction": 1, "ec": "white", "lw": 0.3, "alpha": 0.75},
        ticks_interval=step,
        ticks_kws={"label_size": 7, "label_formatter": lambda value: f"{value:g}" if value else ""},
    )
    circle.plotfig(ax=axes)


def colour_of(host: str) -> str:
    """The colour of a host's group."""
    groups = dict(zip(HOST_NAMES, host_labels("leaning_group"), strict=True))
    return COLOURS.get(groups.get(host, ""), PALE)


def _legend(axes: Any, table: pd.DataFrame) -> None:
    from matplotlib.patches import Patch

    colours = {colour_of(str(name)) for name in table.index}
    handles = [Patch(color=c, label=group) for group, c in COLOURS.items() if c in colours]
    if PALE in colours:
        handles.append(Patch(color=PALE, label=OTHERS))
    axes.figure.legend(
        handles=handles, frameon=False, fontsize=8, loc="upper right", bbox_to_anchor=(1, 0.99)
    )
