"""Designs: which points of the factors' space a study visits.

`points` gives a table, one row a point, one column a factor, in natural units. Everything is
drawn from the study's seed. A one-at-a-time point leaves all factors but one missing: there the
scenario's own values hold. How designs grow: more points of a Sobol sequence, a larger base sample
of Saltelli's scheme, more trajectories of Morris and a Latin hypercube of twice the size keep the
earlier ones as the first rows; a grid or a one-at-a-time design with more values keeps its points,
in another order. A Latin hypercube of any other size is another sample.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats
from scipy.stats import qmc

from abm.chance import Floats
from abm.errors import InputError, unknown
from abm.study.factors import NAMED, SCENARIO, Choice, Design, Factor, Uncertainty, Value

MOST_POINTS = 10_000_000
PURPOSE = 0x64657369676E  # "design": keeps these draws apart from a run's
MORRIS_LEVELS, ONE_AT_A_TIME_LEVELS = 4, 2
SIGNIFICANT = 12  # digits kept of a drawn value: the last ones differ between processors


def points(design: Design, factors: Sequence[Factor], seed: int) -> pd.DataFrame:
    """The points: column ``point`` from 0 on, then one column a factor, in natural units.

    Missing values leave things as the scenario has them. The same arguments give the same table.

    Raises
    ------
    InputError : a design that does not fit its factors, too many points, SALib not installed
    """
    _check(design, factors)
    if design.crossed:
        return _crossed(design, factors, seed)
    if design.method == "file":
        table = _from_csv(design, factors).head(design.size or MOST_POINTS)
    elif design.method == "grid":
        table = _table(product(*(spread(f, design.levels or 1) for f in factors)), factors)
    elif design.method == "one-at-a-time":
        table = _table(_one_at_a_time(design, factors), factors)
    else:
        positions = _positions(design, len(factors), seed)
        table = pd.DataFrame({f.name: at(f, positions[:, k]) for k, f in enumerate(factors)})
    table = table.astype({f.name: object for f in factors if f.name in NAMED})
    table.insert(0, "point", np.arange(len(table)))
    return table


def apart(factors: Sequence[Factor]) -> tuple[list[Uncertainty], list[Choice]]:
    """The uncertainties among some factors, and the choices."""
    ranges = [factor for factor in factors if isinstance(factor, Uncertainty)]
    return ranges, [factor for factor in factors if isinstance(factor, Choice)]


def _crossed(design: Design, factors: Sequence[Factor], seed: int) -> pd.DataFrame:
    """Points of the uncertainties, each at every value of the choices, point by point."""
    ranges, choices = apart(factors)
    if not (ranges and choices):
        raise InputError(
            "a crossed design needs [uncertainties] and [levers]. Example: crossed = false"
        )
    sampled = points(replace(design, crossed=False), ranges, seed).drop(columns="point")
    worlds = points(Design("grid"), choices, seed).drop(columns="point")
    table = sampled.merge(worlds, how="cross")[[factor.name for factor in factors]]
    table.insert(0, "point", np.arange(len(table)))
    return table


def size(design: Design, factors: Sequence[Factor]) -> int:
    """How many points a design has, without making them; those of a file are counted by lines."""
    if design.crossed:
        ranges, choices = apart(factors)
        worlds = prod(len(choice.values) for choice in choices)
        return worlds * size(replace(design, crossed=False), ranges)
    if design.method == "file":
        return len(points(design, factors, 0))
    if design.method == "grid":
        return prod(len(spread(f, design.levels or 1)) for f in factors)
    if design.method == "one-at-a-time":
        return 1 + sum(len(_others(design, f)) for f in factors)
    return int(design.size or 0) * block(design, len(factors))


def block(design: Design, factors: int) -> int:
    """Points that belong together: a trajectory, or what Saltelli makes of one base point; or 1."""
    if design.method == "morris":
        return factors + 1
    if design.method == "saltelli":
        return factors + 2
    return 1


def at(factor: Factor, positions: Floats) -> npt.NDArray[Any]:
    """A factor's values at positions from 0 to 1.

    Of an uncertainty, quantiles of its distribution within its range; of a choice, each value over
    an equal part of 0 to 1.
    """
    if isinstance(factor, Choice):
        kind = object if factor.name in NAMED else float
        cells = len(factor.values)
        cell = np.minimum(positions * cells * (1 + 1e-12), cells - 1)
        return np.array(factor.values, dtype=kind)[np.floor(cell).astype(np.int64)]
    return np.clip(_rounded(_distribution(factor).ppf(positions)), factor.low, factor.high)


def position(factor: Uncertainty, values: Any) -> Floats:
    """Where values stand in an uncertainty's distribution, 0 to 1: `at` undone."""
    return np.asarray(_distribution(factor).cdf(np.asarray(values, dtype=float)))


def spread(factor: Factor, levels: int) -> list[Value]:
    """A choice's values; of an uncertainty, so many from end to end, evenly in probability."""
    if isinstance(factor, Choice):
        return list(factor.values)
    return [float(value) for value in at(factor, np.linspace(0, 1, levels))]


def salib() -> None:
    """InputError with the pip line where SALib is not installed."""
    try:
        import SALib  # noqa: F401
    except ImportError:
        raise InputError(
            "designs 'saltelli' and 'morris' and Sobol indices need SALib, which is not "
            "installed. Install it with: pip install 'relokant[study]'"
        ) from None


def _check(design: Design, factors: Sequence[Factor]) -> None:
    """InputError where the design does not fit its factors."""
    method, size_ = design.method, design.size
    if not factors:
        raise InputError(
            f'a {method} design has no factors. Example: [uncertainties] conscience = "prior"'
        )
    ranges = [f.name for f in factors if isinstance(f, Uncertainty)]
    if method == "grid" and ranges and not design.levels:
        raise InputError(
            f"a grid design cannot visit all of a range, here {ranges[0]!r}; say how many values "
            "of each. Example: [design] levels = 3, or values under [levers]"
        )
    if method == "saltelli" and size_ is not None and size_ & (size_ - 1):
        near = 2 ** (size_.bit_length() - 1)
        raise InputError(
            f"the size of a saltelli design is {size_}, but must be a power of 2. Example: "
            f"size = {near}, or {2 * near}"
        )
    if method == "morris":
        _check_morris(design.levels or MORRIS_LEVELS, factors)
    if method == "file":
        return
    count = size(design, factors)
    if count > MOST_POINTS:
        raise InputError(
            f"a {method} design of this size has {count:,} points, more than {MOST_POINTS:,}; "
            "take fewer factors or values, or another design, for example a Sobol sequence"
        )


def _check_morris(levels: int, factors: Sequence[Factor]) -> None:
    """Each step must move each factor, and by the same part of its range."""
    if levels % 2:
        raise InputError(
            f"levels of a morris design is {levels}, must be even. Example: levels = 4"
        )
    for factor in factors:
        if isinstance(factor, Choice) and len(factor.values) != levels:
            count = len(factor.values)
            raise InputError(
                f"a morris design goes through {levels} levels of each factor, but {factor.name!r} "
                f"has {count} values. Example: a range under [uncertainties], or {levels} values"
                + (f", or levels = {count}" if count % 2 == 0 else "")
            )


def _distribution(factor: Uncertainty) -> Any:
    """The frozen scipy distribution of an uncertainty, cut at its range."""
    low, high = factor.low, factor.high
    if factor.distribution == "log-uniform":
        return stats.loguniform(low, high)
    if factor.distribution == "normal":
        mean, sd = float(factor.mean or 0), float(factor.spread or 1)
        return stats.truncnorm((low - mean) / sd, (high - mean) / sd, loc=mean, scale=sd)
    if factor.distribution == "triangular":
        return stats.triang((float(factor.mode or 0) - low) / (high - low), low, high - low)
    return stats.uniform(low, high - low)


def _positions(design: Design, factors: int, seed: int) -> Floats:
    """Positions from 0 to 1, shape (points, factors)."""
    count = int(design.size or 0)
    luck = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(PURPOSE,)))
    if design.method == "latin-hypercube":
        return _latin_hypercube(count, factors, luck)
    if design.method == "sobol":
        # A power of 2 is drawn and cut, so that scipy does not warn of what the user asked for.
        exponent = (count - 1).bit_length()
        return np.asarray(qmc.Sobol(factors, rng=luck).random_base2(exponent)[:count])
    salib()
    names = [f"x{k}" for k in range(factors)]
    problem = {"num_vars": factors, "names": names, "bounds": [[0.0, 1.0]] * factors}
    if design.method == "saltelli":
        from SALib.sample import sobol

        return np.asarray(sobol.sample(problem, count, calc_second_order=False, seed=luck))
    from SALib.sample import morris

    levels = design.levels or MORRIS_LEVELS
    return np.asarray(morris.sample(problem, count, num_levels=levels, seed=luck))


def _latin_hypercube(count: int, factors: int, luck: np.random.Generator) -> Floats:
    """Positions, shape (count, factors): one in each of count equal parts of each range.

    Doubled from the largest odd part of count, so that twice the size keeps the points: a part cut
    in two has one in one half, and each new point takes an empty half of each factor (Sallaberry,
    Helton and Hora 2008).
    """
    first = count // (count & -count)
    positions = np.asarray(qmc.LatinHypercube(factors, rng=luck).random(first))
    while len(positions) < count:
        n = len(positions)
        part = positions.argsort(axis=0).argsort(axis=0)
        in_upper_half = positions * 2 * n - 2 * part >= 1
        empty = luck.permuted(2 * part + ~in_upper_half, axis=0)
        positions = np.vstack([positions, (empty + luck.random((n, factors))) / (2 * n)])
    return positions


def _others(design: Design, factor: Factor) -> list[Value]:
    """A factor's values beside what the scenario has; the first scenario is that of the study."""
    values = spread(factor, design.levels or ONE_AT_A_TIME_LEVELS)
    return values[1:] if factor.name == SCENARIO else values


def _one_at_a_time(design: Design, factors: Sequence[Factor]) -> list[list[Value | None]]:
    """Everything as the scenario has it, then each factor alone at each of its values."""
    base = [spread(f, 2)[0] if f.name == SCENARIO else None for f in factors]
    rows = [base]
    for k, factor in enumerate(factors):
        rows += [[*base[:k], value, *base[k + 1 :]] for value in _others(design, factor)]
    return rows


def _table(rows: Any, factors: Sequence[Factor]) -> pd.DataFrame:
    """Rows as a table: names of scenarios and mechanisms as text, all else as numbers."""
    table = pd.DataFrame(list(rows), columns=[factor.name for factor in factors], dtype=object)
    return table.astype({f.name: float for f in factors if f.name not in NAMED})


def _from_csv(design: Design, factors: Sequence[Factor]) -> pd.DataFrame:
    """Points of a file, one column a factor; an empty cell leaves what the scenario has."""
    path = design.file if design.file is not None else Path("points.csv")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            lines = [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot read the points of {path}: {why}. Example: points.csv") from None
    by_name = {factor.name: factor for factor in factors}
    names = [name.strip() for name in lines[0][1]] if lines else []
    for name in names:
        if name not in by_name:
            raise unknown(f"column of {path.name}", name, by_name, ",".join(by_name))
    if sorted(names) != sorted(by_name) or len(lines) < 2:
        raise InputError(
            f"{path.name} needs a first line with the name of each factor, once, and a line for "
            f"each point. Example of the first line: {','.join(by_name)}"
        )
    rows = [_line(path.name, number, row, [by_name[n] for n in names]) for number, row in lines[1:]]
    return _table(rows, [by_name[name] for name in names])[list(by_name)]


def columns_of(path: Path) -> list[str]:
    """The names in the first line of a file of points; none where it cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [name.strip() for name in next(csv.reader(file), [])]
    except (OSError, UnicodeDecodeError, csv.Error):
        return []  # told when the points are made


def _line(file: str, number: int, row: list[str], factors: list[Factor]) -> list[Value | None]:
    if len(row) != len(factors):
        raise InputError(f"{file}, line {number}: {len(row)} cells, but {len(factors)} columns")
    values: list[Value | None] = []
    for cell, factor in zip(row, factors, strict=True):
        text = cell.strip()
        value = text if factor.name in NAMED else _number(text)
        if text and not _takes(factor, value):
            said = (
                ", ".join(str(each) for each in factor.values)
                if isinstance(factor, Choice)
                else f"{factor.low:g} to {factor.high:g}"
            )
            raise InputError(
                f"{file}, line {number}: {factor.name!r} is {text}, but the study gives it {said}. "
                f"Example: {spread(factor, 2)[0]}"
            )
        values.append(value if text else None)
    return values


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _takes(factor: Factor, value: Value) -> bool:
    """Whether a factor may have a value."""
    if isinstance(factor, Choice):
        return value in factor.values
    return factor.low <= float(value) <= factor.high


def _rounded(values: Floats) -> Floats:
    """Values to 12 significant digits, so that a point is the same on every machine."""
    safe = np.where(values == 0, 1.0, np.abs(values))
    unit = 10.0 ** (SIGNIFICANT - 1 - np.floor(np.log10(safe)))
    return np.asarray(np.round(values * unit) / unit)
