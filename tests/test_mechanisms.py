"""A mechanism switched off alone: what somebody's options are worth on the same state of the world.

What hosts become, and what whole runs count, is in test_mechanisms_in_runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from finished_runs import RUSSIA, abroad, at_home, before, explained, finished, row_of

from abm.calendar import WEEKS_PER_MONTH
from abm.choices import doors_of
from abm.doors import IRREGULAR
from abm.emigrants import NOWHERE
from abm.levers import BY_NAME
from abm.mechanisms import MECHANISMS
from abm.model import EmigrationModel
from abm.parameters import NAMES, parameters_from
from abm.russians import Russian
from abm.scenario import load

Explained = pd.DataFrame


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=lambda each: each.id)
def test_the_table_names_what_exists(mechanism: Any) -> None:
    assert mechanism.off or mechanism.held or mechanism.drops
    assert set(mechanism.off) <= set(NAMES)
    if mechanism.off and not mechanism.held:  # on by default
        assert parameters_from(mechanism.off) != parameters_from({})
    for lever, value in mechanism.held.items():
        assert BY_NAME[lever].check(value) == value


def test_no_parameter_belongs_to_two_mechanisms() -> None:
    names = [name for each in MECHANISMS for name in each.off]
    assert len(set(names)) == len(names)


def test_every_mechanism_has_a_test() -> None:
    tested = set()
    for path in Path(__file__).parent.rglob("test_*.py"):
        names = (getattr(node, "name", "") for node in ast.parse(path.read_text("utf-8")).body)
        tested |= {name.split("_")[1].upper() for name in names if name.startswith("test_m")}
    assert {each.id for each in MECHANISMS} <= tested | {"responses"}  # in test_scenario


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


def test_m7_insecure_status_makes_hosts_worse() -> None:
    model = finished()
    for russian in [at_home(model), *abroad(model, range(20))]:
        on, off = both(russian, "M7")
        assert differing(on, off) == {"insecurity"}
        assert (on["insecurity"].drop(RUSSIA) < 0).all()
        assert (off["insecurity"] == 0).all()
        assert on.loc[RUSSIA, "insecurity"] == 0
    irregular = np.flatnonzero(model.emigrants.status[: model.emigrants.rows] == IRREGULAR)
    for russian in abroad(model, irregular):
        if russian.partner is None:  # whose own status would weigh here and elsewhere
            on, off = both(russian, "M7")
            assert on.loc[russian.host, "insecurity"] == on["insecurity"].min()


def test_m8_discrimination_makes_this_host_worse() -> None:
    model = finished()
    e = model.emigrants
    struck = np.flatnonzero((e.discrimination[: e.rows] > 0) & (e.place[: e.rows] >= 0))
    for russian in abroad(model, struck):
        on, off = both(russian, "M8")
        assert differing(on, off) == {"discrimination"}
        assert on.loc[russian.host, "discrimination"] < 0
        assert (on["discrimination"].drop(russian.host) == 0).all()
        assert on.loc[RUSSIA, "probability"] >= off.loc[RUSSIA, "probability"]


def test_m10_barriers_take_from_income_earned_in_russia() -> None:
    model = finished()
    remote = model.russians.select(lambda r: r.wage_usd > 2000, at_most=3, host=RUSSIA, remote=True)
    access = pd.Series(model.hosts.get("payment_access"), model.hosts.get("name"))
    for russian in remote:
        on, off = both(russian, "M10")
        assert differing(on, off) == {"consumption"}
        gain = off["consumption"] - on["consumption"]
        assert (gain >= 0).all()
        assert gain[RUSSIA] == 0
        assert (gain[access.index[access == 1]] == 0).all()
        assert gain[access.index[access < 1]].max() > 0
        assert not (on["able"] & ~off["able"]).any()  # and savings cannot be taken along


def test_m11_a_partner_who_suffers_weighs_on_both() -> None:
    model = finished(until="2023-06-30")
    e = model.emigrants
    rows = np.flatnonzero((e.place[: e.rows] >= 0) & (e.partner[: e.rows] >= 0))
    felt = "discrimination"
    together = rows[e.place_of(e.partner[rows]) == e.place[rows]]
    for russian in abroad(model, together[:30]):
        on, off = both(russian, "M11")
        partner = russian.partner
        assert partner is not None
        worse = {name: (off[name] - on[name])[russian.host] for name in ("insecurity", felt)}
        assert (worse["insecurity"] > 0) == (partner.status != "citizen")
        assert (worse[felt] > 0) == (partner.discrimination > 0)
        assert differing(on, off) <= {"insecurity", "discrimination"}
        others = [name for name in on.index if name not in (russian.host, RUSSIA)]
        share = model.scenario.parameters.partner_suffering  # both would be there with one status
        np.testing.assert_allclose(
            on.loc[others, "insecurity"], (1 + share) * off.loc[others, "insecurity"]
        )
        assert on.loc[RUSSIA, "utility"] == off.loc[RUSSIA, "utility"]
    apart = rows[e.place_of(e.partner[rows]) != e.place[rows]]
    for russian in abroad(model, apart[:10]):
        assert differing(*both(russian, "M11")) == set()


def eve(*without: str, **levers: float) -> EmigrationModel:
    """The first week as it is decided on, before anybody has left: one state with and without."""
    named = {name.replace("__", "."): value for name, value in levers.items()}
    model = EmigrationModel(scale=3000, without=without, set=named)
    return before(model, "decisions")


def test_m13_institutions_that_shut_leave_scientists_without_pay() -> None:
    shut = eve(institutions_closed__Germany=1.0)
    half, open = eve(institutions_closed__Germany=0.5), eve()
    p = shut.scenario.parameters
    tried = 0
    for model in (shut, half):
        for who in model.russians.select(occupation="scientist", remote=False, at_most=10):
            on, off = explained(who), explained(open.russians[who.unique_id])
            assert differing(on, off) <= {"consumption"}
            gain = (off["consumption"] - on["consumption"]).drop("Germany")
            assert (gain == 0).all()
            now, then = on.loc["Germany", "consumption"], off.loc["Germany", "consumption"]
            assert now <= then
            if model is shut:  # nothing is earned, so people live at the subsistence
                assert now == pytest.approx(p.consumption_weight * np.log(p.subsistence_ppp_usd))
            tried += int(now < then)
    assert tried > 10
    worker = shut.russians.select(occupation="worker", at_most=1)[0]
    assert explained(worker).equals(explained(open.russians[worker.unique_id]))
    off = eve("M13")
    assert not off.host_columns.institutions_closed.any()


def test_m14_costs_and_sanctions_take_from_consumption() -> None:
    place = "United Arab Emirates"
    dear = eve(**{f"sanctions__{place}": 1.0, f"living_cost__{place}": 1.4})
    cheap = eve("M14", **{f"sanctions__{place}": 1.0})
    p, floor = dear.scenario.parameters, dear.scenario.parameters.subsistence_ppp_usd
    known = p.consumption_weight * np.log(1.4 * (1 + p.sanctions_on_costs))
    locals_ = dear.russians.select(lambda r: r.wage_usd > 1500, remote=False, at_most=10)
    compared = 0
    for who in locals_:
        on, off = explained(who), explained(cheap.russians[who.unique_id])
        assert differing(on, off) <= {"consumption"}
        worse = off["consumption"] - on["consumption"]
        assert (worse.drop(place) == 0).all()
        if on.loc[place, "consumption"] > p.consumption_weight * np.log(floor) + 1e-9:
            assert worse[place] == pytest.approx(known)
            compared += 1
    assert compared > 3
    remote = dear.russians.select(lambda r: r.wage_usd > 4000, remote=True, at_most=10)
    spent = [
        [explained(model.russians[who.unique_id]).loc[place, "consumption"] for who in remote]
        for model in (cheap, dear)
    ]
    assert max(np.subtract(*spent)) > 1.01 * known  # payments are barred to those paid from Russia


def test_m27_fear_of_abduction_makes_dangerous_hosts_worse() -> None:
    model = eve()
    p, hosts = model.scenario.parameters, model.host_columns
    a_year = p.abductions_per_activist_year * hosts.handover_risk
    refused = p.fear_of_refusal * hosts.refusal * hosts.handover_risk
    fear = 1 - np.exp(-p.fear_of_abduction * 1000 * a_year - refused)
    dissent = model.russians.get("dissent")
    for person in (int(dissent.argmin()), int(dissent.argmax())):
        on, off = both(model.russians[person], "M27")
        assert differing(on, off) <= {"fear"}
        assert (off["fear"] == 0).all()
        np.testing.assert_allclose(on["fear"].drop(RUSSIA), -p.fear_weight * dissent[person] * fear)
        assert on.loc[RUSSIA, "fear"] == 0
    assert on["fear"].min() < -0.1
    assert on["fear"].drop(RUSSIA).idxmin() == model.hosts.get("name")[hosts.handover_risk.argmax()]


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
    model = finished(regime_change=1.0)
    weight = model.scenario.parameters.hope_weight
    for russian in abroad(model, range(30)):
        on, off = both(russian, "M32")
        assert differing(on, off) == {"news_from_home"}
        assert (off["news_from_home"] == 0).all()
        known = weight * russian.dissent
        assert on.loc[RUSSIA, "news_from_home"] == pytest.approx(known)
        assert on.loc[RUSSIA, "probability"] > off.loc[RUSSIA, "probability"]
    assert differing(*both(at_home(model), "M32")) == set()
    before_it = finished()
    for russian in abroad(before_it, range(5)):
        assert differing(*both(russian, "M32")) == set()  # hope needs a change


def test_m33_a_door_that_few_know_of_is_open_to_few() -> None:
    """After a week, to as many as have heard; nothing else differs but their status there."""
    settings = {"simplified_settlement__Germany": 1.0}
    heard_by, everybody_hears = eve(**settings), eve("M33", **settings)
    here, there = [], []
    for model in (eve(), heard_by, everybody_hears):
        people = model.population.people(np.arange(model.population.size))
        open = doors_of(model, people, np.full(len(people.ids), NOWHERE)).open
        here.append(open[:, row_of("Germany")])
        there.append(np.delete(open, row_of("Germany"), axis=1))
    without, few, everyone = here
    assert not (without & ~few).any() and not (few & ~everyone).any()
    np.testing.assert_array_equal(there[1], there[2])
    told, could = (few & ~without).sum(), (everyone & ~without).sum()
    share = 1 - np.exp(-1 / WEEKS_PER_MONTH / heard_by.scenario.parameters.news_months)
    assert abs(told - share * could) < 4 * np.sqrt(could * share * (1 - share))
    on, off = (explained(model.russians[0]) for model in (heard_by, everybody_hears))
    assert differing(on, off) <= {"insecurity"}


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


def test_m36_contacts_and_compatriots_draw() -> None:
    model = finished()
    drawn = 0
    for russian in model.russians[:200]:
        if russian.host == "army":
            continue
        on, off = both(russian, "M36")
        where = {each.host for each in russian.contacts} - {RUSSIA, "army"}
        assert set(on.index[on["contacts"] > 0]) == where
        assert (off[["contacts", "diaspora"]] == 0).all(axis=None)
        assert (on["diaspora"].drop(RUSSIA) > 0).all()
        assert differing(on, off) == {"diaspora"} | ({"contacts"} if where else set())
        drawn += len(where)
    assert drawn > 0
    people = pd.Series(model.host_columns.russians, model.hosts.get("name"))
    assert on["diaspora"].drop(RUSSIA).idxmax() == people.idxmax()


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
