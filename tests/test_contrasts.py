"""Contrasts: paired by replicate and by point, with intervals that hold what they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from abm.errors import InputError
from abm.study import contrasts
from abm.study.design import points
from abm.study.factors import Choice, Design, Uncertainty

SWING_FACTORS = (
    Uncertainty("x1", 0.0, 1.0),
    Uncertainty("x2", 10.0, 20.0),
    Choice("door", (0.0, 1.0)),
)


def test_swings_are_changes_from_the_scenario_in_pairs() -> None:
    table = points(Design("one-at-a-time"), SWING_FACTORS, 0)
    effect = table["x1"].fillna(0.5) + 0.1 * table["x2"].fillna(15) - table["door"].fillna(0)
    luck = np.random.default_rng(1).standard_normal(4) * 100
    values = pd.DataFrame(effect.to_numpy()[:, None] + luck)
    found = contrasts.swings(table, values, SWING_FACTORS)
    assert list(zip(found["factor"], found["value"], strict=True)) == [
        ("x1", 0.0), ("x1", 1.0), ("x2", 10.0), ("x2", 20.0), ("door", 0.0), ("door", 1.0),
    ]  # fmt: skip
    np.testing.assert_allclose(found["difference"], [-0.5, 0.5, -0.5, 0.5, 0, -1], atol=1e-9)
    np.testing.assert_allclose(found["high"] - found["low"], 0, atol=1e-9)


def test_contrasts_pair_points_that_differ_in_one_lever_alone() -> None:
    doors, rents = Choice("door", (0.0, 1.0, 2.0)), Choice("rent", (5.0, 9.0))
    table = points(Design("grid"), (doors, rents), 0)
    luck = np.random.default_rng(1).standard_normal((6, 10)) * 0.1
    truth = table["door"] * 3 + table["rent"] + table["door"] * (table["rent"] == 9)
    values = pd.DataFrame(truth.to_numpy()[:, None] + luck + 50 * np.arange(10))
    found = contrasts.between(table, values, doors)
    np.testing.assert_allclose(found["difference"], [3.5, 7], atol=0.2)
    assert found["pairs"].to_list() == [2, 2]
    assert (found["low"] < [3.5, 7]).all()
    assert (found["high"] > [3.5, 7]).all()
    assert (found["gain"] > 1000).all()
    other_way = contrasts.between(table, values, doors, base=2.0)
    assert other_way["difference"].iloc[0] == pytest.approx(-found["difference"].iloc[1])


def test_points_of_which_no_two_differ_in_one_factor_alone_are_told() -> None:
    factors = (Uncertainty("x1", 0.0, 1.0), Uncertainty("x2", 10.0, 20.0))
    table = points(Design("latin-hypercube", size=4), factors, 0)
    values = pd.DataFrame(np.zeros((4, 2)))
    with pytest.raises(InputError, match=r"no two points .* differ in 'x1' alone"):
        contrasts.between(table, values, Choice("x1", tuple(table["x1"])))


def test_pairs_of_which_none_is_done_are_told() -> None:
    door = Choice("door", (0.0, 1.0))
    table = points(Design("grid"), (door,), 0)
    with pytest.raises(InputError, match="only 0 of 1 pairs of points are done"):
        contrasts.between(table, pd.DataFrame([[1.0, 2.0], [np.nan, np.nan]]), door)


def test_a_point_that_always_fails_costs_its_pair_alone() -> None:
    doors, rents = Choice("door", (0.0, 1.0)), Choice("rent", (5.0, 9.0, 11.0))
    table = points(Design("grid"), (doors, rents), 0)
    values = pd.DataFrame((table["door"] * 3 + table["rent"]).to_numpy()[:, None] + np.zeros(4))
    values.loc[1] = np.nan
    found = contrasts.between(table, values, doors)
    assert found[["difference", "pairs", "replicates"]].to_numpy().tolist() == [[3, 2, 4]]


def test_an_interval_of_a_difference_is_students() -> None:
    here, there = pd.Series([3.0, 5.0, 10.0]), pd.Series([1.0, 2.0, 3.0, 4.0])
    found = contrasts.difference(here, there)
    assert found["difference"] == pytest.approx(4)
    assert found["replicates"] == 3
    assert found["high"] - found["difference"] == pytest.approx(4.302653 * np.sqrt(7 / 3), rel=1e-5)
    assert np.isnan(contrasts.difference(here[:1], there)["low"])
    assert contrasts.difference(here[:1], there)["difference"] == 2


def test_intervals_of_differences_hold_the_truth_as_often_as_they_say() -> None:
    luck = np.random.default_rng(5)
    held = 0
    for _ in range(1000):
        common = luck.standard_normal(5)
        here, there = (pd.Series(common + luck.standard_normal(5) * 0.3 + m) for m in (2, 0))
        found = contrasts.difference(here, there)
        held += found["low"] <= 2 <= found["high"]
    assert 930 <= held <= 970


def test_the_share_of_luck() -> None:
    luck = np.random.default_rng(2)
    truth = luck.standard_normal(2000) * 3
    values = pd.DataFrame(truth[:, None] + luck.standard_normal((2000, 5)) * 3)
    assert contrasts.luck_share(values) == pytest.approx(0.5, abs=0.03)
    assert np.isnan(contrasts.luck_share(values[[0]]))
