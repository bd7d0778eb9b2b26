"""What happens when: horizon, scale, parameters and dated events. Frozen.

A scenario may stand on another (`base`): its own event takes the place of the base's with the same
lever, host and date. A lever named in `[levers]`, in `--set` or by a mechanism that is off holds
its value from the first week on, and the dated events of the base for it are dropped. Without
"responses", so are dated events that answered an inflow of Russians: in a counterfactual they must
arise by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from abm import checks, html, own_people
from abm.checks import known_host
from abm.errors import InputError, unknown
from abm.levers import BY_NAME
from abm.mechanisms import mechanism
from abm.own_mechanism import NULL, OwnMechanism, chosen, with_more
from abm.own_people import OwnPeople
from abm.parameters import NAMES, Parameters, parameters_from
from abm.scenario_file import Event, ScenarioFile, check_schedule, packaged_scenarios, read
from abm.scenario_notes import Ended, ended_by_base, notes


@dataclass(frozen=True)
class Held:
    """A lever that keeps one value throughout; host None means the Kremlin or every host."""

    lever: str
    host: str | None
    value: float

    def covers(self, other: Event | Held) -> bool:
        """Whether this takes the place of a dated event, or of what was held before."""
        return other.lever == self.lever and self.host in (None, other.host)

    def __str__(self) -> str:
        return f"{self.lever}{f'.{self.host}' if self.host else ''} = {self.value:g}"


@dataclass(frozen=True)
class Scenario:
    """A resolved scenario: all that a run needs beside its data.

    population, mechanisms: the user's own; None for the packaged people.
    ended: events of a file that later ones of its base end, told by `scenario_notes.notes`.
    """

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
    population: OwnPeople | None = None
    mechanisms: tuple[OwnMechanism, ...] = ()
    looking_ahead: bool = False
    ended: tuple[Ended, ...] = field(default=(), compare=False)

    def _repr_html_(self) -> str:
        changed = self.parameters.changed()
        facts = {
            "name": self.name,
            "until": self.until,
            "people an agent": self.scale,
            "seed": self.seed,
            "dated events": len(self.events),
            "levers held": ", ".join(map(str, self.held)) or "none",
            "mechanisms off": ", ".join(self.without) or "none",
            "parameters changed": ", ".join(f"{k} = {v:g}" for k, v in changed.items()) or "none",
        }
        if self.mechanisms:
            facts["own mechanisms"] = ", ".join(each.id for each in self.mechanisms)
        if self.population is not None:
            facts["own people"] = self.population.name
        if said := notes(self):
            facts["note"] = "; ".join(said)
        events = pd.DataFrame(
            [(e.date, e.host or "", e.lever, e.value, e.kind) for e in self.events],
            columns=["date", "host", "lever", "value", "kind"],
        )
        return html.card(self.title or self.name, facts, html.table(events, "dated events"))

    @property
    def settings(self) -> list[str]:
        """Mechanisms off, and levers held and parameters changed beside them, each in words."""
        off = [mechanism(id) for id in self.without]
        implied = {name for each in off for name in (*each.off, *each.held)}
        held = [str(each) for each in self.held if each.lever not in implied]
        changed = [
            f"{name} = {value:g}"
            for name, value in self.parameters.changed().items()
            if name not in implied
        ]
        return [*held, *changed, *(f"{id} off" for id in self.without)]

    @property
    def full_name(self) -> str:
        """The name, and the title if there is one."""
        return f"{self.name}, {self.title}" if self.title else self.name

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""

        def plain(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: plain(item) for key, item in value.items()}
            if isinstance(value, (list, tuple)):
                return [plain(item) for item in value]
            return value.isoformat() if isinstance(value, date) else value

        result: dict[str, Any] = plain(asdict(replace(self, population=None, mechanisms=())))
        del result["ended"]
        result["without"] += [each.id for each in self.mechanisms if each.value == NULL]
        result["population"] = self.population and self.population.as_dict()
        result["mechanisms"] = [each.as_dict() for each in self.mechanisms]
        return result


Dated = TypeVar("Dated", Event, Held)
EMPTY = Scenario("unnamed", "", date(2024, 12, 31), 100, 1, 0, Parameters(), (), (), ())


def load(
    scenario: str | Path | Scenario = "war-years",
    *,
    scale: int | None = None,
    seed: int | None = None,
    until: str | date | None = None,
    set: Mapping[str, float] | None = None,
    without: Iterable[str] = (),
    replicate: int = 0,
    population: pd.DataFrame | str | Path | None = None,
    mechanisms: Iterable[OwnMechanism] = (),
    looking_ahead: bool | None = None,
) -> Scenario:
    """A scenario by packaged name or TOML path, with what the user changes.

    population: a table of the user's own people; mechanisms: more of them, of the user's own.
    Raises InputError, before anything runs, naming the key and a valid example.
    """
    if isinstance(scenario, (str, Path)):
        resolved = _resolved(read(scenario), ())
    elif isinstance(scenario, Scenario):
        resolved = scenario
    else:
        shown = checks.shown(scenario)
        raise InputError(f"a scenario is a name or a file, not {shown}. Example: 'war-years'")
    if scale is not None:
        resolved = replace(resolved, scale=checks.scale("scale", scale))
    if seed is not None:
        resolved = replace(resolved, seed=checks.seed("seed", seed))
    if until is not None:
        resolved = _cut(resolved, _day_of("until", until))
    resolved = replace(resolved, replicate=checks.replicate("replicate", replicate))
    if looking_ahead is not None:
        ahead = checks.flag("looking_ahead", looking_ahead)
        resolved = replace(resolved, looking_ahead=ahead)
    resolved = _peopled(resolved, population)
    own = with_more(resolved.mechanisms, mechanisms)
    values, parameters, levers = _settings({} if set is None else set, own)
    own_off, off = _split(without, own)
    resolved = replace(resolved, mechanisms=chosen(own, values, own_off))
    resolved = _changed(resolved, parameters, levers, checks.mechanisms("without", off))
    _check(resolved)
    return resolved


def _peopled(scenario: Scenario, population: object) -> Scenario:
    """The scenario with people of the user's own, if there are any; enough for its scale."""
    if population is not None:
        scenario = replace(scenario, population=own_people.read(population))
    if scenario.population is not None:
        scenario.population.check_scale(scenario.scale)
    return scenario


def _split(without: object, own: tuple[OwnMechanism, ...]) -> tuple[list[str], object]:
    """Ids of the user's own mechanisms among those that are off, and the rest, not yet checked."""
    if isinstance(without, (str, bytes)) or not isinstance(without, Iterable):
        return [], without
    given, ids = list(without), [each.id for each in own]
    return [id for id in given if id in ids], [id for id in given if id not in ids]


def _day_of(key: str, value: object) -> date:
    """A date, also as text or as a time at midnight, as Python users write it."""
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        with suppress(ValueError):  # no such day
            value = date.fromisoformat(value)
    if not isinstance(value, date):
        shown = checks.shown(value)
        raise InputError(f"{key!r} must be a date, not {shown}. Example: 2024-12-31")
    return checks.day(key, value)


def _settings(
    given: object, own: tuple[OwnMechanism, ...]
) -> tuple[dict[str, float], dict[str, float], tuple[Held, ...]]:
    """Parameters of own mechanisms and of the package by name, and levers held, from names and
    values that a user sets."""
    example = "renewal_strictness.Turkey=0.2"
    if not isinstance(given, Mapping):
        raise InputError(f"'set' must be names with values, not {given!r}. Example: {example}")
    values: dict[str, float] = {}
    parameters: dict[str, float] = {}
    levers: dict[str, float] = {}
    mine = [each.parameter for each in own]
    for name, value in given.items():
        if name in mine:
            values[name] = checks.number(name, value, f"{name}=1")
        elif name in NAMES:
            parameters[name] = checks.parameter(name, value)
        elif str(name).partition(".")[0] in BY_NAME:
            levers[name] = checks.lever_value(name, value)
        else:
            raise unknown("parameter or lever", name, (*NAMES, *BY_NAME, *mine), example)
    return values, parameters, _held(levers)


def _held(levers: Mapping[str, float]) -> tuple[Held, ...]:
    """Levers held, the widest first, so that a host differs from its union, and that from all."""
    parts = [(*name.partition("."), value) for name, value in levers.items()]
    named = [(lever, checks.members(place) if place else (), v) for lever, _, place, v in parts]
    named.sort(key=lambda each: (len(each[1]) > 0, -len(each[1])))
    held = {(lever, host): v for lever, hosts, v in named for host in hosts or (None,)}
    return tuple(Held(lever, host, value) for (lever, host), value in held.items())


def _resolved(file: ScenarioFile, seen: tuple[Path, ...]) -> Scenario:
    """What a file and the scenarios that it stands on say together."""
    here = file.path.resolve()
    if here in seen:
        through = "".join(f" by way of {path.name}" for path in seen[seen.index(here) + 1 :])
        raise InputError(f'{file.path.name} is its own base{through}. Example: base = "war-years"')
    base = EMPTY
    if file.base is not None:
        try:
            below = read(file.base, file.path.parent)
        except InputError as error:
            raise InputError(f"{error} (the base of {file.path.name})") from None
        base = _resolved(below, (*seen, here))
    try:
        return _built_on(base, file)
    except InputError as error:
        raise InputError(f"{file.path.name}: {error}") from None


def _built_on(base: Scenario, file: ScenarioFile) -> Scenario:
    given = {name: getattr(file, name) for name in ("scale", "seed", "looking_ahead")}
    changes = {name: value for name, value in given.items() if value is not None}
    named = replace(base, name=file.name, title=file.title or "", **changes)
    base = _cut(named, file.until or base.until)
    held = _held(file.levers)
    changed = _changed(base, file.parameters, held, file.without)
    replaced = {(event.lever, event.host, event.date) for event in file.events}
    kept = [e for e in changed.events if (e.lever, e.host, e.date) not in replaced]
    off = {lever for id in changed.without for lever in mechanism(id).held}  # told in _check
    held_by_settings = [each for each in changed.held if each.lever not in off]
    for event in file.events:
        if event.date > changed.until:
            raise InputError(
                f"the event {event} comes after the end, until = {changed.until}. "
                f"Example: until = {event.date}"
            )
        if any(each.covers(event) for each in held_by_settings):
            raise InputError(
                f"{event.lever!r} is held by [levers], here or in a base, so the event from "
                f"{event.date} would never act; leave out one of them"
            )
    ended = (*changed.ended, *ended_by_base(file.events, kept))
    result = replace(changed, events=(*kept, *file.events), ended=ended)
    if file.population is not None:
        people = own_people.read(file.population, file.path.parent)
        result = replace(result, population=people)
    _check(result, kept)
    return result


def _cut(scenario: Scenario, until: date) -> Scenario:
    """The scenario until another day, without later events."""
    events = tuple(event for event in scenario.events if event.date <= until)
    return replace(scenario, until=until, events=events)


def _changed(
    scenario: Scenario,
    parameters: Mapping[str, float],
    levers: tuple[Held, ...],
    without: tuple[str, ...],
) -> Scenario:
    """The scenario with mechanisms off, parameters set and levers held."""
    values = {each.name: getattr(scenario.parameters, each.name) for each in fields(Parameters)}
    off = [mechanism(id) for id in without]
    for each in off:
        values |= each.off
    new = (*(held for each in off for held in _held(each.held)), *levers)
    dropped = {each.drops for each in off}
    return replace(
        scenario,
        parameters=parameters_from({**values, **parameters}),
        held=(*_uncovered(scenario.held, new), *new),
        events=tuple(e for e in _uncovered(scenario.events, new) if e.kind not in dropped),
        without=tuple(dict.fromkeys((*scenario.without, *without))),
    )


def _uncovered(before: tuple[Dated, ...], held: tuple[Held, ...]) -> tuple[Dated, ...]:
    return tuple(each for each in before if not any(lever.covers(each) for lever in held))


def _check(scenario: Scenario, base: Collection[Event] = ()) -> None:
    """Events do not contradict each other, nor settings what is off; base: those of a base."""
    discount = scenario.parameters.discount_per_year
    if discount != Parameters().discount_per_year and not scenario.looking_ahead:
        raise InputError(
            f"'discount_per_year' is set to {discount:g}, but people do not look ahead, so it "
            "would never act. Example: --looking-ahead"
        )
    check_schedule(scenario.events, base)
    for id in scenario.without:
        off = mechanism(id)
        for event in scenario.events:
            if event.kind == off.drops:
                raise InputError(
                    f"the event {event} is a {event.kind}, but {id} are off, so it would never "
                    'act; leave out one of them. Example: kind = "imposed"'
                )
        said = {name: getattr(scenario.parameters, name) for name in off.off}
        levers = [(held.lever, held.value) for held in scenario.held]
        levers += [(event.lever, event.value) for event in scenario.events]
        said |= {lever: value for lever, value in levers if value != off.held.get(lever, value)}
        for name, value in said.items():
            null = {**off.off, **off.held}[name]
            if value != null:
                raise InputError(
                    f"{name!r} is set to {value:g}, but {id} is off, which needs {null:g}; "
                    f"leave out one of them. Example: --without {id}"
                )


__all__ = ["Event", "Held", "Scenario", "known_host", "load", "packaged_scenarios"]
