"""Looking ahead: closed forms, the default as its limit, and the same people screened or not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abm import cli, equations, foresight, scenario
from abm.deciders import deciders_abroad, deciders_at_home
from abm.decision import components, own_insecurity, total
from abm.doors import IRREGULAR, PENDING, PERMIT, REAPPLY_WEEKS, STATUS_INSECURITY, VISITOR
from abm.errors import InputError
from abm.foresight import Moves, Occupancy, insecurity_ahead, insecurity_meanwhile
from abm.hosts_table import HOST_NAMES
from abm.model import EmigrationModel
from abm.parameters import Parameters

YEARLY = Parameters().discount_per_year
WEEKLY = foresight.weekly_discount(YEARLY)
discounts = st.sampled_from([0.0, 0.3, float(np.exp(-1.0 / 26.0)), WEEKLY])
Finished = Callable[..., EmigrationModel]


def test_a_discount_compounds_to_that_of_a_year() -> None:
    assert foresight.weekly_discount(YEARLY) ** (365.25 / 7) == pytest.approx(YEARLY, rel=1e-4)
    assert foresight.weekly_discount(0.0) == 0


# --- a permit's clock ------------------------------------------------------------------------


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 300), discounts)
def test_insecurity_meanwhile_is_the_sum_over_weeks(
    base: float, refusal: float, weeks: int, discount: float
) -> None:
    left = weeks - np.arange(weeks)
    now = equations.insecurity(base, refusal, left)
    plain = (1.0 - discount) * np.sum(discount ** np.arange(weeks) * now)
    ahead = insecurity_meanwhile(base, refusal, weeks, weeks, discount)
    np.testing.assert_allclose(ahead, plain, rtol=1e-9, atol=1e-12)


def one_host(refusal: float, border_run: float, permit_weeks: float = 52.0) -> Any:
    """As much of a world as a permit must know of: one host with these rules."""
    hosts = SimpleNamespace(
        refusal=np.array([refusal]),
        borders_run=np.array([border_run > 0]),
        permit_weeks=np.array([permit_weeks]),
        visitor_weeks=np.array([12.0]),
    )
    return SimpleNamespace(parameters=Parameters(), hosts=hosts)


def ahead(world: Any, status: int, weeks_left: float, discount: float = WEEKLY) -> float:
    return float(
        insecurity_ahead(
            np.array([status]), np.array([weeks_left]), np.array([0]), world, discount
        )[0]
    )


@pytest.mark.parametrize("discount", [0.5, 0.98])
@pytest.mark.parametrize("border_run", [0.0, 1.0])
def test_a_stay_is_worth_what_a_walk_week_by_week_gives(border_run: float, discount: float) -> None:
    """The rules of life abroad, written as a table of weeks and iterated until nothing moves."""
    refusal, term, visit = 0.3, 20, 12
    world = one_host(refusal, border_run, term)
    p = world.parameters
    lengths = {PERMIT: term, PENDING: 8, IRREGULAR: REAPPLY_WEEKS, VISITOR: visit}
    value = {status: np.zeros(weeks + 1) for status, weeks in lengths.items()}
    for _ in range(3000):
        fresh = {status: value[status][weeks] for status, weeks in lengths.items()}
        decided = (1 - refusal) * fresh[PERMIT] + refusal * fresh[
            VISITOR if border_run else IRREGULAR
        ]
        ends = {PERMIT: decided, PENDING: decided, IRREGULAR: fresh[PENDING]}
        ends[VISITOR] = fresh[VISITOR] if border_run else np.nan
        for status, weeks in lengths.items():
            now = equations.insecurity(STATUS_INSECURITY[status], refusal, np.arange(weeks + 1))
            later = np.append(ends[status], value[status][1:-1])
            if status == VISITOR and not border_run:  # asks after four weeks
                later[visit - int(p.application_weeks)] = fresh[PENDING]
                later[: visit - int(p.application_weeks)] = 0.0
            value[status][1:] = (1 - discount) * now[1:] + discount * later
    for status, weeks in lengths.items():
        assert ahead(world, status, weeks, discount) == pytest.approx(value[status][weeks])
        if status == PERMIT:
            assert ahead(world, status, 7, discount) == pytest.approx(value[status][7])


def test_a_permit_is_its_term_then_renewed_or_refused() -> None:
    """u (1 - β^T) + β^T ((1 - q) ũ + q u'): the recursion, with the insecurity of each."""
    refusal, term = 0.2, 52
    world = one_host(refusal, 0.0)
    permit, pending = ahead(world, PERMIT, term), ahead(world, PENDING, 8)
    refused = ahead(world, IRREGULAR, REAPPLY_WEEKS)
    meanwhile = float(insecurity_meanwhile(0.25, refusal, term, term, WEEKLY))
    later = (1 - refusal) * permit + refusal * refused
    assert permit == pytest.approx(meanwhile + WEEKLY**term * later)
    waits = 1 - WEEKLY**REAPPLY_WEEKS
    assert refused == pytest.approx(waits + WEEKLY**REAPPLY_WEEKS * pending)  # no right to stay: 1


def test_insecurity_ahead_lies_between_none_and_all() -> None:
    for border_run in (0.0, 1.0):
        for refusal in (0.0, 0.5, 1.0):
            world = one_host(refusal, border_run)
            for status, base in enumerate(STATUS_INSECURITY):
                for weeks in (0.0, 1.0, 12.0, 5200.0):
                    assert -1e-12 <= ahead(world, status, weeks) <= 1.0 + 1e-12
                    today = ahead(world, status, weeks, discount=0.0)
                    assert today == equations.insecurity(base, refusal, weeks)


def test_a_shorter_permit_and_a_likelier_refusal_weigh_more_on_who_looks_ahead() -> None:
    place = np.array([0])

    def today(world: Any, weeks: float) -> float:
        status, left = np.array([PERMIT]), np.array([weeks])
        return float(own_insecurity(status, left, place, world)[0])

    long, short = one_host(0.2, 0.0, 104.0), one_host(0.2, 0.0, 26.0)
    assert ahead(long, PERMIT, 26.0) < ahead(short, PERMIT, 26.0)  # the next ones count
    assert today(long, 26.0) == today(short, 26.0)
    mild, harsh = one_host(0.1, 0.0), one_host(0.4, 0.0)
    more = today(harsh, 52.0) - today(mild, 52.0)
    assert ahead(harsh, PERMIT, 52.0) - ahead(mild, PERMIT, 52.0) > 2 * more > 0


# --- over places -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model() -> EmigrationModel:
    """Some weeks after the order of September 2022, looking ahead; do not change it."""
    model = EmigrationModel(scale=3000, until="2022-12-31", looking_ahead=True)
    while model.week < 36:
        model.step()
    return model


def made_up(model: EmigrationModel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values abroad and at home, and open doors, of 50 people."""
    draw = np.random.default_rng(1)
    hosts = len(HOST_NAMES)
    return draw.normal(0, 4, (50, hosts)), draw.normal(0, 4, 50), draw.random((50, hosts)) < 0.4


def by_matrix(
    model: EmigrationModel, abroad: np.ndarray, home: np.ndarray, open: np.ndarray, discount: float
) -> np.ndarray:
    """Occupancy of one person from the whole matrix of a week's moves."""
    p, hosts = model.scenario.parameters, model.host_columns
    value, places = np.append(abroad, home), len(hosts) + 1
    cost = np.full((places, places), p.cost_of_onward_move)
    without = p.cost_without_flights * (1.0 - hosts.direct_flights)
    cost[-1, :-1], cost[:-1, -1] = p.cost_of_leaving + without, p.cost_of_return + without
    np.fill_diagonal(cost, 0.0)
    reached = np.append(open, True) | np.eye(places, dtype=bool)
    chances = equations.logit_probabilities(np.where(reached, value - cost, -np.inf))
    attention = equations.attention(p.attention_per_month, 0, 0, 0)
    week = attention * chances + (1 - attention) * np.eye(places)
    return (1 - discount) * np.linalg.inv(np.eye(places) - discount * week)


@pytest.mark.parametrize("discount", [0.3, WEEKLY])
def test_occupancy_is_that_of_the_whole_matrix_and_its_rows_are_shares(
    model: EmigrationModel, discount: float
) -> None:
    abroad, home, open = made_up(model)
    occupancy = Occupancy(Moves(abroad, home, open, model.world()), discount)
    hosts = np.eye(len(HOST_NAMES) + 1)
    columns = [occupancy.average(place[None, :-1], np.full(50, place[-1])) for place in hosts]
    there = np.stack([np.column_stack(column) for column in columns], axis=2)  # person, from, in
    for person in range(50):
        whole = by_matrix(model, abroad[person], home[person], open[person], discount)
        np.testing.assert_allclose(there[person], whole, rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(there.sum(axis=2), 1.0, rtol=1e-9)
    assert (there >= 0).all()


def test_fear_that_fades_is_worth_its_discounted_sum(model: EmigrationModel) -> None:
    abroad, home, _ = made_up(model)
    nowhere = np.zeros(abroad.shape, dtype=bool)
    week = float(equations.weekly_chance(model.scenario.parameters.risk_decay_per_month))
    moves = Moves(abroad, home, nowhere, model.world())
    _, fear = Occupancy(moves, WEEKLY, 1.0 - week).average(0.0, -home)
    np.testing.assert_allclose(fear, -home * (1 - WEEKLY) / (1 - WEEKLY * (1 - week)), rtol=1e-9)


def test_without_attention_people_stay_where_they_are(model: EmigrationModel) -> None:
    abroad, home, open = made_up(model)
    moves = Moves(abroad, home, open, model.world())
    moves.attention = 0.0
    there, here = Occupancy(moves, WEEKLY).average(abroad, home)
    np.testing.assert_allclose(there, abroad, rtol=1e-12)
    np.testing.assert_allclose(here, home, rtol=1e-12)


# --- people ----------------------------------------------------------------------------------


def utilities(model: EmigrationModel, **world: Any) -> tuple[np.ndarray, np.ndarray]:
    """Utility of every option for some people at home and for all abroad."""
    seen = replace(model.world(), **world)
    ids = np.arange(0, model.population.size, 101)
    ids = ids[model.emigrants.row_of(ids) < 0]
    home = deciders_at_home(model, seen, model.population.people(ids))
    abroad = deciders_abroad(model, seen, model.emigrants.abroad())
    return tuple(total(components(d, seen), len(d.place)) for d in (home, abroad))  # type: ignore[return-value]


def test_as_the_discount_falls_to_nothing_it_becomes_the_default(model: EmigrationModel) -> None:
    default = utilities(model, discount=None)
    apart = []
    for discount in (WEEKLY, 0.3, 0.03, 0.003, 0.0):
        values = utilities(model, discount=discount)
        differences = [np.abs(one - other) for one, other in zip(values, default, strict=True)]
        apart.append(max(difference.max() for difference in differences))
    assert apart == sorted(apart, reverse=True)
    assert apart[-2] < 0.03
    assert apart[-1] == 0.0


def test_nothing_that_lies_ahead_makes_the_same_moves(finished: Finished) -> None:
    default = finished()
    ahead = finished(looking_ahead=True, set={"discount_per_year": 0.0})
    pd.testing.assert_frame_equal(default.moves_table(), ahead.moves_table())
    pd.testing.assert_frame_equal(default.outcomes(), ahead.outcomes())
    looks = finished(looking_ahead=True, until="2022-06-30")
    early = default.moves_table().query("week < 18")
    assert not early.equals(looks.moves_table())


@pytest.mark.parametrize("seed", [1, 2])
def test_looking_at_everybody_gives_the_same_moves(finished: Finished, seed: int) -> None:
    runs = [
        finished(looking_ahead=True, seed=seed, until="2022-10-31", screened=screened)
        for screened in (True, False)
    ]
    assert len(runs[0].moves_table()) > 20
    pd.testing.assert_frame_equal(runs[0].moves_table(), runs[1].moves_table())
    pd.testing.assert_frame_equal(runs[0].outcomes(), runs[1].outcomes())


def test_a_plan_is_the_same_alone_as_in_a_crowd(model: EmigrationModel) -> None:
    world = model.world()
    rows = model.emigrants.abroad()[:20]
    crowd = total(components(deciders_abroad(model, world, rows), world), len(rows))
    for k, row in enumerate(rows):
        alone = total(components(deciders_abroad(model, world, np.array([row])), world), 1)
        assert np.array_equal(alone[0], crowd[k])


def test_explain_shows_the_parts_of_what_lies_ahead(model: EmigrationModel) -> None:
    abroad = int(model.emigrants.person[model.emigrants.abroad()[0]])
    for person in (3, abroad):
        table = model.russians[person].explain()
        parts = table.iloc[:, 5:]
        np.testing.assert_allclose(parts.sum(axis=1), table["utility"], rtol=1e-9)
        cost = table.set_index("option")["moving_cost"]
        assert cost[table.loc[table["here"], "option"].item()] == 0
        assert table["probability"].sum() == pytest.approx(1)
    attachment = model.russians[abroad].explain().set_index("option")["attachment"]
    assert (attachment != 0).all()  # who is abroad may return, who is at home may leave
    assert (attachment.abs() <= abs(attachment["Russia"]) + 1e-12).all()


def test_who_looks_ahead_fears_less_what_will_pass(model: EmigrationModel) -> None:
    parts = []
    for discount in (None, WEEKLY):
        world = replace(model.world(), discount=discount)
        people = model.population.people(np.arange(0, model.population.size, 101))
        home = components(deciders_at_home(model, world, people), world)["mobilisation"][1]
        parts.append(np.asarray(home))
    afraid = parts[0] < -0.1
    assert afraid.any()
    assert (parts[1][afraid] > 0.1 * parts[0][afraid]).all()
    assert (parts[1][afraid] < 0).all()


# --- the choice in a scenario ----------------------------------------------------------------


def test_a_scenario_says_whether_people_look_ahead(write: Callable[..., Path]) -> None:
    file = write('base = "war-years"\nlooking_ahead = true\n')
    assert scenario.load(file).looking_ahead
    assert not scenario.load(file, looking_ahead=False).looking_ahead
    assert not scenario.load("war-years").looking_ahead
    assert scenario.load("war-years", looking_ahead=True).as_dict()["looking_ahead"] is True
    upon = write(f'base = "{file.name}"\n', "upon.toml")
    assert scenario.load(upon).looking_ahead


@pytest.mark.parametrize("value", ["1", '"yes"', "[true]"])
def test_a_wrong_value_is_told_with_its_line(write: Callable[..., Path], value: str) -> None:
    file = write(f'base = "war-years"\nlooking_ahead = {value}\n')
    with pytest.raises(InputError, match=r"line 2.*looking_ahead = true"):
        scenario.load(file)
    with pytest.raises(InputError, match="looking_ahead"):
        EmigrationModel(looking_ahead="yes")  # type: ignore[arg-type]


def test_the_command_line_takes_the_flag(tmp_path: Path) -> None:
    out = tmp_path / "results"
    asked = ["run", "--scale", "10000", "--until", "2022-03-17", "--replicates", "1", "--quiet"]
    assert cli.main([*asked, "--looking-ahead", "--out", str(out)]) == 0
    assert '"looking_ahead": true' in (out / "run.json").read_text("utf-8")
