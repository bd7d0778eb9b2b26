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
    "simplified_settlement": ("Germany", 1),
    "capital_accepted": ("Turkey", 1),
    "right_to_work": ("Turkey", 0),
    "job_seeker_permits": ("Germany", 1),
    "skill_visas": ("Germany", 1),
    "resettlement": ("Germany", 1),
    "protection": ("Kazakhstan", 1),
    "payment_access": ("Turkey", 0),
    "publicity": ("Germany", 1),
    "anti_discrimination": ("Kazakhstan", 1),
    "citizenship_years": ("Turkey", 0.05),
    "direct_flights": ("Turkey", 0),
    "sanctions": ("Turkey", 1),
    "living_cost": ("Turkey", 2),
    "institutions_closed": ("Germany", 1),
    "weekly_places": ("Turkey", 2000),
    "incident": ("Turkey", 1),
    "host_constant": ("Turkey", 3),
}
# In these an open door to be heard of, and many who pass by the border states.
ALONG = {
    "publicity": {"simplified_settlement.Germany": 1},
    "resettlement": {"cost_of_onward_move": 2.0, "attention_per_month": 0.5},
    "anti_discrimination": {"discrimination_base": 0.05},
    "citizenship_years": {"attention_per_month": 0.5, "host_constant.Turkey": 3},
}
# What acts through rents and reviews alone, which are off here, and what is the elite's alone.
THROUGH_FEEDBACK = {"accession_pressure", "competing_refugees", "aid", "security_plea"}
OF_THE_ELITE = {name for name in HOST_LEVERS if name.startswith("elite_")}
Fates = dict[int, list[tuple[int, str, str]]]


def fates(model: EmigrationModel) -> Fates:
    """Every mover's moves: week, origin, destination."""
    found: Fates = {}
    moves = model.moves_table()
    for person, *move in moves[["person", "week", "origin", "destination"]].itertuples(index=False):
        found.setdefault(person, []).append(tuple(move))
    return found


def who_differs(one: Fates, other: Fates) -> list[int]:
    """Persons whose moves are not the same in two worlds."""
    return [who for who in one.keys() | other.keys() if one.get(who) != other.get(who)]


@pytest.fixture(scope="module")
def usual() -> EmigrationModel:
    return stepped(EmigrationModel(set=MORE_MOVE, **APART))


@pytest.mark.parametrize("lever", REACH)
def test_a_lever_changes_only_those_who_chose_the_host(lever: str, usual: EmigrationModel) -> None:
    host, value = REACH[lever]
    along = {**MORE_MOVE, **ALONG.get(lever, {})}
    if lever in ALONG:
        usual = stepped(EmigrationModel(set=along, **APART))
    changed = stepped(EmigrationModel(set={**along, f"{lever}.{host}": value}, **APART))
    one, other = fates(usual), fates(changed)
    differ = who_differs(one, other)
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
    assert {*REACH, *THROUGH_FEEDBACK, *OF_THE_ELITE} == set(HOST_LEVERS)


@pytest.mark.parametrize("lever", sorted(THROUGH_FEEDBACK | OF_THE_ELITE))
def test_without_feedback_none_but_the_elite_are_reached(
    lever: str, usual: EmigrationModel
) -> None:
    """And their partners: what acts through feedback reaches nobody at all."""
    changed = stepped(EmigrationModel(set={**MORE_MOVE, lever: 1}, **APART))
    differ = np.array(who_differs(fates(usual), fates(changed)), dtype=int)
    if lever in THROUGH_FEEDBACK:
        assert not len(differ)
    pairs = np.stack([differ, usual.ties.partner(differ)])
    kind = usual.population.people(np.maximum(pairs, 0).ravel()).elite.reshape(pairs.shape)
    assert ((kind > 0) & (pairs >= 0)).any(axis=0).all()


def test_an_offer_reaches_those_abroad_alone(usual: EmigrationModel) -> None:
    """And partners, whom a return concerns: one of the two was abroad before anything changed."""
    offered = stepped(EmigrationModel(set={**MORE_MOVE, "return_offer": 1}, **APART))
    one, other = fates(usual), fates(offered)
    differ = who_differs(one, other)
    assert differ
    for who in differ:
        first = min(set(one.get(who, [])) ^ set(other.get(who, [])))
        pair = [who, int(usual.ties.partner(np.array([who]))[0])]
        before_it = [move for each in pair for move in one.get(each, []) if move[0] < first[0]]
        assert before_it, who


def test_an_exit_ban_reaches_only_men_whom_the_army_could_take(usual: EmigrationModel) -> None:
    banned = stepped(EmigrationModel(set={**MORE_MOVE, "exit_ban": 1}, **APART))
    differ = np.array(who_differs(fates(usual), fates(banned)))
    pairs = np.stack([differ, usual.ties.partner(differ)])
    classes = usual.population.people(np.maximum(pairs, 0).ravel()).risk_class
    stoppable = (usual.kremlin.exposure[classes] >= DRAFT_ELIGIBLE).reshape(pairs.shape)
    assert len(differ)
    assert (stoppable & (pairs >= 0)).any(axis=0).all()
