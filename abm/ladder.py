"""On which step of a ladder numbers stand: what np.searchsorted says, quicker for many numbers."""

from __future__ import annotations

import numpy as np

from abm.chance import Floats, Integers

FEW = 2000  # for fewer numbers np.searchsorted is quicker
BUCKETS_PER_EDGE = 4  # so that most numbers stand where their bucket begins, or one step above
CLIMBS = 6  # how often all look one step up before the last are searched for


class Ladder:
    """Rising edges, shape (edges,), cut evenly into buckets of which each knows its lowest step."""

    def __init__(self, edges: Floats | Integers) -> None:
        self._edges = edges
        beyond = np.iinfo(np.int64).max if edges.dtype.kind == "i" else np.inf
        self._above = np.append(edges, beyond)  # the edge above each step
        self._last = 1 << (BUCKETS_PER_EDGE * len(edges)).bit_length()
        self._low = edges[0]
        span = float(edges[-1] - edges[0])
        self._buckets_per_unit = self._last / span if span > 0.0 else 0.0
        buckets = np.arange(self._last + 1)
        self._lowest_step = np.searchsorted(self._bucket(edges), buckets).astype(np.int32)

    def _bucket(self, numbers: Floats | Integers) -> Integers:
        """Never falls as numbers rise, so edges in lower buckets lie below a number."""
        bucket = (numbers - self._low) * self._buckets_per_unit
        return np.clip(bucket, 0, self._last, out=bucket).astype(np.int64)

    def step(self, numbers: Floats | Integers) -> Integers:
        """How many edges lie at or below each number, none to all; of the shape of the numbers."""
        if numbers.size < FEW:
            return np.searchsorted(self._edges, numbers, side="right")
        numbers, shape = numbers.ravel(), numbers.shape
        step = self._lowest_step[self._bucket(numbers)].astype(np.int64)
        higher = self._above[step] <= numbers
        step += higher
        rest = np.flatnonzero(higher)
        for _ in range(CLIMBS):
            rest = rest[self._above[step[rest]] <= numbers[rest]]
            step[rest] += 1
        step[rest] = np.searchsorted(self._edges, numbers[rest], side="right")
        return step.reshape(shape)
