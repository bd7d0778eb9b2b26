"""The Kremlin: its dated schedule, the call-up, and what people at home fear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa
import numpy as np

from abm import equations
from abm.chance import Floats, Integers
from abm.emigrants import ARMY, HOME
from abm.levers import KREMLIN_LEVERS
from abm.people import Flags
from abm.population import Population

if TYPE_CHECKING:
    from abm.model import EmigrationModel

NEWS = ("return_offer", "regime_change")  # levers that stir those abroad as far as they rise
DRAFT_ELIGIBLE = 0.1  # exposure from which a man counts as one whom the army could call up


class Kremlin(mesa.Agent):
    """An ordinary Mesa agent. Levers are attributes under their own names.

    risk: perceived risk of being called up, by class of exposure; called_up_share: by region and
    class; called_up: agents taken so far, in people.
    """

    def __init__(self, model: EmigrationModel, population: Population) -> None:
        super().__init__(model)
        self.mobilisation = 0.0
        self.mobilisation_quota = 0.0
        self.mobilisation_breadth = 1.0
        self.repression = 0.0
        self.exit_ban = 0.0
        self.return_offer = 0.0
        self.propaganda = 0.0
        self.abductions = 1.0
        self.regime_change = 0.0
        p = model.scenario.parameters
        g = population.groups
        self.exposure: Floats = np.asarray(
            equations.exposure(g.class_liability, g.class_exempt, p.exemption_effect)
        )
        self.risk: Floats = np.zeros(len(self.exposure))
        self.called_up = 0.0
        self.news = 0.0  # share of those abroad whom calls or a change of regime are about to stir
        self._taken = np.zeros_like(population.class_size)
        self._class_size = np.maximum(population.class_size, 1.0)

    def set_lever(self, lever: str, value: float) -> float:
        """Set a lever; returns what it was."""
        assert lever in KREMLIN_LEVERS
        before: float = getattr(self, lever)
        if lever in NEWS:
            self.news = max(self.news, value - before)
        setattr(self, lever, value)
        return before

    def is_draftable(self, risk_class: Integers) -> Flags:
        """Whether people of a class of exposure count as men whom the army could call up."""
        return self.exposure[risk_class] >= DRAFT_ELIGIBLE

    @property
    def called_up_share(self) -> Floats:
        """Share called up of each community, shape (regions, classes of exposure)."""
        return self._taken / self._class_size

    def perceived_risk(self, region: Integers, risk_class: Integers) -> Floats:
        """Risk as people of a region and class see it, neighbours called up included."""
        return np.asarray(
            equations.risk_with_community(
                self.risk[risk_class],
                self.model.scenario.parameters.community_ties,
                self.called_up_share[region, risk_class],
            )
        )

    def attention(self, risk: Floats) -> Floats:
        """Chance in a week that people at home who perceive a risk reconsider."""
        p = self.model.scenario.parameters
        return np.asarray(
            equations.attention(p.attention_per_month, p.order_attention, risk, self.mobilisation)
        )

    def act(self, week: int) -> None:
        """A week of the schedule: the risk that the order suggests, the call-up."""
        p = self.model.scenario.parameters
        target = equations.risk_believed(
            p.breadth_belief * self.mobilisation_breadth, self.exposure, self.mobilisation
        )
        self.risk = np.asarray(equations.risk_next(self.risk, target, p.risk_decay_per_month))
        if self.mobilisation > 0 and self.called_up < self.mobilisation_quota:
            self._call_up()

    def _call_up(self) -> None:
        """Take reachable men. Commissariats cannot reach those who have left."""
        model = self.model
        population: Population = model.population
        at_home = population.class_size.sum(axis=0) - model.emigrants.away_by_class
        ids = model.struck("call-up", self.call_up_chance(at_home, population.scale))
        ids = ids[model.emigrants.place_of(ids) == HOME]
        most = round((self.mobilisation_quota - self.called_up) / population.scale)
        lot = model.chance.uniform("call-up lot", ids, model.week)
        ids = np.sort(ids[np.argsort(lot, kind="stable")[:most]])
        if len(ids):
            people = population.people(ids)
            np.add.at(self._taken, (people.region, people.risk_class), 1.0)
            model.emigrants.put(model.emigrants.ensure(people), ARMY)
            model.observations.add_world("called_up", float(len(ids) * population.scale))
            self.called_up += len(ids) * population.scale

    def call_up_chance(self, at_home: Floats, scale: int) -> Floats:
        """Chance to be called up this week of those at home, (classes of exposure,).

        As many are wanted as the smaller of what is left of the quota and reachable × delivery;
        each man is reached with a chance in proportion to his exposure. So leaving can deny men to
        the army. at_home: people there, by class.
        """
        reach = np.where(self.exposure >= DRAFT_ELIGIBLE, self.exposure, 0.0) * self.mobilisation
        reachable = float(reach @ at_home) * scale
        wanted = min(
            self.mobilisation_quota - self.called_up,
            reachable * self.model.scenario.parameters.delivery_per_week,
        )
        if reachable <= 0 or wanted <= 0:
            return np.zeros(len(reach))
        return np.minimum(1.0, reach * wanted / reachable)
