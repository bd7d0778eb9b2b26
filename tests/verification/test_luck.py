"""Luck over many people, weeks and places is what the theory says, to a fine resolution."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from abm.chance import Chance, name_key, name_keys
from abm.hosts_table import HOME, HOST_NAMES
from abm.luck import luck_at_home, luck_weights
from abm.screening import BANDS, listed

LEAST_P = 1e-4  # the draws are fixed, so a test that passes once passes for ever
PERSONS = 200_000
WEEKS = 150
KEYS = name_keys(HOST_NAMES)


def one_stratum(people: int) -> Any:
    """All that the listing must know of people: where each stratum starts, who is in which."""
    strata = SimpleNamespace(
        start=np.array([0, people]), size=np.array([people]), of_rising=np.zeros_like
    )
    return SimpleNamespace(strata=strata)


def assert_independent(columns: np.ndarray, cells: int = 10) -> None:
    """Columns of uniforms, (draws, columns): no pair is correlated, or fills a grid unevenly."""
    draws, width = columns.shape
    between = np.abs(np.corrcoef(columns.T) - np.eye(width))
    assert between.max() < 5.5 / np.sqrt(draws)
    for k in range(width):
        counts, *_ = np.histogram2d(
            columns[:, k], columns[:, k - 1], bins=cells, range=[[0, 1], [0, 1]]
        )
        assert stats.chisquare(counts.ravel()).pvalue > LEAST_P


# --- u ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1])
def test_the_lowest_bands_hold_their_share_of_millions(seed: int) -> None:
    """Where those are who leave: listed without looking at anybody else."""
    people, weeks = 5_000_000, 20
    for low, high in pairwise(BANDS[:6]):
        found = [
            draws[draws >= low]
            for week in range(weeks)
            for _, draws, *_ in [
                listed(Chance(seed), week, one_stratum(people), np.array([high]), "reconsider")
            ]
        ]
        within = np.concatenate(found)
        expected = people * weeks * (high - low)
        assert abs(len(within) - expected) < 4.5 * np.sqrt(expected)
        assert stats.kstest((within - low) / (high - low), "uniform").pvalue > LEAST_P


def test_a_persons_draws_of_all_weeks_are_uniform_and_independent() -> None:
    people = 20_000
    draws = np.empty((people, WEEKS))
    for week in range(WEEKS):
        ids, found, *_ = listed(Chance(3), week, one_stratum(people), np.ones(1), "reconsider")
        assert np.array_equal(ids, np.arange(people))
        draws[:, week] = found
    of_a_person = [stats.kstest(row, "uniform").pvalue for row in draws[:2000]]
    assert stats.kstest(of_a_person, "uniform").pvalue > LEAST_P  # p-values are uniform themselves
    assert_independent(draws)
    assert_independent(draws[: people // 20 * 20].reshape(20, -1).T)  # and of people to people


# --- E ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("livelihood", range(4))
@pytest.mark.parametrize("leaning", range(3))
def test_luck_of_departure_is_exponential_for_every_place(livelihood: int, leaning: int) -> None:
    """With the weights of the real hosts, of whom the least may have a thousandth."""
    weights = luck_weights()[livelihood, leaning]
    assert weights.sum() == pytest.approx(1)
    ids, chance = np.arange(PERSONS), Chance(3)
    u = chance.uniform("u", ids, livelihood * 3 + leaning)
    luck = luck_at_home(chance, ids, 9, u, KEYS, np.broadcast_to(weights, (PERSONS, len(KEYS))))
    for option in luck.T:
        assert stats.kstest(option, "expon").pvalue > LEAST_P
    assert stats.kstest(luck.sum(axis=1), stats.gamma(luck.shape[1]).cdf).pvalue > LEAST_P
    assert stats.kstest(luck.min(axis=1) * luck.shape[1], "expon").pvalue > LEAST_P
    assert_independent(-np.expm1(-luck))
    first = np.argmin(luck, axis=1)
    assert stats.chisquare(np.bincount(first, minlength=luck.shape[1])).pvalue > LEAST_P


def test_luck_of_departure_of_several_weeks_is_independent() -> None:
    weights = np.broadcast_to(luck_weights()[0, 0], (PERSONS, len(KEYS)))
    ids, chance = np.arange(PERSONS), Chance(4)
    weeks = []
    for week in (0, 1, 2):
        u = chance.uniform("u", ids, week)
        luck = luck_at_home(chance, ids, week, u, KEYS, weights)
        weeks.append(-np.expm1(-luck[:, [0, 7, -1]]))
    assert_independent(np.hstack(weeks))


def test_luck_abroad_is_exponential_by_occasion_and_place() -> None:
    places = np.append(KEYS, name_key(HOME))
    ids, chance = np.arange(PERSONS), Chance(5)
    occasions = [chance.exponential_by_place("luck abroad", ids, k, places) for k in (1, 2)]
    for luck in occasions:
        for option in luck.T:
            assert stats.kstest(option, "expon").pvalue > LEAST_P
    assert_independent(-np.expm1(-np.hstack(occasions)))
