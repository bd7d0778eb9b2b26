"""The week's decisions: who reconsiders, what they choose, and what they would have chosen.

Everybody decides on the same state of the world; nothing here writes a place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from abm import equations
from abm.ability import Able, ability, among
from abm.bounds import Bounds, bounds
from abm.candidates import SLACK, UNBOUNDED, Candidates, candidates, options
from abm.chance import Floats, Integers
from abm.deciders import deciders_abroad, deciders_at_home
from abm.decision import Components, Deciders, World, components, total, utilities
from abm.emigrants import HOME, LEAVING_CAUSES
from abm.hosts_table import HOST_NAMES
from abm.intents import Intents, together
from abm.luck import luck_at_home, luck_weights_of
from abm.options import MOST_WHO_WEIGH_ALL, Options
from abm.people import Flags, People
from abm.reconsidering import Range, ranges, reconsidering
from abm.threads import in_threads, number_of_parts

if TYPE_CHECKING:
    from abm.model import EmigrationModel

RUSSIA = len(HOST_NAMES)  # the option after the last host


def decide(model: EmigrationModel) -> Intents:
    """The intents of all who reconsider this week; turned back and immobile are recorded."""
    world = model.world()
    bound = bounds(model, world)
    verdicts = list(in_threads(partial(judge, model, world, bound), ranges(model, world, bound)))
    intents = together([*(each.goes for each in verdicts), *_move_abroad(model, world)])
    _record(model, verdicts)
    return intents


@dataclass(frozen=True)
class Verdicts:
    """What people at home who would leave, or set out, decided; columns of shape (people,).

    goes: the intents of those who leave; turned: who sets out for a door that is shut, and where;
    stuck: who would leave and cannot; kept_out: who would enter a host shut to visitors.
    """

    goes: Intents
    turned: Integers
    turned_at: Integers
    turned_heads: Floats
    stuck: People
    stuck_heads: Floats
    kept_out_heads: Floats


def judge(model: EmigrationModel, world: World, bound: Bounds, some: Range) -> Verdicts:
    """What people at home would choose and can, once doors shut in their face are counted.

    A host whose lead exceeds its bound would show that the bound was too low: an error.
    """
    c = candidates(model, world, bound, reconsidering(model, bound, some))
    people, u = c.people, c.u
    o, luck, luck_home = options(model, world, bound, c)
    d = deciders_at_home(model, world, people, c.partner_place, o, c.partner)
    parts = components(d, world)
    abroad, home = utilities(parts, o, len(u))
    able = ability(d, world, model.chance.uniform("exit", people.ids))
    _check(c, o, abroad - o.of_person(home))
    russia = equations.log_arrival(luck_home, home)
    arrival = equations.log_arrival(luck, abroad)

    def race(among_these: Flags) -> tuple[Integers, Integers]:
        entrants = among(arrival, hosts_of(among_these, o))
        at = o.earliest(entrants)
        first = entrants.ravel()[at]
        return np.where(first <= russia, o.hosts_at(at), RUSSIA), at

    wish, wished = race(able.considered)
    choice, chosen = race(able.believed)
    leaves = choice != RUSSIA
    admitted = hosts_of(able.in_fact, o).ravel()[chosen]
    goes, back = np.flatnonzero(leaves & admitted), np.flatnonzero(leaves & ~admitted)
    stuck = people.take(np.flatnonzero((wish != RUSSIA) & ~leaves))
    out = people.take(kept_out(d, able, world, wish, wished))
    heads = model.emigrants.heads
    going = people.take(goes)
    return Verdicts(
        goes=Intents(
            person=going.ids,
            origin=np.full(len(goes), HOME),
            destination=choice[goes],
            arrivals=arrivals_of(arrival, hosts_of(able.in_fact, o), russia, o, goes),
            cause=leaving_causes(parts, o, len(u), chosen, goes),
            luck=u[goes],
            people=heads(going),
        ),
        turned=people.ids[back],
        turned_at=choice[back],
        turned_heads=heads(people.take(back)),
        stuck=stuck,
        stuck_heads=heads(stuck),
        kept_out_heads=heads(out),
    )


def _record(model: EmigrationModel, verdicts: list[Verdicts]) -> None:
    """Note who was turned back, is immobile against their will, or was kept out."""
    for v in verdicts:
        model.observations.add("turned_back", v.turned_at, v.turned_heads)
        model.attitudes.shut_out(v.turned_heads)
        model.turn_back(v.turned, v.turned_at)
        model.attitudes.keep_in(v.stuck.region, v.stuck.risk_class, v.stuck_heads)
        model.attitudes.shut_out(v.kept_out_heads)


def _check(c: Candidates, o: Options, lead: Floats) -> None:
    """Nobody's lead exceeds what it was bound by."""
    excess = lead - np.log(luck_weights_of(c.people, o)) - o.of_person(c.most)
    if np.any(excess > SLACK):
        raise AssertionError(UNBOUNDED)


def hosts_of(able: Flags, o: Options) -> Flags:
    """Whether people can take their options, Russia left out."""
    return able[:, :-1] if o.who is None else able


def arrivals_of(arrival: Floats, able: Flags, russia: Floats, o: Options, rows: Integers) -> Floats:
    """When every option arrives for some people, (people, options); never, if it cannot win."""
    result = np.full((len(rows), RUSSIA + 1), np.inf)
    result[:, -1] = russia[rows]
    if o.who is None:
        result[:, :-1] = among(arrival[rows], able[rows])
    else:
        row = o.row_among(rows, len(russia))
        pairs = np.flatnonzero((row >= 0) & able)
        result[row[pairs], o.host[pairs]] = arrival[pairs]
    return result


def kept_out(d: Deciders, able: Able, world: World, wish: Integers, wished: Integers) -> Integers:
    """Who would go to a host shut to visitors, with a passport and the money, and may not enter.

    wished: the rows of the wish among the options.
    """
    shut = np.append(world.hosts.shut_to_visitors, False)
    rows = np.flatnonzero(shut[wish] & d.people.foreign_passport)
    at = wished[rows]
    return rows[able.means.ravel()[at] & ~d.doors.open.ravel()[at]]


def leaving_causes(
    parts: Components, o: Options, people: int, chosen: Integers, goes: Integers
) -> Integers:
    """Which of home's ills, or the gain in consumption, weighs most with each who leaves."""
    rows = chosen[goes]

    def gain(name: str) -> Floats:
        there, home = (np.asarray(part) for part in parts[name])
        there = np.broadcast_to(there, o.shape(people)).ravel()[rows] if there.ndim else there
        return np.asarray(there - (home[goes] if home.ndim else home))

    gains = [gain(name) for name in (*LEAVING_CAUSES[:4], "consumption")]
    return np.argmax(np.column_stack(gains), axis=1)


def _move_abroad(model: EmigrationModel, world: World) -> list[Intents]:
    """Emigrants with a trigger re-evaluate, so many a part."""
    e = model.emigrants
    rows = e.abroad()
    rows = rows[e.trigger[rows] > 0]
    parts = np.array_split(rows, number_of_parts(len(rows), MOST_WHO_WEIGH_ALL))
    return list(in_threads(partial(_re_evaluate, model, world), parts))


def _re_evaluate(model: EmigrationModel, world: World, rows: Integers) -> Intents:
    """What some emigrants, by row, choose; only attention has renewed their luck."""
    e = model.emigrants
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
