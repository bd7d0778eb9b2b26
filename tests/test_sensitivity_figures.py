"""Figures of sensitivity: units, source, order, nothing cut off or hidden."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from drawn import inside

from abm.study.design import points
from abm.study.factors import Choice, Design
from abm.view import sensitivity_figures as figures
from abm.view.heat_map import heat_map

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LABEL, UNIT = "stock_abroad, week from 2024-12-26", "people"
LONG = "simplified_settlement.United Arab Emirates of a rather longer name"


def indices(count: int, *names: str) -> pd.DataFrame:
    """A made-up table of indices: factor k has size count - k."""
    sizes = np.arange(count, 0, -1.0)
    table: dict[str, Any] = {"factor": [f"{LONG} {k}" for k in range(count)]}
    for name in names:
        table |= {name: sizes, f"{name}_low": sizes - 0.5, f"{name}_high": sizes + 0.5}
    return pd.DataFrame(table).assign(blocks=64, replicates=2, noise=0.1)


def swings(count: int) -> pd.DataFrame:
    rows = [
        {"factor": f"{LONG} {k}", "value": value, "difference": side * (k + 1) * 1e4}
        for k in range(count)
        for value, side in ((0.0, -1), (2.5, 1))
    ]
    table = pd.DataFrame(rows)
    return table.assign(
        low=table["difference"] - 1e3, high=table["difference"] + 1e3, base=9e5, replicates=5
    )


def contrasts(count: int) -> pd.DataFrame:
    return swings(count).assign(against=0.0, pairs=3, gain=2.0)


DRAWINGS: dict[str, tuple[Callable[..., Figure], Callable[[int], pd.DataFrame]]] = {
    "tornado": (figures.tornado, swings),
    "sobol": (figures.sobol_bars, lambda n: indices(n, "ST", "S1")),
    "pawn": (figures.pawn_bars, lambda n: indices(n, "pawn")),
    "morris": (figures.morris_scatter, lambda n: indices(n, "mu_star", "sigma")),
    "differences": (figures.differences, contrasts),
}


@pytest.mark.parametrize("name", DRAWINGS)
@pytest.mark.parametrize("count", [1, 3, 100])
def test_figures_say_what_they_show_at_any_size(name: str, count: int) -> None:
    draw, table = DRAWINGS[name]
    if name == "differences" and count > 20:
        count = 12  # every contrast is shown
    figure = draw(table(count), LABEL, UNIT)
    assert LABEL in figure.get_suptitle().replace("\n", " ")
    assert "Relokant" in figure.get_supxlabel()
    assert "95 %" in figure.get_supxlabel()
    (axes,) = figure.axes
    said = axes.get_xlabel()
    assert "variance" in said or "PAWN" in said or UNIT in said
    assert inside(figure)
    if count == 100:
        assert "25 largest of 100" in figure.get_supxlabel() or "85 more" in figure.get_supxlabel()


@pytest.mark.parametrize("count", [1, 100])
def test_the_key_beside_a_scatter_hides_nothing(count: int) -> None:
    figure = figures.morris_scatter(indices(count, "mu_star", "sigma"), LABEL, UNIT)
    figure.canvas.draw()
    (key,) = figure.axes[0].texts[-1:]
    assert key.get_text().count("simplified") == min(count, 15)
    (source,) = (text for text in figure.texts if "Relokant" in text.get_text())
    assert key.get_window_extent().y0 > source.get_window_extent().y1


@pytest.mark.parametrize("name", ["tornado", "sobol", "pawn"])
def test_the_largest_is_on_top(name: str) -> None:
    draw, table = DRAWINGS[name]
    (axes,) = draw(table(30), LABEL, UNIT).axes
    labels = [label.get_text().replace("\n", " ") for label in axes.get_yticklabels()]
    assert len(labels) == figures.MOST_BARS
    assert labels[0].endswith("29" if name == "tornado" else " 0")
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_bars_have_the_lengths_of_the_table_in_the_unit_said() -> None:
    (axes,) = figures.tornado(swings(3), LABEL, UNIT).axes
    assert axes.get_xlabel() == "change from the scenario, thousand people"
    widths = sorted(bar.get_width() for bar in axes.patches)
    assert widths == [-30, -20, -10, 10, 20, 30]


def test_effects_of_nothing_are_drawn_at_the_edge() -> None:
    table = indices(5, "mu_star", "sigma")
    numbers = [name for name in table if name.startswith(("mu", "sigma"))]
    for part in (table.assign(sigma=0.0), table.assign(**dict.fromkeys(numbers, 0.0))):
        figure = figures.morris_scatter(part, LABEL, UNIT)
        assert inside(figure)
        for dots in figure.axes[0].collections:
            assert np.isfinite(np.asarray(dots.get_offsets())).all()


@pytest.mark.parametrize(
    ("name", "size"),
    [("tornado", 0.0), ("differences", 0.0), ("sobol", np.nan), ("pawn", np.nan)],
)
def test_an_outcome_that_nothing_moves_is_said_to_be_so(name: str, size: float) -> None:
    draw, table = DRAWINGS[name]
    made = table(3)
    numbers = made.columns.difference(["factor", "value", "against", "replicates", "blocks"])
    still = made.assign(**dict.fromkeys(numbers, size))
    figure = draw(still, LABEL, UNIT)
    assert says_unmoved(figure)
    assert figure.axes[0].get_xlim()[1] == 1
    assert inside(figure)
    assert not says_unmoved(draw(made, LABEL, UNIT))
    if "low" in made:
        assert not says_unmoved(draw(still.assign(low=-1e3, high=1e3), LABEL, UNIT))


def says_unmoved(figure: Figure) -> bool:
    return figures.UNMOVED in {text.get_text() for text in figure.axes[0].texts}


GRID = (
    Choice("down", (0.2, 0.8)),
    Choice("across", (1.0, 2.0, 3.0)),
    Choice("without", ("", "M8")),
    Choice("quota", (1e5, 1e6)),
)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_heat_map_has_every_cell_with_its_mean(count: int) -> None:
    table = points(Design("grid"), GRID, 1)
    outcome = table["down"] * 1000 + table["across"] + (table["quota"] == 1e6) * 100
    names = [factor.name for factor in GRID][:count]
    figure = heat_map(table, outcome, names, LABEL, UNIT)
    panels = [axes for axes in figure.axes if axes.images]
    assert len(panels) == [1, 1, 2, 4][count - 1]
    cells = np.concatenate([np.asarray(axes.images[0].get_array()).ravel() for axes in panels])
    assert cells.mean() == pytest.approx(outcome.mean())
    assert len(cells) == [2, 6, 12, 24][count - 1]
    assert ("quota" in figure.get_supxlabel()) == (count < 4)
    assert figure.axes[-1].get_ylabel() == UNIT
    assert inside(figure)


def test_a_cell_without_a_run_is_no_number() -> None:
    table = points(Design("grid"), GRID[:2], 1)
    outcome = table["down"].where(table["point"] != 3)
    figure = heat_map(table, outcome, ["down", "across"], LABEL, UNIT)
    assert np.ma.count_masked(figure.axes[0].images[0].get_array()) == 1
    assert [text.get_text() for text in figure.axes[0].texts].count("–") == 1
