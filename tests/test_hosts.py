"""Hosts: rents, hostility, quarterly reviews, and what levers leave behind."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from finished_runs import finished, series, total
from hypothesis import given
from hypothesis import strategies as st

from abm.calendar import first_week_on_or_after
from abm.hosts import REVIEW_WEEKS, STRICTNESS_AT_START, HostColumns
from abm.hosts_table import HOST_NAMES
from abm.levers import HOST_LEVERS
from abm.model import EmigrationModel
from abm.parameters import Parameters
from abm.scenario import load

NOBODY = np.zeros(len(HOST_NAMES))
PEOPLE = st.floats(0, 3e5)


def hosts(**parameters: float) -> HostColumns:
    """The hosts on the eve of the war; nobody came yet, no refugees."""
    columns = HostColumns(Parameters(**parameters))
    columns.competing_refugees[:] = 0
    columns.update()
    return columns


def row(name: str) -> int:
    return HOST_NAMES.index(name)


# --- rents ---------------------------------------------------------------------------------------


@given(people=st.lists(st.integers(100, 300_000), min_size=2, max_size=2, unique=True))
def test_rents_follow_those_who_come_and_go(people: list[int]) -> None:
    columns = hosts()
    rents = []
    for came in (0.0, *sorted(people), 0.0):
        newcomers = NOBODY.copy()
        newcomers[row("Georgia")] = came
        columns.answer(1, newcomers)
        rents.append(columns.rent_usd.copy())
    few, many = rents[1][row("Georgia")], rents[2][row("Georgia")]
    assert rents[0][row("Georgia")] < few < many
    np.testing.assert_array_equal(rents[3], columns.rent_before_usd)
    elsewhere = np.arange(len(HOST_NAMES)) != row("Georgia")
    np.testing.assert_array_equal(rents[2][elsewhere], columns.rent_before_usd[elsewhere])


def test_the_same_inflow_weighs_more_where_few_live() -> None:
    columns = hosts()
    columns.answer(1, NOBODY + 10_000)
    rise = columns.rent_usd / columns.rent_before_usd
    order = np.argsort(columns.settlement_population)
    assert (np.diff(rise[order]) <= 0).all()
    assert rise[order[0]] > rise[order[-1]] > 1


def test_rents_of_a_run_follow_its_stock() -> None:
    model = finished(competing_refugees=0)  # they seek the same flats
    stock, rent = (series(model, name, "Georgia") for name in ("stock_abroad", "rent_index"))
    grew = np.diff(stock)[:-1]
    np.testing.assert_array_equal(np.sign(grew), np.sign(np.diff(rent)[1:].round(12)))
    assert (grew > 0).any()
    assert rent[-1] > 1


# --- hostility -----------------------------------------------------------------------------------

WEEK = st.tuples(PEOPLE, st.floats(0, 1))


@given(weeks=st.lists(WEEK, min_size=1, max_size=30))
def test_hostility_stays_between_none_and_full(weeks: list[tuple[float, float]]) -> None:
    columns = hosts(hostility_from_rents=2.0, hostility_from_incidents=1.0)
    for week, (newcomers, incident) in enumerate(weeks):
        columns.incident[:] = incident
        columns.answer(week, NOBODY + newcomers)
        assert (columns.hostility >= 0).all()
        assert (columns.hostility <= 1).all()


def test_hostility_rises_and_falls_with_rents() -> None:
    columns, calm = hosts(early_welcome=0.0), hosts(early_welcome=0.0)
    columns.answer(1, NOBODY + 5_000)
    calm.answer(1, NOBODY)
    raised = columns.hostility - calm.hostility
    assert (raised > 0).all()
    columns.answer(2, NOBODY)
    calm.answer(2, NOBODY)
    assert (np.abs(columns.hostility - calm.hostility) < 0.02 * raised).all()


def test_rents_that_waver_raise_hostility_no_more_than_steady_ones() -> None:
    """So that the jitter of few agents adds nothing."""
    steady, wavering = hosts(early_welcome=0.0), hosts(early_welcome=0.0)
    for week in range(100):
        steady.answer(week, NOBODY + 5_000)
        wavering.answer(week, NOBODY + 5_000 + 500 * (-1) ** week)
    steady.answer(100, NOBODY + 5_000)
    wavering.answer(100, NOBODY + 5_000)
    rises = 50 * 0.2 * np.log(wavering.rent_usd / wavering.rent_before_usd)  # without the falls
    assert (np.abs(wavering.hostility - steady.hostility) < 0.02 * rises).all()


def test_after_an_incident_hostility_falls_back_to_its_rest() -> None:
    columns, calm = hosts(), hosts()
    columns.incident[row("Armenia")] = 1.0
    gaps = []
    for week in range(200):
        columns.answer(week, NOBODY)
        calm.answer(week, NOBODY)
        columns.incident[:] = 0.0
        gaps.append(columns.hostility - calm.hostility)
    gap = np.array(gaps)[:, row("Armenia")]
    assert gap[0] > 0.1
    assert (np.diff(gap) < 0).all()
    assert gap[-1] < 0.2 * gap[0]
    others = np.arange(len(HOST_NAMES)) != row("Armenia")
    assert not np.array(gaps)[:, others].any()


# --- reviews -------------------------------------------------------------------------------------


def reviewed(columns: HostColumns, weeks: int = 3 * REVIEW_WEEKS + 3) -> np.ndarray:
    """Strictness by week, shape (weeks, hosts), in a world that presses on all hosts."""
    columns.accession_pressure[:] = 1.0
    seen = []
    for week in range(weeks):
        columns.answer(week, NOBODY)
        seen.append(columns.renewal_strictness.copy())
    return np.array(seen)


def test_policy_is_reviewed_every_quarter() -> None:
    columns = hosts()
    pressed = columns.accession_pressure < 1
    seen = reviewed(columns)
    weeks = np.flatnonzero(np.diff(seen[:, pressed], axis=0).any(axis=1)) + 1
    assert weeks.tolist() == [13, 26, 39]
    assert (np.diff(seen, axis=0) >= 0).all()
    assert (seen[-1, pressed] > STRICTNESS_AT_START).all()
    assert (seen <= 1).all()


def test_more_pressure_tightens_more() -> None:
    columns = hosts()
    gained = 1 - columns.accession_pressure
    change = reviewed(columns)[-1] - STRICTNESS_AT_START
    order = np.argsort(gained)
    assert (np.diff(change[order]) >= 0).all()


def test_what_an_event_has_set_is_not_reviewed() -> None:
    columns = hosts()
    assert columns.set_lever("renewal_strictness", "Armenia", 0.4, week=0) == STRICTNESS_AT_START
    seen = reviewed(columns)
    assert (seen[:, row("Armenia")] == 0.4).all()
    assert (seen[-1, row("Georgia")] > STRICTNESS_AT_START).all()


def test_dated_strictness_holds_in_the_baseline() -> None:
    model = finished(until="2024-12-31")
    dated = [e for e in load().events if e.lever == "renewal_strictness"]
    last = {event.host: event for event in sorted(dated, key=lambda event: event.date)}
    assert last
    for host, event in last.items():
        assert host is not None
        strictness = series(model, "policy_strictness", host)
        assert (strictness[first_week_on_or_after(event.date) :] == event.value).all()
        assert strictness[0] == STRICTNESS_AT_START


# --- permits and visits --------------------------------------------------------------------------


def test_refusal_starts_at_its_base_and_follows_strictness() -> None:
    columns = hosts()
    np.testing.assert_allclose(columns.refusal, columns.refusal_base)
    chances = []
    for strictness in (0.0, 0.3, 0.6, 1.0):
        columns.set_lever("renewal_strictness", None, strictness, week=0)
        columns.update()
        chances.append(columns.refusal)
    assert all((low < high).all() for low, high in pairwise(chances))
    assert not hosts(renewals_examined=0.0).refusal.any()


def test_visits_last_as_long_as_the_rule_says() -> None:
    columns = hosts()
    columns.set_lever("visa_free_days", "Turkey", 60, week=0)
    columns.set_lever("visa_free_days", "Georgia", 365, week=0)
    columns.set_lever("visa_free_days", "Finland", 0, week=0)
    weeks = dict(zip(HOST_NAMES, columns.visitor_weeks, strict=True))
    assert (weeks["Turkey"], weeks["Georgia"], weeks["Finland"]) == (8, 52, 12)


# --- levers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("lever", HOST_LEVERS)
def test_a_lever_of_one_host_or_of_all(lever: str) -> None:
    columns = hosts()
    before = np.array(getattr(columns, lever))
    assert columns.set_lever(lever, "Serbia", 0.25, week=3) == before[row("Serbia")]
    changed = np.flatnonzero(getattr(columns, lever) != before)
    assert changed.tolist() == [row("Serbia")]
    columns.set_lever(lever, None, 0.75, week=4)
    assert (getattr(columns, lever) == 0.75).all()


def test_the_week_of_shutting_is_remembered() -> None:
    columns = hosts()
    long_ago = columns.shut_in_week.copy()
    columns.set_lever("entry_ban", "Finland", 1, week=5)
    columns.set_lever("entry_ban", "Finland", 1, week=9)  # was shut already
    assert columns.shut_in_week[row("Finland")] == 5
    columns.set_lever("entry_ban", "Finland", 0, week=10)
    columns.set_lever("entry_ban", None, 1, week=12)
    assert (columns.shut_in_week == 12).all()
    assert (long_ago < 0).all()


def test_hosts_of_two_models_are_their_own() -> None:
    settings: dict[str, Any] = {"scale": 10_000}
    one, other = EmigrationModel(**settings), EmigrationModel(**settings)
    one.set_lever("host_constant", "Georgia", 5.0)
    one.set_lever("visa_free_days", None, 1.0)
    assert other.host_columns.host_constant[row("Georgia")] != 5.0
    assert not (other.host_columns.visa_free_days == 1.0).all()
    fresh = HostColumns(Parameters())
    np.testing.assert_array_equal(other.host_columns.host_constant, fresh.host_constant)


def test_turkey_tightens_by_its_own_inflow_when_nothing_dated_does() -> None:
    """Far less than in fact: docs/hosts-that-answer.md says how much, and why."""
    unpressed = {"accession_pressure__Turkey": 0.45}
    came = finished(("responses",), "2023-12-31", **unpressed)
    nobody = finished(("responses",), "2023-12-31", host_constant__Turkey=-8, **unpressed)
    assert total(nobody, "arrivals", "Turkey") < total(came, "arrivals", "Turkey") / 10
    strictness = [series(run, "policy_strictness", "Turkey") for run in (nobody, came)]
    risen = [float(each[-1] - STRICTNESS_AT_START) for each in strictness]
    assert 0 <= risen[0] < risen[1] / 10
    in_fact = series(finished(until="2023-12-31"), "policy_strictness", "Turkey")[-1]
    assert STRICTNESS_AT_START + risen[1] < in_fact
