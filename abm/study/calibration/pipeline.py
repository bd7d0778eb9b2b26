"""The stages of a fit, from points to readings to a posterior. What runs is any function.

screen -> the factors that go on -> waves, each learning from all runs before -> the table -> a
posterior for each evidence scenario. Every number follows from the seed; nothing here writes files.

Each stage has a seed of its own at each point, not one for all: what is learnt is the mean over
luck, and luck in common would be learnt as if it were an effect of the point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from abm.chance import Floats
from abm.study.calibration import emulator, posterior, screen
from abm.study.calibration.data import Data, fitted
from abm.study.calibration.posterior import Posterior, Table
from abm.study.calibration.settings import Amounts
from abm.study.calibration.space import Space
from abm.study.calibration.waves import Drawn, Wave
from abm.study.evidence import EVIDENCE
from abm.study.targets import TARGETS


class Stages(Protocol):
    """Who runs the points of a stage, and may remember them."""

    def points(self, stage: str, space: Space, make: Callable[[], Drawn]) -> Drawn:
        """The points of a stage: those remembered, or else those that it makes."""
        ...

    def simulate(self, stage: str, cube: Floats, space: Space) -> pd.DataFrame:
        """Readings, one row a point in its order, one column a target; NaN where a run has none."""
        ...


FIRST_HEAT, LAST_HEAT = 8.0, 2.0  # of the waves that follow an emulator, and of the table
UNITS = {each.id: each.unit for each in TARGETS}


@dataclass(frozen=True, eq=False)
class Fit:
    """What a fit found.

    space : of the factors that went on; influence : the screen's table, or None
    left : share of the prior not ruled out before each wave and the table
    table, emulator : the runs of the last stage, and what was learnt from all runs
    data, posteriors : by evidence scenario
    """

    space: Space
    influence: pd.DataFrame | None
    left: tuple[float, ...]
    table: Table
    emulator: emulator.Emulator
    data: Mapping[str, Data]
    posteriors: Mapping[str, Posterior]


def run(
    stages: Stages,
    space: Space,
    data: Mapping[str, Data],
    amounts: Amounts,
    seed: int,
    units: Mapping[str, str] = UNITS,
) -> Fit:
    """Fit a space to data.

    data : by evidence scenario; what all of them need is simulated once
    units : of each target, which say what is learnt in logs

    Raises
    ------
    InputError : too few runs have readings, or come near the data; scikit-learn is not installed
    """
    with emulator.one_thread():
        return _run(stages, space, data, amounts, seed, units)


def _run(
    stages: Stages,
    space: Space,
    data: Mapping[str, Data],
    amounts: Amounts,
    seed: int,
    units: Mapping[str, str],
) -> Fit:
    ids = list(dict.fromkeys(id for each in data.values() for id in each.ids))
    influence = None
    if amounts.screen:
        cube = screen.points(space, amounts.screen, seed)
        readings = stages.simulate("screen", cube, space)
        influence = screen.influence(space, cube, readings, _all(data))
        space = space.only(screen.chosen(influence, amounts.factors))
    seen: list[Floats] = []
    found: list[Floats] = []

    def learnt() -> emulator.Emulator:
        cube, readings = np.concatenate(seen), np.concatenate(found)
        return emulator.fit(cube, readings, ids, [units[id] for id in ids], seed)

    def first() -> Drawn:
        cube = space.latin(amounts.waves[0], seed, 4)
        return Drawn(cube, np.zeros(len(cube)), 1.0)

    def later(number: int, size: int, heat: float) -> Callable[[], Drawn]:
        return lambda: Wave(learnt(), data, heat).draw(space, size, seed, number)

    sizes = (*amounts.waves[1:], amounts.table)
    names = [*(f"wave-{k}" for k in range(2, len(sizes) + 1)), "table"]
    makers = [later(k, *each) for k, each in enumerate(zip(sizes, heats(len(sizes)), strict=True))]
    left: list[float] = []
    for stage, make in zip(["wave-1", *names], [first, *makers], strict=True):
        drawn = stages.points(stage, space, make)
        seen.append(drawn.cube)
        found.append(stages.simulate(stage, drawn.cube, space)[ids].to_numpy(float))
        left.append(drawn.left)
    table = Table(tuple(ids), drawn.cube, found[-1], drawn.log_density)
    fits = {name: posterior.fit(each, table, amounts.effective) for name, each in data.items()}
    return Fit(space, influence, tuple(left), table, learnt(), data, fits)


def heats(stages: int) -> list[float]:
    """By how much the likelihood is flattened at each stage, from hot to less so."""
    return np.geomspace(FIRST_HEAT, LAST_HEAT, stages).tolist() if stages > 1 else [LAST_HEAT]


def data_of(known_by: object = None) -> dict[str, Data]:
    """The data of each evidence scenario: what all share, and its own shares of returnees."""
    return {each: Data(fitted(each, known_by)) for each in EVIDENCE}  # type: ignore[arg-type]


def _all(data: Mapping[str, Data]) -> Data:
    """Every target that any evidence scenario has."""
    return Data(tuple({t.id: t for each in data.values() for t in each.targets}.values()))
