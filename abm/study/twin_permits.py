"""Clocks of permits in the twin: how many in each place come to their end this week."""

from __future__ import annotations

import numpy as np

from abm.chance import Floats
from abm.equations import EXPIRY_WEEKS, Number, weeks_to_expiry

LONGEST = 265  # weeks that a clock can run


def mean_clock(weeks: Number) -> Number:
    """Weeks left at which insecurity's exp(-weeks left / 26) is its mean over a clock of so many.

    mean = 26 / T (1 - exp(-T / 26)), T the length of the clock.
    """
    length = np.maximum(weeks, 1e-9) / EXPIRY_WEEKS
    return weeks_to_expiry(-np.expm1(-length) / length)


class Ledger:
    """People in each place by weeks left, (hosts, weeks); those who leave do so alike."""

    def __init__(self, hosts: int) -> None:
        self.left = np.zeros((hosts, LONGEST))

    def due(self) -> Floats:
        """Share of those in each place whose clock ends this week, (hosts,); a week passes."""
        total = self.left.sum(axis=1)
        due = self.left[:, 0] / np.maximum(total, 1e-300)
        self.left[:, :-1] = self.left[:, 1:]
        self.left[:, -1] = 0.0
        return np.where(total > 0, due, 0.0)

    def start(self, people: Floats, weeks: Number) -> None:
        """So many start a clock of so many weeks, (hosts,)."""
        at = np.clip(np.broadcast_to(weeks, people.shape).astype(np.int64) - 1, 0, LONGEST - 1)
        self.left[np.arange(len(people)), at] += people

    def keep(self, people: Floats) -> None:
        """So many are left in each place, (hosts,)."""
        total = self.left.sum(axis=1)
        self.left *= (people / np.maximum(total, 1e-300))[:, None] * (total > 0)[:, None]

    def mean(self, value: Floats) -> Floats:
        """Mean over those in each place of a value by weeks left, (weeks,) or (hosts, weeks)."""
        total = np.maximum(self.left.sum(axis=1), 1e-300)
        return (self.left * value).sum(axis=1) / total
