"""Single values from a user: a check takes a key and a value, and gives the value or InputError."""

from __future__ import annotations

import reprlib
from datetime import date, datetime, time
from functools import partial
from numbers import Integral, Real
from typing import Any

from abm.calendar import LATEST, START
from abm.errors import InputError, unknown
from abm.hosts_table import HOST_NAMES, unions
from abm.levers import BY_NAME
from abm.mechanisms import mechanism
from abm.parameters import NAMES, Parameters, parameters_from

MOST_PEOPLE_AN_AGENT = 10_000
MOST = 1e15  # no number in a scenario is larger; near it whole numbers lose their last digits


def shown(value: object) -> str:
    """A value as an error shows it, never long."""
    if isinstance(value, (date, time)):
        return value.isoformat()
    try:
        return reprlib.repr(value)
    except ValueError:  # more digits than Python writes
        return "so huge a number"


def number(key: str, value: object, example: str) -> float:
    """A finite number."""
    real = isinstance(value, Real) and not isinstance(value, bool)
    if not (real and -MOST <= value <= MOST):  # type: ignore[operator]
        raise InputError(f"{key!r} must be a number, not {shown(value)}. Example: {example}")
    return float(value)  # type: ignore[arg-type]


def whole(key: str, value: object, low: int, high: int, example: int) -> int:
    """A whole number in a range."""
    integral = isinstance(value, Integral) and not isinstance(value, bool)
    if not (integral and low <= value <= high):  # type: ignore[operator]
        raise InputError(
            f"{key!r} must be a whole number from {low} to {high}, not {shown(value)}. "
            f"Example: {key} = {example}"
        )
    return int(value)  # type: ignore[call-overload]


scale = partial(whole, low=1, high=MOST_PEOPLE_AN_AGENT, example=100)
seed = partial(whole, low=0, high=2**63 - 1, example=1)
replicate = partial(whole, low=0, high=2**31 - 1, example=0)


def flag(key: str, value: object) -> bool:
    """Yes or no."""
    if not isinstance(value, bool):
        raise InputError(
            f"{key!r} must be true or false, not {shown(value)}. Example: {key} = true"
        )
    return value


def day(key: str, value: object) -> date:
    """A day from the invasion to the last that the calendar knows, without time of day."""
    if not isinstance(value, date) or isinstance(value, datetime):
        example = f"{key} = 2024-12-31, without quotes or time of day"
        raise InputError(f"{key!r} must be a date, not {shown(value)}. Example: {example}")
    if not START <= value <= LATEST:
        raise InputError(f"{key!r} is {value}, outside {START} to {LATEST}. Example: 2024-12-31")
    return value


def text(key: str, value: object, example: str) -> str:
    """Text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise InputError(f'{key!r} must be text, not {shown(value)}. Example: {key} = "{example}"')
    return value


def _texts(key: str, value: object, example: str) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise InputError(
            f"{key!r} must be a list of names, not {shown(value)}. Example: {key} = {example}"
        )
    return tuple(value)


def mechanisms(key: str, value: object) -> tuple[str, ...]:
    """Ids of mechanisms, each kept once."""
    return tuple(dict.fromkeys(mechanism(id).id for id in _texts(key, value, '["M8"]')))


def known_host(name: object) -> str:
    """A host's name if there is such a host, else InputError."""
    if name not in HOST_NAMES:
        raise unknown("host", name, HOST_NAMES, "Georgia (abm list hosts)")
    return str(name)


def members(name: str) -> tuple[str, ...]:
    """A host, or those of a union of states, by name."""
    if name in unions():
        return unions()[name]
    if name not in HOST_NAMES:
        example = f"Georgia, or a union: {', '.join(unions())} (abm list hosts)"
        raise unknown("host", name, (*HOST_NAMES, *unions()), example)
    return (name,)


def host(key: str, value: object) -> tuple[str, ...]:
    """One host, or those of one union."""
    return members(text(key, value, "Finland"))


def hosts(key: str, value: object) -> tuple[str, ...]:
    """Hosts by names of their own or of unions, at least one, none twice."""
    example = '["Estonia", "Latvia"]'
    names = tuple(host for name in _texts(key, value, example) for host in members(name))
    if not names or len(set(names)) < len(names):
        raise InputError(f"{key!r} must name each of its hosts once. Example: {key} = {example}")
    return names


def lever(key: str, value: object) -> str:
    """A lever's name."""
    name = text(key, value, "entry_ban")
    if name not in BY_NAME:
        raise unknown("lever", name, BY_NAME, f'{key} = "entry_ban"')
    return name


def kind(key: str, value: object) -> str:
    """Why an event happened."""
    if value not in ("imposed", "response"):
        raise InputError(f'{key!r} must be "imposed" or "response", not {shown(value)}')
    return str(value)


def parameter(name: str, value: object) -> float:
    """The value of a parameter, in its range."""
    lever = name.partition(".")[0]
    if lever in BY_NAME:
        raise InputError(
            f"{lever!r} is a lever, not a parameter. Example: [levers] {name} = "
            f"{min(BY_NAME[lever].high, 1):g}"
        )
    if name not in NAMES:
        raise unknown("parameter", name, NAMES, "consumption_weight = 1.2")
    checked = number(name, value, f"{name} = {getattr(Parameters(), name):g}")
    parameters_from({name: checked})
    return checked


def lever_value(name: str, value: object) -> float:
    """The value of a lever, in its range; name is "lever", "lever.host" or "lever.union"."""
    lever, dot, place = name.partition(".")
    if lever in NAMES:
        raise InputError(
            f"{lever!r} is a parameter, not a lever. Example: [parameters] {lever} = "
            f"{getattr(Parameters(), lever):g}"
        )
    if lever not in BY_NAME:
        raise unknown("lever", lever, BY_NAME, "renewal_strictness.Turkey = 0.2")
    if dot and BY_NAME[lever].actor == "Kremlin":
        raise InputError(f"lever {lever!r} is the Kremlin's, it has no host. Example: {lever}=0")
    try:
        members(place) if dot else ()
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    return BY_NAME[lever].check(number(name, value, f"{name} = {BY_NAME[lever].high:g}"))


def table(key: str, value: object) -> dict[str, Any]:
    """A TOML table."""
    if not isinstance(value, dict):
        raise InputError(f"{key!r} must be a table, not {shown(value)}. Example: [{key}]")
    return value


def tables(key: str, value: object) -> list[dict[str, Any]]:
    """An array of TOML tables."""
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise InputError(f"{key!r} must be [[{key}]] tables, not {shown(value)}")
    return value
