"""Every lever in a scenario file: a bad value, the wrong actor, a contradiction."""

from __future__ import annotations

import pytest
from made_up_scenarios import EVENT, Write, refusal, written

from abm.levers import BY_NAME, HOST_LEVERS, KREMLIN_LEVERS, LEVERS, Lever
from abm.mechanisms import MECHANISMS
from abm.scenario import load


def dated(lever: str, value: float = 0.5, **changes: str) -> dict[str, str]:
    """An event of some lever, for a host where it takes one."""
    event = {**EVENT, "lever": f'"{lever}"', "value": str(value), **changes}
    return event if lever in HOST_LEVERS else {k: v for k, v in event.items() if k != "host"}


@pytest.mark.parametrize("lever", LEVERS, ids=lambda each: each.name)
def test_a_bad_value_of_any_lever(lever: Lever, write: Write) -> None:
    for value in (lever.high + 1, lever.low - 1, *([0.5] if lever.whole else [])):
        event = dated(lever.name, value)
        message = refusal(write(written({}, event)))
        assert message.startswith(f"mine.toml, line {2 + list(event).index('value')}: ")
        assert repr(lever.name) in message
        where = f"{lever.name}.Turkey" if lever.name in HOST_LEVERS else lever.name
        message = refusal(write(f"[levers]\n{where} = {value}"))
        assert message.startswith("mine.toml, line 2: ")
        assert repr(lever.name) in message


@pytest.mark.parametrize("lever", HOST_LEVERS)
def test_an_event_of_a_hosts_lever_names_hosts(lever: str, write: Write) -> None:
    event = {key: value for key, value in dated(lever).items() if key != "host"}
    message = refusal(write(written({}, event)))
    assert message.startswith(f"mine.toml, line 1: lever {lever!r} needs host")


@pytest.mark.parametrize("lever", KREMLIN_LEVERS)
def test_a_kremlins_lever_takes_no_host(lever: str, write: Write) -> None:
    for text in (
        written({}, dated(lever) | {"host": '"Turkey"'}),
        f"[levers]\n{lever}.Turkey = 0",
        f"[levers.{lever}]\nEU = 0",
    ):
        message = refusal(write(text))
        assert message.startswith("mine.toml, line ")
        assert f"lever {lever!r} is the Kremlin's" in message


HELD_BY_OFF = [(each.id, lever, held) for each in MECHANISMS for lever, held in each.held.items()]


@pytest.mark.parametrize(("mechanism", "lever", "held"), HELD_BY_OFF)
def test_an_event_of_a_lever_that_a_mechanism_off_holds(
    mechanism: str, lever: str, held: float, write: Write
) -> None:
    low, high = BY_NAME[lever].low, BY_NAME[lever].high
    event = dated(lever, high if high != held else low)
    message = refusal(write(written({"without": f'["{mechanism}"]'}, event)))
    assert repr(lever) in message
    assert f"{mechanism} is off" in message
    load(write(written({}, event)), without=[mechanism])  # who switches it off drops the event


def test_a_host_and_its_union_on_one_day(write: Write) -> None:
    union = {key: value for key, value in EVENT.items() if key != "host"} | {"hosts": '["EU"]'}
    message = refusal(write(written({}, EVENT, union | {"value": "0"})))
    assert "'entry_ban' of Finland" in message
    assert "keep one" in message
    later = union | {"date": "2022-10-20", "until": "2023-03-01"}
    message = refusal(write(written({}, EVENT, later)))
    assert "events overlap" in message
    assert "'entry_ban' of Finland" in message
