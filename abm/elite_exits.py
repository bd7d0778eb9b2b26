"""Exits of the elite as expected values (O14): they are too rare to be read off the draws.

Who is of the elite is luck among people of one occupation, degree and age, so anybody of that kind
stands for its elite. A sample of them is drawn once, denser where people are likelier to leave, and
each counts for as many of the elite as the chance to be drawn says: the sum is unbiased. Their
chance to leave is the model's own: attention × the logit over what they are able to take, as one of
the elite at home. Only decisions of one's own count, not who comes along with a partner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abm import equations
from abm.ability import ability
from abm.chance import Floats, Integers
from abm.composition import ELITES
from abm.deciders import deciders_at_home, place_of_partner
from abm.decision import World, components, total
from abm.emigrants import HOME
from abm.levers import ELITE_LEVERS
from abm.people import People
from abm.population import Population
from abm.traits_tables import elite_share

if TYPE_CHECKING:
    from abm.model import EmigrationModel

LOOKED_AT = 16384  # people among whom the sample is found
OF_EACH_KIND = 64
EVERY_WEEKS = 8  # chances are worked out anew this often, and held in between


class EliteExits:
    """Watches a sample that stands for the elite at home.

    people: the sample; stands_for: members of the elite, each; at_home: the share of them who have
    not left yet; leaving: their chance to leave in a week.
    """

    def __init__(self, model: EmigrationModel) -> None:
        self._model = model
        self.people, self.stands_for = sample(model.population)
        self.at_home: Floats = np.ones(len(self.people.ids))
        self.leaving: Floats = np.zeros(len(self.people.ids))
        self._kinds = np.zeros((len(ELITES), len(self.people.ids)))
        self._kinds[self.people.elite, np.arange(len(self.people.ids))] = 1.0
        self._last: list[float] = []

    def observe(self) -> None:
        """Record the week's expected exits. What the week's moves changed counts from the next."""
        model = self._model
        if model.week % EVERY_WEEKS == 0 or self._changed():
            self.leaving = leaving_chance(model, model.world(), self.people)
        left = self.at_home * self.leaving
        self.at_home = self.at_home - left
        by_kind = (self._kinds * (left * self.stands_for)).sum(axis=1)
        model.observations.add_world("elite_exits", float(by_kind.sum()))
        for name, exits in zip(ELITES[1:], by_kind[1:].tolist(), strict=True):
            model.observations.add_world(f"elite_exits.{name}", exits)

    def _changed(self) -> bool:
        """Whether the order, exits, repression, the regime or offers to the elite have changed."""
        kremlin, hosts = self._model.kremlin, self._model.host_columns
        now = [kremlin.mobilisation, kremlin.exit_ban, kremlin.repression, kremlin.regime_change]
        if hosts.court_elite:
            now += [each for lever in ELITE_LEVERS for each in getattr(hosts, lever).tolist()]
        before, self._last = self._last, now
        return now != before


def sample(population: Population) -> tuple[People, Floats]:
    """People who stand for the elite of their kind, and how many of it each stands for.

    Drawn at even steps through the strata, each as dense as exp(-pull of home); then of each kind
    every so manyth. The elite of the sample is set: all are of the kind that they stand for.
    """
    strata, groups = population.strata, population.groups
    density = np.exp(-strata.pull) * groups.could_be_elite[strata.group]
    if not density.any():  # people of one's own, none of them in work and 35 or more
        return population.people(np.empty(0, dtype=np.int64)), np.empty(0)
    start = population.chance.uniform("elite sample", np.array([0]))
    people, heads = population.at_even_steps(density, LOOKED_AT, float(start[0]))
    kind = people.could_be_elite
    kept: list[Integers] = []
    for each in range(1, len(ELITES)):
        rows = np.flatnonzero(kind == each)
        every = max(1.0, len(rows) / OF_EACH_KIND)
        offset = population.chance.uniform("elite sample", np.array([each]))
        kept.append(rows[np.arange(float(offset[0]) * every, len(rows), every).astype(np.int64)])
        heads[rows] *= every
    rows = np.concatenate(kept)
    people, kind = people.take(rows), kind[rows]
    people.elite = kind
    return people, heads[rows] * elite_share()[people.occupation]


def leaving_chance(model: EmigrationModel, world: World, people: People) -> Floats:
    """Chance of some people to leave Russia this week, were they at home, shape (people,)."""
    partner_place = place_of_partner(model, model.ties.partner(people.ids))
    away = model.emigrants.place_of(people.ids) != HOME  # and the partner perhaps with them
    partner_place[away & (partner_place >= 0)] = HOME
    d = deciders_at_home(model, world, people, partner_place)
    risk = world.kremlin.perceived_risk(people.region, people.risk_class)
    attention = world.kremlin.attention(risk)
    able = ability(d, world, model.chance.uniform("exit", people.ids)).in_fact
    utility = np.where(able, total(components(d, world), len(people.ids)), -np.inf)
    return np.asarray(attention * (1.0 - equations.logit_probabilities(utility)[:, -1]))
