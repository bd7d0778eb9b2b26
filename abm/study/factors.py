"""What a study varies and how it chooses points: frozen types, each checked as it is read.

An uncertainty is a number that nobody knows: a range or a distribution. A choice is something that
somebody decides: a list of values. Names are those that `abm.run(set=...)` takes; a choice may
also be of ``scenario`` (names) or ``without`` (mechanisms that are off).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from abm import checks
from abm.errors import InputError, unknown
from abm.levers import BY_NAME, NO_LIMIT
from abm.parameters import NAMES, PARAMETERS

Distribution = Literal["uniform", "log-uniform", "triangular", "normal"]
Value = float | str  # a number; the name of a scenario; ids of mechanisms joined by "+"

DISTRIBUTIONS = {  # what each one needs beside low and high
    "uniform": (),
    "log-uniform": (),
    "triangular": ("mode",),
    "normal": ("mean", "spread"),
}
SCENARIO, WITHOUT = "scenario", "without"
NAMED = (SCENARIO, WITHOUT)  # factors whose values are text
UNCERTAINTY = "{ low = 0.5, high = 1.5 }"
PRIOR = "prior"


@dataclass(frozen=True)
class Uncertainty:
    """A number between low and high, in the unit of its parameter or lever.

    mode: of a triangular distribution; mean, spread: of a normal one, cut off at low and high.
    """

    name: str
    low: float
    high: float
    distribution: Distribution = "uniform"
    mode: float | None = None
    mean: float | None = None
    spread: float | None = None


@dataclass(frozen=True)
class Choice:
    """A lever (or parameter, scenario, without) and the values that it may take, in order."""

    name: str
    values: tuple[Value, ...]


Factor = Uncertainty | Choice

METHODS = {  # which keys each design takes, beside method
    "grid": ("levels",),
    "one-at-a-time": ("levels",),
    "latin-hypercube": ("size", "crossed"),
    "sobol": ("size", "crossed"),
    "saltelli": ("size",),
    "morris": ("size", "levels"),
    "file": ("file", "size", "crossed"),
}
EXAMPLE = 'method = "latin-hypercube", size = 64'


@dataclass(frozen=True)
class Design:
    """How points are chosen.

    size: points of a Latin hypercube or Sobol sequence, base sample of Saltelli's, trajectories of
    Morris', or the first rows of a file; levels: values an uncertainty takes in a grid, one at a
    time, or of Morris' grid; file: a CSV file, one column a factor; crossed: the points are of the
    uncertainties alone, each at every value of the choices.
    """

    method: str
    size: int | None = None
    levels: int | None = None
    file: Path | None = None
    crossed: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain values, without what is not said."""
        said = {key: value for key, value in asdict(self).items() if value not in (None, False)}
        return {key: str(value) if key == "file" else value for key, value in said.items()}


def uncertainty(name: str, given: object) -> Uncertainty:
    """A checked uncertainty: a table, [low, high], or "prior".

    Without low or high, as with "prior", it has the whole range of its parameter or lever.
    """
    if given == PRIOR:
        given = {}
    elif isinstance(given, (list, tuple)) and len(given) == 2:
        given = {"low": given[0], "high": given[1]}
    if not isinstance(given, Mapping):
        lowest, highest, _ = _range(name)
        raise InputError(
            f"uncertainty {name!r} must be a range or {PRIOR!r}, not {checks.shown(given)}. "
            f"Example: {name} = [{lowest:g}, {highest:g}]"
        )
    known = [field.name for field in fields(Uncertainty)][1:]
    for key in given:
        if key not in known:
            raise unknown(f"key of uncertainty {name!r}", key, known, f"{name} = {UNCERTAINTY}")
    lowest, highest, whole = _range(name)
    numbers = [key for key in known if key != "distribution" and key in given]
    values = {key: checks.number(f"{name}.{key}", given[key], UNCERTAINTY) for key in numbers}
    low, high = values.setdefault("low", lowest), values.setdefault("high", highest)
    for bound in (low, high):
        setting(name, bound)
    if whole:
        raise InputError(f"{name!r} is 0 or 1, no range. Example: [levers] {name} = [0, 1]")
    if not low < high or high >= NO_LIMIT:
        raise InputError(
            f"uncertainty {name!r} goes from {low:g} to {high:g}; give low below high. Example: "
            f"{name} = {{ low = {lowest:g}, high = {min(highest, 1000):g} }}"
        )
    kind = given.get("distribution", "uniform")
    _check_distribution(name, kind, values)
    return Uncertainty(name, distribution=kind, **values)


def _check_distribution(name: str, kind: object, values: Mapping[str, float]) -> None:
    if kind not in DISTRIBUTIONS:
        example = f'distribution = "uniform"; there are {", ".join(DISTRIBUTIONS)}'
        raise unknown(f"distribution of {name!r}", kind, DISTRIBUTIONS, example)
    needed = DISTRIBUTIONS[str(kind)]
    wrong = [key for key in ("mode", "mean", "spread") if (key in needed) != (key in values)]
    if wrong:
        said = f"needs {' and '.join(needed)}" if needed else f"takes no {wrong[0]}"
        raise InputError(
            f"uncertainty {name!r}: a {kind} distribution {said} beside low and high. Example: "
            'distribution = "normal", mean = 1.0, spread = 0.2, low = 0.5, high = 1.5'
        )
    low, high = values["low"], values["high"]
    if kind == "log-uniform" and low <= 0:
        raise InputError(f"uncertainty {name!r}: log-uniform needs low above 0. Example: low = 0.1")
    if not all(low <= values.get(key, low) <= high for key in ("mode", "mean")):
        key = next(key for key in ("mode", "mean") if key in values)
        raise InputError(f"uncertainty {name!r}: {key} must lie from low to high. Example: {low:g}")
    if values.get("spread", 1.0) <= 0:
        raise InputError(f"uncertainty {name!r}: spread must be above 0. Example: spread = 0.2")


def choice(name: str, given: object) -> Choice:
    """A checked choice: a list of values, none twice."""
    example = {SCENARIO: '["war-years", "open-eu"]', WITHOUT: '[[], ["M8"]]'}.get(name, "[0, 1]")
    if not isinstance(given, (list, tuple)) or not given:
        raise InputError(
            f"lever {name!r} must be a list of values, not {checks.shown(given)}. Example: "
            f"{name} = {example}"
        )
    if name == SCENARIO:
        values: tuple[Value, ...] = tuple(checks.text(name, v, "war-years") for v in given)
    elif name == WITHOUT:
        values = tuple("+".join(checks.mechanisms(name, v)) for v in given)
    else:
        values = tuple(setting(name, value) for value in given)
    if len(set(values)) < len(values):
        raise InputError(f"lever {name!r} has a value twice. Example: {name} = {example}")
    return Choice(name, values)


def setting(name: str, value: object) -> float:
    """A number for a parameter or a lever, checked against its own range."""
    if name in NAMES:
        return checks.parameter(name, value)
    if name.partition(".")[0] not in BY_NAME:
        example = "renewal_strictness.Turkey"
        raise unknown("parameter or lever", name, (*NAMES, *BY_NAME), example)
    return checks.lever_value(name, value)


def design(given: object) -> Design:
    """A checked design, from its table in a study."""
    table = checks.table("design", given)
    method = table.get("method")
    if method not in METHODS:
        raise unknown("design method", method, METHODS, EXAMPLE)
    allowed = METHODS[str(method)]
    for key in table:
        if key not in ("method", *allowed):
            said = ", ".join(("method", *allowed))
            raise InputError(f"a {method} design takes no {key!r}, only {said}. Example: {EXAMPLE}")
    for key in ("file",) if method == "file" else ("size",):
        if key in allowed and key not in table:
            value = "64" if key == "size" else '"points.csv"'
            raise InputError(f"a {method} design needs {key!r}. Example: {key} = {value}")
    found: dict[str, Any] = {"method": method}
    for key, low, most, example in (("size", 1, 10_000_000, 64), ("levels", 2, 1000, 4)):
        if key in table:
            found[key] = checks.whole(f"design.{key}", table[key], low, most, example)
    if "crossed" in table:
        found["crossed"] = checks.flag("design.crossed", table["crossed"])
    if "file" in table:
        found["file"] = Path(checks.text("file", table["file"], "points.csv"))
    return Design(**found)


def _range(name: str) -> tuple[float, float, bool]:
    """The lowest and highest value of a parameter or lever, and whether it must be whole."""
    for declaration in PARAMETERS:
        if declaration.name == name:
            return declaration.low, declaration.high, False
    lever = BY_NAME.get(name.partition(".")[0])
    if lever is None:
        setting(name, 0.0)  # tells what is wrong
        raise AssertionError(name)
    return lever.low, lever.high, lever.whole
