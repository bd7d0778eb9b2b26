"""A heat map of an outcome over a grid of levers, in a map that colour-blind readers see alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from abm.view.labels import BY, scaled, titled, value_text, wrapped
from abm.view.style import BLACK, canvas, signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, CHARACTER = 7.0, 0.075  # inches of the panels together, of a character
MISSING = "#E6E6E6"


def heat_map(
    points: pd.DataFrame, means: pd.Series, factors: Sequence[str], label: str, unit: str
) -> Figure:
    """The outcome over a grid: up to four factors, as rows and columns of cells and of panels.

    points : the sweep's; means : the outcome at each, in the same order; factors : down and across
    the cells, then across and down the panels; over any further factor the mean is taken
    """
    names = [*factors[:4], *([None] * (4 - len(factors[:4])))]
    down, across, panel_across, panel_down = names
    by, unit = scaled(means, unit)
    table = points.assign(outcome=means.to_numpy(float) / by)
    rows, columns = _values(points, panel_down), _values(points, panel_across)
    cells = [len(_values(points, name)) for name in (down, across)]
    height = min(2.2 + len(rows) * max(0.42 * cells[0] + 0.5, 1.1), 14)
    figure, panels = canvas(len(rows), len(columns), height=height, sharey=True)
    limits = table.groupby([n for n in names if n], sort=False)["outcome"].mean()
    ends = float(limits.min()), float(limits.max())
    image: Any = None
    for place, axes in enumerate(panels):
        row, column = rows[place // len(columns)], columns[place % len(columns)]
        chosen = _chosen(table, panel_down, row) & _chosen(table, panel_across, column)
        image = _cells(axes, table[chosen], (down, across), points, ends, WIDTH / len(columns))
        _panel_titles(axes, place, len(columns), (panel_across, column), (panel_down, row))
        if place // len(columns) == len(rows) - 1:
            axes.set_xlabel(across or "")
        if place % len(columns) == 0:
            axes.set_ylabel(down or "")
    figure.colorbar(image, ax=panels, label=unit, fraction=0.04, pad=0.02)
    more = [name for name in points.columns if name not in ("point", *factors[:4])]
    said = f", and over {', '.join(more)}" if more else ""
    return signed(figure, titled("Over the grid", label), f"{BY}; mean over replicates{said}.")


def _cells(
    axes: Axes,
    table: pd.DataFrame,
    factors: tuple[str | None, str | None],
    points: pd.DataFrame,
    ends: tuple[float, float],
    width: float,
) -> Any:
    """One panel, so many inches wide: coloured cells, with their numbers if there is room."""
    from matplotlib import colormaps

    down, across = (_values(points, name) for name in factors)
    grid = np.full((len(down), len(across)), np.nan)
    for i, high in enumerate(down):
        for j, wide in enumerate(across):
            here = _chosen(table, factors[0], high) & _chosen(table, factors[1], wide)
            grid[i, j] = table.loc[here, "outcome"].mean()
    colours = colormaps["cividis"].with_extremes(bad=MISSING)
    low, high = ends if ends[1] > ends[0] else (ends[0] - 0.5, ends[0] + 0.5)
    image = axes.imshow(
        np.ma.masked_invalid(grid), cmap=colours, vmin=low, vmax=high, origin="lower", aspect="auto"
    )
    digits = max(0, 2 - int(np.floor(np.log10(max(high - low, 1e-12)))))
    longest = max(len(f"{value:,.{digits}f}") for value in ends)
    if len(across) * (longest + 1) * CHARACTER < width:
        for (i, j), value in np.ndenumerate(grid):
            shade = BLACK if not value < (low + high) / 2 else "white"
            text = f"{value:,.{digits}f}" if np.isfinite(value) else "–"
            axes.text(j, i, text, ha="center", va="center", fontsize=8, color=shade)
    names = [value_text(value) for value in across]
    crowded = len(across) * (max(map(len, names)) + 1) * 1.3 * CHARACTER > width
    axes.set_xticks(range(len(across)), names, rotation=90 if crowded else 0)
    axes.set_yticks(range(len(down)), [value_text(value) for value in down])
    axes.tick_params(length=0)
    return image


def _panel_titles(
    axes: Axes,
    place: int,
    columns: int,
    across: tuple[str | None, object],
    down: tuple[str | None, object],
) -> None:
    if across[0] is not None and place < columns:
        axes.set_title(f"{wrapped(across[0], 30)}\n= {value_text(across[1])}", fontsize=9)
    if down[0] is not None and place % columns == columns - 1:
        text = f"{wrapped(down[0], 24)}\n= {value_text(down[1])}"
        axes.annotate(
            text, (1.03, 0.5), xycoords="axes fraction", rotation=270, va="center", fontsize=9
        )


def _values(points: pd.DataFrame, name: str | None) -> list[Any]:
    """A factor's values in order: numbers ascending, names as they come; one for no factor."""
    if name is None:
        return [None]
    values = points[name].dropna().unique().tolist()
    return values if any(isinstance(value, str) for value in values) else sorted(values)


def _chosen(table: pd.DataFrame, name: str | None, value: object) -> Any:
    return np.full(len(table), True) if name is None else table[name] == value
