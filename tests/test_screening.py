"""Screening looks at few and finds the same people as looking at everybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from abm import choices
from abm.bounds import Bounds
from abm.chance import Chance, name_keys
from abm.equations import bound_on_luck, log_arrival, logit_probabilities
from abm.luck import luck_at_home
from abm.model import EmigrationModel
from abm.parameters import PARAMETERS
from abm.population import Strata
from abm.screening import BANDS, cut, hits, listed, lowest, skips
from abm.threads import SMALLEST_SHARE, number_of_parts

LEAST_P = 1e-4  # the draws are fixed, so a test that passes once passes for ever
CHANCE = Chance(1)
SIZES = np.array([1, 20_000, 3, 5000, 25_000])


def people_in_strata(sizes: np.ndarray) -> Any:
    """All that the listing must know of people: where each stratum starts, its size, who is in."""
    return SimpleNamespace(strata=strata_of_sizes(sizes))


def strata_of_sizes(sizes: list[int] | tuple[int, ...] | np.ndarray) -> Strata:
    """Strata of which nothing is known but who is in them."""
    nothing = np.empty(0, dtype=np.int64)
    return Strata(
        start=np.concatenate([[0], np.cumsum(sizes)]),
        group=nothing,
        attachment_bin=nothing,
        entitled=nothing,
        pull=np.empty(0),
        entitled_group=nothing,
        attachment=nothing,
    )


PEOPLE = people_in_strata(SIZES)
STRATUM = np.repeat(np.arange(len(SIZES)), SIZES)
EVERYBODY = np.ones(len(SIZES))


def all_skips(stream: np.random.Generator, people: int, hit: float) -> np.ndarray:
    return np.concatenate(list(skips(stream, people, hit)))


# --- who is listed ---------------------------------------------------------------------------


@pytest.mark.parametrize("week", [0, 7])
def test_each_person_has_one_draw_and_it_is_uniform(week: int) -> None:
    ids, draws, *_ = listed(CHANCE, week, PEOPLE, EVERYBODY, "reconsider")
    assert np.array_equal(ids, np.arange(SIZES.sum()))
    assert stats.kstest(draws, "uniform").pvalue > LEAST_P
    for edge in BANDS[1:-1]:  # every band holds its share, the rare ones too
        few = int((draws < edge).sum())
        assert stats.binomtest(few, len(draws), edge).pvalue > LEAST_P
    for low, high in pairwise(BANDS[4:]):
        within = draws[(draws >= low) & (draws < high)]
        assert stats.kstest((within - low) / (high - low), "uniform").pvalue > LEAST_P


def test_draws_of_weeks_purposes_and_neighbours_are_independent() -> None:
    _, draws, *_ = listed(CHANCE, 3, PEOPLE, EVERYBODY, "reconsider")
    _, later, *_ = listed(CHANCE, 4, PEOPLE, EVERYBODY, "reconsider")
    _, other, *_ = listed(CHANCE, 3, PEOPLE, EVERYBODY, "call-up")
    for first, second in ((draws, later), (draws, other), (draws[1:], draws[:-1])):
        counts, *_ = np.histogram2d(first, second, bins=10, range=[[0, 1], [0, 1]])
        assert stats.chisquare(counts.ravel()).pvalue > LEAST_P


bound_of_a_stratum = st.one_of(
    st.just(0.0), st.sampled_from(BANDS.tolist()), st.floats(0, 1), st.floats(0, 1e-3)
)


@given(
    arrays(float, len(SIZES), elements=bound_of_a_stratum),
    arrays(float, len(SIZES), elements=bound_of_a_stratum),
    st.integers(0, 200),
)
def test_a_higher_bound_adds_people_and_changes_nobody(
    one: np.ndarray, another: np.ndarray, week: int
) -> None:
    everybody, every_draw, *_ = listed(CHANCE, week, PEOPLE, EVERYBODY, "reconsider")
    found: list[set[int]] = []
    for bound in (one, np.maximum(one, another)):
        ids, draws, *_ = listed(CHANCE, week, PEOPLE, bound, "reconsider")
        brute_force = every_draw < bound[STRATUM]
        assert np.array_equal(ids, everybody[brute_force])
        assert np.array_equal(draws, every_draw[brute_force])
        found.append(set(ids.tolist()))
    assert found[0] <= found[1]


@pytest.mark.parametrize("most", [70, 1000, 20_000, 10**6])
def test_ranges_hold_together_who_the_whole_holds(most: int) -> None:
    """However finely the hits are cut, each person is in one range with all of their hits."""
    bound = np.array([1.0, 0.3, 0.0, 0.9, 0.02])
    found = hits(CHANCE, 5, PEOPLE, bound, "reconsider")
    whole = lowest(found)
    ranges = cut(found, most)
    assert len(ranges) >= sum(len(each.ids) for each in found) // most
    parts = [lowest(some) for some in ranges]
    for k in range(3):
        assert np.array_equal(np.concatenate([part[k] for part in parts]), whole[k])


@given(
    arrays(np.int64, st.integers(1, 300), elements=st.integers(1, 30)),
    st.integers(1, 5000),
    st.integers(0, 2**32),
)
def test_strata_of_rising_numbers_are_those_of_any(sizes: np.ndarray, some: int, seed: int) -> None:
    """Whether a stratum holds several of them or hardly one."""
    strata, draws = strata_of_sizes(sizes), np.random.default_rng(seed)
    low, high = np.sort(draws.integers(0, strata.start[-1] + 1, 2))
    ids = np.sort(draws.integers(low, max(high, low + 1), some) % strata.start[-1])
    expected = np.repeat(np.arange(len(sizes)), sizes)[ids]
    assert np.array_equal(strata.of_rising(ids), expected)
    assert np.array_equal(strata.of(ids), expected)
    assert len(strata.of_rising(ids[:0])) == 0


@pytest.mark.parametrize("rows", [0, 1, 1000, 8191, 8193, 10**6])
@pytest.mark.parametrize("threads", ["1", "2", "7"])
def test_no_part_is_larger_than_the_most(
    rows: int, threads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELOKANT_THREADS", threads)
    parts = number_of_parts(rows, 8192)
    assert parts >= 1
    assert rows <= parts * 8192
    assert parts == 1 or rows / parts >= 8192 / SMALLEST_SHARE


@pytest.mark.parametrize("hit", [1e-4, 0.03, 0.5, 0.999])
def test_a_prefix_of_a_stream_is_the_same_stream(hit: float) -> None:
    whole = all_skips(CHANCE.stream("a", 1, 1), 30_000, hit)
    assert np.all(np.diff(whole) > 0)
    assert whole[-1] < 30_000
    for people in (1, 2, 29, 10_000, 29_999):
        part = all_skips(CHANCE.stream("a", 1, 1), people, hit)
        assert np.array_equal(part, whole[whole < people])


@pytest.mark.parametrize("hit", [0.01, 0.3, 0.9])
def test_each_is_hit_with_the_same_chance_alone(hit: float) -> None:
    hits = all_skips(CHANCE.stream("a", 2, 1), 200_000, hit)
    assert stats.binomtest(len(hits), 200_000, hit).pvalue > LEAST_P
    gaps = np.diff(hits)
    longest = int(np.ceil(stats.geom(hit).ppf(0.999)))
    counts = np.bincount(np.minimum(gaps, longest), minlength=longest + 1)[1:]
    chances = np.append(stats.geom(hit).pmf(np.arange(1, longest)), stats.geom(hit).sf(longest - 1))
    kept = chances * len(gaps) > 5
    grouped = np.append(counts[kept], counts[~kept].sum())
    expected = np.append(chances[kept], chances[~kept].sum()) * len(gaps)
    grouped, expected = grouped[expected > 0], expected[expected > 0]
    assert stats.chisquare(grouped, expected).pvalue > LEAST_P


# --- their luck ------------------------------------------------------------------------------

PERSONS = np.arange(60_000)
NAMES = ("Georgia", "Finland", "Turkey", "Israel")
WEIGHTS = {
    "equal": np.full(4, 0.25),
    "unequal": np.array([0.7, 0.2, 0.09, 0.01]),
    "very unequal": np.array([0.999, 9e-4, 9.9e-5, 1e-6]),
}


def luck(weights: np.ndarray, names: tuple[str, ...] = NAMES) -> tuple[np.ndarray, np.ndarray]:
    u = CHANCE.uniform("u", PERSONS, 5)
    each = np.broadcast_to(weights, (len(PERSONS), len(weights)))
    return u, luck_at_home(CHANCE, PERSONS, 5, u, name_keys(names), each)


@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
def test_luck_of_every_option_is_exponential_and_independent(weights: np.ndarray) -> None:
    _, drawn = luck(weights)
    assert drawn.shape == (len(PERSONS), len(weights) + 1)
    for option in drawn.T:
        assert stats.kstest(option, "expon").pvalue > LEAST_P
    between = np.corrcoef(drawn.T) - np.eye(drawn.shape[1])
    assert np.abs(between).max() < 4.5 / np.sqrt(len(PERSONS))
    # All together: their sum, their least and the pairs are those of independent ones.
    assert stats.kstest(drawn.sum(axis=1), stats.gamma(drawn.shape[1]).cdf).pvalue > LEAST_P
    assert stats.kstest(drawn.min(axis=1) * drawn.shape[1], "expon").pvalue > LEAST_P
    places = -np.expm1(-drawn)
    for option in range(drawn.shape[1]):
        counts, *_ = np.histogram2d(
            places[:, option], places[:, option - 1], bins=8, range=[[0, 1], [0, 1]]
        )
        assert stats.chisquare(counts.ravel()).pvalue > LEAST_P


@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
def test_u_says_how_soon_the_first_host_arrives(weights: np.ndarray) -> None:
    u, drawn = luck(weights)
    ratio = (drawn[:, :-1] / weights).min(axis=1) / drawn[:, -1]
    np.testing.assert_allclose(ratio / (1 + ratio), u, rtol=1e-9)


def test_luck_belongs_to_a_place_by_name_and_to_a_person_by_number() -> None:
    weights = WEIGHTS["unequal"]
    u, drawn = luck(weights)
    _, reversed_hosts = luck(weights[::-1], NAMES[::-1])
    assert np.array_equal(drawn[:, :-1], reversed_hosts[:, -2::-1])
    assert np.array_equal(drawn[:, -1], reversed_hosts[:, -1])
    some = np.array([41, 7, 59_999])
    alone = luck_at_home(CHANCE, some, 5, u[some], name_keys(NAMES), np.tile(weights, (3, 1)))
    assert np.array_equal(alone, drawn[some])


UTILITIES = (
    np.array([0.0, -1.0, 0.5, -2.0, 1.0]),
    np.array([-4.0, -3.0, -6.0, -1.0, 3.0]),
    np.array([2.0, 2.0, 2.0, 2.0, -3.0]),
)


@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.parametrize("utility", UTILITIES, ids=("near", "home", "away"))
def test_the_race_is_a_logit_and_the_bound_misses_nobody(
    weights: np.ndarray, utility: np.ndarray
) -> None:
    u, drawn = luck(weights)
    winner = np.argmin(log_arrival(drawn, utility), axis=1)
    expected = logit_probabilities(utility) * len(PERSONS)
    counts = np.bincount(winner, minlength=len(utility))
    assert stats.chisquare(counts, expected).pvalue > LEAST_P
    advantage = (utility[:-1] - utility[-1] - np.log(weights)).max()
    leaves = winner != len(utility) - 1
    assert not np.any(leaves & (u >= bound_on_luck(advantage) * (1 + 1e-12)))


# --- screened or not, the same people --------------------------------------------------------

# Who looks ahead is never screened.
SCREENED = [declared for declared in PARAMETERS if declared.name != "discount_per_year"]
LOW = {declared.name: declared.low for declared in SCREENED}
HIGH = {declared.name: declared.high for declared in SCREENED}


def assert_the_same(screened: EmigrationModel, everybody: EmigrationModel) -> None:
    pd.testing.assert_frame_equal(screened.moves_table(), everybody.moves_table())
    pd.testing.assert_frame_equal(screened.refusals_table(), everybody.refusals_table())
    pd.testing.assert_frame_equal(screened.outcomes(), everybody.outcomes())


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 0},
        {"seed": 2},
        {"seed": 3, "set": {"cost_of_leaving": LOW["cost_of_leaving"]}},
        {"seed": 4, "set": {"mobilisation_breadth": 4, "exit_ban": 0.5, "entry_ban.Kazakhstan": 1}},
        {"seed": 5, "set": {"partner_joins": LOW["partner_joins"], "family_weight": 2}},
        {"seed": 6, "without": ("M2", "M36")},
    ],
    ids=str,
)
def test_looking_at_everybody_gives_the_same_moves(
    finished: Callable[..., EmigrationModel], changes: dict[str, Any]
) -> None:
    screened, everybody = (finished(screened=way, **changes) for way in (True, False))
    moves = screened.moves_table()
    assert moves["week"].between(30, 40).any()  # the order of September 2022
    assert_the_same(screened, everybody)


def at_random(seed: int) -> dict[str, float]:
    """Every parameter anywhere in its range."""
    draw = np.random.default_rng(seed).uniform
    return {declared.name: draw(declared.low, declared.high) for declared in SCREENED}


@pytest.mark.parametrize(
    "parameters",
    [LOW, HIGH, *(at_random(seed) for seed in range(4))],
    ids=("low", "high", "1", "2", "3", "4"),
)
def test_bounds_hold_for_everybody_whatever_the_parameters(
    finished: Callable[..., EmigrationModel], parameters: dict[str, float]
) -> None:
    """The model asserts on everybody it looks at; here it looks at all, under an order."""
    settings = {**parameters, "mobilisation": 1, "payment_access": 1, "host_constant.Israel": 5}
    runs = [
        finished(scale=10_000, until="2022-03-20", set=settings, screened=way)
        for way in (True, False)
    ]
    assert_the_same(*runs)


@pytest.mark.parametrize("too_low", ["best", "advantage", "by_contacts", "with_partner"])
@pytest.mark.parametrize("screened", [True, False])
def test_a_bound_that_is_too_low_is_no_silent_error(
    finished: Callable[..., EmigrationModel],
    monkeypatch: pytest.MonkeyPatch,
    too_low: str,
    screened: bool,
) -> None:
    exact = choices.bounds

    def lowered(*arguments: Any) -> Bounds:
        bound = exact(*arguments)
        return replace(bound, **{too_low: getattr(bound, too_low) - 2.0})

    monkeypatch.setattr(choices, "bounds", lowered)
    easy = {"cost_of_leaving": LOW["cost_of_leaving"]}
    with pytest.raises(AssertionError, match="bound"):
        finished(screened=screened, set=easy)
