"""Who reconsiders at home this week and might leave by their stratum's bound.

Most are hit in bands. Listed singly, whatever their stratum, and without a bound: those whose
partner is abroad.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from abm.bounds import Bounds
from abm.chance import Floats, Integers
from abm.decision import World
from abm.emigrants import HOME
from abm.options import MOST_WHO_WEIGH_ALL
from abm.people import Flags, People
from abm.screening import Hits, cut, hits, lowest
from abm.ties import NOBODY

if TYPE_CHECKING:
    from abm.model import EmigrationModel

MOST_HITS = 2**18  # in a range; fewer would fit a cache, but threads would wait for each other


@dataclass(frozen=True)
class Range:
    """A range of persons and what must be known to list them.

    hits: in the bands; singled: who is listed singly, wherever they are; alone: those of them who
    are looked at together with this range.
    """

    hits: list[Hits]
    singled: Integers
    alone: Integers


@dataclass(frozen=True)
class Listed:
    """People listed this week, with the u of their luck; free: whom no bound covers."""

    people: People
    u: Floats
    free: Flags


def ranges(model: EmigrationModel, world: World, bound: Bounds) -> list[Range]:
    """Those whom a week looks at, in ranges that can be worked on apart.

    Those listed singly, few beside the others, are all looked at with the last one.
    """
    singled = partners_left_behind(model)
    draw = bound.draw if model.screened else np.ones_like(bound.draw)
    found = hits(model.chance, model.week, model.population, draw, "reconsider")
    few_hosts = model.screened and world.discount is None
    *before, last = cut(found, MOST_HITS if few_hosts else MOST_WHO_WEIGH_ALL)
    nobody = singled[:0]
    return [
        *(Range(some, singled, nobody) for some in before),
        Range(last, singled, singled),
    ]


def reconsidering(model: EmigrationModel, bound: Bounds, some: Range) -> Listed:
    """Who in a range reconsiders, is at home and might leave; those listed singly come last."""
    chance, week = model.chance, model.week
    ids, a_u, stratum = lowest(some.hits)
    attention = bound.attention[stratum]
    kept = (a_u < attention) & (model.emigrants.place_of(ids) == HOME)
    kept[rows_among(some.singled, ids)] = False
    rows = np.flatnonzero(kept)
    lone = chance.uniform("singled", some.alone, week)
    theirs = model.population.strata.of(some.alone)
    attend = np.flatnonzero(lone < bound.attention[theirs])
    ids = np.concatenate([ids[rows], some.alone[attend]])
    stratum = np.concatenate([stratum[rows], theirs[attend]])
    u = np.concatenate([a_u[rows], lone[attend]]) / bound.attention[stratum]
    free = np.arange(len(ids)) >= len(rows)
    return Listed(model.population.people(ids, stratum), u, free)


def rows_among(few: Integers, ids: Integers) -> Integers:
    """At which rows of `ids` some of a few persons are; both in rising order."""
    if not len(ids):
        return np.empty(0, dtype=np.int64)
    near = few[np.searchsorted(few, ids[0]) : np.searchsorted(few, ids[-1], side="right")]
    at = np.searchsorted(ids, near)
    return at[ids[at] == near]


def partners_left_behind(model: EmigrationModel) -> Integers:
    """Persons at home whose partner is abroad, in rising order."""
    e = model.emigrants
    partners = e.partner[e.abroad()]
    partners = partners[partners != NOBODY]
    return np.sort(partners[e.place_of(partners) == HOME])
