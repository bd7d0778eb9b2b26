"""One person's life in a run, decision by decision.

A run is stepped again with its seed, and the person is looked at whenever they decide: what the
model works out for everybody at once is shown for one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from abm import equations
from abm.ability import among
from abm.bounds import bounds
from abm.calendar import week_start
from abm.chance import Floats
from abm.choices import luck_abroad
from abm.emigrants import ARMY, HOME, TRIGGERS
from abm.errors import InputError
from abm.hosts_table import HOME as HOME_NAME
from abm.hosts_table import HOST_NAMES
from abm.luck import luck_at_home, luck_weights_of
from abm.model import EmigrationModel
from abm.reconsidering import ranges, reconsidering
from abm.russians import Russian, weighed
from abm.scenario import Scenario

OPTIONS = (*HOST_NAMES, HOME_NAME)
NO_DECISION = "did not decide"


@dataclass(frozen=True, eq=False)
class Event:
    """A week in which a person decides, or is moved.

    week; date: its first day; place: where the week finds them; trigger: what makes them decide
    ("attention" at home; "partner" or "call-up" when nothing does and yet they are moved);
    choice: what they choose, or "did not decide"; became: where the week leaves them.
    options: what they weigh, as `Russian.explain`, with believed (whether they think they can),
    luck (E) and arrival (ln E - utility: the first of those believed wins); None without a
    decision.
    """

    week: int
    place: str
    trigger: str
    choice: str
    became: str
    options: pd.DataFrame | None

    @property
    def date(self) -> pd.Timestamp:
        return pd.Timestamp(week_start(self.week))

    @property
    def turned_back(self) -> bool:
        """Whether they set out for a door that was shut."""
        if self.options is None or self.place != HOME_NAME or self.choice == HOME_NAME:
            return False
        return not bool(self.options.set_index("option").loc[self.choice, "able"])

    @property
    def taken_along(self) -> bool:
        """Whether they would have stayed and were moved with their partner."""
        return self.choice == self.place != self.became

    def told(self) -> str:
        """What happened, in a few words."""
        if self.choice == NO_DECISION:
            return {"call-up": "called up", "partner": f"with the partner to {self.became}"}.get(
                self.trigger, self.became
            )
        if self.turned_back:
            return f"turned back from {self.choice}"
        where = "stayed" if self.became == self.place else f"to {self.became}"
        if self.taken_along:
            return f"{where} with the partner"
        return where if self.became == self.choice else f"{where}, having chosen {self.choice}"


@dataclass(frozen=True, eq=False)
class Biography:
    """A person's events in one world, in order of weeks."""

    person: int
    traits: dict[str, object]
    scenario: Scenario
    events: tuple[Event, ...]

    @property
    def decisions(self) -> pd.DataFrame:
        """One row for each decision and option: date, place, trigger, choice, became, and the
        columns of the options."""
        parts = []
        for event in self.events:
            if event.options is not None:
                told = ("date", "place", "trigger", "choice", "became")
                head = {name: getattr(event, name) for name in told}
                parts.append(event.options.assign(**head)[[*told, *event.options]])
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

    def place_after(self, week: int) -> str:
        """Where the person is at a week's end."""
        before = [event.became for event in self.events if event.week <= week]
        return before[-1] if before else HOME_NAME

    def event_of(self, week: int) -> Event | None:
        """The week's event, if there is one."""
        return next((event for event in self.events if event.week == week), None)


class _Watched(EmigrationModel):
    """A run that notes one person's decisions; it changes nothing."""

    def __init__(self, scenario: Scenario, person: int) -> None:
        super().__init__(scenario, replicate=scenario.replicate)
        size = self.population.size
        if not 0 <= person < size:
            raise InputError(f"there is no person {person}, only 0 to {size - 1}. Example: 12")
        self.person = person
        self.lived: list[Event] = []
        self.pending: Event | None = None
        self.found_at = HOME_NAME

    def events(self) -> None:
        super().events()
        self.pending, self.found_at = None, self.place_now()

    def decisions(self) -> None:
        self.pending = look(self, self.person)
        super().decisions()

    def moves(self) -> None:
        super().moves()
        now = self.place_now()
        if self.pending is not None:
            self.lived.append(replace(self.pending, became=now))
        elif now != self.found_at:
            why = "call-up" if now == "army" else "partner"
            self.lived.append(Event(self.week, self.found_at, why, NO_DECISION, now, None))

    def place_now(self) -> str:
        """The name of the place where the person is."""
        return str(Russian(self, self.person).host)


def look(model: EmigrationModel, person: int) -> Event | None:
    """The decision that a person is about to take this week, if any; before the phase decisions."""
    place = int(model.emigrants.place_of(np.array([person]))[0])
    if place == ARMY:
        return None
    if place == HOME:
        u = u_of(model, person)
        if u is None:
            return None
        people = model.population.people(np.array([person]))
        luck = luck_at_home(
            model.chance,
            people.ids,
            model.week,
            np.array([u]),
            model.host_columns.keys,
            luck_weights_of(people),
        )[0]
        trigger = "attention"
    else:
        row = model.emigrants.row_of(np.array([person]))
        found = int(model.emigrants.trigger[row[0]])
        if not found:
            return None
        luck, trigger = luck_abroad(model, model.world(), row)[0], TRIGGERS[found]
    options, choice = _race(model, person, luck, at_home=place == HOME)
    return Event(model.week, OPTIONS[place], trigger, choice, "", options)


def u_of(model: EmigrationModel, person: int) -> float | None:
    """The u of a person's luck, if they reconsider at home this week.

    Asked of the whole stratum, so that it is found also for those who need not be looked at.
    """
    people = model.population.people(np.array([person]))
    world = model.world()
    bound = bounds(model, world)
    draw = np.zeros_like(bound.draw)
    draw[people.stratum] = 1.0
    bound = replace(bound, draw=draw)
    for some in ranges(model, world, bound):
        who = reconsidering(model, bound, some)
        at = np.flatnonzero(who.people.ids == person)
        if len(at):
            return float(who.u[at[0]])
    return None


def _race(
    model: EmigrationModel, person: int, luck: Floats, at_home: bool
) -> tuple[pd.DataFrame, str]:
    """The options with luck and arrival, and the one that wins."""
    options, can = weighed(model, person)
    believed = can.believed[0] if at_home else can.in_fact[0]
    arrival = equations.log_arrival(luck, options["utility"].to_numpy())
    options = options.assign(believed=believed, luck=luck, arrival=arrival)
    return options, OPTIONS[int(np.argmin(among(np.asarray(arrival), believed)))]


def biography(scenario: Scenario, person: int) -> Biography:
    """A person's life in a run of a resolved scenario; the run is stepped again.

    Raises InputError for a number that is no person's.
    """
    model = _Watched(scenario, person)
    who = Russian(model, person)
    names = ("age_years", "sex", "region", "education", "occupation", "leaning", "children")
    traits = {name: getattr(who, name) for name in names}
    traits["partner"] = who.partner.unique_id if who.partner else None
    while model.running:
        model.step()
    return Biography(person, traits, scenario, tuple(model.lived))
