"""A mechanism switched off alone: what home and the way are worth on the same state of the world.

What hosts are worth is in test_mechanisms_in_hosts; what they become, and what whole runs count,
in test_mechanisms_in_runs.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from finished_runs import RUSSIA, abroad, at_home, explained, finished
from switched_off import both, differing

from abm.levers import BY_NAME
from abm.mechanisms import MECHANISMS
from abm.parameters import NAMES, parameters_from


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=lambda each: each.id)
def test_the_table_names_what_exists(mechanism: Any) -> None:
    assert mechanism.off or mechanism.held or mechanism.drops
    assert set(mechanism.off) <= set(NAMES)
    if mechanism.off and not mechanism.held:  # on by default
        assert parameters_from(mechanism.off) != parameters_from({})
    for lever, value in mechanism.held.items():
        assert BY_NAME[lever].check(value) == value


def test_no_parameter_belongs_to_two_mechanisms() -> None:
    names = [name for each in MECHANISMS if each.id != "feedback" for name in each.off]
    assert len(set(names)) == len(names)


def test_every_mechanism_has_a_test() -> None:
    tested = set()
    for path in Path(__file__).parent.rglob("test_*.py"):
        names = (getattr(node, "name", "") for node in ast.parse(path.read_text("utf-8")).body)
        tested |= {name.split("_")[1].upper() for name in names if name.startswith("test_m")}
    assert {each.id for each in MECHANISMS} <= tested | {
        "responses",
        "feedback",
    }  # in test_scenario, _compare


def test_m2_the_order_makes_home_worse_for_men_who_fear_it() -> None:
    model = finished()
    risk = model.russians.get("perceived_risk")
    exposed = model.russians[int(risk.argmax())]
    on, off = both(exposed, "M2")
    assert differing(on, off) == {"mobilisation"}
    assert on.loc[RUSSIA, "mobilisation"] < 0
    assert (off["mobilisation"] == 0).all()
    safe = model.russians[int(risk.argmin())]
    assert explained(safe).loc[RUSSIA, "mobilisation"] > on.loc[RUSSIA, "mobilisation"]


def test_m4_the_journey_bars_those_without_savings() -> None:
    barred = 0
    for russian in finished().russians.select(host=RUSSIA, foreign_passport=True, at_most=60):
        on, off = both(russian, "M4")
        assert differing(on, off) == set()
        assert not (on["able"] & ~off["able"]).any()
        barred += int((off["able"] & ~on["able"]).sum())
        if russian.savings_usd == 0:
            assert not on["able"].drop(RUSSIA).any()
    assert barred > 0


def test_m28_calls_from_home_draw_those_abroad_who_trust_them() -> None:
    model = finished(return_offer=0.8)
    weight = model.scenario.parameters.offer_weight
    for russian in abroad(model, range(30)):
        on, off = both(russian, "M28")
        assert differing(on, off) == {"news_from_home"}
        assert (off["news_from_home"] == 0).all()
        known = weight * 0.8 * (1 - russian.dissent)
        assert on.loc[RUSSIA, "news_from_home"] == pytest.approx(known)
        assert (on["news_from_home"].drop(RUSSIA) == 0).all()
    assert differing(*both(at_home(model), "M28")) == set()


def test_m31_the_pull_of_home_fades_abroad() -> None:
    model = finished(until="2023-06-30")
    e = model.emigrants
    early = np.flatnonzero((e.left_week[: e.rows] >= 0) & (e.left_week[: e.rows] < 30))
    for russian in abroad(model, early):
        on, off = both(russian, "M31")
        assert differing(on, off) == {"attachment"}
        assert on.loc[RUSSIA, "attachment"] < off.loc[RUSSIA, "attachment"]
    assert differing(*both(at_home(model), "M31")) == set()


def test_m32_another_regime_draws_those_abroad_who_dissent() -> None:
    model = finished(regime_change=1.0, return_offer=0.0)
    weight = model.scenario.parameters.hope_weight
    for russian in abroad(model, range(30)):
        on, off = both(russian, "M32")
        assert differing(on, off) == {"news_from_home"}
        assert (off["news_from_home"] == 0).all()
        known = weight * russian.dissent
        assert on.loc[RUSSIA, "news_from_home"] == pytest.approx(known)
        assert on.loc[RUSSIA, "probability"] > off.loc[RUSSIA, "probability"]
    assert differing(*both(at_home(model), "M32")) == set()
    before_it = finished(return_offer=1.0)
    for russian in abroad(before_it, range(5)):
        assert differing(*both(russian, "M32")) == set()  # hope needs a change


def test_m35_without_flights_a_move_costs_more() -> None:
    model = finished()
    flights = pd.Series(model.hosts.get("direct_flights"), model.hosts.get("name"))
    grounded, served = flights.index[flights < 1], flights.index[flights == 1]
    assert len(grounded)
    assert len(served)
    on, off = both(at_home(model), "M35")
    assert differing(on, off) == {"moving_cost"}
    assert (on.loc[grounded, "moving_cost"] < off.loc[grounded, "moving_cost"]).all()
    assert (on.loc[served, "moving_cost"] == off.loc[served, "moving_cost"]).all()
    for russian in abroad(model, range(40)):
        on, off = both(russian, "M35")
        worse = off.loc[RUSSIA, "moving_cost"] - on.loc[RUSSIA, "moving_cost"]
        assert (worse > 0) == (russian.host in grounded)


def test_m37_hardship_makes_home_worse_most_of_all_without_work() -> None:
    model = finished()
    jobless, on_off = at_home(model, occupation="jobless"), []
    for russian in (jobless, at_home(model, occupation="worker")):
        on, off = both(russian, "M37")
        assert differing(on, off) == {"hardship"} or on.loc[RUSSIA, "hardship"] == 0
        on_off.append(on.loc[RUSSIA, "hardship"] - off.loc[RUSSIA, "hardship"])
    assert on_off[0] < on_off[1] <= 0


def test_m38_conscience_makes_home_worse_with_dissent() -> None:
    model = finished()
    dissent = model.russians.get("dissent")
    felt = []
    for person in (int(dissent.argmin()), int(dissent.argmax())):
        on, off = both(model.russians[person], "M38")
        assert differing(on, off) == {"conscience"}
        assert (off["conscience"] == 0).all()
        felt.append(on.loc[RUSSIA, "conscience"])
    assert felt[1] < felt[0] <= 0
