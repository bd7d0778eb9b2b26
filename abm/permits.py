"""Stays abroad that come to their end: renewed, applied for, granted, refused (M6, M7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abm.calendar import WEEKS_PER_YEAR
from abm.chance import Integers, Words
from abm.doors import (
    CITIZEN,
    CITIZEN_WEEKS,
    IRREGULAR,
    LONG_PERMIT,
    LONG_PERMIT_WEEKS,
    PENDING,
    PERMIT,
    REAPPLY_WEEKS,
    VISITOR,
    may_visit,
    papers,
    protected,
    settles,
)
from abm.emigrants import JOBLESS, LOCAL_WORK, PERMIT_ENDED, PERMIT_REFUSED
from abm.options import one_each
from abm.people import Flags

if TYPE_CHECKING:
    from abm.model import EmigrationModel


def check_permits(model: EmigrationModel, rows: Integers) -> None:
    """A week of some emigrants' papers, by row.

    Whose permit will be decided on next week decides first. So do those without papers who are to
    ask again, and visitors who can run the border no more.
    """
    e, hosts, week = model.emigrants, model.host_columns, model.week
    _naturalise(model, rows)
    _ask_for_permits(model, rows)
    due = rows[e.permit_ends[rows] <= week]
    status = e.status[due]
    visits = due[status == VISITOR]
    runs = runs_border(model, visits)
    e.permit_ends[visits[runs]] = week + hosts.visitor_weeks[e.place[visits[runs]]]
    again = np.concatenate([visits[~runs], due[status == IRREGULAR]])
    _apply(model, again)
    e.strike(again, PERMIT_ENDED)

    decided = due[np.isin(status, (PENDING, PERMIT, LONG_PERMIT))]
    chance = np.where(is_protected(model, decided), 0.0, hosts.refusal[e.place[decided]])
    luck = model.chance.uniform("permit", e.person[decided], e.weeks_abroad[decided])
    refused = luck < chance
    model.record_permits(decided, chance, refused)
    _grant(model, decided[~refused])
    _refuse(model, decided[refused])
    ending = rows[e.permit_ends[rows] == week + 1]
    e.strike(ending[np.isin(e.status[ending], (PERMIT, LONG_PERMIT))], PERMIT_ENDED)


def runs_border(model: EmigrationModel, rows: Integers) -> Flags:
    """Who may renew a visit by leaving and coming in again: where it would let them in again."""
    hosts, place = model.host_columns, model.emigrants.place[rows]
    runs = hosts.borders_run[place]
    asked = np.flatnonzero(runs & hosts.asks_visitors[place])
    if len(asked):
        there = one_each(place[asked])
        runs[asked] = may_visit(*_cases(model, rows[asked]), hosts, there)
    return runs


def is_protected(model: EmigrationModel, rows: Integers) -> Flags:
    """Whom the host where they are protects, by the same luck with papers as on entry (P4)."""
    e, hosts = model.emigrants, model.host_columns
    result = np.zeros(len(rows), dtype=bool)
    offered = np.flatnonzero(hosts.protects[e.place[rows]])
    if len(offered):
        some = rows[offered]
        luck, draftable = _cases(model, some)
        there = one_each(e.place[some])
        result[offered] = protected(e.activist[some], draftable, luck, hosts.heard, there)
    return result


def _cases(model: EmigrationModel, rows: Integers) -> tuple[Words, Flags]:
    """Luck with papers where some emigrants are, and whether the army could call them up."""
    e = model.emigrants
    luck = papers(model.chance, e.person[rows], one_each(e.place[rows]), model.host_columns)
    return luck, model.kremlin.is_draftable(e.risk_class[rows])


def _naturalise(model: EmigrationModel, rows: Integers) -> None:
    """Long permits make citizens as soon as residence is long enough (P16)."""
    e, week = model.emigrants, model.week
    long = rows[e.status[rows] == LONG_PERMIT]
    resident = week - e.arrived_week[long]
    citizens = long[resident >= model.host_columns.citizenship_weeks[e.place[long]]]
    e.status[citizens] = CITIZEN
    e.permit_ends[citizens] = week + CITIZEN_WEEKS


def _ask_for_permits(model: EmigrationModel, rows: Integers) -> None:
    """Visitors apply once they have been there for some weeks, unless they run the border; those
    in local work and those whom the host protects apply nevertheless."""
    e, p = model.emigrants, model.scenario.parameters
    visits = rows[e.status[rows] == VISITOR]
    stay = model.week - e.arrived_week[visits]
    long_enough = stay >= p.application_weeks
    visits, stay = visits[long_enough], stay[long_enough]
    runs = runs_border(model, visits)
    asks = ~runs | (e.work[visits] == LOCAL_WORK) | is_protected(model, visits)
    _apply(model, visits[asks])
    ran_until_now = ~runs & (stay >= p.application_weeks + 1)  # else they had asked before
    e.strike(visits[ran_until_now], PERMIT_ENDED)
    irregular = rows[e.status[rows] == IRREGULAR]
    _apply(model, irregular[is_protected(model, irregular)])


def _apply(model: EmigrationModel, rows: Integers) -> None:
    e = model.emigrants
    e.status[rows] = PENDING
    weeks = np.ceil(model.scenario.parameters.processing_weeks)
    e.permit_ends[rows] = model.week + int(weeks)
    hosts = model.host_columns
    if hosts.simplified_settlement.any():  # granted at once, without examination
        able = settles(model.chance, e.person[rows], e.place[rows], hosts)
        settled = rows[able & ~e.settled_before[rows]]
        e.status[settled] = LONG_PERMIT
        e.settled_before[settled] = True
        e.permit_ends[settled] = model.week + LONG_PERMIT_WEEKS


def _grant(model: EmigrationModel, rows: Integers) -> None:
    """Renew; long residence gives a long permit, then citizenship."""
    e, hosts, week = model.emigrants, model.host_columns, model.week
    place = e.place[rows]
    resident = week - e.arrived_week[rows]
    long = resident >= model.scenario.parameters.long_permit_years * WEEKS_PER_YEAR
    citizen = resident >= hosts.citizenship_weeks[place]
    e.status[rows] = np.where(citizen, CITIZEN, np.where(long, LONG_PERMIT, PERMIT))
    weeks = np.where(
        citizen, CITIZEN_WEEKS, np.where(long, LONG_PERMIT_WEEKS, hosts.permit_weeks[place])
    )
    e.permit_ends[rows] = week + weeks


def _refuse(model: EmigrationModel, rows: Integers) -> None:
    """Who is refused loses local work, and stays as a visitor where they can run the border."""
    e, hosts = model.emigrants, model.host_columns
    place = e.place[rows]
    runs = runs_border(model, rows)
    e.status[rows] = np.where(runs, VISITOR, IRREGULAR)
    e.permit_ends[rows] = model.week + np.where(runs, hosts.visitor_weeks[place], REAPPLY_WEEKS)
    e.work[rows] = np.where(e.work[rows] == LOCAL_WORK, JOBLESS, e.work[rows])
    e.strike(rows, PERMIT_REFUSED)
