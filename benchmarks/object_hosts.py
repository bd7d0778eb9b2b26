"""Hosts, the Kremlin and luck for the plain object model: one host and one person at a time."""

from __future__ import annotations

from math import exp, floor, inf
from types import SimpleNamespace
from typing import Any

import numpy as np

from abm import equations
from abm import equations_of_hosts as host_equations
from abm.calendar import DAYS_PER_WEEK, WEEKS_PER_MONTH, WEEKS_PER_YEAR
from abm.chance import Chance, name_key, name_keys
from abm.hosts import PROGRAMMES, REVIEW_WEEKS, STRICTNESS_AT_START, VISA_DAYS, HostColumns
from abm.hosts_table import HOME, HOST_NAMES
from abm.levers import KREMLIN_LEVERS
from abm.luck import luck_at_home, luck_weights
from abm.parameters import Parameters
from abm.population import Population
from abm.screening import listed


class ObjectHost(SimpleNamespace):
    """A host: plain numbers under the names of the columns, read once from the tables."""

    def __init__(self, table: HostColumns, row: int, parameters: Parameters) -> None:
        columns = {k: v for k, v in vars(table).items() if isinstance(v, np.ndarray)}
        super().__init__(**{name: column[row].item() for name, column in columns.items()})
        self.heard = {lever: getattr(self, lever) for lever in PROGRAMMES}
        self.name, self.row, self.parameters = HOST_NAMES[row], row, parameters
        self.hostility = self.rest(0)
        self.update()

    def set_lever(self, lever: str, value: float, week: int) -> float:
        """Set a lever now; returns what it was."""
        before: float = getattr(self, lever)
        shut = self.shut_to_visitors
        setattr(self, lever, value)
        if lever == "renewal_strictness":
            self.pinned = True
        if self.shut_to_visitors and not shut:
            self.shut_in_week = week
        return before

    @property
    def shut_to_visitors(self) -> bool:
        """Nobody may come on a visit: entry is banned, or visas are needed and none given."""
        return self.entry_ban > 0 or (self.visa_free_days == 0 and self.tourist_visas == 0)

    @property
    def visitor_weeks(self) -> int:
        """Stay of a visitor, weeks: without a visa, or on one."""
        days = self.visa_free_days if self.visa_free_days > 0 else VISA_DAYS
        return floor(days / DAYS_PER_WEEK)

    @property
    def citizenship_weeks(self) -> float:
        """Residence before citizenship, weeks; 0 years mean never."""
        return self.citizenship_years * WEEKS_PER_YEAR if self.citizenship_years > 0 else inf

    def fear_abductions(self, intensity: float) -> float:
        """Fear rises to what abductions and refusals suggest; the chance of one a year."""
        p = self.parameters
        a_year = host_equations.abductions_per_year(
            p.abductions_per_activist_year, self.handover_risk, self.protection, intensity
        )
        target = host_equations.fear_believed(
            p.fear_of_abduction, a_year, p.fear_of_refusal, self.refusal, self.handover_risk
        )
        self.fear = float(equations.risk_next(self.fear, target, p.fear_decay_per_month))
        return float(a_year)

    @property
    def russians(self) -> float:
        """The diaspora of before and the newcomers, people."""
        return float(self.diaspora_before + self.newcomers)

    def rest(self, week: int) -> float:
        """The hostility that this host falls back to."""
        p = self.parameters
        return float(
            host_equations.hostility_at_rest(
                self.hostility_before,
                p.historical_hostility,
                p.early_welcome,
                week / WEEKS_PER_MONTH,
                p.welcome_months,
            )
        )

    def update(self) -> None:
        """Rent, prices, payments and the chance of refusal as things stand."""
        p = self.parameters
        self.payments = host_equations.payments_under_sanctions(
            self.payment_access, p.sanctions_on_payments, self.sanctions
        )
        self.prices = host_equations.prices(
            self.price_level, self.living_cost, p.sanctions_on_costs, self.sanctions
        )
        seekers = host_equations.seekers(
            self.newcomers, p.refugee_competition, self.competing_refugees, p.aid_effect, self.aid
        )
        self.rent_usd = float(
            host_equations.rent(
                self.rent_before_usd, p.rent_elasticity, seekers, self.settlement_population
            )
        )
        self.refusal = p.renewals_examined * host_equations.refusal_chance(
            self.refusal_base, p.strictness_to_refusal, self.renewal_strictness, STRICTNESS_AT_START
        )

    def answer(self, week: int, newcomers: float) -> None:
        """Rent follows people, hostility answers rent, policy reviews itself every quarter."""
        p, before = self.parameters, self.rent_usd
        self.places_left = min(self.places_left, 0.0) + self.weekly_places
        self.newcomers = newcomers
        self.update()
        for lever, heard in self.heard.items():
            self.heard[lever] = float(
                host_equations.heard_next(
                    heard, getattr(self, lever), p.news_months, p.publicity_effect, self.publicity
                )
            )
        self.hostility = float(
            host_equations.hostility_next(
                self.hostility,
                self.rest(week),
                p.hostility_decay_per_month,
                p.hostility_from_rents,
                np.log(self.rent_usd / before),
                p.hostility_from_incidents,
                self.incident,
            )
        )
        if week > 0 and week % REVIEW_WEEKS == 0 and not self.pinned:
            self.renewal_strictness = float(
                host_equations.strictness_next(
                    self.renewal_strictness,
                    p.policy_to_hostility,
                    self.hostility,
                    p.hostility_threshold,
                    p.policy_to_crowding,
                    host_equations.crowding(
                        self.newcomers, self.settlement_population, p.aid_effect, self.aid
                    ),
                    p.policy_to_security,
                    self.security_plea,
                    p.policy_to_pressure,
                    self.accession_pressure - self.pressure_before,
                )
            )
            self.update()


class ObjectKremlin(SimpleNamespace):
    """The Kremlin: levers, the risk that each class of exposure sees, and whom it has taken."""

    def __init__(self, model: Any) -> None:
        super().__init__(**dict.fromkeys(KREMLIN_LEVERS, 0.0))
        self.mobilisation_breadth = self.abductions = 1.0
        self.news = 0.0
        self.model = model
        self.called_up = 0.0
        self.risk: dict[float, float] = {adult.exposure: 0.0 for adult in model.adults}
        self.community: dict[tuple[int, int], list[int]] = {}  # called up, and all
        for adult in model.adults:
            self.community.setdefault((adult.region, adult.risk_class), [0, 0])[1] += 1

    def act(self, week: int) -> None:
        """The risk that the order suggests, and the call-up."""
        p = self.model.parameters
        for exposure, risk in self.risk.items():
            target = equations.risk_believed(
                p.breadth_belief * self.mobilisation_breadth, exposure, self.mobilisation
            )
            self.risk[exposure] = float(equations.risk_next(risk, target, p.risk_decay_per_month))
        if self.mobilisation > 0 and self.called_up < self.mobilisation_quota:
            self._call_up(week)

    def _call_up(self, week: int) -> None:
        """Men at home are struck with a chance in proportion to their exposure."""
        model = self.model
        at_home = [adult for adult in model.adults if adult.at_home and adult.draftable]
        reachable = sum(adult.exposure for adult in at_home) * self.mobilisation * model.scale
        wanted = min(
            self.mobilisation_quota - self.called_up, reachable * model.parameters.delivery_per_week
        )
        if reachable <= 0 or wanted <= 0:
            return
        luck = model.luck.everybody("call-up", week)
        struck = [
            adult
            for adult in at_home
            if luck[adult.person] < adult.exposure * self.mobilisation * wanted / reachable
        ]
        struck.sort(key=lambda adult: model.luck.uniform("call-up lot", adult.person, week))
        most = round((self.mobilisation_quota - self.called_up) / model.scale)
        for adult in struck[:most]:
            adult.called_up = True
            self.community[adult.region, adult.risk_class][0] += 1
            self.called_up += model.scale


class Luck:
    """The draws of single persons, by the same keys as those of the columns."""

    def __init__(self, chance: Chance, population: Population) -> None:
        self._chance, self._population = chance, population
        self._hosts = name_keys(HOST_NAMES)
        self._places = np.append(self._hosts, name_key(HOME))
        people = population.people(np.arange(population.size))
        self._livelihood = population.groups.livelihood[people.group]
        self._leaning = people.leaning

    def everybody(self, purpose: str, week: int) -> list[float]:
        """Everybody's uniform of a week, by number of person: those the bands hold."""
        ones = np.ones(len(self._population.strata.size))
        persons, draws = listed(self._chance, week, self._population, ones, purpose)[:2]
        assert len(persons) == self._population.size
        return draws.tolist()

    def uniform(self, purpose: str, person: int, when: int | None = None) -> float:
        """A uniform of one person."""
        return float(self._chance.uniform(purpose, np.array([person]), when)[0])

    def of_host(self, purpose: str, host: str, week: int) -> float:
        """A uniform of one host."""
        return self.uniform(purpose, name_keys((host,)).view(np.int64)[0], week)

    def word(self, purpose: str, person: int, when: int) -> int:
        """64 bits of one person."""
        return int(self._chance.words(purpose, np.array([person]), when)[0])

    def words(self, purpose: str, person: int, when: int | None = None) -> list[int]:
        """64 bits of one person for each host."""
        found = self._chance.words_by_place(purpose, np.array([person]), self._hosts, when)
        return found[0].tolist()

    def departure(self, person: int, week: int, u: float) -> list[float]:
        """Luck of each host and Russia for somebody at home, given u."""
        weights = luck_weights()[self._livelihood[person], self._leaning[person]]
        one = np.array([person])
        luck = luck_at_home(self._chance, one, week, np.array([u]), self._hosts, weights[None])
        return luck[0].tolist()

    def abroad(self, person: int, occasion: int) -> list[float]:
        """Luck of each host and Russia for somebody abroad."""
        one = np.array([person])
        found = self._chance.exponential_by_place("luck abroad", one, occasion, self._places)
        return found[0].tolist()


def poisson_at(luck: float, mean: float) -> int:
    """The count of a Poisson law below which this share of the luck lies."""
    count, below, term = 0, exp(-mean), exp(-mean)
    while luck > below:
        count += 1
        term *= mean / count
        below += term
    return count


def quarter(word: int, number: int) -> float:
    """One of the four uniforms of 16 bits in a word."""
    return ((word >> 16 * number & 0xFFFF) + 0.5) / 2**16


def third(word: int, number: int) -> float:
    """One of the three uniforms of 21 bits in a word, the highest first."""
    return ((word >> (43, 22, 0)[number] & 0x1FFFFF) + 0.5) / 2**21
