"""What the user should know of a scenario that can be run, but may not be what was meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from abm.levers import BY_NAME

if TYPE_CHECKING:
    from abm.scenario import Scenario
    from abm.scenario_file import Event

Ended = tuple["Event", "Event"]  # an event without an end, and that of the base which ends it


def ended_by_base(own: Sequence[Event], base: Sequence[Event]) -> Iterator[Ended]:
    """A file's own events without an end that a later one of its base ends by another value."""
    for event in own:
        following = _following(event, (*own, *base))
        if event.until is None and following in base and following.value != event.value:
            yield event, following


def _following(event: Event, events: Sequence[Event]) -> Event:
    """The next event of the same lever there; the event itself if there is none."""
    same = [each for each in events if (each.lever, each.host) == (event.lever, event.host)]
    later = [each for each in same if each.date > event.date]
    return min(later, key=lambda each: each.date, default=event)


def notes(scenario: Scenario) -> list[str]:
    """A sentence for each thing to know before a run."""
    told = [
        f"{scenario.name}: its event {event} lasts until {by.date}, when one of its base sets "
        f"{by.value:g}; an event of your own on that date takes the place of the base's"
        for event, by in scenario.ended
        if event in scenario.events and by == _following(event, scenario.events)
    ]
    levers = [event.lever for event in scenario.events] + [held.lever for held in scenario.held]
    if not any(BY_NAME[lever].actor == "Kremlin" for lever in levers):
        told.append(
            f"{scenario.name} sets no lever of the Kremlin's, itself or by a base: no repression, "
            'no mobilisation. Example of a base: base = "war-years"'
        )
    return told
