"""Screening is exact: a run that looks at everybody makes the same moves, in every scenario."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from abm import choices
from abm.model import EmigrationModel
from abm.scenario import packaged_scenarios

FAR = {"open-eu": "2026-06-30"}  # where high flows come late


@pytest.mark.parametrize("name", sorted(packaged_scenarios()))
def test_looking_at_everybody_gives_the_same_moves(
    finished: Callable[..., EmigrationModel], name: str
) -> None:
    until = FAR.get(name, "2023-03-31")
    screened, everybody = (finished(name, until=until, screened=way) for way in (True, False))
    assert len(screened.moves_table()) > 30
    pd.testing.assert_frame_equal(screened.moves_table(), everybody.moves_table())
    pd.testing.assert_frame_equal(screened.refusals_table(), everybody.refusals_table())
    pd.testing.assert_frame_equal(screened.outcomes(), everybody.outcomes())


def test_when_half_the_country_wants_to_leave_it_is_still_exact(
    finished: Callable[..., EmigrationModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    wishes: list[np.ndarray] = []
    kept_out = choices.kept_out

    def noted(d: Any, able: Any, world: Any, wish: np.ndarray, wished: np.ndarray) -> np.ndarray:
        wishes.append(wish != choices.RUSSIA)
        return kept_out(d, able, world, wish, wished)

    monkeypatch.setattr(choices, "kept_out", noted)
    eager = {
        "cost_of_leaving": 4.0,
        "attachment_spread": 0.5,
        "journey_months": 0.2,  # so that most of them can
        "insecurity_weight": 0.0,
        "leaning_weight": 2.5,
    }
    everybody = finished(until="2022-05-31", set=eager, screened=False)
    assert np.concatenate(wishes).mean() > 0.5  # of all who reconsider
    screened = finished(until="2022-05-31", set=eager)
    pd.testing.assert_frame_equal(screened.moves_table(), everybody.moves_table())
    pd.testing.assert_frame_equal(screened.outcomes(), everybody.outcomes())


@pytest.mark.parametrize("looking_ahead", [False, True])
def test_threads_change_nothing(
    finished: Callable[..., EmigrationModel],
    monkeypatch: pytest.MonkeyPatch,
    looking_ahead: bool,
) -> None:
    """Nor does the size of the parts in which people are judged."""
    world: dict[str, Any] = {"scale": 1000}
    if looking_ahead:
        world = {"scale": 5000, "until": "2022-12-31", "looking_ahead": True}
    runs = []
    for threads, part in (("1", 2**16), ("2", 500), ("3", 77)):
        monkeypatch.setenv("RELOKANT_THREADS", threads)
        monkeypatch.setattr("abm.reconsidering.MOST_HITS", part)
        for place in ("choices", "reconsidering"):
            monkeypatch.setattr(f"abm.{place}.MOST_WHO_WEIGH_ALL", part)
        monkeypatch.setattr("abm.screening.MANY", part)
        runs.append(finished(**world))
    for other in runs[1:]:
        pd.testing.assert_frame_equal(runs[0].moves_table(), other.moves_table())
        pd.testing.assert_frame_equal(runs[0].outcomes(), other.outcomes())
