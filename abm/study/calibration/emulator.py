"""Emulators: a reading as a smooth function of the point, learnt from runs, with its uncertainty.

Readings are squeezed before they are learnt. Counts become logs, s = ln((y + σ) / (aim + σ)), σ the
deviation of the data, so that none is foretold below nobody; all else s = arcsinh((y - aim) /
(LINEAR σ)): some deviations from the data as it is, far beyond as its log. For each reading s is a
polynomial of second order without products, by ridge regression, and a Gaussian process of its
residuals with one length for each factor and the noise of single runs (scikit-learn). What is
foretold is one run's reading: its variance holds the emulator's own and that of luck and of
whatever else differs between runs of one point. Where runs that are left out one by one lie further
off than it says, it is widened.
"""

from __future__ import annotations

import warnings
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from scipy.linalg import cho_solve
from scipy.spatial.distance import cdist

from abm.chance import Floats
from abm.errors import InputError
from abm.study.calibration.data import Data
from abm.study.calibration.space import luck

LEARNT_ON = 300  # points at most on which lengths are found; all are used to predict
RIDGE = 1e-3
FEWEST = 10
LINEAR = 5.0  # deviations within which squeezing does little
FARTHEST = 8.0  # squeezed: as far off as it gets
COUNTS = ("people", "permits")  # units of what cannot be less than none
SHORTEST = 0.3  # length of a process; one that bends more overfits
LARGEST = 2.0  # its variance, of the reading's
QUIETEST = 1e-3  # the variance of luck, of the reading's


@dataclass(frozen=True)
class Squeeze:
    """How the readings of one target are squeezed."""

    aim: float
    sd: float
    is_count: bool

    def squeezed(self, readings: Floats) -> Floats:
        """s of readings."""
        if self.is_count:
            return np.log((readings + self.sd) / (self.aim + self.sd))
        return np.arcsinh((readings - self.aim) / (LINEAR * self.sd))

    def readings(self, squeezed: Floats) -> tuple[Floats, Floats]:
        """Readings of s, and dy/ds there."""
        s = np.clip(squeezed, -FARTHEST, FARTHEST)
        if self.is_count:
            slope = (self.aim + self.sd) * np.exp(s)
            return slope - self.sd, slope
        unit = LINEAR * self.sd
        return self.aim + unit * np.sinh(s), unit * np.cosh(s)


@dataclass(frozen=True, eq=False)
class One:
    """An emulator of one squeezed reading, of which centre and scale are taken off.

    weights : of the polynomial
    lengths : of the process; shown : points over lengths, shape (runs, factors); inverse : of their
    covariance, shape (runs, runs); alpha : it times the residuals; variance : of the process
    noise : standard deviation of single runs, squeezed; widened : factor on all variance
    """

    squeeze: Squeeze
    centre: float
    scale: float
    weights: Floats
    lengths: Floats
    shown: Floats
    inverse: Floats
    alpha: Floats
    variance: float
    noise: float
    widened: float

    def squeezed(self, cube: Floats) -> tuple[Floats, Floats]:
        """Mean and variance of the squeezed reading of one run at points, shape (points,).

        As scikit-learn's `predict`; without its checks of each call, which take most of the time
        when points are few.
        """
        near = self.variance * np.exp(-0.5 * cdist(cube / self.lengths, self.shown, "sqeuclidean"))
        left = np.maximum(self.variance - ((near @ self.inverse) * near).sum(axis=1), 1e-8)
        mean = self.centre + self.scale * (near @ self.alpha + _terms(cube) @ self.weights)
        return mean, self.widened * (left * self.scale**2 + self.noise**2)

    def predict(self, cube: Floats) -> tuple[Floats, Floats]:
        """Mean and variance of the reading of one run at points, in its unit, shape (points,)."""
        mean, variance = self.squeezed(cube)
        readings, slope = self.squeeze.readings(mean)
        return readings, slope**2 * variance


@dataclass(frozen=True, eq=False)
class Emulator:
    """Emulators of several readings of the same points."""

    ids: tuple[str, ...]
    parts: tuple[One, ...]

    def predict(self, cube: Floats) -> tuple[Floats, Floats]:
        """Means and variances of one run's readings, shape (points, readings)."""
        found = [part.predict(cube) for part in self.parts]
        return np.column_stack([f[0] for f in found]), np.column_stack([f[1] for f in found])


def fit(cube: Floats, readings: Floats, data: Data, seed: int) -> Emulator:
    """Learn each reading from runs.

    cube : points, shape (runs, factors); readings : of the data's targets, shape (runs, targets),
    NaN where there is none

    Raises InputError where a reading has too few runs.
    """
    parts = []
    for k, id in enumerate(data.ids):
        known = np.isfinite(readings[:, k])
        if known.sum() < FEWEST:
            raise InputError(
                f"only {known.sum()} runs have a reading of {id}, of {FEWEST} needed; run longer, "
                "or more. Example: until = 2024-12-31"
            )
        is_count = data.targets[k].unit in COUNTS
        squeeze = Squeeze(float(data.aim[k]), float(data.sd[k]), is_count)
        parts.append(_one(cube[known], readings[known, k], squeeze, luck(seed, 1, k)))
    return Emulator(tuple(data.ids), tuple(parts))


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


def _one(cube: Floats, readings: Floats, squeeze: Squeeze, draws: np.random.Generator) -> One:
    squeezed = squeeze.squeezed(readings)
    centre, scale = float(squeezed.mean()), float(squeezed.std()) or 1.0
    y = (squeezed - centre) / scale
    terms = _terms(cube)
    penalty = RIDGE * len(y) * np.eye(terms.shape[1])
    penalty[0, 0] = 0.0
    weights = np.linalg.solve(terms.T @ terms + penalty, terms.T @ y)
    process = _process(cube, y - terms @ weights, draws)
    signal, white = process.kernel_.k1, process.kernel_.k2
    lengths = np.broadcast_to(signal.k2.length_scale, cube.shape[1])
    inverse = cho_solve((process.L_, True), np.eye(len(y)))
    # Each run foretold by all others: off by alpha / diagonal, with variance 1 / diagonal.
    off = process.alpha_**2 / np.diag(inverse)
    return One(
        squeeze=squeeze,
        centre=centre,
        scale=scale,
        weights=weights,
        lengths=lengths,
        shown=process.X_train_ / lengths,
        inverse=inverse,
        alpha=process.alpha_,
        variance=float(signal.k1.constant_value),
        noise=float(scale * np.sqrt(white.noise_level)),
        widened=max(1.0, float(off.mean())),
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
    variance = min(max(float(residual.var()), 2 * QUIETEST), LARGEST)
    kernel = ConstantKernel(variance / 2, (1e-6, LARGEST)) * RBF(
        np.full(factors, 1.5), (SHORTEST, 20.0)
    ) + WhiteKernel(variance / 2, (QUIETEST, 10.0))
    some = draws.permutation(len(cube))[:LEARNT_ON]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a length at its bound: no influence
        learnt = GaussianProcessRegressor(kernel, alpha=1e-10, random_state=0)
        learnt.fit(cube[some], residual[some])
        if len(some) == len(cube):
            return learnt
        final = GaussianProcessRegressor(learnt.kernel_, alpha=1e-10, optimizer=None)
        return final.fit(cube, residual)
