"""The same people and state of the world with a mechanism and without it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
from finished_runs import before, explained

from abm.model import EmigrationModel
from abm.russians import Russian
from abm.scenario import load

Explained = pd.DataFrame


@contextmanager
def without(model: EmigrationModel, mechanism: str) -> Iterator[None]:
    """The same state of the world, as it is judged without a mechanism."""
    before = model.scenario
    model.scenario = load(before, without=[mechanism])
    try:
        yield
    finally:
        model.scenario = before


def both(russian: Russian, mechanism: str) -> tuple[Explained, Explained]:
    """Somebody's options with a mechanism and without; nothing else in them may differ."""
    on = explained(russian)
    with without(russian.model, mechanism):
        return on, explained(russian)


def differing(on: Explained, off: Explained) -> set[str]:
    """Components of utility that differ; without the sums that follow from them."""
    parts = on.columns.difference(["utility", "probability", "able"])
    return {name for name in parts if not np.array_equal(on[name], off[name])}


def eve(*without: str, **levers: float) -> EmigrationModel:
    """The first week as it is decided on, before anybody has left: one state with and without."""
    named = {name.replace("__", "."): value for name, value in levers.items()}
    model = EmigrationModel(scale=3000, without=without, set=named)
    return before(model, "decisions")
