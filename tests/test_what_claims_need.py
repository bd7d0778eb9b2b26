"""What the claims T21 and T25 are about can be read off a run. Verdicts need experiments."""

from __future__ import annotations

from functools import cache

import pandas as pd

from abm.hosts_table import unions
from abm.study.runner import run


@cache
def world_and_union(scenario: str, until: str) -> tuple[pd.DataFrame, pd.Series]:
    """Outcomes of the World by week, and sums over weeks and hosts of the European Union."""
    outcomes = run(scenario, scale=3000, until=until).outcomes
    tall = outcomes.astype({"host": str, "outcome": str})
    world = tall[tall["host"] == "World"].pivot(index="date", columns="outcome", values="value")
    union = tall[tall["host"].isin(unions()["EU"])].groupby("outcome")["value"].sum()
    return world, union


def test_an_open_union_draws_people_and_capital() -> None:
    until = "2025-03-31"
    (usual, union), (opened, more) = (
        world_and_union(name, until) for name in ("war-years", "open-eu")
    )
    assert more["arrivals"] > 1.5 * union["arrivals"]
    assert more["capital_outflow"] > 5 * union["capital_outflow"]
    assert opened["stock_abroad"].iloc[-1] > usual["stock_abroad"].iloc[-1]


def test_tightening_gives_the_kremlin_men_and_workers_and_feeds_propaganda() -> None:
    until = "2023-06-30"
    (usual, _), (tight, _) = (
        world_and_union(name, until) for name in ("war-years", "tighten-everywhere")
    )
    assert tight["manpower_denied"].sum() < usual["manpower_denied"].sum()
    assert tight["labour_force_change"].iloc[-1] > usual["labour_force_change"].iloc[-1]
    assert tight["capital_outflow"].sum() < usual["capital_outflow"].sum()
    assert tight["propaganda_strength"].iloc[-1] > usual["propaganda_strength"].iloc[-1]
