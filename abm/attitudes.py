"""The public at home and the opposition: what feeds propaganda, and who could speak against it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from abm import equations_of_hosts as host_equations
from abm import equations_of_society as society
from abm.calendar import WEEKS_PER_MONTH
from abm.chance import Floats, Integers
from abm.composition import DISSENT_EDGES, DISSENTS, Composition
from abm.decision import own_insecurity
from abm.doors import IS_SECURE
from abm.emigrants import HOME
from abm.parameters import Parameters
from abm.ties import CONTACTS
from abm.traits_tables import activist_share

if TYPE_CHECKING:
    from abm.model import EmigrationModel


@lru_cache(maxsize=8)
def activists_and_dissent(types: Composition) -> tuple[float, float]:
    """Share of adults who are activists, and their mean dissent, as expected of every type."""
    share = types.persons / types.persons.sum()
    opponents = share * (types.dissent_bin == DISSENTS.index("opponent"))
    middle = (np.array(DISSENT_EDGES[:-1]) + np.array(DISSENT_EDGES[1:])) / 2
    activists = opponents * activist_share()[types.occupation]
    return float(activists.sum()), float((share * middle[types.dissent_bin]).sum())


def tilt(p: Parameters, rejections: float, tried: float, settled_share: float, week: int) -> float:
    """What feeds propaganda less what weakens it, logit.

    rejections: of Russians, people, as remembered; tried: those abroad and at the door, people;
    settled_share: of all adults, with a secure status abroad.
    """
    return float(
        society.propaganda_tilt(
            p.propaganda_from_rejections,
            society.rejection(rejections, tried),
            p.propaganda_from_contacts,
            society.welcome(CONTACTS, settled_share),
            p.propaganda_from_war,
            society.war_felt((week + 1) / WEEKS_PER_MONTH),
        )
    )


class Attitudes:
    """What attitudes need to remember from week to week.

    tilt: what feeds propaganda less what weakens it, as it stood last week (logit); rejections:
    of Russians, people, half forgotten after six months; at_the_door: those of them who never got
    abroad; trapped: men who would leave and cannot,
    until they would next reconsider, by region and class of exposure (people).
    """

    def __init__(self, model: EmigrationModel) -> None:
        self._model = model
        share, self._mean_dissent = activists_and_dissent(model.population.types)
        self._activists = share * model.population.size
        self.tilt = 0.0
        self.rejections = self.at_the_door = 0.0
        self.trapped = np.zeros_like(model.population.class_size)

    @property
    def propaganda(self) -> float:
        """Strength of propaganda: what the Kremlin puts in now, tilted as of last week."""
        return float(society.propaganda_strength(self._model.kremlin.propaganda, self.tilt))

    # --- what happens in the week ------------------------------------------------------------

    def reject(self, people: Floats) -> None:
        """Note people abroad refused a permit or discriminated against."""
        self.rejections += float(people.sum())

    def shut_out(self, people: Floats) -> None:
        """Note people turned back, or who would go where they may not enter."""
        self.reject(people)
        self.at_the_door += float(people.sum())

    def keep_in(self, region: Integers, classes: Integers, heads: Floats) -> None:
        """Note those who would leave and cannot, and the men among them."""
        model = self._model
        model.observations.add_world("involuntarily_immobile", float(heads.sum()))
        cell = region * self.trapped.shape[1] + classes
        men = np.bincount(cell[model.kremlin.is_draftable(classes)], minlength=self.trapped.size)
        self.trapped += men.reshape(self.trapped.shape) * model.population.scale

    # --- at its end --------------------------------------------------------------------------

    def settle(self) -> None:
        """The week's attitudes."""
        self._settle_propaganda()
        self._settle_opposition()

    def _settle_propaganda(self) -> None:
        """Rejections seen, contacts settled and the war tilt what the Kremlin puts in."""
        model = self._model
        e, p, seen = model.emigrants, model.scenario.parameters, model.observations
        place, status = e.place[: e.rows], e.status[: e.rows]
        abroad = place >= 0
        settled = np.count_nonzero(abroad & IS_SECURE[status])
        size = model.population.size
        tried = float((e.people[: e.rows] * abroad).sum()) + self.at_the_door
        self.tilt = tilt(p, self.rejections, tried, settled / size, model.week)
        self.rejections = float(host_equations.forgotten(self.rejections))
        self.at_the_door = float(host_equations.forgotten(self.at_the_door))
        strength = self.propaganda
        seen.put_world("propaganda_strength", strength)
        away = place != HOME
        dissent = self._mean_dissent * size - (e.dissent[: e.rows] * away).sum()
        at_home = max(size - np.count_nonzero(away), 1)
        seen.put_world("dissent_at_home", max(dissent, 0.0) / at_home * (1.0 - strength))

    def _settle_opposition(self) -> None:
        """Secure exiles, activists at home, and men trapped: in activists at full voice."""
        model = self._model
        e, p, seen = model.emigrants, model.scenario.parameters, model.observations
        kremlin, hosts = model.kremlin, model.host_columns
        activists = np.flatnonzero(e.activist[: e.rows])
        place = e.place[activists].astype(np.int64)
        here, host = activists[place >= 0], place[place >= 0]
        weeks_left = (e.permit_ends[here] - model.week).astype(float)
        abroad = society.voice_abroad(
            p.exile_voice,
            own_insecurity(e.status[here], weeks_left, host, model.world()),
            p.voice_without_payments,
            hosts.payments[host],
        ).sum()
        returned = np.count_nonzero((place == HOME) & (e.first_left_week[activists] >= 0))
        at_home = max(self._activists - np.count_nonzero(place != HOME), returned)
        region, classes = np.ogrid[tuple(slice(length) for length in self.trapped.shape)]
        risk = kremlin.perceived_risk(region, classes)
        scale = model.population.scale
        home = society.voice_at_home(
            p.home_activism,
            at_home,
            p.returnee_silence,
            returned,
            p.trapped_men_weight,
            (self.trapped * risk).sum() / scale,
            kremlin.repression,
        )
        everyone = max(self._activists, 1.0)  # among one's own people there may be none
        seen.put_world("opposition_abroad", abroad / everyone)
        seen.put_world("opposition_at_home", home / everyone)
        seen.put_world("opposition_capacity", (abroad + home) / everyone)
        seen.put_world("men_trapped", self.trapped.sum())
        self.trapped *= 1.0 - kremlin.attention(risk)
