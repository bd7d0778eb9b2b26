"""Boxes where a claim fails, and regret: known answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from test_claims import WORLDS

from abm.study.discovery import box, regret

LUCK = np.random.default_rng(1)
POINTS = pd.DataFrame(LUCK.random((300, 6)), columns=list("abcdef"))


def test_a_box_that_is_there_is_found() -> None:
    fails = (POINTS["a"] > 0.6) & (POINTS["b"] < 0.5)
    found = box(POINTS, fails).set_index("parameter")
    assert set(found.index) == {"a", "b"}
    assert found.loc["a", "low"] == pytest.approx(0.6, abs=0.03)
    assert found.loc["b", "high"] == pytest.approx(0.5, abs=0.03)
    assert (found["coverage"] > 0.9).all()
    assert (found["density"] > 0.9).all()
    assert found["mass"].iloc[0] == pytest.approx(fails.mean(), abs=0.03)
    inside = POINTS["a"].between(*found.loc["a", ["low", "high"]]) & POINTS["b"].between(
        *found.loc["b", ["low", "high"]]
    )
    assert fails[inside].mean() == pytest.approx(found["density"].iloc[0])
    assert inside[fails].mean() == pytest.approx(found["coverage"].iloc[0])


def test_parameters_of_chance_make_no_box() -> None:
    fails = pd.Series(LUCK.random(300) < 0.5)
    assert len(box(POINTS, fails)) <= 3
    assert box(POINTS, pd.Series([False] * 300)).empty
    assert box(POINTS, pd.Series([True] * 298 + [False] * 2)).empty


def test_regret_is_against_the_best_policy_at_each_point() -> None:
    policies = {"as it was": "open", "strict": "strict", "costly": "by cost"}
    table = regret(WORLDS, policies, {"stock": 1}).set_index("policy")
    assert table["minimax"].idxmax() == "costly"  # never below, and 4 above in half of the points
    assert table.loc["costly", "worst"] == pytest.approx(0, abs=0.2)
    assert table.loc["as it was", "worst"] == pytest.approx(4, abs=0.2)
    assert table.loc["strict", "worst"] == pytest.approx(6, abs=0.2)
    fewest = regret(WORLDS, policies, {"stock": -1}).set_index("policy")
    assert fewest["minimax"].idxmax() == "strict"
    assert fewest.loc["strict", "share_best"] == 1
