"""When levers move: what is held from the first week on, and dated events, as they come due."""

from __future__ import annotations

from collections.abc import Callable

from abm import checks
from abm.calendar import first_week_on_or_after
from abm.hosts import HostColumns
from abm.kremlin import Kremlin
from abm.levers import KREMLIN_LEVERS
from abm.scenario import Scenario

Setting = tuple[str, str | None, float, int | None]  # lever, host, value, week it goes back


class Schedule:
    """The settings of a scenario by week: what is held first, then dated events in their order."""

    def __init__(self, scenario: Scenario) -> None:
        self._calendar: dict[int, list[Setting]] = {}
        self._going_back: dict[int, list[Setting]] = {}
        self._settled: list[str | None] = []  # hosts whose strictness a dated event has fixed
        for held in scenario.held:
            self._calendar.setdefault(0, []).append((held.lever, held.host, held.value, None))
        for event in sorted(scenario.events, key=lambda event: event.date):
            back = None if event.until is None else first_week_on_or_after(event.until)
            week = first_week_on_or_after(event.date)
            setting = (event.lever, event.host, event.value, back)
            self._calendar.setdefault(week, []).append(setting)

    def act(
        self,
        week: int,
        set_lever: Callable[[str, str | None, float], float],
        release: Callable[[str], None],
    ) -> None:
        """Levers take the values dated to a week; what ends goes back first.

        set_lever: sets a lever in a host and says what it was; release: lets a host's policy review
        itself again, once a dated measure has ended.
        """
        for lever, host, value, _ in self._going_back.pop(week, ()):
            set_lever(lever, host, value)
            fixed = host in self._settled or None in self._settled
            if lever == "renewal_strictness" and not fixed:
                release(str(host))
        for lever, host, value, back_in in self._calendar.pop(week, ()):
            before = set_lever(lever, host, value)
            if lever == "renewal_strictness" and back_in is None:
                self._settled.append(host)
            if back_in is not None:
                self._going_back.setdefault(back_in, []).append((lever, host, before, None))


def set_lever(
    kremlin: Kremlin, hosts: HostColumns, week: int, lever: str, host: str | None, value: float
) -> float:
    """Set a lever from a week on; returns what it was (in the first of several hosts).

    host: a host or union, None for all hosts, and always None for the Kremlin's levers. It stands
    until the next event that sets the lever. Raises InputError as a scenario would.
    """
    value = checks.lever_value(lever if host is None else f"{lever}.{host}", value)
    if lever in KREMLIN_LEVERS:
        return kremlin.set_lever(lever, value)
    members = (None,) if host is None else checks.members(host)
    before = [hosts.set_lever(lever, each, value, week) for each in members]
    return before[0]
