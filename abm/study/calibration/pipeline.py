"""The stages of a fit, from points to readings to a posterior. What runs is any function.

screen -> the factors that go on -> waves, each learning from the runs before -> a pool of points,
some of which, the table, are run -> a posterior for each evidence scenario. Every number follows
from the seed; nothing here writes files.

Each stage has a seed of its own at each point, not one for all: what is learnt is the mean over
luck, and luck in common would be learnt as if it were an effect of the point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from abm.chance import Floats
from abm.study.calibration import emulator, posterior, screen
from abm.study.calibration.data import Data, fitted
from abm.study.calibration.posterior import Pool, Posterior
from abm.study.calibration.settings import Amounts
from abm.study.calibration.space import Space
from abm.study.calibration.waves import Drawn, Wave
from abm.study.evidence import EVIDENCE


class Stages(Protocol):
    """Who runs the points of a stage, and may remember them."""

    def points(self, stage: str, space: Space, make: Callable[[], Drawn]) -> Drawn:
        """The points of a stage: those remembered, or else those that it makes."""
        ...

    def simulate(self, stage: str, cube: Floats, space: Space) -> pd.DataFrame:
        """Readings, one row a point in its order, one column a target; NaN where a run has none."""
        ...


FIRST_HEAT, LAST_HEAT = 8.0, 2.0  # of the waves that follow an emulator, and of the pool
LEARNT_FROM = 600  # runs at most, the latest: they lie nearest to the data


@dataclass(frozen=True, eq=False)
class Runs:
    """What was run: points, shape (runs, factors), and readings, shape (runs, targets)."""

    cube: Floats
    readings: Floats

    def learnt(self, data: Data, seed: int) -> emulator.Emulator:
        """An emulator of the data's targets, learnt from the latest runs."""
        latest = slice(max(0, len(self.cube) - LEARNT_FROM), None)
        return emulator.fit(self.cube[latest], self.readings[latest], data, seed)

    def and_then(self, later: Runs) -> Runs:
        """These runs and later ones."""
        both = zip((self.cube, self.readings), (later.cube, later.readings), strict=True)
        return Runs(*(np.concatenate(each) for each in both))

    def without(self, rows: NDArray[np.int64]) -> Runs:
        """All runs but some."""
        return Runs(np.delete(self.cube, rows, axis=0), np.delete(self.readings, rows, axis=0))


@dataclass(frozen=True, eq=False)
class Fit:
    """What a fit found.

    space : of the factors that went on; influence : the screen's table, or None
    left : share of the prior not ruled out before each wave and the pool
    before, table : the runs of the waves, and those of the table
    every : all targets that are fitted in any evidence scenario, in order of readings
    pool : points with what is foretold of them; the table's rows are some of its points
    data, posteriors : by evidence scenario
    """

    space: Space
    influence: pd.DataFrame | None
    left: tuple[float, ...]
    before: Runs
    table: Runs
    every: Data
    pool: Pool
    data: Mapping[str, Data]
    posteriors: Mapping[str, Posterior]


def run(stages: Stages, space: Space, data: Mapping[str, Data], amounts: Amounts, seed: int) -> Fit:
    """Fit a space to data.

    data : by evidence scenario; what all of them need is simulated once

    Raises
    ------
    InputError : too few runs have readings, or come near the data; scikit-learn is not installed
    """
    with emulator.one_thread():
        return _run(stages, space, data, amounts, seed)


def _run(
    stages: Stages, space: Space, data: Mapping[str, Data], amounts: Amounts, seed: int
) -> Fit:
    every = Data(tuple({t.id: t for each in data.values() for t in each.targets}.values()))
    influence = None
    if amounts.screen:
        cube = screen.points(space, amounts.screen, seed)
        readings = stages.simulate("screen", cube, space)
        influence = screen.influence(space, cube, readings, every)
        space = space.only(screen.chosen(influence, amounts.factors))

    def simulated(stage: str, cube: Floats) -> Runs:
        return Runs(cube, stages.simulate(stage, cube, space)[every.ids].to_numpy(float))

    def first() -> Drawn:
        cube = space.latin(amounts.waves[0], seed, 4)
        return Drawn(cube, np.zeros(len(cube)), 1.0)

    drawn = stages.points("wave-1", space, first)
    runs, left = simulated("wave-1", drawn.cube), [1.0]
    sizes = (*amounts.waves[1:], amounts.pool)
    for number, (size, heat) in enumerate(zip(sizes, heats(len(sizes)), strict=True), 2):
        last = number == len(sizes) + 1
        make = partial(_drawn, runs, every, data, heat, space, size, seed, number)
        drawn = stages.points("pool" if last else f"wave-{number}", space, make)
        left.append(drawn.left)
        if not last:
            runs = runs.and_then(simulated(f"wave-{number}", drawn.cube))
    table = simulated("table", drawn.cube[spread(amounts.pool, amounts.table)])
    means, variances = runs.and_then(table).learnt(every, seed).predict(drawn.cube)
    pool = Pool(tuple(every.ids), drawn.cube, means, variances, drawn.log_density)
    fits = {name: posterior.fit(each, pool, amounts.effective) for name, each in data.items()}
    return Fit(space, influence, tuple(left), runs, table, every, pool, data, fits)


def spread(pool: int, size: int) -> NDArray[np.int64]:
    """Rows of a pool, evenly spaced, so of all chains."""
    return np.linspace(0, pool - 1, size).round().astype(np.int64)


def _drawn(
    runs: Runs,
    every: Data,
    data: Mapping[str, Data],
    heat: float,
    space: Space,
    size: int,
    seed: int,
    number: int,
) -> Drawn:
    """Points of a wave, by what was learnt from the runs before."""
    return Wave(runs.learnt(every, seed), data, heat).draw(space, size, seed, number)


def heats(stages: int) -> list[float]:
    """By how much the likelihood is flattened at each stage, from hot to less so."""
    return np.geomspace(FIRST_HEAT, LAST_HEAT, stages).tolist() if stages > 1 else [LAST_HEAT]


def data_of(known_by: object = None) -> dict[str, Data]:
    """The data of each evidence scenario: what all share, and its own shares of returnees."""
    return {each: Data(fitted(each, known_by)) for each in EVIDENCE}  # type: ignore[arg-type]
