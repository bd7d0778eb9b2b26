"""The only place where anybody's place is written: allotment, couples, departures, returns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from abm import equations
from abm.chance import Integers
from abm.choices import RUSSIA, Intents
from abm.decision import income_follows, local_wages
from abm.doors import PERMIT, Doors, doors, weeks_on_entry
from abm.emigrants import (
    HOME,
    JOBLESS,
    LEAVING_CAUSES,
    NOWHERE,
    PARTNER,
    REMOTE_WORK,
    TRIGGERS,
)
from abm.levers import NO_LIMIT
from abm.population import Flags
from abm.ties import NOBODY
from abm.traits_tables import home_wage_mean_usd

if TYPE_CHECKING:
    from abm.model import EmigrationModel

LEFT_AS_PARTNER = LEAVING_CAUSES.index("partner")


def move(model: EmigrationModel, intents: Intents) -> None:
    """Carry out the week's intents: scarce places are allotted, partners join or stay behind."""
    moves = accompany(model, allot(model, intents))
    leaving = moves.origin == HOME
    returning = ~leaving & (moves.destination == RUSSIA)
    onward = ~leaving & ~returning
    model.record_moves(moves)
    _depart(model, moves, leaving)
    _move_on(model, moves, onward)
    _return(model, moves, returning)
    _shake_partners(model, moves)


def allot(model: EmigrationModel, intents: Intents) -> Intents:
    """Where places are rationed, a lottery keyed by person and week fills them.

    Who gets none takes their next option, which may be to stay.
    """
    places = model.host_columns.weekly_places
    scarce = np.flatnonzero(places < NO_LIMIT)
    if not len(scarce) or not len(intents.person):
        return intents
    lot = model.chance.uniform("places", intents.person, model.week)
    people = model.emigrants.people_of(intents.person)
    order = np.argsort(lot, kind="stable")
    arrivals = intents.arrivals.copy()
    destination = intents.destination.copy()
    for _ in range(len(scarce)):
        refused = np.zeros(len(order), dtype=bool)
        for host in scarce:
            wants = order[destination[order] == host]
            refused[wants[np.cumsum(people[wants]) > places[host]]] = True
        if not refused.any():
            break
        arrivals[refused, destination[refused]] = np.inf
        destination[refused] = np.argmin(arrivals[refused], axis=1)
    stays = np.where(intents.origin == HOME, RUSSIA, intents.origin)
    return _chosen(replace(intents, destination=destination), destination != stays)


def accompany(model: EmigrationModel, intents: Intents) -> Intents:
    """Partners: of two who want to go apart a keyed coin says whose choice stands; who has not
    decided comes along with a keyed chance, if the door is open to family, or stays behind."""
    if not len(intents.person):
        return intents
    e = model.emigrants
    partner = model.ties.partner(intents.person)
    order = np.argsort(intents.person)
    at = np.minimum(np.searchsorted(intents.person[order], partner), len(order) - 1)
    other = order[at]
    both = (intents.person[other] == partner) & (intents.origin[other] == intents.origin)
    first = np.minimum(intents.person, partner)
    coin = model.chance.uniform("whose choice", first, model.week) < 0.5
    leads = (intents.person == first) == coin
    follows = both & ~leads & (intents.destination != intents.destination[other])
    destination = np.where(follows, intents.destination[other], intents.destination)
    cause = np.where(
        follows, np.where(intents.origin == HOME, LEFT_AS_PARTNER, PARTNER), intents.cause
    )
    intents = replace(intents, destination=destination, cause=cause)

    joins = model.chance.uniform("joins", first, model.week)
    comes = (partner != NOBODY) & ~both & (joins < model.scenario.parameters.partner_joins)
    comes &= e.place_of(partner) == intents.origin
    comes &= _family_may_follow(model, partner, intents)
    behind = _chosen(intents, comes)
    along = replace(
        behind,
        person=partner[comes],
        cause=np.where(behind.origin == HOME, LEFT_AS_PARTNER, PARTNER),
        luck=np.full(int(comes.sum()), np.nan),
    )
    return Intents(
        *(
            np.concatenate([getattr(intents, name), getattr(along, name)])
            for name in Intents.__dataclass_fields__
        )
    )


def _family_may_follow(model: EmigrationModel, partner: Integers, intents: Intents) -> Flags:
    """Whether a host, and Russia's own rules, let a partner come along."""
    allowed = intents.destination == RUSSIA
    going = np.flatnonzero(~allowed & (partner != NOBODY))
    ids, target = partner[going], intents.destination[going]
    open = _doors_with_partner(model, ids, target).open[np.arange(len(ids)), target]
    kremlin = model.kremlin
    stopped = (
        (intents.origin[going] == HOME)
        & (model.chance.uniform("exit", ids) < kremlin.exit_ban)
        & kremlin.is_draftable(model.population.people(ids).risk_class)
    )
    allowed[going] = open & ~stopped
    return allowed


def _doors_with_partner(model: EmigrationModel, ids: Integers, target: Integers) -> Doors:
    people = model.population.people(ids)
    exposure = model.kremlin.exposure[people.risk_class]
    p = model.scenario.parameters
    return doors(model.chance, people, exposure, target, model.host_columns, p, model.week)


def _chosen(intents: Intents, chosen: Flags) -> Intents:
    return Intents(*(getattr(intents, name)[chosen] for name in Intents.__dataclass_fields__))


def _depart(model: EmigrationModel, moves: Intents, chosen: Flags) -> None:
    e, week = model.emigrants, model.week
    ids, luck = moves.person[chosen], moves.luck[chosen]
    rows = e.leave(ids)
    e.first_left_week[rows] = np.where(e.first_left_week[rows] < 0, week, e.first_left_week[rows])
    e.left_week[rows] = week
    e.leaving_cause[rows] = moves.cause[chosen]
    e.savings_usd[rows] *= model.scenario.parameters.movable_savings
    own = ~np.isnan(luck)  # a partner who comes along has luck of their own
    e.luck_week[rows] = np.where(own, week, -1)
    e.luck[rows] = np.where(own, luck, 0.0)
    e.occasion[rows] += 1
    follows = income_follows(model.population.people(ids))
    e.work[rows] = np.where(follows, REMOTE_WORK, JOBLESS)
    _arrive(model, rows, moves.destination[chosen])


def _move_on(model: EmigrationModel, moves: Intents, chosen: Flags) -> None:
    e = model.emigrants
    rows = e.row_of(moves.person[chosen])
    e.work[rows] = np.where(e.work[rows] == REMOTE_WORK, REMOTE_WORK, JOBLESS)
    _arrive(model, rows, moves.destination[chosen])


def _arrive(model: EmigrationModel, rows: Integers, host: Integers) -> None:
    """Put rows in their new host with the status its door gives, less the journey's price."""
    e, hosts, week = model.emigrants, model.host_columns, model.week
    ids = e.person[rows]
    people = model.population.people(ids)
    partner = e.partner[rows]
    there = np.where(partner == NOBODY, NOWHERE, e.place_of(partner))
    exposure = model.kremlin.exposure[people.risk_class]
    p = model.scenario.parameters
    door = doors(model.chance, people, exposure, there, hosts, p, week)
    pick = (np.arange(len(rows)), host)
    status = np.where(door.open[pick], door.status[pick], PERMIT)  # PERMIT: let in as family
    weeks = weeks_on_entry(status, hosts.permit_weeks[host], hosts.visitor_weeks[host])
    e.status[rows] = status
    e.permit_ends[rows] = week + np.maximum(1, weeks)
    journey = equations.journey_usd(
        p.journey_months, home_wage_mean_usd()[1], hosts.travel_hours[host]
    )
    e.savings_usd[rows] = np.maximum(0.0, e.savings_usd[rows] - journey)
    e.local_wage_usd[rows] = local_wages(people, hosts, p)[pick]
    e.understood[rows] = equations.understood(
        people.speaks_foreign_language, hosts.russian_ease[host]
    )
    e.discrimination[rows] = 0.0
    e.arrived_week[rows] = week
    e.place[rows] = host


def _return(model: EmigrationModel, moves: Intents, chosen: Flags) -> None:
    e = model.emigrants
    rows = e.row_of(moves.person[chosen])
    e.discrimination[rows] = 0.0
    e.come_home(rows)


def _shake_partners(model: EmigrationModel, moves: Intents) -> None:
    """A partner's move makes those abroad decide at once, in the next week."""
    e = model.emigrants
    partner = model.ties.partner(moves.person)
    partner = partner[partner != NOBODY]
    apart = partner[(e.place_of(partner) >= 0) & ~np.isin(partner, moves.person)]
    e.next_trigger[e.row_of(apart)] = PARTNER


def cause_names(moves: Intents) -> list[str]:
    """Why each moved: the cause of leaving, or the trigger abroad."""
    return [
        LEAVING_CAUSES[cause] if origin == HOME else TRIGGERS[cause]
        for cause, origin in zip(moves.cause.tolist(), moves.origin.tolist(), strict=True)
    ]
