"""A week of life abroad: memories, work, savings, permits. What strikes makes people decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abm import equations
from abm import equations_of_hosts as host_equations
from abm.calendar import WEEKS_PER_MONTH
from abm.chance import Floats, Integers, thirds
from abm.doors import IRREGULAR
from abm.emigrants import (
    ABDUCTION,
    ATTENTION,
    DISCRIMINATION,
    JOB_LOST,
    JOBLESS,
    LOCAL_WORK,
    NEWS_FROM_HOME,
    NONE,
    REMOTE_WORK,
    SAVINGS_ENDED,
)
from abm.permits import check_permits
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
    _renew_luck(model, rows[by_attention < attention])
    _discriminate(model, rows, by_discrimination)
    _work(model, rows, by_work)
    _spend(model, rows)
    check_permits(model, rows)
    _hear(model, rows)


def _renew_luck(model: EmigrationModel, rows: Integers) -> None:
    """Attention renews luck, whatever else happens in the week."""
    e = model.emigrants
    e.occasion[rows] += 1
    e.luck_week[rows] = -1
    e.strike(rows, ATTENTION)


def _hear(model: EmigrationModel, rows: Integers) -> None:
    """News that makes people decide: of home, and of abductions among those at risk."""
    e = model.emigrants
    if model.kremlin.news > 0:
        luck = model.chance.uniform("news from home", e.person[rows], model.week)
        e.strike(rows[luck < model.kremlin.news], NEWS_FROM_HOME)
        model.kremlin.news = 0.0
    hosts = np.flatnonzero(model.abductions)
    if len(hosts):
        at_risk = e.activist[rows] & np.isin(e.place[rows], hosts)
        e.strike(rows[at_risk], ABDUCTION)


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
    e.strike(struck, DISCRIMINATION)


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
    e.strike(rows[lost], JOB_LOST)


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
    e.strike(rows[(before > 0) & (after <= 0)], SAVINGS_ENDED)
