"""What moves an outcome: the indices of Morris, Sobol and PAWN, with intervals.

Each function takes the values of one measure, one row a point and one column a replicate
(`abm.study.measures`), and gives a table, one row a factor. Effects are of the mean over
replicates. Their intervals come from resampling both what was drawn of the factors' space
(trajectories, base points, points) and the replicates, which share their luck between points; with
few replicates they are too narrow for luck. An outcome that never changes gives NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from abm.chance import Floats, Integers
from abm.errors import InputError
from abm.study.design import MORRIS_LEVELS, block, salib
from abm.study.factors import Choice, Design, Factor
from abm.study.measures import Complete, complete

RESAMPLES = 1000
CONFIDENCE = 0.95
PURPOSE = 0x626F6F74  # "boot"
SLICES = 10
FEWEST_IN_SLICE = 5
ENOUGH_IN_SLICE = 30  # ours: luck alone takes so many points 0.25 from their distribution, 1 in 20


def morris(
    points: pd.DataFrame,
    values: pd.DataFrame,
    factors: Sequence[Factor],
    design: Design,
    seed: int,
    resamples: int = RESAMPLES,
) -> pd.DataFrame:
    """Morris' screening: elementary effects, each per whole range of a factor.

    Columns: factor; mu, mu_star (the mean of effects, of their sizes) and sigma (their standard
    deviation: interactions and bends), in the outcome's unit, each with _low and _high.
    """
    part = complete(values, block(design, len(factors)))
    positions = _codes(points, factors)[part.kept].reshape(*part.values.shape[:2], len(factors))
    levels = design.levels or MORRIS_LEVELS
    effects = _elementary_effects(positions, part.values, levels / (2 * (levels - 1)))

    def indices(rows: Integers, weights: Floats) -> Floats:
        mean = (effects @ weights)[rows]
        return np.array([mean.mean(0), np.abs(mean).mean(0), mean.std(0, ddof=1)])

    names = ("mu", "mu_star", "sigma")
    return _resampled(names, [f.name for f in factors], indices, part, seed, resamples)


def _elementary_effects(positions: Floats, values: Floats, delta: float) -> Floats:
    """Effects, shape (trajectories, factors, replicates); delta: a step's part of the range."""
    steps = np.diff(positions, axis=1)
    moved = np.abs(steps).argmax(axis=2)  # which factor, by trajectory and step
    sign = np.sign(np.take_along_axis(steps, moved[:, :, None], axis=2))
    changes = np.diff(values, axis=1) * sign / delta
    order = moved.argsort(axis=1)
    return np.asarray(np.take_along_axis(changes, order[:, :, None], axis=1))


def sobol(
    values: pd.DataFrame,
    factors: Sequence[Factor],
    design: Design,
    seed: int,
    resamples: int = RESAMPLES,
) -> pd.DataFrame:
    """Sobol indices from Saltelli's scheme: shares of the outcome's variance over the points.

    Columns: factor; S1 (the factor alone) and ST (with all its interactions), each with _low and
    _high. Estimators of Saltelli et al. 2010, as SALib has them.
    """
    salib()
    from SALib.analyze.sobol import first_order, total_order

    part = complete(values, block(design, len(factors)))

    def indices(rows: Integers, weights: Floats) -> Floats:
        mean = (part.values @ weights)[rows]
        ends = mean[:, [0, -1]]
        if np.ptp(ends) <= 1e-12 * np.abs(ends).max():
            return np.full((2, len(factors)), np.nan)
        mean = (mean - ends.mean()) / ends.std()
        swapped = mean[:, 1 : len(factors) + 1]
        a, b = (np.repeat(mean[:, [column]], len(factors), axis=1) for column in (0, -1))
        return np.array([first_order(a, swapped, b), total_order(a, swapped, b)])

    names = [factor.name for factor in factors]
    return _resampled(("S1", "ST"), names, indices, part, seed, resamples)


def pawn(
    points: pd.DataFrame,
    values: pd.DataFrame,
    factors: Sequence[Factor],
    seed: int,
    resamples: int = 200,
) -> pd.DataFrame:
    """PAWN (Pianosi and Wagener 2018), for any sample of points.

    The points are cut into slices of a factor (each value of a choice, else slices of equal
    number); in each, the largest distance between the outcome's distribution there and over all.
    Columns: factor; pawn, the median over slices, with _low and _high; highest, the maximum with
    the same; noise: what a factor without influence stays below in 95 of 100 samples; in_slice:
    points in the smallest slice.
    """
    part = complete(values)
    codes = _codes(points, factors)[part.kept]
    slices = [_slices(codes[:, k], isinstance(f, Choice)) for k, f in enumerate(factors)]
    outcome = part.values[:, 0, :]

    def indices(rows: Integers, weights: Floats) -> Floats:
        mean = (outcome @ weights)[rows]
        distances = [_distances(mean, which[rows]) for which in slices]
        return np.array([[np.median(d), d.max()] for d in distances]).T

    names = [factor.name for factor in factors]
    table = _resampled(("pawn", "highest"), names, indices, part, seed, resamples, centred=True)
    luck = _luck(seed)
    mean = outcome.mean(axis=1)
    noise = [
        np.quantile(
            [np.median(_distances(mean, luck.permutation(which))) for _ in range(200)], 0.95
        )
        for which in slices
    ]
    in_slice = [int(np.bincount(which[which >= 0]).min()) for which in slices]
    return table.assign(noise=noise, in_slice=in_slice)


def too_few(table: pd.DataFrame) -> str:
    """What to know of a table of PAWN from few points; empty where there are enough."""
    fewest = table["in_slice"].min()
    if fewest >= ENOUGH_IN_SLICE:
        return ""
    return (
        f"slices of a factor hold only {fewest} points, and below {ENOUGH_IN_SLICE} the intervals "
        "look surer than they are: hold each index against its noise. Example: [design] size = "
        f"{SLICES * ENOUGH_IN_SLICE}"
    )


def _slices(codes: Floats, is_choice: bool) -> np.ndarray:
    """Which slice each point is in: by value, or in equal numbers by rank; -1 where it has none,
    since there the scenario's own value holds."""
    known = np.isfinite(codes)
    n = min(SLICES, int(known.sum()) // FEWEST_IN_SLICE)
    if n < 2:
        raise InputError(
            f"PAWN needs at least {2 * FEWEST_IN_SLICE} points, not {known.sum()}. Example: "
            f"[design] size = {SLICES * ENOUGH_IN_SLICE}"
        )
    which = np.full(len(codes), -1)
    if is_choice:
        which[known] = np.unique(codes[known], return_inverse=True)[1]
    else:
        rank = stats.rankdata(codes[known], method="ordinal").astype(int) - 1
        which[known] = rank * n // known.sum()
    return which


def _distances(outcome: Floats, which: np.ndarray) -> Floats:
    """Kolmogorov and Smirnov's distance between each slice and all; shape (slices,)."""
    if np.ptp(outcome) == 0:
        return np.full(2, np.nan)
    order = outcome.argsort(kind="stable")
    member = which[order][:, None] == np.unique(which)
    here = member.cumsum(axis=0) / member.sum(axis=0)
    everywhere = np.arange(1, len(outcome) + 1)[:, None] / len(outcome)
    last_of_ties = np.append(np.diff(outcome[order]) > 0, True)
    return np.asarray(np.abs(here - everywhere)[last_of_ties].max(axis=0))


def _codes(points: pd.DataFrame, factors: Sequence[Factor]) -> Floats:
    """Points as numbers: values, and for a choice which of its values; shape (points, factors)."""
    columns = [
        points[f.name].map({value: k for k, value in enumerate(f.values)})
        if isinstance(f, Choice)
        else points[f.name]
        for f in factors
    ]
    return np.column_stack([column.to_numpy(float) for column in columns])


def _resampled(
    names: Sequence[str],
    factors: Sequence[str],
    indices: Callable[[Integers, Floats], Floats],
    part: Complete,
    seed: int,
    resamples: int,
    centred: bool = False,
) -> pd.DataFrame:
    """A table of indices with their intervals.

    indices : of rows drawn (blocks) and weights of replicates, to shape (indices, factors)
    centred : the interval is 1.96 standard deviations of the resampled to each side, for an index
        from 0 to 1 that resampling itself raises; else it ends at their quantiles
    """
    blocks, _, replicates = part.values.shape
    even = np.full(replicates, 1 / replicates)
    point = indices(np.arange(blocks), even)
    luck = _luck(seed)
    rows = luck.integers(0, blocks, size=(resamples, blocks))
    weights = luck.multinomial(replicates, even, size=resamples) / replicates
    drawn = np.array([indices(rows[k], weights[k]) for k in range(resamples)])
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
    if centred:
        half = stats.norm.ppf((1 + CONFIDENCE) / 2) * drawn.std(axis=0, ddof=1)
        low, high = np.clip([point - half, point + half], 0, 1)
    table: dict[str, object] = {"factor": list(factors)}
    for k, name in enumerate(names):
        table |= {name: point[k], f"{name}_low": low[k], f"{name}_high": high[k]}
    return pd.DataFrame(table).assign(blocks=blocks, replicates=replicates)


def _luck(seed: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(PURPOSE,)))
