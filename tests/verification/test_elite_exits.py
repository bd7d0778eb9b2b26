"""Expected exits of the elite against everybody who could be of it, and against draws."""

from __future__ import annotations

import numpy as np
import pytest

from abm.ability import ability, among
from abm.composition import ELITES
from abm.deciders import deciders_at_home
from abm.decision import components, total
from abm.elite_exits import leaving_chance
from abm.equations import log_arrival
from abm.luck import luck_at_home, luck_weights_of
from abm.model import EmigrationModel
from abm.people import People
from abm.traits_tables import elite_share

FAR = 4.0  # standard errors
SCALE = 3000


def all_who_could_be(model: EmigrationModel) -> People:
    """Everybody of the elite's occupations, degree and age, set to be of the elite."""
    people = model.population.people(np.arange(model.population.size))
    people = people.take(np.flatnonzero(people.could_be_elite))
    people.elite = people.could_be_elite
    return people


def test_the_sample_expects_what_everybody_together_expects() -> None:
    """Over many seeds the sample's exits and headcounts are those of all, kind by kind."""
    exits, heads = [], []
    for seed in range(40):
        model = EmigrationModel(scale=SCALE, seed=seed)
        world, watch, everybody = model.world(), model.elite_exits, all_who_could_be(model)
        stands_for = elite_share()[everybody.occupation] * SCALE
        rows = []
        for people, weight in ((watch.people, watch.stands_for), (everybody, stands_for)):
            chance = leaving_chance(model, world, people)
            kinds = [people.elite == kind for kind in range(1, len(ELITES))]
            rows.append([(weight * chance)[kind].sum() for kind in kinds])
            rows.append([weight[kind].sum() for kind in kinds])
        exits.append([np.array(rows[0]), np.array(rows[2])])
        heads.append([np.array(rows[1]), np.array(rows[3])])
    for pairs in (exits, heads):
        sampled, of_all = np.moveaxis(np.array(pairs), 1, 0)
        difference = sampled - of_all
        error = difference.std(axis=0, ddof=1) / np.sqrt(len(pairs))
        assert (np.abs(difference.mean(axis=0)) < FAR * error).all()
        assert (error < 0.15 * of_all.mean(axis=0)).all()  # so a gross error would show


@pytest.mark.parametrize("rents", [0.0, 2.0])
def test_the_chance_to_leave_is_the_share_of_draws_that_leave(rents: float) -> None:
    changes = {"elite_rents": rents, "elite_hostage": 0.0, "cost_of_leaving": 4.0}
    model = EmigrationModel(scale=SCALE, set=changes)
    world, people = model.world(), all_who_could_be(model)
    d = deciders_at_home(model, world, people)
    able = ability(d, world, model.chance.uniform("exit", people.ids)).in_fact
    utility = total(components(d, world), len(people.ids))
    weights, generator = luck_weights_of(people), np.random.default_rng(1)
    attention = 1 - np.exp(-world.parameters.attention_per_month * 12 * 7 / 365.2425)
    expected = leaving_chance(model, world, people) / attention  # no order yet
    left, times = np.zeros(len(people.ids)), 200
    for time in range(times):
        u = generator.random(len(people.ids))
        luck = luck_at_home(model.chance, people.ids, time, u, world.hosts.keys, weights)
        left += np.argmin(among(log_arrival(luck, utility), able), axis=1) < utility.shape[1] - 1
    variance = (times * expected * (1 - expected)).sum()
    assert left.sum() > 100
    assert abs(left.sum() - times * expected.sum()) < FAR * np.sqrt(variance)
