"""The model as a Mesa model: agents, sets, data, batches, seeds; and nothing keeps it alive."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import mesa
import numpy as np
import pandas as pd
import pytest
from finished_runs import RUSSIA, stepped
from mesa.agent import AgentSet

from abm.errors import InputError
from abm.hosts import Host
from abm.hosts_table import HOST_NAMES
from abm.kremlin import Kremlin
from abm.model import REPORTED, EmigrationModel
from abm.russians import Russian

QUICK: dict[str, Any] = {"scale": 10_000, "until": "2022-06-30"}


@pytest.fixture(scope="module")
def model() -> EmigrationModel:
    """The spring of 2022 at its end; do not change it."""
    return stepped(EmigrationModel(**QUICK))


def test_a_mesa_model_with_its_agents(model: EmigrationModel) -> None:
    assert isinstance(model, mesa.Model)
    assert isinstance(model.kremlin, mesa.Agent)
    assert set(model.agents) == {*model.hosts, model.kremlin}
    assert set(model.agents_by_type) == {Host, Kremlin}
    assert len(model.agents_by_type[Host]) == len(HOST_NAMES)
    numbers = [agent.unique_id for agent in model.agents]
    assert len(set(numbers)) == len(numbers)
    assert all(agent.model is model for agent in model.agents)


def test_hosts_are_an_agent_set(model: EmigrationModel) -> None:
    hosts = model.hosts
    assert isinstance(hosts, AgentSet)
    assert len(hosts) == len(HOST_NAMES)
    assert [host.name for host in hosts] == list(HOST_NAMES) == hosts.get("name")
    assert hosts[0].name == HOST_NAMES[0]
    assert [host.name for host in hosts[:3]] == list(HOST_NAMES[:3])
    hostile = hosts.select(lambda host: host.hostility > 0.3)
    assert 0 < len(hostile) < len(hosts)
    assert all(host.hostility > 0.3 for host in hostile)
    assert hosts.agg("newcomers", sum) == pytest.approx(sum(host.newcomers for host in hosts))
    groups = hosts.groupby("group").count()
    assert sum(groups.values()) == len(hosts)
    seen: list[str] = []
    hosts.do(lambda host: seen.append(host.name))
    assert seen == list(HOST_NAMES)


def test_hosts_by_name(model: EmigrationModel) -> None:
    for name in HOST_NAMES:
        assert model.hosts[name].name == name
    with pytest.raises(InputError, match="'Georgia'"):
        _ = model.hosts["Gorgia"]
    with pytest.raises(AttributeError):
        _ = model.hosts[0].nothing


def test_a_host_is_a_view_of_its_row(model: EmigrationModel) -> None:
    last = model.outcomes().groupby(["host", "outcome"], observed=True)["value"].last()
    for host in model.hosts:
        assert host.hostility == last[host.name, "hostility"]
        assert host.renewal_strictness == last[host.name, "policy_strictness"]
        assert host.rent_usd / host.rent_before_usd == last[host.name, "rent_index"]


def test_only_hosts_and_the_kremlin_are_registered(model: EmigrationModel) -> None:
    before = len(model.agents)
    russians = list(model.russians[:100])
    assert all(isinstance(russian, Russian) for russian in russians)
    assert not set(russians) & set(model.agents)
    assert len(model.agents) == before


def test_the_end() -> None:
    model = EmigrationModel(scale=10_000, until="2022-03-20")
    steps = 0
    while model.running:
        model.step()
        steps += 1
    assert steps == model.weeks == 4  # the weeks that start by then
    outcomes, moves = model.outcomes(), model.moves_table()
    model.step()
    assert not model.running
    assert model.week == model.weeks
    pd.testing.assert_frame_equal(model.outcomes(), outcomes)
    pd.testing.assert_frame_equal(model.moves_table(), moves)


def test_the_data_collector_agrees_with_the_outcomes(model: EmigrationModel) -> None:
    collected = model.datacollector.get_model_vars_dataframe()
    assert list(collected) == list(REPORTED)
    assert len(collected) == model.weeks
    world = model.outcomes().query("host == 'World'")
    for name in REPORTED:
        np.testing.assert_array_equal(collected[name], world.loc[world.outcome == name, "value"])
    assert collected["stock_abroad"].iloc[-1] > 0


def test_a_collector_of_ones_own() -> None:
    collector = mesa.DataCollector({"abroad": lambda m: m.stock().sum(), "week": "week"})
    model = EmigrationModel(**QUICK)
    for _ in range(5):
        model.step()
        collector.collect(model)
    found = collector.get_model_vars_dataframe()
    assert found["week"].tolist() == [1, 2, 3, 4, 5]
    assert found["abroad"].tolist() == model.observations.series("stock_abroad").tolist()


def test_batch_run() -> None:
    parameters = {"scenario": "war-years", **QUICK, "seed": [1, 2]}
    results = mesa.batch_run(
        EmigrationModel, parameters, number_processes=1, display_progress=False
    )
    found = {each["seed"]: each for each in results}
    assert set(found) == {1, 2}
    for seed, each in found.items():
        alone = stepped(EmigrationModel(**QUICK, seed=seed))
        assert each["stock_abroad"] == alone.observations.series("stock_abroad")[-1]
        assert each["Step"] == alone.weeks - 1  # Mesa counts them from 0
    assert found[1]["stock_abroad"] != found[2]["stock_abroad"]


def batch(**named: Any) -> list[dict[str, Any]]:
    parameters = {**QUICK, **named.pop("parameters", {})}
    return list(
        mesa.batch_run(
            EmigrationModel,
            parameters,
            **{"number_processes": 1, "display_progress": False, **named},
        )
    )


def test_batch_run_on_two_processes() -> None:
    parameters = {"seed": [1, 2]}
    several = batch(parameters=parameters, number_processes=2)
    alone = batch(parameters=parameters)
    by_seed = [sorted(each, key=lambda row: row["seed"]) for each in (several, alone)]
    assert [row["stock_abroad"] for row in by_seed[0]] == [
        row["stock_abroad"] for row in by_seed[1]
    ]


def test_pitfalls_of_batch_run() -> None:
    """As docs/sweeps.md says; a change here is one of Mesa's."""
    repeated = batch(iterations=2)
    assert repeated[0]["stock_abroad"] == repeated[1]["stock_abroad"]
    apart = batch(parameters={"replicate": [0, 1]})
    assert apart[0]["stock_abroad"] != apart[1]["stock_abroad"]
    assert batch(max_steps=3)[0]["Step"] == 3  # from 0: four weeks
    assert len(batch(max_steps=3, data_collection_period=1)) == 4
    with pytest.raises(InputError, match="list of names"):
        batch(parameters={"without": ["M8"]})
    assert len(batch(parameters={"without": [["M8"]]})) == 1
    assert len(batch(parameters={"set": [{"conscience": 0.2}, {"conscience": 0.3}]})) == 2


def test_seeds() -> None:
    def moves(**settings: Any) -> pd.DataFrame:
        return stepped(EmigrationModel(**QUICK, **settings)).moves_table()

    first = moves(seed=0)
    pd.testing.assert_frame_equal(first, moves(seed=0))
    assert not first.equals(moves(seed=1))
    assert not first.equals(moves(seed=0, replicate=1))
    assert EmigrationModel(**QUICK, seed=0).scenario.seed == 0
    pd.testing.assert_frame_equal(moves(), moves(seed=1))  # as war-years says


def test_the_same_people_whatever_the_scenario() -> None:
    one = EmigrationModel(scale=10_000, seed=5)
    other = EmigrationModel(scale=10_000, seed=5, without=["M1"], set={"entry_ban": 1})
    traits = ["sex", "age_years", "occupation", "wage_usd", "dissent", "attachment_standard"]
    pd.testing.assert_frame_equal(one.russians.get(traits), other.russians.get(traits))
    ids = np.arange(one.population.size)
    np.testing.assert_array_equal(one.ties.partner(ids), other.ties.partner(ids))


def test_dropped_models_are_gone() -> None:
    gc.collect()
    models = []
    for seed in range(50):
        model = EmigrationModel(scale=10_000, seed=seed)
        model.step()
        assert len(model.russians.select(host=RUSSIA, at_most=2)) == 2
        model.russians[0].explain()
        assert len(model.hosts.select(lambda host: host.hostility > 0)) > 0
        models.append(weakref.ref(model))
    del model
    gc.collect()
    assert [ref for ref in models if ref() is not None] == []
