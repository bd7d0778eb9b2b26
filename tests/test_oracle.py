"""The columns against plain objects: the same moves, person by person, week by week.

`benchmarks.object_model` reads the rules a second time, with one Mesa agent an adult, and looks at
everybody; the model lists and screens. They share the equations, the people and the keyed luck.
No difference is expected: utilities agree but for their last bit, and only a tie within that bit,
between two options of a race or between a draw and its threshold, could make one move differ. A
decision meets one about once in 10¹³; these runs hold some 10⁵. So the count allowed is none.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from abm.model import EmigrationModel
from benchmarks.object_model import ObjectModel

MOVE = ["week", "person", "origin", "destination", "cause"]
REFUSAL = ["week", "person", "host", "renewal"]
# Leaving, moving on and coming back are cheap and often thought of: many moves in a few weeks.
RESTLESS = {
    "attention_per_month": 0.5,
    "cost_of_leaving": 4.0,
    "cost_of_onward_move": 2.0,
    "cost_of_return": 1.5,
}
# Besides, doors are shut, places scarce, men stopped and called up.
HARSH = {
    **RESTLESS,
    "mobilisation": 0.6,
    "mobilisation_quota": 2e6,
    "exit_ban": 0.5,
    "news_weeks": 4.0,
    "entry_ban.Georgia": 1.0,
    "entry_ban.Finland": 1.0,
    "entry_exemptions.Finland": 0.0,
    "draft_papers_only.Serbia": 1.0,
    "border_run.Thailand": 1.0,
    "incident.Turkey": 1.0,
    "weekly_places.Turkey": 60_000.0,
    "weekly_places.Armenia": 40_000.0,
    "weekly_places.Kazakhstan": 40_000.0,
    "weekly_places.Germany": 20_000.0,
}


@dataclass(frozen=True)
class Pair:
    """The model and the plain objects after the same weeks."""

    model: EmigrationModel
    objects: ObjectModel


def lived(weeks: int, seed: int, set: dict[str, float] | None = None) -> Pair:
    """Both, after some weeks at 10,000 people an agent."""
    changes: dict[str, Any] = {"scale": 10_000, "seed": seed, "set": set}
    pair = Pair(EmigrationModel("war-years", **changes), ObjectModel("war-years", **changes))
    for _ in range(weeks):
        pair.model.step()
        pair.objects.step()
    return pair


@pytest.fixture(scope="module")
def baseline() -> Pair:
    """To the end of the call-up: weeks 30 to 35 are those of the mobilisation."""
    return lived(37, seed=1)


@pytest.fixture(scope="module")
def restless() -> Pair:
    return lived(26, seed=2, set=RESTLESS)


@pytest.fixture(scope="module")
def harsh() -> Pair:
    return lived(8, seed=3, set=HARSH)


@pytest.fixture(params=["baseline", "restless", "harsh"])
def pair(request: pytest.FixtureRequest) -> Pair:
    found: Pair = request.getfixturevalue(request.param)
    return found


def rows(table: pd.DataFrame, columns: list[str]) -> Counter[tuple[Any, ...]]:
    return Counter(table[columns].itertuples(index=False, name=None))


def test_the_same_moves(pair: Pair) -> None:
    model, objects = rows(pair.model.moves_table(), MOVE), Counter(pair.objects.moves)
    assert sum(objects.values()) > 50
    only = {"model alone": sorted(model - objects), "objects alone": sorted(objects - model)}
    assert not any(only.values()), only


def test_the_same_permits_refused(pair: Pair) -> None:
    assert rows(pair.model.refusals_table(), REFUSAL) == Counter(pair.objects.refusals)


def test_the_same_who_cannot_leave(pair: Pair) -> None:
    seen, objects = pair.model.observations, pair.objects
    assert seen.series("turned_back").sum() == objects.turned_back
    assert seen.series("involuntarily_immobile").sum() == objects.immobile
    assert seen.series("called_up").sum() == objects.kremlin.called_up


def test_the_same_lives_abroad(pair: Pair) -> None:
    e = pair.model.emigrants
    found = e.abroad()
    abroad = {adult.person: adult for adult in pair.objects.adults if adult.host is not None}
    assert set(e.person[found].tolist()) == set(abroad)
    adults = [abroad[person] for person in e.person[found].tolist()]
    for name in ("status", "work", "trigger", "next_trigger", "permit_ends", "occasion"):
        assert getattr(e, name)[found].tolist() == [getattr(adult, name) for adult in adults], name
    for name in ("savings_usd", "discrimination"):
        column = [getattr(adult, name) for adult in adults]
        np.testing.assert_allclose(getattr(e, name)[found], column, rtol=1e-9, err_msg=name)


def test_the_same_hosts(pair: Pair) -> None:
    columns = pair.model.host_columns
    for name in ("newcomers", "rent_usd", "hostility", "renewal_strictness", "refusal"):
        column = [getattr(host, name) for host in pair.objects.hosts]
        np.testing.assert_allclose(getattr(columns, name), column, rtol=1e-9, err_msg=name)


def test_the_runs_hold_what_they_compare(baseline: Pair, restless: Pair, harsh: Pair) -> None:
    """Without these the tests above would say nothing of the rule behind each."""
    moves = baseline.objects.moves
    assert any(week >= 30 and cause == "mobilisation" for week, *_, cause in moves)
    assert baseline.objects.kremlin.called_up > 0
    moves = restless.objects.moves
    assert {"attention", "partner"} <= {cause for *_, cause in moves}
    assert sum(destination == "Russia" for _, _, _, destination, _ in moves) > 20
    assert sum("Russia" not in (start, end) for _, _, start, end, _ in moves) > 20
    assert restless.objects.refusals
    assert harsh.objects.turned_back > 0 and harsh.objects.crowded_out > 0
