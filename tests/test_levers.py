"""Every lever: settable by name and by date, and moving what it should."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from finished_runs import at_home, column, explained, finished, series, stepped, total
from made_up_scenarios import written

from abm.calendar import START
from abm.emigrants import LOCAL_WORK, REMOTE_WORK
from abm.hosts import REVIEW_WEEKS, STRICTNESS_AT_START
from abm.hosts_table import HOST_NAMES
from abm.kremlin import DRAFT_ELIGIBLE
from abm.levers import BY_NAME, HOST_LEVERS, KREMLIN_LEVERS, LEVERS
from abm.model import EmigrationModel

# A value unlike that before the war, in Georgia or in the Kremlin.
CHANGED = {
    **dict.fromkeys(HOST_LEVERS, 0.35),
    "entry_ban": 1,
    "entry_exemptions": 0,
    "visa_free_days": 20,
    "border_run": 0,
    "draft_papers_only": 1,
    "weekly_places": 9000,
    "competing_refugees": 5000,
    **dict.fromkeys(KREMLIN_LEVERS, 0.35),
    "mobilisation_quota": 50_000,
    "regime_change": 1,
}


def name_of(lever: str) -> str:
    return lever if lever in KREMLIN_LEVERS else f"{lever}.Georgia"


def value_of(model: EmigrationModel, lever: str, host: str = "Georgia") -> float:
    if lever in KREMLIN_LEVERS:
        return float(getattr(model.kremlin, lever))
    return column(model, lever, host)


def an_event(lever: str, week: int, value: float, until: int | None = None) -> dict[str, str]:
    event = {
        "date": str(START + timedelta(weeks=week)),
        "lever": f'"{lever}"',
        "value": str(value),
        "kind": '"imposed"',
        "source": '"made up"',
    }
    if until is not None:
        event["until"] = str(START + timedelta(weeks=until))
    if lever in HOST_LEVERS:
        event["host"] = '"Georgia"'
    return event


def test_every_lever_is_tried() -> None:
    assert set(CHANGED) == set(BY_NAME) == {each.name for each in LEVERS}


@pytest.mark.parametrize("lever", BY_NAME)
def test_set_from_the_first_week_on(lever: str) -> None:
    model = EmigrationModel(scale=10_000, set={name_of(lever): CHANGED[lever]})
    elsewhere = value_of(model, lever, "Armenia")
    assert value_of(model, lever) != CHANGED[lever]
    for _ in range(3):
        model.step()
        assert value_of(model, lever) == CHANGED[lever]
    if lever in HOST_LEVERS and lever != "payment_access":  # which an event changes everywhere
        assert value_of(model, lever, "Armenia") == elsewhere


@pytest.mark.parametrize("lever", BY_NAME)
def test_dated(lever: str, write: Callable[..., Any]) -> None:
    event = an_event(lever, 2, CHANGED[lever], until=4)
    model = EmigrationModel(write(written({}, event)), scale=10_000)
    usual = value_of(model, lever)
    seen = []
    for _ in range(6):
        model.step()
        seen.append(value_of(model, lever))
    assert seen == [usual, usual, CHANGED[lever], CHANGED[lever], usual, usual]


def test_a_window_that_follows_another(write: Callable[..., Any]) -> None:
    windows = [an_event("incident", 1, 0.2, 3), an_event("incident", 3, 0.4, 5)]
    model = EmigrationModel(
        write(written({}, *windows, an_event("incident", 5, 0.6))), scale=10_000
    )
    seen = []
    for _ in range(7):
        model.step()
        seen.append(value_of(model, "incident"))
    assert seen == [0.0, 0.2, 0.2, 0.4, 0.4, 0.6, 0.6]


def test_an_event_within_a_week_acts_from_the_next(write: Callable[..., Any]) -> None:
    event = an_event("incident", 1, 0.5) | {"date": str(START + timedelta(days=8))}
    model = EmigrationModel(write(written({}, event)), scale=10_000)
    seen = []
    for _ in range(3):
        model.step()
        seen.append(value_of(model, "incident"))
    assert seen == [0.0, 0.0, 0.5]


@pytest.fixture
def model() -> EmigrationModel:
    """A model before its first week, to set levers by hand."""
    return EmigrationModel(scale=3000)


# --- what levers do to those abroad, to hosts and at home ---------------------------------------


def test_p2_border_runs_keep_a_visit_going() -> None:
    with_runs = finished(border_run__Georgia=1, skill_visas__Georgia=0)
    without = finished(border_run__Georgia=0, skill_visas__Georgia=0)
    assert total(with_runs, "arrivals", "Georgia") > 0
    refused = [total(run, "permit_refusals", "Georgia") for run in (with_runs, without)]
    assert refused[0] < refused[1]


def test_p3_strictness_refuses_permits() -> None:
    lax, strict = (
        finished(renewal_strictness__Turkey=value, until="2023-06-30") for value in (0.0, 1.0)
    )
    assert column(lax, "refusal", "Turkey") < column(strict, "refusal", "Turkey")
    rates = [
        total(model, "permit_refusals", "Turkey") / total(model, "arrivals", "Turkey")
        for model in (lax, strict)
    ]
    assert rates[0] < rates[1]


def working(model: EmigrationModel, host: str) -> np.ndarray:
    e = model.emigrants
    rows = e.abroad()
    return e.work[rows[e.place[rows] == HOST_NAMES.index(host)]]


def test_p8_the_right_to_work_is_used() -> None:
    shut, free = (finished(right_to_work__Georgia=value) for value in (0.0, 1.0))
    assert not (working(shut, "Georgia") == LOCAL_WORK).any()
    assert (working(free, "Georgia") == LOCAL_WORK).any()


def test_p14_payments_raise_what_remote_workers_can_spend(model: EmigrationModel) -> None:
    remote = next(r for r in model.russians.select(remote=True) if r.wage_usd > 2000)
    worker = next(r for r in model.russians.select(remote=False) if r.wage_usd > 2000)
    spent = {}
    for access in (0.0, 1.0):
        model.set_lever("payment_access", "Armenia", access)
        model.host_columns.update()
        for who in (remote, worker):
            spent[who, access] = explained(who)["consumption"]
    assert spent[remote, 0.0]["Armenia"] < spent[remote, 1.0]["Armenia"]
    assert spent[worker, 0.0]["Armenia"] == spent[worker, 1.0]["Armenia"]
    for who in (remote, worker):
        rest = [spent[who, access].drop("Armenia") for access in (0.0, 1.0)]
        assert rest[0].equals(rest[1])


def test_p14_payments_fill_the_purse_of_remote_workers() -> None:
    poor, rich = (
        EmigrationModel(scale=3000, set={"payment_access": value, "rent_elasticity": 0})
        for value in (0.0, 1.0)
    )
    purse = []
    for each in (poor, rich):
        stepped(each, 10)
        e = each.emigrants
        rows = e.abroad()[e.work[e.abroad()] == REMOTE_WORK]
        saved = e.savings_usd[rows].copy()
        each.life_abroad()
        kept = (e.work[rows] == REMOTE_WORK) & (e.savings_usd[rows] > 0)
        rows, gained = rows[kept], (e.savings_usd[rows] - saved)[kept]
        alike = zip(e.person[rows].tolist(), e.place[rows].tolist(), strict=True)  # in one host
        purse.append(dict(zip(alike, gained, strict=True)))
    both = purse[0].keys() & purse[1].keys()
    assert both
    assert all(purse[0][person] <= purse[1][person] for person in both)
    assert any(purse[0][person] < purse[1][person] for person in both)


@pytest.mark.parametrize("lever", ["mobilisation", "mobilisation_breadth"])
def test_p18_size_and_breadth_of_the_order_are_feared(lever: str) -> None:
    levels = (0.3, 0.6, 1.0) if lever == "mobilisation" else (0.5, 1.0, 3.0)
    risks = []
    for level in levels:
        order = {"mobilisation": 1.0, lever: level, "mobilisation_quota": 0.0}
        risks.append(stepped(EmigrationModel(scale=10_000, set=order), 1).kremlin.risk)
    exposed = risks[0] > 0
    assert exposed.any()
    assert all((a[exposed] < b[exposed]).all() for a, b in pairwise(risks))


def test_p18_the_size_of_the_order_is_called_up() -> None:
    called = [
        total(finished(mobilisation_quota=quota), "called_up")
        for quota in (0.0, 90_000.0, 240_000.0)
    ]
    assert called[0] == 0 < called[1] < called[2]


def test_p19_repression_weighs_on_those_who_dissent(model: EmigrationModel) -> None:
    dissent = model.russians.get("dissent")
    felt = {}
    for level in (0.0, 0.5, 1.0):
        model.set_lever("repression", None, level)
        for who in (int(dissent.argmin()), int(dissent.argmax())):
            felt[who, level] = explained(model.russians[who]).loc["Russia", "repression"]
    calm, angry = (int(dissent.argmin()), int(dissent.argmax()))
    assert felt[angry, 1.0] < felt[angry, 0.5] < felt[angry, 0.0] == 0
    assert felt[angry, 1.0] < felt[calm, 1.0]
    model.set_lever("propaganda", None, 0.9)  # P22: what is believed weighs less
    assert explained(model.russians[angry]).loc["Russia", "repression"] > felt[angry, 1.0]


def test_p19_repression_drives_people_out() -> None:
    runs = [finished(repression=level) for level in (0.0, 0.5, 1.0)]
    left = [total(run, "departures") for run in runs]
    assert left[0] < left[1] < left[2]


def test_p20_an_exit_ban_stops_men_whom_the_army_could_take() -> None:
    free, shut = finished(), finished(exit_ban=1)
    for model, may in ((free, True), (shut, False)):
        moves = model.moves_table()
        people = model.population.people(
            moves.loc[moves["origin"] == "Russia", "person"].to_numpy()
        )
        assert (model.kremlin.exposure[people.risk_class] >= DRAFT_ELIGIBLE).any() == may
        assert (people.sex == 1).any()
    assert total(shut, "involuntarily_immobile") > total(free, "involuntarily_immobile")


def test_p24_pressure_tightens_at_the_quarterly_review() -> None:
    model = EmigrationModel(scale=10_000, without=["M18"], set={"accession_pressure.Armenia": 1})
    weekly = []
    for _ in range(3 * REVIEW_WEEKS + 2):
        model.step()
        weekly.append(column(model, "renewal_strictness", "Armenia"))
    changes = np.flatnonzero(np.diff(weekly)) + 1
    assert changes.tolist() == [REVIEW_WEEKS, 2 * REVIEW_WEEKS, 3 * REVIEW_WEEKS]
    assert weekly == sorted(weekly)
    assert weekly[0] == STRICTNESS_AT_START


def test_p25_flights_make_a_host_nearer(model: EmigrationModel) -> None:
    who = at_home(model)
    cost = {}
    for flights in (0.0, 0.5, 1.0):
        model.set_lever("direct_flights", "Turkey", flights)
        cost[flights] = explained(who)["moving_cost"]
    assert cost[0.0]["Turkey"] < cost[0.5]["Turkey"] < cost[1.0]["Turkey"] < 0
    assert cost[0.0].drop("Turkey").equals(cost[1.0].drop("Turkey"))


def test_host_constants_are_added(model: EmigrationModel) -> None:
    who = at_home(model)
    for constant in (-2.0, 3.0):
        model.set_lever("host_constant", "Turkey", constant)
        assert explained(who).loc["Turkey", "host_constant"] == constant


def test_places_are_never_exceeded() -> None:
    """But for the family of the last one in: partners and children need places too."""
    places, scale = 20_000, 1000
    rationed = {"weekly_places": places, "cost_of_leaving": 5}
    model = stepped(EmigrationModel(scale=scale, until="2022-11-30", set=rationed))
    most = {host: series(model, "arrivals", host).max() for host in HOST_NAMES}
    assert max(most.values()) > places / 2
    assert all(arrivals <= places + 6 * scale for arrivals in most.values()), most
    assert total(finished(weekly_places=0, cost_of_leaving=5), "arrivals") == 0


def test_refugees_raise_rents(model: EmigrationModel) -> None:
    rents = []
    for refugees in (0.0, 50_000.0, 200_000.0):
        model.set_lever("competing_refugees", "Armenia", refugees)
        model.host_columns.update()
        rents.append(column(model, "rent_usd", "Armenia"))
    assert rents[0] < rents[1] < rents[2]
    assert rents[0] == column(model, "rent_before_usd", "Armenia")


def test_an_incident_raises_hostility() -> None:
    calm, shaken = finished(), finished(incident__Armenia=1)
    changed = {
        host
        for host in HOST_NAMES
        if calm.observations.series("hostility", host)[0]
        < shaken.observations.series("hostility", host)[0]
    }
    assert changed == {"Armenia"}
    assert total(shaken, "hostility", "Armenia") > total(calm, "hostility", "Armenia")
