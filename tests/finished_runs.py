"""Small runs that several tests look at, and what they ask of them. Do not change these models."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from abm.emigrants import ARMY
from abm.hosts_table import HOST_NAMES
from abm.model import PHASES, EmigrationModel
from abm.russians import Russian

RUSSIA = "Russia"


@cache
def finished(
    without: tuple[str, ...] = (), until: str = "2022-12-31", scale: int = 3000, **settings: float
) -> EmigrationModel:
    """A run of the baseline to its end.

    settings: levers and parameters by name, __ for the dot before a host.
    """
    named = {name.replace("__", "."): value for name, value in settings.items()}
    return stepped(EmigrationModel(scale=scale, until=until, without=without, set=named))


def stepped(model: EmigrationModel, weeks: int | None = None) -> EmigrationModel:
    """The model some weeks on, or at its end."""
    for _ in range(model.weeks - model.week if weeks is None else weeks):
        model.step()
    return model


def before(model: EmigrationModel, phase: str) -> EmigrationModel:
    """The model in the middle of its week, just before a phase."""
    model.observations.begin(model.week)
    for each in PHASES[: PHASES.index(phase)]:
        getattr(model, each)()
    return model


def halted(model: EmigrationModel, phase: str) -> Iterator[EmigrationModel]:
    """The model just before a phase, week by week: who looks runs it, the others follow."""
    while model.running:
        yield before(model, phase)
        for each in PHASES[PHASES.index(phase) + 1 :]:
            getattr(model, each)()
        model.week += 1
        model.running = model.week < model.weeks


def total(model: EmigrationModel, outcome: str, host: str = "World") -> float:
    """Sum of a flow over the run, people."""
    return float(model.observations.series(outcome, host).sum())


def series(model: EmigrationModel, outcome: str, host: str) -> np.ndarray:
    """A state of a host by week."""
    return model.observations.series(outcome, host)


def moved(model: EmigrationModel, cause: str) -> float:
    """People who moved for a cause."""
    moves = model.moves_table()
    return float(moves.loc[moves["cause"] == cause, "people"].sum())


def explained(russian: Russian) -> pd.DataFrame:
    """Somebody's options, by name."""
    return russian.explain().set_index("option")


def at_home(model: EmigrationModel, **traits: Any) -> Russian:
    """The first person in Russia who has some traits."""
    found: Russian = model.russians.select(host=RUSSIA, **traits)[0]
    return found


def abroad(model: EmigrationModel, rows: Any) -> list[Russian]:
    """Those of some rows of the emigrants who are abroad; there must be some."""
    e = model.emigrants
    found = [Russian(model, int(e.person[row])) for row in rows if e.place[row] >= 0]
    assert found
    return found


def row_of(host: str) -> int:
    """A host's row."""
    return HOST_NAMES.index(host)


def column(model: EmigrationModel, name: str, host: str) -> float:
    """A column of the hosts, for one of them."""
    return float(getattr(model.host_columns, name)[row_of(host)])


def check_heads(model: EmigrationModel) -> None:
    """Every week people are conserved: stocks are what came less what went, in every host."""
    flows = model.observations
    for host in (*HOST_NAMES, "World"):
        into = flows.series("arrivals", host) if host in HOST_NAMES else flows.series("departures")
        out = flows.series("returns", host)
        if host in HOST_NAMES:
            out = out + flows.series("onward_moves", host)
        assert np.array_equal(np.cumsum(into - out), flows.series("stock_abroad", host)), host
    e = model.emigrants
    in_army = e.place[: e.rows] == ARMY
    assert flows.series("called_up").sum() == in_army.sum() * model.population.scale
    moves = model.moves_table()
    entered = moves[moves["destination"] != RUSSIA].groupby("destination")["people"].sum()
    for host, people in entered.items():
        assert flows.series("arrivals", str(host)).sum() == people
