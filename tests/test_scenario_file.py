"""Scenario files: whatever odd things they hold, one clear refusal that says where."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from made_up_scenarios import EVENT, WHOLE, Write, refusal, written

from abm.calendar import START
from abm.errors import InputError
from abm.scenario import Scenario, load, packaged_scenarios
from abm.scenario_notes import notes

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
LASTING = {  # an event of a user's own; the war years have one on 2024-01-01
    "date": "2023-01-01",
    "host": '"Germany"',
    "lever": '"humanitarian_visas_draft"',
    "value": "0.05",
    "kind": '"imposed"',
    "source": '"mine"',
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
    valid = ("xample", '"imposed" or "response"', "entry_ban from 0 to 1")
    assert any(part in message for part in valid)


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
    "no date": (
        written({}, EVENT | {"date": "01.06.2023"}),
        ["line 2", "'date = 01.06.2023' has no date. Example: date = 2023-06-01"],
    ),
    "no such day": ("until = 2023-02-30", ["line 1", "Example: until = 2023-06-01"]),
    "a date with a time": ("until = 2023-06-01T12:00:00", ["line 1", "not 2023-06-01T12:00:00."]),
    "a lever among parameters": (
        "[parameters]\nrepression = 1",
        ["line 2", "'repression' is a lever", "[levers] repression = 1"],
    ),
    "a lever of a host among parameters": (
        "[parameters]\nentry_ban.Finland = 1",
        ["line 2", "'entry_ban' is a lever", "[levers] entry_ban.Finland = 1"],
    ),
    "a parameter among levers": ("[levers]\nconscience = 1", ["line 2", "'conscience'"]),
    "a parameter of a host": ("[parameters]\nconscience.Turkey = 1", ["line 2", "'conscience'"]),
    "a lever of no host": ("[levers]\nentry_ban.Finnland = 1", ["line 2", "'Finland'"]),
    "a lever of nobody": ('[levers]\nentry_ban."" = 1', ["line 2", "host"]),
    "a Kremlin's lever of a host": ("[levers]\nrepression.Turkey = 1", ["line 2", "repression"]),
    "a table of a lever": ("[levers.entry_ban]\nFinland = 7", ["line 2", "entry_ban"]),
    "a lever twice": (
        '[levers]\nentry_ban.Turkey = 0\n"entry_ban.Turkey" = 1',
        ["entry_ban.Turkey", "twice"],
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
    "a host and its union": (
        written({}, {k: v for k, v in EVENT.items() if k != "host"} | {"hosts": '["Italy", "EU"]'}),
        ["line 9", "once"],
    ),
    "no such union": ("[levers]\nentry_ban.NATO = 1", ["line 2", "'NATO'"]),
    "a response that would never act": (
        written({"without": '["responses"]'}, EVENT | {"kind": '"response"'}),
        ["'entry_ban' of Finland", "responses", "leave out one"],
    ),
    "an event of a lever that is off": (
        written(
            {"without": '["M1"]'},
            {k: v for k, v in EVENT.items() if k != "host"} | {"lever": '"repression"'},
        ),
        ["'repression'", "M1", "needs 0"],
    ),
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


def test_an_event_within_a_window_of_the_base(write: Write) -> None:
    write(written({}, EVENT), "base.toml")
    within = {**EVENT, "date": "2022-10-20", "until": "2023-03-01"}
    message = refusal(write(written({"base": '"base.toml"'}, within)))
    assert message.startswith("mine.toml: events overlap")
    replaced = {**EVENT, "until": "2022-10-20"}
    both = load(write(written({"base": '"base.toml"'}, replaced, within)))
    assert [event.until for event in both.events] == [date(2022, 10, 20), date(2023, 3, 1)]


def test_an_overlap_says_which_event_is_the_bases_and_what_to_write(write: Write) -> None:
    own = {**LASTING, "until": "2024-06-27"}
    message = refusal(write(written({"base": '"war-years"'}, own)))
    assert "from 2024-01-01 of the base. Example: leave out until" in message
    again, after = {**LASTING, "date": "2024-01-01"}, {**LASTING, "date": "2024-06-27"}
    load(write(written({"base": '"war-years"'}, LASTING, again, after)))
    write(written({}, EVENT), "base.toml")
    within = {**EVENT, "date": "2022-10-20", "until": "2023-03-01"}
    message = refusal(write(written({"base": '"base.toml"'}, within)))
    assert "to 2022-12-01 of the base, and 'entry_ban' of Finland from 2022-10-20" in message
    assert "an event of your own from 2022-09-30 takes the place" in message


def test_an_event_that_one_of_the_base_ends_is_told(write: Write) -> None:
    [told] = notes(load(write(written({"base": '"war-years"'}, LASTING))))
    for part in ("mine", "'humanitarian_visas_draft' of Germany", "lasts until 2024-01-01", "0.01"):
        assert part in told


@pytest.mark.parametrize(
    ("more", "changes"),
    [
        ([{"date": "2024-01-01"}], {}),
        ([{"date": "2023-06-01"}, {"date": "2024-01-01"}], {}),
        ([], {"until": "2023-12-31"}),
        ([], {"set": {"humanitarian_visas_draft.Germany": 0.05}}),
    ],
    ids=["replaced", "changed and replaced", "beyond the horizon", "held"],
)
def test_an_event_that_lasts_is_not_told(
    more: list[dict[str, str]], changes: dict[str, Any], write: Write
) -> None:
    events = [LASTING, *({**LASTING, **each} for each in more)]
    assert notes(load(write(written({"base": '"war-years"'}, *events)), **changes)) == []


def test_an_event_that_a_file_between_has_ended_is_not_told(write: Write) -> None:
    write(written({"base": '"war-years"'}, LASTING), "between.toml")
    change = {**LASTING, "date": "2023-06-01", "value": "0.01"}  # as the base has it from 2024 on
    assert notes(load(write(written({"base": '"between.toml"'}, change)))) == []


def test_a_world_without_war_is_told(write: Write) -> None:
    """A forgotten base, events of hosts or none."""
    for text in ("", written({}, LASTING), "[levers]\nentry_ban.Finland = 0"):
        [told] = notes(load(write(text)))
        assert told.startswith("mine sets no lever of the Kremlin's")
        assert 'base = "war-years"' in told
    for text in ("[levers]\nrepression = 0", 'base = "no-mobilisation"'):
        assert notes(load(write(text))) == []
    assert notes(load(write(""), set={"repression": 0.5})) == []


@pytest.mark.parametrize("name", packaged_scenarios())
def test_nothing_is_to_be_told_of_packaged_scenarios(name: str) -> None:
    assert notes(load(name)) == []


def test_an_error_in_a_base_names_the_base(write: Write) -> None:
    write("[parameters]\nconscience = 9", "base.toml")
    assert refusal(write('base = "base.toml"')).startswith("base.toml, line 2: ")


def test_a_longer_loop_of_bases(write: Write) -> None:
    write('base = "mine.toml"', "base.toml")
    assert "base" in refusal(write('base = "base.toml"'))


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
        first != other and day in [start + timedelta(weeks=k) for k in range(weeks or 1)]
        for first, (start, weeks) in enumerate(windows)
        for other, (day, _) in enumerate(windows)
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
