"""Russians as Mesa agents: views over the columns, with the methods of an AgentSet."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import mesa
import numpy as np
import pytest
from finished_runs import RUSSIA, finished
from mesa.agent import AgentSet

from abm.emigrants import ARMY, HOME
from abm.hosts_table import HOST_NAMES
from abm.model import EmigrationModel
from abm.russians import ATTRIBUTES, Russian, Russians

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
    for wrong in ({"place": "Georgia"}, {"country": "Georgia"}):
        with pytest.raises(AttributeError, match="no attribute"):
            model.russians.select(**wrong)
    with pytest.raises(AttributeError, match="did you mean 'region'"):
        model.russians[:0].select(regoin="cities")


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
    assert {sex: numbers(group) for sex, group in groups} == {
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
