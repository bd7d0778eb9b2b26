"""The week's decisions: who reconsiders, what they choose, and what they would have chosen.

Everybody decides on the same state of the world; nothing here writes a place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from abm import equations
from abm.bounds import Bounds, bounds, luck_weights
from abm.calendar import WEEKS_PER_YEAR
from abm.chance import Floats, Integers
from abm.decision import (
    Able,
    Components,
    Deciders,
    World,
    ability,
    arrivals,
    components,
    felt_insecurity,
    total,
)
from abm.doors import SECURE, Applicants, Doors, doors
from abm.emigrants import HOME, LEAVING_CAUSES, NOWHERE
from abm.hosts_table import HOST_NAMES
from abm.people import Flags, People
from abm.screening import listed, luck_at_home
from abm.ties import CONTACTS, NOBODY

if TYPE_CHECKING:
    from abm.model import EmigrationModel

RUSSIA = len(HOST_NAMES)  # the option after the last host
SLACK = 1e-9  # rounding in a bound
CHUNK = 8192  # people at home whose decisions are worked out at a time, to spare memory


@dataclass(frozen=True)
class Intents:
    """Moves that people want to make this week. Columns of shape (movers,).

    origin: a host's row or HOME; destination: an option; arrivals: (movers, options), for those
    who get no place; cause: why they left home, or the trigger abroad; luck: u of departure;
    people: real people who move, children included.
    """

    person: Integers
    origin: Integers
    destination: Integers
    arrivals: Floats
    cause: Integers
    luck: Floats
    people: Floats

    def take(self, rows: Integers | Flags) -> Intents:
        """Some of the moves."""
        return Intents(*(getattr(self, name)[rows] for name in Intents.__dataclass_fields__))

    def and_also(self, more: Intents) -> Intents:
        """These moves and some more."""
        return Intents(
            *(
                np.concatenate([getattr(self, name), getattr(more, name)])
                for name in Intents.__dataclass_fields__
            )
        )


def decide(model: EmigrationModel) -> Intents:
    """The intents of all who reconsider this week; turned back and immobile are recorded."""
    world = model.world()
    bound = bounds(model.population, world)
    people, u = reconsidering_at_home(model, world, bound)
    intents = _move_abroad(model, world)
    for start in reversed(range(0, max(1, len(u)), CHUNK)):
        part = slice(start, start + CHUNK)
        intents = _leave(model, world, bound, people.take(part), u[part]).and_also(intents)
    return intents


def reconsidering_at_home(
    model: EmigrationModel, world: World, bound: Bounds
) -> tuple[People, Floats]:
    """Who at home reconsiders and might leave, with the u of their luck.

    Listed singly, whatever their stratum: those whose partner is abroad.
    """
    e = model.emigrants
    singled = partners_left_behind(model)
    draw = bound.draw if model.screened else np.ones_like(bound.draw)
    ids, a_u, stratum = listed(model.chance, world.week, model.population, draw)
    attention = bound.attention[stratum]
    kept = (a_u < attention) & (e.place_of(ids) == HOME)
    kept &= ~np.isin(ids, singled, assume_unique=True)
    people, u = model.population.people(ids[kept], stratum[kept]), a_u[kept] / attention[kept]
    if model.screened:
        most = bound.of_people(people, world)
        near = u < equations.bound_on_luck(most)
        people, u, most = people.take(near), u[near], most[near]
        near = u < equations.bound_on_luck(most - _contacts_missing(model, world, people.ids))
        people, u = people.take(near), u[near]
    lone = model.chance.uniform("singled", singled, world.week)
    attention = bound.attention[model.population.people(singled).stratum]
    attend = lone < attention
    lone = lone[attend] / attention[attend]
    return people.and_also(singled[attend]), np.concatenate([u, lone])


def _contacts_missing(model: EmigrationModel, world: World, ids: Integers) -> Floats:
    """By how much the bounds overrate contacts: they suppose that all of them are in one host."""
    weight = world.parameters.contacts_weight
    abroad = (model.emigrants.places_of_contacts(ids) >= 0).sum(axis=1)
    most = equations.worth_of_contacts(weight, CONTACTS)
    return np.asarray(most - equations.worth_of_contacts(weight, abroad))


def partners_left_behind(model: EmigrationModel) -> Integers:
    """Persons at home whose partner is abroad, in rising order."""
    e = model.emigrants
    partners = e.partner[e.abroad()]
    partners = partners[partners != NOBODY]
    return np.sort(partners[e.place_of(partners) == HOME])


def deciders_at_home(
    model: EmigrationModel, world: World, people: People, partner_place: Integers | None = None
) -> Deciders:
    """Persons at home with what their decision depends on; partner_place: if not where it is."""
    e, ids = model.emigrants, people.ids
    rows = e.row_of(ids)
    savings = np.where(rows >= 0, e.savings_usd[rows], people.savings_usd)
    partner = model.ties.partner(ids)
    if partner_place is None:
        partner_place = np.where(partner == NOBODY, NOWHERE, e.place_of(partner))
    nothing = np.zeros(len(ids))
    return Deciders(
        people=people,
        place=np.full(len(ids), HOME),
        partner_place=partner_place,
        contacts=contacts_there(model, ids),
        savings_usd=savings,
        doors=doors_of(model, people, settled_with(model, partner, partner_place)),
        status=nothing.astype(np.int64),
        weeks_left=nothing,
        work=nothing.astype(np.int64),
        discrimination=nothing,
        years_abroad=nothing,
        partner_insecurity=nothing,
        partner_discrimination=nothing,
    )


def deciders_abroad(model: EmigrationModel, world: World, rows: Integers) -> Deciders:
    """Emigrants, by row, with what their decision depends on."""
    e = model.emigrants
    people = model.population.people(e.person[rows])
    place = e.place[rows].astype(np.int64)
    partner = e.partner[rows]
    partner_place = np.where(partner == NOBODY, NOWHERE, e.place_of(partner))
    together = partner_place == place
    their_rows = e.row_of(partner[together])
    insecurity, discrimination = np.zeros(len(rows)), np.zeros(len(rows))
    insecurity[together] = own_insecurity_of(model, world, their_rows)
    discrimination[together] = e.discrimination[their_rows]
    return Deciders(
        people=people,
        place=place,
        partner_place=partner_place,
        contacts=contacts_there(model, people.ids),
        savings_usd=e.savings_usd[rows],
        doors=doors_of(model, people, settled_with(model, partner, partner_place)),
        status=e.status[rows],
        weeks_left=(e.permit_ends[rows] - world.week).astype(float),
        work=e.work[rows],
        discrimination=e.discrimination[rows],
        years_abroad=(world.week - e.left_week[rows]) / WEEKS_PER_YEAR,
        partner_insecurity=insecurity,
        partner_discrimination=discrimination,
    )


def own_insecurity_of(model: EmigrationModel, world: World, rows: Integers) -> Floats:
    """Insecurity of status of some emigrants, by row."""
    e = model.emigrants
    return felt_insecurity(
        e.status[rows], (e.permit_ends[rows] - world.week).astype(float), e.place[rows], world
    )


def doors_of(model: EmigrationModel, people: People, family_place: Integers) -> Doors:
    """The doors of every host for some people this week, with family settled in a place."""
    e = model.emigrants
    rows = e.row_of(people.ids)
    applicants = Applicants(
        people=people,
        draftable=model.kremlin.is_draftable(people.risk_class),
        family_place=family_place,
        place=e.place_of(people.ids),
        settled_before=(rows >= 0) & e.settled_before[rows],
    )
    p = model.scenario.parameters
    return doors(model.chance, applicants, model.host_columns, p, model.week)


def settled_with(model: EmigrationModel, partner: Integers, partner_place: Integers) -> Integers:
    """Where a partner has a secure status, so that family gets a permit; else NOWHERE."""
    e = model.emigrants
    secure = np.isin(e.status[e.row_of(partner)], SECURE) & (partner_place >= 0)
    return np.where(secure, partner_place, NOWHERE)


def contacts_there(model: EmigrationModel, ids: Integers) -> Integers:
    """How many contacts each person has in each host, shape (people, hosts)."""
    places = model.emigrants.places_of_contacts(ids)
    person, contact = np.nonzero(places >= 0)
    flat = person * RUSSIA + places[person, contact]
    return np.bincount(flat, minlength=len(ids) * RUSSIA).reshape(len(ids), RUSSIA)


def _leave(
    model: EmigrationModel, world: World, bound: Bounds, people: People, u: Floats
) -> Intents:
    """Those at home who set out, once the doors shut in their face are counted."""
    ids = people.ids
    d = deciders_at_home(model, world, people)
    parts = components(d, world)
    utility = total(parts, len(ids))
    weights = luck_weights_of(d.people)
    luck = luck_at_home(model.chance, ids, world.week, u, world.hosts.keys, weights)
    able = ability(d, world, model.chance.uniform("exit", ids))
    wish = np.argmin(arrivals(luck, utility, able.considered), axis=1)
    choice = np.argmin(arrivals(luck, utility, able.believed), axis=1)
    _check(model, bound, world, d, utility)

    heads = model.emigrants.heads(people)
    leaves = choice != RUSSIA
    admitted = able.in_fact[np.arange(len(ids)), choice]
    back = leaves & ~admitted
    model.observations.add("turned_back", choice[back], heads[back])
    model.attitudes.reject(heads[back])
    model.turn_back(ids[back], choice[back])
    stuck = (wish != RUSSIA) & (choice == RUSSIA)
    model.attitudes.keep_in(d.people.take(stuck), heads[stuck])
    model.attitudes.reject(heads[kept_out(d, able, world, wish)])

    goes = leaves & admitted
    cause = leaving_causes(parts, choice)[goes]
    return Intents(
        person=ids[goes],
        origin=np.full(int(goes.sum()), HOME),
        destination=choice[goes],
        arrivals=arrivals(luck, utility, able.in_fact)[goes],
        cause=cause,
        luck=u[goes],
        people=heads[goes],
    )


def kept_out(d: Deciders, able: Able, world: World, wish: Integers) -> Integers:
    """Who would go to a host shut to visitors, with a passport and the money, and may not enter."""
    shut = np.append(world.hosts.shut_to_visitors, False)
    rows = np.flatnonzero(shut[wish])
    at = (rows, wish[rows])
    return rows[able.means[at] & d.people.foreign_passport[rows] & ~d.doors.open[at]]


def _check(
    model: EmigrationModel, bound: Bounds, world: World, d: Deciders, utility: Floats
) -> None:
    """Nobody exceeds their own bound or their stratum's; too low a one would be a silent error."""
    covered = d.partner_place < 0
    lead = utility[:, :-1] - utility[:, -1:] - np.log(luck_weights_of(d.people))
    most = lead.max(axis=1)[covered]
    own = bound.of_people(d.people, world)[covered]
    stratum = bound.advantage[d.people.stratum[covered]]
    if np.any(most > own + SLACK) or np.any(own > stratum + SLACK):
        raise AssertionError("a person is likelier to leave than the bound of their stratum")


def luck_weights_of(people: People) -> Floats:
    """Weights of the hosts in some people's luck of departure, shape (people, hosts)."""
    g = people.group
    groups = people.groups
    return luck_weights()[groups.livelihood[g], groups.leaning[g]]


def leaving_causes(parts: Components, choice: Integers) -> Integers:
    """Which of home's ills, or the gain in consumption, weighs most with each who leaves."""
    at = (np.arange(len(choice)), np.minimum(choice, RUSSIA - 1))

    def gain(name: str) -> Floats:
        abroad, home = parts[name]
        return np.asarray(np.broadcast_to(abroad, (len(choice), RUSSIA))[at] - home)

    gains = [gain(name) for name in (*LEAVING_CAUSES[:4], "consumption")]
    return np.argmax(np.column_stack(gains), axis=1)


def _move_abroad(model: EmigrationModel, world: World) -> Intents:
    """Emigrants with a trigger re-evaluate; only attention has renewed their luck."""
    e = model.emigrants
    rows = e.abroad()
    rows = rows[e.trigger[rows] > 0]
    d = deciders_abroad(model, world, rows)
    utility = total(components(d, world), len(rows))
    able: Able = ability(d, world, np.ones(len(rows)))
    arrival = arrivals(luck_abroad(model, world, rows), utility, able.in_fact)
    choice = np.argmin(arrival, axis=1)
    moves = choice != d.place
    return Intents(
        person=e.person[rows][moves],
        origin=d.place[moves],
        destination=choice[moves],
        arrivals=arrival[moves],
        cause=e.trigger[rows][moves].astype(np.int64),
        luck=e.luck[rows][moves],
        people=e.people[rows][moves],
    )


def luck_abroad(model: EmigrationModel, world: World, rows: Integers) -> Floats:
    """Luck of every option: the departure's until attention renews it, then the occasion's."""
    e, keys = model.emigrants, world.hosts.keys
    ids = e.person[rows]
    places = np.append(keys, model.home_key)
    luck = model.chance.exponential_by_place("luck abroad", ids, e.occasion[rows], places)
    carried = np.flatnonzero(e.luck_week[rows] >= 0)
    if len(carried):
        held = rows[carried]
        luck[carried] = luck_at_home(
            model.chance,
            ids[carried],
            e.luck_week[held],
            e.luck[held],
            keys,
            luck_weights_of(model.population.people(ids[carried])),
        )
    return luck
