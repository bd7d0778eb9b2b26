"""The targets as data of a fit: how likely readings make them, and data made from readings.

A closed figure is normal about what its source would have counted, with the target's standard
deviation (the figure's own and that of what it counts, weight included). "At most H" and "at least
L" hold with the chance that the reading, blurred by the same deviation, is on the right side. Where
two readings of one figure are possible, each is as likely before. A reading that is missing because
there was nobody to count is as unlikely as one MISSING deviations off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import groupby

import numpy as np
from scipy.special import log_ndtr

from abm.chance import Floats
from abm.errors import InputError
from abm.study.target import Evidence, Target
from abm.study.targets import TARGETS

MISSING = 5.0  # deviations


def fitted(
    evidence: Evidence | None,
    known_by: date | None = None,
    targets: Sequence[Target] = TARGETS,
) -> tuple[Target, ...]:
    """The targets that a fit uses.

    evidence : whose shares of returnees are taken; None: those of none
    known_by : only figures that were known on this day
    """
    return tuple(
        each
        for each in targets
        if each.process is not None
        and each.weight > 0
        and each.status not in ("input", "shown")
        and each.evidence in (None, evidence)
        and (known_by is None or each.known_on <= known_by)
    )


@dataclass(frozen=True)
class Data:
    """Targets that a fit uses, with their values."""

    targets: tuple[Target, ...]

    def __post_init__(self) -> None:
        if not self.targets:
            raise InputError(
                "no target is known by then, so there is nothing to fit. Example: 2023-06-30"
            )

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.targets]

    @cached_property
    def sd(self) -> Floats:
        """Standard deviations, shape (targets,)."""
        return np.array([each.sd for each in self.targets])

    @cached_property
    def aim(self) -> Floats:
        """The value of each, or the end of its open range; shape (targets,)."""
        return np.array([_aim(each) for each in self.targets])

    @cached_property
    def side(self) -> Floats:
        """0 of a closed figure, 1 of "at most", -1 of "at least"; shape (targets,)."""
        ends = [(each.low is None, each.high is None) for each in self.targets]
        return np.array([1.0 if low else -1.0 if high else 0.0 for low, high in ends])

    @cached_property
    def figures(self) -> list[list[int]]:
        """Targets that are readings of the same figure, of which one is enough; else one by one."""
        keys = [
            (each.whole, "any") if each.rule == "any" else (each.id, "all") for each in self.targets
        ]
        order = sorted(range(len(keys)), key=lambda k: keys.index(keys[k]))
        return [list(group) for _, group in groupby(order, key=lambda k: keys[k])]

    def misses(self, readings: Floats, more: Floats | float = 0.0) -> Floats:
        """How far readings are off, in deviations, with sign; nil on the right side of an open end.

        readings : shape (..., targets); more : variance beside the data's
        """
        off = (readings - self.aim) / np.sqrt(self.sd**2 + more)
        wrong = np.where(self.side == 0, off, np.where(off * self.side > 0, off, 0.0))
        return np.where(np.isnan(readings), MISSING, wrong)

    def log_likelihood(self, readings: Floats, more: Floats | float = 0.0) -> Floats:
        """Log likelihood of the data, shape (...,), but for a constant of the data's deviations."""
        deviation = np.sqrt(self.sd**2 + more)
        off = (readings - self.aim) / deviation
        off = np.where(np.isnan(off), np.where(self.side == 0, MISSING, MISSING * self.side), off)
        normal = -0.5 * off**2 - np.log(deviation / self.sd)
        each = np.where(self.side == 0, normal, log_ndtr(-off * self.side))
        alone = [group[0] for group in self.figures if len(group) == 1]
        total = each[..., alone].sum(axis=-1)
        for group in self.figures:
            if len(group) > 1:
                total = total + np.logaddexp.reduce(each[..., group], axis=-1) - np.log(len(group))
        return total

    def best(self, readings: Floats, more: Floats | float = 0.0) -> Floats:
        """The misses, one a figure, the least of its readings; shape (..., figures)."""
        misses = self.misses(readings, more)
        columns = []
        for group in self.figures:
            least = np.abs(misses[..., group]).argmin(axis=-1)[..., None]
            columns.append(np.take_along_axis(misses[..., group], least, axis=-1))
        return np.concatenate(columns, axis=-1)

    def implausibility(self, readings: Floats, more: Floats | float = 0.0) -> Floats:
        """The misses without sign, one a figure, the least of its readings."""
        return np.abs(self.best(readings, more))

    def synthetic(self, reading: Floats, luck: np.random.Generator) -> Data:
        """Data that a world with these readings could have given; shape (targets,).

        An open statement that does not hold becomes the opposite one; of two readings of one
        figure, luck says which one the source means.
        """
        drawn = np.where(np.isnan(reading), self.aim, reading)
        drawn = drawn + self.sd * luck.normal(size=len(self.targets))
        made = list(self.targets)
        for group in self.figures:
            meant = group[luck.integers(len(group))]
            for k in group:
                made[k] = _restated(self.targets[k], float(drawn[meant]))
        return Data(tuple(made))


def _aim(target: Target) -> float:
    found = target.high if target.low is None else target.low if target.high is None else None
    value = target.value if found is None else found
    assert value is not None
    return value


def _restated(target: Target, drawn: float) -> Target:
    """The target as a source would have put it that saw ``drawn``."""
    if target.value is not None:
        return replace(target, value=drawn, low=drawn, high=drawn)
    end = _aim(target)
    above = drawn > end
    return replace(target, low=end if above else None, high=None if above else end)
