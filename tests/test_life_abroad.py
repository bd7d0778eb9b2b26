"""Life abroad: stays and permits, savings, work, discrimination, attention."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from finished_runs import halted, stepped

from abm import equations
from abm import equations_of_hosts as rules
from abm.doors import (
    CITIZEN,
    IRREGULAR,
    LONG_PERMIT,
    PENDING,
    PERMIT,
    REAPPLY_WEEKS,
    VISITOR,
)
from abm.emigrants import (
    ATTENTION,
    DISCRIMINATION,
    JOB_LOST,
    JOBLESS,
    LOCAL_WORK,
    PERMIT_ENDED,
    PERMIT_REFUSED,
    REMOTE_WORK,
    SAVINGS_ENDED,
)
from abm.life_abroad import life_abroad
from abm.model import EmigrationModel

COLUMNS = (
    "person", "place", "status", "permit_ends", "work", "savings_usd", "discrimination", "trigger",
    "arrived_week", "left_week", "occasion", "luck_week", "local_wage_usd", "home_wage_usd",
)  # fmt: skip
EASY = {"cost_of_leaving": 5}  # so that many live abroad at a coarse scale


def a_life(until: str = "2023-09-30", **settings: Any) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Week by week: the model just after everybody abroad lived a week, and both states.

    Columns of the state before end with _before; "refusal" is the host's chance of the week.
    """
    model = EmigrationModel(scale=1000, until=until, set={**EASY, **settings})
    for _ in halted(model, "life_abroad"):
        e = model.emigrants
        rows = e.abroad()
        was = {f"{name}_before": getattr(e, name)[rows].copy() for name in COLUMNS}
        model.life_abroad()
        now = {name: getattr(e, name)[rows].copy() for name in COLUMNS}
        refusal = model.host_columns.refusal[e.place[rows]]
        yield model, pd.DataFrame({**was, **now, "refusal": refusal, "week": model.week})


@pytest.fixture(scope="module")
def weeks() -> pd.DataFrame:
    """Person-weeks abroad of the baseline, and what happened in each."""
    parts = []
    for model, week in a_life():
        hosts = model.host_columns
        place = week["place"].to_numpy()
        for name in ("border_run", "payments", "rent_usd", "prices", "right_to_work"):
            week[name] = getattr(hosts, name)[place]
        week["hostility"] = hosts.hostility[place]
        parts.append(week)
    return pd.concat(parts, ignore_index=True)


def close(count: float, chances: pd.Series | np.ndarray, sigmas: float = 4.0) -> bool:
    """Whether a count agrees with the sum of independent chances."""
    spread = np.sqrt(float((chances * (1 - chances)).sum()))
    return bool(abs(count - float(chances.sum())) < sigmas * max(spread, 1.0))


# --- stays and permits ----------------------------------------------------------------------------

NEXT = {
    CITIZEN: {CITIZEN},
    LONG_PERMIT: {LONG_PERMIT, VISITOR, IRREGULAR, CITIZEN},
    PERMIT: {PERMIT, LONG_PERMIT, VISITOR, IRREGULAR, CITIZEN},
    VISITOR: {VISITOR, PENDING},
    PENDING: {PENDING, PERMIT, LONG_PERMIT, VISITOR, IRREGULAR, CITIZEN},
    IRREGULAR: {IRREGULAR, PENDING},
}


def test_status_changes_by_the_rules(weeks: pd.DataFrame) -> None:
    seen = weeks.groupby("status_before")["status"].agg(set).to_dict()
    assert all(after <= NEXT[was] for was, after in seen.items())
    assert seen[VISITOR] == {VISITOR, PENDING}
    assert {PENDING, PERMIT, IRREGULAR} <= seen[PENDING]
    assert {PERMIT, IRREGULAR} <= seen[PERMIT]
    changed = weeks[weeks["status"] != weeks["status_before"]]
    due = changed["permit_ends_before"] <= changed["week"]
    asks_early = changed["status_before"] == VISITOR
    assert (due | asks_early).all()


def test_a_visit_is_renewed_at_the_border_where_that_is_tolerated(weeks: pd.DataFrame) -> None:
    visits = weeks[(weeks["status_before"] == VISITOR)]
    ended = visits[visits["permit_ends_before"] <= visits["week"]]
    tolerated = ended[(ended["border_run"] > 0) & (ended["status"] == VISITOR)]
    assert len(tolerated)
    assert (tolerated["permit_ends"] > tolerated["week"]).all()
    assert not tolerated["trigger"].isin([PERMIT_ENDED, PERMIT_REFUSED]).any()
    idle = visits[(visits["border_run"] > 0) & (visits["work_before"] != LOCAL_WORK)]
    assert (idle.loc[idle["work"] != LOCAL_WORK, "status"] == VISITOR).all()


def test_elsewhere_visitors_apply_within_weeks(weeks: pd.DataFrame) -> None:
    visits = weeks[(weeks["status_before"] == VISITOR) & (weeks["border_run"] == 0)]
    applied = visits[visits["status"] == PENDING]
    assert len(applied)
    assert len(visits) > len(applied)  # not at once
    still = visits[visits["status"] == VISITOR]
    assert (still["permit_ends"] > still["week"]).all()  # but before the stay ends


def test_an_application_is_decided_after_some_weeks(weeks: pd.DataFrame) -> None:
    applied = weeks[(weeks["status"] == PENDING) & (weeks["status_before"] != PENDING)]
    assert ((applied["permit_ends"] - applied["week"]) == 8).all()  # processing_weeks
    decided = weeks[(weeks["status_before"] == PENDING) & (weeks["status"] != PENDING)]
    assert len(decided)
    assert (decided["permit_ends_before"] == decided["week"]).all()
    refused = decided[decided["status"] == IRREGULAR]
    assert (refused["trigger"] == PERMIT_REFUSED).all()
    assert ((refused["permit_ends"] - refused["week"]) == REAPPLY_WEEKS).all()


@pytest.mark.parametrize("status", [PENDING, PERMIT])
def test_as_many_are_refused_as_the_host_refuses(weeks: pd.DataFrame, status: int) -> None:
    due = weeks[(weeks["status_before"] == status) & (weeks["permit_ends_before"] <= weeks["week"])]
    assert len(due) > 50
    assert close((due["trigger"] == PERMIT_REFUSED).sum(), due["refusal"])


def test_who_holds_a_permit_decides_before_the_host_does(weeks: pd.DataFrame) -> None:
    """In its last week; otherwise a stay ends for those who have to ask for a permit (again)."""
    last = weeks["status"].isin([PERMIT, LONG_PERMIT]) & (weeks["permit_ends"] == weeks["week"] + 1)
    assert last.sum() > 50
    assert (weeks.loc[last, "trigger"] >= PERMIT_ENDED).all()
    others = weeks[(weeks["trigger"] == PERMIT_ENDED) & ~last]
    assert others["status_before"].isin([VISITOR, IRREGULAR]).all()
    assert (others["status"] == PENDING).all()


def test_the_refused_stay_as_visitors_where_the_border_can_be_run(weeks: pd.DataFrame) -> None:
    refused = weeks[weeks["trigger"] == PERMIT_REFUSED]
    tolerated = refused["border_run"] > 0
    assert tolerated.any() and not tolerated.all()
    assert (refused.loc[tolerated, "status"] == VISITOR).all()
    assert (refused.loc[~tolerated, "status"] == IRREGULAR).all()


def test_refusals_are_counted(weeks: pd.DataFrame) -> None:
    refused = weeks[weeks["trigger"] == PERMIT_REFUSED]
    model = stepped(EmigrationModel(scale=1000, until="2023-09-30", set=EASY))
    table = model.refusals_table()
    assert set(zip(table["person"], table["week"], strict=True)) == set(
        zip(refused["person"], refused["week"], strict=True)
    )
    assert table["people"].sum() == model.observations.series("permit_refusals").sum()


# --- money and work -------------------------------------------------------------------------------


def test_savings_follow_income_less_living(weeks: pd.DataFrame) -> None:
    assert (weeks["savings_usd"] >= 0).all()
    p = EmigrationModel(scale=10_000).scenario.parameters
    remote = equations.remote_income(weeks["home_wage_usd"], p.transfer_barrier, weeks["payments"])
    income = np.select(
        [weeks["work"] == REMOTE_WORK, weeks["work"] == LOCAL_WORK],
        [remote, weeks["local_wage_usd"]],
        0.0,
    )
    spent = p.rent_share * weeks["rent_usd"] + p.living_cost_ppp_usd * weeks["prices"]
    month = (weeks["savings_usd"] - weeks["savings_usd_before"]) * 365.2425 / 12 / 7
    just_refused = weeks["trigger"] == PERMIT_REFUSED
    kept = (weeks["savings_usd"] > 0) & ~just_refused  # who lose their work after the week's pay
    np.testing.assert_allclose(month[kept], (income - spent)[kept], atol=1e-6)
    assert (month[(weeks["work"] == JOBLESS) & ~just_refused] <= 0).all()


def test_when_savings_end_people_decide(weeks: pd.DataFrame) -> None:
    ended = (weeks["savings_usd_before"] > 0) & (weeks["savings_usd"] == 0)
    assert ended.any()
    assert (weeks.loc[ended, "trigger"] >= SAVINGS_ENDED).all()
    assert (ended | (weeks["trigger"] != SAVINGS_ENDED)).all()


def test_jobs_are_found_by_those_who_may_work(weeks: pd.DataFrame) -> None:
    found = weeks[(weeks["work_before"] == JOBLESS) & (weeks["work"] != JOBLESS)]
    assert len(found) > 20
    assert (found["work"] == LOCAL_WORK).all()
    assert (found["right_to_work"] > 0).all()
    assert (found["local_wage_usd"] > 0).all()
    assert (found["status_before"] != IRREGULAR).all()
    assert not ((weeks["status"] == IRREGULAR) & (weeks["work"] == LOCAL_WORK)).any()


@pytest.mark.parametrize("work", [LOCAL_WORK, REMOTE_WORK])
def test_work_is_lost_at_its_rate(weeks: pd.DataFrame, work: int) -> None:
    p = EmigrationModel(scale=10_000).scenario.parameters
    rate = {LOCAL_WORK: p.failure_per_month, REMOTE_WORK: p.remote_loss_per_month}[work]
    had = weeks[(weeks["work_before"] == work) & (weeks["local_wage_usd"] > 0)]
    had = had[had["trigger"] != PERMIT_REFUSED]  # who loses it with their permit
    lost = had[had["work"] != work]
    assert (lost["work"] == JOBLESS).all()
    assert (lost["trigger"] >= JOB_LOST).all()
    assert len(lost) > 10
    assert close(len(lost), np.full(len(had), equations.weekly_chance(rate)))


# --- discrimination and attention -----------------------------------------------------------------


def test_half_of_discrimination_is_forgotten_in_half_a_year() -> None:
    calm = {**EASY, "discrimination_base": 0, "discrimination_from_hostility": 0}
    model = stepped(EmigrationModel(scale=3000, set=calm), 33)
    e = model.emigrants
    rows = e.abroad()
    assert len(rows)
    assert not e.ever_discriminated[rows].any()
    e.discrimination[rows] = 2.0
    for _ in range(26):
        life_abroad(model)
    np.testing.assert_allclose(e.discrimination[rows], 1.0)


def test_discrimination_follows_hostility(weeks: pd.DataFrame) -> None:
    p = EmigrationModel(scale=10_000).scenario.parameters
    struck = weeks["discrimination"] > weeks["discrimination_before"]
    assert struck.sum() > 20
    chance = rules.discrimination_chance(
        p.discrimination_base, p.discrimination_from_hostility, weeks["hostility"], 0.0
    )
    assert close(struck.sum(), chance)
    assert (weeks.loc[struck, "trigger"] >= DISCRIMINATION).all()


def test_hostile_hosts_discriminate_more() -> None:
    shares = []
    for hostility in (0.0, 1.0):
        model = stepped(EmigrationModel(scale=1000, set=EASY), 33)
        struck = 0
        e = model.emigrants
        rows = e.abroad()
        for _ in range(8):
            model.host_columns.hostility[:] = hostility
            e.discrimination[rows] = 0.0
            life_abroad(model)
            struck += int((e.discrimination[rows] > 0).sum())
        shares.append(struck)
    assert shares[0] < shares[1]


def test_attention_comes_at_its_rate_and_alone_renews_luck(weeks: pd.DataFrame) -> None:
    p = EmigrationModel(scale=10_000).scenario.parameters
    renewed = weeks["occasion"] != weeks["occasion_before"]
    chance = equations.weekly_chance(p.attention_per_month)
    assert close(renewed.sum(), np.full(len(weeks), chance))
    assert (weeks.loc[renewed, "luck_week"] == -1).all()
    assert (weeks.loc[renewed, "trigger"] >= ATTENTION).all()
    others = weeks[~renewed]
    assert (others["luck_week"] == others["luck_week_before"]).all()
    assert (others["trigger"] != ATTENTION).all()
    carried = others[others["luck_week"] >= 0]  # the luck of their departure
    assert len(carried)
    assert (carried["luck_week"] == carried["left_week"]).all()
