"""Scarce places and couples: nobody enters beyond the places, or by a door that is not theirs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from abm.choices import RUSSIA
from abm.deciders import doors_of
from abm.doors import SECURE, VISITOR
from abm.emigrants import HOME, NOWHERE
from abm.hosts_table import HOST_NAMES
from abm.intents import Intents, together
from abm.model import EmigrationModel
from abm.moves import accompany, allot, move
from abm.options import one_each
from abm.ties import NOBODY

Finish = Callable[..., EmigrationModel]
EASY = {"cost_of_leaving": 4.0}  # so that much happens at a coarse scale


@pytest.fixture
def model() -> EmigrationModel:
    return EmigrationModel(scale=1000, until="2022-02-24")


def intents(
    model: EmigrationModel, person: np.ndarray, origin: int, wishes: list[np.ndarray | int]
) -> Intents:
    """People who want to leave one place; wishes: destinations, the best first."""
    width = RUSSIA + 1
    arrivals = np.tile(np.arange(100.0, 100.0 + width), (len(person), 1))
    for place, wish in enumerate(wishes):
        arrivals[np.arange(len(person)), wish] = place
    return Intents(
        person=person,
        origin=np.full(len(person), origin),
        destination=np.argmin(arrivals, axis=1),
        arrivals=arrivals,
        cause=np.ones(len(person), dtype=np.int64),
        luck=np.full(len(person), 0.5),
        people=model.population.scale * (1.0 + model.population.people(person).children),
    )


def ration(model: EmigrationModel, hosts: int, places: float) -> None:
    """Give the first hosts so many places this week."""
    model.host_columns.weekly_places[:hosts] = places
    model.host_columns.places_left[:hosts] = places


# --- scarce places ---------------------------------------------------------------------------


def test_no_more_enter_than_there_are_places(finished: Finish) -> None:
    """Partners and children need a place too. The last one in may bring a family along."""
    places = 60_000
    wanted = {**EASY, "host_constant.Kazakhstan": 4, "host_constant.Georgia": 4}
    rationed = {"weekly_places.Kazakhstan": places, "weekly_places.Georgia": 0}
    free, capped = (
        finished(scale=1000, set={**wanted, **more}, until="2022-06-30") for more in ({}, rationed)
    )
    assert free.observations.series("arrivals", "Kazakhstan").min() > 1.5 * places
    assert free.observations.series("arrivals", "Georgia").min() > 0
    entered = capped.observations.series("arrivals", "Kazakhstan")
    assert 0.8 * places < entered.mean() < 1.05 * places
    assert capped.observations.series("arrivals", "Georgia").sum() == 0


@pytest.mark.parametrize("scarce", [1, 2, 3, 5])
def test_who_gets_no_place_takes_the_next_option(model: EmigrationModel, scarce: int) -> None:
    """However many of their wishes are rationed; the last one here is to stay."""
    person = np.arange(40)
    ration(model, scarce, 3 * model.population.scale)
    wishes = [(person + k) % scarce for k in range(scarce)]
    moves = allot(model, intents(model, person, HOME, [*wishes, np.full(len(person), RUSSIA)]))
    entering = np.bincount(moves.destination, weights=moves.people, minlength=RUSSIA)
    most = model.host_columns.weekly_places + 4 * model.population.scale  # the last one's children
    assert np.all(entering <= most)
    assert set(moves.destination.tolist()) == set(range(scarce))


def test_who_gets_no_place_may_stay_where_they_live(model: EmigrationModel) -> None:
    """In a host whose places are rationed as well: staying needs none."""
    ration(model, 2, 0)
    wants = intents(model, np.arange(5), 0, [1, 0, RUSSIA])
    assert len(allot(model, wants).person) == 0


def test_the_lottery_does_not_depend_on_the_order_of_people(model: EmigrationModel) -> None:
    person = np.arange(40)
    ration(model, 2, 8 * model.population.scale)
    one, other = (
        allot(model, intents(model, order, HOME, [0, 1])) for order in (person, person[::-1])
    )
    assert set(one.destination.tolist()) == {0, 1, 2}
    got = [dict(zip(i.person.tolist(), i.destination.tolist(), strict=True)) for i in (one, other)]
    assert got[0] == got[1]


# --- couples ---------------------------------------------------------------------------------


def couples(model: EmigrationModel) -> tuple[np.ndarray, np.ndarray]:
    """Both of each couple, once."""
    ids = np.arange(model.population.size)
    partner = model.ties.partner(ids)
    first = (partner != NOBODY) & (ids < partner)
    return ids[first], partner[first]


def test_who_decides_together_goes_together(model: EmigrationModel) -> None:
    """Of two who want to go apart one choice stands, as often his as hers."""
    one, other = couples(model)
    people = [model.population.people(half) for half in (one, other)]
    travel = people[0].foreign_passport & people[1].foreign_passport  # else a door may be shut
    one, other = one[travel], other[travel]
    apart = together([intents(model, one, HOME, [0]), intents(model, other, HOME, [1])])
    moves = accompany(model, apart)
    assert len(moves.person) == len(np.unique(moves.person)) == 2 * len(one)
    where = dict(zip(moves.person.tolist(), moves.destination.tolist(), strict=True))
    first = [where[person] for person in one.tolist()]
    assert first == [where[person] for person in other.tolist()]
    assert abs(np.mean(first) - 0.5) < 4.5 * 0.5 / np.sqrt(len(one))


def test_who_arrives_with_a_partner_who_settles_settles(model: EmigrationModel) -> None:
    """Though their own door would have let them in on a visit."""
    host = HOST_NAMES.index("Turkey")
    one, other = couples(model)
    both = np.concatenate([one, other])
    people, alone = model.population.people(both), np.full(len(both), host)
    door = doors_of(model, people, np.full(len(both), NOWHERE), one_each(alone))
    permit = (door.open & np.isin(door.status, SECURE)).reshape(2, -1)
    visit = (door.open & (door.status == VISITOR)).reshape(2, -1)
    mixed = (permit[0] & visit[1]) | (permit[1] & visit[0])
    together_on_a_visit = visit.all(axis=0)
    assert mixed.sum() > 20 and together_on_a_visit.sum() > 20
    model.observations.begin(0)
    move(model, together([intents(model, each, HOME, [host]) for each in (one, other)]))
    e = model.emigrants

    def status(couple: np.ndarray) -> np.ndarray:
        return e.status[e.row_of(np.concatenate([one[couple], other[couple]]))]

    assert np.isin(status(mixed), SECURE).all()
    assert (status(together_on_a_visit) == VISITOR).all()


@pytest.mark.parametrize("partner_decides", [True, False])
def test_a_partner_enters_no_door_that_is_shut_to_family(
    model: EmigrationModel, partner_decides: bool
) -> None:
    """Activists are let in there and nobody else."""
    host = HOST_NAMES.index("Germany")
    hosts = model.host_columns
    hosts.entry_ban[host], hosts.entry_exemptions[host] = 1, 0
    hosts.humanitarian_visas_activists[host] = 1
    hosts.humanitarian_visas_draft[host] = 0
    one, other = couples(model)
    activist = [model.population.people(half).activist for half in (one, other)]
    leads = np.concatenate([one[activist[0] & ~activist[1]], other[activist[1] & ~activist[0]]])
    assert len(leads) > 20
    going = intents(model, leads, HOME, [host])
    if partner_decides:
        going = together([going, intents(model, model.ties.partner(leads), HOME, [0])])
    moves = accompany(model, going)
    entering = moves.person[moves.destination == host]
    assert len(entering) > 0
    assert model.population.people(entering).activist.all()
