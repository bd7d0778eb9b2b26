"""Probability that a cause was necessary, or would have been sufficient, with its bounds.

A cause x and an effect y, by person. PN: of those with both, the share who would not have had y
without x. PS: of those with neither, the share who would have had y with x. Two worlds that share
luck give each person both lives, so a share; but luck could be shared in other ways that give the
same worlds, so it is no more than one value within the bounds that hold for all of them (Tian and
Pearl 2000).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Interval = tuple[float, float]


@dataclass(frozen=True)
class Bounds:
    """Lower and upper bounds of PN and PS; NaN where nobody is concerned."""

    necessity: Interval
    sufficiency: Interval


def bounds(
    y_do_x: float, y_do_not_x: float, xy: float, x_not_y: float, not_x_y: float, not_x_not_y: float
) -> Bounds:
    """Tian and Pearl's bounds.

    y_do_x, y_do_not_x : P(y) if everybody had x, and if nobody had
    xy, x_not_y, not_x_y, not_x_not_y : how things are: P(x, y), P(x, not y), and so on; sum 1

    What is estimated apart may contradict itself: y_do_x and y_do_not_x are first brought to where
    any population allows them, P(x, y) <= P(y_x) <= 1 - P(x, not y) and so on.
    """
    y_do_x = float(np.clip(y_do_x, xy, 1.0 - x_not_y))
    y_do_not_x = float(np.clip(y_do_not_x, not_x_y, 1.0 - not_x_not_y))
    y = xy + not_x_y
    return Bounds(
        _interval(y - y_do_not_x, (1.0 - y_do_not_x) - not_x_not_y, xy),
        _interval(y_do_x - y, y_do_x - xy, not_x_not_y),
    )


def _interval(low: float, high: float, whole: float) -> Interval:
    """Both over the whole, within 0 and 1."""
    if not whole > 0:
        return float("nan"), float("nan")
    return max(0.0, low / whole), min(1.0, high / whole)
