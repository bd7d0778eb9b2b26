"""Identifiability, value of information, the likeliest point: linear toys with known answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from abm.errors import InputError
from abm.study import observables
from abm.study.factors import Uncertainty
from abm.study.identify import (
    calibrated,
    deviations,
    information,
    jacobian,
    prior_sd,
    value_of_information,
)
from abm.study.most_likely import most_likely
from abm.study.observables import measured, quantity
from abm.view import identify_figures

A = Uncertainty("a", 0.0, 12.0**0.5)  # prior deviation 1
B = Uncertainty("b", -(12.0**0.5), 12.0**0.5)  # 2
C = Uncertainty("c", -5.0, 5.0, "normal", mean=0.0, spread=1.0)
AT = {"a": 1.0, "b": 0.0, "c": 0.0}


def toy(points: pd.DataFrame) -> pd.DataFrame:
    """Two data: 2 a + b / 2 (so 2 and 1 a prior deviation), and nothing of c."""
    return pd.DataFrame(
        {
            "sum": 2 * points["a"] + points["b"] / 2,
            "same": 4 * points["a"] + points["b"],
            "c alone": 3 * points["c"],
        },
        index=points.index,
    )


def test_a_prior_deviation_is_that_of_its_distribution() -> None:
    assert prior_sd(A) == pytest.approx(1.0, rel=1e-3)
    assert prior_sd(B) == pytest.approx(2.0, rel=1e-3)
    assert prior_sd(C) == pytest.approx(1.0, rel=1e-2)


def test_slopes_are_those_of_the_function() -> None:
    table = jacobian(toy, [A, B, C], AT)
    expected = [[2.0, 1.0, 0.0], [4.0, 2.0, 0.0], [0.0, 0.0, 3.0]]
    assert table.to_numpy() == pytest.approx(np.array(expected), rel=1e-2, abs=1e-9)
    at_an_end = jacobian(toy, [A, B, C], {**AT, "a": 0.0})
    assert at_an_end.to_numpy() == pytest.approx(np.array(expected), rel=1e-2, abs=1e-9)


def test_data_that_say_the_same_inform_one_direction() -> None:
    """F has the one eigenvalue |(2, 1)|² + |(4, 2)|² = 25 at deviations of one, along (2, 1)."""
    table = jacobian(toy, [A, B, C], AT)
    known = information(table, pd.Series({"sum": 1.0, "same": 1.0}))
    directions = known.directions
    assert known.informed == 1
    assert directions["information"].to_numpy() == pytest.approx(
        [25.0, 0.0, 0.0], rel=1e-2, abs=1e-6
    )
    assert directions.loc[0, ["a", "b", "c"]].to_numpy(float) == pytest.approx(
        np.array([2.0, 1.0, 0.0]) / 5**0.5, abs=1e-2
    )
    left = known.parameters["variance_left"]
    assert left["a"] == pytest.approx(1.0 - 4 / 5 * 25 / 26, rel=1e-2)
    assert left["c"] == pytest.approx(1.0)
    first = known.trade_offs.iloc[0]
    assert {first["factor"], first["other"]} == {"a", "b"}
    assert first["correlation"] < -0.5


def test_the_posterior_is_that_of_a_normal_sample() -> None:
    """Against draws: weights of the likelihood on the prior give the same covariance."""
    table = jacobian(toy, [A, B, C], AT)
    known = information(table, pd.Series({"sum": 1.0, "c alone": 2.0}))
    draws = np.random.default_rng(1).normal(size=(200_000, 3))
    scaled = draws @ known.jacobian.to_numpy().T / known.sd.to_numpy()
    weights = np.exp(-0.5 * (scaled**2).sum(axis=1))
    covariance = np.cov(draws.T, aweights=weights)
    assert known.covariance.to_numpy() == pytest.approx(covariance, abs=0.02)


def test_the_datum_that_breaks_the_trade_off_is_worth_most() -> None:
    table = jacobian(toy, [A, B, C], AT)
    known = information(table, pd.Series({"sum": 0.1}))
    candidates = pd.DataFrame(
        [[4.0, 2.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
        index=["the same again", "a alone", "c"],
        columns=["a", "b", "c"],
    )
    conclusion = pd.DataFrame([[1.0, -1.0, 0.0]], index=["a less b"], columns=["a", "b", "c"])
    sd = pd.Series(0.1, candidates.index)
    worth = value_of_information(known, candidates, sd, conclusion).set_index("candidate")
    assert worth.index[0] == "a alone"
    assert worth.loc["a alone", "narrowed"] > 0.5
    assert worth.loc["the same again", "narrowed"] < 0.01
    assert worth.loc["c", "narrowed"] == pytest.approx(0.0, abs=1e-12)
    # By hand: prior covariance 1, data with slopes J and deviation s: (1 + J'J / s²)⁻¹.
    j = np.array([[2.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    then = np.linalg.inv(np.eye(3) + j.T @ j / 0.01)
    c = np.array([1.0, -1.0, 0.0])
    assert worth.loc["a alone", "sd_then"] == pytest.approx((c @ then @ c) ** 0.5, rel=1e-2)


def test_bad_input_is_said() -> None:
    with pytest.raises(InputError, match="'a' needs a value from 0 to"):
        jacobian(toy, [A], {"a": 9.0})
    with pytest.raises(InputError, match="the data tell nothing"):
        information(jacobian(toy, [A, B, C], AT), pd.Series({"other": 1.0}))


def test_the_calibrated_are_those_of_the_description() -> None:
    factors = calibrated()
    assert len(factors) == 12
    assert {"cost_of_leaving", "attachment_spread"} <= {each.name for each in factors}


def test_only_closed_figures_bind_and_each_once() -> None:
    sds = {name: deviations(name) for name in ("low", "middle", "high")}
    shared = set(sds["low"].index) & set(sds["high"].index)
    assert {"T1", "T5.1", "T6.1", "T13.1"} <= shared
    assert not {"T5.2", "T6.2", "T22.4", "T4.1", "T4.2", "T18"} & shared
    assert "T7" in sds["low"].index and "T7" not in sds["high"].index
    assert {"T8", "T9"} <= set(sds["high"].index) and "T15" in sds["middle"].index
    assert all((sd > 0).all() for sd in sds.values())


def test_figures_show_directions_and_worth() -> None:
    table = jacobian(toy, [A, B, C], AT)
    known = information(table, pd.Series({"sum": 1.0, "same": 1.0}))
    figure = identify_figures.directions(known)
    assert "1 of 3 directions" in figure.get_suptitle()
    bars = [bar.get_width() for bar in figure.axes[0].patches]
    assert bars == pytest.approx(known.directions["variance_left"].tolist())
    candidates = known.jacobian.rename({"sum": "first", "same": "second"})
    worth = value_of_information(
        known, candidates, pd.Series(1.0, candidates.index), candidates.loc[["first"]]
    )
    written = {text.get_text() for text in identify_figures.worth(worth).axes[0].texts}
    assert written == {f"{100 * value:.0f}" for value in worth["narrowed"]}


# --- the likeliest point ---------------------------------------------------------------------


def test_the_likeliest_point_of_a_linear_toy() -> None:
    """Two data for three factors; the normal prior of c pulls: c = 9 y / (9 + 1), y its datum."""

    def misses(readings: pd.DataFrame) -> np.ndarray:
        return readings[["sum", "c alone"]].to_numpy() - np.array([3.0, 3.0])

    peak = most_likely(toy, [A, B, C], misses, {"a": 2.0, "b": 1.0})
    assert peak.found
    assert 2 * peak.point["a"] + peak.point["b"] / 2 == pytest.approx(3.0, abs=1e-3)
    assert peak.point["c"] == pytest.approx(0.9, abs=1e-3)
    assert peak.log_posterior == pytest.approx(-0.5 * (0.3**2 + 0.9**2), abs=1e-3)
    assert peak.misfit_at_start > peak.misfit
    assert peak.at_edge == ()
    assert peak.readings["sum"] == pytest.approx(3.0, abs=1e-3)


def test_what_would_go_further_ends_at_the_edge() -> None:
    def misses(readings: pd.DataFrame) -> np.ndarray:
        return readings[["sum"]].to_numpy() - 50.0

    peak = most_likely(toy, [A, B, C], misses, {})
    assert set(peak.at_edge) == {"a", "b"}  # c has no part in it


def test_a_start_out_of_range_or_a_missing_miss_is_said() -> None:
    with pytest.raises(InputError, match="the start of 'a' is 9, out of its range"):
        most_likely(toy, [A, B, C], lambda table: table.to_numpy(), {"a": 9.0})
    with pytest.raises(InputError, match="a miss is not a number"):
        most_likely(toy, [A, B, C], lambda table: table.to_numpy() * np.nan, {})
    peaked = Uncertainty("a", 0.0, 4.0, "triangular", mode=1.0)
    with pytest.raises(InputError, match="prior of 'a' is triangular"):
        most_likely(toy, [peaked, B, C], lambda table: table.to_numpy(), {})


# --- further figures -------------------------------------------------------------------------


class Weeks:
    """A run of three weeks."""

    def series(self, outcome: str, host: str) -> np.ndarray:
        return {"departures": np.array([1.0, 2.0, 5.0]), "returns": np.array([0.0, 1.0, 1.0])}[
            outcome
        ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("departures", 5.0),
        ("departures:sum", 8.0),
        ("departures:mean", 8.0 / 3),
        ("departures:2022-03-04", 2.0),
        ("returns:sum / departures:sum", 0.25),
    ],
)
def test_quantities_of_a_run(text: str, value: float) -> None:
    assert quantity(text).of(Weeks()) == pytest.approx(value)


def test_a_quantity_beyond_the_run_or_of_three_parts_is_said() -> None:
    with pytest.raises(InputError, match="no week with this day"):
        measured(Weeks(), quantity("departures:2023-01-01").top)
    with pytest.raises(InputError, match="more than one"):
        quantity("returns / departures / returns")


def test_further_figures_have_a_precision_and_its_reason() -> None:
    for each in observables.observables():
        assert each.sd > 0
        assert each.reason and each.what
        assert each.sd_at(100.0) == pytest.approx(each.sd * (100 if each.relative else 1))
