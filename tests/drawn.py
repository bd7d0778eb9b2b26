"""What tests ask of a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def inside(figure: Figure) -> bool:
    """Whether all that is drawn lies within the picture."""
    figure.canvas.draw()
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    return bool(
        box.x0 > -0.05 and box.y0 > -0.05 and box.x1 < width + 0.05 and box.y1 < height + 0.05
    )


def source_of(figure: Figure) -> str:
    """The line that says where a figure comes from, unfolded."""
    return figure.get_supxlabel().replace("\n", " ")
