"""The posterior that comes with the package: whole, within its priors, and what a run takes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import abm
from abm import scenario as scenarios
from abm.parameters import NAMES
from abm.study import evidence
from abm.study.calibration import settings
from abm.study.calibration.hosts import LIMITS, PREFIX
from abm.study.evidence import EVIDENCE
from abm.view import lists

KEPT = Path(__file__).parents[1] / "results" / "calibration"


def test_it_has_a_centre_and_a_hundred_draws_of_each_evidence_scenario() -> None:
    draws = evidence.draws()
    for name in EVIDENCE:
        assert draws.loc[draws["evidence"] == name, "draw"].tolist() == list(range(101))
    assert draws.notna().all(axis=None)
    for column in draws.columns.drop(["evidence", "draw"]):
        assert draws[column].nunique() > 1 or column.startswith(PREFIX), column


def test_it_lies_within_what_was_asked_of_the_fit() -> None:
    draws, priors = evidence.draws(), {each.name: each for each in settings.read().space.factors}
    for column in draws.columns.drop(["evidence", "draw"]):
        low, high = LIMITS
        if not column.startswith(PREFIX):
            low, high = priors[column].low, priors[column].high
        assert draws[column].between(low, high).all(), column


def test_the_package_has_what_the_kept_fit_left() -> None:
    for name in ("draws", "factors"):
        packaged = pd.read_csv(evidence.FOLDER / f"{name}.csv")
        pd.testing.assert_frame_equal(packaged, pd.read_csv(KEPT / f"{name}.csv"))


@pytest.mark.parametrize("name", EVIDENCE)
def test_an_evidence_scenario_runs(name: str) -> None:
    centre = evidence.settings(evidence.checked(name))
    run = abm.run(evidence=name, scale=10_000, until="2022-03-31")
    assert run.scenario.parameters.cost_of_leaving == centre["cost_of_leaving"]
    other = abm.run(evidence=name, scale=10_000, until="2022-03-31", set={"cost_of_leaving": 7.5})
    assert other.scenario.parameters.cost_of_leaving == 7.5


def test_more_return_where_the_evidence_says_so() -> None:
    """By the kept table: the share returned by 2024 rises from low to high.

    At draws; of centres, which are single points, two may be the same.
    """
    table = pd.read_csv(KEPT / "targets.csv")
    shares = table[table["id"] == "T15"].set_index("evidence")
    draws, centre = shares["at_draws"], shares["simulated"]
    assert draws["low"] < draws["middle"] < draws["high"]
    assert centre["low"] < centre["middle"] <= centre["high"]


def test_every_candidate_of_the_fit_has_a_status() -> None:
    told = evidence.told_by_data()
    candidates = [each.name for each in settings.read().space.factors if each.name in NAMES]
    assert set(told) == set(candidates)
    columns, rows, _ = lists.parameters()
    fit = {row[0]: row[columns.index("fit")] for row in rows}
    assert any(text.startswith("calibrated") for text in fit.values())
    assert any("do not inform" in text for text in fit.values())
    assert {name for name, text in fit.items() if text} == set(candidates)


def test_a_draw_is_a_scenario_like_any_other() -> None:
    world = evidence.world(scenarios.load("war-years"), "high", 7)
    assert world.parameters.cost_of_leaving == evidence.settings("high", 7)["cost_of_leaving"]
