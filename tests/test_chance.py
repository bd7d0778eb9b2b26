"""Draws: uniform, independent along every part of their address, however they are asked for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from abm.chance import Chance, halves, name_keys, quarter_below, thirds, to_uniform

PERSONS = np.arange(40_000)
PLACES = name_keys(("Georgia", "Finland", "Russia"))
LEAST_P = 1e-4  # the draws are fixed, so a test that passes once passes for ever


def assert_uniform(draws: np.ndarray) -> None:
    assert stats.kstest(draws.ravel(), "uniform").pvalue > LEAST_P


def assert_independent(first: np.ndarray, second: np.ndarray) -> None:
    """Pairs fill a grid of 10 by 10 cells alike, and are not correlated."""
    counts, *_ = np.histogram2d(first.ravel(), second.ravel(), bins=10, range=[[0, 1], [0, 1]])
    assert stats.chisquare(counts.ravel()).pvalue > LEAST_P
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 4.5 / np.sqrt(first.size)


@pytest.mark.parametrize("seed", [0, 1, 2**63 - 1])
def test_uniform_over_persons_weeks_and_places(seed: int) -> None:
    chance = Chance(seed)
    assert_uniform(chance.uniform("a", PERSONS))
    assert_uniform(chance.uniform("a", PERSONS, 7))
    assert_uniform(chance.uniform("a", np.full(len(PERSONS), 5), PERSONS))
    assert_uniform(to_uniform(chance.words_by_place("a", PERSONS, PLACES, 7)))
    many = name_keys(tuple(f"place {k}" for k in range(len(PERSONS))))
    assert_uniform(to_uniform(chance.words_by_place("a", np.array([5]), many)))


def test_persons_far_apart_and_numbers_with_a_step_are_uniform_too() -> None:
    chance = Chance(1)
    for step in (2, 1024, 2**32):
        assert_uniform(chance.uniform("a", step * PERSONS, 3))


def test_independent_across_purposes_persons_weeks_and_places() -> None:
    chance = Chance(1)
    draws = chance.uniform("a", PERSONS, 7)
    assert_independent(draws, chance.uniform("b", PERSONS, 7))
    assert_independent(draws[:-1], draws[1:])
    assert_independent(draws, chance.uniform("a", PERSONS, 8))
    assert_independent(draws, chance.uniform("a", PERSONS))
    by_place = to_uniform(chance.words_by_place("a", PERSONS, PLACES, 7))
    assert_independent(by_place[:, 0], by_place[:, 1])
    assert_independent(draws, by_place[:, 0])
    shifted = chance.uniform("a", PERSONS[1:], 7), chance.uniform("a", PERSONS[:-1], 8)
    assert_independent(*shifted)  # person + 1 is not week + 1


def test_seeds_and_replicates_are_independent_and_zero_is_a_seed() -> None:
    draws = Chance(1).uniform("a", PERSONS)
    others = (Chance(0), Chance(2), Chance(1, replicate=1), Chance(11, replicate=1), Chance(-1))
    for other in others:
        assert_independent(draws, other.uniform("a", PERSONS))
    assert_independent(Chance(0).uniform("a", PERSONS), Chance(0, 1).uniform("a", PERSONS))
    assert np.array_equal(draws, Chance(1).uniform("a", PERSONS))


def test_draws_do_not_depend_on_batch_or_order() -> None:
    chance = Chance(3)
    order = np.random.default_rng(1).permutation(PERSONS)
    draws = chance.uniform("a", PERSONS, 7)
    assert np.array_equal(draws[order], chance.uniform("a", order, 7))
    assert draws[17] == chance.uniform("a", np.array([17]), 7)[0]
    square = PERSONS.reshape(200, -1)
    assert np.array_equal(draws.reshape(200, -1), chance.uniform("a", square, 7))
    places = chance.words_by_place("a", PERSONS, PLACES, 7)
    assert np.array_equal(places[order], chance.words_by_place("a", order, PLACES, 7))
    assert np.array_equal(places[:, ::-1], chance.words_by_place("a", PERSONS, PLACES[::-1], 7))
    fresh = Chance(3)  # what was asked before does not matter
    fresh.uniform("b", PERSONS)
    assert np.array_equal(draws, fresh.uniform("a", PERSONS, 7))


def test_scalar_and_array_when_agree() -> None:
    chance = Chance(3)
    weeks = np.full(len(PERSONS), 7)
    assert np.array_equal(chance.words("a", PERSONS, 7), chance.words("a", PERSONS, weeks))
    small = weeks.astype(np.int32)
    assert np.array_equal(chance.words("a", PERSONS, 7), chance.words("a", PERSONS, small))
    one, many = (
        chance.exponential_by_place("a", PERSONS[:9], week, PLACES) for week in (7, weeks[:9])
    )
    assert np.array_equal(one, many)


def test_what_is_passed_in_is_not_changed() -> None:
    persons = PERSONS.astype(np.uint64)
    before = persons.copy()
    places = PLACES.copy()
    Chance(1).words_by_place("a", persons, places, persons)
    assert np.array_equal(persons, before)
    assert np.array_equal(places, PLACES)


def test_no_two_persons_share_a_draw() -> None:
    words = Chance(1).words("a", np.arange(1_000_000), 7)
    assert len(np.unique(words)) == len(words)


def test_uniforms_never_reach_their_ends() -> None:
    ends = to_uniform(np.array([0, 2**64 - 1], dtype=np.uint64))
    assert 0.0 < ends[0] < ends[1] < 1.0


def test_exponentials_have_mean_one() -> None:
    draws = Chance(1).exponential_by_place("a", PERSONS, 7, PLACES)
    assert draws.min() > 0
    assert stats.kstest(draws.ravel(), "expon").pvalue > LEAST_P


def test_parts_of_a_word_are_uniform_and_independent() -> None:
    words = Chance(1).words("a", PERSONS, 7)
    for parts in (halves(words), thirds(words)):
        for k, part in enumerate(parts):
            assert_uniform(part)
            assert_independent(part, parts[k - 1])
            assert 0.0 < part.min() and part.max() < 1.0


def test_quarters_fall_below_a_chance_as_often_as_it_says() -> None:
    words = Chance(1).words_by_place("a", PERSONS, PLACES, 7)
    for share in (0.0, 0.01, 0.3, 1.0):
        hits = [quarter_below(words, quarter, np.array(share)) for quarter in range(4)]
        for found in hits:
            error = 4.5 * np.sqrt(share * (1 - share) / words.size) + 2.0**-16
            assert abs(found.mean() - share) <= error if 0 < share < 1 else found.mean() == share
        both = (hits[0] & hits[1]).mean()
        assert abs(both - share**2) <= 4.5 * np.sqrt(max(share**2, 1e-9) / words.size) + 2.0**-15


def test_streams_are_their_own_and_do_not_depend_on_portions() -> None:
    chance = Chance(1)
    whole = chance.stream("a", 7, 2).standard_exponential(5000)
    stream = chance.stream("a", 7, 2)
    portions = [stream.standard_exponential(size) for size in (1, 999, 4000)]
    assert np.array_equal(whole, np.concatenate(portions))
    others = [("b", 7, 2), ("a", 8, 2), ("a", 7, 3)]
    uniform = chance.stream("a", 7, 2).random(40_000)
    for purpose, when, part in others:
        assert_independent(uniform, chance.stream(purpose, when, part).random(40_000))
    assert_independent(uniform, Chance(2).stream("a", 7, 2).random(40_000))
