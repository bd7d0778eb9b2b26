"""Russians as Mesa agents: views over the columns, that explain what the model does."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import mesa
import numpy as np
import pandas as pd
import pytest
from finished_runs import RUSSIA, before, explained, finished, stepped
from mesa.agent import AgentSet

from abm.bounds import bounds
from abm.choices import deciders_at_home, luck_abroad, luck_weights_of
from abm.decision import ability, components
from abm.decision import total as summed
from abm.emigrants import ARMY, ATTENTION, HOME
from abm.equations import logit_probabilities
from abm.errors import InputError
from abm.hosts_table import HOST_NAMES
from abm.model import EmigrationModel
from abm.russians import ATTRIBUTES, Russian, Russians
from abm.screening import luck_at_home

OPTIONS = [*HOST_NAMES, RUSSIA]


@pytest.fixture(scope="module")
def model() -> EmigrationModel:
    """The end of 2022; do not change it."""
    return finished()


@pytest.fixture(scope="module")
def some(model: EmigrationModel) -> Russians:
    """Those who ever left and a few hundred others."""
    ids = np.concatenate([np.arange(300), model.emigrants.person[: model.emigrants.rows]])
    return Russians(model, np.unique(ids))


# --- agents and sets ----------------------------------------------------------------------------


def test_a_russian_is_a_mesa_agent(model: EmigrationModel) -> None:
    russian = model.russians[12]
    assert isinstance(russian, mesa.Agent)
    assert russian.unique_id == 12
    assert russian.model is model
    assert russian.random is model.random
    assert russian not in model.agents
    assert f"Russian(12, {russian.age_years}" in repr(russian)


def test_views_agree_with_columns(some: Russians) -> None:
    table = some.get(list(ATTRIBUTES))
    assert list(table) == list(ATTRIBUTES)
    for row, russian in zip(table.to_dict("records"), some, strict=True):
        assert {name: getattr(russian, name) for name in ATTRIBUTES} == row


def test_where_everybody_is(model: EmigrationModel) -> None:
    e = model.emigrants
    hosts = model.russians.get("host")
    places = e.place_of(np.arange(len(hosts)))
    for row, name in enumerate(HOST_NAMES):
        np.testing.assert_array_equal(hosts == name, places == row)
    np.testing.assert_array_equal(hosts == RUSSIA, places == HOME)
    np.testing.assert_array_equal(hosts == "army", places == ARMY)
    at_home = model.russians.get("status") == "at home"
    np.testing.assert_array_equal(at_home, (hosts == RUSSIA) | (hosts == "army"))


def test_people_of_week_zero() -> None:
    model = EmigrationModel(scale=10_000)
    assert len(model.russians) == model.population.size
    assert set(model.russians.get("host")) == {RUSSIA}
    people = model.population.people(np.arange(model.population.size))
    for name in ("age_years", "wage_usd", "dissent", "savings_usd", "foreign_passport"):
        np.testing.assert_array_equal(model.russians.get(name), getattr(people, name))


def test_unknown_attributes(model: EmigrationModel) -> None:
    for wrong in ("hots", "_hidden", "explained"):
        with pytest.raises(AttributeError):
            getattr(model.russians[0], wrong)
        with pytest.raises(AttributeError):
            model.russians.get(wrong)


def test_select(model: EmigrationModel) -> None:
    found = model.russians.select(lambda r: r.host == "Georgia", at_most=5)
    assert len(found) == 5
    assert all(russian.host == "Georgia" for russian in found)
    everyone = model.russians.select(host="Georgia")
    assert len(everyone) == (model.russians.get("host") == "Georgia").sum()
    women = everyone.select(sex="female")
    assert len(women) == (everyone.get("sex") == "female").sum()
    assert len(model.russians.select(host="Nowhere")) == 0


def test_select_looks_no_further_than_it_must(model: EmigrationModel) -> None:
    looked: list[int] = []

    def look(russian: Russian) -> bool:
        looked.append(russian.unique_id)
        return True

    assert len(model.russians.select(look, at_most=5)) == 5
    assert len(looked) < 100


@pytest.fixture
def twins(model: EmigrationModel) -> tuple[Russians, AgentSet]:
    """The same people as our selection and as Mesa's set, with its agents held alive."""
    ours = model.russians.select(host="Georgia")
    agents = list(ours)
    theirs = AgentSet(agents, random=Random(1))
    theirs.held = agents
    return ours, theirs


def numbers(agents: Iterator[Russian] | Russians | AgentSet | list[Russian]) -> list[int]:
    return [agent.unique_id for agent in agents]


@pytest.mark.parametrize("at_most", [3, 10**6, 0.5, 1.0])
def test_select_as_mesa_does(twins: tuple[Russians, AgentSet], at_most: float) -> None:
    ours, theirs = twins

    def older(russian: Russian) -> bool:
        return bool(russian.age_years > 30)

    for test in (None, older):
        expected = numbers(theirs.select(test, at_most=at_most))
        assert numbers(ours.select(test, at_most=at_most)) == expected
    assert 0 < len(ours.select(older)) < len(ours)


def test_get_agg_map_do_and_groupby_as_mesa_does(twins: tuple[Russians, AgentSet]) -> None:
    ours, theirs = twins
    assert len(ours) == len(theirs) > 10
    assert list(ours.get("wage_usd")) == theirs.get("wage_usd")
    assert ours.get(["sex", "status"]).to_numpy().tolist() == theirs.get(["sex", "status"])
    assert ours.agg("wage_usd", np.mean) == theirs.agg("wage_usd", np.mean)
    assert ours.map("__repr__") == theirs.map("__repr__")
    assert ours.map(lambda r, add: r.age_years + add, add=1) == theirs.map(
        lambda r, add: r.age_years + add, add=1
    )
    seen: list[int] = []
    assert ours.do(lambda r: seen.append(r.unique_id)) is ours
    assert seen == numbers(theirs)
    groups = ours.groupby("sex")
    assert {sex: numbers(group) for sex, group in groups.items()} == {
        sex: numbers(group) for sex, group in theirs.groupby("sex")
    }


def test_index_and_slice_as_mesa_does(twins: tuple[Russians, AgentSet]) -> None:
    ours, theirs = twins
    for place in (0, 3, -1, -len(theirs)):
        assert ours[place].unique_id == theirs[place].unique_id
    for part in (slice(2, 5), slice(None, None, 3), slice(-4, None), slice(5, 2)):
        assert numbers(ours[part]) == numbers(theirs[part])
    for wrong in (len(ours), -len(ours) - 1):
        with pytest.raises(IndexError):
            _ = ours[wrong]
    assert ours[0] in ours
    assert ours[0] not in ours[1:]
    assert ours[0] not in EmigrationModel(scale=10_000).russians
    assert "Georgia" not in ours


def test_iterating_over_all(model: EmigrationModel) -> None:
    assert numbers(model.russians) == list(range(model.population.size))
    assert numbers(model.russians[5:9]) == [5, 6, 7, 8]
    assert model.russians[-1].unique_id == model.population.size - 1


def test_partners_and_contacts_are_mutual(some: Russians) -> None:
    pairs = 0
    for russian in some:
        partner = russian.partner
        if partner is not None:
            assert partner.partner is not None
            assert partner.partner.unique_id == russian.unique_id
            assert partner.sex != russian.sex
            pairs += 1
        for contact in russian.contacts[:3]:
            assert russian.unique_id in numbers(contact.contacts)
            assert contact.unique_id != russian.unique_id
    assert 0 < pairs < len(some)


# --- explain ------------------------------------------------------------------------------------


def test_what_explain_shows(some: Russians) -> None:
    for russian in some[::3]:
        if russian.host == "army":
            with pytest.raises(InputError, match="called up"):
                russian.explain()
            continue
        table = russian.explain()
        assert table["option"].tolist() == OPTIONS
        parts = table.drop(columns=["option", "utility", "able", "probability"])
        np.testing.assert_allclose(parts.sum(axis=1), table["utility"], rtol=1e-12)
        assert table["probability"].sum() == pytest.approx(1)
        assert (table["probability"] >= 0).all()
        assert (table.loc[~table["able"], "probability"] == 0).all()
        shares = logit_probabilities(table.loc[table["able"], "utility"].to_numpy())
        np.testing.assert_allclose(table.loc[table["able"], "probability"], shares)
        able = table.set_index("option")["able"]
        assert able[RUSSIA]
        assert able[russian.host]
        cost = table.set_index("option")["moving_cost"]
        assert cost[russian.host] == 0  # staying costs nothing
        assert (cost.drop(russian.host) < 0).all()


def test_explain_changes_nothing() -> None:
    looked, alone = (EmigrationModel(scale=3000, until="2022-10-31") for _ in range(2))
    for model in (looked, alone):
        while model.running:
            model.step()
            if model is looked:
                model.russians[model.week].explain()
                model.russians.select(host="Georgia", at_most=1).map("explain")
    pd.testing.assert_frame_equal(looked.moves_table(), alone.moves_table())
    pd.testing.assert_frame_equal(looked.outcomes(), alone.outcomes())


def winner(russian: Russian, luck: np.ndarray) -> str:
    """Which option arrives first in the race, among those that the person can take."""
    table = russian.explain()
    arrival = np.where(table["able"], np.log(luck) - table["utility"], np.inf)
    return str(table["option"][int(np.argmin(arrival))])


@pytest.mark.parametrize("week", [1, 31, 33])
def test_explain_agrees_with_who_left(week: int) -> None:
    """One model stops before the week's decisions; in the other they were taken."""
    waiting, done = (stepped(EmigrationModel(scale=1000), week) for _ in range(2))
    before(waiting, "decisions")
    done.step()
    moves = done.moves_table().query("week == @week and origin == 'Russia' and cause != 'partner'")
    assert len(moves) > 5
    keys = waiting.host_columns.keys
    for person, went in moves[["person", "destination"]].itertuples(index=False):
        ids = np.array([person])
        row = done.emigrants.row_of(ids)
        assert done.emigrants.luck_week[row] == week
        weights = luck_weights_of(waiting.population.people(ids))
        u = done.emigrants.luck[row]
        luck = luck_at_home(waiting.chance, ids, week, u, keys, weights)
        assert winner(waiting.russians[person], luck[0]) == went


@pytest.mark.parametrize("week", [33, 50, 60])
def test_explain_agrees_with_who_moved_on_or_returned(week: int) -> None:
    waiting, done = (stepped(EmigrationModel(scale=1000), week) for _ in range(2))
    before(waiting, "decisions")
    done.step()
    moves = done.moves_table().query("week == @week and origin != 'Russia'")
    by_partner = set(moves.loc[moves["cause"] == "partner", "person"])
    went = dict(moves[["person", "destination"]].itertuples(index=False))
    e = waiting.emigrants
    rows = e.abroad()[e.trigger[e.abroad()] > 0]
    luck = luck_abroad(waiting, waiting.world(), rows)
    decided = 0
    for person, own in zip(e.person[rows].tolist(), luck, strict=True):
        russian = waiting.russians[person]
        partner = russian.partner
        followed = person in by_partner or (partner is not None and partner.unique_id in went)
        if not followed:
            assert winner(russian, own) == went.get(person, russian.host)
            decided += person in went
    assert set(went) - by_partner <= set(e.person[rows].tolist())
    assert decided > 0


def rest_of_the_week(model: EmigrationModel) -> None:
    """What follows the decisions."""
    model.moves()
    model.observe()
    model.week += 1
    model.running = model.week < model.weeks


def test_frequencies_of_leaving() -> None:
    """As many leave as the probabilities say, over weeks of calm and of the order."""
    expected = spread = 0.0
    left = 0
    model = EmigrationModel(scale=2000, until="2022-10-20")
    while model.running:
        looked = model.week in (1, 2, 3, 30, 31, 32, 33)
        if looked:
            before(model, "decisions")
            world = model.world()
            home = np.flatnonzero(
                model.emigrants.place_of(np.arange(model.population.size)) == HOME
            )
            people = model.population.people(home)
            deciders = deciders_at_home(model, world, people)
            utility = summed(components(deciders, world), len(home))
            able = ability(deciders, world, model.chance.uniform("exit", home)).in_fact
            probability = logit_probabilities(np.where(able, utility, -np.inf))
            assert probability[0] == pytest.approx(
                explained(model.russians[home[0]])["probability"]
            )
            attends = bounds(model.population, world).attention[people.stratum]
            chance = attends * (1 - probability[:, -1])
            expected += chance.sum()
            spread += (chance * (1 - chance)).sum()
            model.decisions()
            assert model._intents is not None
            left += int((model._intents.origin == HOME).sum())
            rest_of_the_week(model)
        else:
            model.step()
    assert expected > 30
    assert abs(left - expected) < 4 * np.sqrt(spread)


def test_frequencies_abroad() -> None:
    """Of those whose attention comes round, as many stay as the probabilities say."""
    expected = spread = 0.0
    stayed = 0
    model = stepped(EmigrationModel(scale=1000, until="2023-04-30"), 36)
    e = model.emigrants
    while model.running:
        before(model, "decisions")
        rows = e.abroad()
        rows = rows[(e.trigger[rows] > 0) & (e.luck_week[rows] < 0)]
        rows = rows[e.trigger[rows] == ATTENTION]
        for person in e.person[rows].tolist():
            russian = model.russians[person]
            stays = explained(russian)["probability"][russian.host]
            expected += stays
            spread += stays * (1 - stays)
        model.decisions()
        assert model._intents is not None
        stayed += len(rows) - int(np.isin(e.person[rows], model._intents.person).sum())
        rest_of_the_week(model)
    assert spread > 10
    assert abs(stayed - expected) < 4 * np.sqrt(spread)
