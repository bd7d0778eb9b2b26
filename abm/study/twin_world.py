"""What surrounds the twin's people: the model's own hosts, Kremlin and schedule, in expectation."""

from __future__ import annotations

import mesa
import numpy as np

from abm.abductions import suggest_fear
from abm.accounts import workforce
from abm.attitudes import tilt
from abm.calendar import weeks_until
from abm.chance import Chance, Floats
from abm.composition import OCCUPATIONS
from abm.decision import World
from abm.equations_of_society import propaganda_strength
from abm.errors import InputError
from abm.hosts import HostColumns
from abm.hosts_table import HOST_NAMES, real_wage_index
from abm.kremlin import Kremlin
from abm.population import Population
from abm.scenario import Scenario
from abm.schedule import Schedule, set_lever
from abm.ties import Ties

# People an agent in the population from which types are taken: fine enough for every stratum that
# matters, and small enough to hold at once.
SCALE = 100


class ExpectedKremlin(Kremlin):
    """The Kremlin, which takes of every class of exposure the share that it would expect to.

    taken: share of those at home called up this week, (classes,).
    """

    taken: Floats

    def _call_up(self) -> None:
        surroundings = self.model
        at_home = surroundings.at_home
        scale = surroundings.population.scale
        self.taken = self.call_up_chance(at_home.sum(axis=0), scale)
        called = self.taken * at_home
        self._taken += called
        self.called_up += float(called.sum()) * scale


class Surroundings(mesa.Model):
    """Hosts, the Kremlin, wages and propaganda of one scenario, week by week.

    at_home: agents in Russia by region and class of exposure; stock: newcomers by host, people;
    called_up: men called up in the week, people. Whoever holds the people sets the first two.
    """

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(seed=scenario.seed)
        if scenario.mechanisms:
            raise InputError("the twin knows no mechanisms of one's own; run the model: abm.run()")
        if scenario.looking_ahead:
            raise InputError("the twin's people do not look ahead; run the model: abm.run()")
        self.scenario = scenario
        self.weeks = weeks_until(scenario.until)
        self.week = 0
        self.chance = Chance(scenario.seed, scenario.replicate)
        own = scenario.population
        scale = scenario.scale if own else SCALE
        self.population = Population(scale, self.chance, own.types if own else None)
        self.ties = Ties(self.population)
        self.host_columns = HostColumns(scenario.parameters)
        self.kremlin = ExpectedKremlin(self, self.population)
        self.at_home = self.population.class_size.copy()
        self.stock: Floats = np.zeros(len(HOST_NAMES))
        self.called_up = 0.0
        self.abductions_a_year: Floats = np.zeros(len(HOST_NAMES))
        self.workers = np.maximum(workforce(self.population.types).workers, 1.0)
        self.wage_offers: Floats = np.ones(len(OCCUPATIONS))
        self.tilt = 0.0
        self._schedule = Schedule(scenario)
        mesa.Agent._ids.pop(self, None)  # Mesa's counter would keep every model alive

    def begin_week(self) -> None:
        """Events, the Kremlin, fear and hosts, as in the model's first phases."""
        kremlin, hosts, week = self.kremlin, self.host_columns, self.week
        kremlin.news = 0.0
        kremlin.taken = np.zeros(len(kremlin.exposure))

        def to(lever: str, host: str | None, value: float) -> float:
            return set_lever(kremlin, hosts, week, lever, host, value)

        self._schedule.act(week, to, hosts.release)
        before = kremlin.called_up
        kremlin.act(week)
        self.called_up = kremlin.called_up - before
        self.abductions_a_year = suggest_fear(self.scenario.parameters, hosts, kremlin)
        hosts.answer(week, self.stock)

    def world(self) -> World:
        """What everybody sees this week."""
        return World(
            self.scenario.parameters,
            self.host_columns,
            self.kremlin,
            real_wage_index(self.week),
            self.wage_offers,
            self.propaganda,
            self.week,
        )

    @property
    def propaganda(self) -> float:
        """Strength of propaganda: what the Kremlin puts in now, tilted as of last week."""
        return float(propaganda_strength(self.kremlin.propaganda, self.tilt))

    def end_week(self, rejections: float, tried: float, settled_share: float) -> None:
        """Propaganda is tilted by what was seen of those abroad; the week is over."""
        self.tilt = tilt(self.scenario.parameters, rejections, tried, settled_share, self.week)
        self.week += 1
