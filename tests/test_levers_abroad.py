"""What levers change for those abroad: work, money, the way there. Stays: test_levers_of_stays."""

from __future__ import annotations

import numpy as np
import pytest
from finished_runs import (
    at_home,
    before,
    column,
    explained,
    finished,
    row_of,
    stepped,
    total,
)

from abm.calendar import WEEKS_PER_YEAR
from abm.emigrants import JOBLESS, LOCAL_WORK, REMOTE_WORK
from abm.hosts_table import HOST_NAMES
from abm.model import EmigrationModel
from abm.population import SCIENTIST


@pytest.fixture
def model() -> EmigrationModel:
    """A model before its first week, to set levers by hand."""
    return EmigrationModel(scale=3000)


# --- work and money -------------------------------------------------------------------------------


def working(model: EmigrationModel, host: str) -> np.ndarray:
    e = model.emigrants
    rows = e.abroad()
    return e.work[rows[e.place[rows] == row_of(host)]]


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


def test_p7_capital_can_be_taken_along(model: EmigrationModel) -> None:
    """What is barred in Russia stays there, but for what a host lets in."""
    p = model.scenario.parameters
    runs = {}
    for accepted in (0.0, 0.5, 1.0):
        run = finished(until="2022-05-31", capital_accepted__Turkey=accepted, cost_of_leaving=4)
        e = run.emigrants
        moves = run.moves_table().drop_duplicates("person")
        ids = moves.loc[moves["origin"] == "Russia", "person"].to_numpy()
        first = moves.loc[moves["origin"] == "Russia", "destination"].to_numpy()
        rows = e.row_of(ids)
        away = e.place[rows] >= 0
        start = run.population.people(ids).savings_usd
        rich = away & (start > 0)
        left = e.savings_in_russia_usd[rows[rich]] / start[rich]
        there = first[rich] == "Turkey"
        barred = 1 - p.movable_savings
        np.testing.assert_allclose(left[~there], barred)
        np.testing.assert_allclose(left[there], barred * (1 - accepted), atol=1e-12)
        assert there.any() and not there.all()
        runs[accepted] = total(run, "arrivals", "Turkey")
    assert runs[0.0] < runs[1.0]


def test_p7_pays_the_journey_of_those_who_leave_russia_alone(model: EmigrationModel) -> None:
    able = {}
    for accepted in (0.0, 1.0):
        model.set_lever("capital_accepted", "Turkey", accepted)
        for who in model.russians.select(foreign_passport=True, at_most=150):
            able[who.unique_id, accepted] = explained(who)["able"]
    found = 0
    for person in {person for person, _ in able}:
        changed = able[person, 1.0] != able[person, 0.0]
        assert set(changed.index[changed]) <= {"Turkey"}
        assert able[person, 1.0]["Turkey"] >= able[person, 0.0]["Turkey"]
        found += int(changed.any())
    assert found > 0
    abroad = finished()
    rows = abroad.emigrants.abroad()[:60]
    there = [abroad.russians[int(person)] for person in abroad.emigrants.person[rows]]
    before_it = [explained(who)["able"] for who in there]
    column_of = abroad.host_columns.capital_accepted
    column_of[:] = 1.0
    after = [explained(who)["able"] for who in there]
    column_of[:] = 0.0
    assert all(one.equals(other) for one, other in zip(before_it, after, strict=True))


def test_p26_sanctions_bar_payments_and_raise_prices(model: EmigrationModel) -> None:
    p, hosts = model.scenario.parameters, model.host_columns
    payments, prices = hosts.payments.copy(), hosts.prices.copy()
    model.set_lever("sanctions", "Turkey", 1.0)
    hosts.update()
    expected = np.ones(len(HOST_NAMES))
    expected[row_of("Turkey")] = 1 - p.sanctions_on_payments
    np.testing.assert_allclose(hosts.payments / payments, expected)
    expected[row_of("Turkey")] = 1 + p.sanctions_on_costs
    np.testing.assert_allclose(hosts.prices / prices, expected)


def test_living_costs_are_prices_in_one_host(model: EmigrationModel) -> None:
    hosts = model.host_columns
    prices = hosts.prices.copy()
    model.set_lever("living_cost", "Turkey", 1.6)
    hosts.update()
    changed = hosts.prices / prices
    assert changed[row_of("Turkey")] == pytest.approx(1.6)
    assert (np.delete(changed, row_of("Turkey")) == 1).all()


def test_p26_and_living_costs_empty_the_purse() -> None:
    """A week's spending of the same people in the same place: rent apart, it follows prices."""
    spent = {}
    for cost in (1.0, 2.0):
        model = stepped(EmigrationModel(scale=3000, set={"cost_of_leaving": 4}), 10)
        model.set_lever("living_cost", "Turkey", cost)
        model.host_columns.update()
        e = model.emigrants
        rows = e.abroad()
        saved = e.savings_usd[rows].copy()
        model.life_abroad()
        kept = rows[(e.savings_usd[rows] > 0)]
        lost = (saved - e.savings_usd[rows])[e.savings_usd[rows] > 0]
        for person, place, usd in zip(e.person[kept], e.place[kept], lost, strict=True):
            spent[int(person), HOST_NAMES[place], cost] = usd
    p = model.scenario.parameters
    a_week = p.living_cost_ppp_usd * column(model, "price_level", "Turkey") * 12 / WEEKS_PER_YEAR
    both = [
        (who, place) for who, place, cost in spent if cost == 2.0 and (who, place, 1.0) in spent
    ]
    assert {place for _, place in both} > {"Turkey"}
    for who, place in both:
        more = spent[who, place, 2.0] - spent[who, place, 1.0]
        assert more == pytest.approx(a_week if place == "Turkey" else 0.0, abs=1e-6)


def test_institutions_that_close_dismiss_scientists_there() -> None:
    """Same luck: whoever loses work by it does science, in that host."""
    lost = []
    for closed in (0.0, 1.0):
        settings = {
            "cost_of_leaving": 4,
            "institution_loss_per_month": 0.5,
            "host_constant.Germany": 2,  # so that there are scientists
        }
        model = stepped(EmigrationModel(scale=300, set=settings), 10)
        model.set_lever("institutions_closed", "Germany", closed)
        e = model.emigrants
        rows = e.abroad()
        e.work[rows] = LOCAL_WORK
        e.local_wage_usd[rows] = 1000.0
        before(model, "life_abroad").life_abroad()
        lost.append(set(rows[e.work[rows] == JOBLESS].tolist()))
    by_it = np.array(sorted(lost[1] - lost[0]))
    assert lost[0] < lost[1]
    assert (e.place[by_it] == row_of("Germany")).all()
    assert (e.occupation[by_it] == SCIENTIST).all()


# --- the way there and what is unexplained --------------------------------------------------------


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
