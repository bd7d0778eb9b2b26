"""Partners and contacts: mutual, alike as composed, never oneself."""

from __future__ import annotations

import numpy as np
import pytest

from abm.chance import Chance
from abm.emigrants import ARMY, HOME, Emigrants
from abm.model import EmigrationModel
from abm.people import People
from abm.population import STAGES, Population
from abm.ties import ALIKE_TO, CONTACTS, NOBODY, Pools, Shuffles, Ties

SCALES = (100, 1000, 3000, 10_000)
MEN, WOMEN = 0, 1


@pytest.fixture(scope="module", params=(1000, 10_000))
def population(request: pytest.FixtureRequest) -> Population:
    return Population(request.param, Chance(1))


@pytest.fixture(scope="module")
def ties(population: Population) -> Ties:
    return Ties(population)


@pytest.fixture(scope="module")
def everybody(population: Population) -> np.ndarray:
    return np.arange(population.size)


def community(population: Population, ids: np.ndarray) -> np.ndarray:
    """One number for each region and life stage."""
    people = population.people(ids)
    return people.region * 3 + people.stage


# --- partners --------------------------------------------------------------------------------


def test_partners_are_mutual_and_never_oneself(ties: Ties, everybody: np.ndarray) -> None:
    partner = ties.partner(everybody)
    paired = partner != NOBODY
    assert paired.any()
    assert np.array_equal(ties.partner(partner[paired]), everybody[paired])
    assert not np.any(partner == everybody)
    assert len(np.unique(partner[paired])) == paired.sum()


def test_partners_are_as_composed(
    population: Population, ties: Ties, everybody: np.ndarray
) -> None:
    partner = ties.partner(everybody)
    paired = partner != NOBODY
    one, other = population.people(everybody[paired]), population.people(partner[paired])
    g = population.groups
    assert np.all(one.sex != other.sex)
    assert np.array_equal(one.region, other.region)
    assert np.array_equal(g.stage[one.group], g.stage[other.group])
    assert np.array_equal(STAGES[one.age_group], STAGES[other.age_group])
    assert np.all(g.partnered[one.group] == 1)


def test_only_the_surplus_of_one_sex_has_partners_elsewhere(
    population: Population, ties: Ties, everybody: np.ndarray
) -> None:
    people, g = population.people(everybody), population.groups
    with_partner = g.partnered[people.group] == 1
    attachment_bin = population.strata.attachment_bin[people.stratum]
    alike = np.searchsorted(ALIKE_TO, attachment_bin, side="right")
    place = (people.region * 3 + people.stage) * 6 + alike
    paired = ties.partner(everybody) != NOBODY
    assert len(ALIKE_TO) == 5
    for pool in range(54):
        men, women = (with_partner & (place == pool) & (people.sex == sex) for sex in (MEN, WOMEN))
        couples = min(men.sum(), women.sum())
        assert (paired & men).sum() == (paired & women).sum() == couples


# --- contacts --------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", SCALES)
def test_communities_are_larger_than_the_number_of_contacts(scale: int) -> None:
    population = Population(scale, Chance(1))
    sizes = np.bincount(community(population, np.arange(population.size)))
    assert sizes[sizes > 0].min() > CONTACTS


def test_contacts_are_mutual_and_never_oneself(ties: Ties, everybody: np.ndarray) -> None:
    contacts = ties.contacts(everybody)
    assert contacts.shape == (len(everybody), CONTACTS)
    assert not np.any(contacts == everybody[:, None])
    person, tie = np.nonzero(contacts != NOBODY)
    there = person * len(everybody) + contacts[person, tie]
    back = contacts[person, tie] * len(everybody) + person
    assert np.array_equal(np.sort(there), np.sort(back))  # as often as one knows the other


def test_almost_everybody_has_all_their_contacts(ties: Ties, everybody: np.ndarray) -> None:
    assert np.mean(ties.contacts(everybody) == NOBODY) < 0.01


def test_contacts_live_alike(population: Population, ties: Ties, everybody: np.ndarray) -> None:
    contacts = ties.contacts(everybody)
    own = community(population, everybody)
    theirs = community(population, np.maximum(contacts, 0).ravel()).reshape(contacts.shape)
    assert np.all((theirs == own[:, None]) | (contacts == NOBODY))


# --- both ------------------------------------------------------------------------------------


def test_ties_do_not_depend_on_the_batch(
    population: Population, ties: Ties, everybody: np.ndarray
) -> None:
    some = np.random.default_rng(1).permutation(everybody)[:500]
    assert np.array_equal(ties.partner(everybody)[some], ties.partner(some))
    assert np.array_equal(ties.contacts(everybody)[some], ties.contacts(some))
    again = Ties(Population(population.scale, Chance(1)))
    assert np.array_equal(again.partner(everybody), ties.partner(everybody))
    other = Ties(Population(population.scale, Chance(2)))
    assert np.mean(other.partner(everybody) == ties.partner(everybody)) < 0.9
    assert np.mean(other.contacts(everybody) == ties.contacts(everybody)) < 0.5


def test_pools_number_their_people_without_gaps(population: Population) -> None:
    g, group = population.groups, population.strata.group
    pools = Pools(population, np.where(g.sex == WOMEN, g.region, NOBODY)[group])
    ids = np.arange(population.size)
    people = population.people(ids)
    pool, number = pools.place(ids, people.stratum)
    inside = pool != NOBODY
    assert np.array_equal(inside, people.sex == WOMEN)
    assert np.array_equal(pool[inside], people.region[inside])
    position = pools.position(pool[inside], number[inside])
    assert np.array_equal(pools.person(position), ids[inside])
    assert np.array_equal(np.sort(position), np.arange(inside.sum()))
    for region in range(3):
        numbers = np.sort(number[pool == region])
        assert np.array_equal(numbers, np.arange(pools.size[region]))


@pytest.mark.parametrize("size", [1, 2, 3, 17, 60, 9973])
def test_shuffles_are_permutations_with_a_way_back(size: int) -> None:
    for seed in range(5):
        shuffle = Shuffles(Chance(seed), "test", np.array([size]))
        numbers = np.arange(size)
        (factor, shift), (factor_back, shift_back) = shuffle.there[:, 0], shuffle.back[:, 0]
        there = (numbers * factor + shift) % size
        assert np.array_equal(np.sort(there), numbers)
        assert np.array_equal((there * factor_back + shift_back) % size, numbers)


# --- contacts abroad ---------------------------------------------------------------------------


def recount(emigrants: Emigrants, ties: Ties, people: People) -> np.ndarray:
    """Contacts abroad of some people, by a look at where each one is."""
    contacts = ties.contacts(people.ids)
    return ((emigrants.place_of(contacts) >= 0) & (contacts != NOBODY)).sum(axis=1)


@pytest.mark.parametrize("scale", [10_000, 300_000, 3_000_000])
def test_contacts_abroad_are_counted_whatever_moves(scale: int) -> None:
    """Also among few agents, with repeated ties and ties to oneself."""
    population = Population(scale, Chance(4))
    ties = Ties(population)
    e, people = Emigrants(population, ties), population.people(np.arange(population.size))
    draws, most = np.random.default_rng(3), np.zeros_like(e.most_contacts_abroad)
    for _ in range(30):
        some = np.flatnonzero(draws.random(population.size) < 0.3)
        e.put(e.ensure(people.take(some)), draws.choice([0, 1, 5, HOME, ARMY], len(some)))
        count = e.contacts_abroad(people)
        assert np.array_equal(count, recount(e, ties, people))
        some, places = e.places_of_contacts(people)
        assert np.array_equal(some, np.flatnonzero(count))
        assert np.array_equal((places >= 0).sum(axis=0), count[some])
        np.maximum.at(most, community(population, people.ids), count)
        assert np.array_equal(most, e.most_contacts_abroad)


def test_contacts_abroad_are_counted_in_a_run() -> None:
    model = EmigrationModel("war-years", scale=3000, seed=4)
    for _ in range(60):
        model.step()
    people = model.population.people(np.arange(model.population.size))
    count = model.emigrants.contacts_abroad(people)
    assert np.array_equal(count, recount(model.emigrants, model.ties, people))
    assert count.max() > 1
