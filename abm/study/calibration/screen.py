"""The screen: which factors move what the sources counted, by Morris' trajectories.

Readings far from the data blow up with exponentials, so effects are taken on misses in deviations,
squeezed: ±1 is as it stands, and all beyond FAR is as far.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from abm.chance import Floats
from abm.study import design, sensitivity
from abm.study.calibration.data import Data
from abm.study.calibration.space import Space
from abm.study.factors import Design

FAR = 30.0  # deviations
LEVELS = 4


def points(space: Space, trajectories: int, seed: int) -> Floats:
    """The points of the screen in the cube, shape (trajectories × (factors + 1), factors)."""
    how = Design("morris", size=trajectories, levels=LEVELS)
    values = design.points(how, space.factors, seed)
    return space.cube(values)


def influence(space: Space, cube: Floats, readings: pd.DataFrame, data: Data) -> pd.DataFrame:
    """How strongly each factor moves each figure: μ* of squeezed misses over a factor's range.

    readings : one column a target, NaN for runs without

    Columns: factor, then one a target, then overall, the root of the mean square, by which rows
    are in order. Trajectories with a run missing are left out.
    """
    squeezed = np.arcsinh(np.clip(data.misses(readings[data.ids].to_numpy()), -FAR, FAR))
    lost = readings[data.ids].isna().all(axis=1).to_numpy()
    squeezed[lost] = np.nan
    how = Design("morris", size=len(cube) // (len(space) + 1), levels=LEVELS)
    table: dict[str, object] = {"factor": space.names}
    values = space.values(cube)
    for k, id in enumerate(data.ids):
        column = pd.DataFrame({0: squeezed[:, k]})
        found = sensitivity.morris(values, column, space.factors, how, 1, resamples=2)
        table[id] = found["mu_star"].to_numpy()
    result = pd.DataFrame(table)
    overall = np.sqrt((result[data.ids] ** 2).mean(axis=1))
    return result.assign(overall=overall).sort_values("overall", ascending=False, kind="stable")


def chosen(table: pd.DataFrame, most: int) -> list[str]:
    """The most influential factors."""
    return list(table["factor"].head(most))
