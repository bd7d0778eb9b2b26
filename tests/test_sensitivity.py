"""Indices against known answers: Ishigami's function, linear and additive models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from SALib.analyze import morris as salib_morris
from SALib.analyze import pawn as salib_pawn

from abm.errors import InputError
from abm.study import analysis, sensitivity
from abm.study.design import points
from abm.study.factors import Choice, Design, Factor, Uncertainty

A, B = 7.0, 0.1
PI = np.pi
ANGLES: tuple[Factor, ...] = tuple(Uncertainty(f"x{k}", -PI, PI) for k in (1, 2, 3))
SHARES: tuple[Factor, ...] = tuple(Uncertainty(f"x{k}", 0.0, 1.0) for k in (1, 2, 3))
SIZES = np.array([1.0, -2.0, 3.0])


def ishigami(x: np.ndarray) -> np.ndarray:
    return np.sin(x[:, 0]) + A * np.sin(x[:, 1]) ** 2 + B * x[:, 2] ** 4 * np.sin(x[:, 0])


def ishigami_indices() -> tuple[np.ndarray, np.ndarray]:
    """S1 and ST in closed form."""
    first = np.array([0.5 * (1 + B * PI**4 / 5) ** 2, A**2 / 8, 0.0])
    both = 8 * B**2 * PI**8 / 225
    variance = first.sum() + both
    return first / variance, (first + np.array([both, 0.0, both])) / variance


def linear(x: np.ndarray) -> np.ndarray:
    return 5 + x @ SIZES


def run(
    design: Design,
    factors: Sequence[Factor],
    model: Callable[[np.ndarray], np.ndarray],
    replicates: int = 1,
    noise: float = 0.0,
    common: bool = False,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Points, and what a model gives there: by point and replicate, with luck added."""
    table = points(design, factors, 0)
    truth = model(table.drop(columns="point").to_numpy(float))
    luck = np.random.default_rng(1)
    shape = (1 if common else len(truth), replicates)
    values = truth[:, None] + noise * luck.standard_normal(shape)
    return table, pd.DataFrame(values, index=pd.Index(table["point"], name="point"))


def test_sobol_indices_of_ishigami() -> None:
    design = Design("saltelli", size=1024)
    _, values = run(design, ANGLES, ishigami)
    table = sensitivity.sobol(values, ANGLES, design, seed=0, resamples=200)
    first, total = ishigami_indices()
    np.testing.assert_allclose(table["S1"], first, atol=0.03)
    np.testing.assert_allclose(table["ST"], total, atol=0.03)
    for name, truth in (("S1", first), ("ST", total)):
        assert (table[f"{name}_low"] <= truth + 0.01).all()
        assert (table[f"{name}_high"] >= truth - 0.01).all()


def test_in_an_additive_model_first_and_total_are_the_shares_of_variance() -> None:
    design = Design("saltelli", size=512)
    _, values = run(design, SHARES, linear)
    table = sensitivity.sobol(values, SHARES, design, seed=0, resamples=50)
    shares = SIZES**2 / (SIZES**2).sum()
    np.testing.assert_allclose(table["S1"], shares, atol=0.02)
    np.testing.assert_allclose(table["ST"], shares, atol=0.02)


def test_luck_common_to_all_points_does_not_blur_indices_and_other_luck_does() -> None:
    design = Design("saltelli", size=256)
    exact, common, other = (
        sensitivity.sobol(run(design, SHARES, linear, **luck)[1], SHARES, design, 0, resamples=100)
        for luck in ({}, {"noise": 2.0, "replicates": 3, "common": True}, {"noise": 2.0})
    )
    np.testing.assert_allclose(common["ST"], exact["ST"], atol=1e-12)
    assert (other["ST"] > exact["ST"] + 0.1).all()
    width = other["ST_high"] - other["ST_low"]
    assert (width > 1.5 * (exact["ST_high"] - exact["ST_low"])).all()


def test_more_replicates_bring_sobol_nearer_to_the_truth() -> None:
    design = Design("saltelli", size=256)
    shares = SIZES**2 / (SIZES**2).sum()
    misses = []
    for replicates in (1, 20):
        _, values = run(design, SHARES, linear, replicates, noise=1.0)
        table = sensitivity.sobol(values, SHARES, design, seed=0, resamples=20)
        misses.append(np.abs(table["ST"] - shares).max())
    assert misses[1] < misses[0] / 5


def test_sobol_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    design, held = Design("saltelli", size=64), []
    shares = SIZES**2 / (SIZES**2).sum()
    for seed in range(40):
        table = points(design, SHARES, seed)
        values = pd.DataFrame({0: linear(table.drop(columns="point").to_numpy(float))})
        found = sensitivity.sobol(values, SHARES, design, seed, resamples=200)
        held.append(found["ST_low"].le(shares) & found["ST_high"].ge(shares))
    assert np.mean(held) > 0.85


def test_morris_of_a_linear_model_is_exact() -> None:
    design = Design("morris", size=6)
    table, values = run(design, SHARES, linear)
    found = sensitivity.morris(table, values, SHARES, design, seed=0, resamples=50)
    np.testing.assert_allclose(found["mu"], SIZES)
    np.testing.assert_allclose(found["mu_star"], abs(SIZES))
    np.testing.assert_allclose(found["sigma"], 0, atol=1e-12)
    np.testing.assert_allclose(found["mu_star_high"] - found["mu_star_low"], 0, atol=1e-12)


def test_morris_is_as_salib_has_it() -> None:
    design = Design("morris", size=20, levels=6)
    table, values = run(design, ANGLES, ishigami)
    found = sensitivity.morris(table, values, ANGLES, design, seed=0, resamples=2000)
    names = [factor.name for factor in ANGLES]
    problem = {"num_vars": 3, "names": names, "bounds": [[-PI, PI]] * 3}
    theirs = salib_morris.analyze(
        problem,
        table[names].to_numpy(),
        values[0].to_numpy(),
        num_levels=6,
        num_resamples=4000,
        seed=1,
    )
    for index in ("mu", "mu_star", "sigma"):
        np.testing.assert_allclose(found[index], np.asarray(theirs[index]), rtol=1e-9)
    half = (found["mu_star_high"] - found["mu_star_low"]) / 2
    np.testing.assert_allclose(half, np.asarray(theirs["mu_star_conf"]), rtol=0.1)


def test_morris_measures_a_lever_with_as_many_values_as_levels() -> None:
    lever = Choice("steps", (10.0, 20.0, 40.0, 70.0))
    design = Design("morris", size=30)
    table, values = run(design, (SHARES[0], lever), lambda x: 2 * x[:, 0] + x[:, 1])
    found = sensitivity.morris(table, values, (SHARES[0], lever), design, seed=0, resamples=10)
    assert found["mu"][0] == pytest.approx(2)
    assert 30 * 1.5 < found["mu_star"][1] < 50 * 1.5


def test_pawn_ranks_factors_and_tells_those_without_influence() -> None:
    design = Design("latin-hypercube", size=512)
    table, values = run(design, SHARES, lambda x: x[:, 0] + 0.3 * x[:, 1])
    found = sensitivity.pawn(table, values, SHARES, seed=0, resamples=50)
    assert found["pawn"].is_monotonic_decreasing
    assert (found["pawn"] > found["noise"]).to_list() == [True, True, False]
    assert (found["pawn_low"] <= found["pawn_high"]).all()


def test_pawn_is_as_salib_has_it_where_theirs_drops_no_point() -> None:
    design = Design("latin-hypercube", size=500)
    table, values = run(design, ANGLES, ishigami)
    found = sensitivity.pawn(table, values, ANGLES, seed=0, resamples=5)
    names = [factor.name for factor in ANGLES]
    problem = {"num_vars": 3, "names": names, "bounds": [[-PI, PI]] * 3}
    theirs = salib_pawn.analyze(problem, table[names].to_numpy(), values[0].to_numpy(), S=10)
    np.testing.assert_allclose(found["pawn"], theirs["median"], atol=0.01)
    np.testing.assert_allclose(found["highest"], theirs["maximum"], atol=0.02)


def test_pawn_sees_every_value_of_a_lever_the_last_too() -> None:
    lever = Choice("door", ("shut", "half", "open"))
    table = pd.DataFrame({"point": range(60), "door": ["shut", "half", "open"] * 20})
    outcome = np.where(table["door"] == "open", 1.0, 0.0) + np.arange(60) * 1e-6
    found = sensitivity.pawn(table, pd.DataFrame({0: outcome}), (lever,), 0, resamples=5)
    assert found["highest"][0] == pytest.approx(2 / 3)


def test_pawn_of_few_points_is_told_and_its_intervals_lie_from_0_to_1() -> None:
    for size, told in ((12, "only 6 points"), (60, "only 6 points"), (300, "")):
        table, values = run(Design("latin-hypercube", size=size), SHARES, lambda x: x[:, 0])
        found = sensitivity.pawn(table, values, SHARES, seed=0, resamples=20)
        ends = found[["pawn_low", "pawn_high", "highest_low", "highest_high"]].to_numpy()
        assert ((ends >= 0) & (ends <= 1)).all()
        said = sensitivity.too_few(found)
        assert told in said
        assert bool(told) == ("Example: [design] size = 300" in said)


def test_an_outcome_that_never_changes_has_no_indices() -> None:
    saltelli, morris = Design("saltelli", size=8), Design("morris", size=4)
    _, values = run(saltelli, SHARES, lambda x: np.full(len(x), 0.1))
    found: Any = sensitivity.sobol(values, SHARES, saltelli, 0, resamples=5)
    assert found[["S1", "ST", "S1_low"]].isna().all(axis=None)
    table, values = run(morris, SHARES, lambda x: np.full(len(x), 0.1))
    found = sensitivity.morris(table, values, SHARES, morris, 0, resamples=5)
    assert (found["mu_star"] == 0).all()


def test_results_are_the_same_again_for_seed_zero_too() -> None:
    design = Design("saltelli", size=16)
    _, values = run(design, SHARES, linear, replicates=3, noise=0.1)
    one, two = (sensitivity.sobol(values, SHARES, design, 0, resamples=20) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)


@pytest.mark.parametrize(
    ("asked", "example"),
    [
        ("renewal_strictness.Turkey=0.2,0.7", "renewal_strictness.Turkey=0.2,0.9"),
        ("renewal_strictness.Turkey=0.2", "renewal_strictness.Turkey=0.2,0.9"),
        ("without=0,1", "without=,M8"),
        ("renewal=0.2,0.9", "renewal_strictness.Turkey=0.2,0.9"),
    ],
)
def test_the_pair_offered_is_one_of_this_sweep(asked: str, example: str) -> None:
    levers = (Choice("renewal_strictness.Turkey", (0.2, 0.9)), Choice("without", ("", "M8")))
    table = points(Design("grid"), levers, 0)
    values = pd.DataFrame(np.arange(8.0).reshape(4, 2))
    with pytest.raises(InputError, match=f"Example: --between {example}$"):
        analysis._between(table, values, levers, asked)
    analysis._between(table, values, levers, example)


def test_two_points_are_offered_where_no_two_differ_in_one_factor_alone() -> None:
    table = points(Design("latin-hypercube", size=4), SHARES, 0)
    choices = analysis.as_choices(table, SHARES)
    values = pd.DataFrame(np.zeros((4, 2)))
    with pytest.raises(InputError, match=r"Example: --between point=0,1$"):
        analysis._between(table, values, choices, "x1=0.2,0.8")
    analysis._between(table, values, choices, "point=0,1")
