"""Settings at the ends of their ranges, every pair of ends together, and what must hold then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import comb
from typing import TypeVar

import numpy as np
from finished_runs import check_heads, stepped

from abm.hosts_table import HOST_NAMES
from abm.levers import HOST_LEVERS, LEVERS
from abm.model import EmigrationModel
from abm.observation import OUTCOMES
from abm.parameters import PARAMETERS

T = TypeVar("T")
Ends = dict[str, tuple[float, float]]
LEVER_ENDS: Ends = {each.name: (each.low, each.high) for each in LEVERS}
PARAMETER_ENDS: Ends = {each.name: (each.low, each.high) for each in PARAMETERS}
# Bounds by unit; counts and money are not negative, what else there is need only be finite.
BOUNDS = {
    "share": (0.0, 1.0),
    "index": (0.0, 1.0),
    "multiple": (0.0, np.inf),
    "people": (0.0, np.inf),
    "people a week": (0.0, np.inf),
    "years": (0.0, 100.0),
}
WEEKS = 15  # the policy review of week 13 is among them


def covering(names: Iterable[str]) -> list[dict[str, bool]]:
    """The fewest rows in which every two names meet in all four ways, low or high.

    Kleitman and Spencer (1973): in the first row all are low; in the others each name is high in
    just over half of them, and no two in the same ones.
    """
    names, rows = list(names), 2
    while comb(rows, rows // 2 + 1) < len(names):
        rows += 1
    high_in = dict(zip(names, combinations(range(rows), rows // 2 + 1), strict=False))
    first = dict.fromkeys(names, False)
    return [first, *({name: row in high_in[name] for name in names} for row in range(rows))]


LOW, AS_IT_IS, HIGH = range(3)


def mixed(luck: int) -> dict[str, dict[str, int]]:
    """Of each host, which levers are low, as they are or high: another third for every host."""
    draws = np.random.default_rng(luck).integers(0, 3, (len(HOST_NAMES), len(HOST_LEVERS)))
    return {
        host: dict(zip(HOST_LEVERS, row.tolist(), strict=True))
        for host, row in zip(HOST_NAMES, draws, strict=True)
    }


def settings_of(hosts: Mapping[str, Mapping[str, int]]) -> dict[str, float]:
    """What sets the levers of hosts so."""
    return {
        f"{lever}.{host}": LEVER_ENDS[lever][level == HIGH]
        for host, levels in hosts.items()
        for lever, level in levels.items()
        if level != AS_IT_IS
    }


def missing_pairs(rows: Iterable[Mapping[str, T]], levels: Sequence[T]) -> set[tuple[object, ...]]:
    """Pairs of (name, level) that never occur together in rows that name the same things."""
    found: set[tuple[object, ...]] = set()
    wanted: set[tuple[object, ...]] = set()
    for row in rows:
        found |= {(*one, *other) for one, other in combinations(sorted(row.items()), 2)}
        wanted |= {
            (one, level, other, another)
            for one, other in combinations(sorted(row), 2)
            for level in levels
            for another in levels
        }
    return wanted - found


def lived(
    settings: Mapping[str, float], without: tuple[str, ...] = (), weeks: int = WEEKS
) -> EmigrationModel:
    """Some weeks in which an order is given and leaving is cheap, so that nothing is idle."""
    busy = {"mobilisation": 0.5, "cost_of_leaving": 4.0}
    if "feedback" not in without:  # which holds the quota at none
        busy["mobilisation_quota"] = 2e5
    model = EmigrationModel(
        scale=3000,
        without=without,
        set={**busy, **settings},
        looking_ahead="discount_per_year" in settings,
    )
    return stepped(model, weeks)


def check(model: EmigrationModel) -> None:
    """Nobody is lost, and every outcome is within the bounds of its unit."""
    check_heads(model)
    table = model.outcomes()
    for outcome in OUTCOMES:
        values = table.loc[table["outcome"] == outcome.name, "value"].to_numpy()
        low, high = BOUNDS.get(outcome.unit, (-np.inf, np.inf))
        assert np.isfinite(values).all(), outcome.name
        assert (values >= low).all() and (values <= high).all(), (outcome.name, values)
    assert (table.loc[table["outcome"] == "rent_index", "value"] > 0).all()
