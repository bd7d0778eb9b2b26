"""Where one person's lives in two worlds part, and why."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from abm.calendar import week_start
from abm.scenario import Scenario
from abm.study.biography import NO_DECISION, Biography, Event, biography

NOT_COMPONENTS = ["here", "utility", "able", "probability", "believed", "luck", "arrival"]


@dataclass(frozen=True, eq=False)
class Turn:
    """Where two lives part: the first week that leaves the person in different places.

    cause: a trigger that struck in one world alone, a shut door, the component of utility that
    turned the choice, partner or call-up; pull: by component, what speaks in B for B's choice over
    A's, less what speaks for it in A (util a month); empty where not both decided
    """

    date: pd.Timestamp
    a: Event | None
    b: Event | None
    cause: str
    pull: pd.Series[Any]

    def told(self) -> str:
        """The turn in a sentence."""
        sides = [
            f"{side}: {event.told()}" if event else f"{side}: {NO_DECISION}"
            for side, event in (("A", self.a), ("B", self.b))
        ]
        return f"Their lives part on {self.date.date()} ({'; '.join(sides)}). Cause: {self.cause}."


@dataclass(frozen=True, eq=False)
class Biographies:
    """One person's two lives, side by side."""

    a: Biography
    b: Biography

    @property
    def turn(self) -> Turn | None:
        """Where the two part; None if they never are in different places."""
        for week in sorted({event.week for life in (self.a, self.b) for event in life.events}):
            if self.a.place_after(week) != self.b.place_after(week):
                return _turn(self.a.event_of(week), self.b.event_of(week))
        return None

    @property
    def table(self) -> pd.DataFrame:
        """One row a week with an event in either: date, and of each world place, trigger, what
        happened (``a_place`` and so on); empty where there is none."""
        rows = []
        for week in sorted({event.week for life in (self.a, self.b) for event in life.events}):
            row: dict[str, object] = {"date": pd.Timestamp(week_start(week))}
            for side, life in (("a", self.a), ("b", self.b)):
                event = life.event_of(week)
                row[f"{side}_place"] = event.place if event else ""
                row[f"{side}_trigger"] = event.trigger if event else ""
                row[f"{side}_what"] = event.told() if event else ""
            rows.append(row)
        columns = ["date", *(f"{s}_{what}" for s in "ab" for what in ("place", "trigger", "what"))]
        return pd.DataFrame(rows, columns=columns)

    @property
    def who(self) -> str:
        """The person, in a line."""
        traits = ((name.removesuffix("_years"), value) for name, value in self.a.traits.items())
        told = (f"{name} {'none' if value is None else value}" for name, value in traits)
        return f"person {self.a.person}: {', '.join(told)}"

    @property
    def told(self) -> str:
        """Which world is which, and where the lives part, in a line."""
        turn = self.turn
        parts = turn.told() if turn else "They are never in different places."
        return f"A is {self.a.scenario.name}, B is {self.b.scenario.name}. {parts}"

    def __repr__(self) -> str:
        return f"{self.who}\n{self.table.to_string(index=False)}\n{self.told}"

    def _repr_html_(self) -> str:
        table = self.table.to_html(index=False, border=0)
        return f"<p>{escape(self.who)}</p>{table}<p>{escape(self.told)}</p>"


def biographies(a: Scenario, b: Scenario, person: int) -> Biographies:
    """One person's lives in runs of two resolved scenarios, both stepped again."""
    return Biographies(biography(a, person), biography(b, person))


def _turn(a: Event | None, b: Event | None) -> Turn:
    event = a or b
    assert event is not None
    cause, pull = _cause(a, b)
    return Turn(event.date, a, b, cause, pull)


def _cause(a: Event | None, b: Event | None) -> tuple[str, pd.Series[Any]]:
    """Why a week leaves somebody elsewhere in B than in A."""
    nothing = pd.Series(dtype=float)
    moved = [event for event in (a, b) if event and event.became != event.place]
    for event in moved:
        if event.options is None or event.taken_along:
            return event.trigger if event.options is None else "partner", nothing
    if a is None or b is None or a.options is None or b.options is None:
        only = "A" if b is None or b.options is None else "B"
        return f"{(a if only == 'A' else b).trigger}, in {only} alone", nothing  # type: ignore[union-attr]
    if a.choice == b.choice:
        return "the partner, a shut door or places that ran out", nothing
    first, second = (table.set_index("option") for table in (a.options, b.options))
    for world, table, choice in (("A", first, b.choice), ("B", second, a.choice)):
        if not table.loc[choice, "believed"]:
            return f"{choice} is shut to them in {world}, or beyond their means", nothing
    components = first.columns.difference(NOT_COMPONENTS, sort=False)
    first, second = first[components].astype(float), second[components].astype(float)
    pull = (second.loc[b.choice] - second.loc[a.choice]) - (
        first.loc[b.choice] - first.loc[a.choice]
    )
    same_luck = np.allclose(a.options["luck"], b.options["luck"])
    return (str(pull.idxmax()) if same_luck else "other luck"), pd.Series(pull)
