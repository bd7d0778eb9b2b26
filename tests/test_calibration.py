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

from abm.chance import Floats
from abm.errors import InputError
from abm.hosts_table import HOST_NAMES, host_constants
from abm.levers import BY_NAME
from abm.luck import luck_table
from abm.study import design
from abm.study.calibration import emulator, hosts, pipeline, posterior, sampler, screen
from abm.study.calibration.data import MISSING, Data, fitted
from abm.study.calibration.pipeline import Fit
from abm.study.calibration.posterior import table_of
from abm.study.calibration.settings import SHORTLIST, Amounts
from abm.study.calibration.space import Space, luck
from abm.study.calibration.waves import Wave
from abm.study.evidence import EVIDENCE
from abm.study.factors import Uncertainty
from abm.study.targets import TARGETS

AMOUNTS = Amounts(screen=2, factors=4, waves=(40, 80, 80), pool=2000, table=100, effective=300)
CLOSED = toy.target("T1", 10.0, 2.0)
AT_MOST = replace(CLOSED, id="T2", value=None, low=None, high=10.0)
AT_LEAST = replace(AT_MOST, id="T3", low=10.0, high=None)
EITHER = [replace(toy.target(f"T5.{k}", 10.0, 2.0), rule="any") for k in (1, 2)]


@cache
def fit() -> Fit:
    """The toy, fitted."""
    return pipeline.run(toy.STAGES, toy.SPACE, toy.data(), AMOUNTS, 1)


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
    assert data.log_likelihood(off, 12.0) > data.log_likelihood(off)


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


def test_own_parts_of_hosts_without_figures_move_people_only_within_a_group() -> None:
    points = pd.DataFrame(index=range(50))
    plain, drawn = hosts.constants(points), hosts.constants(points, luck(1))
    usual = luck_table().mean(axis=0)
    for group in {hosts.mean_of(host) for host in HOST_NAMES}:
        of = [
            (hosts.PREFIX + host, usual[row])
            for row, host in enumerate(HOST_NAMES)
            if host not in hosts.WITH_FIGURES and hosts.mean_of(host) == group
        ]
        names, share = [name for name, _ in of], np.array([weight for _, weight in of])
        factor = np.exp(drawn[names] - plain[names]).to_numpy()
        assert factor @ share / share.sum() == pytest.approx(1.0, abs=1e-4)
        assert factor.std() > 0.2


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


def squeezed(aim: float, sd: float, id: str = "a") -> Data:
    """Data of one figure, by which readings are squeezed."""
    return Data((toy.target(id, aim, sd),))


@pytest.mark.parametrize("is_count", [True, False])
def test_squeezed_readings_come_back_with_their_slope(is_count: bool) -> None:
    squeeze = emulator.Squeeze(1000.0, 100.0, is_count)
    y = np.array([0.0, 900.0, 1000.0, 5000.0])
    s = squeeze.squeezed(y)
    back, slope = squeeze.readings(s)
    assert back == pytest.approx(y, abs=1e-6) and s[2] == 0.0
    step = (squeeze.readings(s + 1e-6)[0] - squeeze.readings(s - 1e-6)[0]) / 2e-6
    assert slope == pytest.approx(step, rel=1e-6)
    lowest = squeeze.readings(np.array([-100.0]))[0]
    assert (lowest >= -100.0).all() == is_count  # a count is hardly below nobody


def test_an_emulator_knows_what_it_was_shown_and_how_sure_it_is() -> None:
    draws, space = luck(1), Space((Uncertainty("x", 0, 1),) * 2)
    cube = space.latin(80, 1)
    data = Data((toy.target("a", 1.0, 0.5), toy.target("b", 5000.0, 1500.0)))

    def truth(at: np.ndarray) -> np.ndarray:
        wave = np.sin(3 * at[:, 0]) + at[:, 0] * at[:, 1]
        return np.column_stack([wave, 1000 * np.exp(2 * wave)])

    shown = truth(cube) + draws.normal(size=(80, 2)) * np.array([0.05, 0.0])
    shown[5, 0] = np.nan
    learnt = emulator.fit(cube, shown, data, 1)
    fresh = space.latin(200, 2)
    mean, variance = learnt.predict(fresh)
    run = truth(fresh)[:, 0] + 0.05 * draws.normal(size=200)
    off = (mean[:, 0] - run) / np.sqrt(variance[:, 0])  # a run's, luck included
    assert np.abs(mean[:, 0] - truth(fresh)[:, 0]).mean() < 0.03
    assert np.abs(np.log(mean[:, 1] / truth(fresh)[:, 1])).mean() < 0.03
    assert off.std() == pytest.approx(1.0, abs=0.15)
    near = np.abs(truth(fresh)[:, 0] - 1.0) < 0.3
    assert np.sqrt(variance[near, 0]).mean() == pytest.approx(0.05, rel=0.5)
    with pytest.raises(InputError, match="only 3 runs have a reading of a"):
        emulator.fit(cube[:3], shown[:3], data, 1)


def test_its_prediction_is_scikit_learns() -> None:
    cube = Space((Uncertainty("x", 0, 1),) * 2).latin(40, 1)
    values = np.sin(6 * cube[:, 0]) + 0.1 * luck(2).normal(size=40)
    one = emulator.fit(
        cube, emulator.LINEAR * np.sinh(values)[:, None], squeezed(0.0, 1.0), 1
    ).parts[0]
    residual = (values - one.centre) / one.scale - emulator._terms(cube) @ one.weights
    theirs = emulator._process(cube, residual, luck(1, 1, 0))
    fresh = Space((Uncertainty("x", 0, 1),) * 2).latin(15, 3)
    mean, sd = theirs.predict(fresh, return_std=True)
    mine, variance = one.squeezed(fresh)
    expected = one.centre + one.scale * (mean + emulator._terms(fresh) @ one.weights)
    assert mine == pytest.approx(expected)
    assert variance == pytest.approx(one.widened * (sd * one.scale) ** 2, rel=1e-6, abs=1e-9)


def test_it_is_widened_by_how_far_off_it_foretells_runs_left_out() -> None:
    """As by leaving each run out in turn, lengths kept."""
    cube = Space((Uncertainty("x", 0, 1),)).latin(25, 1)
    values = np.where(cube[:, 0] > 0.5, 2.0, 0.0) + 0.1 * luck(2).normal(size=25)
    one = emulator.fit(
        cube, emulator.LINEAR * np.sinh(values)[:, None], squeezed(0.0, 1.0), 1
    ).parts[0]
    residual = (values - one.centre) / one.scale - emulator._terms(cube) @ one.weights
    covariance = one.variance * np.exp(-0.5 * ((cube - cube.T) / one.lengths) ** 2) + np.eye(25) * (
        (one.noise / one.scale) ** 2 + 1e-10
    )
    off = []
    for k in range(25):
        rest = np.arange(25) != k
        known = np.linalg.solve(covariance[np.ix_(rest, rest)], covariance[rest, k])
        left = covariance[k, k] - known @ covariance[rest, k]
        off.append((residual[k] - known @ residual[rest]) ** 2 / left)
    assert one.widened == pytest.approx(max(1.0, np.mean(off)), rel=1e-4)


def test_what_is_far_off_stays_finite_and_nobody_is_a_number() -> None:
    cube = Space((Uncertainty("x", 0, 1),)).latin(40, 1)
    counts = np.where(cube < 0.3, 0.0, 1e7 * cube)
    mean, variance = emulator.fit(cube, counts, squeezed(500.0, 50.0), 1).predict(cube)
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
    # The pool is of chains, so fewer draws are independent than count by their weights.
    error = 3 * sd / (result.effective / 4) ** 0.5
    assert (np.abs(got - mean) < error).all()
    spread = np.sqrt(result.weights @ (values - got) ** 2)
    assert spread == pytest.approx(sd, rel=0.25)
    assert result.effective >= AMOUNTS.effective


def test_the_centre_is_likely() -> None:
    """Among the points that were run there is one near the truth; the idle factor is anywhere."""
    found = fit()
    values = found.space.values(found.centres["middle"][None, :]).to_numpy()[0]
    assert values[:3] == pytest.approx(toy.TRUTH[:3], abs=0.35)


def test_the_centre_is_the_likeliest_when_run_anew() -> None:
    """Whatever was foretold of it: here only the third that could be it shows the data again."""

    class Surprising(toy.Stages):
        anew = np.empty((0, toy.FACTORS))

        def simulate(self, stage: str, cube: Floats, space: Space) -> pd.DataFrame:
            readings = super().simulate(stage, cube, space)
            if stage == "centres":
                self.anew = cube
                readings += 9.0
                readings.iloc[6:9] = toy.SLOPES @ toy.TRUTH + [[-0.2], [0.0], [0.2]]
            return readings

    stages = Surprising()
    few = Amounts(screen=0, waves=(40, 40), pool=200, table=10, effective=2, recovery=0, check=3)
    found = pipeline.run(stages, toy.SPACE, toy.data(), few, 1)
    assert len(stages.anew) == few.check * SHORTLIST
    assert (stages.anew[6:9] == found.centres["middle"]).all()


def test_each_evidence_scenario_has_its_share_of_a_wave() -> None:
    """Also one that the model can do little for, because it asks for the impossible as well."""
    middle, other = toy.data()["middle"], toy.data(-toy.TRUTH)["middle"]
    impossible = (toy.target("T7", 100.0, 10.0), toy.target("T8", -100.0, 10.0))
    hopeless = Data((*other.targets, *impossible))
    cube = luck(6).random((200, toy.FACTORS))
    readings = toy.STAGES.simulate("any", cube, toy.SPACE).to_numpy()
    learnt = emulator.fit(
        cube, np.hstack([readings, readings[:, :2]]), Data((*middle.targets, *impossible)), 1
    )
    drawn = Wave(learnt, {"a": middle, "b": hopeless}, 1.0).draw(toy.SPACE, 400, 1, 2, cube)
    towards = toy.SPACE.values(drawn.cube).to_numpy() @ toy.TRUTH
    assert 0.2 < (towards > 0).mean() < 0.8


def test_what_the_data_do_not_inform_keeps_its_prior() -> None:
    table = table_of(fit().space, fit().posteriors["middle"], fit().centres["middle"]).set_index(
        "factor"
    )
    assert (table.loc[["x0", "x1", "x2"], "shrinkage"] > 0.8).all()
    assert abs(table.at["x3", "shrinkage"]) < 0.35
    assert (table["low"] < table["median"]).all() and (table["median"] < table["high"]).all()


def test_waves_rule_out_more_and_more_and_do_not_lose_the_truth() -> None:
    found = fit()
    truth = found.space.cube(pd.DataFrame([dict(zip(toy.SPACE.names, toy.TRUTH, strict=True))]))
    nearest = np.argsort(((found.pool.cube - truth) ** 2).sum(axis=1))[:5]
    at = found.space.values(found.pool.cube[nearest]).to_numpy() @ toy.SLOPES.T
    assert found.pool.means[nearest] == pytest.approx(at, abs=0.15)
    assert found.left[0] == 1.0 and found.left[-1] < 1.0


def test_the_table_is_part_of_the_pool_and_is_foretold() -> None:
    found = fit()
    rows = pipeline.spread(AMOUNTS.pool, AMOUNTS.table)
    assert len(set(rows)) == AMOUNTS.table and (found.pool.cube[rows] == found.table.cube).all()
    off = (found.table.readings - found.pool.means[rows]) / np.sqrt(found.pool.variances[rows])
    assert off.std() == pytest.approx(1.0, abs=0.2) and abs(off.mean()) < 0.1


def test_what_was_foretold_of_the_table_is_told() -> None:
    found = pipeline.foretold(fit())
    assert list(found["id"]) == toy.IDS and (found["runs"] == AMOUNTS.table).all()
    assert found["spread"].mean() == pytest.approx(1.0, abs=0.2)
    assert found["off"].abs().max() < 0.5


def test_waves_approach_the_data_and_end_as_the_pool() -> None:
    heats, counted = zip(*pipeline.courses(6), strict=True)
    assert heats[:4] == pytest.approx((4.0, 4 ** (2 / 3), 4 ** (1 / 3), 1.0))
    assert heats[4:] == (pipeline.POOL_HEAT,) * 2 and counted[4:] == (1.0, 1.0)
    assert pipeline.courses(1) == [(pipeline.FIRST_HEAT, pipeline.COUNTED)]


def test_it_learns_from_the_latest_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "LEARNT_FROM", 60)
    draws = luck(2)
    old = pipeline.Runs(draws.random((50, 4)), np.full((50, toy.READINGS), 7.0))
    new = pipeline.Runs(draws.random((60, 4)), draws.random((60, toy.READINGS)))
    every = toy.data()["middle"]
    both, alone = old.and_then(new).learnt(every, 1), new.learnt(every, 1)
    assert (both.predict(old.cube)[0] == alone.predict(old.cube)[0]).all()


def test_too_few_points_near_the_data_are_refused() -> None:
    with pytest.raises(InputError, match=r"of 2,000 points only .* count, of 1900 needed"):
        posterior.fit(toy.data()["middle"], fit().pool, 1900)


def test_what_is_foretold_is_the_posterior_s_prediction() -> None:
    """Of the toy the prediction is known: the slopes times the posterior, with the runs' luck."""
    found = fit()
    mean, sd = found.pool.foretold(found.posteriors["middle"].weights)
    variance = toy.SD**2 + toy.NOISE**2
    covariance = np.linalg.inv(np.eye(toy.FACTORS) + toy.SLOPES.T @ toy.SLOPES / variance)
    assert mean == pytest.approx(toy.SLOPES @ toy.exact()[0], abs=0.15)
    of_mean = np.diag(toy.SLOPES @ covariance @ toy.SLOPES.T)
    assert sd == pytest.approx(np.sqrt(of_mean + toy.NOISE**2), rel=0.25)


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
        few = posterior.Posterior(cube[1:], np.full(20, 0.05), 20.0)
        low, high = few.quantiles([0.05, 0.95])
        inside += int(low[0] <= cube[0, 0] <= high[0])
    assert inside / 2000 == pytest.approx(0.9, abs=0.02)


def test_the_same_seed_gives_the_same_fit() -> None:
    few = Amounts(screen=0, waves=(20,), pool=100, table=20, recovery=0, effective=2)

    def points(seed: int) -> np.ndarray:
        found = pipeline.run(toy.STAGES, toy.SPACE, toy.data(), few, seed)
        return found.table.cube

    first = points(1)
    assert (points(1) == first).all()
    assert (points(2) != first).any()
