"""The stages of a fit, from points to readings to a posterior. What runs is any function.

screen -> the factors that go on -> waves, each learning from the runs before -> a pool of points,
with what is foretold of them -> a posterior for each evidence scenario, and a centre: of the points
that were run, those of which the likeliest is foretold are run anew, and the likeliest is taken.
(With so many factors the mean of a curved posterior is not likely, and what an emulator thinks
likeliest of all is where it errs most.) Some of the pool's points, the table, are run to check what
was foretold. Every number follows from the seed; nothing here writes files.

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
from abm.study.calibration.settings import SHORTLIST, Amounts
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


FIRST_HEAT, LAST_HEAT = 4.0, 1.0  # of the waves that follow an emulator
POOL_HEAT = 2.0  # so that the pool is wider than any posterior
COUNTED = 0.1  # share of the emulator's variance that counts while waves approach the data
LIKE_POOL = 2  # waves at last that are drawn as the pool is
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


@dataclass(frozen=True, eq=False)
class Fit:
    """What a fit found.

    space : of the factors that went on; influence : the screen's table, or None
    left : share of the prior not ruled out before each wave and the pool
    every : all targets that are fitted in any evidence scenario, in order of readings
    pool : points with what is foretold of them
    table : runs at some of them, which nothing was learnt from
    data, posteriors, centres : by evidence scenario; a centre is a point of the cube
    """

    space: Space
    influence: pd.DataFrame | None
    left: tuple[float, ...]
    every: Data
    pool: Pool
    table: Runs
    data: Mapping[str, Data]
    posteriors: Mapping[str, Posterior]
    centres: Mapping[str, Floats]


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
    later = amounts.waves[1:]
    for number, (size, course) in enumerate(zip(later, courses(len(later)), strict=True), 2):
        make = partial(_drawn, runs, every, data, course, space, size, seed, number)
        drawn = stages.points(f"wave-{number}", space, make)
        runs = runs.and_then(simulated(f"wave-{number}", drawn.cube))
        left.append(drawn.left)
    number = len(amounts.waves) + 1
    learnt = runs.learnt(every, seed)
    wave = Wave(learnt, data, POOL_HEAT)
    make = partial(wave.draw, space, amounts.pool, seed, number, runs.cube)
    drawn = stages.points("pool", space, make)
    means, variances = learnt.predict(drawn.cube)
    pool = Pool(tuple(every.ids), drawn.cube, means, variances, drawn.log_density)
    fits = {name: posterior.fit(each, pool, amounts.effective) for name, each in data.items()}
    table = simulated("table", drawn.cube[spread(amounts.pool, amounts.table)])
    centres = _centres(simulated, runs.cube, learnt, every, data, amounts.check)
    return Fit(space, influence, (*left, drawn.left), every, pool, table, data, fits, centres)


def _centres(
    simulated: Callable[[str, Floats], Runs],
    cube: Floats,
    learnt: emulator.Emulator,
    every: Data,
    data: Mapping[str, Data],
    times: int,
) -> dict[str, Floats]:
    """Of the points that the mean of what is foretold calls likely, the likeliest when run anew."""

    def without_luck(cube: Floats, readings: Floats) -> Pool:
        none = np.zeros_like(readings)
        return Pool(tuple(every.ids), cube, readings, none, np.zeros(len(cube)))

    known = without_luck(cube, learnt.predict(cube)[0])
    best = [known.log_likelihood(each).argsort()[-SHORTLIST:] for each in data.values()]
    likely = cube[np.unique(np.concatenate(best))]
    again = simulated("centres", np.repeat(likely, times, axis=0)).readings
    rerun = without_luck(likely, again.reshape(len(likely), times, -1).mean(axis=1))
    return {name: likely[rerun.log_likelihood(each).argmax()] for name, each in data.items()}


def foretold(fit: Fit) -> pd.DataFrame:
    """The table beside what was foretold of it, one row a target.

    Columns: id, runs, off: mean of (run - foretold) / deviation foretold; spread: the root of the
    mean square of it, 1 if the emulator is as sure as it ought to be.
    """
    rows = spread(len(fit.pool.cube), len(fit.table.cube))
    off = (fit.table.readings - fit.pool.means[rows]) / np.sqrt(fit.pool.variances[rows])
    return pd.DataFrame(
        {
            "id": fit.pool.ids,
            "runs": np.isfinite(off).sum(axis=0),
            "off": np.nanmean(off, axis=0),
            "spread": np.sqrt(np.nanmean(off**2, axis=0)),
        }
    )


def spread(pool: int, size: int) -> NDArray[np.int64]:
    """Rows of a pool, evenly spaced, so of all chains."""
    return np.linspace(0, pool - 1, size).round().astype(np.int64)


def _drawn(
    runs: Runs,
    every: Data,
    data: Mapping[str, Data],
    course: tuple[float, float],
    space: Space,
    size: int,
    seed: int,
    number: int,
) -> Drawn:
    """Points of a wave, by what was learnt from the runs before."""
    wave = Wave(runs.learnt(every, seed), data, *course)
    return wave.draw(space, size, seed, number, runs.cube)


def courses(waves: int) -> list[tuple[float, float]]:
    """Heat of each wave after the first, and how much of the emulator's variance counts.

    They approach the data, ever less flat, and at last are drawn as the pool is, so that the
    emulator learns, and learns how sure it is, where it is asked.
    """
    last = min(LIKE_POOL, waves // 2)
    approach = np.geomspace(FIRST_HEAT, LAST_HEAT, waves - last).tolist()
    return [(heat, COUNTED) for heat in approach] + last * [(POOL_HEAT, 1.0)]


def data_of(known_by: object = None) -> dict[str, Data]:
    """The data of each evidence scenario: what all share, and its own shares of returnees."""
    return {each: Data(fitted(each, known_by)) for each in EVIDENCE}  # type: ignore[arg-type]
