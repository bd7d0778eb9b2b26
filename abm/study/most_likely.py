"""The likeliest point of a fit (maximum a posteriori), by least squares on a function's readings.

A posterior of normal data and of even or normal priors is greatest where the sum of squared misses
is least: of readings, in the data's deviations, and of factors with a normal prior, in theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import least_squares

from abm.chance import Floats
from abm.errors import InputError
from abm.study.factors import Uncertainty
from abm.study.identify import Simulate

STEP = 0.02  # of a range, of the differences that stand for derivatives
ENOUGH = 1e-3  # relative change of the sum of squares, or of the point, at which it is found

Misses = Callable[[pd.DataFrame], Floats]  # readings, one row a point, to deviations off, by row


@dataclass(frozen=True, eq=False)
class Peak:
    """Where the posterior is greatest.

    point : values by factor; readings : there; at_edge : factors on an end of their range, of which
    the fit would have more; misses : deviations off, readings first, then normal priors
    misfit, misfit_at_start : sums of their squares
    log_posterior : but for a constant; evaluations : points that were run; found : whether it ended
    by itself, and not for lack of evaluations
    """

    point: pd.Series
    readings: pd.Series
    at_edge: tuple[str, ...]
    misses: Floats
    misfit_at_start: float
    evaluations: int
    found: bool

    @property
    def misfit(self) -> float:
        return float((self.misses**2).sum())

    @property
    def log_posterior(self) -> float:
        return -0.5 * self.misfit


def most_likely(
    simulate: Simulate,
    factors: Sequence[Uncertainty],
    misses: Misses,
    start: Mapping[str, float],
    most: int = 400,
) -> Peak:
    """The likeliest point, from a start.

    simulate : points to readings, deterministic and smooth, as the twin is; several points at once
        where it takes differences; misses : of readings, finite, for example those of
        `abm.study.calibration.data.Data.best`
    start : by factor; those not named begin in the middle of their range; most : points to run

    Raises InputError where a prior is neither even nor normal, the start is out of range or a miss
    is not a number.
    """
    for each in factors:
        if each.distribution not in ("uniform", "normal"):
            raise InputError(
                f"the prior of {each.name!r} is {each.distribution}, but a sum of squares knows "
                f"even and normal ones. Example: {each.name} = [{each.low:g}, {each.high:g}]"
            )
    low = np.array([each.low for each in factors])
    high = np.array([each.high for each in factors])
    names = [each.name for each in factors]
    first = np.array([start.get(each.name, (each.low + each.high) / 2) for each in factors])
    for name, value, least, greatest in zip(names, first, low, high, strict=True):
        if not least <= value <= greatest:
            raise InputError(
                f"the start of {name!r} is {value:g}, out of its range. Example: "
                f"{name} = {(least + greatest) / 2:g}"
            )
    runs = _Runs(simulate, factors, misses, low, high)
    begin = np.clip((first - low) / (high - low), 1e-6, 1 - 1e-6)
    at_start = float((runs.at(begin) ** 2).sum())
    found = least_squares(
        runs.at,
        begin,
        jac=runs.slopes,
        bounds=(0.0, 1.0),
        x_scale=0.2,
        ftol=ENOUGH,
        xtol=ENOUGH,
        gtol=None,
        max_nfev=max(2, most // (len(names) + 1)),
    )
    point = pd.Series(low + found.x * (high - low), names, name="value")
    edge = (found.x < STEP / 2) | (found.x > 1 - STEP / 2)
    readings = simulate(point.to_frame().T).iloc[0]
    at_edge = tuple(name for name, is_so in zip(names, edge, strict=True) if is_so)
    return Peak(
        point, readings, at_edge, np.asarray(found.fun), at_start, runs.count + 1, found.status > 0
    )


class _Runs:
    """Misses and their slopes at points of the unit cube; counts points run."""

    def __init__(
        self,
        simulate: Simulate,
        factors: Sequence[Uncertainty],
        misses: Misses,
        low: Floats,
        high: Floats,
    ) -> None:
        self._simulate, self._misses, self._low, self._high = simulate, misses, low, high
        self._names = [each.name for each in factors]
        normal = [k for k, each in enumerate(factors) if each.distribution == "normal"]
        self._normal = np.array(normal, dtype=np.int64)
        self._mean = np.array([float(factors[k].mean or 0.0) for k in normal])
        self._spread = np.array([float(factors[k].spread or 1.0) for k in normal])
        self.count = 0

    def of(self, cube: Floats) -> Floats:
        """All misses, (points, misses)."""
        values = self._low + cube * (self._high - self._low)
        self.count += len(cube)
        misses = self._misses(self._simulate(pd.DataFrame(values, columns=self._names)))
        if not np.isfinite(misses).all():
            raise InputError(
                "a miss is not a number, so no point is the likeliest: leave out readings that the "
                "function cannot give. Example: targets that end before the run does"
            )
        prior = (values[:, self._normal] - self._mean) / self._spread
        return np.concatenate([misses, prior], axis=1)

    def at(self, point: Floats) -> Floats:
        return np.asarray(self.of(point[None, :])[0])

    def slopes(self, point: Floats) -> Floats:
        """Differences to the side that has more room, (misses, factors)."""
        step = np.where(point < 0.5, STEP, -STEP)
        around = point + np.vstack([np.zeros(len(point)), np.diag(step)])
        found = self.of(around)
        return np.asarray(((found[1:] - found[0]) / step[:, None]).T)
