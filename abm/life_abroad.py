"""A week of life abroad: memories, work, savings, permits. What strikes makes people decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abm import equations
from abm import equations_of_hosts as host_equations
from abm.calendar import WEEKS_PER_MONTH, WEEKS_PER_YEAR
from abm.chance import Floats, Integers, thirds
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
    settles,
)
from abm.emigrants import (
    ABDUCTION,
    ATTENTION,
    DISCRIMINATION,
    JOB_LOST,
    JOBLESS,
    LOCAL_WORK,
    NEWS_FROM_HOME,
    NONE,
    PERMIT_ENDED,
    PERMIT_REFUSED,
    REMOTE_WORK,
    SAVINGS_ENDED,
)
from abm.population import SCIENTIST

if TYPE_CHECKING:
    from abm.model import EmigrationModel


def life_abroad(model: EmigrationModel) -> None:
    """One week for everybody abroad; sets each row's trigger, if any."""
    e = model.emigrants
    rows = e.abroad()
    e.weeks_abroad[rows] += 1
    e.trigger[rows] = e.next_trigger[rows]
    e.next_trigger[rows] = NONE
    words = model.chance.words("life abroad", e.person[rows], e.weeks_abroad[rows])
    by_attention, by_discrimination, by_work = thirds(words)
    attention = equations.attention(model.scenario.parameters.attention_per_month, 0.0, 0.0, 0.0)
    _raise(model, rows[by_attention < attention], ATTENTION)
    _discriminate(model, rows, by_discrimination)
    _work(model, rows, by_work)
    _spend(model, rows)
    _check_permits(model, rows)
    _hear(model, rows)


def _raise(model: EmigrationModel, rows: Integers, trigger: int) -> None:
    """Give rows a trigger, unless they have a more urgent one."""
    e = model.emigrants
    if trigger == ATTENTION:  # attention renews luck, whatever else happens in the week
        e.occasion[rows] += 1
        e.luck_week[rows] = -1
    e.trigger[rows] = np.maximum(e.trigger[rows], trigger)


def _hear(model: EmigrationModel, rows: Integers) -> None:
    """News that makes people decide: of home, and of abductions among those at risk."""
    e = model.emigrants
    if model.kremlin.news > 0:
        luck = model.chance.uniform("news from home", e.person[rows], model.week)
        _raise(model, rows[luck < model.kremlin.news], NEWS_FROM_HOME)
    hosts = np.flatnonzero(model.abductions)
    if len(hosts):
        at_risk = e.activist[rows] & np.isin(e.place[rows], hosts)
        _raise(model, rows[at_risk], ABDUCTION)


def _discriminate(model: EmigrationModel, rows: Integers, luck: np.ndarray) -> None:
    e, p = model.emigrants, model.scenario.parameters
    hostility = model.host_columns.hostility[e.place[rows]]
    chance = host_equations.discrimination_chance(
        p.discrimination_base,
        p.discrimination_from_hostility,
        hostility,
        (p.anti_discrimination_effect * model.host_columns.anti_discrimination)[e.place[rows]],
    )
    e.discrimination[rows] = host_equations.forgotten(e.discrimination[rows])
    struck = rows[luck < chance]
    e.discrimination[struck] += 1.0
    e.ever_discriminated[struck] = True
    model.attitudes.reject(e.people[struck])
    _raise(model, struck, DISCRIMINATION)


def _work(model: EmigrationModel, rows: Integers, luck: np.ndarray) -> None:
    """Jobs and businesses are lost (M9), remote work ends (M10), the jobless find local work."""
    e, p = model.emigrants, model.scenario.parameters
    work = e.work[rows]
    works = e.local_wage_usd[rows] > 0  # others live on transfers
    allowed = e.status[rows] != IRREGULAR
    hosts, place = model.host_columns, e.place[rows]
    access = equations.access_to_work(hosts.right_to_work[place], e.understood[rows])
    failure: Floats | float = p.failure_per_month
    if hosts.institutions_closed.any():
        closed = np.where(e.occupation[rows] == SCIENTIST, hosts.institutions_closed[place], 0.0)
        access = equations.open_to_scientists(access, closed)
        failure = failure + p.institution_loss_per_month * closed
    finding = equations.weekly_chance(p.job_finding_per_month * access)
    found = works & allowed & (work == JOBLESS) & (luck < finding)
    lost = ((work == LOCAL_WORK) & (luck < equations.weekly_chance(failure))) | (
        works & (work == REMOTE_WORK) & (luck < equations.weekly_chance(p.remote_loss_per_month))
    )
    e.work[rows[found]] = LOCAL_WORK
    e.work[rows[lost]] = JOBLESS
    _raise(model, rows[lost], JOB_LOST)


def _spend(model: EmigrationModel, rows: Integers) -> None:
    e, p, hosts = model.emigrants, model.scenario.parameters, model.host_columns
    place = e.place[rows]
    remote = equations.remote_income(
        e.home_wage_usd[rows], p.transfer_barrier, hosts.payments[place]
    )
    work = e.work[rows]
    income = e.local_wage_usd[rows] * (work == LOCAL_WORK) + remote * (work == REMOTE_WORK)
    before = e.savings_usd[rows]
    rent = (p.rent_share * hosts.rent_usd)[place]
    living = (p.living_cost_ppp_usd * hosts.prices)[place]
    after = host_equations.savings_next(before, income, rent, living)
    e.savings_usd[rows] = after
    spent = before + income / WEEKS_PER_MONTH - after
    model.economy.spend(place, spent * (work != LOCAL_WORK))
    _raise(model, rows[(before > 0) & (after <= 0)], SAVINGS_ENDED)


def _check_permits(model: EmigrationModel, rows: Integers) -> None:
    """Stays that end this week are renewed, applied for, granted or refused (M6)."""
    e, hosts, week = model.emigrants, model.host_columns, model.week
    p = model.scenario.parameters
    stay = week - e.arrived_week[rows]
    needs_permit = (hosts.border_run[e.place[rows]] == 0) | (e.work[rows] == LOCAL_WORK)
    visits = (e.status[rows] == VISITOR) & needs_permit
    applies = rows[visits & (stay >= p.application_weeks)]
    _apply(model, applies)
    due = rows[e.permit_ends[rows] <= week]
    status, place = e.status[due], e.place[due]
    runs = due[(status == VISITOR) & (hosts.border_run[place] > 0)]
    e.permit_ends[runs] = week + hosts.visitor_weeks[e.place[runs]]
    again = due[((status == VISITOR) & (hosts.border_run[place] == 0)) | (status == IRREGULAR)]
    _apply(model, again)
    _raise(model, again, PERMIT_ENDED)

    decided = due[np.isin(status, (PENDING, PERMIT, LONG_PERMIT))]
    luck = model.chance.uniform("permit", e.person[decided], e.weeks_abroad[decided])
    refused = luck < hosts.refusal[e.place[decided]]
    _grant(model, decided[~refused])
    _refuse(model, decided[refused])


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
    """Who is refused may not work there, and stays as a visitor where the border can be run."""
    e, hosts = model.emigrants, model.host_columns
    model.record_refusals(rows)
    place = e.place[rows]
    runs = hosts.border_run[place] > 0
    e.status[rows] = np.where(runs, VISITOR, IRREGULAR)
    e.permit_ends[rows] = model.week + np.where(runs, hosts.visitor_weeks[place], REAPPLY_WEEKS)
    e.work[rows] = np.where(e.work[rows] == LOCAL_WORK, JOBLESS, e.work[rows])
    _raise(model, rows, PERMIT_REFUSED)
