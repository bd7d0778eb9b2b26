"""The steps of a fit: likelihood, space, sampler, emulator, screen; a known posterior is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from math import log

import known_posterior as toy
import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from abm.errors import InputError
from abm.hosts_table import HOST_NAMES, host_constants
from abm.levers import BY_NAME
from abm.study import design
from abm.study.calibration import emulator, hosts, pipeline, posterior, sampler, screen
from abm.study.calibration.data import MISSING, Data, fitted
from abm.study.calibration.pipeline import Fit
from abm.study.calibration.posterior import Table, table_of
from abm.study.calibration.settings import Amounts
from abm.study.calibration.space import Space, luck
from abm.study.evidence import EVIDENCE
from abm.study.factors import Uncertainty
from abm.study.targets import TARGETS

AMOUNTS = Amounts(screen=2, factors=4, waves=(40, 40), table=200, effective=30)
CLOSED = toy.target("T1", 10.0, 2.0)
AT_MOST = replace(CLOSED, id="T2", value=None, low=None, high=10.0)
AT_LEAST = replace(AT_MOST, id="T3", low=10.0, high=None)
EITHER = [replace(toy.target(f"T5.{k}", 10.0, 2.0), rule="any") for k in (1, 2)]


@cache
def fit() -> Fit:
    """The toy, fitted."""
    return pipeline.run(toy.STAGES, toy.SPACE, toy.data(), AMOUNTS, 1, toy.UNITS)


# --- data


def test_a_closed_figure_is_normal() -> None:
    found = Data((CLOSED,)).log_likelihood(np.array([[10.0], [14.0]]))
    assert found[0] - found[1] == pytest.approx(norm.logpdf(0) - norm.logpdf(2))


def test_an_open_end_is_the_chance_to_be_on_its_side() -> None:
    data = Data((AT_MOST, AT_LEAST))
    readings = np.array([[8.0, 8.0]])
    expected = norm.logcdf(1) + norm.logcdf(-1)
    assert data.log_likelihood(readings)[0] == pytest.approx(expected)
    assert data.misses(readings).tolist() == [[0.0, -1.0]]  # 8 is at most 10, and not at least


def test_one_reading_is_enough_where_two_are_possible() -> None:
    data = Data(tuple(EITHER))
    near, far = 10.0, 1e4
    one = data.log_likelihood(np.array([[near, far]]))[0]
    assert one == pytest.approx(-log(2)) and one == data.log_likelihood(np.array([[far, near]]))[0]
    assert data.implausibility(np.array([[near, far]])).tolist() == [[0.0]]


def test_nobody_to_count_is_far_off_and_more_variance_is_nearer() -> None:
    data = Data((CLOSED, AT_MOST))
    missing = data.log_likelihood(np.array([[np.nan, 10.0]]))
    assert missing == data.log_likelihood(np.array([[10.0 + 2 * MISSING, 10.0]]))
    off = np.array([[16.0, 5.0]])
    assert data.misses(off, more=5.0)[0, 0] == pytest.approx(2.0)
    assert data.misses(off, widen=3.0)[0, 0] == pytest.approx(1.0)
    assert data.log_likelihood(off, widen=2.0) > data.log_likelihood(off)


def test_each_evidence_has_its_own_shares_and_none_is_fitted_before_it_was_known() -> None:
    own = {each: {t.id for t in fitted(each)} - {t.id for t in fitted(None)} for each in EVIDENCE}
    assert own == {"low": {"T7"}, "middle": {"T15"}, "high": {"T8", "T9"}}
    inputs = {"T2", "T11.2", "T16.1", "T16.2", "T20", "T23"}
    assert inputs == {t.id for t in TARGETS} - {t.id for e in EVIDENCE for t in fitted(e)}
    early = fitted("high", date(2023, 6, 30))
    assert all(each.known_on <= date(2023, 6, 30) for each in early)
    assert {"T1", "T9", "T12.1"} <= {each.id for each in early}
    assert not {"T8", "T10.2", "T18"} & {each.id for each in early}
    with pytest.raises(InputError, match="nothing to fit"):
        Data(fitted(None, date(2022, 3, 1)))


def test_made_up_data_are_as_their_likelihood_says() -> None:
    data = Data((CLOSED, AT_MOST, *EITHER))
    draws = luck(3)
    made = [data.synthetic(np.array([14.0, 8.0, 10.0, 50.0]), draws) for _ in range(4000)]
    values = np.array([each.aim[0] for each in made])
    assert values.mean() == pytest.approx(14.0, abs=0.15)
    assert values.std() == pytest.approx(2.0, abs=0.1)
    assert np.mean([each.side[1] == 1 for each in made]) == pytest.approx(norm.cdf(1), abs=0.03)
    second = np.mean([each.aim[2] > 30 for each in made])
    assert second == pytest.approx(0.5, abs=0.04)
    assert all(each.aim[2] == each.aim[3] for each in made)  # one figure, whatever it means


# --- space


def test_the_cube_and_natural_units_are_one_thing() -> None:
    space = Space(
        (
            Uncertainty("conscience", 0.0, 1.0),
            Uncertainty("attention_per_month", 0.05, 0.5, "log-uniform"),
            Uncertainty("fear_weight", 0.5, 2.0, "triangular", mode=1.0),
            *hosts.factors(),
        )
    )
    cube = space.latin(50, 1)
    assert np.allclose(space.cube(space.values(cube)), cube, atol=1e-9)
    assert list(space.only(["fear_weight", "conscience"]).names) == ["conscience", "fear_weight"]
    assert (space.latin(50, 1) == cube).all() and (space.latin(50, 1, 7) != cube).all()


def test_host_constants_follow_groups_predictors_and_own_parts() -> None:
    points = pd.DataFrame({each.name: [float(each.mean or 0)] * 2 for each in hosts.factors()})
    points.loc[1, "host_own.Turkey"] = 1.5
    points.loc[1, "host_slope.language"] = 0.2
    table = hosts.constants(points)
    assert list(table) == [f"host_constant.{host}" for host in HOST_NAMES]
    assert table.at[0, "host_constant.Germany"] == 0.0
    assert table.at[0, "host_constant.Armenia"] == hosts.FIXED_MEAN
    moved = table.loc[1] - table.loc[0]
    spoken = hosts.predictors()["host_slope.language"]
    expected = 0.2 * spoken + 1.5 * (np.array(HOST_NAMES) == "Turkey")
    assert moved.to_numpy() == pytest.approx(expected, abs=1e-5)
    assert spoken[HOST_NAMES.index("Kazakhstan")] > spoken[HOST_NAMES.index("Spain")]
    drawn = hosts.constants(points, luck(1)).loc[0] - table.loc[0]
    without = [host for host in HOST_NAMES if host not in hosts.WITH_FIGURES]
    assert drawn[[f"host_constant.{host}" for host in hosts.WITH_FIGURES]].eq(0).all()
    assert 0.2 < drawn[[f"host_constant.{host}" for host in without]].std() < 0.9


def test_what_the_hand_set_is_possible_and_no_constant_leaves_its_range() -> None:
    """The prior reaches the packaged constants, and its ends stay in the lever's range."""
    space, lever = Space(hosts.factors()), BY_NAME["host_constant"]
    ends = hosts.constants(space.values(np.array([[0.0] * len(space), [1.0] * len(space)])))
    assert ends.to_numpy().min() >= lever.low and ends.to_numpy().max() <= lever.high
    packaged = dict(zip(HOST_NAMES, host_constants(), strict=True))
    by_name = {each.name: each for each in hosts.factors()}
    for host in hosts.WITH_FIGURES:
        group = hosts.mean_of(host)
        mean = hosts.FIXED_MEAN if group is None else float(by_name[group].mean or 0.0)
        own = by_name[f"host_own.{host}"]
        assert own.low < packaged[host] - mean < own.high, host


def test_settings_are_what_a_run_takes() -> None:
    space = Space((Uncertainty("conscience", 0.0, 1.0), *hosts.factors()))
    settings = space.settings(space.latin(3, 1))
    assert list(settings) == ["conscience", *(f"host_constant.{host}" for host in HOST_NAMES)]
    assert list(space.only(["conscience"]).settings(np.array([[0.25]]))) == ["conscience"]


# --- sampler and emulator


def test_the_sampler_draws_from_its_density() -> None:
    """A normal likelihood on a normal prior: mean and variance are known."""
    space = Space((Uncertainty("x", -9, 9, "normal", mean=0, spread=1.0),) * 2)

    def log_density(cube: np.ndarray) -> np.ndarray:
        z = norm.ppf(cube)
        return -0.5 * ((z[:, 0] - 2.0) / 0.5) ** 2  # the second is left alone

    chain = sampler.sample(log_density, space.latin(100, 1), 300, luck(1), 10)
    z = norm.ppf(chain[10:].reshape(-1, 2))
    assert z.mean(axis=0) == pytest.approx([2.0 / (1 + 0.25), 0.0], abs=0.06)
    assert z.std(axis=0) == pytest.approx([(1 / (1 + 4)) ** 0.5, 1.0], abs=0.05)


def test_the_sampler_stays_where_something_is_left() -> None:
    def log_density(cube: np.ndarray) -> np.ndarray:
        return np.where(cube.sum(axis=1) < 0.5, 0.0, -np.inf)

    start = np.full((20, 2), 0.1)
    assert (sampler.sample(log_density, start, 50, luck(1)).sum(axis=2) < 0.5).all()
    with pytest.raises(ValueError, match="density is nil"):
        sampler.sample(log_density, start + 0.5, 5, luck(1))


def test_an_emulator_knows_what_it_was_shown_and_how_sure_it_is() -> None:
    draws, space = luck(1), Space((Uncertainty("x", 0, 1),) * 2)
    cube = space.latin(80, 1)

    def truth(at: np.ndarray) -> np.ndarray:
        wave = np.sin(3 * at[:, 0]) + at[:, 0] * at[:, 1]
        return np.column_stack([wave, 1000 * np.exp(2 * wave)])

    noise = draws.normal(size=(80, 2)) * np.array([0.05, 0.0])
    shown = truth(cube) + noise
    shown[5, 0] = np.nan
    learnt = emulator.fit(cube, shown, ["a", "b"], ["share", "people"], 1)
    fresh = space.latin(200, 2)
    mean, variance = learnt.predict(fresh)
    error = (mean - truth(fresh)) / np.sqrt(variance)
    assert np.abs(mean[:, 0] - truth(fresh)[:, 0]).mean() < 0.03
    assert np.abs(np.log(mean[:, 1] / truth(fresh)[:, 1])).mean() < 0.03
    assert (np.abs(error) < 3).mean() > 0.95
    assert learnt.parts[0].noise == pytest.approx(0.05, rel=0.35)
    assert learnt.only(["b"]).predict(fresh)[0][:, 0] == pytest.approx(mean[:, 1])
    with pytest.raises(InputError, match="only 3 runs have a reading of a"):
        emulator.fit(cube[:3], shown[:3], ["a", "b"], ["share", "people"], 1)


def test_its_prediction_is_scikit_learns() -> None:
    cube = Space((Uncertainty("x", 0, 1),) * 2).latin(40, 1)
    values = np.sin(6 * cube[:, 0]) + 0.1 * luck(2).normal(size=40)
    one = emulator.fit(cube, values[:, None], ["a"], ["share"], 1).parts[0]
    terms = emulator._terms(cube)
    residual = (values - one.centre) / one.scale - terms @ one.weights
    theirs = emulator._process(cube, residual, luck(1, 1, 0))
    fresh = Space((Uncertainty("x", 0, 1),) * 2).latin(15, 3)
    mean, sd = theirs.predict(fresh, return_std=True)
    noise = theirs.kernel_.k2.noise_level
    mine, variance = one.predict(fresh)
    expected = one.centre + one.scale * (mean + emulator._terms(fresh) @ one.weights)
    assert mine == pytest.approx(expected)
    assert variance == pytest.approx((sd**2 - noise) * one.scale**2, rel=1e-6, abs=1e-9)


def test_counts_of_nobody_do_not_break_logs() -> None:
    cube = Space((Uncertainty("x", 0, 1),)).latin(40, 1)
    counts = np.where(cube < 0.3, 0.0, 1000 * cube)
    mean, variance = emulator.fit(cube, counts, ["a"], ["people"], 1).predict(cube)
    assert np.isfinite(mean).all() and np.isfinite(variance).all()


# --- screen


def test_the_screen_ranks_by_influence_in_deviations() -> None:
    influence = fit().influence
    assert influence is not None
    assert list(influence["factor"])[-1] == "x3"  # idle
    assert influence["overall"].is_monotonic_decreasing
    assert screen.chosen(influence, 2) == list(influence["factor"])[:2]


def test_the_screen_does_without_runs_that_failed() -> None:
    space = toy.SPACE
    cube = screen.points(space, 4, 1)
    readings = toy.STAGES.simulate("screen", cube, space)
    readings.iloc[2] = np.nan  # of the first trajectory
    with_gap = screen.influence(space, cube, readings, toy.data()["middle"])
    rest = screen.influence(space, cube[5:], readings[5:], toy.data()["middle"])
    pd.testing.assert_frame_equal(with_gap, rest)


def test_morris_of_the_screen_is_the_study_s() -> None:
    how = design.Design("morris", size=3, levels=screen.LEVELS)
    table = design.points(how, toy.SPACE.factors, 1)
    assert np.allclose(screen.points(toy.SPACE, 3, 1), toy.SPACE.cube(table))


# --- posterior


def test_a_known_posterior_is_found() -> None:
    found = fit()
    result = found.posteriors["middle"]
    mean, sd = toy.exact()
    values = found.space.values(result.cube).to_numpy()
    got = result.weights @ values
    error = 3 * sd / result.effective**0.5
    assert (np.abs(got - mean) < error).all()
    spread = np.sqrt(result.weights @ (values - got) ** 2)
    assert spread == pytest.approx(sd, rel=0.35)
    assert result.effective >= AMOUNTS.effective and result.widened == 1


def test_what_the_data_do_not_inform_keeps_its_prior() -> None:
    table = table_of(fit().space, fit().posteriors["middle"]).set_index("factor")
    assert (table.loc[["x0", "x1", "x2"], "shrinkage"] > 0.8).all()
    assert abs(table.at["x3", "shrinkage"]) < 0.35
    assert (table["low"] < table["median"]).all() and (table["median"] < table["high"]).all()


def test_waves_rule_out_more_and_more_and_do_not_lose_the_truth() -> None:
    found = fit()
    truth = found.space.cube(pd.DataFrame([dict(zip(toy.SPACE.names, toy.TRUTH, strict=True))]))
    mean, _ = found.emulator.predict(truth)
    assert mean[0] == pytest.approx(toy.SLOPES @ toy.TRUTH, abs=0.15)
    assert found.left[0] == 1.0 and found.left[-1] < 1.0


def test_few_runs_widen_the_kernel_and_regression_brings_them_back() -> None:
    """From few runs near the data the posterior is nearly that of all."""
    found = fit()
    space, data = found.space, toy.data()["middle"]
    cube = space.latin(400, 5)
    readings = toy.STAGES.simulate("wide", cube, space)[data.ids].to_numpy()
    table = Table(tuple(data.ids), cube, readings, np.zeros(400))
    result = posterior.fit(data, table, 9)
    assert 1 < result.widened <= posterior.WIDEST
    assert 9 <= result.effective < 12
    mean, sd = toy.exact()
    got = result.weights @ space.values(result.cube).to_numpy()
    assert (np.abs(got - mean)[:3] < 1.5 * sd[:3]).all()
    with pytest.raises(InputError, match="count, of 390 needed"):
        posterior.fit(data, table, 390)


def test_a_run_that_failed_counts_for_nothing() -> None:
    found = fit()
    readings = found.table.readings.copy()
    readings[7] = np.nan
    table = Table(found.table.ids, found.table.cube, readings, found.table.log_density)
    assert posterior.fit(toy.data()["middle"], table, 10).weights[7] == 0


def test_draws_are_as_frequent_as_their_weights() -> None:
    result = fit().posteriors["middle"]
    rows = result.draw(10_000, luck(4))
    counts = np.bincount(rows, minlength=len(result.weights)) / 10_000
    assert counts == pytest.approx(result.weights, abs=1.1e-4)


def test_intervals_of_few_draws_hold_the_next_one_as_often_as_they_say() -> None:
    draws = luck(5)
    inside = 0
    for _ in range(2000):
        cube = draws.random((21, 1))
        few = posterior.Posterior(cube[1:], np.full(20, 0.05), 1.0, 20.0)
        low, high = few.quantiles([0.05, 0.95])
        inside += int(low[0] <= cube[0, 0] <= high[0])
    assert inside / 2000 == pytest.approx(0.9, abs=0.02)


def test_the_same_seed_gives_the_same_fit() -> None:
    few = Amounts(screen=0, waves=(20,), table=20, effective=2)

    def points(seed: int) -> np.ndarray:
        found = pipeline.run(toy.STAGES, toy.SPACE, toy.data(), few, seed, toy.UNITS)
        return found.table.cube

    first = points(1)
    assert (points(1) == first).all()
    assert (points(2) != first).any()
