"""Mechanisms of Russia's economy and public switched off alone: what whole runs count.

Same people, same luck.
"""

from __future__ import annotations

import numpy as np
import pytest
from finished_runs import explained, finished, moved, series, stepped

from abm.accounts import workforce
from abm.composition import OCCUPATIONS, composition
from abm.hosts_table import HOST_NAMES
from abm.model import EmigrationModel
from abm.traits_tables import SECTORS

LATER = "2023-06-30"


def world(model: EmigrationModel, outcome: str) -> np.ndarray:
    return series(model, outcome, "World")


def test_m12_shortage_raises_wage_offers_at_home() -> None:
    on, off = finished(), finished(("M12",))
    assert (off.economy.wage_offers == 1).all()
    assert (on.economy.wage_offers >= 1).all()
    assert on.economy.wage_offers.max() > 1.001
    manager = on.russians.select(occupation="manager", host="Russia", at_most=1)[0]
    worth = [
        explained(model.russians[manager.unique_id]).loc["Russia", "consumption"]
        for model in (on, off)
    ]
    p = on.scenario.parameters
    k = OCCUPATIONS.index("manager")
    missing = world(on, "labour_lost.manager")[-1] / workforce(composition()).workers[k]
    gain = p.consumption_weight * p.wage_offer_elasticity * missing
    assert worth[0] - worth[1] == pytest.approx(gain)
    assert gain > 0


def test_m20_returnees_add_to_output() -> None:
    on, off = finished(until=LATER), finished(("M20",), LATER)
    assert world(on, "gdp_contribution")[-1] > 0
    assert (world(off, "gdp_contribution") == 0).all()
    np.testing.assert_array_equal(world(on, "gdp_missing"), world(off, "gdp_missing"))


def test_m21_those_gone_are_missing_as_soldiers_and_workers() -> None:
    on, off = finished(until=LATER), finished(("M21",), LATER)
    labour = [f"labour_{way}.{sector}" for way in ("lost", "regained") for sector in SECTORS]
    for name in ("manpower_denied", "gdp_missing", *labour):
        assert (world(on, name) >= 0).all()
        assert (world(off, name) == 0).all()
    assert world(on, "manpower_denied")[-1] > 0
    assert world(on, "labour_force_change")[-1] < 0 == world(off, "labour_force_change")[-1]
    assert (off.economy.wage_offers == 1).all()


def test_m22_rejection_feeds_propaganda() -> None:
    on, off = finished(("M12",)), finished(("M12", "M22"))
    assert (world(on, "propaganda_strength") >= world(off, "propaganda_strength")).all()
    assert world(on, "propaganda_strength")[-1] > world(off, "propaganda_strength")[-1] + 0.02


def test_m23_settled_contacts_weaken_propaganda() -> None:
    on, off = finished(("M22",)), finished(("M22", "M23"))
    assert (world(on, "propaganda_strength") <= world(off, "propaganda_strength")).all()
    assert world(on, "propaganda_strength")[-1] < world(off, "propaganda_strength")[-1]


def test_m39_the_war_alone_feeds_propaganda() -> None:
    on, off = finished(("M22", "M23")), finished(("M22", "M23", "M39"))
    put_in = on.kremlin.propaganda
    assert world(off, "propaganda_strength") == pytest.approx(put_in)
    assert (np.diff(world(on, "propaganda_strength")) >= 0).all()
    assert world(on, "propaganda_strength")[-1] > put_in + 0.05


def test_stronger_propaganda_holds_dissenters_back() -> None:
    on, off = finished(), finished(("M39",))
    assert moved(on, "repression") < moved(off, "repression")
    assert world(on, "dissent_at_home")[-1] < world(off, "dissent_at_home")[-1]


def test_m24_exile_lets_the_opposition_speak() -> None:
    on, off = finished((), LATER, 1000), finished(("M24",), LATER, 1000)
    assert world(on, "opposition_abroad")[-1] > 0
    assert (world(off, "opposition_abroad") == 0).all()


def test_m25_people_kept_in_count_only_if_they_would_rise() -> None:
    on, off = finished(until=LATER), finished(("M25",), LATER)
    assert world(on, "opposition_at_home")[-1] > 0
    assert (world(off, "opposition_at_home") == 0).all()
    np.testing.assert_array_equal(world(on, "men_trapped"), world(off, "men_trapped"))


def test_m26_returnees_keep_silent() -> None:
    on, off = finished(until=LATER), finished(("M26",), LATER)
    e = on.emigrants
    back = e.activist[: e.rows] & (e.first_left_week[: e.rows] >= 0) & (e.place[: e.rows] == -1)
    louder = world(off, "opposition_at_home") - world(on, "opposition_at_home")
    assert (louder >= 0).all()
    assert (louder[-1] > 0) == back.any()


def test_m30_hosts_gain() -> None:
    on, off = finished(until=LATER), finished(("M30",), LATER)
    for name in ("host_gain.labour", "host_gain.eur"):
        assert world(on, name)[-1] > 0
        for host in (*HOST_NAMES, "World"):
            assert (series(off, name, host) == 0).all()


def test_keeping_people_in_helps_the_opposition_where_the_rival_claim_says_so() -> None:
    """T26 can win, and T25: each by its own mechanism."""
    capacity: dict[tuple[str, bool], float] = {}
    for rival in (True, False):
        claims = {"home_activism": 1.5 * rival, "trapped_men_weight": 0.5 * rival}
        for name in ("war-years", "closed-border"):
            model = stepped(EmigrationModel(name, scale=1000, until="2022-12-31", set=claims))
            capacity[name, rival] = float(world(model, "opposition_capacity")[31:].mean())
    assert capacity["closed-border", True] > 1.05 * capacity["war-years", True]
    assert capacity["closed-border", False] <= capacity["war-years", False]
