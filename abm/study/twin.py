"""The mean-field twin: the model in expectation, with shares of people in place of people.

    from abm.study import twin
    run = twin.run("war-years", without=["M8"])
    run.outcomes        # the same tidy table as of abm.run, without luck

Everything that decides is the model's own: equations, doors, decision, hosts, Kremlin, schedule,
accounts. What the twin changes, and what is lost, is in docs/twin.md: types that stand for all,
chances in place of luck, and means in place of some memories.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from abm import equations
from abm import scenario as scenarios
from abm.chance import Floats
from abm.decision import World
from abm.errors import InputError
from abm.hosts_table import HOST_NAMES
from abm.observation import Observations
from abm.scenario import Scenario
from abm.study import twin_readings
from abm.study.twin_abroad import Abroad
from abm.study.twin_accounts import OUTCOMES_GIVEN, TwinAccounts
from abm.study.twin_counts import TwinCounts
from abm.study.twin_home import AtHome
from abm.study.twin_life import LifeAbroad
from abm.study.twin_moves import Moves, Russia
from abm.study.twin_odds import Work, odds_abroad, work_in_reach
from abm.study.twin_people import households_of
from abm.study.twin_reach import Reach
from abm.study.twin_world import Surroundings
from abm.ties import CONTACTS, community

TYPES = 300  # households
_HOSTS = len(HOST_NAMES)


@dataclass(frozen=True, eq=False)
class TwinRun:
    """What one run of the twin leaves behind.

    scenario : as resolved; types : households that stand for all; seconds : how long it took
    population : marks of all adults; observations, counts : by week
    """

    scenario: Scenario
    types: int
    seconds: float
    population: Mapping[str, float]
    observations: Observations
    counts: TwinCounts

    @property
    def weeks(self) -> int:
        """How many weeks the run lasts."""
        return self.observations.weeks_seen

    @cached_property
    def observed(self) -> Observed:
        """What the model's observation processes may read of the twin."""
        names = twin_readings.OUTCOMES_READ
        return Observed(self.scenario, self.population, self.observations.table(names))

    def readings(self) -> pd.Series:
        """What sources would have counted, by target's id; NaN where the twin has no reading."""
        return twin_readings.readings(self)

    def targets(self) -> pd.DataFrame:
        """What sources observed beside this run, as of a run of the model."""
        return twin_readings.judge(self)

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        """Tidy, as of a run of the model: date, host, outcome, value, unit. Fewer outcomes."""
        return self.observations.table(OUTCOMES_GIVEN)

    def series(self, outcome: str, host: str = "World") -> Floats:
        """One outcome by week, (weeks,). Raises InputError for what the twin cannot give."""
        if outcome not in OUTCOMES_GIVEN:
            raise InputError(
                f"the twin gives no outcome {outcome!r}; run the model, or ask for one of "
                f"{', '.join(OUTCOMES_GIVEN[:5])}, …"
            )
        return self.observations.series(outcome, host)

    def __repr__(self) -> str:
        return (
            f"<TwinRun of {self.scenario.name} until {self.scenario.until}, {self.types} types, "
            f"{self.seconds:.2f} s>"
        )


@dataclass(frozen=True, eq=False)
class Observed:
    """Tables of a run without single people, for the processes that need none."""

    scenario: Scenario
    population: Mapping[str, float]
    outcomes: pd.DataFrame

    @property
    def moves(self) -> pd.DataFrame:
        """None: raises InputError, as emigrants and refusals do."""
        raise InputError("the twin has no single people or moves; run the model: abm.run()")

    emigrants = refusals = moves


def run(
    scenario: str | Path | Scenario = "war-years",
    *,
    seed: int | None = None,
    until: str | date | None = None,
    set: Mapping[str, Any] | None = None,
    without: Iterable[str] = (),
    replicate: int = 0,
    population: pd.DataFrame | str | Path | None = None,
    types: int = TYPES,
) -> TwinRun:
    """The expectation of a scenario; arguments as of `abm.run`.

    types: households that stand for all; seed and replicate: which households these are. They are
    the same in every scenario, so two runs of one seed differ by their causes alone.

    Raises
    ------
    InputError : as `abm.run`; or people look ahead or have mechanisms of the user's own, which the
        twin does not know; or types is no count of at least 10
    """
    if isinstance(types, bool) or not isinstance(types, int) or types < 10:
        raise InputError(f"types must be a whole number from 10 on, not {types!r}. Example: 300")
    clock = time.perf_counter()
    resolved = scenarios.load(
        scenario,
        seed=seed,
        until=until,
        set=set,
        without=without,
        replicate=replicate,
        population=population,
    )
    twin = Twin(resolved, types)
    while twin.surroundings.week < twin.surroundings.weeks:
        twin.step()
    return TwinRun(
        resolved,
        types,
        time.perf_counter() - clock,
        twin.surroundings.population.summary(),
        twin.accounts.observations,
        twin.counts,
    )


class Twin:
    """The state of the twin, stepped by weeks as the model is."""

    def __init__(self, scenario: Scenario, types: int = TYPES) -> None:
        self.surroundings = Surroundings(scenario)
        self.households = households_of(scenario, types)
        people = self.households.people
        self.home = AtHome(self.surroundings, people, self.households.partnered)
        nowhere = np.zeros((self.households.rows, _HOSTS), dtype=bool)
        reach = Reach(nowhere, self.households.couples)
        self.abroad = Abroad(self.households, reach)
        self.russia = Russia(reach)
        self.accounts = TwinAccounts(self.surroundings, self.households)
        median = float(self.surroundings.population.summary()["wage_median_usd"])
        self.counts = TwinCounts(self.surroundings.weeks, self.households, median)
        self._work: tuple[bytes, Work | None] = (b"", None)
        population = self.surroundings.population
        of_groups = community(population.groups)
        of_strata = of_groups[population.strata.group]
        self._community = of_groups[people.group]
        self._community_size = np.bincount(of_strata, population.strata.size) * population.scale

    def step(self) -> None:
        """One week: surroundings, life abroad and decisions on the same state, moves, accounts."""
        s, abroad, russia, home = self.surroundings, self.abroad, self.russia, self.home
        s.begin_week()
        russia.call_up(s.kremlin.taken[self.households.people.risk_class], abroad.reach)
        world = s.world()
        if home.knock(world):
            self._reach_out()
            abroad.note_doors(home.deciders.doors)
        parts = home.look(world, self._contacts(world.parameters.contacts_weight))
        work = self._at_work(world)
        odds = odds_abroad(abroad, world, home, parts, work)
        self.accounts.observe_wishes(home, russia, world)
        life = LifeAbroad(abroad, odds, work, world)
        moves = Moves(russia, abroad, home, world)
        moves.depart()
        moves.return_and_move_on(life, odds)
        abroad.end_week(world)
        self._count_at_home()
        self.counts.count(s.week, moves.week, abroad, russia, life)
        self.accounts.observe_moves(moves.week)
        self.accounts.observe_states(abroad, russia, world, moves.week, life)

    def _reach_out(self) -> None:
        """Doors have changed: who can enter where, or follow a partner who can."""
        doors = self.home.deciders.doors
        wider = Reach(
            self.abroad.reach.within | doors.open | doors.believed, self.households.couples
        )
        if wider.cells > self.abroad.reach.cells:
            self.russia.widen(self.abroad.reach, wider)
            self.abroad.widen(wider)
            self._work = (b"", None)

    def _at_work(self, world: World) -> Work:
        """Incomes and access to work, kept until something of them changes."""
        hosts = world.hosts
        state = np.concatenate([hosts.right_to_work, hosts.institutions_closed, hosts.payments])
        kept, work = self._work
        if work is None or kept != state.tobytes():
            work = work_in_reach(self.abroad, world)
            self._work = state.tobytes(), work
        return work

    def _contacts(self, weight: float) -> Floats:
        """What contacts in each host are worth to each person, util, (persons, hosts).

        ln E[exp(ω ln(1 + K))], the number K of contacts there Poisson about its mean.
        """
        reach, size = self.abroad.reach, self._community_size
        cell = self._community[reach.for_all(reach.person)] * _HOSTS + reach.host_of_cell
        gone = np.bincount(cell, self.abroad.adults * self.abroad.there, len(size) * _HOSTS)
        mean = (CONTACTS * gone.reshape(-1, _HOSTS) / size[:, None])[..., None]
        number = np.arange(CONTACTS + 1)
        factorial = np.cumprod(np.maximum(number, 1.0))
        chance = np.exp(-mean) * mean**number / factorial
        odds = (chance * np.exp(equations.worth_of_contacts(weight, number))).sum(axis=-1)
        return np.asarray(np.log(odds)[self._community])

    def _count_at_home(self) -> None:
        """Agents in Russia by region and class of exposure, for the next call-up."""
        s, reach, people = self.surroundings, self.abroad.reach, self.households.people
        away = reach.by_person(reach.of_pairs(self.abroad.there)) + self.russia.called_up
        gone = np.zeros_like(s.population.class_size)
        heads = away * self.households.adults / s.population.scale
        np.add.at(gone, (people.region, people.risk_class), heads)
        s.at_home = np.maximum(s.population.class_size - gone, 0.0)
