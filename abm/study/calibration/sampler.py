"""Draws from a density over the cube by elliptical slice sampling (Murray, Adams, MacKay 2010).

The cube's even prior is a standard normal of each factor's quantile, for which this sampler is
made: it has nothing to tune, and its steps are as long as the density lets them be.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import ndtr

from abm.chance import Floats

LogDensity = Callable[[Floats], Floats]  # of points of the cube, shape (chains, factors)
SHRINKS = 60  # after so many the step is as good as none


def sample(
    log_density: LogDensity,
    start: Floats,
    steps: int,
    draws: np.random.Generator,
    thin: int = 1,
) -> Floats:
    """Points with density ∝ exp(log_density) on the cube, shape (steps // thin, chains, factors).

    start : points of the cube, one a chain, shape (chains, factors), at finite density; all chains
    move at once, so that the density is asked for many points at a time
    """
    z = _normal(start)
    now = log_density(ndtr(z))
    if not np.isfinite(now).all():
        raise ValueError("a chain starts where the density is nil")
    kept = []
    for step in range(steps):
        z, now = _step(log_density, z, now, draws)
        if (step + 1) % thin == 0:
            kept.append(ndtr(z))
    return np.array(kept)


def _step(
    log_density: LogDensity, z: Floats, now: Floats, draws: np.random.Generator
) -> tuple[Floats, Floats]:
    """One move of every chain."""
    chains = len(z)
    other = draws.standard_normal(z.shape)
    level = now - draws.exponential(size=chains)
    angle = draws.uniform(0, 2 * np.pi, chains)
    low, high = angle - 2 * np.pi, angle.copy()
    z, now, moving = z.copy(), now.copy(), np.arange(chains)
    for _ in range(SHRINKS):
        a = angle[moving, None]
        proposed = z[moving] * np.cos(a) + other[moving] * np.sin(a)
        found = log_density(ndtr(proposed))
        accepted = found > level[moving]
        done = moving[accepted]
        z[done], now[done] = proposed[accepted], found[accepted]
        moving = moving[~accepted]
        if not len(moving):
            break
        below = angle[moving] < 0
        low[moving] = np.where(below, angle[moving], low[moving])
        high[moving] = np.where(below, high[moving], angle[moving])
        angle[moving] = draws.uniform(low[moving], high[moving])
    return z, now


def _normal(cube: Floats) -> Floats:
    from scipy.special import ndtri

    return np.asarray(ndtri(np.clip(cube, 1e-9, 1 - 1e-9)))
