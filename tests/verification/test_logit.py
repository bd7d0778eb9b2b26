"""The model's choices are the logit: each option is chosen as often as the closed form says."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from abm.ability import ability
from abm.bounds import bounds
from abm.choices import decide
from abm.deciders import deciders_abroad, deciders_at_home
from abm.decision import Deciders, World, components, total
from abm.emigrants import ATTENTION, HOME
from abm.equations import logit_probabilities
from abm.model import PHASES, EmigrationModel

CHUNK = 20_000
FAR = 4.5  # standard errors; the draws are fixed, so a test that passes once passes for ever
# Many leave, and everybody knows which doors are shut.
SETTINGS = {
    "cost_of_leaving": 4.0,
    "host_constant": 2.0,
    "news_weeks": 0,
    "attention_per_month": 0.5,
}


def before_deciding(model: EmigrationModel, week: int) -> None:
    """Bring a model to the decisions of a week."""
    while model.week < week:
        model.step()
    model.observations.begin(model.week)
    for phase in PHASES[: PHASES.index("decisions")]:
        getattr(model, phase)()


def chances(
    model: EmigrationModel, world: World, deciders: Deciders, exit_luck: np.ndarray
) -> np.ndarray:
    """Closed-form probability of each option, among those that each is able to take."""
    utility = total(components(deciders, world), len(deciders.place))
    able = ability(deciders, world, exit_luck).in_fact
    return logit_probabilities(np.where(able, utility, -np.inf))


def of_those_at_home(model: EmigrationModel, world: World) -> Iterator[np.ndarray]:
    """Probability of reconsidering and setting out for each host, of everybody at home."""
    attention = bounds(model, world).attention
    ids = np.arange(model.population.size)
    ids = ids[model.emigrants.place_of(ids) == HOME]
    for start in range(0, len(ids), CHUNK):
        people = model.population.people(ids[start : start + CHUNK])
        luck = model.chance.uniform("exit", people.ids)
        deciders = deciders_at_home(model, world, people)
        chosen = chances(model, world, deciders, luck)
        yield attention[people.stratum][:, None] * chosen[:, :-1]


def assert_as_expected(counts: np.ndarray, expected: np.ndarray, variance: np.ndarray) -> None:
    """Counts of options differ from their expectation by chance alone."""
    assert np.all(np.abs(counts - expected) <= FAR * np.sqrt(variance) + 1)
    total_error = np.sqrt(variance.sum())  # of the sum: no more than if they were independent
    assert abs(counts.sum() - expected.sum()) <= FAR * total_error
    often = expected > 10
    assert often.sum() >= 5
    squares = ((counts - expected)[often] ** 2 / variance[often]).sum()
    assert squares < often.sum() + FAR * np.sqrt(2 * often.sum())


@pytest.mark.parametrize(("week", "seed"), [(0, 1), (12, 2), (31, 3)])
def test_departures_are_the_logit_of_everybody(week: int, seed: int) -> None:
    """By host, at the invasion, in a quiet week and under the order of September 2022."""
    model = EmigrationModel(scale=300, seed=seed, set=SETTINGS)
    before_deciding(model, week)
    hosts = len(model.host_columns)
    expected, variance = np.zeros(hosts), np.zeros(hosts)
    for chosen in of_those_at_home(model, model.world()):
        expected += chosen.sum(axis=0)
        variance += (chosen * (1 - chosen)).sum(axis=0)
    intents = decide(model)
    leaving = intents.origin == HOME
    counts = np.bincount(intents.destination[leaving], minlength=hosts)
    assert counts.sum() > 1000
    assert_as_expected(counts, expected, variance)


def test_choices_abroad_are_the_logit_when_luck_is_renewed() -> None:
    """Of staying, moving on and returning, by those whom attention alone makes decide."""
    model = EmigrationModel(
        scale=300, seed=4, set={**SETTINGS, "cost_of_return": 1.0, "cost_of_onward_move": 2.0}
    )
    options = len(model.host_columns) + 1
    counts, expected, variance = (np.zeros(options) for _ in range(3))
    stayed, stays, spread = 0.0, 0.0, 0.0
    for week in range(30, 40):
        before_deciding(model, week)
        e, world = model.emigrants, model.world()
        rows = e.abroad()
        rows = rows[e.trigger[rows] == ATTENTION]
        deciders = deciders_abroad(model, world, rows)
        chosen = chances(model, world, deciders, np.ones(len(rows)))
        here = np.arange(len(rows)), deciders.place
        stay = chosen[here].copy()
        chosen[here] = 0
        expected += chosen.sum(axis=0)
        variance += (chosen * (1 - chosen)).sum(axis=0)
        stays, spread = stays + stay.sum(), spread + (stay * (1 - stay)).sum()
        persons = e.person[rows]
        intents = decide(model)
        moving = (intents.origin != HOME) & np.isin(intents.person, persons)
        counts += np.bincount(intents.destination[moving], minlength=options)
        stayed += len(rows) - moving.sum()
        model._intents = intents
        for phase in PHASES[PHASES.index("decisions") + 1 :]:
            getattr(model, phase)()
        model.week += 1
    assert counts[-1] > 100
    assert abs(stayed - stays) <= FAR * np.sqrt(spread)
    assert_as_expected(counts, expected, variance)
