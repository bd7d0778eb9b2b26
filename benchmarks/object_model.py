"""The war years as a plain Mesa object model: an agent an adult, looked at one by one each week.

An independent reading of the rules, slow and simple: the same equations (abm.equations) with
numbers for one person and one host, the same people and the same keyed luck, but no columns,
strata, bands or bounds. It is the oracle of the tests and the yardstick of the benchmark.

Could it differ from the columns? Sums are taken in another order, and a power of one number comes
from another routine than a power of a column, so a utility may differ in its last bits (1 part in
10¹⁵). A move differs only where two options arrive that close in the race, or a draw lies that
close to its threshold: once in some 10¹³ decisions. The tests would show it as one differing move.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import mesa
import numpy as np
import pandas as pd

from abm import equations, scenario
from abm import equations_of_hosts as host_equations
from abm import equations_of_society as society
from abm.accounts import workforce
from abm.calendar import WEEKS_PER_MONTH, WEEKS_PER_YEAR, first_week_on_or_after, weeks_until
from abm.chance import Chance
from abm.composition import OCCUPATIONS
from abm.doors import LONG_PERMIT, PERMIT, SECURE, VISITOR
from abm.elite import comes_along
from abm.emigrants import JOBLESS, PARTNER, REMOTE_WORK
from abm.hosts import HostColumns
from abm.hosts_table import HOME, HOST_NAMES, real_wage_index
from abm.kremlin import NEWS
from abm.levers import NO_LIMIT
from abm.population import Population
from abm.ties import CONTACTS, NOBODY, Ties
from benchmarks.object_adult import TRAITS, Adult, Door, weeks_on_entry
from benchmarks.object_hosts import Luck, ObjectHost, ObjectKremlin, poisson_at
from benchmarks.object_life import Intent, decide_abroad, decide_at_home, first_of, live_abroad


class ObjectModel(mesa.Model):
    """The same arguments as EmigrationModel's. moves, refusals: one tuple each so far."""

    def __init__(self, name: str | scenario.Scenario = "war-years", **changes: Any) -> None:
        self.scenario = scenario.load(name, **changes)
        super().__init__(seed=self.scenario.seed)
        self.parameters, self.scale = self.scenario.parameters, self.scenario.scale
        self.weeks, self.week = weeks_until(self.scenario.until), 0
        chance = Chance(self.scenario.seed, self.scenario.replicate)
        population = Population(self.scale, chance)
        self.workers = workforce(population.types).workers.tolist()  # at home, by occupation
        self.luck = Luck(chance, population)
        self.adults = self._adults(population)
        table = HostColumns(self.parameters)
        rows = range(len(HOST_NAMES))
        self.hosts = [ObjectHost(table, row, self.parameters) for row in rows]
        self.kremlin = ObjectKremlin(self)
        self.moves: list[tuple[int, int, str, str, str]] = []
        self.refusals: list[tuple[int, int, str, bool]] = []
        self.turned_back = self.immobile = self.crowded_out = 0.0  # people so far
        self.never_heard = self.resettled = self.abducted = self.protected = 0.0
        self.rejections = self.at_the_door = self.tilt = 0.0  # people, people, logit
        self.wage_offers = [1.0] * len(OCCUPATIONS)
        self._put_back: dict[int, list[tuple[str, str | None, float]]] = {}

    def _adults(self, population: Population) -> list[Adult]:
        """Everybody, with their traits, partner and contacts."""
        everybody = np.arange(population.size)
        people = population.people(everybody)
        columns = {name: getattr(people, name).tolist() for name in TRAITS}
        groups = population.groups
        columns["exposure"] = [
            float(
                equations.exposure(
                    groups.class_liability[row], groups.class_exempt[row],
                    self.parameters.exemption_effect,
                )
            )
            for row in columns["risk_class"]
        ]  # fmt: skip
        adults = [
            Adult(self, person, {name: column[person] for name, column in columns.items()})
            for person in range(population.size)
        ]
        ties = Ties(population)
        partners, contacts = ties.partner(everybody).tolist(), ties.contacts(everybody).tolist()
        for adult in adults:
            partner = partners[adult.person]
            adult.partner = None if partner == NOBODY else adults[partner]
            adult.contacts = [adults[k] for k in contacts[adult.person] if k != NOBODY]
        return adults

    @property
    def real_wage_index(self) -> float:
        """Real wages at home this week, mean of 2021 = 1."""
        return real_wage_index(self.week)

    @property
    def propaganda(self) -> float:
        """Its strength: what the Kremlin puts in now, tilted as of last week."""
        return float(society.propaganda_strength(self.kremlin.propaganda, self.tilt))

    # --- the week --------------------------------------------------------------------------------

    def step(self) -> None:
        """One week: everybody is looked at, and all decide on the same state."""
        self.events()
        self.kremlin.act(self.week)
        self.abduct()
        newcomers = dict.fromkeys(HOST_NAMES, 0.0)
        for adult in self.adults:
            if adult.host is not None:
                newcomers[adult.host.name] += adult.people
        for host in self.hosts:
            host.answer(self.week, newcomers[host.name])
        for adult in self.adults:
            if adult.host is not None:
                live_abroad(adult)
        self.move(self.accompany(self.allot(self.decide())))
        self.account()
        self.week += 1

    def events(self) -> None:
        """Levers that were set for a time go back, then this week's settings act."""
        self.kremlin.news = 0.0
        for lever, host, value in self._put_back.pop(self.week, ()):
            self.set_lever(lever, host, value)
        for held in self.scenario.held if self.week == 0 else ():
            self.set_lever(held.lever, held.host, held.value)
        for event in sorted(self.scenario.events, key=lambda event: event.date):
            if first_week_on_or_after(event.date) == self.week:
                before = self.set_lever(event.lever, event.host, event.value)
                if event.until is not None:
                    back = self._put_back.setdefault(first_week_on_or_after(event.until), [])
                    back.append((event.lever, event.host, before))

    def set_lever(self, lever: str, host: str | None, value: float) -> float:
        """Set a lever of the Kremlin, of one host, or of all; returns what it was."""
        if hasattr(self.kremlin, lever):
            before: float = getattr(self.kremlin, lever)
            if lever in NEWS:
                self.kremlin.news = max(self.kremlin.news, value - before)
            setattr(self.kremlin, lever, value)
            return before
        chosen = [place for place in self.hosts if host in (None, place.name)]
        before_by_host = [place.set_lever(lever, value, self.week) for place in chosen]
        return before_by_host[0]

    def abduct(self) -> None:
        """Activists abducted or handed over in each host, in real people."""
        at_risk = [0.0] * len(self.hosts)
        for adult in self.adults:
            if adult.host is not None and adult.activist:
                at_risk[adult.host.row] += self.scale
        self.abductions = []
        for host, activists in zip(self.hosts, at_risk, strict=True):
            a_year = host.fear_abductions(self.kremlin.abductions)
            luck = self.luck.of_host("abductions", host.name, self.week)
            self.abductions.append(poisson_at(luck, activists * a_year / WEEKS_PER_YEAR))
        self.abducted += sum(self.abductions)

    def shut_out(self, adult: Adult) -> None:
        """Somebody was turned back, or would go where they may not enter."""
        self.rejections += adult.people
        self.at_the_door += adult.people

    def decide(self) -> list[Intent]:
        """Everybody at home who attends, and everybody abroad with a trigger."""
        draws = self.luck.everybody("reconsider", self.week)
        intents: list[Intent | None] = []
        for adult in self.adults:
            if adult.host is not None:
                intents.append(decide_abroad(adult) if adult.trigger else None)
            elif adult.at_home:
                draw = draws[adult.person]
                if adult.partner is not None and adult.partner.host is not None:
                    draw = self.luck.uniform("singled", adult.person, self.week)
                intents.append(decide_at_home(adult, draw))
        return [intent for intent in intents if intent is not None]

    def account(self) -> None:
        """At the week's end: wage offers by what is missing, and what tilts propaganda."""
        p = self.parameters
        missing = [0.0] * len(OCCUPATIONS)
        abroad = settled = 0.0
        for adult in self.adults:
            if adult.host is not None:
                abroad += adult.people
                settled += adult.status in SECURE
            if adult.called_up or (adult.host is not None and adult.work != REMOTE_WORK):
                missing[adult.occupation] += self.scale
        for row, workers in enumerate(self.workers):
            short = society.shortage(p.missed, missing[row], workers) if workers else 0.0
            self.wage_offers[row] = float(society.wage_offer(p.wage_offer_elasticity, short))
        self.tilt = float(
            society.propaganda_tilt(
                p.propaganda_from_rejections,
                society.rejection(self.rejections, abroad + self.at_the_door),
                p.propaganda_from_contacts,
                society.welcome(CONTACTS, settled / len(self.adults)),
                p.propaganda_from_war,
                society.war_felt((self.week + 1) / WEEKS_PER_MONTH),
            )
        )
        self.rejections = float(host_equations.forgotten(self.rejections))
        self.at_the_door = float(host_equations.forgotten(self.at_the_door))

    # --- moves -----------------------------------------------------------------------------------

    def allot(self, intents: list[Intent]) -> list[Intent]:
        """A lottery fills scarce places; who gets none takes their next option, and so on."""
        scarce = [host for host in self.hosts if host.weekly_places < NO_LIMIT]
        if scarce:
            lot = {i.adult: self.luck.uniform("places", i.adult.person, self.week) for i in intents}
            intents = sorted(intents, key=lambda intent: lot[intent.adult])
        while scarce:
            refused: list[Intent] = []
            for host in scarce:
                taken = 0.0
                for intent in intents:
                    if intent.destination is host and intent.origin is not host:
                        if taken >= host.places_left:
                            refused.append(intent)
                        taken += intent.adult.people
            if not refused:
                break
            for intent in refused:
                assert intent.destination is not None
                self.crowded_out += intent.adult.people
                intent.arrivals[intent.destination.row] = np.inf
                intent.destination = first_of(intent.arrivals, self.hosts)
        for intent in intents:
            if intent.origin is None and intent.destination is None:
                self.immobile += intent.adult.people
        return [intent for intent in intents if intent.destination is not intent.origin]

    def accompany(self, intents: list[Intent]) -> list[Intent]:
        """A coin says whose choice stands; who has not decided comes along or stays behind."""
        wants = {intent.adult: intent for intent in intents}
        follows: list[tuple[Adult, Intent]] = []
        joining: list[tuple[Adult, Intent]] = []
        for intent in intents:
            partner = intent.adult.partner
            if partner is None:
                continue
            first = min(intent.adult.person, partner.person)
            other = wants.get(partner)
            if other is not None and other.origin is intent.origin:
                coin = self.luck.uniform("whose choice", first, self.week) < 0.5
                leads = (intent.adult.person == first) == coin
                if not leads and intent.destination is not other.destination:
                    follows.append((intent.adult, other))
            elif partner.host is intent.origin and not partner.called_up:
                lot = self.luck.uniform("joins", first, self.week)
                if lot < comes_along(self.parameters.partner_joins, partner.rents()):
                    joining.append((partner, intent))
        redirected = [(wants[adult], a.destination) for adult, a in self.let_in(follows, intents)]
        for intent, destination in redirected:
            intent.destination, intent.cause = destination, "partner"
        return intents + [
            Intent(adult, ahead.origin, ahead.destination, [], "partner", None)
            for adult, ahead in self.let_in(joining, intents)
        ]

    def let_in(
        self, behind: list[tuple[Adult, Intent]], moves: list[Intent]
    ) -> list[tuple[Adult, Intent]]:
        """Those who may go where their partner goes: by the doors, and while places are left."""
        let: list[tuple[Adult, Intent]] = []
        taken = [0.0] * len(self.hosts)
        for move in moves:
            if move.destination is not None and move.destination is not move.origin:
                taken[move.destination.row] += move.adult.people
        lot = {adult: self.luck.uniform("places", adult.person, self.week) for adult, _ in behind}
        for adult, ahead in sorted(behind, key=lambda pair: lot[pair[0]]):
            if self.may_follow(adult, ahead):
                host = ahead.destination
                if host is None or taken[host.row] < host.places_left:
                    let.append((adult, ahead))
                if host is not None and host.weekly_places < NO_LIMIT:
                    taken[host.row] += adult.people
        return let

    def may_follow(self, partner: Adult, intent: Intent) -> bool:
        """Whether a host's door is open to family, and Russia lets them out."""
        if intent.destination is None:
            return True
        stopped = (
            intent.origin is None
            and partner.draftable
            and self.luck.uniform("exit", partner.person) < self.kremlin.exit_ban
        )
        return partner.door(intent.destination, with_partner=True).open and not stopped

    def move(self, intents: list[Intent]) -> None:
        """Departures, then onward moves, then returns; partners left abroad decide next week."""
        for intent in intents:
            places = [p.name if p else HOME for p in (intent.origin, intent.destination)]
            self.moves.append((self.week, intent.adult.person, *places, intent.cause))
        leaving = [i for i in intents if i.origin is None]
        onward = [i for i in intents if i.origin is not None and i.destination is not None]
        doors = with_doors(leaving + onward)
        for intent in leaving:
            depart(intent, self.week)
        for intent in onward:
            intent.adult.work = REMOTE_WORK if intent.adult.work == REMOTE_WORK else JOBLESS
        for intent, door in doors:
            intent.adult.status = door.status
        settle_with_partners(doors)
        for intent, door in doors:
            arrive(intent, self.week, door)
        for intent in leaving + onward:
            if intent.destination is not None:
                intent.destination.places_left -= intent.adult.people
        for intent in intents:
            if intent.destination is None:
                intent.adult.savings_usd += intent.adult.savings_in_russia_usd
                intent.adult.savings_in_russia_usd = 0.0
                intent.adult.host, intent.adult.discrimination = None, 0.0
        movers = {intent.adult for intent in intents}
        for partner in {adult.partner for adult in movers} - movers:
            if partner is not None and partner.host is not None:
                partner.next_trigger = PARTNER

    def moves_table(self) -> pd.DataFrame:
        """One row a move: week, person, origin, destination, cause."""
        columns = ["week", "person", "origin", "destination", "cause"]
        return pd.DataFrame(self.moves, columns=columns)


def with_doors(intents: Iterable[Intent]) -> list[tuple[Intent, Door]]:
    """Moves with their doors, all seen before any of them is made."""
    return [(i, i.adult.door(i.destination)) for i in intents if i.destination is not None]


def settle_with_partners(doors: list[tuple[Intent, Door]]) -> None:
    """Who is let in with a partner, then who is a visitor, has a permit if the partner is settled
    in the host or settles there now."""
    enters = {intent.adult: intent.destination for intent, _ in doors}
    shut = [intent for intent, door in doors if not door.open]
    visit = [intent for intent, door in doors if door.open and door.status == VISITOR]
    for intent in (*shut, *visit):
        partner = intent.adult.partner
        there = partner is not None and enters.get(partner, partner.host) is intent.destination
        settled = there and partner is not None and partner.status in SECURE
        intent.adult.status = PERMIT if settled else VISITOR


def depart(intent: Intent, week: int) -> None:
    """Leave Russia: savings that can be moved, work that can be kept, the luck of the decision."""
    adult = intent.adult
    adult.left_week = week
    assert intent.destination is not None
    movable = equations.let_through(
        adult.model.parameters.movable_savings, intent.destination.capital_accepted
    )
    stays = (1.0 - movable) * adult.savings_usd
    adult.savings_usd -= stays
    adult.savings_in_russia_usd = stays
    adult.luck = None if intent.luck is None else (week, intent.luck)
    adult.occasion += 1
    adult.work = REMOTE_WORK if adult.income_follows else JOBLESS


def arrive(intent: Intent, week: int, door: Door) -> None:
    """Enter a host with the status that the door gave."""
    adult, host = intent.adult, intent.destination
    assert host is not None
    adult.permit_ends = week + max(1.0, weeks_on_entry(host, adult.status))
    adult.settled_before |= adult.status == LONG_PERMIT
    adult.model.resettled += adult.people if door.resettled else 0.0
    journey = 0.0 if door.resettled else adult.journey_usd(host)
    adult.savings_usd = max(0.0, adult.savings_usd - journey)
    adult.discrimination = 0.0
    adult.arrived_week = week
    adult.host = host
