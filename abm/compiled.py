"""The first looks at those listed, compiled by Numba where it is installed (the extra `fast`).

`abm.candidates` looks closer and closer at those listed; this does the same looks in one loop and
drops who cannot leave. It holds no rule of behaviour: all worths come in tables that the bounds
worked out by the equations. Whom it keeps is looked at as ever, so the same people leave, with it
or without. Set RELOKANT_COMPILED=0 to do without.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from abm import equations, luck
from abm import traits_tables as tables
from abm.bounds import ENTITLED, VISITS, WAGE_SHARES, Bounds, wage_cells_by_occupation
from abm.candidates import SLACK
from abm.chance import Floats, Integers
from abm.composition import DISSENT_EDGES
from abm.decision import World
from abm.emigrants import HOME
from abm.people import NO_WORK, Flags, attachment_at
from abm.ties import CONTACTS

if TYPE_CHECKING:
    from abm.model import EmigrationModel

try:
    from numba import njit
except ImportError:  # the same people without it, slower
    njit = None

WORTH_IT = 4096  # of fewer, the call costs more than it saves
PARTS = 64  # of a cell of dissent or attachment that the tables tell apart
'''


def installed() -> bool:
    """Whether there is a compiler, and nobody has asked to do without."""
    return njit is not None and os.environ.get("RELOKANT_COMPILED", "1") != "0"


def likely(
    model: EmigrationModel, world: World, bound: Bounds, ids: Integers, rows: Integers, u: Floats
) -> Flags:
    """Who of some people at home, listed with luck u, in strata given by row, might leave."""
    return np.asarray(_likely()(ids, rows, u, *_tables(model, world, bound)), dtype=bool)


class People(NamedTuple):
    """Who people are: of strata, groups, kinds and occupations, and the keys of their draws."""

    start: Integers
    group: Integers
    attachment_bin: Integers
    entitled: Integers
    livelihood: Integers
    leaning: Integers
    region: Integers
    stage: Integers
    dissent_bin: Integers
    speaks: Integers
    persons: Floats
    first_kind: Integers
    kind_cumulative: Floats
    occupation_of_kind: Integers
    could_be_elite: Flags
    remote_from: Floats
    activist_from: Floats
    wage_cells: Integers
    keys: Any


class Ties(NamedTuple):
    """Whom they are tied to, and where those are."""

    couple: Integers
    couple_first: Integers
    couple_size: Integers
    pairing: Integers
    community: Integers
    community_first: Integers
    community_size: Integers
    community_base: Integers
    ways: Integers
    place: Any
    bereft: Integers


class Worths(NamedTuple):
    """What the week's bounds say, by the equations."""

    by_luck: Floats
    by_cell: Floats
    most_by_cell: Floats
    shape: Any
    standing: Integers
    elite: float
    draftable: Flags
    home_of_stratum: Floats
    felt: Floats
    dissent: Floats
    attachment: Floats
    family: float
    contacts: Floats
    week: Any
    order: Integers
    upper: Any


def _tables(
    model: EmigrationModel, world: World, bound: Bounds
) -> tuple[People, Ties, Worths]:
    """All that the looks ask for; what never changes is kept with the population."""
    population = model.population
    kept = population.__dict__
    if "_compiled" not in kept:
        kept["_compiled"] = _people(model)
    return kept["_compiled"], _ties(model), _worths(model, world, bound)


def _people(model: EmigrationModel) -> People:
    population, chance = model.population, model.chance
    g, strata = population.groups, population.strata
    types = population.types
    purposes = ("wage", "dissent", "attachment", "kind", "yes or no")
    keys = [chance.key(f"trait {name}") for name in purposes]
    keys += [chance.key("luck sum"), *(chance.key(f"luck {k}") for k in range(luck.ROUNDS))]
    return People(
        start=strata.start,
        group=strata.group,
        attachment_bin=strata.attachment_bin,
        entitled=strata.entitled,
        livelihood=g.livelihood,
        leaning=g.leaning,
        region=g.region,
        stage=g.stage,
        dissent_bin=g.dissent_bin,
        speaks=g.speaks,
        persons=g.persons,
        first_kind=g.first_kind,
        kind_cumulative=g.kind_cumulative,
        occupation_of_kind=types.occupation[g.kind_order % len(types.persons)].astype(np.int64),
        could_be_elite=g.could_be_elite,
        remote_from=np.ceil(tables.remote_share() * 2.0**16 - 0.5),
        activist_from=np.ceil(tables.activist_share() * 2.0**16 - 0.5),
        wage_cells=wage_cells_by_occupation(),
        keys=np.array(keys, dtype=np.uint64),
    )


def _ties(model: EmigrationModel) -> Ties:
    ties, e = model.ties, model.emigrants
    couples, communities = ties.couples, ties.communities
    in_army = e.partner[: e.rows][e.place[: e.rows] < HOME]
    return Ties(
        couple=couples.of_stratum,
        couple_first=couples.first,
        couple_size=couples.size,
        pairing=ties.pairing.there,
        community=communities.of_stratum,
        community_first=communities.first,
        community_size=communities.size,
        community_base=communities.base,
        ways=np.stack(ties.ways),
        place=e.place_by_position,
        bereft=np.sort(in_army),
    )


def _worths(model: EmigrationModel, world: World, bound: Bounds) -> Worths:
    p, kremlin, g = world.parameters, world.kremlin, model.population.groups
    part = np.arange(PARTS + 1) / PARTS
    edges = np.asarray(DISSENT_EDGES)
    dissent = edges[:-1, None] + np.diff(edges)[:, None] * part[1:]
    cells = model.population.attachment_edges
    z = attachment_at(cells[:-1, None] + np.diff(cells)[:, None] * part[:-1])
    risk = kremlin.perceived_risk(g.region, g.risk_class)
    order, upper = luck.ladder_of_table()
    return Worths(
        by_luck=bound.by_luck,
        by_cell=bound.by_cell,
        most_by_cell=bound.most_by_cell,
        shape=np.array(bound.best.shape),
        standing=bound.standing,
        elite=float(bound.elite.max()),
        draftable=kremlin.is_draftable(g.risk_class),
        home_of_stratum=bound.home,
        felt=np.asarray(
            equations.fear_of_mobilisation(p.mobilisation_weight, risk)
            + equations.weight_of_hardship(
                p.hardship_weight, world.real_wage_index, g.livelihood == NO_WORK
            )
        ),
        dissent=np.asarray(
            equations.weight_of_repression(
                p.repression_weight, dissent, kremlin.repression, world.propaganda
            )
            + equations.weight_of_conscience(
                p.repression_weight, dissent, p.conscience * (1.0 - kremlin.regime_change)
            )
        ),
        attachment=np.asarray(
            equations.attachment(
                p.attachment_spread, z, tables.attachment_by_stage()[:, None, None]
            )
        ),
        family=float(equations.worth_of_family(p.family_weight, 1.0)),
        contacts=np.asarray(
            equations.worth_of_contacts(p.contacts_weight, CONTACTS)
            - equations.worth_of_contacts(p.contacts_weight, np.arange(CONTACTS + 1))
        ),
        week=np.uint64(world.week),
        order=order,
        upper=upper.astype(np.uint64),
    )
