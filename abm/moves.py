"""The only place where anybody's place is written: allotment, couples, departures, returns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from abm import equations
from abm.chance import Integers
from abm.choices import RUSSIA
from abm.deciders import doors_of, settled_with
from abm.decision import income_follows, local_wages
from abm.doors import LONG_PERMIT, PERMIT, VISITOR, weeks_on_entry
from abm.elite import comes_along, worth_at_home
from abm.emigrants import (
    HOME,
    JOBLESS,
    LEAVING_CAUSES,
    PARTNER,
    REMOTE_WORK,
    TRIGGERS,
)
from abm.intents import Intents, together
from abm.levers import NO_LIMIT
from abm.options import one_each
from abm.people import Flags, People
from abm.ties import NOBODY
from abm.traits_tables import home_wage_mean_usd

if TYPE_CHECKING:
    from abm.model import EmigrationModel

LEFT_AS_PARTNER = LEAVING_CAUSES.index("partner")


def move(model: EmigrationModel, intents: Intents) -> None:
    """Carry out the week's intents: scarce places are allotted, partners join or stay behind."""
    moves = accompany(model, allot(model, intents))
    leaving = moves.origin == HOME
    returning = moves.destination == RUSSIA
    model.record_moves(moves)
    if not len(moves.person):
        return
    people = model.population.people(moves.person)
    _depart(model, people.take(leaving), moves.take(leaving))
    enters = np.flatnonzero(~returning)
    rows = model.emigrants.row_of(moves.person)
    onward = np.flatnonzero((moves.origin >= 0) & ~returning)
    model.economy.carry_capital(rows[onward], moves.destination[onward])
    _arrive(model, people.take(enters), rows[enters], moves.destination[enters])
    entered = np.bincount(moves.destination[enters], moves.people[enters], RUSSIA)
    model.host_columns.places_left -= entered
    _come_home(model, rows[returning])
    _shake_partners(model, people)


def allot(model: EmigrationModel, intents: Intents) -> Intents:
    """Where places are rationed, a lottery keyed by person and week fills them.

    Who gets none takes their next option, which may be to stay.
    """
    places = model.host_columns.places_left
    scarce = np.flatnonzero(model.host_columns.weekly_places < NO_LIMIT)
    if not len(scarce) or not len(intents.person):
        return intents
    lot = model.chance.uniform("places", intents.person, model.week)
    order = np.argsort(lot, kind="stable")
    arrivals = intents.arrivals.copy()
    destination = intents.destination.copy()
    while True:  # ends: nobody is refused twice by one host
        refused = np.zeros(len(order), dtype=bool)
        for host in scarce:
            wants = order[(destination[order] == host) & (intents.origin[order] != host)]
            heads = intents.people[wants]
            refused[wants[np.cumsum(heads) - heads >= places[host]]] = True
        if not refused.any():
            break
        arrivals[refused, destination[refused]] = np.inf
        destination[refused] = np.argmin(arrivals[refused], axis=1)
    stays = np.where(intents.origin == HOME, RUSSIA, intents.origin)
    stuck = (intents.origin == HOME) & (destination == RUSSIA)
    people = model.population.people(intents.person[stuck])
    model.attitudes.keep_in(people.region, people.risk_class, intents.people[stuck])
    return replace(intents, destination=destination).take(destination != stays)


def accompany(model: EmigrationModel, intents: Intents) -> Intents:
    """Partners: of two who want to go apart a keyed coin says whose choice stands; who has not
    decided comes along with a keyed chance. Where the door is shut to family or no place is left,
    each does what they would alone."""
    if not len(intents.person):
        return intents
    partner = model.ties.partner(intents.person)
    order = np.argsort(intents.person)
    at = np.minimum(np.searchsorted(intents.person[order], partner), len(order) - 1)
    other = order[at]
    both = (intents.person[other] == partner) & (intents.origin[other] == intents.origin)
    first = np.minimum(intents.person, partner)
    coin = model.chance.uniform("whose choice", first, model.week) < 0.5
    apart = both & (intents.destination != intents.destination[other])
    follows = np.flatnonzero(apart & ((intents.person == first) != coin))
    people = model.population.people(intents.person[follows])
    may = _may_follow(model, people, intents.take(other[follows]), intents)
    _redirect(intents, follows[may], intents.destination[other[follows[may]]])

    joins = model.chance.uniform("joins", first, model.week)
    p = model.scenario.parameters
    comes = (partner != NOBODY) & ~both & (joins < p.partner_joins)
    comes = np.flatnonzero(comes & (model.emigrants.place_of(partner) == intents.origin))
    people = model.population.people(partner[comes])
    rents = worth_at_home(p.elite_rents, (people.elite > 0) & (intents.origin[comes] == HOME))
    ready = joins[comes] < comes_along(p.partner_joins, rents)
    comes, people = comes[ready], people.take(ready)
    may = _may_follow(model, people, intents.take(comes), intents)
    ahead, people = intents.take(comes[may]), people.take(may)
    along = replace(
        ahead,
        person=people.ids,
        luck=np.full(len(people.ids), np.nan),
        people=model.emigrants.heads(people),
    )
    _redirect(along, np.arange(len(people.ids)), ahead.destination)
    return together([intents, along])


def _redirect(moves: Intents, rows: Integers, destination: Integers) -> None:
    """Let some go where their partner goes, and for that cause."""
    moves.destination[rows] = destination
    moves.cause[rows] = np.where(moves.origin[rows] == HOME, LEFT_AS_PARTNER, PARTNER)


def _may_follow(model: EmigrationModel, people: People, ahead: Intents, moves: Intents) -> Flags:
    """Who may go where their partner goes: doors, Russia's own rules, places left by moves."""
    if not len(people.ids):
        return np.zeros(0, dtype=bool)
    target = np.minimum(ahead.destination, RUSSIA - 1)
    open = doors_of(model, people, target, one_each(target)).open
    stopped = (model.chance.uniform("exit", people.ids) < model.kremlin.exit_ban) & (
        model.kremlin.is_draftable(people.risk_class)
    )
    may = (ahead.destination == RUSSIA) | (open & ~((ahead.origin == HOME) & stopped))
    hosts = model.host_columns
    order = np.argsort(model.chance.uniform("places", people.ids, model.week), kind="stable")
    heads = model.emigrants.heads(people)
    for host in np.flatnonzero(hosts.weekly_places < NO_LIMIT):
        taken = moves.people[(moves.destination == host) & (moves.origin != host)].sum()
        wants = order[may[order] & (ahead.destination[order] == host)]
        before = taken + np.cumsum(heads[wants]) - heads[wants]
        may[wants[before >= hosts.places_left[host]]] = False
    return may


def _depart(model: EmigrationModel, people: People, moves: Intents) -> None:
    e, week = model.emigrants, model.week
    rows, luck = e.ensure(people), moves.luck
    e.first_left_week[rows] = np.where(e.first_left_week[rows] < 0, week, e.first_left_week[rows])
    e.left_week[rows] = week
    movable = equations.let_through(
        model.scenario.parameters.movable_savings,
        model.host_columns.capital_accepted[moves.destination],
    )
    stays = (1.0 - movable) * e.savings_usd[rows]
    e.savings_usd[rows] -= stays
    e.savings_in_russia_usd[rows] = stays
    own = ~np.isnan(luck)  # a partner who comes along has luck of their own
    e.luck_week[rows] = np.where(own, week, -1)
    e.luck[rows] = np.where(own, luck, 0.0)
    e.occasion[rows] += 1
    model.economy.take_capital(rows, people, moves.destination)
    follows = income_follows(people)
    e.work[rows] = np.where(follows, REMOTE_WORK, JOBLESS)
    elite = e.elite[rows] > 0
    adults = np.full(int(elite.sum()), float(model.population.scale))
    model.observations.add("elite_departures", moves.destination[elite], adults)


def _arrive(model: EmigrationModel, people: People, rows: Integers, host: Integers) -> None:
    """Put rows in their new host with the status its door gives, less the journey's price."""
    e, hosts, week = model.emigrants, model.host_columns, model.week
    p = model.scenario.parameters
    partner = e.partner[rows]
    there = one_each(host)
    door = doors_of(model, people, settled_with(model, partner, e.place_of(partner)), there)
    e.status[rows] = door.status
    e.put(rows, host)
    visitors = door.open & (door.status == VISITOR)
    for family in (np.flatnonzero(~door.open), np.flatnonzero(visitors)):  # as the partner is
        settled = settled_with(model, partner[family], e.place_of(partner[family])) == host[family]
        e.status[rows[family]] = np.where(settled, PERMIT, VISITOR)
    status = e.status[rows]
    e.settled_before[rows] |= status == LONG_PERMIT
    weeks = weeks_on_entry(status, hosts.permit_weeks[host], hosts.visitor_weeks[host])
    e.permit_ends[rows] = week + np.maximum(1, weeks)
    journey = equations.journey_usd(
        p.journey_months, home_wage_mean_usd()[1], hosts.travel_hours[host]
    )
    journey = np.where(door.resettled, 0.0, journey)
    e.savings_usd[rows] = np.maximum(0.0, e.savings_usd[rows] - journey)
    e.local_wage_usd[rows] = local_wages(people, there, hosts, p)
    e.understood[rows] = equations.understood(
        people.speaks_foreign_language, hosts.russian_ease[host]
    )
    e.work[rows] = np.where(e.work[rows] == REMOTE_WORK, REMOTE_WORK, JOBLESS)
    e.discrimination[rows] = 0.0
    e.arrived_week[rows] = week


def _come_home(model: EmigrationModel, rows: Integers) -> None:
    e = model.emigrants
    model.economy.bring_capital(rows)
    e.savings_usd[rows] += e.savings_in_russia_usd[rows]
    e.savings_in_russia_usd[rows] = 0.0
    e.put(rows, HOME)


def _shake_partners(model: EmigrationModel, moved: People) -> None:
    """A partner's move makes those abroad decide at once, in the next week."""
    e = model.emigrants
    partner = e.partner[e.row_of(moved.ids)]
    partner = partner[partner != NOBODY]
    apart = partner[(e.place_of(partner) >= 0) & ~np.isin(partner, moved.ids)]
    e.next_trigger[e.row_of(apart)] = PARTNER


def cause_names(moves: Intents) -> NDArray[np.str_]:
    """Why each moved: the cause of leaving, or the trigger abroad."""
    names = np.array((*LEAVING_CAUSES, *TRIGGERS))
    return names[np.where(moves.origin == HOME, 0, len(LEAVING_CAUSES)) + moves.cause]
