"""A study's TOML file: what to vary, which points, how often, what to keep. Read and checked.

docs/sweeps.md shows a whole file. A wrong key or value is one error that names it, with a valid
example, before anything runs.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from abm import checks
from abm import scenario as scenarios
from abm.errors import InputError, refuse_other_kinds, unknown
from abm.scenario import Scenario
from abm.study import cluster, factors
from abm.study.cluster import Cluster
from abm.study.design import columns_of
from abm.study.factors import SCENARIO, WITHOUT, Choice, Design, Factor, Uncertainty
from abm.study.keeping import Keep, Stop, day_of, keep, stop

SETTINGS_EXAMPLE = "renewal_strictness.Turkey = 0.2"
RANGE_KEYS = {"low", "high", "distribution", "mode", "mean", "spread"}


@dataclass(frozen=True)
class Study:
    """A checked study.

    Attributes
    ----------
    name, title : of the study
    scenarios : each base scenario by the name that the file gives it, resolved, with the study's
        scale, last day, settings, people and seed; several where `scenario` is a choice
    factors : what varies, in order of the file: uncertainties, then choices
    design : how points are chosen
    replicates : runs at each point that differ by luck alone; with `stop`, the least
    seeds : "common" (the same luck at every point) or "independent"
    keep : the outcomes, hosts and dates that are stored
    stop : when to add replicates and when to stop, or None
    limit_seconds : after which a run is given up, or None
    chunk : runs in a part, or None: as many as suit the scale
    people : the CSV file of the user's own people, or None
    cluster : where runs happen, which changes nothing of what they are
    """

    name: str
    title: str
    scenarios: Mapping[str, Scenario]
    factors: tuple[Factor, ...]
    design: Design
    replicates: int = 1
    seed: int = 1
    seeds: Literal["common", "independent"] = "common"
    keep: Keep = field(default_factory=Keep)
    stop: Stop | None = None
    limit_seconds: float | None = None
    chunk: int | None = None
    people: Path | None = None
    cluster: Cluster = field(default_factory=Cluster)

    @property
    def uncertainties(self) -> tuple[Uncertainty, ...]:
        return tuple(each for each in self.factors if isinstance(each, Uncertainty))

    @property
    def choices(self) -> tuple[Choice, ...]:
        return tuple(each for each in self.factors if isinstance(each, Choice))


def read(source: str | Path | Mapping[str, Any]) -> Study:
    """The study in a TOML file, or in a mapping of the same shape; InputError if it is none."""
    if isinstance(source, Mapping):
        return _study(source, "study", Path())
    path = Path(source)
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        example = "abm sweep experiments/policy-grid.toml --out results/grid"
        raise InputError(f"no study file {str(path)!r}. Example: {example}") from None
    except OSError as error:
        raise InputError(f"cannot read study {str(path)!r}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path.name} is not valid TOML: {error}. Example of a line: replicates = 5"
        ) from None
    try:
        return _study(table, path.stem, path.parent)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None


def _study(table: Mapping[str, Any], name: str, folder: Path) -> Study:
    refuse_other_kinds(table, "study")
    for key in table:
        if key not in KEYS:
            raise unknown("key of a study", key, KEYS, "replicates = 5")
    found = {key: check(key, table[key]) for key, check in KEYS.items() if key in table}
    if "design" not in found:
        raise InputError(f"a study needs a design. Example: [design] {factors.EXAMPLE}")
    design = found["design"]
    if design.file is not None:
        design = replace(design, file=(folder / design.file).resolve())
    if design.crossed and design.file is not None:  # its other columns vary over their own ranges
        told = {**found.get("uncertainties", {}), **found.get("levers", {})}
        more = {name: factors.PRIOR for name in columns_of(design.file) if name not in told}
        found["uncertainties"] = {**more, **found.get("uncertainties", {})}
    varied = _factors(found)
    people = (folder / found["population"]).resolve() if "population" in found else None
    resolved = _scenarios(found, varied, folder, people)
    first = next(iter(resolved.values()))
    kept = keep(found.get("keep", {}), until=min(each.until for each in resolved.values()))
    replicates = found.get("replicates", 1)
    return Study(
        name=found.get("name", name),
        title=found.get("title", found.get("name", name)),
        scenarios=resolved,
        factors=varied,
        design=design,
        replicates=replicates,
        seed=first.seed,
        seeds=found.get("seeds", "common"),
        keep=kept,
        stop=stop(found["stop"], kept, replicates) if "stop" in found else None,
        limit_seconds=found.get("limit_seconds"),
        chunk=found.get("chunk"),
        people=people,
        cluster=cluster.settings(found.get("cluster", {})),
    )


def _factors(found: Mapping[str, Any]) -> tuple[Factor, ...]:
    """Uncertainties and choices in order of the file; no name twice, none that is also set."""
    ranges = _flat(found.get("uncertainties", {}), lambda value: bool(RANGE_KEYS & value.keys()))
    lists = _flat(found.get("levers", {}), lambda value: False)
    varied: tuple[Factor, ...] = (
        *(factors.uncertainty(name, value) for name, value in ranges.items()),
        *(factors.choice(name, value) for name, value in lists.items()),
    )
    fixed = _flat(found.get("set", {}), lambda value: False)
    names = [each.name for each in varied]
    for name in names:
        if names.count(name) > 1 or name in fixed:
            where = "[set]" if name in fixed else "[levers]"
            raise InputError(f"{name!r} is in [uncertainties] or [levers] and in {where}; once")
    if not varied:
        example = f"[uncertainties] consumption_weight = {factors.UNCERTAINTY}"
        raise InputError(f"a study varies nothing. Example: {example}")
    return varied


def _flat(
    table: Mapping[str, Any], is_value: Callable[[Mapping[str, Any]], bool]
) -> dict[str, Any]:
    """Values by name; a table within is joined to its name: renewal_strictness.Turkey."""
    flat: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, Mapping) and value and not is_value(value):
            flat |= {f"{name}.{part}": inner for part, inner in value.items()}
        else:
            flat[name] = value
    return flat


def _scenarios(
    found: Mapping[str, Any], varied: tuple[Factor, ...], folder: Path, people: Path | None
) -> dict[str, Scenario]:
    """The base scenarios by name, resolved with all that the study holds fixed."""
    choices = [each for each in varied if isinstance(each, Choice) and each.name == SCENARIO]
    if choices and SCENARIO in found:
        raise InputError("'scenario' is given and also a lever; leave out one of them")
    names = choices[0].values if choices else (found.get(SCENARIO, "war-years"),)
    resolved = {}
    for name in map(str, names):
        path = (folder / name).resolve() if name.endswith(".toml") else name
        base = scenarios.load(path)
        if base.population is not None:
            raise InputError(
                f"scenario {name!r} has people of its own; name them in the study instead. "
                'Example: population = "people.csv"'
            )
        resolved[name] = scenarios.load(
            base,
            scale=found.get("scale"),
            seed=found.get("seed", 1),
            until=found.get("until"),
            set=_flat(found.get("set", {}), lambda value: False),
            without=found.get(WITHOUT, ()),
            population=people,
        )
    return resolved


def _seeds(key: str, value: object) -> str:
    if value not in ("common", "independent"):
        raise InputError(
            f'{key!r} must be "common" or "independent", not {checks.shown(value)}. Example: '
            'seeds = "common"'
        )
    return str(value)


def _limit(key: str, value: object) -> float:
    seconds = checks.number(key, value, "limit_seconds = 600")
    if seconds <= 0:
        raise InputError(f"{key!r} must be above 0, not {seconds:g}. Example: limit_seconds = 600")
    return seconds


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _design(key: str, value: object) -> Design:
    return factors.design(value)


KEYS: dict[str, Callable[[str, object], Any]] = {
    "name": partial(checks.text, example="policy-grid"),
    "title": partial(checks.text, example="What policy changes"),
    "scenario": partial(checks.text, example="war-years"),
    "scale": checks.scale,
    "seed": checks.seed,
    "until": day_of,
    "without": checks.mechanisms,
    "set": checks.table,
    "population": partial(checks.text, example="people.csv"),
    "uncertainties": checks.table,
    "levers": checks.table,
    "design": _design,
    "replicates": partial(checks.whole, low=1, high=100_000, example=5),
    "seeds": _seeds,
    "keep": checks.table,
    "stop": checks.table,
    "limit_seconds": _limit,
    "cluster": checks.table,
    "chunk": partial(checks.whole, low=1, high=10_000, example=20),
}
