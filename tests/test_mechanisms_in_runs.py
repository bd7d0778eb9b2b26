"""A mechanism switched off alone: what hosts and the Kremlin become, what whole runs count.

Same people, same luck.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from finished_runs import column, finished, moved, series, stepped, total

from abm.doors import IRREGULAR
from abm.emigrants import JOB_LOST, LOCAL_WORK, REMOTE_WORK
from abm.hosts import REVIEW_WEEKS, STRICTNESS_AT_START
from abm.model import EmigrationModel
from abm.population import SCIENTIST

# --- what hosts and the Kremlin become ------------------------------------------------------------


def test_m3_exempt_men_are_less_exposed() -> None:
    on, off = finished().kremlin, finished(("M3",)).kremlin
    exempt = finished().population.groups.class_exempt > 0
    liable = finished().population.groups.class_liability > 0
    assert (on.exposure[exempt & liable] < off.exposure[exempt & liable]).all()
    assert (on.risk[exempt & liable] < off.risk[exempt & liable]).all()
    assert (exempt & liable).any()
    np.testing.assert_array_equal(on.exposure[~exempt], off.exposure[~exempt])


def test_m15_inflow_raises_rents_and_rents_hostility() -> None:
    on, off = finished(), finished(("M15",))
    raised = 0
    for host in on.hosts.get("name"):
        assert (series(off, "rent_index", host) == 1).all()
        assert (series(on, "rent_index", host) >= 1).all()
        hostility = series(on, "hostility", host) - series(off, "hostility", host)
        assert (hostility >= 0).all()
        raised += hostility[-1] > 0.001
    assert raised > 0


def test_m16_history_alone_makes_hostility() -> None:
    on = finished(("M15",))
    off = finished(("M15", "M16"))
    for host in on.hosts.get("name"):
        assert (series(on, "hostility", host) > 0).all()
        assert (series(off, "hostility", host) == 0).all()


def check_reviews(
    on: EmigrationModel, off: EmigrationModel, host: str, push: np.ndarray | float
) -> None:
    """Strictness stays without the mechanism; with it, leniency falls by e^-push a review.

    push: one for all reviews, or by week.
    """
    weeks = np.arange(on.weeks)
    reviews = (weeks > 0) & (weeks % REVIEW_WEEKS == 0)
    pushed = np.cumsum(np.where(reviews, push, 0.0))
    assert pushed[-1] > 0
    assert (series(off, "policy_strictness", host) == STRICTNESS_AT_START).all()
    lenient = 1 - series(on, "policy_strictness", host)
    np.testing.assert_allclose(lenient, (1 - STRICTNESS_AT_START) * np.exp(-pushed))


def test_m17_pressure_from_outside_tightens_policy() -> None:
    pressed = {"accession_pressure__Armenia": 1.0}
    on, off = finished(("M18",), **pressed), finished(("M17", "M18"), **pressed)
    gained = 1 - column(on, "pressure_before", "Armenia")
    check_reviews(on, off, "Armenia", on.scenario.parameters.policy_to_pressure * gained)
    # Uzbekistan is under no new pressure.
    assert (series(on, "policy_strictness", "Uzbekistan") == STRICTNESS_AT_START).all()


def test_m18_hostility_tightens_policy() -> None:
    on = finished(("M17",), incident__Armenia=1.0, policy_to_crowding=0.0)
    off = finished(("M17", "M18"), incident__Armenia=1.0)
    p, hostility = on.scenario.parameters, series(on, "hostility", "Armenia")
    excess = np.maximum(0, hostility - p.hostility_threshold)
    check_reviews(on, off, "Armenia", p.policy_to_hostility * excess)


def test_m18_pleas_of_security_tighten_policy() -> None:
    pleaded = {"security_plea__Armenia": 0.7}
    on = finished(("M17",), **pleaded, policy_to_crowding=0.0, policy_to_hostility=0.0)
    off = finished(("M17", "M18"), **pleaded)
    check_reviews(on, off, "Armenia", 0.7 * on.scenario.parameters.policy_to_security)


@pytest.mark.parametrize("aid", [0.0, 1.0])
def test_m18_crowding_tightens_policy_and_aid_relieves_it(aid: float) -> None:
    crowded = {"policy_to_hostility": 0.0, "policy_to_crowding": 0.05}
    on = finished(("M17",), **crowded, aid__Armenia=aid)
    off = finished(("M17", "M18"), aid__Armenia=aid)
    p, stock = on.scenario.parameters, series(on, "stock_abroad", "Armenia")
    percent = 100 * stock / column(on, "settlement_population", "Armenia")
    last_week = np.concatenate([[0.0], percent[:-1]])
    check_reviews(on, off, "Armenia", p.policy_to_crowding * (1 - p.aid_effect * aid) * last_week)


def test_m19_welcome_comes_early_and_wears_off() -> None:
    on, off = finished(("M15",), "2023-12-31"), finished(("M15", "M19"), "2023-12-31")
    for host in on.hosts.get("name"):
        held_back = series(off, "hostility", host) - series(on, "hostility", host)
        assert held_back[0] > held_back[50] > held_back[-1] > 0


def test_m34_refugees_raise_rents() -> None:
    on, off = finished(), finished(("M34",))
    last = {
        host: (series(on, "rent_index", host)[-1], series(off, "rent_index", host)[-1])
        for host in ("Poland", "Czechia")
    }
    assert all(with_them > without_them for with_them, without_them in last.values())


# --- what whole runs count -----------------------------------------------------------------------


def test_m1_repression_drives_people_out() -> None:
    on, off = finished(), finished(("M1",))
    assert moved(on, "repression") > 0
    assert moved(off, "repression") == 0
    assert total(on, "departures") > total(off, "departures")


def test_m2_the_order_drives_people_out() -> None:
    on, off = finished(), finished(("M2",))
    assert moved(on, "mobilisation") > 0
    assert moved(off, "mobilisation") == 0
    weekly = [model.observations.series("departures") for model in (on, off)]
    assert weekly[0][30:36].sum() > 2 * weekly[1][30:36].sum()
    np.testing.assert_array_equal(weekly[0][:30], weekly[1][:30])  # before the order


def test_m5_a_door_just_shut_turns_people_back(write: Callable[..., Any]) -> None:
    shut = """
        base = "war-years"
        [[events]]
        date = 2022-09-29
        hosts = ["Georgia", "Kazakhstan", "Turkey", "Armenia", "Serbia", "United Arab Emirates"]
        lever = "entry_ban"
        value = 1
        kind = "imposed"
        source = "made up"
        """
    turned = {}
    for off in ((), ("M5",)):
        model = EmigrationModel(write(shut), scale=1000, until="2022-11-30", without=off)
        while model.running:
            model.step()
        turned[off] = model.observations.series("turned_back").copy()
    assert turned[()][31:34].sum() > 0
    assert turned[()][:31].sum() == 0
    assert turned[()][31] > turned[()][36:].sum()  # the news spreads
    assert turned["M5",].sum() == 0


def test_m6_permits_are_refused_and_the_refused_go() -> None:
    on, off = finished(until="2023-06-30"), finished(("M6",), "2023-06-30")
    assert total(on, "permit_refusals") > 0
    assert moved(on, "permit refused") > 0
    assert total(off, "permit_refusals") == 0
    assert moved(off, "permit refused") == 0
    assert not (off.emigrants.status[: off.emigrants.rows] == IRREGULAR).any()


def test_m9_jobs_and_businesses_are_lost() -> None:
    lost = []
    for without in ((), ("M9",)):
        model = EmigrationModel(scale=3000, until="2023-06-30", without=without)
        count = 0
        while model.running:
            e = model.emigrants
            had_work = e.work[: e.rows] == LOCAL_WORK
            model.step()
            struck = e.trigger[: len(had_work)] == JOB_LOST
            count += int((had_work & struck).sum())
        lost.append(count)
    assert lost[0] > 0
    assert lost[1] == 0


def test_m10_remote_work_ends() -> None:
    kept = []
    for model in (finished(), finished(("M10",))):
        e = model.emigrants
        rows = e.abroad()
        people = model.population.people(e.person[rows])
        kept.append((e.work[rows] == REMOTE_WORK)[people.remote])
    assert kept[1].all()
    assert not kept[0].all()
    assert kept[0].any()


MANY = {"scale": 1000, "until": "2022-07-31", "cost_of_leaving": 4.0, "cost_of_return": 1.0}


def by_science(model: EmigrationModel) -> tuple[int, int]:
    """Scientists and others who left, agents."""
    moves = model.moves_table()
    ids = moves.loc[moves["origin"] == "Russia", "person"].to_numpy()
    science = model.population.people(ids).occupation == SCIENTIST
    return int(science.sum()), int((~science).sum())


def test_m13_where_institutions_are_shut_scientists_do_not_go() -> None:
    shut, off = finished(**MANY, institutions_closed=1.0), finished(("M13",), **MANY)
    scientists, others = zip(by_science(shut), by_science(off), strict=True)
    assert scientists[0] < 0.8 * scientists[1]
    assert others[0] > 0.97 * others[1]


def test_m14_costs_and_sanctions_keep_people_away() -> None:
    place = "United Arab Emirates"
    sanctioned = {**MANY, f"sanctions__{place}": 1.0}
    dear = finished(**sanctioned, **{f"living_cost__{place}": 2.0})
    off = finished(("M14",), **sanctioned)
    there = [total(model, "arrivals", place) for model in (dear, off)]
    assert there[0] < 0.8 * there[1]
    everywhere = [total(model, "arrivals") for model in (dear, off)]
    assert everywhere[0] - there[0] >= everywhere[1] - there[1]  # some of them go elsewhere


def test_m27_fear_keeps_people_from_where_activists_are_abducted() -> None:
    on, off = finished(**MANY, fear_weight=4.0), finished(("M27",), **MANY)
    assert total(off, "abductions_expected") == 0 < total(on, "abductions_expected")
    came = {
        host: (total(on, "arrivals", host), total(off, "arrivals", host))
        for host in ("Kyrgyzstan", "Kazakhstan", "Turkey")
    }  # by the risk of handover
    left = [with_it / without_it for with_it, without_it in came.values()]
    assert left[0] < left[1] < left[2] < 1
    dissent = [model.emigrants_table()["dissent"].mean() for model in (on, off)]
    assert dissent[0] < dissent[1]


def after(write: Callable[..., Any], lever: str, *without: str) -> EmigrationModel:
    """A run in which a lever of the Kremlin is pulled in July."""
    text = f'''
        base = "war-years"
        [[events]]
        date = 2022-07-07
        lever = "{lever}"
        value = 1
        kind = "imposed"
        source = "made up"
        '''
    return stepped(EmigrationModel(write(text), without=without, **RESTLESS))


NEWS = 19  # its week
RESTLESS: dict[str, Any] = {
    "scale": 1000,
    "until": "2022-09-15",
    "set": {"cost_of_leaving": 4.0, "cost_of_return": 1.0},
}


@pytest.mark.parametrize(
    ("mechanism", "lever"), [("M28", "return_offer"), ("M32", "regime_change")]
)
def test_m28_and_m32_bring_people_back(
    mechanism: str, lever: str, write: Callable[..., Any]
) -> None:
    on, off = after(write, lever), after(write, lever, mechanism)
    returns = [model.observations.series("returns") for model in (on, off)]
    np.testing.assert_array_equal(returns[0][:NEWS], returns[1][:NEWS])
    assert returns[0][NEWS:].sum() > 1.1 * returns[1][NEWS:].sum()
    assert moved(on, "news from home") > moved(off, "news from home")


def test_an_offer_does_not_concern_those_at_home(write: Callable[..., Any]) -> None:
    models = after(write, "return_offer"), after(write, "return_offer", "M28")
    departures = [model.observations.series("departures")[: NEWS + 1] for model in models]
    np.testing.assert_array_equal(*departures)


@pytest.mark.parametrize(
    ("mechanism", "lever"), [("M28", "return_offer"), ("M32", "regime_change")]
)
def test_m28_and_m32_off_make_their_lever_no_news(
    mechanism: str, lever: str, write: Callable[..., Any]
) -> None:
    off = after(write, lever, mechanism)
    settings = {**RESTLESS, "set": {**RESTLESS["set"], lever: 0.0}}
    never = stepped(EmigrationModel(without=[mechanism], **settings))
    pd.testing.assert_frame_equal(off.moves_table(), never.moves_table())


def test_m33_news_delays_those_who_take_a_new_door() -> None:
    door = {**MANY, "simplified_settlement__Germany": 1.0}
    on, off = finished(**door), finished(("M33",), **door)
    arrivals = [series(model, "arrivals", "Germany") for model in (on, off)]
    first, later = (
        arrivals[0][weeks].sum() / arrivals[1][weeks].sum()
        for weeks in (slice(0, 4), slice(16, None))
    )
    assert first < 0.4  # on average 15 % have heard
    assert later > 0.7
    loud = finished(**door, publicity__Germany=1.0)
    assert arrivals[0][:4].sum() < series(loud, "arrivals", "Germany")[:4].sum()


DRIVES = ("M1", "M2", "M36", "M37", "M38")
HOLDS_BACK = ("M4", "M7", "M10")


@pytest.mark.parametrize("mechanism", (*DRIVES, *HOLDS_BACK))
def test_departures(mechanism: str) -> None:
    change = total(finished(), "departures") - total(finished((mechanism,)), "departures")
    assert change > 0 if mechanism in DRIVES else change < 0
