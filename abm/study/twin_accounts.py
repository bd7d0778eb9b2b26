"""What is observed of the twin: the outcomes of the model that it can give, by the same names."""

from __future__ import annotations

import numpy as np

from abm.accounts import BACK, GONE, REMOTE, labour_booked, workforce
from abm.calendar import WEEKS_PER_MONTH, WEEKS_PER_YEAR
from abm.chance import Floats
from abm.composition import OCCUPATIONS
from abm.decision import World
from abm.doors import PERMIT, STATUS_INSECURITY
from abm.equations import insecurity
from abm.equations_of_hosts import forgotten
from abm.hosts_table import HOST_NAMES
from abm.observation import INSECURE_FROM, STABLE_BELOW, Observations
from abm.study.twin_abroad import HOLDS, Abroad
from abm.study.twin_abroad import REMOTE as WORKS_REMOTELY
from abm.study.twin_home import AtHome
from abm.study.twin_life import LifeAbroad
from abm.study.twin_moves import Russia, Week
from abm.study.twin_people import Households
from abm.study.twin_reach import Reach, part_of
from abm.study.twin_world import Surroundings
from abm.traits_tables import EMPLOYED, SECTORS

_HOSTS = len(HOST_NAMES)
OUTCOMES_GIVEN = (
    "departures", "arrivals", "returns", "onward_moves", "stock_abroad", "insecure_status",
    "stable_status", "permit_holders", "ever_discriminated", "permit_refusals", "rent_index",
    "hostility", "policy_strictness", "fear", "abductions_expected", "turned_back",
    "involuntarily_immobile", "called_up", "share_women", "share_higher_education",
    "mean_age_years", *(f"share.{name}" for name in OCCUPATIONS), "manpower_denied",
    "draft_eligible_abroad", "labour_force_change", *(f"labour_lost.{name}" for name in SECTORS),
    *(f"labour_regained.{name}" for name in SECTORS), "returnees_at_work", "gdp_contribution",
    "gdp_missing", "propaganda_strength",
)  # fmt: skip


class TwinAccounts:
    """Labour, output and propaganda of the twin, and its outcomes.

    rejections, at_the_door: people, as remembered.
    """

    def __init__(self, surroundings: Surroundings, households: Households) -> None:
        self._surroundings, self._households = surroundings, households
        self.observations = Observations(surroundings.weeks)
        self.rejections = self.at_the_door = 0.0
        people, adults = households.people, households.adults
        occupation = people.occupation
        self._heads = adults * households.heads
        self._by_occupation = (np.arange(len(OCCUPATIONS))[:, None] == occupation) * adults
        draftable = surroundings.kremlin.is_draftable(people.risk_class)
        self._traits = {
            "share_women": people.sex == 1,
            "share_higher_education": people.education == 1,
            "mean_age_years": people.age_years,
        }
        self._draftable = draftable
        self._back_remote: Floats = np.zeros(
            len(adults)
        )  # of those back, who still work as from abroad
        self._bill = workforce(surroundings.population.types).wage_bill_usd

    def observe_moves(self, week: Week) -> None:
        """Flows of the week, people."""
        seen = self.observations
        heads = self._heads[week.reach.person]
        for name, flow in (
            ("departures", week.departures),
            ("arrivals", week.arrivals),
            ("returns", week.returns),
            ("onward_moves", week.onward),
        ):
            seen.put_sum(name, week.reach.by_host(heads * flow))
        seen.put_world("called_up", self._surroundings.called_up)

    def observe_wishes(self, home: AtHome, russia: Russia, world: World) -> None:
        """Those turned back, kept out or stuck, of those who never left and those who are back."""
        seen, turned = self.observations, np.zeros(_HOSTS)
        door = stuck = 0.0
        seen.begin(self._surroundings.week)
        attention = home.attention(world)
        for at_home, chances in (
            (russia.never, home.first),
            (russia.back, home.again),
        ):
            who = self._heads * attention * at_home
            turned += who @ chances.turned
            door += float(who @ chances.out)
            stuck += float(who @ chances.stuck)
        door += float(turned.sum())
        self.rejections += door
        self.at_the_door += door
        seen.put_sum("turned_back", turned)
        seen.put_world("involuntarily_immobile", stuck)

    def observe_states(
        self, abroad: Abroad, russia: Russia, world: World, week: Week, life: LifeAbroad
    ) -> None:
        """Stocks and shares at the week's end, hosts, labour, propaganda."""
        seen, hosts, reach = self.observations, world.hosts, abroad.reach
        there, people = abroad.there, self._households.people
        stock = reach.by_host(abroad.people * there)
        seen.put_sum("stock_abroad", stock)
        self._status(abroad, stock, hosts.refusal)
        refused = reach.by_host(abroad.people * life.refused)
        seen.put_sum("permit_refusals", refused)
        self._put_share("ever_discriminated", reach.by_host(abroad.people * abroad.ever), stock)
        adults = self._households.adults[reach.person] * reach.of_pairs(there)
        self._composition(reach, adults)
        seen.put("rent_index", hosts.rent_usd / hosts.rent_before_usd)
        seen.put("hostility", hosts.hostility)
        seen.put("policy_strictness", hosts.renewal_strictness)
        seen.put("fear", hosts.fear)
        draftable = reach.by_host(adults * self._draftable[reach.person])
        activists = reach.by_host(adults * people.activist[reach.person])
        yearly = self._surroundings.abductions_a_year
        seen.put_sum("abductions_expected", activists * yearly / WEEKS_PER_YEAR)
        seen.put_sum("draft_eligible_abroad", draftable)
        seen.put_sum("manpower_denied", world.parameters.missed * draftable / WEEKS_PER_MONTH)
        self._labour(abroad, russia, world, week)
        struck = float((abroad.people * life.struck).sum())
        self.rejections += float(refused.sum()) + struck
        self._surroundings.stock = stock
        self._propaganda(abroad, float(stock.sum()))

    def _status(self, abroad: Abroad, stock: Floats, refusal: Floats) -> None:
        """Stable and insecure status: of permits held, by the weeks that they have left."""
        weeks = np.arange(1.0, abroad.holding.left.shape[1] + 1.0)
        felt = insecurity(STATUS_INSECURITY[PERMIT], refusal[:, None], weeks)
        stable = abroad.holding.mean(felt < STABLE_BELOW)
        insecure = abroad.holding.mean(felt >= INSECURE_FROM)
        held = abroad.people * abroad.share[HOLDS].sum(axis=0)
        holders = abroad.reach.by_host(held)
        clocked = abroad.reach.by_host(held * abroad.clocked)
        citizens = abroad.reach.by_host(held * abroad.citizens)
        self.observations.put_sum("insecure_status", stock - holders + clocked * insecure)
        self._put_share("stable_status", holders - clocked + clocked * stable, stock)
        self.observations.put_sum("permit_holders", holders - citizens)

    def _composition(self, reach: Reach, adults: Floats) -> None:
        """Of adults abroad, by pair: shares and means of their traits."""
        whole = reach.by_host(adults)
        for name, trait in self._traits.items():
            self._put_share(name, reach.by_host(adults * trait[reach.person]), whole)
        cell = self._households.people.occupation[reach.person] * _HOSTS + reach.host
        work = np.bincount(cell, adults, len(OCCUPATIONS) * _HOSTS).reshape(-1, _HOSTS)
        for name, those in zip(OCCUPATIONS, work, strict=True):
            self._put_share(f"share.{name}", those.astype(float), whole)

    def _put_share(self, name: str, part: Floats, whole: Floats) -> None:
        world = float(part.sum() / max(whole.sum(), 1e-12))
        self.observations.put(name, part_of(part, whole), world)

    def _labour(self, abroad: Abroad, russia: Russia, world: World, week: Week) -> None:
        """Labour missing and regained, wage offers, output, by the model's own accounts."""
        people, adults, reach = self._households.people, self._households.adults, abroad.reach
        by_row = reach.over_hosts(abroad.share.sum(axis=0))
        by_work = by_row[:, : reach.persons]
        by_work[:, : 2 * reach.couples] += by_row[:, reach.persons :]
        remote, there = by_work[WORKS_REMOTELY], by_work.sum(axis=0)
        came = reach.by_person(week.returns)
        back = russia.back + reach.by_person(russia.behind_back)
        before = np.maximum(back - came, 0.0)
        working = before * self._back_remote + came * part_of(remote, there)
        self._back_remote = part_of(working, before + came)
        kinds = np.zeros((2 * REMOTE, reach.persons))
        kinds[GONE] = there - remote + russia.called_up
        kinds[GONE + REMOTE] = remote
        kinds[BACK] = back * (1.0 - self._back_remote)
        kinds[BACK + REMOTE] = back * self._back_remote
        heads = (kinds @ self._by_occupation.T) * EMPLOYED
        paid = people.wage_usd * adults * EMPLOYED[people.occupation]
        wages = kinds @ paid / self._bill
        offers, booked = labour_booked(
            world.parameters, self._surroundings.workers, heads, wages, wages[BACK]
        )
        self._surroundings.wage_offers = offers
        for name, value in booked.items():
            self.observations.put_world(name, value)

    def _propaganda(self, abroad: Abroad, stock: float) -> None:
        """Rejections seen and contacts settled tilt what the Kremlin puts in."""
        surroundings = self._surroundings
        settled = float((abroad.adults * abroad.share[HOLDS].sum(axis=0)).sum())
        everybody = surroundings.population.size * surroundings.population.scale
        surroundings.end_week(self.rejections, stock + self.at_the_door, settled / everybody)
        self.rejections = float(forgotten(self.rejections))
        self.at_the_door = float(forgotten(self.at_the_door))
        self.observations.put_world("propaganda_strength", surroundings.propaganda)
