"""Simulation-based calibration: data made from known points are fitted as the real ones are.

Runs of the table, from which nothing was learnt, stand for the truth, and their readings with
errors for the data, which are fitted on the same pool. The check's prior is the density from which
the pool, and so the table, was drawn, so that each truth is where the fit looks: if the fit is
right, the truth's rank among the posterior's draws is even, and its 90 % interval holds it in nine
of ten (Talts et al. 2018).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from abm.chance import Floats
from abm.errors import InputError
from abm.study.calibration import emulator, pipeline, posterior
from abm.study.calibration.data import Data
from abm.study.calibration.pipeline import Fit, Runs
from abm.study.calibration.settings import TWIN_LEARNT
from abm.study.calibration.space import Space, luck

CENTRAL = 0.9
LEAST = 5.0  # points that must count: fewer than in the fit, as the pool was drawn for other data
INFORMED = 0.2  # share of the variance gone, from which on the data inform a factor


def check(fit: Fit, data: Data, sets: int, seed: int) -> pd.DataFrame:
    """Fit made-up data sets: one row a set and factor.

    data : whose targets are made up; sets : how many

    Columns: set, factor; truth, mean, low, high (90 %) in the cube; rank, share of the posterior
    below the truth; inside; spread, the posterior's over that of the pool. Sets that fewer than
    LEAST points come near to are left out.
    """
    draws = luck(seed, 6)
    which = [fit.every.ids.index(id) for id in data.ids]
    readings = fit.table.readings[:, which]
    usable = np.flatnonzero(~np.isnan(readings).all(axis=1))
    chosen = draws.permutation(usable)[:sets]
    pool = replace(fit.pool, log_density=np.zeros(len(fit.pool.cube)))
    before = pool.cube.std(axis=0)
    rows = []
    for number, run in enumerate(chosen):
        made = data.synthetic(readings[run], draws)
        try:
            found = posterior.fit(made, pool, LEAST)
        except InputError:
            continue
        rows.append(_row(number, fit.space, fit.table.cube[run], found, before, draws))
    if not rows:
        raise InputError(
            "no made-up data set has enough points near it; a larger pool is needed. "
            "Example: [calibration] pool = 20000"
        )
    return pd.concat(rows, ignore_index=True)


def check_by(
    simulate: Callable[[Floats], Floats],
    fit: Fit,
    data: Data,
    sets: int,
    seed: int,
) -> pd.DataFrame:
    """As `check`, of another simulator on the points of the fit's pool, such as the twin.

    simulate : from points of the cube, shape (points, factors), to readings of all fitted targets;
    it is asked for TWIN_LEARNT points to learn from and for as many as sets
    """
    rows = pipeline.spread(len(fit.pool.cube), TWIN_LEARNT + sets)
    rows = luck(seed, 9).permutation(rows)
    cube = fit.pool.cube[rows]
    readings = simulate(cube)
    learnt, truths = (
        Runs(cube[part], readings[part]) for part in (slice(TWIN_LEARNT), slice(TWIN_LEARNT, None))
    )
    with emulator.one_thread():
        means, variances = learnt.learnt(fit.every, seed).predict(fit.pool.cube)
    pool = replace(fit.pool, means=means, variances=variances)
    return check(replace(fit, pool=pool, table=truths), data, sets, seed)


def _row(
    number: int,
    space: Space,
    truth: Floats,
    found: posterior.Posterior,
    before: Floats,
    draws: np.random.Generator,
) -> pd.DataFrame:
    low, high = found.quantiles([(1 - CENTRAL) / 2, (1 + CENTRAL) / 2])
    below = np.where(found.cube < truth, found.weights[:, None], 0.0).sum(axis=0)
    equal = np.where(found.cube == truth, found.weights[:, None], 0.0).sum(axis=0)
    return pd.DataFrame(
        {
            "set": number,
            "factor": space.names,
            "truth": truth,
            "mean": found.weights @ found.cube,
            "low": low,
            "high": high,
            "rank": below + draws.random(len(truth)) * equal,
            "inside": (low <= truth) & (truth <= high),
            "spread": found.spread() / before,
        }
    )


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """One row a factor: sets; coverage of 90 % intervals with coverage_low and _high, its own 95 %
    (Wilson's); rank_p, of Kolmogorov and Smirnov's test that ranks are even; correlation of truth
    and mean; shrinkage, the mean share of the pool's variance that is gone; informed."""
    rows = []
    for factor, part in table.groupby("factor", sort=False):
        sets, inside = len(part), int(part["inside"].sum())
        ends = stats.binomtest(inside, sets, CENTRAL).proportion_ci(method="wilson")
        shrinkage = float(1 - (part["spread"] ** 2).mean())
        flat = part["mean"].std() == 0 or part["truth"].std() == 0
        rows.append(
            {
                "factor": factor,
                "sets": sets,
                "coverage": inside / sets,
                "coverage_low": ends.low,
                "coverage_high": ends.high,
                "rank_p": float(stats.kstest(part["rank"], "uniform").pvalue),
                "correlation": np.nan if flat else float(part["truth"].corr(part["mean"])),
                "shrinkage": shrinkage,
                "informed": shrinkage >= INFORMED,
            }
        )
    return pd.DataFrame(rows)
