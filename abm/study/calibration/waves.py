"""History matching in waves: learn from runs, rule out what cannot be, run again in what is left.

A point is ruled out when, even with the emulator's uncertainty, more than ALLOWED figures are
further off than CUT deviations: a few, because some figures contradict each other, and a model may
miss one for good. Within what is left, points are drawn from a density that is flatter than the
posterior of any evidence scenario and covers them all, each likelihood relative to the best that is
known for it, or the scenario that the model fits worst would have no points. While waves approach
the data, little of the emulator's variance counts: they go where its mean says that the data are,
and being wrong there costs runs, which teach it, not the posterior.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from abm.chance import Floats
from abm.errors import InputError
from abm.study.calibration import sampler
from abm.study.calibration.data import Data
from abm.study.calibration.emulator import Emulator
from abm.study.calibration.space import Space, luck

CUT = 3.0  # deviations: Pukelsheim's three-sigma rule, as is usual
ALLOWED = 4  # figures that may be further off
TRIED = 5_000  # points of the prior among which chains begin
CHAINS, BURN_IN, THIN = 40, 60, 20


@dataclass(frozen=True, eq=False)
class Drawn:
    """Points to run: cube, shape (points, factors); log_density, relative to the prior, but for a
    constant; left: share of the prior that is not ruled out."""

    cube: Floats
    log_density: Floats
    left: float


@dataclass(frozen=True)
class Wave:
    """What a wave knows: an emulator of every reading, and the data of each evidence scenario.

    heat : by which log likelihoods are divided; 1 is the posterior
    counted : share of the emulator's variance that counts beside the data's
    """

    emulator: Emulator
    data: Mapping[str, Data]
    heat: float
    counted: float = 1.0

    def log_likelihoods(self, cube: Floats) -> Floats:
        """Of each evidence scenario, shape (points, scenarios); -inf where it rules a point out."""
        means, variances = self.emulator.predict(cube)
        each = []
        for data in self.data.values():
            which = [self.emulator.ids.index(id) for id in data.ids]
            y, v = means[:, which], variances[:, which]
            off = data.implausibility(y, v) > CUT
            likely = data.log_likelihood(y, self.counted * v)
            each.append(np.where(off.sum(axis=1) <= ALLOWED, likely, -np.inf))
        return np.column_stack(each)

    def log_density(self, likelihoods: Floats, best: Floats) -> Floats:
        """Log of the density relative to the prior, but for a constant, shape (points,).

        likelihoods : as `log_likelihoods`; best : of each evidence scenario, shape (scenarios,)
        """
        return np.asarray(logsumexp((likelihoods - best) / self.heat, axis=1))

    def draw(self, space: Space, points: int, seed: int, number: int, known: Floats) -> Drawn:
        """Points of the density, with their log density, and the share of the prior not ruled out.

        known : points that were run, shape (runs, factors), where chains may begin as well

        Raises InputError where everything is ruled out.
        """
        draws = luck(seed, 2, number)
        tried = space.latin(TRIED, seed, 3, number)
        both = np.concatenate([tried, known])
        likely = self._of_many(both)
        best = likely.max(axis=0)
        best[np.isneginf(best)] = 0.0  # of a scenario that rules out all of them
        found = self.log_density(likely, best)
        alive = np.isfinite(found)
        left = float(alive[: len(tried)].mean())
        if not alive.any():
            raise InputError(
                f"of {TRIED:,} points of the prior all are ruled out: {ALLOWED + 1} figures or "
                "more are far off in each. Widen priors, or let more factors go on. Example: "
                "[calibration] factors = 30"
            )
        chains = min(CHAINS, points, int(alive.sum()))
        start = both[np.argsort(found)[::-1][:chains]]
        kept = -(-points // chains)

        def density(cube: Floats) -> Floats:
            return self.log_density(self.log_likelihoods(cube), best)

        chain = sampler.sample(density, start, BURN_IN + kept * THIN, draws, THIN)
        cube = chain[-kept:].reshape(-1, len(space))[:points]
        return Drawn(cube, self.log_density(self._of_many(cube), best), left)

    def _of_many(self, cube: Floats) -> Floats:
        """The log likelihoods of many points, a few hundred at a time."""
        return np.concatenate([self.log_likelihoods(part) for part in np.array_split(cube, 20)])
