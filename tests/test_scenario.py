"""Scenarios from files and names: what they resolve to, and that nothing odd gets through."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from abm.calendar import START
from abm.errors import InputError
from abm.hosts_table import HOST_NAMES
from abm.levers import LEVERS
from abm.mechanisms import MECHANISMS
from abm.parameters import NAMES, PARAMETERS
from abm.scenario import Event, Held, Scenario, known_host, load, packaged_scenarios

WHOLE = {
    "name": '"mine"',
    "title": '"Mine"',
    "until": "2023-12-31",
    "scale": "500",
    "seed": "3",
    "without": '["M8"]',
}
EVENT = {
    "date": "2022-09-30",
    "until": "2022-12-01",
    "host": '"Finland"',
    "lever": '"entry_ban"',
    "value": "1",
    "kind": '"imposed"',
    "source": '"S041"',
    "note": '"work, study, family"',
}
HUGE = "0x" + "f" * 5000  # tomllib reads it, but Python refuses to write it in digits
ODD = {
    "text": '"x"',
    "empty text": '""',
    "truth": "true",
    "number": "-7.5",
    "nan": "nan",
    "infinity": "-inf",
    "too large a number": "1e999",
    "huge whole number": HUGE,
    "many digits": "9" * 5000,
    "date as text": '"2022-09-30"',
    "time of day": "2022-09-30T12:00:00",
    "hour": "12:00:00",
    "too early": "1999-12-31",
    "too late": "9999-12-31",
    "list": "[1]",
    "empty list": "[]",
    "list of lists": "[[[]]]",
    "table": "{a = 1}",
    "empty table": "{}",
    "nested tables": "{a = {b = {c = 1}}}",
    "list of tables": "[{a = 1}]",
    "deep list": "[" * 3000,
}
# What is odd in itself but means something under these keys.
FINE = {
    *(
        (key, kind)
        for key in ("name", "title", "source", "note")
        for kind in ("text", "date as text")
    ),
    ("without", "empty list"),
}

Write = Callable[..., Path]


def written(top: dict[str, str] = WHOLE, *events: dict[str, str], more: str = "") -> str:
    """A scenario's TOML."""
    lines = [f"{key} = {value}" for key, value in top.items()]
    for event in events:
        lines += ["[[events]]", *(f"{key} = {value}" for key, value in event.items())]
    return "\n".join([*lines, more, ""])


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a scenario file."""

    def to_file(text: str, name: str = "mine.toml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return to_file


def refusal(scenario: Any, **arguments: Any) -> str:
    """The one sentence or two that refuse a scenario."""
    with pytest.raises(InputError) as error:
        load(scenario, **arguments)
    message = str(error.value)
    assert "\n" not in message
    assert len(message) < 500
    return message


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
    settings = "[parameters]\nconscience = 0.5\n[levers]\nrepression = 0.2\npropaganda = 0\n"
    settings += 'right_to_work.Georgia = 1\n"right_to_work.United States" = 0'
    scenario = load(write(written(WHOLE, EVENT, more=settings)))
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


# --- what is odd --------------------------------------------------------------------------------


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("key", WHOLE)
def test_odd_values_of_the_scenario(key: str, odd: str, write: Write) -> None:
    path = write(written({**WHOLE, key: ODD[odd]}))
    if (key, odd) in FINE:
        load(path)
        return
    message = refusal(path)
    line = list(WHOLE).index(key) + 1
    if odd in ("many digits", "deep list"):
        assert message.startswith("mine.toml is not valid TOML: ")
    else:
        assert message.startswith(f"mine.toml, line {line}: ")
        assert repr(key) in message or f"{key} = " in message or (key, odd) == ("without", "text")
    assert "xample" in message


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("key", [*EVENT, "hosts"])
def test_odd_values_of_an_event(key: str, odd: str, write: Write) -> None:
    event = {**EVENT, key: ODD[odd]}
    if key == "hosts":
        del event["host"]
    path = write(written(WHOLE, EVENT | {"date": "2022-03-01", "until": "2022-04-01"}, event))
    if (key, odd) in FINE:
        load(path)
        return
    message = refusal(path)
    line = len(WHOLE) + 1 + len(EVENT) + 1 + list(event).index(key) + 1
    if odd in ("many digits", "deep list"):
        assert message.startswith("mine.toml is not valid TOML: ")
    else:
        assert message.startswith(f"mine.toml, line {line}: ")
    assert "xample" in message or '"imposed" or "response"' in message


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("table", ["parameters", "levers"])
def test_odd_settings(table: str, odd: str, write: Write) -> None:
    name = {"parameters": "conscience", "levers": "repression"}[table]
    message = refusal(write(f"\n[{table}]\n{name} = {ODD[odd]}"))
    assert message.startswith("mine.toml")
    assert name in message or "is not valid TOML" in message
    message = refusal(write(f"{table} = {ODD[odd]}" if odd != "empty table" else "x = {}"))
    assert message.startswith("mine.toml")


@pytest.mark.parametrize("odd", ODD)
def test_odd_events(odd: str, write: Write) -> None:
    path = write(f"events = {ODD[odd]}")
    if odd == "empty list":
        assert load(path).events == ()
        return
    message = refusal(path)
    assert message.startswith("mine.toml")
    assert "event" in message or "is not valid TOML" in message


REFUSED = {
    "unknown key": ("\nhorizn = 5", ["line 2", "'horizn'"]),
    "key of another level": ("lever = 'entry_ban'", ["line 1", "'lever'"]),
    "no such parameter": ("[parameters]\n\nconsience = 1", ["line 3", "'conscience'"]),
    "parameter out of range": ("[parameters]\nconscience = 9", ["line 2", "0 to 1"]),
    "a lever among parameters": ("[parameters]\nrepression = 1", ["line 2", "'repression'"]),
    "a parameter among levers": ("[levers]\nconscience = 1", ["line 2", "'conscience'"]),
    "a parameter of a host": ("[parameters]\nconscience.Turkey = 1", ["line 2", "'conscience'"]),
    "a lever of no host": ("[levers]\nentry_ban.Finnland = 1", ["line 2", "'Finland'"]),
    "a lever of nobody": ('[levers]\nentry_ban."" = 1', ["line 2", "host"]),
    "a Kremlin's lever of a host": ("[levers]\nrepression.Turkey = 1", ["line 2", "repression"]),
    "a table of a lever": ("[levers.entry_ban]\nFinland = 7", ["line 2", "entry_ban"]),
    "a lever twice": (
        '[levers]\nentry_ban.Turkey = 0\n"entry_ban.Turkey" = 1',
        ["line 3", "entry_ban.Turkey", "twice"],
    ),
    "a number that is not whole": ("[levers]\nentry_ban.Turkey = 0.5", ["line 2", "whole"]),
    "no such base": ('base = "peace"', ["'peace'", "war-years"]),
    "its own base": ('base = "mine.toml"', ["mine.toml", "base"]),
    "set and off": ('without = ["M8"]\n[parameters]\ndiscrimination_weight = 1', ["M8", "needs 0"]),
    "held and off": ('without = ["M1"]\n[levers]\nrepression = 1', ["M1", "'repression'"]),
    "held and dated": (
        written({}, EVENT, more="[levers]\nentry_ban = 0"),
        ["[levers]", "entry_ban"],
    ),
    "late event": (
        written({"until": "2022-09-01"}, EVENT | {"until": "2022-12-01"}),
        ["2022-09-30"],
    ),
    "both host and hosts": (written({}, EVENT | {"hosts": '["Latvia"]'}), ["line 1", "host"]),
    "host twice": (
        written(
            {}, {k: v for k, v in EVENT.items() if k != "host"} | {"hosts": '["Italy", "Italy"]'}
        ),
        ["line 9", "once"],
    ),
    "host of a Kremlin's lever": (written({}, EVENT | {"lever": '"exit_ban"'}), ["exit_ban"]),
    "an event that ends before it acts": (
        written({}, EVENT | {"date": "2022-09-30", "until": "2022-10-05"}),
        ["line 3", "2022-10-05", "Thursday"],
    ),
    "until on the day": (written({}, EVENT | {"until": "2022-09-30"}), ["line 3", "2022-09-30"]),
    "an event twice": (written({}, EVENT, EVENT), ["'entry_ban'", "Finland", "2022-09-30"]),
    "two values": (written({}, EVENT, EVENT | {"value": "0"}), ["'entry_ban'", "keep one"]),
    "half an event": (written({}, EVENT, {"date": "2022-09-30"}), ["line 10", "'lever'"]),
    "inline events": ("events = [{date = 2022-09-30}]", ["line 1", "'lever'"]),
    "events as a table": ("[events]\ndate = 2022-09-30", ["line 1", "[[events]]"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_files(case: str, write: Write) -> None:
    text, expected = REFUSED[case]
    message = refusal(write(text))
    assert message.startswith("mine.toml") or case == "no such base"
    assert all(part in message for part in expected), message


def test_an_error_in_a_base_names_the_base(write: Write) -> None:
    write("[parameters]\nconscience = 9", "base.toml")
    assert refusal(write('base = "base.toml"')).startswith("base.toml, line 2: ")


def test_a_longer_loop_of_bases(write: Write) -> None:
    write('base = "mine.toml"', "base.toml")
    assert "base" in refusal(write('base = "base.toml"'))


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
        assert getattr(load(set={parameter.name: value}).parameters, parameter.name) == value
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


# --- whatever comes -------------------------------------------------------------------------------

DAYS = st.integers(0, 60).map(lambda days: START + timedelta(days=7 * days))
WINDOWS = st.tuples(DAYS, st.none() | st.integers(1, 8))


@given(windows=st.lists(WINDOWS, min_size=2, max_size=4))
@example(windows=[(START, 2), (START + timedelta(days=14), 2)])
@example(windows=[(START, 2), (START + timedelta(days=7), None)])
def test_overlapping_windows(tmp_path_factory: Any, windows: list[tuple[date, int | None]]) -> None:
    """Refused exactly when one begins on a day when another has begun and has yet to end."""
    events = []
    for day, weeks in windows:
        event = {key: value for key, value in EVENT.items() if key != "until"}
        event["date"] = str(day)
        if weeks is not None:
            event["until"] = str(day + timedelta(weeks=weeks))
        events.append(event)
    path = tmp_path_factory.mktemp("windows") / "mine.toml"
    path.write_text(written({}, *events), "utf-8")
    overlaps = any(
        first is not other and day in [start + timedelta(weeks=k) for k in range(weeks or 1)]
        for first in range(len(windows))
        for other, (day, _) in enumerate(windows)
        for start, weeks in [windows[first]]
        if first != other
    )
    if overlaps:
        assert "'entry_ban' of Finland" in refusal(path)
    else:
        assert len(load(path).events) == len(windows)


@given(cut=st.integers(0, 10**6), put=st.text(max_size=3), length=st.integers(0, 40))
def test_a_damaged_file_never_breaks(
    tmp_path_factory: Any, cut: int, put: str, length: int
) -> None:
    text = written(WHOLE, EVENT, more="[levers]\nrepression = 0.5\nincident.Turkey = 1")
    cut %= len(text)
    path = tmp_path_factory.mktemp("damaged") / "mine.toml"
    path.write_text(text[:cut] + put + text[cut + length :], "utf-8")
    try:
        scenario = load(path)
    except InputError as error:
        assert str(error)
    else:
        assert isinstance(scenario, Scenario)


@given(content=st.binary(max_size=60))
def test_any_bytes_never_break(tmp_path_factory: Any, content: bytes) -> None:
    path = tmp_path_factory.mktemp("bytes") / "mine.toml"
    path.write_bytes(content)
    try:
        load(path)
    except InputError as error:
        assert "mine.toml" in str(error)
