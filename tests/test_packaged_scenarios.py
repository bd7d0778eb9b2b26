"""Every packaged scenario runs to its end, and does what its title says."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import pytest

from abm.calendar import first_week_on_or_after
from abm.hosts_table import HOST_NAMES, unions
from abm.model import EmigrationModel
from abm.observation import OUTCOMES
from abm.scenario import load, packaged_scenarios

SCALE = 3000
ASKED = {
    "no-mobilisation", "open-border", "closed-border", "open-eu", "shut-eu", "lenient-renewal",
    "strict-renewal", "resettlement", "five-steps", "humanitarian-visas", "tighten-everywhere",
    "regime-change",
}  # fmt: skip
NAMES = [name for name in packaged_scenarios() if name != "war-years"]
EU = unions()["EU"]
ELITE = ("elite_sanctuary", "elite_capital_kept", "elite_posts", "elite_payments", "elite_service")


@cache
def run(name: str, until: str | None = None, without: tuple[str, ...] = ()) -> EmigrationModel:
    """A finished run that tests share; do not change it."""
    model = EmigrationModel(name, scale=SCALE, seed=3, until=until, without=without)
    while model.running:
        model.step()
    return model


def base_of(name: str) -> EmigrationModel:
    """The baseline to the same day; without responses where the scenario drops them."""
    scenario = load(name)
    return run("war-years", str(scenario.until), scenario.without)


def total(model: EmigrationModel, outcome: str, *hosts: str, since: str = "2022-02-24") -> float:
    """A flow from a day on, summed over hosts."""
    week = first_week_on_or_after(date.fromisoformat(since))
    of = [model.observations.series(outcome, host) for host in hosts or ("World",)]
    return float(sum(series[week:].sum() for series in of))


def stock(model: EmigrationModel) -> float:
    return float(model.observations.series("stock_abroad")[-1])


def test_all_that_were_asked_for_are_there() -> None:
    assert ASKED <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_runs_to_its_end_with_sound_numbers(name: str) -> None:
    model = run(name)
    table = model.outcomes()
    assert model.weeks == base_of(name).weeks
    assert np.isfinite(table["value"]).all()
    net = [outcome.name for outcome in OUTCOMES if outcome.net]
    assert (table.loc[~table["outcome"].isin(net), "value"] >= 0).all()


@pytest.mark.parametrize("name", [name for name in NAMES if name != "five-steps"])
def test_differs_from_the_baseline(name: str) -> None:
    assert not run(name).moves_table().equals(base_of(name).moves_table())


@pytest.mark.parametrize("name", NAMES)
def test_every_scenario_says_where_it_comes_from(name: str) -> None:
    """A title of its own, the baseline below it, no event that the baseline has already."""
    base, scenario = load("war-years"), load(name)
    assert scenario.title != base.title
    own = set(scenario.events) - set(base.events)
    assert own or scenario.held
    assert all(event.kind == "imposed" and event.source for event in own)
    settings = {(e.lever, e.host, e.date): e.value for e in base.events}
    assert not [e for e in own if settings.get((e.lever, e.host, e.date)) == e.value]


def test_2029_costs_in_proportion() -> None:
    """Emigrants come and go, so columns of them do not fill up without end."""
    short, long = run("war-years"), run("war-years", "2029-12-31")
    years = long.weeks / short.weeks
    assert long.emigrants.rows < years * short.emigrants.rows
    prefix = long.outcomes().query("date < '2025-01-01'")
    assert prefix["value"].tolist() == short.outcomes()["value"].tolist()


def test_without_an_order_fewer_leave_and_nobody_is_called_up() -> None:
    model = run("no-mobilisation")
    assert total(model, "called_up") == 0
    autumn = slice(30, 44)
    with_order, without = (
        m.observations.series("departures")[autumn].sum() for m in (base_of("war-years"), model)
    )
    assert without < with_order / 2


def test_an_open_border_is_crossed_by_more() -> None:
    model, before = run("open-border"), base_of("open-border")
    assert (model.host_columns.entry_ban == 0).all()
    autumn = [total(m, "arrivals", *EU, since="2022-09-12") for m in (before, model)]
    assert autumn[0] < autumn[1]


def test_a_closed_border_keeps_men_in() -> None:
    model = run("closed-border")
    after = model.moves_table().query("week >= 30 and origin == 'Russia'")["person"]
    people = model.population.people(after.to_numpy())
    assert not model.kremlin.is_draftable(people.risk_class).any()


def test_strict_renewal_refuses_more_than_lenient() -> None:
    strict, lenient = run("strict-renewal"), run("lenient-renewal")
    assert total(strict, "permit_refusals") > 1.5 * total(lenient, "permit_refusals")
    assert total(strict, "stock_abroad") < total(lenient, "stock_abroad")


def test_an_open_eu_is_entered_by_more() -> None:
    model, before = run("open-eu"), base_of("open-eu")
    day = "2024-06-12"
    earlier = [m.moves_table().query(f"date < '{day}'") for m in (before, model)]
    assert earlier[0].equals(earlier[1])
    arrivals = [total(m, "arrivals", *EU, since=day) for m in (before, model)]
    assert arrivals[0] < arrivals[1]
    assert stock(before) < stock(model)


def test_a_shut_eu_is_entered_by_fewer() -> None:
    shut = run("shut-eu")
    assert {HOST_NAMES[row] for row in np.flatnonzero(shut.host_columns.entry_ban)} == set(EU)
    assert 0 < total(shut, "arrivals", *EU) < total(base_of("shut-eu"), "arrivals", *EU)


def test_protection_lets_more_into_the_eu() -> None:
    model, before = run("humanitarian-visas"), run("war-years")
    assert total(before, "arrivals", *EU) < total(model, "arrivals", *EU)


def test_resettlement_moves_people_on_to_the_eu() -> None:
    onward = []
    for model in (base_of("resettlement"), run("resettlement")):
        moves = model.moves_table().query("date >= '2022-10-01' and origin != 'Russia'")
        onward.append(moves[moves["destination"].isin(EU)]["people"].sum())
    assert onward[0] < onward[1]


def test_five_steps_are_taken_in_the_west_alone() -> None:
    columns, before = run("five-steps").host_columns, base_of("five-steps").host_columns
    for lever in ELITE:
        level = getattr(columns, lever)
        taken = {HOST_NAMES[row] for row in np.flatnonzero(level)}
        assert taken == {*EU, "United States", "Israel"}
        assert not getattr(before, lever).any()


def test_tightening_everywhere_leaves_fewest_abroad() -> None:
    tight = run("tighten-everywhere")
    assert stock(tight) < min(stock(run(n)) for n in ("war-years", "shut-eu", "strict-renewal"))


def test_another_regime_is_returned_to() -> None:
    model, before = run("regime-change"), base_of("regime-change")
    day = "2027-01-01"
    left, came = (
        [total(m, flow, since=day) for m in (before, model)] for flow in ("departures", "returns")
    )
    assert left[1] < left[0]
    assert came[0] < came[1]
    assert stock(model) < stock(before)


def test_sanctions_bring_access_to_payments_down_to_what_it_was() -> None:
    """Levels of 2024 that the sources tell of; sanctions are how they came about."""
    columns = run("war-years").host_columns
    told = {"Turkey": 0.3, "Kazakhstan": 0.5, "Armenia": 0.6, "Kyrgyzstan": 0.45}
    for host, access in {**told, "United Arab Emirates": 0.4}.items():
        row = HOST_NAMES.index(host)
        assert columns.sanctions[row] > 0
        assert columns.payments[row] == pytest.approx(access, abs=1e-6)
