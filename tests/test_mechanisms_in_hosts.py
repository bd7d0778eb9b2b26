"""A mechanism switched off alone: what hosts are worth on the same state of the world."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from finished_runs import RUSSIA, abroad, at_home, explained, finished, row_of
from switched_off import both, differing, eve

from abm.calendar import WEEKS_PER_MONTH
from abm.deciders import doors_of
from abm.doors import IRREGULAR
from abm.emigrants import NOWHERE


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


def test_m13_institutions_that_shut_leave_scientists_without_pay() -> None:
    shut = eve(institutions_closed__Germany=1.0)
    half, open = eve(institutions_closed__Germany=0.5), eve()
    p = shut.scenario.parameters
    tried = 0
    for model in (shut, half):
        for who in model.russians.select(occupation="scientist", remote=False, at_most=10):
            on, off = explained(who), explained(open.russians[who.unique_id])
            assert differing(on, off) <= {"consumption"}
            gain = (off["consumption"] - on["consumption"]).drop("Germany")
            assert (gain == 0).all()
            now, then = on.loc["Germany", "consumption"], off.loc["Germany", "consumption"]
            assert now <= then
            if model is shut:  # nothing is earned, so people live at the subsistence
                assert now == pytest.approx(p.consumption_weight * np.log(p.subsistence_ppp_usd))
            tried += int(now < then)
    assert tried > 10
    worker = shut.russians.select(occupation="worker", at_most=1)[0]
    assert explained(worker).equals(explained(open.russians[worker.unique_id]))
    off = eve("M13")
    assert not off.host_columns.institutions_closed.any()


def test_m14_costs_and_sanctions_take_from_consumption() -> None:
    place = "United Arab Emirates"
    dear = eve(**{f"sanctions__{place}": 1.0, f"living_cost__{place}": 1.4})
    cheap = eve("M14", **{f"sanctions__{place}": 1.0})
    p, floor = dear.scenario.parameters, dear.scenario.parameters.subsistence_ppp_usd
    known = p.consumption_weight * np.log(1.4 * (1 + p.sanctions_on_costs))
    locals_ = dear.russians.select(lambda r: r.wage_usd > 1500, remote=False, at_most=10)
    compared = 0
    for who in locals_:
        on, off = explained(who), explained(cheap.russians[who.unique_id])
        assert differing(on, off) <= {"consumption"}
        worse = off["consumption"] - on["consumption"]
        assert (worse.drop(place) == 0).all()
        if on.loc[place, "consumption"] > p.consumption_weight * np.log(floor) + 1e-9:
            assert worse[place] == pytest.approx(known)
            compared += 1
    assert compared > 3
    remote = dear.russians.select(lambda r: r.wage_usd > 4000, remote=True, at_most=10)
    spent = [
        [explained(model.russians[who.unique_id]).loc[place, "consumption"] for who in remote]
        for model in (cheap, dear)
    ]
    assert max(np.subtract(*spent)) > 1.01 * known  # payments are barred to those paid from Russia


def test_m27_fear_of_abduction_makes_dangerous_hosts_worse() -> None:
    model = eve()
    p, hosts = model.scenario.parameters, model.host_columns
    a_year = p.abductions_per_activist_year * hosts.handover_risk
    refused = p.fear_of_refusal * hosts.refusal * hosts.handover_risk
    fear = 1 - np.exp(-p.fear_of_abduction * 1000 * a_year - refused)
    dissent = model.russians.get("dissent")
    for person in (int(dissent.argmin()), int(dissent.argmax())):
        on, off = both(model.russians[person], "M27")
        assert differing(on, off) <= {"fear"}
        assert (off["fear"] == 0).all()
        np.testing.assert_allclose(on["fear"].drop(RUSSIA), -p.fear_weight * dissent[person] * fear)
        assert on.loc[RUSSIA, "fear"] == 0
    assert on["fear"].min() < -0.1
    assert on["fear"].drop(RUSSIA).idxmin() == model.hosts.get("name")[hosts.handover_risk.argmax()]


def test_m33_a_door_that_few_know_of_is_open_to_few() -> None:
    """After a week, to as many as have heard; nothing else differs but their status there."""
    settings = {"simplified_settlement__Germany": 1.0}
    heard_by, everybody_hears = eve(**settings), eve("M33", **settings)
    here, there = [], []
    for model in (eve(), heard_by, everybody_hears):
        people = model.population.people(np.arange(model.population.size))
        open = doors_of(model, people, np.full(len(people.ids), NOWHERE)).open
        here.append(open[:, row_of("Germany")])
        there.append(np.delete(open, row_of("Germany"), axis=1))
    without, few, everyone = here
    assert not (without & ~few).any() and not (few & ~everyone).any()
    np.testing.assert_array_equal(there[1], there[2])
    told, could = (few & ~without).sum(), (everyone & ~without).sum()
    share = 1 - np.exp(-1 / WEEKS_PER_MONTH / heard_by.scenario.parameters.news_months)
    assert abs(told - share * could) < 4 * np.sqrt(could * share * (1 - share))
    on, off = (explained(model.russians[0]) for model in (heard_by, everybody_hears))
    assert differing(on, off) <= {"insecurity"}


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
