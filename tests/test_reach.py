"""A lever changes those whom it can reach and nobody else, person by person."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from finished_runs import stepped

from abm.kremlin import DRAFT_ELIGIBLE
from abm.levers import HOST_LEVERS
from abm.model import EmigrationModel

# Without what carries a change on to others: rents, reviews, compatriots and contacts, wage offers,
# propaganda, the call-up.
APART: dict[str, Any] = {
    "scale": 1000,
    "until": "2022-12-31",
    "without": ("M12", "M15", "M17", "M18", "M22", "M23", "M36"),
}
MORE_MOVE = {"mobilisation_quota": 0, "cost_of_leaving": 4.0, "cost_of_return": 1.0}
REACH: dict[str, tuple[str, float]] = {
    "entry_ban": ("Turkey", 1),
    "entry_exemptions": ("Finland", 0),
    "visa_free_days": ("Turkey", 0),
    "border_run": ("Kazakhstan", 0),
    "tourist_visas": ("Finland", 0),
    "renewal_strictness": ("Turkey", 1),
    "humanitarian_visas_activists": ("Germany", 1),
    "humanitarian_visas_draft": ("Germany", 1),
    "draft_papers_only": ("Turkey", 1),
    "right_to_work": ("Turkey", 0),
    "skill_visas": ("Germany", 1),
    "payment_access": ("Turkey", 0),
    "direct_flights": ("Turkey", 0),
    "weekly_places": ("Turkey", 2000),
    "incident": ("Turkey", 1),
    "host_constant": ("Turkey", 3),
}
Fates = dict[int, list[tuple[int, str, str]]]


def fates(model: EmigrationModel) -> Fates:
    """Every mover's moves: week, origin, destination."""
    found: Fates = {}
    moves = model.moves_table()
    for person, *move in moves[["person", "week", "origin", "destination"]].itertuples(index=False):
        found.setdefault(person, []).append(tuple(move))
    return found


@pytest.fixture(scope="module")
def usual() -> EmigrationModel:
    return stepped(EmigrationModel(set=MORE_MOVE, **APART))


@pytest.mark.parametrize("lever", REACH)
def test_a_lever_changes_only_those_who_chose_the_host(lever: str, usual: EmigrationModel) -> None:
    host, value = REACH[lever]
    changed = stepped(EmigrationModel(set={**MORE_MOVE, f"{lever}.{host}": value}, **APART))
    one, other = fates(usual), fates(changed)
    differ = [who for who in one.keys() | other.keys() if one.get(who) != other.get(who)]
    assert differ
    for who in differ:
        pair = [who, int(usual.ties.partner(np.array([who]))[0])]
        touched = {
            place
            for world in (one, other)
            for each in pair
            for _, origin, destination in world.get(each, [])
            for place in (origin, destination)
        }
        assert host in touched, who


def test_all_levers_of_hosts_are_held_to_their_reach() -> None:
    through_feedback = {"accession_pressure", "competing_refugees"}  # which are off here
    assert set(REACH) | through_feedback == set(HOST_LEVERS)


def test_an_exit_ban_reaches_only_men_whom_the_army_could_take(usual: EmigrationModel) -> None:
    banned = stepped(EmigrationModel(set={**MORE_MOVE, "exit_ban": 1}, **APART))
    one, other = fates(usual), fates(banned)
    differ = np.array([who for who in one.keys() | other.keys() if one.get(who) != other.get(who)])
    pairs = np.stack([differ, usual.ties.partner(differ)])
    classes = usual.population.people(np.maximum(pairs, 0).ravel()).risk_class
    stoppable = (usual.kremlin.exposure[classes] >= DRAFT_ELIGIBLE).reshape(pairs.shape)
    assert len(differ)
    assert (stoppable & (pairs >= 0)).any(axis=0).all()
