"""A world whose posterior is known exactly: readings linear in four factors, one of them idle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from zlib import crc32

import numpy as np
import pandas as pd

from abm.chance import Floats
from abm.study.calibration.data import Data
from abm.study.calibration.space import Space, luck
from abm.study.calibration.waves import Drawn
from abm.study.factors import Uncertainty
from abm.study.target import Target
from abm.study.targets import TARGETS

T4_1 = next(target for target in TARGETS if target.id == "T4.1")
FACTORS, READINGS = 4, 6
NOISE, SD = 0.1, 0.3  # of single runs, of the data
SLOPES = np.random.default_rng(0).normal(size=(READINGS, FACTORS))
SLOPES[:, 3] = 0.0  # x3 moves nothing
TRUTH = np.array([0.5, -1.0, 0.8, 0.3])
IDS = [f"T{k + 1}" for k in range(READINGS)]
SPACE = Space(
    tuple(Uncertainty(f"x{k}", -5, 5, "normal", mean=0, spread=1.0) for k in range(FACTORS))
)


def target(id: str, value: float, sd: float = SD) -> Target:
    """A closed figure."""
    return replace(
        T4_1,
        id=id,
        unit="share",
        low=value,
        high=value,
        value=value,
        observation_sd=sd,
        discrepancy_sd=0.0,
    )


def data(truth: np.ndarray = TRUTH) -> dict[str, Data]:
    """What a world at the truth shows, without error."""
    values = SLOPES @ truth
    return {"middle": Data(tuple(target(id, v) for id, v in zip(IDS, values, strict=True)))}


class Stages:
    """Stages that remember nothing, with luck of their own in each."""

    def points(self, stage: str, space: Space, make: Callable[[], Drawn]) -> Drawn:
        return make()

    def simulate(self, stage: str, cube: Floats, space: Space) -> pd.DataFrame:
        values = space.values(cube)
        x = np.column_stack([values.get(f"x{k}", np.zeros(len(cube))) for k in range(FACTORS)])
        noise = NOISE * luck(1, 99, crc32(stage.encode())).normal(size=(len(x), READINGS))
        return pd.DataFrame(x @ SLOPES.T + noise, columns=IDS)


STAGES = Stages()


def exact(truth: np.ndarray = TRUTH) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each factor in the posterior."""
    variance = SD**2 + NOISE**2
    covariance = np.linalg.inv(np.eye(FACTORS) + SLOPES.T @ SLOPES / variance)
    return covariance @ SLOPES.T @ (SLOPES @ truth) / variance, np.sqrt(np.diag(covariance))
