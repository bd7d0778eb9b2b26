"""Scores of predictions against what came: CRPS, intervals and their coverage."""

from __future__ import annotations

import numpy as np

from abm.chance import Floats

CENTRAL = 0.9  # share of an interval


def crps(draws: Floats, value: float) -> float:
    """Continuous ranked probability score of draws, in the unit of the value; 0 is the best.

    mean |x - y| - 1/2 mean |x - x'| over pairs of different draws: the fair estimate, which does
    not punish few draws (Ferro 2014). One draw gives its absolute error. NaN if a draw is.
    """
    x = np.sort(np.asarray(draws, dtype=float))
    n = len(x)
    miss = float(np.abs(x - value).mean())
    if n == 1:
        return miss
    # The sum of |x - x'| over ordered pairs, from the ranks.
    pairs = 2 * float((x * (2 * np.arange(n) - n + 1)).sum())
    return miss - pairs / (2 * n * (n - 1))


def interval(draws: Floats, central: float = CENTRAL) -> tuple[float, float]:
    """The central interval of draws; NaN if a draw is."""
    low, high = np.quantile(draws, [(1 - central) / 2, (1 + central) / 2])
    return float(low), float(high)


def coverage(low: Floats, high: Floats, value: Floats) -> float:
    """Share of the values inside their intervals, the ends included; NaN where there are none."""
    known = np.isfinite(low) & np.isfinite(high) & np.isfinite(value)
    inside = (low <= value) & (value <= high)
    return float(inside[known].mean()) if known.any() else float("nan")
