"""Every lever: settable by name and by date, refused when it makes no sense.

What levers do: test_doors, test_levers_abroad, test_levers_of_hosts, test_levers_of_the_kremlin.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from finished_runs import column
from made_up_scenarios import refusal, written

from abm.calendar import START
from abm.levers import BY_NAME, HOST_LEVERS, KREMLIN_LEVERS, LEVERS, Lever
from abm.model import EmigrationModel

# A value unlike that before the war, in Georgia or in the Kremlin.
CHANGED = {
    **dict.fromkeys(HOST_LEVERS, 0.35),
    "entry_ban": 1,
    "entry_exemptions": 0,
    "visa_free_days": 20,
    "border_run": 0,
    "draft_papers_only": 1,
    "weekly_places": 9000,
    "competing_refugees": 5000,
    **dict.fromkeys(KREMLIN_LEVERS, 0.35),
    "mobilisation_quota": 50_000,
    "regime_change": 1,
}


def name_of(lever: str) -> str:
    return lever if lever in KREMLIN_LEVERS else f"{lever}.Georgia"


def value_of(model: EmigrationModel, lever: str, host: str = "Georgia") -> float:
    if lever in KREMLIN_LEVERS:
        return float(getattr(model.kremlin, lever))
    return column(model, lever, host)


def an_event(lever: str, week: int, value: float, until: int | None = None) -> dict[str, str]:
    event = {
        "date": str(START + timedelta(weeks=week)),
        "lever": f'"{lever}"',
        "value": str(value),
        "kind": '"imposed"',
        "source": '"made up"',
    }
    if until is not None:
        event["until"] = str(START + timedelta(weeks=until))
    if lever in HOST_LEVERS:
        event["host"] = '"Georgia"'
    return event


def test_every_lever_is_tried() -> None:
    assert set(CHANGED) == set(BY_NAME) == {each.name for each in LEVERS}


@pytest.mark.parametrize("lever", BY_NAME)
def test_set_from_the_first_week_on(lever: str) -> None:
    model = EmigrationModel(scale=10_000, set={name_of(lever): CHANGED[lever]})
    elsewhere = value_of(model, lever, "Armenia")
    assert value_of(model, lever) != CHANGED[lever]
    for _ in range(3):
        model.step()
        assert value_of(model, lever) == CHANGED[lever]
    if lever in HOST_LEVERS and lever != "payment_access":  # which an event changes everywhere
        assert value_of(model, lever, "Armenia") == elsewhere


@pytest.mark.parametrize("lever", BY_NAME)
def test_dated(lever: str, write: Callable[..., Any]) -> None:
    event = an_event(lever, 2, CHANGED[lever], until=4)
    model = EmigrationModel(write(written({}, event)), scale=10_000)
    usual = value_of(model, lever)
    seen = []
    for _ in range(6):
        model.step()
        seen.append(value_of(model, lever))
    assert seen == [usual, usual, CHANGED[lever], CHANGED[lever], usual, usual]


def test_a_window_that_follows_another(write: Callable[..., Any]) -> None:
    windows = [an_event("incident", 1, 0.2, 3), an_event("incident", 3, 0.4, 5)]
    model = EmigrationModel(
        write(written({}, *windows, an_event("incident", 5, 0.6))), scale=10_000
    )
    seen = []
    for _ in range(7):
        model.step()
        seen.append(value_of(model, "incident"))
    assert seen == [0.0, 0.2, 0.2, 0.4, 0.4, 0.6, 0.6]


def test_an_event_within_a_week_acts_from_the_next(write: Callable[..., Any]) -> None:
    event = an_event("incident", 1, 0.5) | {"date": str(START + timedelta(days=8))}
    model = EmigrationModel(write(written({}, event)), scale=10_000)
    seen = []
    for _ in range(3):
        model.step()
        seen.append(value_of(model, "incident"))
    assert seen == [0.0, 0.0, 0.5]


# --- what is refused ------------------------------------------------------------------------------

BY_LEVER = pytest.mark.parametrize("lever", LEVERS, ids=lambda each: each.name)


@BY_LEVER
@pytest.mark.parametrize("value", ['"much"', "true", "nan", "inf", "-9", "1e12", "[0]", "{a = 0}"])
def test_a_bad_value(lever: Lever, value: str, write: Callable[..., Any]) -> None:
    event = {**an_event(lever.name, 1, 0), "value": value}
    message = refusal(write(written({}, event)))
    assert message.startswith("mine.toml, line ")
    assert lever.name in message or "'value'" in message
    line = f"{name_of(lever.name)} = {value}"
    message = refusal(write(f"[levers]\n{line}"))
    assert message.startswith("mine.toml, line ")
    assert lever.name in message


@BY_LEVER
def test_a_lever_of_the_wrong_actor(lever: Lever, write: Callable[..., Any]) -> None:
    event = an_event(lever.name, 1, CHANGED[lever.name])
    if lever.actor == "Kremlin":
        event["host"] = '"Georgia"'
        assert "Kremlin's" in refusal("war-years", set={f"{lever.name}.Georgia": lever.high})
    else:
        del event["host"]
        assert "Rusia" in refusal("war-years", set={f"{lever.name}.Rusia": lever.high})
    message = refusal(write(written({}, event)))
    assert message.startswith("mine.toml, line ")
    assert repr(lever.name) in message
    assert "xample" in message


@BY_LEVER
def test_dated_events_that_contradict_each_other(lever: Lever, write: Callable[..., Any]) -> None:
    low, high = (an_event(lever.name, 2, value, until=6) for value in (lever.low, lever.high))
    twice = refusal(write(written({}, low, high)))
    assert "two events set" in twice
    within = refusal(write(written({}, low, an_event(lever.name, 4, lever.high))))
    assert "events overlap" in within
    held = f"[levers]\n{name_of(lever.name)} = {CHANGED[lever.name]}"
    never = refusal(write(written({}, low, more=held)))
    assert "would never act" in never
    for message in (twice, within, never):
        assert message.startswith("mine.toml")
        assert lever.name in message
