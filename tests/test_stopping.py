"""The stopping rule against known answers."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from abm.study.keeping import Stop
from abm.study.stopping import half_widths, wanted


def rule(**changes: Any) -> Stop:
    given = {"half_width": 1.0, "relative": False, "confidence": 0.95, "at_most": 10, **changes}
    return Stop("departures", "World", date(2022, 3, 31), **given)


def values(*points: list[float]) -> pd.DataFrame:
    rows = [(point, value) for point, several in enumerate(points) for value in several]
    return pd.DataFrame(rows, columns=["point", "value"])


def test_student_s_interval() -> None:
    """n = 4, mean 5, s = 2.582: t(0.975, 3) = 3.1824 times 1.291."""
    found = half_widths(values([2, 4, 6, 8]), rule(), 1)
    assert found[0] == pytest.approx(3.182446 * 2.581989 / 2, rel=1e-5)
    share = half_widths(values([2, 4, 6, 8]), rule(relative=True), 1)
    assert share[0] == pytest.approx(found[0] / 5)
    assert half_widths(values([2, 4, 6, 8]), rule(confidence=0.5), 1)[0] < found[0]


def test_it_covers_the_mean_as_often_as_it_says() -> None:
    luck = np.random.default_rng(1)
    draws = luck.normal(3.0, 2.0, (4000, 5))
    table = values(*draws.tolist())
    widths = half_widths(table, rule(confidence=0.9), len(draws))
    covered = np.abs(draws.mean(axis=1) - 3.0) <= widths
    assert covered.mean() == pytest.approx(0.9, abs=0.015)  # three standard errors


def test_only_who_is_unsure_gets_more() -> None:
    table = values([1, 1, 1, 1], [0, 9, 0, 9], [1, 1.1, 1, 1.1])
    assert wanted(np.array([4, 4, 4]), table, rule()).tolist() == [4, 6, 4]
    assert wanted(np.array([4, 8, 4]), table, rule()).tolist() == [4, 10, 4]
    assert wanted(np.array([4, 10, 4]), table, rule()).tolist() == [4, 10, 4]  # at most
    assert wanted(np.array([4, 12, 4]), table, rule()).tolist() == [4, 12, 4]  # never fewer


def test_points_whose_runs_failed_get_more_up_to_the_end() -> None:
    table = values([1, 1], [5])
    have = np.array([2, 2, 2])
    assert wanted(have, table, rule()).tolist() == [2, 3, 3]
    assert half_widths(table, rule(), 3).tolist() == [0, np.inf, np.inf]


def test_shares_of_nothing() -> None:
    """A mean of zero without spread is sure; with spread no share of it is."""
    found = half_widths(values([0, 0], [-1, 1]), rule(relative=True), 2)
    assert found.tolist() == [0, np.inf]
