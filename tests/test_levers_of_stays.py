"""What levers change in stays: visits, permits, settlement, citizenship, resettlement."""

from __future__ import annotations

import numpy as np
import pytest
from finished_runs import (
    column,
    finished,
    halted,
    row_of,
    stepped,
    total,
)

from abm.calendar import WEEKS_PER_YEAR
from abm.doors import (
    CITIZEN,
    CITIZEN_WEEKS,
    IRREGULAR,
    LONG_PERMIT,
    LONG_PERMIT_WEEKS,
    PENDING,
    PERMIT,
    SECURE,
    VISITOR,
)
from abm.emigrants import LOCAL_WORK, PERMIT_ENDED
from abm.hosts import PROTECTION
from abm.model import EmigrationModel
from abm.permits import runs_border

RESTLESS = {
    "attention_per_month": 0.5,
    "cost_of_leaving": 4,
    "cost_of_onward_move": 2,
    "cost_of_return": 1.5,
}


def test_p2_border_runs_keep_a_visit_going() -> None:
    with_runs = finished(border_run__Georgia=1, skill_visas__Georgia=0)
    without = finished(border_run__Georgia=0, skill_visas__Georgia=0)
    assert total(with_runs, "arrivals", "Georgia") > 0
    refused = [total(run, "permit_refusals", "Georgia") for run in (with_runs, without)]
    assert refused[0] < refused[1]


SHUT = {
    "P1": {"entry_ban": 1},
    "P2": {"visa_free_days": 0, "tourist_visas": 0},
    "P2, half of the visas": {"visa_free_days": 0, "tourist_visas": 0.5},
    "P5": {"draft_papers_only": 1},
}


@pytest.mark.parametrize("levers", SHUT.values(), ids=SHUT)
def test_nobody_runs_a_border_that_would_not_let_them_in(levers: dict[str, float]) -> None:
    """Who did so until then decides at once, and asks for a permit."""
    model = EmigrationModel(scale=1000, until="2022-09-30", set={"cost_of_leaving": 4})
    e = model.emigrants
    for _ in halted(model, "life_abroad"):
        if model.week == 15:
            for lever, value in levers.items():
                model.set_lever(lever, "Georgia", value)
            rows = e.abroad()
            for_long = (e.status[rows] == VISITOR) & (model.week - e.arrived_week[rows] > 5)
            rows = rows[for_long & (e.place[rows] == row_of("Georgia"))]
            admitted = runs_border(model, rows)
            model.life_abroad()
            break
        model.life_abroad()
    assert len(rows) > 20
    if "draft_papers_only" in levers:
        assert (admitted == model.kremlin.is_draftable(e.risk_class[rows])).all()
    assert admitted.any() == ("draft_papers_only" in levers or levers.get("tourist_visas", 0) > 0)
    assert not admitted.all()
    assert (e.status[rows[~admitted]] == PENDING).all()
    assert (e.trigger[rows[~admitted]] >= PERMIT_ENDED).all()
    idle = rows[admitted & (e.work[rows] != LOCAL_WORK)]
    assert (e.status[idle] == VISITOR).all()


def test_p3_strictness_refuses_permits() -> None:
    lax, strict = (
        finished(renewal_strictness__Turkey=value, until="2023-06-30") for value in (0.0, 1.0)
    )
    assert column(lax, "refusal", "Turkey") < column(strict, "refusal", "Turkey")
    rates = [
        total(model, "permit_refusals", "Turkey") / total(model, "arrivals", "Turkey")
        for model in (lax, strict)
    ]
    assert rates[0] < rates[1]


def settled(model: EmigrationModel, rows: np.ndarray) -> np.ndarray:
    """Who has a long permit for all the weeks of a settlement that begins now."""
    e = model.emigrants
    from_now = e.permit_ends[rows] == model.week + LONG_PERMIT_WEEKS
    return (e.status[rows] == LONG_PERMIT) & from_now & e.settled_before[rows]


def test_p6_settles_in_place_and_once() -> None:
    model = EmigrationModel(scale=3000, until="2022-09-30", set=RESTLESS, without=["M33"])
    e, granted = model.emigrants, 0
    for _ in halted(model, "life_abroad"):
        if model.week == 12:
            model.set_lever("simplified_settlement", None, 1.0)
            model.host_columns.answer(model.week, model.stock())
        rows = e.abroad()
        was, had = e.status[rows].copy(), e.settled_before[rows].copy()
        model.life_abroad()
        new = (e.status[rows] == LONG_PERMIT) & (was != LONG_PERMIT)
        assert settled(model, rows[new]).all()
        assert not had[new].any()
        granted += int(new.sum())
    assert granted > 0


def test_p6_settlement_is_lost_by_moving_on() -> None:
    """The new place gives what its own door gives, and nobody settles a second time."""
    settings = {**RESTLESS, "simplified_settlement": 1}
    model = EmigrationModel(scale=3000, until="2022-09-30", set=settings, without=["M33"])
    e, entered, lost = model.emigrants, 0, 0
    for _ in halted(model, "moves"):
        size = e.rows
        place, had = e.place[:size].copy(), e.settled_before[:size].copy()
        model.moves()
        new = np.arange(size, e.rows)
        long = e.status[new] == LONG_PERMIT
        assert settled(model, new[long]).all()
        entered += int(long.sum())
        moved = (e.place[:size] != place) & (e.place[:size] >= 0)
        again = np.flatnonzero(moved & had)
        assert not (e.status[again] == LONG_PERMIT).any()
        lost += len(again)
    assert entered > 0 and lost > 0


def test_p6_in_place_is_known_as_far_as_heard() -> None:
    share = []
    for publicity in (0.0, 1.0):
        settings = {"simplified_settlement.Turkey": 1, "publicity.Turkey": publicity}
        model = EmigrationModel(scale=1000, until="2022-05-31", set={**RESTLESS, **settings})
        e = stepped(model).emigrants
        there = e.place[: e.rows] == row_of("Turkey")
        share.append(float(e.settled_before[: e.rows][there].mean()))
    assert 0 < share[0] < share[1] < 1


@pytest.mark.parametrize("lever", PROTECTION)
def test_p4_protects_those_who_are_there_already(lever: str) -> None:
    """None of those whom it protects is refused, and they apply even where a visit never ends."""
    hosts = ("Georgia", "Kazakhstan", "Turkey", "Armenia", "Serbia")
    settings = {"cost_of_leaving": 4, "renewal_strictness": 1, lever: 0}
    model = EmigrationModel(scale=200, until="2022-12-31", set=settings, without=["M33"])
    e = model.emigrants
    for _ in halted(model, "life_abroad"):
        if model.week == 30:
            for host in hosts:
                model.set_lever(lever, host, 1.0)
            model.host_columns.answer(model.week, model.stock())
        model.life_abroad()
    rows = e.abroad()
    who = {
        "humanitarian_visas_activists": e.activist[rows],
        "humanitarian_visas_draft": model.kremlin.is_draftable(e.risk_class[rows]),
    }[lever]
    there = np.isin(e.place[rows], [row_of(host) for host in hosts])
    before = there & (e.arrived_week[rows] < 30)
    protected, others = rows[before & who], rows[before & ~who]
    assert len(protected) > 10 and len(others) > 10
    assert np.isin(e.status[protected], SECURE).all()
    assert np.isin(e.status[others], (VISITOR, IRREGULAR)).mean() > 0.3
    refused = model.refusals_table()
    refused = refused[refused["host"].isin(hosts)]
    ids = e.person[rows[who]]
    assert refused.loc[refused["week"] < 30, "person"].isin(ids).any()
    assert not refused.loc[refused["week"] >= 30, "person"].isin(ids).any()


@pytest.mark.parametrize("years", [0.5, 5])
def test_p16_years_make_citizens_of_the_settled(years: float) -> None:
    """As soon as they have passed, before a settlement of five years ends."""
    settings = {"citizenship_years.Turkey": years, "simplified_settlement": 1, "cost_of_leaving": 4}
    until = "2022-12-31" if years < 1 else "2027-06-30"
    scale = 1000 if years < 1 else 5000
    model = EmigrationModel(scale=scale, until=until, set=settings, without=["M33"])
    e, made = model.emigrants, 0
    for _ in halted(model, "life_abroad"):
        rows = e.abroad()
        rows = rows[(e.status[rows] == LONG_PERMIT) & (e.place[rows] == row_of("Turkey"))]
        due = model.week - e.arrived_week[rows] >= years * WEEKS_PER_YEAR
        model.life_abroad()
        np.testing.assert_array_equal(e.status[rows] == CITIZEN, due)
        made += int(due.sum())
    assert made > 20


def test_p16_years_to_citizenship() -> None:
    """A stay that is renewed after them makes a citizen, in that host alone."""
    settings = {"citizenship_years.Turkey": 0.5, "cost_of_leaving": 5}
    model = EmigrationModel(scale=1000, until="2023-06-30", set=settings)
    e, made = model.emigrants, set()
    for _ in halted(model, "life_abroad"):
        rows = e.abroad()
        was, ended = e.status[rows].copy(), e.permit_ends[rows] <= model.week
        model.life_abroad()
        long_there = model.week - e.arrived_week[rows] >= 0.5 * WEEKS_PER_YEAR
        in_turkey = e.place[rows] == row_of("Turkey")
        new = (e.status[rows] == CITIZEN) & (was != CITIZEN)
        renewed = ended & np.isin(was, (PENDING, PERMIT)) & np.isin(e.status[rows], SECURE)
        np.testing.assert_array_equal(new[in_turkey], (renewed & long_there)[in_turkey])
        assert (e.permit_ends[rows[new]] == model.week + CITIZEN_WEEKS).all()
        made |= set(e.place[rows[new]].tolist())
    assert made == {row_of("Turkey")}  # elsewhere it takes two years at the least


def test_p11_resettles_from_border_states() -> None:
    """At no cost for the journey, and only from there."""
    offered = {f"resettlement.{host}": 1 for host in ("Germany", "France", "Poland")}
    settings = {**RESTLESS, **offered, "resettlement_ease": 1.0}
    model = EmigrationModel(scale=1000, until="2022-06-30", set=settings, without=["M33"])
    hosts, e = model.host_columns, model.emigrants
    takers = [row_of("Germany"), row_of("France")]  # Poland is on the border itself
    free = paid = 0
    for _ in halted(model, "moves"):
        size = e.rows
        place, savings = e.place[:size].copy(), e.savings_usd[:size].copy()
        model.moves()
        rows = np.flatnonzero((place >= 0) & (e.place[:size] >= 0) & (savings > 0))
        rows = rows[e.place[rows] != place[rows]]
        resettled = np.isin(e.place[rows], takers) & hosts.borders_russia[place[rows]]
        np.testing.assert_array_equal(e.savings_usd[rows] == savings[rows], resettled)
        free += int(resettled.sum())
        paid += int((~resettled).sum())
    assert free > 0 and paid > 0
