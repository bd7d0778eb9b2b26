"""The posterior by approximate Bayesian computation on the runs of one table.

Each run is weighed by how likely it makes the data, over the density that its point was drawn from.
Since the data have deviations of their own (those of the figures and of what they count), this
kernel is not an approximation: with many runs the weights are exact (Wilkinson 2013). With few, the
deviations are widened by one factor until enough runs count, and the points are then moved by
regression to where readings that much closer to the data would have come from (Beaumont, Zhang and
Balding 2002).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit, logsumexp

from abm.chance import Floats
from abm.errors import InputError
from abm.study.calibration.data import Data
from abm.study.calibration.space import Space

WIDEST = 2.0  # about the root of the heat of the table: beyond, its points were drawn too narrowly
TRIED = 41
EDGE = 1e-4  # so that points at the edge of the cube have a finite logit
RIDGE = 1e-2


@dataclass(frozen=True, eq=False)
class Table:
    """Runs: points of the cube, readings of every target, log density of the points.

    cube : shape (runs, factors); readings : shape (runs, targets), in order of ids
    log_density : shape (runs,), relative to the prior, but for a constant
    """

    ids: tuple[str, ...]
    cube: Floats
    readings: Floats
    log_density: Floats

    def of(self, data: Data) -> Floats:
        """The readings of the data's targets."""
        return self.readings[:, [self.ids.index(id) for id in data.ids]]

    def without(self, run: int) -> Table:
        """The table without one run."""
        keep = np.arange(len(self.cube)) != run
        return Table(self.ids, self.cube[keep], self.readings[keep], self.log_density[keep])


@dataclass(frozen=True, eq=False)
class Posterior:
    """Weighted points.

    cube : moved points, shape (runs, factors); weights : sum 1; widened : factor on the data's
    deviations; effective : runs that count, 1 / Σ w²
    """

    cube: Floats
    weights: Floats
    widened: float
    effective: float

    def mean(self) -> Floats:
        """The weighted mean in logits, as a point of the cube."""
        return np.asarray(expit(self.weights @ _logit(self.cube)))

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
        """Rows of the table drawn by weight, by systematic resampling: shape (points,)."""
        at = (draws.random() + np.arange(points)) / points
        return np.searchsorted(self.weights.cumsum(), at).clip(max=len(self.weights) - 1)


def fit(data: Data, table: Table, at_least: float) -> Posterior:
    """The posterior, with the deviations widened until so many runs count.

    Raises InputError where even the widest kernel leaves fewer.
    """
    readings = table.of(data)
    widened = _widened(data, readings, table.log_density, at_least)
    weights = _weights(data, readings, table.log_density, widened)
    cube = table.cube if widened == 1 else _moved(data, table.cube, readings, weights, widened)
    return Posterior(cube, weights, widened, 1 / float((weights**2).sum()))


def _weights(data: Data, readings: Floats, log_density: Floats, widened: float) -> Floats:
    logs = data.log_likelihood(readings, widen=widened) - log_density
    logs = np.where(np.isnan(readings).all(axis=1), -np.inf, logs)
    return np.asarray(np.exp(logs - logsumexp(logs)))


def _widened(data: Data, readings: Floats, log_density: Floats, at_least: float) -> float:
    """The smallest factor, of those tried, with which enough runs count."""
    most = 0.0
    for widened in np.linspace(1.0, WIDEST, TRIED):
        weights = _weights(data, readings, log_density, float(widened))
        effective = 1 / float((weights**2).sum())
        if effective >= at_least:
            return float(widened)
        most = max(most, effective)
    raise InputError(
        f"of {len(readings)} runs only {most:.1f} count, of {at_least:g} needed; more runs or "
        "waves, or fewer that must. Example: [calibration] table = 1000"
    )


def _moved(data: Data, cube: Floats, readings: Floats, weights: Floats, widened: float) -> Floats:
    """Points moved by weighted ridge regression on the misses, from those of the widened kernel to
    those of the data's own: misses shrink by the factor, and points with them."""
    misses = data.misses(readings) / widened
    shown = misses - weights @ misses
    y = _logit(cube)
    weighted = shown * weights[:, None]
    penalty = RIDGE * np.eye(shown.shape[1])
    slopes = np.linalg.solve(shown.T @ weighted + penalty, weighted.T @ (y - weights @ y))
    return np.asarray(expit(y - (misses * (1 - 1 / widened)) @ slopes))


def _logit(cube: Floats) -> Floats:
    return np.asarray(logit(np.clip(cube, EDGE, 1 - EDGE)))


def table_of(space: Space, posterior: Posterior, prior_spread: float = 12**-0.5) -> pd.DataFrame:
    """What the posterior says of each factor: one row a factor.

    Columns: factor, prior_low, prior_high, mean, low, median, high (central 90 %), shrinkage: the
    share of the prior's variance, over its quantiles, that is gone; 0: nothing was learnt.
    """
    ends = posterior.quantiles([0.05, 0.5, 0.95])
    natural = [space.values(row[None, :]).iloc[0] for row in (posterior.mean(), *ends)]
    rows = {
        "factor": space.names,
        "prior_low": [each.low for each in space.factors],
        "prior_high": [each.high for each in space.factors],
        **{
            name: values.to_numpy()
            for name, values in zip(("mean", "low", "median", "high"), natural, strict=True)
        },
        "shrinkage": 1 - (posterior.spread() / prior_spread) ** 2,
    }
    return pd.DataFrame(rows)
