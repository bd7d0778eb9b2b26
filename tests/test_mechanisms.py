"""A mechanism switched off alone: what somebody's options are worth on the same state of the world.

What hosts become, and what whole runs count, is in test_mechanisms_in_runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import pytest
import test_elite
import test_mechanisms_in_runs
from finished_runs import RUSSIA, abroad, at_home, explained, finished

from abm.doors import IRREGULAR
from abm.levers import BY_NAME
from abm.mechanisms import MECHANISMS
from abm.model import EmigrationModel
from abm.parameters import NAMES, parameters_from
from abm.russians import Russian
from abm.scenario import load

Explained = pd.DataFrame


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=lambda each: each.id)
def test_the_table_names_what_exists(mechanism: Any) -> None:
    assert mechanism.off or mechanism.held or mechanism.drops
    assert set(mechanism.off) <= set(NAMES)
    if mechanism.off and not mechanism.held:  # on by default
        assert parameters_from(mechanism.off) != parameters_from({})
    for lever, value in mechanism.held.items():
        assert BY_NAME[lever].check(value) == value


def test_no_parameter_belongs_to_two_mechanisms() -> None:
    names = [name for each in MECHANISMS for name in each.off]
    assert len(set(names)) == len(names)


def test_every_mechanism_has_a_test() -> None:
    tests = [*globals(), *vars(test_mechanisms_in_runs), *vars(test_elite)]
    tested = {name.split("_")[1].upper() for name in tests if name.startswith("test_m")}
    assert {each.id for each in MECHANISMS} <= tested | {"responses"}  # in test_scenario


@contextmanager
def without(model: EmigrationModel, mechanism: str) -> Iterator[None]:
    """The same state of the world, as it is judged without a mechanism."""
    before = model.scenario
    model.scenario = load(before, without=[mechanism])
    try:
        yield
    finally:
        model.scenario = before


def both(russian: Russian, mechanism: str) -> tuple[Explained, Explained]:
    """Somebody's options with a mechanism and without; nothing else in them may differ."""
    on = explained(russian)
    with without(russian.model, mechanism):
        return on, explained(russian)


def differing(on: Explained, off: Explained) -> set[str]:
    """Components of utility that differ; without the sums that follow from them."""
    parts = on.columns.difference(["utility", "probability", "able"])
    return {name for name in parts if not np.array_equal(on[name], off[name])}


def test_m2_the_order_makes_home_worse_for_men_who_fear_it() -> None:
    model = finished()
    risk = model.russians.get("perceived_risk")
    exposed = model.russians[int(risk.argmax())]
    on, off = both(exposed, "M2")
    assert differing(on, off) == {"mobilisation"}
    assert on.loc[RUSSIA, "mobilisation"] < 0
    assert (off["mobilisation"] == 0).all()
    safe = model.russians[int(risk.argmin())]
    assert explained(safe).loc[RUSSIA, "mobilisation"] > on.loc[RUSSIA, "mobilisation"]


def test_m4_the_journey_bars_those_without_savings() -> None:
    barred = 0
    for russian in finished().russians.select(host=RUSSIA, foreign_passport=True, at_most=60):
        on, off = both(russian, "M4")
        assert differing(on, off) == set()
        assert not (on["able"] & ~off["able"]).any()
        barred += int((off["able"] & ~on["able"]).sum())
        if russian.savings_usd == 0:
            assert not on["able"].drop(RUSSIA).any()
    assert barred > 0


def test_m7_insecure_status_makes_hosts_worse() -> None:
    model = finished()
    for russian in [at_home(model), *abroad(model, range(20))]:
        on, off = both(russian, "M7")
        assert differing(on, off) == {"insecurity"}
        assert (on["insecurity"].drop(RUSSIA) < 0).all()
        assert (off["insecurity"] == 0).all()
        assert on.loc[RUSSIA, "insecurity"] == 0
    irregular = np.flatnonzero(model.emigrants.status[: model.emigrants.rows] == IRREGULAR)
    for russian in abroad(model, irregular):
        if russian.partner is None:  # whose own status would weigh here and elsewhere
            on, off = both(russian, "M7")
            assert on.loc[russian.host, "insecurity"] == on["insecurity"].min()


def test_m8_discrimination_makes_this_host_worse() -> None:
    model = finished()
    e = model.emigrants
    struck = np.flatnonzero((e.discrimination[: e.rows] > 0) & (e.place[: e.rows] >= 0))
    for russian in abroad(model, struck):
        on, off = both(russian, "M8")
        assert differing(on, off) == {"discrimination"}
        assert on.loc[russian.host, "discrimination"] < 0
        assert (on["discrimination"].drop(russian.host) == 0).all()
        assert on.loc[RUSSIA, "probability"] >= off.loc[RUSSIA, "probability"]


def test_m10_barriers_take_from_income_earned_in_russia() -> None:
    model = finished()
    remote = model.russians.select(lambda r: r.wage_usd > 2000, at_most=3, host=RUSSIA, remote=True)
    access = pd.Series(model.hosts.get("payment_access"), model.hosts.get("name"))
    for russian in remote:
        on, off = both(russian, "M10")
        assert differing(on, off) == {"consumption"}
        gain = off["consumption"] - on["consumption"]
        assert (gain >= 0).all()
        assert gain[RUSSIA] == 0
        assert (gain[access.index[access == 1]] == 0).all()
        assert gain[access.index[access < 1]].max() > 0
        assert not (on["able"] & ~off["able"]).any()  # and savings cannot be taken along


def test_m11_a_partner_who_suffers_weighs_on_both() -> None:
    model = finished(until="2023-06-30")
    e = model.emigrants
    rows = np.flatnonzero((e.place[: e.rows] >= 0) & (e.partner[: e.rows] >= 0))
    felt = "discrimination"
    together = rows[e.place_of(e.partner[rows]) == e.place[rows]]
    for russian in abroad(model, together[:30]):
        on, off = both(russian, "M11")
        partner = russian.partner
        assert partner is not None
        worse = {name: (off[name] - on[name])[russian.host] for name in ("insecurity", felt)}
        assert (worse["insecurity"] > 0) == (partner.status != "citizen")
        assert (worse[felt] > 0) == (partner.discrimination > 0)
        assert differing(on, off) <= {"insecurity", "discrimination"}
        others = [name for name in on.index if name not in (russian.host, RUSSIA)]
        share = model.scenario.parameters.partner_suffering  # both would be there with one status
        np.testing.assert_allclose(
            on.loc[others, "insecurity"], (1 + share) * off.loc[others, "insecurity"]
        )
        assert on.loc[RUSSIA, "utility"] == off.loc[RUSSIA, "utility"]
    apart = rows[e.place_of(e.partner[rows]) != e.place[rows]]
    for russian in abroad(model, apart[:10]):
        assert differing(*both(russian, "M11")) == set()


def test_m31_the_pull_of_home_fades_abroad() -> None:
    model = finished(until="2023-06-30")
    e = model.emigrants
    early = np.flatnonzero((e.left_week[: e.rows] >= 0) & (e.left_week[: e.rows] < 30))
    for russian in abroad(model, early):
        on, off = both(russian, "M31")
        assert differing(on, off) == {"attachment"}
        assert on.loc[RUSSIA, "attachment"] < off.loc[RUSSIA, "attachment"]
    assert differing(*both(at_home(model), "M31")) == set()


def test_m35_without_flights_a_move_costs_more() -> None:
    model = finished()
    flights = pd.Series(model.hosts.get("direct_flights"), model.hosts.get("name"))
    grounded, served = flights.index[flights < 1], flights.index[flights == 1]
    assert len(grounded)
    assert len(served)
    on, off = both(at_home(model), "M35")
    assert differing(on, off) == {"moving_cost"}
    assert (on.loc[grounded, "moving_cost"] < off.loc[grounded, "moving_cost"]).all()
    assert (on.loc[served, "moving_cost"] == off.loc[served, "moving_cost"]).all()
    for russian in abroad(model, range(40)):
        on, off = both(russian, "M35")
        worse = off.loc[RUSSIA, "moving_cost"] - on.loc[RUSSIA, "moving_cost"]
        assert (worse > 0) == (russian.host in grounded)


def test_m36_contacts_and_compatriots_draw() -> None:
    model = finished()
    drawn = 0
    for russian in model.russians[:200]:
        if russian.host == "army":
            continue
        on, off = both(russian, "M36")
        where = {each.host for each in russian.contacts} - {RUSSIA, "army"}
        assert set(on.index[on["contacts"] > 0]) == where
        assert (off[["contacts", "diaspora"]] == 0).all(axis=None)
        assert (on["diaspora"].drop(RUSSIA) > 0).all()
        assert differing(on, off) == {"diaspora"} | ({"contacts"} if where else set())
        drawn += len(where)
    assert drawn > 0
    people = pd.Series(model.host_columns.russians, model.hosts.get("name"))
    assert on["diaspora"].drop(RUSSIA).idxmax() == people.idxmax()


def test_m37_hardship_makes_home_worse_most_of_all_without_work() -> None:
    model = finished()
    jobless, on_off = at_home(model, occupation="jobless"), []
    for russian in (jobless, at_home(model, occupation="worker")):
        on, off = both(russian, "M37")
        assert differing(on, off) == {"hardship"} or on.loc[RUSSIA, "hardship"] == 0
        on_off.append(on.loc[RUSSIA, "hardship"] - off.loc[RUSSIA, "hardship"])
    assert on_off[0] < on_off[1] <= 0


def test_m38_conscience_makes_home_worse_with_dissent() -> None:
    model = finished()
    dissent = model.russians.get("dissent")
    felt = []
    for person in (int(dissent.argmin()), int(dissent.argmax())):
        on, off = both(model.russians[person], "M38")
        assert differing(on, off) == {"conscience"}
        assert (off["conscience"] == 0).all()
        felt.append(on.loc[RUSSIA, "conscience"])
    assert felt[1] < felt[0] <= 0
