"""A scenario's TOML file, read and checked: a wrong key or value is told with its line."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.resources import files
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal

from abm import checks
from abm.calendar import first_week_on_or_after
from abm.errors import InputError, refuse_other_kinds, unknown
from abm.levers import BY_NAME

EXAMPLE = (
    'date = 2022-09-30, host = "Finland", lever = "entry_ban", value = 1, kind = "imposed", '
    'source = "S041"'
)
NEEDED = ("date", "lever", "value", "kind", "source")


@dataclass(frozen=True)
class Event:
    """A lever that takes a value on a date; `until` puts it back to what it was."""

    date: datetime.date
    lever: str
    value: float
    host: str | None
    until: datetime.date | None
    kind: Literal["imposed", "response"]
    source: str
    note: str = ""

    def __str__(self) -> str:
        where = f" of {self.host}" if self.host else ""
        end = f" to {self.until}" if self.until else ""
        return f"{self.lever!r}{where} from {self.date}{end}"


@dataclass(frozen=True)
class ScenarioFile:
    """What one file says; None where it says nothing.

    levers: values by "name", "name.host" or "name.union".
    """

    path: Path
    name: str
    title: str | None = None
    base: str | None = None
    until: datetime.date | None = None
    scale: int | None = None
    seed: int | None = None
    population: str | None = None
    looking_ahead: bool | None = None
    without: tuple[str, ...] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)
    levers: Mapping[str, float] = field(default_factory=dict)
    events: tuple[Event, ...] = ()


def packaged_scenarios() -> dict[str, str]:
    """Names and titles of the scenarios that come with the package."""
    found = sorted((files("abm") / "data" / "scenarios").iterdir(), key=lambda entry: entry.name)
    names = [entry.name.removesuffix(".toml") for entry in found if entry.name.endswith(".toml")]
    return {name: _title(name) for name in names}


@cache
def _title(name: str) -> str:
    return str(tomllib.loads(_packaged(name).read_text("utf-8"))["title"])


def leading_comment(name: str) -> str:
    """What stands at the head of a packaged scenario: its question and source, as a sentence."""
    lines = _packaged(name).read_text("utf-8").splitlines()
    said = takewhile(lambda line: line.startswith("# "), lines)
    return " ".join(line.removeprefix("# ") for line in said)


def _packaged(name: str) -> Path:
    return Path(str(files("abm") / "data" / "scenarios" / f"{name}.toml"))


def read(scenario: str | Path, folder: Path | None = None) -> ScenarioFile:
    """The checked contents of a packaged scenario or of a TOML file.

    folder: where a relative path starts, the working folder if not said. Raises InputError that
    names file, line and key, with a valid example.
    """
    path = (folder or Path()) / scenario
    if path.suffix != ".toml":
        packaged = packaged_scenarios()
        if str(scenario) not in packaged:
            example = "abm run war-years (or a .toml file)"
            raise unknown("scenario", str(scenario), packaged, example)
        path = _packaged(str(scenario))
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise InputError(f"no scenario file {str(path)!r}. Example: abm run war-years") from None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read scenario {str(path)!r}: {error}") from None
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path.name} is not valid TOML: {error}. {_example(text, error)}"
        ) from None
    return _contents(table, path, _Lines(path.name, text.splitlines()))


def _example(text: str, error: Exception) -> str:
    """A valid line like the one in which TOML's parser stopped."""
    at = re.search(r"at line (\d+)", str(error))
    line = text.split("\n")[int(at[1]) - 1] if at else ""
    if key := re.match(r"\s*(date|until)\s*=", line):
        return f"{line.strip()!r} has no date. Example: {key[1]} = 2023-06-01"
    return (
        "Example of a line: until = 2024-12-31; a host with a space needs quotes: "
        'entry_ban."United States" = 1'
    )


@dataclass(frozen=True)
class _Lines:
    """The lines of a file, to say where an error stands."""

    file: str
    lines: list[str]

    @contextmanager
    def at(self, key: str, start: int = 0) -> Iterator[None]:
        """Tell errors raised within with file and line: the first from `start` with the key."""
        try:
            yield
        except InputError as error:
            found = self.having(rf"""(\[+\s*)?([\w"']+\.)*["']?{re.escape(key)}["']?\s*[]=.]""")
            after = [line for line in found if line >= start] or [start]
            raise InputError(f"{self.file}, line {after[0] + 1}: {error}") from None

    def having(self, pattern: str) -> list[int]:
        """Which lines begin like this, spaces apart."""
        shape = re.compile(rf"\s*{pattern}")
        return [number for number, line in enumerate(self.lines) if shape.match(line)]


def _contents(table: Mapping[str, Any], path: Path, lines: _Lines) -> ScenarioFile:
    with lines.at("design"):
        refuse_other_kinds(table, "scenario")
    found: dict[str, Any] = {"name": path.stem}
    for key, value in table.items():
        with lines.at(key):
            if key not in KEYS:
                raise unknown("key", key, KEYS, "until = 2024-12-31")
            found[key] = KEYS[key](key, value)
    for key, check in (("parameters", checks.parameter), ("levers", checks.lever_value)):
        found[key] = _settings(found.get(key, {}), check, lines)
    entries = found.get("events", [])
    headers = lines.having(r"\[\[\s*events\s*]]")
    starts = headers if len(headers) == len(entries) else [0] * len(entries)
    found["events"] = tuple(
        event
        for entry, start in zip(entries, starts, strict=True)
        for event in _events(entry, lines, start)
    )
    with lines.at("events"):
        check_schedule(found["events"])
    return ScenarioFile(path, **found)


def _settings(
    table: Mapping[str, Any], check: Callable[[str, object], float], lines: _Lines
) -> dict[str, float]:
    """Checked values by name; a table within is joined to its name: renewal_strictness.Turkey."""
    values: dict[str, float] = {}
    for name, value in table.items():
        inner = value.items() if isinstance(value, dict) and value else ()
        items = [(part, f"{name}.{part}", item) for part, item in inner] or [(name, name, value)]
        for key, full, item in items:
            with lines.at(key):
                if full in values:
                    raise InputError(f"{full!r} is given twice; give it once")
                values[full] = check(full, item)
    return values


def _events(entry: Mapping[str, Any], lines: _Lines, start: int) -> Iterator[Event]:
    """One event for each host that an [[events]] table names."""
    found: dict[str, Any] = {}
    for key, value in entry.items():
        with lines.at(key, start):
            if key not in EVENT_KEYS:
                raise unknown("key of an event", key, EVENT_KEYS, EXAMPLE)
            found[key] = EVENT_KEYS[key](key, value)
    with lines.at("events", start):
        missing = [repr(key) for key in NEEDED if key not in found]
        if missing:
            raise InputError(f"an event has no {', '.join(missing)}. Example: {EXAMPLE}")
        hosts = _hosts_of(found)
    with lines.at("value", start):
        found["value"] = checks.lever_value(found["lever"], found["value"])
    with lines.at("until", start):
        _check_window(found["date"], found.setdefault("until", None))
    found = {key: value for key, value in found.items() if key not in ("host", "hosts")}
    for host in hosts:
        yield Event(host=host, **found)


def _hosts_of(event: Mapping[str, Any]) -> tuple[str | None, ...]:
    lever = event["lever"]
    if BY_NAME[lever].actor == "Kremlin":
        if "host" in event or "hosts" in event:
            raise InputError(
                f"lever {lever!r} is the Kremlin's and takes no host. Example: "
                f'lever = "{lever}" without host'
            )
        return (None,)
    if ("host" in event) == ("hosts" in event):
        raise InputError(f'lever {lever!r} needs host or hosts. Example: host = "Georgia"')
    return tuple(event.get("host") or event["hosts"])


def _check_window(day: datetime.date, until: datetime.date | None) -> None:
    if until is not None and until <= day:
        raise InputError(f"'until' is {until}, not after date = {day}. Example: {EXAMPLE}")
    if until is not None and first_week_on_or_after(until) == first_week_on_or_after(day):
        raise InputError(
            f"no week starts from date = {day} to before until = {until}, so the event would "
            "never act; weeks start on Thursdays. Example: date = 2022-03-03, until = 2022-03-10"
        )


def check_schedule(events: Iterable[Event], base: Collection[Event] = ()) -> None:
    """InputError when two events contradict each other; base: those that stand in a base.

    They do when they set one lever of one host on the same date, or one of them falls within the
    other's window, whose end would undo it.
    """
    known: dict[tuple[str, str | None], list[Event]] = {}
    for event in sorted(events, key=lambda event: event.date):
        for earlier in known.setdefault((event.lever, event.host), []):
            if earlier.date == event.date:
                raise InputError(f"two events set {event}; keep one of them")
            if earlier.until is not None and event.date < earlier.until:
                raise InputError(_overlap(earlier, event, base))
        known[event.lever, event.host].append(event)


def _overlap(earlier: Event, later: Event, base: Collection[Event]) -> str:
    """What is wrong with a window and an event within it, and how to have what was meant."""
    whose = [" of the base" if event in base else "" for event in (earlier, later)]
    told = f"events overlap: {earlier}{whose[0]}, and {later}{whose[1]}. Example: "
    if later in base:
        return told + (
            f"leave out until, and write events of your own from {later.date}, which takes the "
            f"place of the base's, and from {earlier.until}, with the value to go on with"
        )
    if earlier in base:
        return f"{told}an event of your own from {earlier.date} takes the place of the base's"
    return f"{told}end the first with until = {later.date}"


KEYS: dict[str, Callable[[str, object], Any]] = {
    "name": partial(checks.text, example="lenient-renewal"),
    "title": partial(checks.text, example="Renewal made easy"),
    "base": partial(checks.text, example="war-years"),
    "until": checks.day,
    "scale": checks.scale,
    "seed": checks.seed,
    "population": partial(checks.text, example="people.csv"),
    "looking_ahead": checks.flag,
    "without": checks.mechanisms,
    "parameters": checks.table,
    "levers": checks.table,
    "events": checks.tables,
}
EVENT_KEYS: dict[str, Callable[[str, object], Any]] = {
    "date": checks.day,
    "until": checks.day,
    "host": checks.host,
    "hosts": checks.hosts,
    "lever": checks.lever,
    "value": partial(checks.number, example="value = 1"),
    "kind": checks.kind,
    "source": partial(checks.text, example="S041"),
    "note": partial(checks.text, example="work, study, family"),
}
