"""Each formula of what moves people gives the number that its description gives by hand."""

from __future__ import annotations

import inspect
from math import exp, log
from typing import Any

import numpy as np
import pytest

from abm import equations as eq

A_WEEK = 12 * 7 / 365.2425  # of a month

ANSWERS: list[tuple[Any, tuple[Any, ...], float]] = [
    (eq.weekly_chance, (0.2,), 1 - exp(-0.2 * A_WEEK)),
    (eq.exposure, (0.5, 1.0, 0.7), 0.15),
    (eq.risk_believed, (2.0, 0.5, 0.8), 1 - exp(-0.8)),
    (eq.risk_next, (0.8, 0.3, 0.3), 0.8 - (1 - exp(-0.3 * A_WEEK)) * 0.5),
    (eq.risk_next, (0.2, 0.6, 0.3), 0.6),
    (eq.risk_with_community, (0.4, 0.5, 0.2), 1 - 0.6 * 0.9),
    (eq.fear_of_mobilisation, (3.4, 0.5), -1.7),
    (eq.weight_of_repression, (8.0, 0.5, 0.6, 0.25), -1.8),
    (eq.weight_of_conscience, (8.0, 0.5, 0.1), -0.4),
    (eq.worth_of_offer, (0.5, 0.4, 0.3), 0.14),
    (eq.worth_of_hope, (2.0, 0.5, 0.3), 0.3),
    (eq.weight_of_hardship, (0.3, 0.8, 1.0), -0.3 * (log(1.25) + 1)),
    (eq.weight_of_hardship, (0.3, 1.2, 0.0), 0.0),
    (eq.attachment, (1.8, 0.5, -0.2), 0.54),
    (eq.pull_of_home, (2.0, -3.0, 0.6, 2.0), -3 + 5 * (0.6 + 0.4 * exp(-1))),
    (eq.wage_abroad, (1000.0, 1600.0, 400.0, 0.5), 2000.0),
    (eq.access_to_work, (0.5, 0.4), 0.2),
    (eq.understood, (0.0, 0.3), 0.3),
    (eq.understood, (1.0, 0.3), 1.0),
    (eq.open_to_scientists, (0.8, 0.25), 0.6),
    (eq.employability, (0.2, 0.5, 0.05), 0.1 / 0.15),
    (eq.employability, (0.0, 0.0, 0.0), 0.0),
    (eq.employability, (1e-12, 1.0, 0.0), 1.0),
    (eq.employability, (4e-13, 1.0, 1e-13), 0.4),
    (eq.remote_income, (1000.0, 0.4, 0.25), 700.0),
    (eq.let_through, (0.05, 0.5), 0.525),
    (eq.consumption, (1500.0, 500.0, 0.5, 200.0), 2000.0),
    (eq.consumption, (500.0, 450.0, 0.5, 200.0), 200.0),
    (eq.worth_of_consumption, (1.5, exp(2.0)), 3.0),
    (eq.worth_of_diaspora, (0.25, 1000.0), 0.25 * log(2)),
    (eq.worth_of_contacts, (0.25, 3.0), 0.25 * log(4)),
    (eq.worth_of_family, (0.8, 0.5), 0.4),
    (eq.worth_of_leaning, (1.2, 0.5), 0.6),
    (eq.recency_of_leaving, (3.0,), exp(-1.5)),
    (eq.years_since_leaving, (exp(-1.5),), 3.0),
    (eq.nearness_of_expiry, (13.0,), exp(-0.5)),
    (eq.nearness_of_expiry, (-5.0,), 1.0),
    (eq.weeks_to_expiry, (exp(-0.5),), 13.0),
    (eq.insecurity, (0.25, 0.4, 26.0), 0.25 + 0.75 * 0.4 * exp(-1)),
    (eq.insecurity, (0.25, 0.4, -5.0), 0.25 + 0.75 * 0.4),
    (eq.insecurity, (0.25, 0.4, 0.5), 0.25 + 0.75 * 0.4 * exp(-0.5 / 26)),
    (eq.with_partners, (0.3, 0.5, 0.4), 0.5),
    (eq.weight_of_insecurity, (4.0, 0.25), -1.0),
    (eq.weight_of_discrimination, (0.6, 2.0), -1.2),
    (eq.weight_of_fear, (1.5, 0.5, 0.4), -0.3),
    (eq.moving_cost, (5.5, 0.4, 0.25), 5.8),
    (eq.journey_usd, (0.5, 800.0, 5.0), 400.0),
    (eq.journey_usd, (0.5, 800.0, 20.0), 1000.0),
    (eq.attention, (0.2, 0.6, 0.5, 0.4), 1 - exp(-0.2 * A_WEEK - 0.12)),
    (eq.log_arrival, (exp(2.0), 0.5), 1.5),
    (eq.bound_on_luck, (log(3.0),), 0.75),
]


@pytest.mark.parametrize(
    ("formula", "given", "answer"), ANSWERS, ids=[each[0].__name__ for each in ANSWERS]
)
def test_a_formula_gives_what_its_description_gives(
    formula: Any, given: tuple[Any, ...], answer: float
) -> None:
    assert formula(*given) == pytest.approx(answer, rel=1e-12, abs=1e-14)


def test_shares_of_the_race_over_the_last_axis() -> None:
    shares = eq.logit_probabilities(np.log(np.array([[1.0, 3.0], [2.0, 2.0], [9.0, 1.0]])))
    assert shares.tolist() == pytest.approx(np.array([[0.25, 0.75], [0.5, 0.5], [0.9, 0.1]]))
    far = eq.logit_probabilities(np.array([1000.0, 1000.0]))  # no overflow
    assert far.tolist() == [0.5, 0.5]


def test_every_formula_has_a_known_answer() -> None:
    formulas = {
        name
        for name, function in inspect.getmembers(eq, inspect.isfunction)
        if function.__module__ == eq.__name__
    }
    assert formulas == {each[0].__name__ for each in ANSWERS} | {"logit_probabilities"}
