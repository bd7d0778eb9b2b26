"""A mechanism switched off alone: what hosts and the Kremlin become, what whole runs count.

Same people, same luck.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from finished_runs import finished, moved, series, total

from abm.doors import IRREGULAR
from abm.emigrants import JOB_LOST, LOCAL_WORK, REMOTE_WORK
from abm.hosts import STRICTNESS_AT_START
from abm.model import EmigrationModel

# --- what hosts and the Kremlin become ------------------------------------------------------------


def test_m3_exempt_men_are_less_exposed() -> None:
    on, off = finished().kremlin, finished(("M3",)).kremlin
    exempt = finished().population.groups.class_exempt > 0
    liable = finished().population.groups.class_liability > 0
    assert (on.exposure[exempt & liable] < off.exposure[exempt & liable]).all()
    assert (on.risk[exempt & liable] < off.risk[exempt & liable]).all()
    assert (exempt & liable).any()
    np.testing.assert_array_equal(on.exposure[~exempt], off.exposure[~exempt])


def test_m15_inflow_raises_rents_and_rents_hostility() -> None:
    on, off = finished(), finished(("M15",))
    raised = 0
    for host in on.hosts.get("name"):
        assert (series(off, "rent_index", host) == 1).all()
        assert (series(on, "rent_index", host) >= 1).all()
        hostility = series(on, "hostility", host) - series(off, "hostility", host)
        assert (hostility >= 0).all()
        raised += hostility[-1] > 0.001
    assert raised > 0


def test_m16_history_alone_makes_hostility() -> None:
    on = finished(("M15",))
    off = finished(("M15", "M16"))
    for host in on.hosts.get("name"):
        assert (series(on, "hostility", host) > 0).all()
        assert (series(off, "hostility", host) == 0).all()


def test_m17_pressure_from_outside_tightens_policy() -> None:
    pressed = {"accession_pressure__Armenia": 1.0}
    on, off = finished(("M18",), **pressed), finished(("M17", "M18"), **pressed)
    assert (np.diff(series(on, "policy_strictness", "Armenia")) >= 0).all()
    assert series(on, "policy_strictness", "Armenia")[-1] > STRICTNESS_AT_START
    assert (series(off, "policy_strictness", "Armenia") == STRICTNESS_AT_START).all()
    # Uzbekistan is under no new pressure.
    assert (series(on, "policy_strictness", "Uzbekistan") == STRICTNESS_AT_START).all()


def test_m18_hostility_tightens_policy() -> None:
    hostile = {"incident__Armenia": 1.0}
    on, off = finished(("M17",), **hostile), finished(("M17", "M18"), **hostile)
    assert series(on, "hostility", "Armenia")[-1] > on.scenario.parameters.hostility_threshold
    assert series(on, "policy_strictness", "Armenia")[-1] > STRICTNESS_AT_START
    assert (series(off, "policy_strictness", "Armenia") == STRICTNESS_AT_START).all()


def test_m19_welcome_comes_early_and_wears_off() -> None:
    on, off = finished(("M15",), "2023-12-31"), finished(("M15", "M19"), "2023-12-31")
    for host in on.hosts.get("name"):
        held_back = series(off, "hostility", host) - series(on, "hostility", host)
        assert held_back[0] > held_back[50] > held_back[-1] > 0


def test_m34_refugees_raise_rents() -> None:
    on, off = finished(), finished(("M34",))
    last = {
        host: (series(on, "rent_index", host)[-1], series(off, "rent_index", host)[-1])
        for host in ("Poland", "Czechia")
    }
    assert all(with_them > without_them for with_them, without_them in last.values())


# --- what whole runs count -----------------------------------------------------------------------


def test_m1_repression_drives_people_out() -> None:
    on, off = finished(), finished(("M1",))
    assert moved(on, "repression") > 0
    assert moved(off, "repression") == 0
    assert total(on, "departures") > total(off, "departures")


def test_m2_the_order_drives_people_out() -> None:
    on, off = finished(), finished(("M2",))
    assert moved(on, "mobilisation") > 0
    assert moved(off, "mobilisation") == 0
    weekly = [model.observations.series("departures") for model in (on, off)]
    assert weekly[0][30:36].sum() > 2 * weekly[1][30:36].sum()
    np.testing.assert_array_equal(weekly[0][:30], weekly[1][:30])  # before the order


def test_m5_a_door_just_shut_turns_people_back(write: Callable[..., Any]) -> None:
    shut = """
        base = "war-years"
        [[events]]
        date = 2022-09-29
        hosts = ["Georgia", "Kazakhstan", "Turkey", "Armenia", "Serbia", "United Arab Emirates"]
        lever = "entry_ban"
        value = 1
        kind = "imposed"
        source = "made up"
        """
    turned = {}
    for off in ((), ("M5",)):
        model = EmigrationModel(write(shut), scale=1000, until="2022-11-30", without=off)
        while model.running:
            model.step()
        turned[off] = model.observations.series("turned_back").copy()
    assert turned[()][31:34].sum() > 0
    assert turned[()][:31].sum() == 0
    assert turned[()][31] > turned[()][36:].sum()  # the news spreads
    assert turned["M5",].sum() == 0


def test_m6_permits_are_refused_and_the_refused_go() -> None:
    on, off = finished(until="2023-06-30"), finished(("M6",), "2023-06-30")
    assert total(on, "permit_refusals") > 0
    assert moved(on, "permit refused") > 0
    assert total(off, "permit_refusals") == 0
    assert moved(off, "permit refused") == 0
    assert not (off.emigrants.status[: off.emigrants.rows] == IRREGULAR).any()


def test_m9_jobs_and_businesses_are_lost() -> None:
    lost = []
    for without in ((), ("M9",)):
        model = EmigrationModel(scale=3000, until="2023-06-30", without=without)
        count = 0
        while model.running:
            e = model.emigrants
            had_work = e.work[: e.rows] == LOCAL_WORK
            model.step()
            struck = e.trigger[: len(had_work)] == JOB_LOST
            count += int((had_work & struck).sum())
        lost.append(count)
    assert lost[0] > 0
    assert lost[1] == 0


def test_m10_remote_work_ends() -> None:
    kept = []
    for model in (finished(), finished(("M10",))):
        e = model.emigrants
        rows = e.abroad()
        people = model.population.people(e.person[rows])
        kept.append((e.work[rows] == REMOTE_WORK)[people.remote])
    assert kept[1].all()
    assert not kept[0].all()
    assert kept[0].any()


DRIVES = ("M1", "M2", "M36", "M37", "M38")
HOLDS_BACK = ("M4", "M7", "M10")


@pytest.mark.parametrize("mechanism", (*DRIVES, *HOLDS_BACK))
def test_departures(mechanism: str) -> None:
    change = total(finished(), "departures") - total(finished((mechanism,)), "departures")
    assert change > 0 if mechanism in DRIVES else change < 0
