"""Margins of the people of Russia: read from `data/people.csv`, and tables fitted to them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from .errors import InputError

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

DATA = Path(__file__).parent / "data"
GROUPS = ("sex", "age", "region", "education", "occupation")
YOUNGEST, OLDEST, AGE_WIDTH = 20, 64, 5


@cache
def people_rows() -> tuple[dict[str, str], ...]:
    """Every row of `data/people.csv`: trait, group columns, value, low, high, unit, source …"""
    with (DATA / "people.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def rows_of(trait: str, **group: str) -> list[dict[str, str]]:
    """Rows of a trait whose group columns hold exactly these values; those not named are empty,
    but for `age`, which may be anything unless it is named."""
    wanted = {name: group.get(name, "") for name in GROUPS if name != "age" or "age" in group}
    return [
        row
        for row in people_rows()
        if row["trait"] == trait and all(row[name] == value for name, value in wanted.items())
    ]


def number(trait: str, **group: str) -> float:
    """The value of the one row of a trait and group. Raises InputError if there is not just one."""
    found = rows_of(trait, **group)
    if len(found) != 1:
        raise InputError(
            f"data/people.csv has {len(found)} rows for trait {trait!r} and {group or 'everybody'};"
            " it needs one. Example: region_share,,,capitals,,,0.127,0.123,0.128,share,…"
        )
    return float(found[0]["value"])


def by(
    dimension: str, labels: Sequence[str], trait: str, absent: float | None = None, **group: str
) -> Array:
    """Values of a trait along one group column, (labels,).

    absent: the value where a label has no row; None: every label must have its row.
    """
    return np.array(
        [
            number(trait, **{dimension: label}, **group)
            if absent is None or rows_of(trait, **{dimension: label}, **group)
            else absent
            for label in labels
        ]
    )


def by_age(trait: str, **group: str) -> Array:
    """Values of a trait by five-year age group, (9,): the mean over the five single years.

    Rows give ages as "25-39" or "55+". Raises InputError where a year of 20 to 64 has no row.
    """
    years = np.full(OLDEST - YOUNGEST + 1, np.nan)
    for row in rows_of(trait, **group):
        if row["age"]:
            first, _, last = row["age"].rstrip("+").partition("-")
            years[max(int(first) - YOUNGEST, 0) : int(last or OLDEST) - YOUNGEST + 1] = row["value"]
    if np.isnan(years).any():
        missing = YOUNGEST + int(np.flatnonzero(np.isnan(years))[0])
        raise InputError(
            f"data/people.csv has no row of trait {trait!r} {group or ''} for age {missing}."
            " Example: opponent_share,,25-39,,,,0.2,0.17,0.23,share,…"
        )
    groups: Array = years.reshape(-1, AGE_WIDTH).mean(axis=1)
    return groups


@dataclass(frozen=True)
class Margin:
    """What a fitted share must come to in some cells.

    cells: to whom a shift of the log-odds applies; target: their share, or, with `against`,
    their share less that of the cells `against`; within: only these cells are measured.
    Masks broadcast to the shape of the weights.
    """

    cells: Mask
    target: float
    against: Mask | None = None
    within: Mask | None = None


def fit_logit(weights: Array, margins: Sequence[Margin], offset: Array | float = 0.0) -> Array:
    """Shares p of each cell, in the shape of the weights, that meet the margins:

        logit p = offset + Σ_k θ_k cells_k,   Σ w p / Σ w over the cells of k = target_k

    solved for θ by Newton's method. Raises InputError when no p does.
    θ is rounded to nine digits, so that processors which differ in the last bit agree.
    """
    flat_weights = weights.ravel()
    flat_offset = np.broadcast_to(offset, weights.shape).ravel()
    targets = np.array([margin.target for margin in margins])
    shifts = np.stack([np.broadcast_to(m.cells, weights.shape).ravel() for m in margins]) * 1.0
    measures = np.stack([_measure(flat_weights, margin, weights.shape) for margin in margins])
    theta = np.zeros(len(margins))
    for _ in range(50):
        shares: Array = expit(flat_offset + np.round(theta, 9) @ shifts)
        error = targets - measures @ shares
        if np.abs(error).max() < 1e-8:
            return shares.reshape(weights.shape)
        slope = (measures * (shares * (1 - shares))) @ shifts.T
        theta = theta + np.clip(np.linalg.solve(slope, error), -2.0, 2.0)
        if np.abs(theta).max() > 20:  # shares run to 0 or 1 and still miss
            break
    raise InputError(
        f"the margins {np.round(targets, 3).tolist()} of data/people.csv contradict each other."
        " Example: shares by age whose mean equals the share of all ages"
    )


def _measure(weights: Array, margin: Margin, shape: tuple[int, ...]) -> Array:
    """The linear form whose product with the shares is what the margin's target states."""

    def mean_over(cells: Mask) -> Array:
        chosen = cells if margin.within is None else cells & margin.within
        kept: Array = weights * np.broadcast_to(chosen, shape).ravel()
        return np.divide(kept, kept.sum())

    measure = mean_over(margin.cells)
    return measure if margin.against is None else measure - mean_over(margin.against)


def rake(table: Array, targets: Sequence[Array], tolerance: float = 1e-10) -> Array:
    """Iterative proportional fitting: scale the table until its sums meet every target.

    Each target has as many axes as the table; those of length 1 are summed over, and NaN leaves
    a sum free. The ratios of the table's entries are kept as far as the targets allow
    (Deming and Stephan 1940). Raises InputError when the targets contradict each other.
    """
    for _ in range(2000):
        worst = 0.0
        for target in targets:
            axes = tuple(axis for axis, size in enumerate(target.shape) if size == 1)
            total = table.sum(axis=axes, keepdims=True)
            fixed = ~np.isnan(target) & (total > 0)
            scale = np.divide(target, total, out=np.ones_like(total), where=fixed)
            worst = max(worst, float(np.abs(scale - 1)[fixed & (target > 0)].max()))
            table = table * scale
        if worst < tolerance:
            return table
    raise InputError(
        f"the headcounts of data/people.csv contradict each other (off by {worst:.1%})."
        " Example: no more scientists with a degree than people with a degree"
    )


def read_only(array: Array) -> Array:
    """The same array, which nobody can write to: for results that are cached."""
    array.flags.writeable = False
    return array
