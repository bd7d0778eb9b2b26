"""Simulation-based calibration: data made from known points are fitted as the real ones are.

A run of the table stands for the truth, its readings with errors for the data, and the other runs
for what is fitted. The check's prior is the density from which the table was drawn, so that each
truth is where the fit looks: if the fit is right, the truth's rank among the posterior's draws is
even, and its 90 % interval holds it in nine of ten (Talts et al. 2018).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from abm.chance import Floats
from abm.errors import InputError
from abm.study.calibration import posterior
from abm.study.calibration.data import Data
from abm.study.calibration.posterior import Table
from abm.study.calibration.space import Space, luck

CENTRAL = 0.9
INFORMED = 0.2  # share of the variance gone, from which on the data inform a factor


def check(
    space: Space, data: Data, table: Table, sets: int, at_least: float, seed: int
) -> pd.DataFrame:
    """Fit made-up data sets: one row a set and factor.

    at_least : runs that must count, as in the fit

    Columns: set, factor; truth, mean, low, high (90 %) in the cube; rank, share of the posterior
    below the truth; inside; spread, the posterior's over that of the table. Sets that too few runs
    come near to are left out.
    """
    even = Table(table.ids, table.cube, table.readings, np.zeros(len(table.cube)))
    draws = luck(seed, 6)
    readings = table.of(data)
    usable = np.flatnonzero(~np.isnan(readings).all(axis=1))
    chosen = draws.permutation(usable)[:sets]
    before = table.cube.std(axis=0)
    rows = []
    for number, run in enumerate(chosen):
        made = data.synthetic(readings[run], draws)
        try:
            found = posterior.fit(made, even.without(int(run)), at_least)
        except InputError:
            continue
        rows.append(_row(number, space, table.cube[run], found, before, draws))
    if not rows:
        raise InputError(
            "no made-up data set has enough runs near it; a larger table is needed. "
            "Example: [calibration] table = 1000"
        )
    return pd.concat(rows, ignore_index=True)


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
    and mean; shrinkage, the mean share of the table's variance that is gone; informed."""
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
