"""A mechanism from outside the package: its effect, exact screening, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from finished_runs import RUSSIA, at_home, explained, stepped

import abm
from abm.decision import Deciders, World
from abm.hosts_table import HOST_NAMES
from abm.levers import HOST_LEVERS
from abm.model import EmigrationModel

QUICK: dict[str, Any] = {"scale": 3000, "until": "2022-06-30"}
FRIENDLY = abm.OwnMechanism(
    id="X1",
    what="friendly publics draw people",
    parameter="welcome_weight",
    value=1.0,
    unit="util at no hostility",
    low=0,
    high=2,
    source="assumption",
    worth=lambda deciders, world, weight: (weight * (1 - world.hosts.hostility), 0.0),
    at_most=lambda world, weight: weight * (1 - world.hosts.hostility),
)


def age_counts(deciders: Deciders, world: World, weight: float) -> Any:
    """A component by person: the young gain in every host, the old at home."""
    youth = (44.5 - deciders.people.age_years) / 20
    return weight * np.maximum(youth, 0)[:, None], weight * np.maximum(-youth, 0)


YOUTH = replace(
    FRIENDLY,
    id="X2",
    parameter="youth_weight",
    worth=age_counts,
    at_most=lambda world, weight: weight * 24.5 / 20,
)


def crowded(model: EmigrationModel, share: float) -> None:
    """Hosts refuse permits once newcomers are a share of their cities."""
    hosts = model.host_columns
    for row in np.flatnonzero(model.stock() > share * hosts.settlement_population):
        model.set_lever("renewal_strictness", hosts.names[row], 0.9)


CROWDING = abm.OwnMechanism(
    id="X3",
    what="crowded hosts tighten",
    parameter="crowding_share",
    value=0.003,
    unit="share",
    low=0,
    high=0.1,
    source="assumption",
    weekly=crowded,
)


def run(*mechanisms: abm.OwnMechanism, **changes: Any) -> EmigrationModel:
    return stepped(EmigrationModel(mechanisms=mechanisms, **{**QUICK, **changes}))


# --- what it does ----------------------------------------------------------------------------


def test_what_draws_people_draws_them_and_more_with_more_weight() -> None:
    usual, some, more = run(), run(FRIENDLY), run(FRIENDLY, set={"welcome_weight": 2.0})
    left = [model.observations.series("departures").sum() for model in (usual, some, more)]
    assert left[0] < left[1] < left[2]


@pytest.mark.parametrize("mechanism", [FRIENDLY, YOUTH, CROWDING])
def test_off_is_as_if_it_were_not_there(mechanism: abm.OwnMechanism) -> None:
    usual, on = run(), run(mechanism)
    assert not on.moves_table().equals(usual.moves_table())
    for off in ({"without": [mechanism.id]}, {"set": {mechanism.parameter: 0}}):
        model = run(mechanism, **off)
        pd.testing.assert_frame_equal(model.moves_table(), usual.moves_table())
        pd.testing.assert_frame_equal(model.outcomes(), usual.outcomes())


@pytest.mark.parametrize("ahead", [False, True])
@pytest.mark.parametrize("mechanisms", [(YOUTH,), (FRIENDLY, YOUTH, CROWDING)])
def test_screening_stays_exact(mechanisms: tuple[abm.OwnMechanism, ...], ahead: bool) -> None:
    ways = [run(*mechanisms, screened=yes, looking_ahead=ahead) for yes in (True, False)]
    screened, everybody = ways
    pd.testing.assert_frame_equal(screened.moves_table(), everybody.moves_table())
    pd.testing.assert_frame_equal(screened.outcomes(), everybody.outcomes())


def test_a_response_sets_levers_the_same_week() -> None:
    usual, model = run(), run(CROWDING)
    strict = model.host_columns.renewal_strictness == 0.9
    share = model.host_columns.newcomers / model.host_columns.settlement_population
    assert np.all(strict[share > CROWDING.value])
    assert 0 < strict.sum() < len(HOST_NAMES)
    higher = model.host_columns.refusal > usual.host_columns.refusal
    assert np.array_equal(higher, strict)


def test_explain_shows_it_by_its_id() -> None:
    model = run(FRIENDLY, YOUTH)
    table = explained(at_home(model))
    np.testing.assert_allclose(table.loc[list(HOST_NAMES), "X1"], 1 - model.host_columns.hostility)
    assert table.loc[RUSSIA, "X1"] == 0
    assert (table.loc[list(HOST_NAMES), "X2"] >= 0).all()
    parts = table.drop(columns=["here", "utility", "able", "probability"])
    np.testing.assert_allclose(parts.sum(axis=1), table["utility"])
    assert "X1" not in explained(at_home(run(FRIENDLY, without=["X1"])))


def test_a_run_records_it(tmp_path: Path) -> None:
    quick = {"scale": 10_000, "until": "2022-03-31", "mechanisms": [FRIENDLY, CROWDING]}
    runs = abm.replicate("war-years", 2, **quick, set={"welcome_weight": 0.5}, without=["X3"])
    scenario = json.loads((runs.save(tmp_path / "mine") / "run.json").read_text())["scenario"]
    assert scenario["without"] == ["X3"]
    first, second = scenario["mechanisms"]
    assert (first["id"], first["parameter"], first["value"]) == ("X1", "welcome_weight", 0.5)
    assert (second["what"], second["value"]) == ("crowded hosts tighten", 0.0)
    assert "welcome_weight" not in scenario["parameters"]
    hash(runs.scenario)
    plain = abm.run(scale=10_000, until="2022-03-31").scenario
    assert plain.mechanisms == ()
    assert plain.as_dict()["mechanisms"] == []


def test_a_scenario_that_holds_it_can_be_changed_further() -> None:
    held = run(FRIENDLY).scenario
    model = EmigrationModel(held, set={"welcome_weight": 0.25}, mechanisms=[CROWDING])
    assert [(each.id, each.value) for each in model.scenario.mechanisms] == [
        ("X1", 0.25),
        ("X3", CROWDING.value),
    ]


# --- what is refused -------------------------------------------------------------------------


def refusal(make: Callable[[], object]) -> str:
    with pytest.raises(abm.InputError) as error:
        make()
    message = str(error.value)
    assert "\n" not in message
    assert len(message) < 500
    return message


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"id": "M8"}, "'M8'"),
        ({"id": "consumption"}, "'consumption'"),
        ({"id": 1}, "not 1"),
        ({"what": " "}, "'what'"),
        ({"parameter": "conscience"}, "parameter or lever of the package"),
        ({"parameter": "entry_ban"}, "parameter or lever of the package"),
        ({"parameter": "entry_ban.Turkey"}, "is no name"),
        ({"parameter": 3}, "is no name"),
        ({"unit": ""}, "'unit'"),
        ({"source": None}, "'source'"),
        ({"value": 3}, "out of its range"),
        ({"value": np.nan}, "'value' must be a number"),
        ({"value": "1"}, "'value' must be a number"),
        ({"low": 2}, "is not below"),
        ({"high": np.inf}, "'high' must be a number"),
        ({"worth": None, "at_most": None}, "no function"),
        ({"at_most": None}, "go together"),
        ({"at_most": 1.0}, "'at_most' is no function"),
        ({"worth": None, "weekly": crowded}, "go together"),
    ],
)
def test_a_bad_declaration_is_refused(changes: dict[str, Any], what: str) -> None:
    message = refusal(lambda: replace(FRIENDLY, **changes))
    assert what in message
    assert "xample" in message


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"mechanisms": [FRIENDLY, FRIENDLY]}, "two mechanisms have the id 'X1'"),
        ({"mechanisms": [FRIENDLY, replace(FRIENDLY, id="X9")]}, "the parameter 'welcome_weight'"),
        ({"mechanisms": 3}, "must be a list of abm.OwnMechanism"),
        ({"mechanisms": [crowded]}, "must be a list of abm.OwnMechanism"),
        ({"set": {"welcome_weight": 3}}, "out of its range"),
        ({"set": {"welcome_weight": "much"}}, "must be a number"),
        ({"set": {"welcom_weight": 1}}, "Did you mean 'welcome_weight'"),
        ({"set": {"welcome_weight": 1}, "without": ["X1"]}, "X1 is off"),
        ({"without": ["X2"]}, "'X2'"),
        ({"without": "X1"}, "must be a list"),
    ],
)
def test_a_bad_choice_is_refused_before_anything_runs(changes: dict[str, Any], what: str) -> None:
    settings = {"mechanisms": [FRIENDLY], **QUICK, **changes}
    assert what in refusal(lambda: EmigrationModel(**settings))


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"worth": lambda d, world, value: value}, "not the hosts' and Russia's"),
        ({"worth": lambda d, world, value: (d.people.dissent, 0.0)}, "worth in the hosts must be"),
        ({"worth": lambda d, world, value: (0.0, world.hosts.hostility)}, "worth in Russia must"),
        ({"worth": lambda d, world, value: ("much", 0.0)}, "worth in the hosts must be"),
        ({"worth": lambda d, world, value: (np.nan, 0.0)}, "must be finite"),
        ({"worth": lambda d, world, value: (0.0, np.inf)}, "must be finite"),
        ({"at_most": lambda world, value: np.zeros(3)}, "at_most must be"),
        ({"at_most": lambda world, value: 0.1}, "more than at_most says in week 0"),
        ({"worth": lambda d, world, value: (0.0, -2.0)}, "over Russia by 2 util, more than"),
    ],
)
def test_a_function_that_breaks_its_word_is_named(changes: dict[str, Any], what: str) -> None:
    message = refusal(lambda: run(replace(FRIENDLY, **changes)))
    assert message.startswith("mechanism X1: ")
    assert what in message
    assert "xample" in message


@pytest.mark.parametrize("lever", ["skill_visas", "elite_posts"])
def test_levers_act_alike_set_by_name_or_written_as_a_column(lever: str) -> None:
    def named(model: EmigrationModel, share: float) -> None:
        model.set_lever(lever, None, 1.0)

    def column(model: EmigrationModel, share: float) -> None:
        setattr(model.host_columns, lever, np.ones(len(model.host_columns)))

    one, other = (run(replace(CROWDING, weekly=weekly)) for weekly in (named, column))
    pd.testing.assert_frame_equal(one.outcomes(), other.outcomes())


@pytest.mark.parametrize(
    ("lever", "value"), [("right_to_work", 1.5), ("entry_ban", np.nan), ("repression", -0.1)]
)
def test_a_response_that_leaves_a_levers_range_is_named(lever: str, value: float) -> None:
    def beyond(model: EmigrationModel, share: float) -> None:
        if model.week == 2:
            model.set_lever(lever, None, value)

    message = refusal(lambda: run(replace(CROWDING, weekly=beyond)))
    assert message.startswith("mechanism X3, week 2: ")
    assert repr(lever) in message

    def written(model: EmigrationModel, share: float) -> None:
        actor = model.host_columns if lever in HOST_LEVERS else model.kremlin
        if model.week == 2:
            setattr(actor, lever, np.full(len(HOST_NAMES), value))

    message = refusal(lambda: run(replace(CROWDING, weekly=written)))
    assert message.startswith(f"mechanism X3: in week 2 it leaves the lever {lever!r}")
