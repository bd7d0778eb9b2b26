"""What happens when: horizon, scale, parameters and dated events, from TOML. Frozen.

A scenario may stand on another (`base`). A lever named in `[levers]`, in `--set` or by a mechanism
that is off holds its value from the first week on, whatever the dated events say.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from abm.calendar import LATEST, START
from abm.errors import InputError, unknown
from abm.hosts_table import HOST_NAMES
from abm.levers import BY_NAME, LEVERS
from abm.mechanisms import mechanism
from abm.parameters import NAMES, Parameters, parameters_from

KEYS = "name title base until scale seed without parameters levers events".split()
EVENT_KEYS = "date until host hosts lever value kind source note".split()
MOST_PEOPLE_AN_AGENT = 10_000


@dataclass(frozen=True)
class Event:
    """A lever that takes a value on a date; `until` puts it back to what it was."""

    date: date
    lever: str
    value: float
    host: str | None
    until: date | None
    kind: Literal["imposed", "response"]
    source: str
    note: str = ""


@dataclass(frozen=True)
class Held:
    """A lever that keeps one value throughout; host None means the Kremlin or every host."""

    lever: str
    host: str | None
    value: float

    def covers(self, event: Event) -> bool:
        """Whether this takes the place of a dated event."""
        return event.lever == self.lever and self.host in (None, event.host)


@dataclass(frozen=True)
class Scenario:
    """A resolved scenario: all that a run needs beside its data."""

    name: str
    title: str
    until: date
    scale: int
    seed: int
    replicate: int
    parameters: Parameters
    events: tuple[Event, ...]
    held: tuple[Held, ...]
    without: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""

        def plain(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: plain(item) for key, item in value.items()}
            if isinstance(value, (list, tuple)):
                return [plain(item) for item in value]
            return value.isoformat() if isinstance(value, date) else value

        result: dict[str, Any] = plain(asdict(self))
        return result


def packaged_scenarios() -> dict[str, str]:
    """Names and titles of the scenarios that come with the package."""
    found = {}
    for entry in sorted((files("abm") / "data" / "scenarios").iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".toml"):
            found[entry.name.removesuffix(".toml")] = _packaged(entry.name)["title"]
    return found


@cache
def _packaged(filename: str) -> dict[str, Any]:
    return tomllib.loads((files("abm") / "data" / "scenarios" / filename).read_text("utf-8"))


def load(
    scenario: str | Path | Scenario = "war-years",
    *,
    scale: int | None = None,
    seed: int | None = None,
    until: str | date | None = None,
    set: Mapping[str, float] | None = None,
    without: Iterable[str] = (),
    replicate: int = 0,
) -> Scenario:
    """A scenario by packaged name or TOML path, with what the user changes.

    Raises InputError, before anything runs, naming the key and a valid example.
    """
    if isinstance(scenario, Scenario):
        resolved = scenario
    else:
        resolved = _resolve(*_read(scenario), seen=())
    if scale is not None:
        resolved = replace(resolved, scale=_scale(scale))
    if seed is not None:
        resolved = replace(resolved, seed=_whole("seed", seed, 0, 2**63 - 1))
    if until is not None:
        last = _horizon(_date("until", until))
        resolved = replace(
            resolved, until=last, events=tuple(e for e in resolved.events if e.date <= last)
        )
    resolved = replace(resolved, replicate=_whole("replicate", replicate, 0, 2**31))
    return _changed(resolved, dict(set or {}), tuple(without))


def _read(scenario: str | Path) -> tuple[dict[str, Any], str, str]:
    """The TOML table, its text and what to call it in an error."""
    path = Path(scenario)
    if path.suffix != ".toml":
        if str(scenario) not in packaged_scenarios():
            raise unknown(
                "scenario", str(scenario), packaged_scenarios(), "abm run war-years (or a .toml file)"
            )
        path = Path(str(files("abm") / "data" / "scenarios" / f"{scenario}.toml"))
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise InputError(f"no scenario file {str(path)!r}. Example: abm run war-years") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read scenario {str(path)!r}: {error}") from None
    try:
        return tomllib.loads(text), text, path.name
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            f"{path.name} is not valid TOML: {error}. Example of a line: until = 2024-12-31"
        ) from None


def _resolve(table: dict[str, Any], text: str, where: str, seen: tuple[str, ...]) -> Scenario:
    def fail(key: str, message: str) -> InputError:
        return InputError(f"{where}, {_line(text, key)}: {message}")

    for key in table:
        if key not in KEYS:
            raise fail(key, str(unknown("key", key, KEYS, "until = 2024-12-31")))
    base = _base(table, where, seen)
    try:
        until = _horizon(_date("until", table["until"])) if "until" in table else base.until
        values = _table(table, "parameters", 'consumption_weight = 1.2')
        events = tuple(
            event
            for entry in _entries(table)
            for event in _event(entry, fail, until)
        )
        resolved = replace(
            base,
            name=_text(table, "name", base.name),
            title=_text(table, "title", base.title),
            until=until,
            scale=_scale(table.get("scale", base.scale)),
            seed=_whole("seed", table.get("seed", base.seed), 0, 2**63 - 1),
            parameters=parameters_from({**_changed_values(base.parameters), **values}),
            events=tuple(e for e in base.events if e.date <= until) + events,
        )
        return _changed(
            resolved, _table(table, "levers", "mobilisation = 0"), tuple(table.get("without", ()))
        )
    except InputError as error:
        text_of = str(error)
        raise error if text_of.startswith(where) else InputError(f"{where}: {text_of}") from None


def _base(table: dict[str, Any], where: str, seen: tuple[str, ...]) -> Scenario:
    name = table.get("base")
    if name is None:
        return Scenario(
            "unnamed", "", date(2024, 12, 31), 100, 1, 0, Parameters(), (), (), ()
        )
    if not isinstance(name, str) or name in seen:
        raise InputError(f"{where}: base must name another scenario. Example: base = \"war-years\"")
    return _resolve(*_read(name), seen=(*seen, name))


def _event(entry: dict[str, Any], fail: Any, horizon: date) -> Iterable[Event]:
    example = 'lever = "entry_ban", host = "Finland", date = 2022-09-30, value = 1'
    for key in entry:
        if key not in EVENT_KEYS:
            raise fail(key, str(unknown("key of an event", key, EVENT_KEYS, example)))
    for key in ("date", "lever", "value", "kind", "source"):
        if key not in entry:
            raise fail("[[events]]", f"an event has no {key!r}. Example: {example}")
    name = entry["lever"]
    if name not in BY_NAME:
        raise fail(str(name), str(unknown("lever", name, BY_NAME, example)))
    day = _date("date", entry["date"])
    until = _date("until", entry["until"]) if "until" in entry else None
    if not START <= day <= horizon:
        raise fail(str(day), f"event on {day} lies outside {START} to {horizon}. Example: {example}")
    if until is not None and until <= day:
        raise fail(str(until), f"until = {until} is not after date = {day}. Example: {example}")
    if entry["kind"] not in ("imposed", "response"):
        raise fail(str(entry["kind"]), 'kind must be "imposed" or "response"')
    value = BY_NAME[name].check(entry["value"])
    for host in _hosts_of(entry, name):
        yield Event(
            day, name, value, host, until, entry["kind"], str(entry["source"]), entry.get("note", "")
        )


def _hosts_of(entry: dict[str, Any], lever: str) -> list[str | None]:
    named = entry.get("hosts", [entry["host"]] if "host" in entry else [])
    if BY_NAME[lever].actor == "Kremlin":
        if named:
            raise InputError(f"lever {lever!r} is the Kremlin's and takes no host. Example: "
                             f'lever = "{lever}" without host')
        return [None]
    if not named or not isinstance(named, list):
        raise InputError(f'lever {lever!r} needs a host. Example: host = "Georgia"')
    return [known_host(host) for host in named]


def known_host(name: object) -> str:
    """A host's name if there is such a host, else InputError."""
    if name not in HOST_NAMES:
        raise unknown("host", name, HOST_NAMES, "Georgia (abm list hosts)")
    return str(name)


def _changed(scenario: Scenario, settings: dict[str, Any], without: tuple[str, ...]) -> Scenario:
    """The scenario with parameters and levers set and mechanisms off."""
    values = _changed_values(scenario.parameters)
    held: list[Held] = []
    for name, value in settings.items():
        lever, _, host = name.partition(".")
        if name in NAMES:
            values[name] = value
        elif lever in BY_NAME:
            if host and BY_NAME[lever].actor == "Kremlin":
                raise InputError(f"lever {lever!r} is the Kremlin's. Example: {lever}=0")
            where = known_host(host) if host else None
            held.append(Held(lever, where, BY_NAME[lever].check(value)))
        else:
            raise unknown("parameter or lever", name, (*NAMES, *BY_NAME), "renewal_strictness.Turkey=0.2")
    for id in without:
        off = mechanism(id)
        values |= off.off
        held += [Held(lever, None, value) for lever, value in off.held.items()]
    return replace(
        scenario,
        parameters=parameters_from(values),
        held=scenario.held + tuple(held),
        events=tuple(e for e in scenario.events if not any(h.covers(e) for h in held)),
        without=scenario.without + without,
    )


def _changed_values(parameters: Parameters) -> dict[str, float]:
    return {name: getattr(parameters, name) for name in NAMES}


def _table(table: dict[str, Any], key: str, example: str) -> dict[str, Any]:
    """A TOML table, with dotted keys joined: renewal_strictness.Turkey."""
    found = table.get(key, {})
    if not isinstance(found, dict):
        raise InputError(f"{key!r} must be a table. Example: [{key}] {example}")
    flat: dict[str, Any] = {}
    for name, value in found.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{part}": item for part, item in value.items()}
        else:
            flat[name] = value
    return flat


def _entries(table: dict[str, Any]) -> list[dict[str, Any]]:
    found = table.get("events", [])
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise InputError("events must be written as [[events]] tables with date, lever and value")
    return found


def _text(table: dict[str, Any], key: str, default: str) -> str:
    found = table.get(key, default)
    if not isinstance(found, str):
        raise InputError(f'{key!r} must be text, not {found!r}. Example: {key} = "war-years"')
    return found


def _date(key: str, value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise InputError(f"{key!r} must be a date, not {value!r}. Example: 2024-12-31")


def _horizon(last: date) -> date:
    if not START <= last <= LATEST:
        raise InputError(f"'until' is {last}, outside {START} to {LATEST}. Example: 2024-12-31")
    return last


def _whole(key: str, value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(f"{key!r} must be a whole number from {low}, not {value!r}. Example: 1")
    return value


def _scale(value: object) -> int:
    if (
        isinstance(value, bool)
        or not isinstance(value, int)
        or not 1 <= value <= MOST_PEOPLE_AN_AGENT
    ):
        raise InputError(
            f"'scale' is {value!r}, but must be a whole number of people an agent, "
            f"from 1 to {MOST_PEOPLE_AN_AGENT}. Example: --scale 100"
        )
    return value


def _line(text: str, key: str) -> str:
    for number, line in enumerate(text.splitlines(), start=1):
        if key in line:
            return f"line {number}"
    return "top level"


__all__ = ["LEVERS", "Event", "Held", "Scenario", "known_host", "load", "packaged_scenarios"]
