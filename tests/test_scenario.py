"""Scenarios by name and with what a user changes: what they resolve to, what is refused."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from datetime import date, datetime
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_scenarios import EVENT, WHOLE, Write, refusal, written

from abm.calendar import START
from abm.errors import InputError
from abm.hosts_table import HOST_NAMES, unions
from abm.levers import LEVERS
from abm.mechanisms import MECHANISMS
from abm.parameters import NAMES, PARAMETERS
from abm.scenario import Event, Held, known_host, load, packaged_scenarios

# --- what is right ----------------------------------------------------------------------------


def test_the_packaged_baseline() -> None:
    assert "war-years" in packaged_scenarios()
    scenario = load()
    assert (scenario.name, scenario.until) == ("war-years", date(2024, 12, 31))
    assert all(START <= event.date <= scenario.until for event in scenario.events)
    assert all(event.source for event in scenario.events)
    assert {event.kind for event in scenario.events} == {"imposed", "response"}
    assert json.loads(json.dumps(scenario.as_dict()))["events"][0]["date"] == "2022-02-24"
    with pytest.raises(FrozenInstanceError):
        scenario.scale = 1  # type: ignore[misc]


def test_a_file_says_all(write: Write) -> None:
    more = "[parameters]\nconscience = 0.5\n[levers]\nrepression = 0.2\npropaganda = 0\n"
    more += 'right_to_work.Georgia = 1\n"right_to_work.United States" = 0'
    scenario = load(write(written(WHOLE, EVENT, more=more)))
    assert (scenario.name, scenario.title, scenario.scale, scenario.seed) == (
        "mine",
        "Mine",
        500,
        3,
    )
    assert scenario.until == date(2023, 12, 31)
    assert scenario.parameters.conscience == 0.5
    assert scenario.parameters.discrimination_weight == 0  # M8 is off
    assert scenario.without == ("M8",)
    assert scenario.held == (
        Held("repression", None, 0.2),
        Held("propaganda", None, 0.0),
        Held("right_to_work", "Georgia", 1.0),
        Held("right_to_work", "United States", 0.0),
    )
    day, until = date(2022, 9, 30), date(2022, 12, 1)
    note = "work, study, family"
    assert scenario.events == (
        Event(day, "entry_ban", 1.0, "Finland", until, "imposed", "S041", note),
    )


def test_a_file_may_say_nothing(write: Write) -> None:
    scenario = load(write("", "quiet.toml"))
    assert (scenario.name, scenario.events, scenario.held) == ("quiet", (), ())


def test_a_title_is_not_that_of_the_base(write: Write) -> None:
    scenario = load(write('base = "war-years"', "quiet.toml"))
    assert (scenario.title, scenario.full_name) == ("", "quiet")
    assert load().full_name == "war-years, The war years, 2022 to 2024, as they were"


def test_an_event_for_several_hosts(write: Write) -> None:
    event = {**EVENT, "hosts": '["Estonia", "Latvia"]'}
    del event["host"]
    hosts = [event.host for event in load(write(written(WHOLE, event))).events]
    assert hosts == ["Estonia", "Latvia"]


def test_a_base_is_changed_event_by_event(write: Write) -> None:
    base = load()
    own = {**EVENT, "value": "0", "until": "2023-03-01"}
    scenario = load(write(written({"base": '"war-years"', "scale": "500"}, own)))
    before = {(e.lever, e.host, e.date): e for e in base.events}
    after = {(e.lever, e.host, e.date): e for e in scenario.events}
    changed = {key for key in before | after if before.get(key) != after.get(key)}
    assert changed == {("entry_ban", "Finland", date(2022, 9, 30))}
    assert after[changed.pop()].value == 0
    assert (scenario.scale, scenario.until) == (500, base.until)
    assert scenario.name == "mine"


def test_a_base_lies_beside_its_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write(written({"seed": "9"}), "studies/base.toml")
    write(written({"base": '"base.toml"'}), "studies/middle.toml")
    top = write(written({"base": '"studies/middle.toml"', "scale": "700"}))
    monkeypatch.chdir("/")
    scenario = load(top)
    assert (scenario.seed, scenario.scale) == (9, 700)


def test_levers_of_a_file_replace_events_of_its_base(write: Write) -> None:
    scenario = load(write('base = "war-years"\n[levers]\nentry_ban.Finland = 0'))
    base = load()
    dropped = set(base.events) - set(scenario.events)
    assert dropped == {e for e in base.events if (e.lever, e.host) == ("entry_ban", "Finland")}
    assert dropped


@settings(max_examples=20)
@given(until=st.dates(START, date(2026, 12, 31)))
def test_an_earlier_end_drops_later_events(until: date) -> None:
    whole, scenario = load(), load(until=until)
    assert scenario.until == until
    assert scenario.events == tuple(e for e in whole.events if e.date <= until)
    assert load(until=until.isoformat()) == scenario
    assert load(until=datetime.combine(until, datetime.min.time())) == scenario
    assert load(whole, until=until) == scenario


def test_what_the_user_sets() -> None:
    scenario = load(
        scale=300,
        seed=0,
        replicate=4,
        set={"entry_ban.Finland": 0, "entry_ban": 1, "conscience": 0.7, "repression": 0.1},
        without=["M8", "M8"],
    )
    assert (scenario.scale, scenario.seed, scenario.replicate) == (300, 0, 4)
    assert scenario.parameters.conscience == 0.7
    assert scenario.without == ("M8",)
    # One host's value comes after that of all, in whatever order they are given.
    assert scenario.held[-1] == Held("entry_ban", "Finland", 0.0)
    assert Held("entry_ban", None, 1.0) in scenario.held
    assert not {event.lever for event in scenario.events} & {"entry_ban", "repression"}


def test_a_later_setting_replaces_an_earlier_one() -> None:
    first = load(set={"entry_ban.Finland": 1, "repression": 0.3, "incident.Turkey": 1})
    again = load(first, set={"entry_ban": 0, "repression": 0.6})
    assert set(again.held) == {
        Held("incident", "Turkey", 1.0),
        Held("entry_ban", None, 0.0),
        Held("repression", None, 0.6),
    }


def test_numbers_of_numpy_are_numbers() -> None:
    scenario = load(
        scale=np.int64(200),  # type: ignore[arg-type]
        seed=np.int32(7),  # type: ignore[arg-type]
        set={"conscience": np.float32(0.5), "visa_free_days.Turkey": np.int64(30)},  # type: ignore[dict-item]
    )
    assert json.loads(json.dumps(scenario.as_dict()))["scale"] == 200
    assert scenario.held == (Held("visa_free_days", "Turkey", 30.0),)


@pytest.mark.parametrize("mechanism", [each.id for each in MECHANISMS])
def test_every_mechanism_can_be_off(mechanism: str) -> None:
    scenario = load(without=[mechanism])
    off = {each.id: each for each in MECHANISMS}[mechanism]
    assert {n: getattr(scenario.parameters, n) for n in off.off} == off.off
    assert {(h.lever, h.value) for h in scenario.held} == set(off.held.items())
    others = set(NAMES) - set(off.off)
    assert all(getattr(scenario.parameters, n) == getattr(load().parameters, n) for n in others)


# --- what answered an inflow ---


def test_without_responses_only_what_was_imposed_is_left() -> None:
    base, scenario = load(), load(without=["responses"])
    assert scenario.events == tuple(event for event in base.events if event.kind == "imposed")
    assert len(scenario.events) < len(base.events)
    assert (scenario.held, scenario.parameters) == (base.held, base.parameters)
    assert load(base, without=["responses"]) == scenario


def test_a_file_drops_the_responses_of_its_base(write: Write) -> None:
    own = {**EVENT, "date": "2022-11-24", "until": "2022-12-15"}
    path = write(written({"base": '"war-years"', "without": '["responses"]'}, own))
    scenario = load(path)
    imposed = [event for event in load().events if event.kind == "imposed"]
    assert list(scenario.events[:-1]) == imposed
    assert scenario.events[-1].date == date(2022, 11, 24)
    assert scenario.without == ("responses",)


def test_a_user_drops_the_responses_of_a_file(write: Write) -> None:
    path = write(written({}, EVENT, {**EVENT, "host": '"Italy"', "kind": '"response"'}))
    assert [event.host for event in load(path).events] == ["Finland", "Italy"]
    assert [event.host for event in load(path, without=["responses"]).events] == ["Finland"]


# --- unions of hosts ---


def test_a_union_stands_for_its_members(write: Write) -> None:
    event = {**EVENT, "hosts": '["EU", "Turkey"]'}
    del event["host"]
    listed = [each.host for each in load(write(written({}, event))).events]
    assert listed == [*unions()["EU"], "Turkey"]
    one = [each.host for each in load(write(written({}, EVENT | {"host": '"EAEU"'}))).events]
    assert one == list(unions()["EAEU"])
    assert set(listed) <= set(HOST_NAMES)


def test_a_host_differs_from_its_union_and_that_from_all() -> None:
    chosen = {"entry_ban.Finland": 0, "entry_ban.EU": 1, "entry_ban": 0}
    for names in permutations(chosen):
        held = load(set={name: chosen[name] for name in names}).held
        assert held[0] == Held("entry_ban", None, 0.0)
        of = {each.host: each.value for each in held[1:]}
        assert of == {**dict.fromkeys(unions()["EU"], 1.0), "Finland": 0.0}


# --- what is refused ---

BAD_ARGUMENTS: dict[str, tuple[dict[str, Any], str]] = {
    "number as scenario": ({"scenario": 5}, "war-years"),
    "no text": ({"scenario": "mine\0.toml"}, "mine"),
    "scale": ({"scale": "100"}, "'scale'"),
    "no scale": ({"scale": True}, "'scale'"),
    "scale too large": ({"scale": 10_001}, "'scale'"),
    "seed": ({"seed": -1}, "'seed'"),
    "replicate": ({"replicate": 1.5}, "'replicate'"),
    "until": ({"until": 2024}, "'until'"),
    "until in words": ({"until": "2023-02-30"}, "'until'"),
    "week of a year": ({"until": "2023-W01-1"}, "'until'"),
    "until at noon": ({"until": datetime(2024, 1, 1, 12)}, "'until'"),
    "settings": ({"set": 5}, "'set'"),
    "settings in a list": ({"set": ["conscience"]}, "'set'"),
    "a name that is a number": ({"set": {5: 5}}, "parameter or lever"),
    "nan": ({"set": {"conscience": float("nan")}}, "'conscience'"),
    "infinite": ({"set": {"visa_free_days.Turkey": float("inf")}}, "'visa_free_days.Turkey'"),
    "huge": ({"set": {"mobilisation_quota": 10**5000}}, "'mobilisation_quota'"),
    "truth": ({"set": {"entry_ban.Turkey": True}}, "'entry_ban.Turkey'"),
    "one mechanism as text": ({"without": "M8"}, "'without'"),
    "a number as mechanism": ({"without": [5]}, "'without'"),
    "a number as mechanisms": ({"without": 5}, "'without'"),
    "set and off": ({"without": ["M8"], "set": {"discrimination_weight": 1}}, "M8"),
    "held and off": ({"without": ["M1"], "set": {"repression": 0.5}}, "M1"),
}


@pytest.mark.parametrize("case", BAD_ARGUMENTS)
def test_bad_arguments(case: str) -> None:
    arguments, expected = BAD_ARGUMENTS[case]
    arguments = {"scenario": "war-years", **arguments}
    assert expected in refusal(**arguments)


def test_a_mechanism_off_and_its_null_agree() -> None:
    assert load(without=["M8"], set={"discrimination_weight": 0}) == load(without=["M8"])


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda each: each.name)
def test_every_parameter_has_a_range(parameter: Any) -> None:
    for value in (parameter.low, parameter.value, parameter.high):
        scenario = load(set={parameter.name: value}, looking_ahead=True)
        assert getattr(scenario.parameters, parameter.name) == value
    beyond = (parameter.high * 1.01 + 0.01, parameter.low - 0.01 - abs(parameter.low))
    for value in beyond:
        assert parameter.name in refusal("war-years", set={parameter.name: value})


@pytest.mark.parametrize("lever", LEVERS, ids=lambda each: each.name)
def test_every_lever_has_a_range(lever: Any) -> None:
    name = lever.name if lever.actor == "Kremlin" else f"{lever.name}.Turkey"
    for value in (lever.low, lever.high):
        assert load(set={name: value}).held[-1].value == value
    for value in (lever.low - 0.1, lever.high + 0.1, *([0.5] if lever.whole else [])):
        assert lever.name in refusal("war-years", set={name: value})


def test_known_hosts() -> None:
    assert [known_host(name) for name in HOST_NAMES] == list(HOST_NAMES)
    for name in ("Russia", "World", "georgia", 5, None, ["Georgia"]):
        with pytest.raises(InputError):
            known_host(name)


def test_a_discount_that_nobody_uses_is_refused() -> None:
    assert "--looking-ahead" in refusal("war-years", set={"discount_per_year": 0.5})
