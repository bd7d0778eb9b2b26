"""Scores against closed forms, and what a proper score must do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from abm.study.scores import coverage, crps, interval

NUMBERS = st.floats(-1e6, 1e6)


def test_crps_of_a_normal_is_the_closed_form() -> None:
    draws = np.random.default_rng(1).normal(2.0, 3.0, 100_000)
    for value in (2.0, 5.0, -4.0):
        z = (value - 2.0) / 3.0
        exact = 3.0 * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
        assert crps(draws, value) == pytest.approx(exact, abs=0.02)


def test_crps_is_fair_to_few_draws() -> None:
    """The mean score of two draws is that of many; the plain estimate would be above."""
    luck = np.random.default_rng(2)
    few = np.mean([crps(luck.normal(size=2), 0.5) for _ in range(40_000)])
    assert few == pytest.approx(crps(luck.normal(size=100_000), 0.5), abs=0.01)


@given(st.lists(NUMBERS, min_size=2, max_size=8), NUMBERS)
def test_crps_is_that_of_all_pairs(draws: list[float], value: float) -> None:
    x = np.array(draws)
    n = len(x)
    pairs = np.abs(x[:, None] - x).sum() / (n * (n - 1))
    assert crps(x, value) == pytest.approx(np.abs(x - value).mean() - pairs / 2, abs=1e-6)


def test_one_draw_scores_its_error_and_nan_is_no_score() -> None:
    assert crps(np.array([3.0]), 5.0) == 2.0
    assert np.isnan(crps(np.array([1.0, np.nan]), 1.0))


def test_intervals_and_their_coverage() -> None:
    assert interval(np.arange(101.0)) == pytest.approx((5.0, 95.0))
    low, high = np.array([0.0, 0.0, 0.0, np.nan]), np.array([1.0, 1.0, 1.0, np.nan])
    assert coverage(low, high, np.array([1.0, 0.5, 1.1, 0.5])) == pytest.approx(2 / 3)
    assert np.isnan(coverage(low[3:], high[3:], np.array([0.5])))
