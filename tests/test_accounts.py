"""Labour, output and capital: known answers, and sums recounted person by person."""

from __future__ import annotations

import numpy as np
import pytest
from finished_runs import finished, series, stepped
from hypothesis import given
from hypothesis import strategies as st

from abm import equations_of_society as society
from abm.accounts import USD_PER_EUR, workforce
from abm.calendar import WEEKS_PER_MONTH, WEEKS_PER_YEAR
from abm.composition import OCCUPATIONS, composition
from abm.emigrants import ARMY, ATTENTION, HOME, LOCAL_WORK, REMOTE_WORK
from abm.hosts_table import HOST_NAMES
from abm.intents import Intents
from abm.model import EmigrationModel
from abm.moves import move
from abm.ties import NOBODY
from abm.traits_tables import EMPLOYED, SECTORS, home_income_mean_usd, wealth_most_usd

MUCH_RETURN = {"cost_of_return": 1.0}


@pytest.fixture(scope="module")
def model() -> EmigrationModel:
    """A year and a half, with many returns; do not change it."""
    return finished(until="2023-08-31", **MUCH_RETURN)


def last(model: EmigrationModel, outcome: str, host: str = "World") -> float:
    return float(series(model, outcome, host)[-1])


# --- equations -----------------------------------------------------------------------------------


def test_wage_offers_rise_with_shortage_and_never_fall_below_the_wage() -> None:
    assert society.shortage(1.0, 50.0, 1000.0) == pytest.approx(0.05)
    assert society.wage_offer(0.5, 0.1) == pytest.approx(1.0512711)  # exp(0.05)
    assert society.wage_offer(0.5, np.linspace(0, 1, 5)).min() == 1
    assert society.wage_offer(0.0, 0.3) == 1


def test_output_counts_spending_of_those_only_whose_output_was_counted() -> None:
    # 0.3 % of the wage bill works again, 0.1 % brings its spending home: 0.003 + 0.5 × 0.3 × 0.001
    assert society.output_of_returnees(1.0, 0.003, 0.5, 0.3, 0.001) == pytest.approx(0.00315)
    assert society.output_of_returnees(2.0, 0.003, 0.0, 0.3, 0.001) == pytest.approx(0.006)


def test_new_practices_need_another_regime() -> None:
    assert society.practised(0.03, 0.0, 2.0) == 1
    assert society.practised(0.03, 1.0, 2.0) == pytest.approx(1.06)


@given(st.floats(0, 1, exclude_max=True), st.floats(1.2, 2.0), st.floats(0.05, 20))
def test_wealth_lies_between_nothing_and_the_elites(luck: float, tail: float, wage: float) -> None:
    wealth = society.wealth_usd(luck, tail, 5000.0, wage, 3e7)
    assert 0 <= wealth <= 3e7 * (1 + 1e-9)


def test_wealth_has_its_median_and_a_heavier_tail_at_a_lower_index() -> None:
    assert society.wealth_usd(0.5, 1.25, 5000.0, 2.0, 1e15) == pytest.approx(10_000)
    heavy, light = (society.wealth_usd(0.999, tail, 5000.0, 1.0, 3e7) for tail in (1.2, 2.0))
    assert heavy > 5 * light


# --- sums of a run -------------------------------------------------------------------------------


def test_the_wage_bill_is_that_of_the_people() -> None:
    population = finished().population
    people = population.people(np.arange(population.size))
    works = EMPLOYED[people.occupation]
    bill = people.wage_usd[works].sum() * population.scale
    assert workforce(composition()).wage_bill_usd == pytest.approx(bill, rel=0.02)
    counted = np.bincount(people.occupation[works], minlength=len(OCCUPATIONS)) * population.scale
    np.testing.assert_allclose(workforce(composition()).workers, counted, rtol=0.1, atol=2e5)


def test_labour_is_lost_and_regained_by_sector(model: EmigrationModel) -> None:
    e, scale = model.emigrants, model.population.scale
    lost = dict.fromkeys(OCCUPATIONS, 0.0)
    regained = dict.fromkeys(OCCUPATIONS, 0.0)
    back = added = spent = missing = 0.0
    for row in range(e.rows):
        name, wage = OCCUPATIONS[e.occupation[row]], float(e.home_wage_usd[row])
        at_home = e.place[row] == HOME and e.first_left_week[row] >= 0
        remote = e.work[row] == REMOTE_WORK
        if name not in SECTORS:
            continue
        back += at_home * scale
        if at_home and remote:
            spent += wage
        elif at_home:
            regained[name] += scale
            added += wage
        elif e.place[row] == ARMY or (e.place[row] >= 0 and not remote):
            lost[name] += scale
            missing += wage
    assert sum(regained.values()) > 0
    assert spent > 0
    for name in SECTORS:
        assert last(model, f"labour_lost.{name}") == lost[name]
        assert last(model, f"labour_regained.{name}") == regained[name]
    assert last(model, "labour_force_change") == -sum(lost.values())
    assert last(model, "returnees_at_work") == back
    p, unit = model.scenario.parameters, 100 * scale / workforce(composition()).wage_bill_usd
    expected = added + p.spending_multiplier * p.wage_share * spent
    assert last(model, "gdp_contribution") == pytest.approx(expected * unit)
    assert last(model, "gdp_missing") == pytest.approx(missing * unit)
    assert (series(model, "gdp_contribution", "World") >= 0).all()


def test_draft_eligible_men_abroad_are_denied_to_the_army(model: EmigrationModel) -> None:
    e = model.emigrants
    rows = e.abroad()
    classes = model.population.people(e.person[rows]).risk_class
    men = rows[model.kremlin.is_draftable(classes)]
    assert len(men)
    assert (e.sex[men] == 0).all()
    denied = len(men) * model.population.scale / WEEKS_PER_MONTH
    assert last(model, "manpower_denied") == pytest.approx(denied)
    in_turkey = (e.place[men] == HOST_NAMES.index("Turkey")).sum() / len(men)
    assert last(model, "manpower_denied", "Turkey") == pytest.approx(denied * in_turkey)


def test_wage_offers_follow_what_is_missing(model: EmigrationModel) -> None:
    p = model.scenario.parameters
    for k, name in enumerate(OCCUPATIONS):
        missing = last(model, f"labour_lost.{name}") if EMPLOYED[k] else 0.0
        workers = workforce(composition()).workers[k]
        offer = np.exp(p.wage_offer_elasticity * missing / workers) if missing else 1
        assert model.economy.wage_offers[k] == pytest.approx(offer)


def test_new_practices_come_with_those_who_return_under_another_regime() -> None:
    model = stepped(EmigrationModel(scale=3000, until="2023-08-31", set=MUCH_RETURN))
    before = last(model, "gdp_contribution")
    model.kremlin.regime_change = 1.0
    model.economy.settle()
    e = model.emigrants
    rows = np.flatnonzero((e.place[: e.rows] == HOME) & (e.first_left_week[: e.rows] >= 0))
    rows = rows[EMPLOYED[e.occupation[rows]] & (e.work[rows] != REMOTE_WORK)]
    gain = (e.home_wage_usd[rows] * e.weeks_abroad[rows]).sum() / WEEKS_PER_YEAR
    gain *= model.scenario.parameters.practices_per_year * model.population.scale
    expected = before + 100 * gain / workforce(composition()).wage_bill_usd
    assert last(model, "gdp_contribution") == pytest.approx(expected)
    assert expected > before


def test_who_was_not_missed_adds_no_output_by_returning() -> None:
    model = finished(("M21",), until="2023-08-31", **MUCH_RETURN)
    p, e, scale = model.scenario.parameters, model.emigrants, model.population.scale
    rows = np.flatnonzero((e.place[: e.rows] == HOME) & (e.first_left_week[: e.rows] >= 0))
    rows = rows[EMPLOYED[e.occupation[rows]] & (e.work[rows] == REMOTE_WORK)]
    spent = 100 * scale * e.home_wage_usd[rows].sum() / workforce(composition()).wage_bill_usd
    expected = p.spending_multiplier * p.wage_share * spent
    assert last(model, "gdp_contribution") == pytest.approx(expected)
    assert last(model, "gdp_missing") == 0


# --- capital -------------------------------------------------------------------------------------


def test_wealth_is_as_unequal_as_it_is() -> None:
    population = EmigrationModel(scale=1000).population
    people = population.people(np.arange(population.size))
    relative = people.wage_usd / home_income_mean_usd()
    wealth = np.sort(society.wealth_usd(people.wealth_luck, 1.25, 5000.0, relative, 3e7))
    assert 3500 <= np.median(wealth) <= 9000  # the range of its row in people.csv
    assert 20_000 <= wealth.mean() <= 36_000
    assert 0.4 <= wealth[-len(wealth) // 100 :].sum() / wealth.sum() <= 0.66
    assert wealth[-1] <= wealth_most_usd()


def test_p7_a_host_that_accepts_capital_gets_all_of_it_and_no_other_host_does() -> None:
    accepting = EmigrationModel(scale=3000, set={"capital_accepted.Turkey": 1.0})
    stepped(accepting, 8)
    e = accepting.emigrants
    rows = e.abroad()
    rows = rows[e.arrived_week[rows] == e.first_left_week[rows]]
    there = e.place[rows] == HOST_NAMES.index("Turkey")
    owns = e.property_usd[rows] > 0
    share = e.capital_abroad_usd[rows] / np.where(owns, e.property_usd[rows], 1.0)
    assert (there & owns).any()
    assert share[there & owns] == pytest.approx(1)
    assert share[~there & owns] == pytest.approx(accepting.scenario.parameters.movable_property)
    assert (e.savings_in_russia_usd[rows[there]] == 0).all()
    assert last(accepting, "capital_stayed", "Turkey") == 0
    assert last(accepting, "capital_stayed", "Armenia") > 0


def test_p7_barred_capital_stays_in_russia() -> None:
    usual = finished()
    free = finished(**{f"capital_accepted__{host}": 1.0 for host in HOST_NAMES})
    assert series(free, "capital_stayed", "World").max() == 0
    assert (
        series(free, "capital_outflow", "World").sum()
        > 2 * series(usual, "capital_outflow", "World").sum()
    )


def test_p17b_the_elite_take_along_what_a_host_lets_them_keep() -> None:
    model = stepped(EmigrationModel(scale=3000, set={"elite_capital_kept.Turkey": 0.5}), 4)
    e, turkey = model.emigrants, HOST_NAMES.index("Turkey")
    rows = e.abroad()
    rows = rows[e.property_usd[rows] > 0][:6]
    people = model.population.people(e.person[rows])
    people.elite = np.arange(6) % 2  # every other one
    model.economy.take_capital(rows, people, np.full(6, turkey))
    kept = e.capital_abroad_usd[rows] / e.property_usd[rows]
    usual = model.scenario.parameters.movable_property
    assert kept == pytest.approx([usual, 0.5] * 3)


def test_what_comes_back_at_once_is_no_outflow() -> None:
    model = stepped(EmigrationModel(scale=3000), 4)
    e, turkey = model.emigrants, HOST_NAMES.index("Turkey")
    rows = e.abroad()[:5]
    people = model.population.people(e.person[rows])
    hosts = np.full(len(rows), turkey)
    before = last(model, "capital_outflow", "Turkey")
    model.economy.take_capital(rows, people, hosts)
    taken = (e.savings_usd[rows] + e.capital_abroad_usd[rows]).sum() * 3000 / USD_PER_EUR
    assert taken > 0
    assert last(model, "capital_outflow", "Turkey") == pytest.approx(before + taken)
    e.put(rows, turkey)
    model.economy.bring_capital(rows)
    assert last(model, "capital_outflow", "Turkey") == pytest.approx(before)
    assert (e.capital_abroad_usd[rows] == 0).all()


def test_who_moves_on_takes_their_money_along() -> None:
    """From one host's books to the other's, before the journey: nothing more has left Russia."""
    model = stepped(EmigrationModel(scale=3000), 4)
    e, host = model.emigrants, HOST_NAMES.index("Mongolia")
    rows = e.abroad()
    rows = rows[e.partner[rows] == NOBODY][:5]
    held = e.savings_usd[rows] + e.capital_abroad_usd[rows]
    leaves = {HOST_NAMES[place]: held[e.place[rows] == place].sum() for place in e.place[rows]}
    assert held.sum() > 0 and "Mongolia" not in leaves
    model.observations.begin(model.week)
    move(
        model,
        Intents(
            person=e.person[rows],
            origin=e.place[rows].astype(np.int64),
            destination=np.full(5, host),
            arrivals=np.full((5, len(HOST_NAMES) + 1), np.inf),
            cause=np.full(5, ATTENTION),
            luck=np.zeros(5),
            people=e.people[rows],
        ),
    )
    eur = 3000 / USD_PER_EUR
    assert last(model, "capital_outflow", "Mongolia") == pytest.approx(held.sum() * eur)
    for name, usd in leaves.items():
        assert last(model, "capital_outflow", name) == pytest.approx(-usd * eur)
    assert last(model, "capital_outflow") == pytest.approx(0.0, abs=1e-6 * held.sum())


def test_hosts_gain_workers_and_money(model: EmigrationModel) -> None:
    e, p, scale = model.emigrants, model.scenario.parameters, model.population.scale
    rows = e.abroad()
    local = e.work[rows] == LOCAL_WORK
    assert last(model, "host_gain.labour") == p.rooted * scale * local.sum()
    pay = (e.local_wage_usd[rows] * local).sum() * scale / WEEKS_PER_MONTH
    spent = model.economy.spent_usd.sum()
    assert spent > 0
    least = p.rooted * (pay + spent) / USD_PER_EUR
    property_moved = p.rooted * e.capital_abroad_usd[: e.rows].sum() * scale / USD_PER_EUR
    assert abs(last(model, "host_gain.eur") - least) <= property_moved
