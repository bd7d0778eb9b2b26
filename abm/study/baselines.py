"""What a model has to beat: persistence, gravity, and the model itself with every feedback off.

Persistence knows only what was known before the figure that it predicts. Gravity knows how many had
left by February 2023 (T4.1), also where it is asked about an earlier day; the model without
feedbacks has as many leave by then as the model itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from math import isfinite, log, nan

import numpy as np

from abm import scenario as scenarios
from abm.calendar import START
from abm.chance import Floats
from abm.hosts_table import HOST_NAMES, host_column
from abm.mechanisms import FEEDBACKS
from abm.observation import WORLD
from abm.parameters import PARAMETERS
from abm.scenario import Scenario
from abm.study import runner
from abm.study.facts import OBSERVED, Fact, of_target
from abm.study.readings import sum_over
from abm.study.results import Run
from abm.study.targets import TARGETS

# Elasticities of flows: income 0.7 (Ortega and Peri 2013, 0.6 to 0.8), compatriots 0.65 (Beine,
# Docquier and Ozden 2011, 0.6 to 0.7), a visa -45 % (Bertoli and Fernandez-Huertas Moraga 2015, -40
# to -47 %), distance -1, as in trade.
INCOME, COMPATRIOTS, DISTANCE, VISA = 0.7, 0.65, -1.0, 0.55
GRAVITY_SEES = ("departures", "arrivals", "stock_abroad")
LEFT_BY, LEFT = date(2023, 2, 28), 1_000_000  # T4.1: how many gravity spreads over hosts
STEPS, WITHIN = 5, 0.02


def persistence(fact: Fact, known: Sequence[Fact]) -> float:
    """The latest earlier figure of the same thing: a state stays, a flow goes on at its rate a day.

    known : other figures; NaN where none is earlier
    """
    same = [
        each
        for each in known
        if each.date_to < fact.date_to
        and plain(each.outcome) == plain(fact.outcome)
        and each.host == fact.host
        and isfinite(each.centre)
    ]
    if not same:
        return nan
    last = max(same, key=lambda each: each.date_to)
    if not fact.is_flow:
        return last.centre
    return last.centre * _days(fact) / _days(last)


def plain(outcome: str) -> str:
    """The name of an outcome, whether read as it stands or through a process of the same name."""
    return outcome.removeprefix(OBSERVED)


def packaged_figures() -> list[Fact]:
    """The targets that have a value, as facts."""
    return [of_target(each) for each in TARGETS if each.process and each.value is not None]


def gravity(fact: Fact) -> float:
    """A million who leave evenly until 28 February 2023 (T4.1), spread over hosts by pay at
    purchasing power, compatriots there, travel time and visas, with elasticities of the
    literature. Nobody returns. NaN for what is neither a flow into a host nor a stock, and for a
    flow that goes on after that day: of who leaves then it says nothing."""
    of_a_stock = plain(fact.outcome) == "stock_abroad"
    if plain(fact.outcome) not in GRAVITY_SEES or not (of_a_stock or fact.date_to <= LEFT_BY):
        return nan
    share = 1.0
    if fact.host != WORLD:
        share = sum(gravity_shares()[HOST_NAMES.index(host)] for host in fact.hosts)
    if of_a_stock:
        return share * _left_by(fact.date_to)
    return share * (_left_by(fact.date_to) - _left_by(fact.date_from - timedelta(days=1)))


@cache
def gravity_shares() -> Floats:
    """Each host's share of those who leave, shape (hosts,)."""
    pay = host_column("wage_net_mean_usd") / host_column("price_level")
    hours = np.maximum(host_column("travel_hours"), 1.0)
    visa = np.where(host_column("visa_free_days") > 0, 1.0, VISA)
    pull = pay**INCOME * (1 + host_column("diaspora_2021")) ** COMPATRIOTS * hours**DISTANCE * visa
    return np.asarray(pull / pull.sum())


def without_feedbacks(scenario: Scenario, left: float) -> Scenario:
    """The scenario with every feedback off, and its cost of leaving set anew, so that as many have
    left by 28 February 2023 as in the model, within two per cent or as near as five trials come.

    left : people, of the full model with the same luck: a mean over other luck would be missed by
        what luck does
    """
    off = scenarios.load(scenario, without=[id for id in FEEDBACKS if id not in scenario.without])
    declared = next(each for each in PARAMETERS if each.name == "cost_of_leaving")
    cost = off.parameters.cost_of_leaving
    for _ in range(STEPS):
        early = scenarios.load(_costing(off, cost), until=min(LEFT_BY, scenario.until))
        ratio = departures_early(runner.run(early)) / max(left, 1.0)
        if abs(ratio - 1) < WITHIN:
            break
        # Rates are proportional to exp(-cost), so this is nearly a Newton step.
        cost = min(max(cost + log(max(ratio, 1e-3)), declared.low), declared.high)
    return _costing(off, cost)


def departures_early(run: Run) -> float:
    """People who left by 28 February 2023."""
    return sum_over(run.outcomes, [WORLD], "departures", START, LEFT_BY)


def _costing(scenario: Scenario, cost: float) -> Scenario:
    return replace(scenario, parameters=replace(scenario.parameters, cost_of_leaving=cost))


def _days(fact: Fact) -> int:
    return (fact.date_to - fact.date_from).days + 1


def _left_by(day: date) -> float:
    """People who have left at the end of a day."""
    return LEFT * min(1.0, ((day - START).days + 1) / ((LEFT_BY - START).days + 1))
