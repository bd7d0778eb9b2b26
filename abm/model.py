"""The emigration model, a mesa.Model: the week as one visible list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import mesa
import numpy as np
import pandas as pd
from mesa.datacollection import DataCollector

from abm import equations, foresight
from abm import scenario as scenarios
from abm.abductions import abduct
from abm.accounts import Accounts
from abm.attitudes import Attitudes
from abm.calendar import START, weeks_until
from abm.chance import Chance, Floats, Integers, name_key
from abm.choices import decide
from abm.composition import EDUCATIONS, OCCUPATIONS, REGIONS, SEXES
from abm.decision import World
from abm.doors import PENDING
from abm.elite_exits import EliteExits
from abm.emigrants import ARMY, Emigrants
from abm.hosts import Host, HostColumns, Hosts
from abm.hosts_table import HOME, HOST_NAMES, real_wage_index
from abm.intents import Intents
from abm.kremlin import Kremlin
from abm.life_abroad import life_abroad
from abm.moves import cause_names, move
from abm.observation import Observations, observe_moves, observe_states
from abm.own_mechanism import OwnMechanism, acting, respond
from abm.people import Flags
from abm.population import Population
from abm.russians import Russians
from abm.schedule import Schedule, set_lever
from abm.screening import listed
from abm.ties import Ties
from abm.traits_tables import home_wage_mean_usd

# The week. Decisions are all taken on the same state; only `moves` writes anybody's place.
PHASES = (
    "events", "kremlin_acts", "hosts_answer", "life_abroad", "decisions", "moves", "accounts",
    "observe",
)  # fmt: skip
PLACES = np.array((*HOST_NAMES, HOME))
REPORTED = ("stock_abroad", "departures", "returns", "onward_moves", "insecure_status")


class EmigrationModel(mesa.Model):
    """One run of a scenario, stepped by weeks.

    scenario: a packaged name, a TOML file or a Scenario; set: parameters and levers by name;
    without: ids of mechanisms that are off, or "responses"; screened=False looks at everybody
    (slow, the same people); population: a table of your own people; mechanisms: some of your own;
    looking_ahead: whether people do, as the scenario says when None.
    Raises InputError before anything runs.
    """

    def __init__(
        self,
        scenario: str | Path | scenarios.Scenario = "war-years",
        scale: int | None = None,
        seed: int | None = None,
        until: str | date | None = None,
        set: Mapping[str, float] | None = None,
        without: Iterable[str] = (),
        screened: bool = True,
        replicate: int = 0,
        population: pd.DataFrame | str | Path | None = None,
        mechanisms: Iterable[OwnMechanism] = (),
        looking_ahead: bool | None = None,
    ) -> None:
        self.scenario = scenarios.load(
            scenario,
            scale=scale,
            seed=seed,
            until=until,
            set=set,
            without=without,
            replicate=replicate,
            population=population,
            mechanisms=mechanisms,
            looking_ahead=looking_ahead,
        )
        super().__init__(seed=self.scenario.seed)
        self.screened = screened
        self.weeks = weeks_until(self.scenario.until)
        self.week = 0
        self.chance = Chance(self.scenario.seed, self.scenario.replicate)
        self.home_key = name_key(HOME)
        self.discount = _discount(self.scenario)
        own = self.scenario.population
        self.population = Population(self.scenario.scale, self.chance, own.types if own else None)
        self.ties = Ties(self.population)
        self.emigrants = Emigrants(self.population, self.ties)
        self.host_columns = HostColumns(self.scenario.parameters)
        self.hosts = Hosts([Host(self, row) for row in range(len(HOST_NAMES))], random=self.random)
        self.kremlin = Kremlin(self, self.population)
        self.economy = Accounts(self)
        self.attitudes = Attitudes(self)
        self.russians = Russians(self)
        self.observations = Observations(self.weeks)
        self.elite_exits = EliteExits(self)
        self.abductions: Floats = np.zeros(len(HOST_NAMES))  # people this week, by host
        self.datacollector = DataCollector(
            model_reporters={name: _reporter(name) for name in REPORTED}
        )
        self._intents: Intents | None = None
        self._moves: list[tuple[np.ndarray, ...]] = []
        self._refusals: list[tuple[np.ndarray, ...]] = []
        self._schedule = Schedule(self.scenario)
        mesa.Agent._ids.pop(self, None)  # Mesa's counter would keep every model alive

    # --- the week --------------------------------------------------------------------------

    def step(self) -> None:
        """One week, phase by phase."""
        if self.week >= self.weeks:
            self.running = False
            return
        self.observations.begin(self.week)
        for phase in PHASES:
            getattr(self, phase)()
        self.datacollector.collect(self)
        self.week += 1
        self.running = self.week < self.weeks

    def events(self) -> None:
        """Levers take the values dated to this week; what ends goes back first."""
        self._schedule.act(self.week, self.set_lever, self.host_columns.release)

    def kremlin_acts(self) -> None:
        """Fear of the order, the call-up, abductions abroad."""
        self.kremlin.act(self.week)
        self.abductions = abduct(self)

    def hosts_answer(self) -> None:
        """Rents, hostility and policy follow the people who came."""
        respond(self)
        self.host_columns.answer(self.week, self.stock())

    def life_abroad(self) -> None:
        """Memories, work, savings and permits of those abroad."""
        life_abroad(self)

    def decisions(self) -> None:
        """Who reconsiders chooses, all on the same state."""
        self._intents = decide(self)

    def moves(self) -> None:
        """Scarce places are allotted, partners join, everybody who moves is moved."""
        assert self._intents is not None
        move(self, self._intents)

    def accounts(self) -> None:
        """Labour, output, capital; propaganda and the opposition."""
        self.economy.settle()
        self.attitudes.settle()

    def observe(self) -> None:
        """Stocks and shares at the week's end, and the exits of the elite that were to expect."""
        observe_states(self)
        self.elite_exits.observe()

    # --- what phases share -------------------------------------------------------------------

    def world(self) -> World:
        """What everybody sees this week."""
        return World(
            self.scenario.parameters,
            self.host_columns,
            self.kremlin,
            real_wage_index(self.week),
            self.economy.wage_offers,
            self.attitudes.propaganda,
            self.week,
            acting(self.scenario.mechanisms),
            self.discount,
        )

    def stock(self) -> Floats:
        """People in each host now, shape (hosts,)."""
        rows = self.emigrants.abroad()
        place, people = self.emigrants.place[rows], self.emigrants.people[rows]
        return np.asarray(np.bincount(place, people, len(HOST_NAMES)), dtype=float)

    def set_lever(self, lever: str, host: str | None, value: float) -> float:
        """Set a lever now; returns what it was (in the first of several hosts).

        host: a host or union, None for all hosts, and always None for the Kremlin's levers. It
        stands until the next event that sets the lever. Raises InputError as a scenario would.
        """
        return set_lever(self.kremlin, self.host_columns, self.week, lever, host, value)

    def struck(self, purpose: str, chance_by_class: Floats) -> Integers:
        """Persons struck this week for a purpose, with a chance by class of exposure."""
        classes = self.population.groups.risk_class[self.population.strata.group]
        bound = chance_by_class[classes]
        return listed(self.chance, self.week, self.population, bound, purpose)[0]

    def turn_back(self, ids: Integers, hosts: Integers) -> None:
        """Those turned back at a shut door are at home again, and the journey is paid."""
        if len(ids):
            e, p = self.emigrants, self.scenario.parameters
            rows = e.ensure(self.population.people(ids))
            hours = self.host_columns.travel_hours[hosts]
            price = equations.journey_usd(p.journey_months, home_wage_mean_usd()[1], hours)
            e.savings_usd[rows] = np.maximum(0.0, e.savings_usd[rows] - price)

    def record_moves(self, moves: Intents) -> None:
        """Keep the week's moves and count them."""
        observe_moves(self, moves)
        week = np.full(len(moves.person), self.week)
        self._moves.append(
            (
                week,
                moves.person,
                moves.origin,
                moves.destination,
                cause_names(moves),
                moves.people,
            )
        )

    def record_permits(self, decided: Integers, chance: Floats, refused: Flags) -> None:
        """Keep the refused among the week's decided permits, by row, and count them; chance: of
        being refused."""
        e, rows = self.emigrants, decided[refused]
        place, people = e.place[rows].astype(np.int64), e.people[rows]
        self.observations.add("permit_refusals", place, people)
        self.attitudes.reject(people)
        renewal = e.status[rows] != PENDING
        week = np.full(len(rows), self.week)
        self._refusals.append((week, e.person[rows], place, renewal, people))

    # --- what a run leaves ---------------------------------------------------------------------

    def outcomes(self) -> pd.DataFrame:
        """Outcomes so far, tidy: date, host, outcome, value, unit."""
        return self.observations.table()

    def moves_table(self) -> pd.DataFrame:
        """One row a move: week, date, person, origin, destination, cause, people."""
        week, person, origin, destination, cause, people = _joined(self._moves, 6)
        return pd.DataFrame(
            {
                "week": week.astype(int),
                "date": _dates(week),
                "person": person.astype(int),
                "origin": PLACES[origin.astype(int)],
                "destination": PLACES[destination.astype(int)],
                "cause": cause.astype(str),
                "people": people,
            }
        )

    def refusals_table(self) -> pd.DataFrame:
        """One row a refused permit: week, date, person, host, renewal (of one held), people."""
        week, person, place, renewal, people = _joined(self._refusals, 5)
        return pd.DataFrame(
            {
                "week": week.astype(int),
                "date": _dates(week),
                "person": person.astype(int),
                "host": PLACES[place.astype(int)],
                "renewal": renewal.astype(bool),
                "people": people,
            }
        )

    def emigrants_table(self) -> pd.DataFrame:
        """One row for each agent that ever left: traits, where they are now, people."""
        e = self.emigrants
        rows = np.flatnonzero(e.first_left_week[: e.rows] >= 0)
        people = self.population.people(e.person[rows])
        return pd.DataFrame(
            {
                "person": people.ids,
                "sex": np.array(SEXES)[people.sex],
                "age_years": people.age_years,
                "region": np.array(REGIONS)[people.region],
                "education": np.array(EDUCATIONS)[people.education],
                "occupation": np.array(OCCUPATIONS)[people.occupation],
                "wage_usd": people.wage_usd,
                "dissent": people.dissent,
                "place": np.where(e.place[rows] == ARMY, "army", PLACES[e.place[rows]]),
                "left_week": e.first_left_week[rows].astype(int),
                "people": e.people[rows],
            }
        )


def _discount(scenario: scenarios.Scenario) -> float | None:
    if not scenario.looking_ahead:
        return None
    return foresight.weekly_discount(scenario.parameters.discount_per_year)


def _joined(parts: list[tuple[np.ndarray, ...]], columns: int) -> list[np.ndarray]:
    if not parts:
        return [np.empty(0)] * columns
    return [np.concatenate([part[k] for part in parts]) for k in range(columns)]


def _dates(week: np.ndarray) -> np.ndarray:
    return np.datetime64(START, "s") + week.astype("timedelta64[W]")


def _reporter(name: str) -> Any:
    return lambda model: float(model.observations.series(name)[-1])
