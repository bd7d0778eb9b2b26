"""Russia's labour, output and capital, and what hosts gain: sums over those who ever left."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from abm import equations
from abm import equations_of_society as society
from abm.calendar import WEEKS_PER_MONTH, WEEKS_PER_YEAR
from abm.chance import Floats, Integers
from abm.composition import OCCUPATIONS, Composition
from abm.elite import elite_fortune_usd
from abm.emigrants import ARMY, HOME, LOCAL_WORK, REMOTE_WORK
from abm.hosts_table import HOST_NAMES
from abm.parameters import Parameters
from abm.people import Flags, People
from abm.traits_tables import (
    EMPLOYED,
    SECTORS,
    home_income_mean_usd,
    home_wage_usd,
    wealth_median_usd,
    wealth_most_usd,
)

if TYPE_CHECKING:
    from abm.model import EmigrationModel

USD_PER_EUR = 1.053  # mean of 2022, European Central Bank
NEITHER, BACK, GONE = range(3)  # where one's work is; REMOTE is added for work done from abroad
REMOTE = 3
_HOSTS, _KINDS = len(HOST_NAMES), len(OCCUPATIONS)


@dataclass(frozen=True)
class Workforce:
    """Those who work at home before anybody leaves.

    workers: people by occupation, (occupations,); wage_bill_usd: USD a month, of all who work.
    """

    workers: Floats
    wage_bill_usd: float


@lru_cache(maxsize=8)
def workforce(types: Composition) -> Workforce:
    """The national sums, by what is expected of every type of people."""
    persons = types.persons * EMPLOYED[types.occupation]
    wages = home_wage_usd()[types.region, types.occupation]
    workers = np.bincount(types.occupation, persons, _KINDS)
    wage_bill_usd = max(float((persons * wages).sum()), 1.0)  # among one's own nobody may work
    return Workforce(np.asarray(workers, dtype=float), wage_bill_usd)


def labour_booked(
    p: Parameters, workers: Floats, heads: Floats, wages: Floats, practised: float
) -> tuple[Floats, dict[str, float]]:
    """Wage offers by occupation, and outcomes of labour and output, from those who ever left.

    heads: workers by where their work is (NEITHER, BACK, GONE, and those + REMOTE) and occupation;
    wages: theirs, over the national wage bill; practised: of those back with new practices.
    """
    missing = society.shortage(p.missed, heads[GONE], workers)
    lost, regained = p.missed * heads[GONE], p.missed * heads[BACK]
    booked: dict[str, float] = {}
    for row, sector in zip(np.flatnonzero(EMPLOYED), SECTORS, strict=True):
        booked[f"labour_lost.{sector}"] = lost[row]
        booked[f"labour_regained.{sector}"] = regained[row]
    added = society.output_of_returnees(
        p.returnee_output,
        p.missed * practised,
        p.spending_multiplier,
        p.wage_share,
        wages[BACK + REMOTE],
    )
    booked["labour_force_change"] = -lost.sum()
    booked["returnees_at_work"] = heads[BACK].sum() + heads[BACK + REMOTE].sum()
    booked["gdp_contribution"] = 100.0 * added
    booked["gdp_missing"] = 100.0 * p.missed * wages[GONE]
    return society.wage_offer(p.wage_offer_elasticity, missing), booked


def in_hosts(place: Integers, each: Floats | Flags) -> Floats:
    """Sums by the row of a host, (hosts,)."""
    return np.asarray(np.bincount(place, each, _HOSTS), dtype=float)


class Accounts:
    """What the economy needs to remember from week to week.

    wage_offers: relative to the observed wage, by occupation, as they stood last week;
    spent_usd: spending of the week in each host by those who do not live on local work;
    property_usd: property held in each host at the end of last week.
    """

    def __init__(self, model: EmigrationModel) -> None:
        self._model = model
        self._workforce = workforce(model.population.types)
        self._workers = np.maximum(self._workforce.workers, 1.0)
        self.wage_offers: Floats = np.ones(_KINDS)
        self.spent_usd: Floats = np.zeros(_HOSTS)
        self.property_usd: Floats = np.zeros(_HOSTS)

    # --- what happens in the week ------------------------------------------------------------

    def spend(self, place: Integers, spent_usd: Floats) -> None:
        """Note what those who live on savings or income from Russia spend in a week."""
        self.spent_usd = in_hosts(place, spent_usd) * self._model.population.scale

    def take_capital(self, rows: Integers, people: People, host: Integers) -> None:
        """Of those who leave: what of their property law lets through, besides savings moved."""
        e, p = self._model.emigrants, self._model.scenario.parameters
        wealth = society.wealth_usd(
            people.wealth_luck,
            p.wealth_tail,
            wealth_median_usd(),
            people.wage_usd / home_income_mean_usd(),
            wealth_most_usd(),
        )
        hosts = self._model.host_columns
        share = equations.let_through(p.movable_property, hosts.capital_accepted[host])
        elite = people.elite > 0
        if elite.any():
            wealth = np.where(elite, elite_fortune_usd(people, p), wealth)
            share = np.maximum(share, elite * hosts.elite_capital_kept[host])
        e.property_usd[rows] = np.maximum(0.0, wealth - people.savings_usd)
        e.capital_abroad_usd[rows] = share * e.property_usd[rows]
        self._flow(host, e.savings_usd[rows] + e.capital_abroad_usd[rows])

    def carry_capital(self, rows: Integers, host: Integers) -> None:
        """Of those who move on: what they hold abroad goes with them."""
        e = self._model.emigrants
        held = e.savings_usd[rows] + e.capital_abroad_usd[rows]
        self._flow(e.place[rows], -held)
        self._flow(host, held)

    def bring_capital(self, rows: Integers) -> None:
        """Of those who return: what is left of savings comes back with the property."""
        e = self._model.emigrants
        self._flow(e.place[rows], -(e.savings_usd[rows] + e.capital_abroad_usd[rows]))
        e.capital_abroad_usd[rows] = 0.0

    def _flow(self, host: Integers, usd: Floats) -> None:
        eur = usd * (self._model.population.scale / USD_PER_EUR)
        self._model.observations.add("capital_outflow", host, eur)

    # --- at its end --------------------------------------------------------------------------

    def settle(self) -> None:
        """The week's accounts."""
        self._settle_labour()
        self._settle_hosts()

    def _settle_labour(self) -> None:
        """Labour missing and regained, wage offers, output."""
        model = self._model
        e, p, seen = model.emigrants, model.scenario.parameters, model.observations
        place, work, occupation = e.place[: e.rows], e.work[: e.rows], e.occupation[: e.rows]
        scale = model.population.scale
        back = (place == HOME) & (e.first_left_week[: e.rows] >= 0)
        remote = (work == REMOTE_WORK) & (place != ARMY)
        kind = back + GONE * (place != HOME) + REMOTE * remote
        cell = kind * _KINDS + occupation
        cells = 2 * REMOTE * _KINDS
        heads = np.bincount(cell, minlength=cells).reshape(-1, _KINDS) * (scale * EMPLOYED)
        wages = np.bincount(cell, e.home_wage_usd[: e.rows], cells).reshape(-1, _KINDS)[:, EMPLOYED]
        wages = wages.sum(axis=1) * (scale / self._workforce.wage_bill_usd)

        practised = self._practised(back & ~remote, wages[BACK])
        self.wage_offers, booked = labour_booked(p, self._workers, heads, wages, practised)
        for name, value in booked.items():
            seen.put_world(name, value)

    def _practised(self, back: np.ndarray, wages: float) -> float:
        """Wages of returnees over the wage bill, with the new practices that they bring."""
        model, e = self._model, self._model.emigrants
        change = model.kremlin.regime_change
        if not change:
            return wages
        rows = np.flatnonzero(back & EMPLOYED[e.occupation[: e.rows]])
        years = e.weeks_abroad[rows] / WEEKS_PER_YEAR
        practices = model.scenario.parameters.practices_per_year
        more = e.home_wage_usd[rows] * society.practised(practices, change, years)
        return float(more.sum() * model.population.scale / self._workforce.wage_bill_usd)

    def _settle_hosts(self) -> None:
        """Men denied to the army, capital that stayed in Russia, and what hosts gain."""
        model = self._model
        e, p, seen = model.emigrants, model.scenario.parameters, model.observations
        scale = model.population.scale
        rows = e.abroad()
        place = e.place[rows]

        def put(name: str, each: Floats | Flags, unit: float) -> None:
            by_host = in_hosts(place, each) * unit
            seen.put_sum(name, by_host)

        draftable = model.kremlin.is_draftable(e.risk_class[rows])
        put("draft_eligible_abroad", draftable, scale)
        put("manpower_denied", draftable, p.missed * scale / WEEKS_PER_MONTH)
        capital = e.capital_abroad_usd[rows]
        stayed = e.savings_in_russia_usd[rows] + e.property_usd[rows] - capital
        put("capital_stayed", stayed, scale / USD_PER_EUR)
        local = e.work[rows] == LOCAL_WORK
        put("host_gain.labour", local, p.rooted * scale)
        earned = in_hosts(place, e.local_wage_usd[rows] * local) * scale
        held = in_hosts(place, capital) * scale
        gain = earned / WEEKS_PER_MONTH + self.spent_usd + held - self.property_usd
        gain *= p.rooted / USD_PER_EUR
        seen.put_sum("host_gain.eur", gain)
        self.property_usd = held
