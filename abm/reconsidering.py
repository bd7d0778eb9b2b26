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
from abm.emigrants import HOME
from abm.people import Flags, People
from abm.screening import Hits, cut, hits, lowest
from abm.ties import NOBODY

if TYPE_CHECKING:
    from abm.model import EmigrationModel

CHUNK = 2**18  # people hit who are looked at together; fewer would fit a cache but cost more calls


@dataclass(frozen=True)
class Part:
    """A range of persons. bound: on a u, (strata,); hits: in the bands; singled: who is listed
    singly, wherever they are; alone: those of them that are looked at with this part."""

    bound: Floats
    hits: list[Hits]
    singled: Integers
    alone: Integers


@dataclass(frozen=True)
class Listed:
    """People listed this week, with the u of their luck; free: whom no bound covers."""

    people: People
    u: Floats
    free: Flags


def parts(model: EmigrationModel, bound: Bounds) -> list[Part]:
    """Those whom a week looks at, in parts that can be worked on apart."""
    singled = partners_left_behind(model)
    draw = bound.draw if model.screened else np.ones_like(bound.draw)
    found = hits(model.chance, model.week, model.population, draw)
    *before, last = cut(found, CHUNK if model.screened else CHUNK // 16)
    nobody = singled[:0]
    first = [Part(draw, some, singled, nobody) for some in before]
    return [*first, Part(draw, last, singled, singled)]


def reconsidering(model: EmigrationModel, bound: Bounds, part: Part) -> Listed:
    """Who in a part reconsiders, is at home and might leave; those listed singly come last."""
    chance, week = model.chance, model.week
    ids, a_u, stratum = lowest(chance, week, part.bound, part.hits)
    attention = bound.attention[stratum]
    kept = (a_u < attention) & (model.emigrants.place_of(ids) == HOME)
    kept[rows_among(part.singled, ids)] = False
    rows = np.flatnonzero(kept)
    lone = chance.uniform("singled", part.alone, week)
    theirs = model.population.strata.of(part.alone)
    attend = np.flatnonzero(lone < bound.attention[theirs])
    ids = np.concatenate([ids[rows], part.alone[attend]])
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
