"""Russia's elite: who they are, what they lose and gain by leaving, who lets them in (M29, P17)."""

from __future__ import annotations

from functools import cache
from typing import Any

import made_up_runs
import numpy as np
import pandas as pd
import pytest
from finished_runs import explained, stepped
from test_places_and_couples import intents

from abm import elite
from abm.composition import ELITES, OCCUPATIONS, workforce
from abm.deciders import deciders_at_home
from abm.decision import Deciders, components, total
from abm.doors import PERMIT
from abm.elite import INVESTOR, MANAGER, SILOVIK, elite_fortune_usd, elite_worth
from abm.elite_exits import EVERY_WEEKS, leaving_chance
from abm.emigrants import HOME, NOWHERE
from abm.hosts_table import HOST_NAMES
from abm.model import EmigrationModel
from abm.moves import accompany
from abm.people import People
from abm.scenario import load
from abm.study.targets import TARGETS
from abm.ties import NOBODY
from abm.traits_tables import ELITE_AGE_GROUP, ELITE_WORK, elite_share

HEADCOUNT = {SILOVIK: 30_000, MANAGER: 100_000, INVESTOR: 8015}
ALL_KINDS = {SILOVIK, MANAGER, INVESTOR}
# Each of the five steps, and whose it is.
STEPS = {
    "elite_sanctuary": ALL_KINDS,
    "elite_capital_kept": ALL_KINDS,
    "elite_posts": {MANAGER, INVESTOR},
    "elite_payments": {MANAGER, INVESTOR},
    "elite_service": {SILOVIK},
}
GERMANY = HOST_NAMES.index("Germany")


@pytest.fixture
def model() -> EmigrationModel:
    """A model before its first week, to set levers by hand."""
    return EmigrationModel(scale=3000)


def eligible(model: EmigrationModel, every: int = 1) -> People:
    """People with the occupation, degree and age of the elite, all set to be of it."""
    people = model.population.people(np.arange(0, model.population.size, every))
    people = people.take(np.flatnonzero(people.could_be_elite))
    people.elite = people.could_be_elite
    return people


def ordinary(model: EmigrationModel) -> People:
    """Some people who are none of the elite."""
    people = model.population.people(np.arange(0, model.population.size, 20))
    return people.take(np.flatnonzero(people.elite == 0))


def options(model: EmigrationModel, people: People) -> tuple[np.ndarray, Deciders]:
    """Utility of every option to people at home, and what they decide on."""
    world = model.world()
    deciders = deciders_at_home(model, world, people)
    return total(components(deciders, world), len(people.ids)), deciders


def leaving(model: EmigrationModel, people: People) -> np.ndarray:
    return leaving_chance(model, model.world(), people)


# --- who they are --------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [3000, 1000, 300])
def test_a6_headcounts_are_met_at_every_scale(scale: int) -> None:
    population = EmigrationModel(scale=scale).population
    kinds = population.people(np.arange(population.size)).elite
    for kind, headcount in HEADCOUNT.items():
        expected = headcount / scale
        assert abs((kinds == kind).sum() - expected) < 4.5 * np.sqrt(expected) + 1


def test_a6_shares_give_the_headcounts() -> None:
    grown = workforce()[:, ELITE_AGE_GROUP:, :, 1].sum(axis=(0, 1, 2)) * elite_share()
    for kind, headcount in HEADCOUNT.items():
        work = OCCUPATIONS.index(ELITE_WORK[ELITES[kind]])
        assert grown[work] == pytest.approx(headcount)


def test_a6_the_elite_are_grown_have_a_degree_and_their_kinds_work() -> None:
    population = EmigrationModel(scale=300).population
    people = population.people(np.arange(population.size))
    people = people.take(people.elite > 0)
    assert people.age_years.min() >= 35
    assert (people.education == 1).all()
    for kind, work in ((SILOVIK, "security"), (MANAGER, "manager"), (INVESTOR, "entrepreneur")):
        assert set(people.occupation[people.elite == kind]) == {OCCUPATIONS.index(work)}


def test_a6_a_russian_shows_the_kind_of_elite(model: EmigrationModel) -> None:
    for kind in ELITES[1:]:
        found = model.russians.select(elite=kind, at_most=1)
        assert len(found) == 0 or found[0].elite == kind
    assert len(model.russians.select(elite="manager"))


def test_fortunes_are_pareto_between_their_ends(model: EmigrationModel) -> None:
    people, p = eligible(model), model.scenario.parameters
    usd = elite_fortune_usd(people, p)
    managers, investors = usd[people.elite == MANAGER], usd[people.elite == INVESTOR]
    assert 1e6 <= managers.min() <= managers.max() <= 30e6 <= investors.min()
    median = 30e6 * 2 ** (1 / p.wealth_tail)
    below = (investors < median).mean()
    assert abs(below - 0.5) < 4.5 * 0.5 / np.sqrt(len(investors))
    assert np.isnan(elite_fortune_usd(ordinary(model), p)).all()


def test_a_fortune_rises_with_luck_from_least_to_most() -> None:
    luck = np.array([0.0, 0.25, 0.5, 1.0])
    usd = elite.fortune_usd(1e6, 30e6, 1.25, luck)
    assert usd[0] == 1e6
    assert usd[-1] == pytest.approx(30e6)
    assert (np.diff(usd) > 0).all()
    assert elite.fortune_usd(30e6, np.inf, 1.0, 0.5) == pytest.approx(60e6)


# --- what they lose and gain (M29) ---------------------------------------------------------------


def test_m29_formulas_of_the_elite_have_their_values() -> None:
    assert elite.worth_at_home(5.0, True) == 5.0
    assert elite.worth_at_home(5.0, False) == 0
    assert elite.worth_abroad(2.0, 0.5, 3.0, 1.0, 4.0, 0.25) == 2 * 0.5 + 3 * 1 + 4 * 0.25
    assert elite.weight_of_hostages(1.5, 0.5) == -0.75
    assert elite.comes_along(0.63, 0.0) == 0.63
    assert elite.comes_along(0.63, 5.0) == pytest.approx(0.63 * np.exp(-5))


def test_m29_kin_are_hostages_by_where_the_partner_is() -> None:
    georgia = HOST_NAMES.index("Georgia")
    assert elite.kin_left(np.array([HOME, NOWHERE, georgia])).tolist() == [1.0, 0.5, 0.0]


def test_m29_rents_hold_the_elite_at_home(model: EmigrationModel) -> None:
    people = eligible(model)
    chances = []
    for rents in (0.0, 3.0, 6.0):
        model.scenario = load(model.scenario, set={"elite_rents": rents})
        chances.append(leaving(model, people))
    goes = chances[0] > 0
    assert goes.any()
    assert (chances[1][goes] < chances[0][goes]).all()
    assert (chances[2][goes] < chances[1][goes]).all()


def test_m29_who_has_left_is_not_called_back_by_rents(model: EmigrationModel) -> None:
    people, hosts, p = eligible(model), model.host_columns, model.scenario.parameters
    nobody = np.full(len(people.ids), NOWHERE)
    at_home = elite_worth(people, np.full(len(people.ids), HOME), nobody, hosts, p)[1]
    abroad = elite_worth(people, np.full(len(people.ids), GERMANY), nobody, hosts, p)[1]
    assert (np.asarray(at_home) == p.elite_rents).all()
    assert (np.asarray(abroad) == 0).all()


def test_m29_kin_left_behind_hold_people_at_home(model: EmigrationModel) -> None:
    people, hosts, p = eligible(model), model.host_columns, model.scenario.parameters
    home = np.full(len(people.ids), HOME)

    def abroad(partner_place: int) -> np.ndarray:
        partners = np.full(len(people.ids), partner_place)
        return np.asarray(elite_worth(people, home, partners, hosts, p)[0])

    assert (abroad(HOME) == -p.elite_hostage).all()
    assert (abroad(HOME) < abroad(NOWHERE)).all()
    assert (abroad(NOWHERE) < 0).all()
    assert (abroad(GERMANY) == 0).all()  # the partner is abroad: nobody is left to be held
    held = leaving(model, people)
    model.scenario = load(model.scenario, set={"elite_hostage": 0.0})
    free = leaving(model, people)
    assert (held[free > 0] < free[free > 0]).all()


@pytest.mark.parametrize(
    ("lever", "weight"),
    [
        ("elite_capital_kept", "elite_capital"),
        ("elite_posts", "elite_post"),
        ("elite_payments", "elite_post"),
        ("elite_service", "elite_post"),
        ("elite_sanctuary", "elite_security"),
    ],
)
def test_m29_each_offer_is_worth_its_weight(
    lever: str, weight: str, model: EmigrationModel
) -> None:
    people, p = eligible(model), model.scenario.parameters
    its = np.isin(people.elite, list(STEPS[lever]))
    home = np.full(len(people.ids), HOME)

    def worth() -> np.ndarray:
        return np.asarray(elite_worth(people, home, home, model.host_columns, p)[0])

    without = worth()
    model.set_lever(lever, "Germany", 0.5)
    gain = worth() - without
    np.testing.assert_allclose(gain[its, GERMANY], 0.5 * getattr(p, weight))
    assert (gain[~its] == 0).all()
    assert (np.delete(gain, GERMANY, axis=1) == 0).all()


def test_m29_off_makes_the_elite_ordinary() -> None:
    model = EmigrationModel(scale=3000, without=["M29"])
    for money in ("elite_capital_kept", "elite_payments"):  # those that open no door
        model.set_lever(money, "Germany", 1.0)
    people = eligible(model)
    as_elite, deciders = options(model, people)
    plain = model.population.people(people.ids)
    plain.elite = np.zeros_like(people.elite)
    as_ordinary, others = options(model, plain)
    np.testing.assert_array_equal(as_elite, as_ordinary)
    np.testing.assert_array_equal(deciders.doors.open, others.doors.open)


def test_m29_the_elite_seldom_come_along_with_a_partner() -> None:
    """Kazakhstan lets everybody in; a partner of one of the elite goes there alone."""
    assert elite.comes_along(0.6, 0.0) == 0.6
    assert elite.comes_along(0.6, 5.0) == pytest.approx(0.6 * np.exp(-5))
    along = []
    for rents in (0.0, 12.0):
        model = EmigrationModel(scale=300, set={"elite_rents": rents, "partner_joins": 0.8})
        people = model.population.people(np.arange(model.population.size))
        partner = model.ties.partner(people.ids[people.elite > 0])
        partner = partner[partner != NOBODY]
        moves = accompany(model, intents(model, partner, HOME, [HOST_NAMES.index("Kazakhstan")]))
        along.append((model.population.people(moves.person).elite > 0).sum() / len(partner))
    assert abs(along[0] - 0.8) < 4.5 * np.sqrt(0.8 * 0.2 / len(partner))
    assert along[1] < 0.01


# --- the five steps (P17a to e) -------------------------------------------------------------------


@pytest.mark.parametrize("lever", STEPS)
def test_p17_each_step_alone_makes_its_kinds_leave(lever: str, model: EmigrationModel) -> None:
    people = eligible(model)
    its = np.isin(people.elite, list(STEPS[lever]))
    without = leaving(model, people)
    for host in ("Germany", "France", "United States"):
        model.set_lever(lever, host, 1)
    with_it = leaving(model, people)
    np.testing.assert_array_equal(with_it[~its], without[~its])
    assert (with_it[its] >= without[its]).all()
    for kind in STEPS[lever]:
        assert with_it[people.elite == kind].sum() > without[people.elite == kind].sum()


@pytest.mark.parametrize("lever", STEPS)
def test_p17_a_step_changes_nothing_for_anybody_else(lever: str, model: EmigrationModel) -> None:
    people = ordinary(model)
    utility, deciders = options(model, people)
    model.set_lever(lever, "Germany", 1)
    with_it, the_same = options(model, people)
    np.testing.assert_array_equal(with_it, utility)
    np.testing.assert_array_equal(the_same.doors.open, deciders.doors.open)


@pytest.mark.parametrize(
    ("lever", "kinds"),
    [
        ("elite_sanctuary", ALL_KINDS),
        ("elite_posts", {MANAGER, INVESTOR}),
        ("elite_service", {SILOVIK}),
    ],
)
def test_p17_sanctuary_posts_and_service_open_doors(
    lever: str, kinds: set[int], model: EmigrationModel
) -> None:
    people = eligible(model)
    its = np.isin(people.elite, list(kinds))
    model.set_lever("entry_ban", "Turkey", 1)
    model.set_lever("entry_exemptions", "Turkey", 0)
    turkey = HOST_NAMES.index("Turkey")

    def let_in(share: float) -> np.ndarray:
        model.set_lever(lever, "Turkey", share)
        doors = options(model, people)[1].doors
        open = np.asarray(doors.open[:, turkey])
        assert (doors.status[open, turkey] <= PERMIT).all()
        return open

    assert not let_in(0.0).any()
    half, all_of_them = let_in(0.5), let_in(1.0)
    np.testing.assert_array_equal(all_of_them, its & people.foreign_passport)
    assert not (half & ~all_of_them).any()
    expected = all_of_them.sum() / 2
    assert abs(half.sum() - expected) < 4.5 * np.sqrt(expected / 2)


@pytest.mark.parametrize("lever", ["elite_capital_kept", "elite_payments"])
def test_p17_money_alone_opens_no_door(lever: str, model: EmigrationModel) -> None:
    people = eligible(model)
    shut = options(model, people)[1].doors.open
    model.set_lever(lever, None, 1)
    np.testing.assert_array_equal(options(model, people)[1].doors.open, shut)


# --- runs ---------------------------------------------------------------------------------------

FREE: dict[str, Any] = {
    "elite_rents": 0.0,
    "elite_capital": 6.0,
    "cost_of_leaving": 6.0,
    "mobilisation_quota": 0.0,
}
WIDE_OPEN = FREE | {
    f"{lever}.{host}": 1.0 for lever in STEPS for host in ("Germany", "France", "United States")
}


@cache
def run(levers: bool, screened: bool = True) -> EmigrationModel:
    """A run to the summer of 2022 without what carries a change on to others."""
    model = EmigrationModel(
        scale=3000,
        until="2022-08-31",
        set=WIDE_OPEN if levers else FREE,
        without=["M15", "M17", "M18", "M22", "M23", "M36"],
        screened=screened,
    )
    return stepped(model)


def test_screening_finds_the_same_people_with_every_step_taken() -> None:
    moves, everybody = run(True).moves_table(), run(True, screened=False).moves_table()
    assert moves.equals(everybody)
    assert (run(True).population.people(moves["person"].to_numpy()).elite > 0).any()


def test_steps_change_the_fates_of_the_elite_and_their_partners_alone() -> None:
    column = ["person", "week", "origin", "destination"]
    one, other = (
        set(run(levers).moves_table()[column].itertuples(index=False, name=None))
        for levers in (True, False)
    )
    changed = np.array(sorted({move[0] for move in one ^ other}))
    assert len(changed)
    model = run(True)
    partner = model.ties.partner(changed)
    whose = model.population.people(np.where(partner == NOBODY, changed, partner))
    of_the_elite = (model.population.people(changed).elite > 0) | (whose.elite > 0)
    assert of_the_elite.all()


def test_o14_departures_are_the_moves_of_the_elite() -> None:
    model = run(True)
    moves = model.moves_table()
    moves = moves[moves["origin"] == "Russia"]
    of_it = model.population.people(moves["person"].to_numpy()).elite > 0
    seen = model.observations.series("elite_departures")
    assert seen.sum() == of_it.sum() * model.population.scale > 0
    by_host = moves[of_it].groupby("destination")["person"].count()
    for host, agents in by_host.items():
        assert model.observations.series("elite_departures", host).sum() == agents * 3000


def test_o14_expected_exits_add_up_over_kinds_and_never_exceed_the_elite() -> None:
    model = run(True)
    exits = {name: model.observations.series(f"elite_exits.{name}") for name in ELITES[1:]}
    np.testing.assert_allclose(sum(exits.values()), model.observations.series("elite_exits"))
    watch = model.elite_exits
    left = (watch.stands_for * (1 - watch.at_home)).sum()
    assert model.observations.series("elite_exits").sum() == pytest.approx(left)
    assert (watch.at_home >= 0).all()


def test_o14_chances_are_held_between_looks_and_follow_a_lever_at_once() -> None:
    model = stepped(EmigrationModel(scale=3000), EVERY_WEEKS + 1)
    held = model.elite_exits.leaving
    model.step()
    assert model.elite_exits.leaving is held
    model.set_lever("elite_sanctuary", None, 1)
    model.step()
    assert (model.elite_exits.leaving >= held).mean() > 0.9
    assert model.elite_exits.leaving.sum() > held.sum()


def test_o14_chances_follow_an_offer_that_goes_from_one_host_to_another() -> None:
    model = EmigrationModel(scale=3000, set={"elite_posts.Germany": 0.5})
    stepped(model, EVERY_WEEKS + 2)
    held = model.elite_exits.leaving
    model.set_lever("elite_posts", "Germany", 0.0)
    model.set_lever("elite_posts", "Finland", 0.5)
    model.step()
    assert model.elite_exits.leaving is not held


def test_o14_watching_changes_nobody() -> None:
    watched = stepped(EmigrationModel(scale=3000), 12)
    alone = EmigrationModel(scale=3000)
    alone.elite_exits.observe = lambda: None  # type: ignore[method-assign]
    assert stepped(alone, 12).moves_table().equals(watched.moves_table())


def test_t23_exits_a_year_are_the_sum_over_the_years() -> None:
    outcomes = made_up_runs.outcomes({("World", "elite_exits"): 0.7})
    run = made_up_runs.a_run(outcomes=outcomes)
    target = next(each for each in TARGETS if each.id == "T23")
    assert target.simulate(run) == pytest.approx(0.1 * 365.2425)
    assert target.status == "set"  # shown, not counted: the rents were chosen by it


def test_explain_shows_what_the_elite_would_lose(model: EmigrationModel) -> None:
    manager = model.russians.select(elite="manager", at_most=1)[0]
    p = model.scenario.parameters
    parts = explained(manager)["elite"]
    assert parts["Russia"] == p.elite_rents
    assert (parts.drop("Russia") < 0).all()
    nobody = model.russians.select(elite="none", at_most=1)[0]
    assert (explained(nobody)["elite"] == 0).all()


@pytest.mark.parametrize("age", [22, 47])
def test_people_of_ones_own_have_their_own_elite(age: int) -> None:
    """All managers with a degree, in three regions: the usual share of them, if of age."""
    rows = [
        {"region": region, "age": age, "sex": sex, "education": "higher", "occupation": "manager"}
        for region in ("capitals", "cities", "elsewhere")
        for sex in ("male", "female")
    ]
    table = pd.DataFrame(rows).assign(weight=1e6)
    model = EmigrationModel(scale=100, population=table, until="2022-03-10")
    people = model.population.people(np.arange(model.population.size))
    managers = (people.elite == MANAGER).sum()
    expected = model.population.size * elite_share()[OCCUPATIONS.index("manager")] * (age >= 35)
    assert abs(managers - expected) <= 4.5 * np.sqrt(expected)
    assert set(people.elite) <= {0, MANAGER}
    exits = stepped(model).observations.series("elite_exits")
    assert (exits > 0).all() if age >= 35 else (exits == 0).all()
