"""The week's decisions: who reconsiders, what they choose, and what they would have chosen.

Everybody decides on the same state of the world; nothing here writes a place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from abm import equations
from abm.ability import Able, ability, among
from abm.bounds import Bounds, bounds, luck_weights
from abm.chance import Floats, Integers
from abm.deciders import deciders_abroad, deciders_at_home
from abm.decision import Components, Deciders, World, components, total
from abm.emigrants import HOME, LEAVING_CAUSES
from abm.hosts_table import HOST_NAMES
from abm.people import Flags, People
from abm.screening import listed, luck_at_home
from abm.ties import CONTACTS, NOBODY

if TYPE_CHECKING:
    from abm.model import EmigrationModel

RUSSIA = len(HOST_NAMES)  # the option after the last host
SLACK = 1e-9  # rounding in a bound
UNBOUNDED = "a person is likelier to leave than the bound of their stratum"
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
    people, u, most = reconsidering_at_home(model, world, bound)
    intents = _move_abroad(model, world)
    for start in reversed(range(0, max(1, len(u)), CHUNK)):
        part = slice(start, start + CHUNK)
        intents = _leave(model, world, people.take(part), u[part], most[part]).and_also(intents)
    return intents


def reconsidering_at_home(
    model: EmigrationModel, world: World, bound: Bounds
) -> tuple[People, Floats, Floats]:
    """Who at home reconsiders and might leave, the u of their luck, and what bounds their lead.

    Listed singly, whatever their stratum, and without a bound: those whose partner is abroad.
    """
    e = model.emigrants
    singled = partners_left_behind(model)
    draw = bound.draw if model.screened else np.ones_like(bound.draw)
    ids, a_u, stratum = listed(model.chance, world.week, model.population, draw)
    attention = bound.attention[stratum]
    kept = (a_u < attention) & (e.place_of(ids) == HOME)
    kept &= ~np.isin(ids, singled, assume_unique=True)
    people, u = model.population.people(ids[kept], stratum[kept]), a_u[kept] / attention[kept]
    most = bound.of_people(people, world)
    if np.any(most > bound.advantage[people.stratum] + SLACK):
        raise AssertionError(UNBOUNDED)
    if model.screened:
        near = u < equations.bound_on_luck(most)
        people, u, most = people.take(near), u[near], most[near]
        near = u < equations.bound_on_luck(most - _contacts_missing(model, world, people.ids))
        people, u, most = people.take(near), u[near], most[near]
    lone = model.chance.uniform("singled", singled, world.week)
    attention = bound.attention[model.population.people(singled).stratum]
    attend = lone < attention
    lone = lone[attend] / attention[attend]
    everybody = people.and_also(singled[attend])
    no_bound = np.full(len(lone), np.inf)
    return everybody, np.concatenate([u, lone]), np.concatenate([most, no_bound])


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


def _leave(
    model: EmigrationModel, world: World, people: People, u: Floats, most: Floats
) -> Intents:
    """Those at home who set out, once the doors shut in their face are counted.

    most: by which any host may exceed home for each, in which too low a bound would be an error.
    """
    ids = people.ids
    d = deciders_at_home(model, world, people)
    parts = components(d, world)
    utility = total(parts, len(ids))
    weights = luck_weights_of(d.people)
    luck = luck_at_home(model.chance, ids, world.week, u, world.hosts.keys, weights)
    able = ability(d, world, model.chance.uniform("exit", ids))
    arrival = equations.log_arrival(luck, utility)
    wish = np.argmin(among(arrival, able.considered), axis=1)
    choice = np.argmin(among(arrival, able.believed), axis=1)
    lead = utility[:, :-1] - utility[:, -1:] - np.log(weights)
    if np.any(lead.max(axis=1) > most + SLACK):
        raise AssertionError(UNBOUNDED)

    heads = model.emigrants.heads(people)
    leaves = choice != RUSSIA
    admitted = able.in_fact[np.arange(len(ids)), choice]
    back = leaves & ~admitted
    model.observations.add("turned_back", choice[back], heads[back])
    model.attitudes.shut_out(heads[back])
    model.turn_back(ids[back], choice[back])
    stuck = (wish != RUSSIA) & (choice == RUSSIA)
    model.attitudes.keep_in(people.region[stuck], people.risk_class[stuck], heads[stuck])
    model.attitudes.shut_out(heads[kept_out(d, able, world, wish)])

    goes = leaves & admitted
    cause = leaving_causes(parts, choice)[goes]
    return Intents(
        person=ids[goes],
        origin=np.full(int(goes.sum()), HOME),
        destination=choice[goes],
        arrivals=among(arrival[goes], able.in_fact[goes]),
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
    arrival = equations.log_arrival(luck_abroad(model, world, rows), utility)
    arrival = among(arrival, able.in_fact)
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
