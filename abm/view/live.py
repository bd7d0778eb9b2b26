"""The model that the dashboard drives: what its sliders set, and why people moved."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

import pandas as pd

from abm import checks
from abm.calendar import week_start
from abm.errors import InputError, unknown
from abm.hosts_table import HOME, HOST_NAMES
from abm.intents import Intents
from abm.levers import BY_NAME, KREMLIN_LEVERS
from abm.model import EmigrationModel
from abm.moves import cause_names
from abm.parameters import NAMES, PARAMETERS
from abm.russians import Russian
from abm.scenario import Scenario, load

SLIDERS = (
    "renewal_strictness", "right_to_work", "payment_access", "tourist_visas.EU",
    "skill_visas.EU", "humanitarian_visas_draft.EU", "job_seeker_permits.EU", "resettlement.EU",
    "exit_ban", "return_offer",
    "cost_of_leaving", "cost_of_return", "cost_of_onward_move", "insecurity_weight",
    "mobilisation_weight", "repression_weight", "discrimination_weight", "diaspora_weight",
)  # fmt: skip
STEPS = 40  # from one end of a slider to the other, at the least
ROUND = tuple(float(f"{digit}e{power}") for power in range(7, -8, -1) for digit in (5, 2, 1))
A_WEEK = 2  # moves explained a week; each takes some milliseconds
KEPT = 14  # of them
NAMED = 2  # components that speak for a move, and against it
COLUMNS = ("week", "who", "from", "to", "cause", "speaks for it", "speaks against it")


@dataclass(frozen=True)
class Slider:
    """One parameter or lever within its range; at its start it leaves the scenario as it is."""

    name: str
    unit: str
    start: float
    low: float
    high: float
    step: float


def sliders(scenario: Scenario, more: Iterable[str] = ()) -> tuple[Slider, ...]:
    """Sliders of more names, as `--set` takes them, and of those that are always there.

    A lever that differs by host starts at the mean. What a mechanism that is off needs cannot be
    set. Raises InputError for one more name that does not exist or cannot be set.
    """
    model = EmigrationModel(scenario)
    model.events()
    asked = {name: _slider(model, name) for name in more}
    for each in asked.values():
        load(scenario, set={each.name: each.high})
    usual = {name: _slider(model, name) for name in SLIDERS if name not in asked}
    return (*asked.values(), *(each for each in usual.values() if _settable(scenario, each)))


def _settable(scenario: Scenario, slider: Slider) -> bool:
    try:
        load(scenario, set={slider.name: slider.high})
    except InputError:
        return False
    return True


def _slider(model: EmigrationModel, name: str) -> Slider:
    if name in NAMES:
        declared = PARAMETERS[NAMES.index(name)]
        value = getattr(model.scenario.parameters, name)
        return _stepped(name, declared.unit, value, declared.low, declared.high)
    lever, _, place = name.partition(".")
    if lever not in BY_NAME:
        raise unknown("parameter or lever", name, (*NAMES, *BY_NAME), "renewal_strictness.Turkey")
    each = BY_NAME[lever]
    checks.lever_value(name, each.high)
    if lever in KREMLIN_LEVERS:
        value = getattr(model.kremlin, lever)
    else:
        rows = [HOST_NAMES.index(host) for host in (checks.members(place) if place else HOST_NAMES)]
        value = float(getattr(model.host_columns, lever)[rows].mean())
    if each.whole:
        return Slider(name, each.unit, round(value), each.low, each.high, 1.0)
    return _stepped(name, each.unit, value, each.low, each.high)


def _stepped(name: str, unit: str, value: float, low: float, high: float) -> Slider:
    """A slider with the coarsest round step on which it can start; else it starts nearby."""
    fine = [step for step in ROUND if step <= (high - low) / STEPS]
    on = (step for step in fine if math.isclose(low + step * round((value - low) / step), value))
    step = next(on, fine[0])
    start = float(f"{low + step * round((value - low) / step):.9g}")
    return Slider(name, unit, start, low, high, step)


class LiveModel(EmigrationModel):
    """The model as sliders set it, which notes why some of those who move do.

    dials: its sliders; kwargs: where they stand, by name. One that stands at its start sets
    nothing, so the scenario's own dates and hosts hold.
    """

    def __init__(
        self,
        scenario: Scenario,
        dials: tuple[Slider, ...] = (),
        seed: int | None = None,
        **kwargs: float,  # so called that SolaraViz lets names through that it does not know
    ) -> None:
        starts = {each.name: each.start for each in dials}
        self.settings = {name: value for name, value in kwargs.items() if value != starts[name]}
        super().__init__(scenario, seed=seed, set=self.settings)
        self._decisions: deque[dict[str, str]] = deque(maxlen=KEPT)

    def step(self) -> None:
        """One week, if there is one more; Mesa would count on."""
        super().step()
        self.steps = self.week

    def record_moves(self, moves: Intents) -> None:
        """Nobody has moved yet, so that people explain themselves as they decided."""
        super().record_moves(moves)
        causes = cause_names(moves)
        for row in sorted({(2 * k + 1) * len(causes) // (2 * A_WEEK) for k in range(A_WEEK)}):
            if row >= len(causes):
                break
            person = self.russians[int(moves.person[row])]
            place = (*HOST_NAMES, HOME)[int(moves.destination[row])]
            self._decisions.appendleft(decision(self.week, person, place, causes[row]))

    def decisions_table(self) -> pd.DataFrame:
        """Some who moved of late, the latest first: week, who, from, to, cause, for, against.

        The components of utility (util) that speak most for the place chosen, compared with the
        one left, and against it.
        """
        return pd.DataFrame(list(self._decisions), columns=list(COLUMNS))


def decision(week: int, person: Russian, place: str, cause: str) -> dict[str, str]:
    """One row of the table of decisions, by the person's own account."""
    options = person.explain().set_index("option")
    parts = options.drop(columns=["here", "utility", "able", "probability"])
    gain = (parts.loc[place] - parts.loc[person.host]).sort_values()
    sex = {"male": "man", "female": "woman"}[person.sex]
    row = (
        str(week_start(week)),
        f"{sex} of {person.age_years:.0f}, {person.occupation}",
        person.host,
        place,
        cause,
        _named(gain[gain > 0][::-1]),
        _named(gain[gain < 0]),
    )
    return dict(zip(COLUMNS, row, strict=True))


def _named(gains: pd.Series[float]) -> str:
    said = (f"{str(name).replace('_', ' ')} {gain:+.1f}" for name, gain in gains.items())
    return ", ".join(islice(said, NAMED))
