"""Emulators: a reading as a smooth function of the point, learnt from runs, with its uncertainty.

For each reading a polynomial of second order without products, by ridge regression, and a
Gaussian process of its residuals with one length for each factor and the noise of single runs
(scikit-learn). Counts and ratios are learnt in logs. The prediction is of the mean over luck: noise
is left out.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from scipy.linalg import solve_triangular
from scipy.spatial.distance import cdist

from abm.chance import Floats
from abm.errors import InputError
from abm.study.calibration.space import luck

LEARNT_ON = 300  # points at most on which lengths are found; all are used to predict
RIDGE = 1e-3
LOGGED = ("people", "permits", "ratio", "multiple", "people a year")
FEWEST = 10


@dataclass(frozen=True, eq=False)
class One:
    """An emulator of one reading, of which centre and scale are taken off before it is learnt.

    weights : of the polynomial; shown : points over lengths, shape (runs, factors); factor : the
    Cholesky factor of their covariance; alpha : its inverse times the residuals; variance : of the
    process; noise : standard deviation of single runs, of their logs where these are learnt
    """

    logged: bool
    centre: float
    scale: float
    weights: Floats
    lengths: Floats
    shown: Floats
    factor: Floats
    alpha: Floats
    variance: float
    noise: float

    def predict(self, cube: Floats) -> tuple[Floats, Floats]:
        """Mean and variance of the reading at points, in its unit, shape (points,).

        As scikit-learn's `predict`, for the process without its noise; without its checks of each
        call, which take most of the time when points are few.
        """
        near = self.variance * np.exp(-0.5 * cdist(cube / self.lengths, self.shown, "sqeuclidean"))
        known = solve_triangular(self.factor, near.T, lower=True, check_finite=False)
        variance = np.maximum(self.variance - (known**2).sum(axis=0), 1e-8) * self.scale**2
        mean = self.centre + self.scale * (near @ self.alpha + _terms(cube) @ self.weights)
        if not self.logged:
            return mean, variance
        level = np.exp(np.clip(mean, -50.0, 50.0))
        return level, level**2 * np.minimum(variance, 4.0)


@dataclass(frozen=True, eq=False)
class Emulator:
    """Emulators of several readings of the same points."""

    ids: tuple[str, ...]
    parts: tuple[One, ...]

    def predict(self, cube: Floats) -> tuple[Floats, Floats]:
        """Means and variances, shape (points, readings)."""
        found = [part.predict(cube) for part in self.parts]
        return np.column_stack([f[0] for f in found]), np.column_stack([f[1] for f in found])

    def only(self, ids: Sequence[str]) -> Emulator:
        """The emulator of some of the readings, in the order asked for."""
        return Emulator(tuple(ids), tuple(self.parts[self.ids.index(id)] for id in ids))


def fit(
    cube: Floats, readings: Floats, ids: Sequence[str], units: Sequence[str], seed: int
) -> Emulator:
    """Learn each reading from runs.

    cube : points, shape (runs, factors); readings : shape (runs, readings), NaN where there is none

    Raises InputError where a reading has too few runs.
    """
    parts = []
    for k, (id, unit) in enumerate(zip(ids, units, strict=True)):
        known = np.isfinite(readings[:, k])
        if known.sum() < FEWEST:
            raise InputError(
                f"only {known.sum()} runs have a reading of {id}, of {FEWEST} needed; run longer, "
                "or more. Example: until = 2024-12-31"
            )
        parts.append(_one(cube[known], readings[known, k], unit in LOGGED, luck(seed, 1, k)))
    return Emulator(tuple(ids), tuple(parts))


def one_thread() -> AbstractContextManager[Any]:
    """Linear algebra on one thread: the same last bits each time, and no quarrel over processors.

    Raises InputError with the pip line where scikit-learn, which brings this, is not installed.
    """
    library()
    from threadpoolctl import threadpool_limits

    return cast(AbstractContextManager[Any], threadpool_limits(1))


def library() -> None:
    """InputError with the pip line where scikit-learn is not installed."""
    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise InputError(
            "emulators need scikit-learn, which is not installed. Install it with: "
            "pip install 'relokant[calibration]'"
        ) from None


def _one(cube: Floats, values: Floats, logged: bool, draws: np.random.Generator) -> One:
    if logged:  # nobody counts as half of the fewest
        positive = values[values > 0]
        values = np.log(np.maximum(values, positive.min() / 2 if len(positive) else 1.0))
    centre, scale = float(values.mean()), float(values.std()) or 1.0
    y = (values - centre) / scale
    terms = _terms(cube)
    penalty = RIDGE * len(y) * np.eye(terms.shape[1])
    penalty[0, 0] = 0.0
    weights = np.linalg.solve(terms.T @ terms + penalty, terms.T @ y)
    process = _process(cube, y - terms @ weights, draws)
    signal, white = process.kernel_.k1, process.kernel_.k2
    lengths = np.broadcast_to(signal.k2.length_scale, cube.shape[1])
    return One(
        logged=logged,
        centre=centre,
        scale=scale,
        weights=weights,
        lengths=lengths,
        shown=process.X_train_ / lengths,
        factor=process.L_,
        alpha=process.alpha_,
        variance=float(signal.k1.constant_value),
        noise=float(scale * np.sqrt(white.noise_level)),
    )


def _terms(cube: Floats) -> Floats:
    """One, each factor and its square, centred; shape (points, 1 + 2 factors)."""
    z = 2 * cube - 1
    return np.hstack([np.ones((len(z), 1)), z, z**2 - 1 / 3])


def _process(cube: Floats, residual: Floats, draws: np.random.Generator) -> Any:
    """A Gaussian process of residuals: lengths found on some of the points, conditioned on all."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    factors = cube.shape[1]
    variance = max(float(residual.var()), 1e-6)
    kernel = ConstantKernel(variance / 2, (1e-6, 10.0)) * RBF(
        np.full(factors, 1.5), (0.2, 20.0)
    ) + WhiteKernel(variance / 2, (1e-6, 10.0))
    some = draws.permutation(len(cube))[:LEARNT_ON]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a length at its bound: no influence
        learnt = GaussianProcessRegressor(kernel, alpha=1e-10, random_state=0)
        learnt.fit(cube[some], residual[some])
        if len(some) == len(cube):
            return learnt
        final = GaussianProcessRegressor(learnt.kernel_, alpha=1e-10, optimizer=None)
        return final.fit(cube, residual)
