"""What levers change in hosts: rents, hostility, policy, places, and the fear that spreads."""

from __future__ import annotations

import numpy as np
import pytest
from finished_runs import column, finished, row_of, series, stepped, total

from abm.hosts import REVIEW_WEEKS, STRICTNESS_AT_START
from abm.hosts_table import HOST_NAMES
from abm.model import EmigrationModel


@pytest.fixture
def model() -> EmigrationModel:
    """A model before its first week, to set levers by hand."""
    return EmigrationModel(scale=3000)


# --- rents and hostility --------------------------------------------------------------------------


def test_refugees_raise_rents(model: EmigrationModel) -> None:
    rents = []
    for refugees in (0.0, 50_000.0, 200_000.0):
        model.set_lever("competing_refugees", "Armenia", refugees)
        model.host_columns.update()
        rents.append(column(model, "rent_usd", "Armenia"))
    assert rents[0] < rents[1] < rents[2]
    assert rents[0] == column(model, "rent_before_usd", "Armenia")


def test_an_incident_raises_hostility() -> None:
    calm, shaken = finished(), finished(incident__Armenia=1)
    changed = {
        host
        for host in HOST_NAMES
        if calm.observations.series("hostility", host)[0]
        < shaken.observations.series("hostility", host)[0]
    }
    assert changed == {"Armenia"}
    assert total(shaken, "hostility", "Armenia") > total(calm, "hostility", "Armenia")


def test_p12_aid_houses_newcomers_in_one_host(model: EmigrationModel) -> None:
    p, hosts = model.scenario.parameters, model.host_columns
    newcomers = np.full(len(HOST_NAMES), 40_000.0)
    rise = []
    for aid in (0.0, 1.0):
        model.set_lever("aid", "Armenia", aid)
        hosts.answer(1, newcomers)
        rise.append(np.log(hosts.rent_usd / hosts.rent_before_usd))
    expected = np.ones(len(HOST_NAMES))
    expected[row_of("Armenia")] = 1 - p.aid_effect
    assert (rise[0] > 0).all()
    np.testing.assert_allclose(rise[1] / rise[0], expected)


def test_p12_aid_calms_rents_hostility_and_policy() -> None:
    without, aided = finished(), finished(aid__Armenia=1.0)
    for outcome in ("rent_index", "hostility", "policy_strictness"):
        change = series(aided, outcome, "Armenia") - series(without, outcome, "Armenia")
        assert (change <= 1e-12).all(), outcome
        assert change[-1] < 0, outcome


def test_p15_effort_against_discrimination_prevents_it() -> None:
    """Nobody decides, so the same people are struck by the same luck; half as often."""
    struck = []
    set = {"cost_of_leaving": 4, "discrimination_base": 0.05}
    for effort in (0.0, 1.0):
        model = stepped(EmigrationModel(scale=1000, set=set), 20)
        model.set_lever("anti_discrimination", "Georgia", effort)
        e = model.emigrants
        rows = e.abroad()
        found = []
        for _ in range(40):
            lived = e.discrimination[rows].copy()
            model.life_abroad()
            found.append(e.discrimination[rows] > lived)
        struck.append((np.array(found), e.place[rows] == row_of("Georgia")))
    (usual, there), (prevented, _) = struck
    np.testing.assert_array_equal(usual[:, ~there], prevented[:, ~there])
    assert not (prevented & ~usual).any()
    count, left = usual[:, there].sum(), prevented[:, there].sum()
    share = 1 - model.scenario.parameters.anti_discrimination_effect
    assert count > 50
    assert abs(left - share * count) < 4 * np.sqrt(count * share * (1 - share))


# --- policy ---------------------------------------------------------------------------------------


def test_p24_pressure_tightens_at_the_quarterly_review() -> None:
    model = EmigrationModel(scale=10_000, without=["M18"], set={"accession_pressure.Armenia": 1})
    weekly = []
    for _ in range(3 * REVIEW_WEEKS + 2):
        model.step()
        weekly.append(column(model, "renewal_strictness", "Armenia"))
    changes = np.flatnonzero(np.diff(weekly)) + 1
    assert changes.tolist() == [REVIEW_WEEKS, 2 * REVIEW_WEEKS, 3 * REVIEW_WEEKS]
    assert weekly == sorted(weekly)
    assert weekly[0] == STRICTNESS_AT_START


def test_pleas_of_security_tighten_one_host_at_its_reviews() -> None:
    off = {"policy_to_hostility": 0, "policy_to_crowding": 0, "security_plea": 0}
    set = {**off, "security_plea.Uzbekistan": 0.8}
    model = stepped(EmigrationModel(scale=10_000, set=set, without=["M17"]), 3 * REVIEW_WEEKS + 2)
    for host in HOST_NAMES:
        seen = series(model, "policy_strictness", host)[: model.week]
        if host == "Uzbekistan":
            push = 0.8 * model.scenario.parameters.policy_to_security
            reviews = np.arange(model.week) // REVIEW_WEEKS
            np.testing.assert_allclose(
                1 - seen, (1 - STRICTNESS_AT_START) * np.exp(-push * reviews)
            )
        elif not any(
            event.host == host
            for event in model.scenario.events
            if event.lever == "renewal_strictness"
        ):
            assert (seen == STRICTNESS_AT_START).all()


# --- places ---------------------------------------------------------------------------------------


def test_places_are_never_exceeded() -> None:
    """But for the family of the last one in: partners and children need places too."""
    places, scale = 20_000, 1000
    rationed = {"weekly_places": places, "cost_of_leaving": 5}
    model = stepped(EmigrationModel(scale=scale, until="2022-11-30", set=rationed))
    most = {host: series(model, "arrivals", host).max() for host in HOST_NAMES}
    assert max(most.values()) > places / 2
    assert all(arrivals <= places + 6 * scale for arrivals in most.values()), most
    assert total(finished(weekly_places=0, cost_of_leaving=5), "arrivals") == 0


# --- fear -----------------------------------------------------------------------------------------


SEEN = {
    "until": "2022-07-31", "scale": 1000,
    "cost_of_leaving": 4.0, "host_constant__Kazakhstan": 3.0,  # some activists go there
}  # fmt: skip


def test_p13_protection_lowers_abductions_and_fear_in_one_host() -> None:
    levels = (0.0, 0.5, 1.0)
    runs = [finished(**SEEN, protection__Kazakhstan=level) for level in levels]
    fear = np.array([[series(run, "fear", host) for host in HOST_NAMES] for run in runs])
    there = row_of("Kazakhstan")
    assert (fear[0, there] > fear[1, there]).all()
    assert (fear[1, there] > fear[2, there]).all()
    elsewhere = np.delete(fear, there, axis=1)[:, :, 0]  # later, policies may answer to who comes
    assert (elsewhere == elsewhere[0]).all()
    expected = [total(run, "abductions_expected", "Kazakhstan") for run in runs]
    assert expected[0] > expected[1] > expected[2] == 0
    assert expected[1] >= 0.5 * expected[0]  # no fewer activists are where it is safer


def test_p23_the_kremlin_multiplies_abductions() -> None:
    none, usual, many = (finished(**SEEN, abductions=level) for level in (0.0, 1.0, 5.0))
    assert total(none, "abductions_expected") == total(none, "abductions") == 0
    expected = [total(run, "abductions_expected") for run in (usual, many)]
    assert 0 < expected[0] < expected[1] < 5 * expected[0]  # for fear keeps some away
    fears = [[series(run, "fear", host)[0] for host in HOST_NAMES] for run in (none, usual, many)]
    for level, fear in zip((0.0, 1.0, 5.0), fears, strict=True):
        p, hosts = usual.scenario.parameters, EmigrationModel(scale=10_000).host_columns
        a_year = level * p.abductions_per_activist_year * hosts.handover_risk
        refused = p.fear_of_refusal * hosts.refusal * hosts.handover_risk
        known = 1 - np.exp(-p.fear_of_abduction * 1000 * a_year - refused)
        np.testing.assert_allclose(fear, known)
