"""Who decides, with all that their decision depends on, read off the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abm.calendar import WEEKS_PER_YEAR
from abm.chance import Floats, Integers
from abm.decision import Deciders, World, felt_insecurity
from abm.doors import IS_SECURE, Applicants, Doors, doors
from abm.emigrants import HOME, NOWHERE
from abm.hosts_table import HOST_NAMES
from abm.options import EVERY_HOST, Options
from abm.people import People
from abm.ties import NOBODY

if TYPE_CHECKING:
    from abm.model import EmigrationModel


def deciders_at_home(
    model: EmigrationModel,
    world: World,
    people: People,
    partner_place: Integers | None = None,
    options: Options = EVERY_HOST,
    partner: Integers | None = None,
) -> Deciders:
    """Persons at home with what their decision depends on.

    partner_place: if not where the partner is; partner: if known.
    """
    e, ids = model.emigrants, people.ids
    rows = e.row_of(ids)
    savings = np.where(rows >= 0, e.savings_usd[rows], people.savings_usd)
    if partner is None:
        partner = model.ties.partner_of(people)
    if partner_place is None:
        partner_place = place_of_partner(model, partner)
    nothing = np.zeros(len(ids))
    return Deciders(
        people=people,
        options=options,
        place=np.full(len(ids), HOME),
        partner_place=partner_place,
        contacts=contacts_there(model, people, options),
        savings_usd=savings,
        doors=doors_of(model, people, settled_with(model, partner, partner_place), options),
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
    partner_place = place_of_partner(model, partner)
    together = partner_place == place
    their_rows = e.row_of(partner[together])
    insecurity, discrimination = np.zeros(len(rows)), np.zeros(len(rows))
    insecurity[together] = felt_insecurity_of(model, world, their_rows)
    discrimination[together] = e.discrimination[their_rows]
    return Deciders(
        people=people,
        options=EVERY_HOST,
        place=place,
        partner_place=partner_place,
        contacts=contacts_there(model, people, EVERY_HOST),
        savings_usd=e.savings_usd[rows],
        doors=doors_of(model, people, settled_with(model, partner, partner_place), EVERY_HOST),
        status=e.status[rows],
        weeks_left=(e.permit_ends[rows] - world.week).astype(float),
        work=e.work[rows],
        discrimination=e.discrimination[rows],
        years_abroad=(world.week - e.left_week[rows]) / WEEKS_PER_YEAR,
        partner_insecurity=insecurity,
        partner_discrimination=discrimination,
    )


def felt_insecurity_of(model: EmigrationModel, world: World, rows: Integers) -> Floats:
    """Insecurity of status that counts in decisions of some emigrants, by row."""
    e = model.emigrants
    return felt_insecurity(
        e.status[rows], (e.permit_ends[rows] - world.week).astype(float), e.place[rows], world
    )


def place_of_partner(model: EmigrationModel, partner: Integers) -> Integers:
    """Where partners are; NOWHERE for those without one."""
    return np.where(partner == NOBODY, NOWHERE, model.emigrants.place_of(partner))


def doors_of(
    model: EmigrationModel, people: People, family_place: Integers, options: Options = EVERY_HOST
) -> Doors:
    """The doors of hosts for some people this week, with family settled in a place."""
    e = model.emigrants
    rows = e.row_of(people.ids)
    applicants = Applicants(
        people=people,
        options=options,
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
    secure = IS_SECURE[e.status[e.row_of(partner)]] & (partner_place >= 0)
    return np.where(secure, partner_place, NOWHERE)


def contacts_there(model: EmigrationModel, people: People, options: Options) -> Integers:
    """How many contacts each person has in each host, of the options' shape."""
    some, places = model.emigrants.places_of_contacts(people)
    if options.who is None:
        contact, person = np.nonzero(places >= 0)
        hosts = len(HOST_NAMES)
        flat = some[person] * hosts + places[contact, person]
        return np.bincount(flat, minlength=len(people.ids) * hosts).reshape(-1, hosts)
    column = options.row_among(some, len(people.ids))
    pairs = np.flatnonzero(column >= 0)
    there = places.take(column[pairs], axis=1) == options.host[pairs]
    count = np.zeros(len(options.who), dtype=np.int64)
    count[pairs] = np.count_nonzero(there, axis=0)
    return count
