"""When a point has enough replicates: its mean's confidence interval is narrow enough."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from abm.study.keeping import Stop

GROWTH = 1.5  # replicates are raised by half, so that few are too many


def half_widths(values: pd.DataFrame, stop: Stop, points: int) -> npt.NDArray[np.float64]:
    """Half-width of the confidence interval of each point's mean, Student's t.

    values : columns point, value, one row a replicate; runs that failed are missing
    stop : of which confidence, and whether in shares of the mean
    Returns shape (points,): in the outcome's unit or a share of the mean; infinite with fewer than
    two values.
    """
    grouped = values.groupby("point")["value"]
    count = grouped.count().reindex(range(points), fill_value=0).to_numpy(float)
    spread = grouped.std().reindex(range(points)).to_numpy(float)
    mean = grouped.mean().reindex(range(points)).to_numpy(float)
    enough = count >= 2
    quantile = stats.t.ppf((1 + stop.confidence) / 2, np.where(enough, count - 1, 1))
    width = quantile * spread / np.sqrt(np.maximum(count, 1))
    if stop.relative:
        with np.errstate(divide="ignore", invalid="ignore"):
            width = np.where(width == 0, 0.0, width / np.abs(mean))
    return np.where(enough, width, np.inf)


def wanted(have: npt.NDArray[np.int64], values: pd.DataFrame, stop: Stop) -> npt.NDArray[np.int64]:
    """How many replicates each point should have: what it has, or half as many again.

    have : replicates of each point so far, all of them run
    """
    wide = ~(half_widths(values, stop, len(have)) <= stop.half_width)
    more = np.minimum(np.ceil(have * GROWTH).astype(np.int64), stop.at_most)
    return np.where(wide, np.maximum(have, more), have)
