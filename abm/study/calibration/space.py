"""The space of a fit: its factors, each between 0 and 1 by its prior's quantiles.

On this cube the prior is even, so densities need no Jacobian. Factors whose names begin with
``host_mean``, ``host_slope`` or ``host_own`` become host constants; all others are settings as they
stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import qmc

from abm.chance import Floats
from abm.study import design
from abm.study.calibration import hosts
from abm.study.factors import Uncertainty

PURPOSE = 0x63616C6962726174  # "calibrat": keeps these draws apart from a run's and a design's


def luck(seed: int, *purpose: int) -> np.random.Generator:
    """Draws for one purpose of a fit; keys, so that no seed feeds two."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(PURPOSE, *purpose)))


@dataclass(frozen=True)
class Space:
    """Factors of a fit, in order."""

    factors: tuple[Uncertainty, ...]

    @property
    def names(self) -> list[str]:
        return [each.name for each in self.factors]

    def __len__(self) -> int:
        return len(self.factors)

    def only(self, names: Sequence[str]) -> Space:
        """The space of some of the factors, in their order here."""
        return Space(tuple(each for each in self.factors if each.name in names))

    def values(self, cube: Floats) -> pd.DataFrame:
        """Points of the cube, shape (points, factors), in natural units; one column a factor."""
        return pd.DataFrame(
            {each.name: design.at(each, cube[:, k]) for k, each in enumerate(self.factors)}
        )

    def cube(self, values: pd.DataFrame) -> Floats:
        """Points in natural units as points of the cube."""
        columns = [design.position(each, values[each.name]) for each in self.factors]
        return np.column_stack(columns)

    def latin(self, points: int, seed: int, *purpose: int) -> Floats:
        """A Latin hypercube of points."""
        return np.asarray(qmc.LatinHypercube(len(self), rng=luck(seed, *purpose)).random(points))

    def settings(self, cube: Floats, others: np.random.Generator | None = None) -> pd.DataFrame:
        """Points as what `abm.run(set=...)` takes, one column a name.

        others : luck of the host constants that are not fitted; None: they have no own part. Where
        no factor is one of hosts, their constants are left as they are packaged.
        """
        return self.of_values(self.values(cube), others)

    def of_values(
        self, values: pd.DataFrame, others: np.random.Generator | None = None
    ) -> pd.DataFrame:
        """As `settings`, of points in natural units."""
        of_hosts = [name for name in self.names if name.startswith("host_")]
        plain = values.drop(columns=of_hosts)
        if not of_hosts:
            return plain
        return pd.concat([plain, hosts.constants(values[of_hosts], others)], axis=1)
