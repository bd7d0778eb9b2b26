"""What a Russian explains is what the model does."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from finished_runs import RUSSIA, before, explained, finished, stepped

from abm.ability import ability
from abm.bounds import bounds
from abm.choices import luck_abroad
from abm.deciders import deciders_at_home
from abm.decision import components
from abm.decision import total as summed
from abm.emigrants import ATTENTION, HOME
from abm.equations import logit_probabilities
from abm.errors import InputError
from abm.hosts_table import HOST_NAMES
from abm.luck import luck_at_home, luck_weights_of
from abm.model import EmigrationModel
from abm.russians import Russian, Russians
from abm.ties import NOBODY

OPTIONS = [*HOST_NAMES, RUSSIA]
RESTLESS = {"cost_of_leaving": 5.0, "cost_of_return": 1.0}  # many move, at any scale


@pytest.fixture(scope="module")
def model() -> EmigrationModel:
    """The end of 2022; do not change it."""
    return finished()


@pytest.fixture(scope="module")
def some(model: EmigrationModel) -> Russians:
    """Those who ever left and a few hundred others."""
    ids = np.concatenate([np.arange(300), model.emigrants.person[: model.emigrants.rows]])
    return Russians(model, np.unique(ids))


def test_what_explain_shows(some: Russians) -> None:
    for russian in some[::3]:
        if russian.host == "army":
            with pytest.raises(InputError, match="called up"):
                russian.explain()
            continue
        table = russian.explain()
        assert table["option"].tolist() == OPTIONS
        first = ["option", "here", "utility", "able", "probability"]
        assert list(table)[:5] == first
        assert table.loc[table["here"], "option"].tolist() == [russian.host]
        parts = table.drop(columns=first)
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
    waiting, done = (stepped(EmigrationModel(scale=1000, set=RESTLESS), week) for _ in range(2))
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
    waiting, done = (stepped(EmigrationModel(scale=1000, set=RESTLESS), week) for _ in range(2))
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


def test_luck_is_carried_from_the_departure() -> None:
    """Who has just arrived would choose the same again; the host need not fear second thoughts."""
    model = stepped(EmigrationModel(scale=1000, set=RESTLESS), 32)
    e = model.emigrants
    rows = e.abroad()
    rows = rows[(e.luck_week[rows] == 31) & (e.partner[rows] == NOBODY) & (e.savings_usd[rows] > 0)]
    assert len(rows) > 5
    ids = e.person[rows]
    weights = luck_weights_of(model.population.people(ids))
    keys = model.host_columns.keys
    luck = luck_at_home(model.chance, ids, 31, e.luck[rows], keys, weights)
    np.testing.assert_array_equal(luck_abroad(model, model.world(), rows), luck)
    model.week -= 1  # the week in which they chose
    for person, own in zip(ids.tolist(), luck, strict=True):
        assert winner(model.russians[person], own) == model.russians[person].host
    model.week += 1


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
    model = EmigrationModel(scale=2000, until="2022-10-20", set=RESTLESS)
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
            attends = bounds(model, world).attention[people.stratum]
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
    model = stepped(EmigrationModel(scale=1000, until="2023-02-28", set=RESTLESS), 36)
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
