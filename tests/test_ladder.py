"""The ladder says what np.searchsorted says, however its edges lie."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abm.ladder import FEW, Ladder


@given(
    edges=st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=60).map(sorted),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_whole_numbers_stand_where_a_search_says(edges: list[int], seed: int) -> None:
    rising = np.array(edges)
    drawn = np.random.default_rng(seed).integers(rising[0] - 2, rising[-1] + 3, 2 * FEW)
    numbers = np.concatenate([drawn, rising, rising - 1, rising + 1])
    expected = np.searchsorted(rising, numbers, side="right")
    assert np.array_equal(Ladder(rising).step(numbers), expected)


@pytest.mark.parametrize("spread", [1.0, 40.0])  # of the logs of the edges' distances
@pytest.mark.parametrize("edges", [2, 700, 60_000])
def test_fractions_stand_where_a_search_says(edges: int, spread: float) -> None:
    """Also where most edges lie in a few buckets and some are equal."""
    draws = np.random.default_rng(7)
    rising = np.cumsum(np.exp(spread * draws.standard_normal(edges)))
    numbers = np.concatenate([draws.uniform(-1.0, 1.1 * rising[-1], 10 * FEW), rising])
    expected = np.searchsorted(rising, numbers, side="right")
    assert np.array_equal(Ladder(rising).step(numbers), expected)


def test_the_shape_is_that_of_the_numbers() -> None:
    numbers = np.arange(2 * FEW).reshape(2, FEW)
    step = Ladder(np.array([5, 9])).step(numbers)
    assert step.shape == numbers.shape
    assert step[0, :10].tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 1, 2]
