"""The posterior: points of one pool, weighed by how likely they make the data.

A pool of points is drawn from the last wave's density, which covers all evidence scenarios; the
emulator, which has learnt from the runs, foretells the readings of each. A point is weighed by how
likely the data are given these, with the variance of the data and of what is foretold, over the
density that it was drawn from. So the luck of single runs, which the one real history did not have
at such size, is averaged out, and what the emulator does not know counts as not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from abm.chance import Floats
from abm.errors import InputError
from abm.study.calibration.data import Data
from abm.study.calibration.space import Space


@dataclass(frozen=True, eq=False)
class Pool:
    """Points with what is foretold of them.

    cube : shape (points, factors); means, variances : of one run's readings, shape (points,
    targets), in order of ids; log_density : that the points were drawn from, relative to the prior,
    but for a constant, shape (points,)
    """

    ids: tuple[str, ...]
    cube: Floats
    means: Floats
    variances: Floats
    log_density: Floats

    def log_likelihood(self, data: Data, counted: float = 1.0) -> Floats:
        """Of the data at each point, shape (points,); counted : share of the variances."""
        which = [self.ids.index(id) for id in data.ids]
        return data.log_likelihood(self.means[:, which], counted * self.variances[:, which])

    def foretold(self, weights: Floats) -> tuple[Floats, Floats]:
        """Mean and standard deviation of the readings of runs at weighted points, by target."""
        mean = weights @ self.means
        return mean, np.sqrt(weights @ (self.variances + (self.means - mean) ** 2))


@dataclass(frozen=True, eq=False)
class Posterior:
    """Weighted points.

    cube : shape (points, factors); weights : sum 1; effective : points that count, 1 / Σ w²
    """

    cube: Floats
    weights: Floats
    effective: float

    def quantiles(self, of: Sequence[float]) -> Floats:
        """Weighted quantiles of each factor, shape (quantiles, factors).

        The truth is as one more draw among those that count, so the p-quantile of n of them is the
        one at p (n + 1) from below (Weibull): with few, intervals by plain quantiles are too short.
        """
        n = self.effective
        asked = np.clip((np.asarray(of) * (n + 1) - 0.5) / n, 0.0, 1.0)
        columns = []
        for column in self.cube.T:
            order = column.argsort()
            at = self.weights[order].cumsum() - self.weights[order] / 2
            columns.append(np.interp(asked, at, column[order]))
        return np.array(columns).T

    def spread(self) -> Floats:
        """Weighted standard deviation of each factor over the cube; the prior's is 1/√12."""
        mean = self.weights @ self.cube
        return np.asarray(np.sqrt(self.weights @ (self.cube - mean) ** 2))

    def draw(self, points: int, draws: np.random.Generator) -> np.ndarray:
        """Rows of the pool drawn by weight, by systematic resampling: shape (points,)."""
        at = (draws.random() + np.arange(points)) / points
        return np.searchsorted(self.weights.cumsum(), at).clip(max=len(self.weights) - 1)


def fit(data: Data, pool: Pool, at_least: float) -> Posterior:
    """The posterior of the data.

    Raises InputError where fewer points count.
    """
    logs = pool.log_likelihood(data) - pool.log_density
    weights = np.asarray(np.exp(logs - logsumexp(logs)))
    effective = 1 / float((weights**2).sum())
    if effective < at_least:
        raise InputError(
            f"of {len(logs):,} points only {effective:.1f} count, of {at_least:g} needed; more "
            "points or waves, or fewer that must. Example: [calibration] pool = 20000"
        )
    return Posterior(pool.cube, weights, effective)


def table_of(
    space: Space, posterior: Posterior, centre: Floats, prior_spread: float = 12**-0.5
) -> pd.DataFrame:
    """What the posterior says of each factor: one row a factor.

    centre : a likely point, of the cube

    Columns: factor, prior_low, prior_high, centre, low, median, high (central 90 %), shrinkage: the
    share of the prior's variance, over its quantiles, that is gone; 0: nothing was learnt.
    """
    ends = posterior.quantiles([0.05, 0.5, 0.95])
    natural = [space.values(row[None, :]).iloc[0] for row in (centre, *ends)]
    rows = {
        "factor": space.names,
        "prior_low": [each.low for each in space.factors],
        "prior_high": [each.high for each in space.factors],
        **{
            name: values.to_numpy()
            for name, values in zip(("centre", "low", "median", "high"), natural, strict=True)
        },
        "shrinkage": 1 - (posterior.spread() / prior_spread) ** 2,
    }
    return pd.DataFrame(rows)
