"""Properties of every formula, whatever the arguments: rates, home, moves, attention, choice."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from ranges import TINY, dollars, ordered, ranged, share
from scipy import special

from abm import equations as eq
from abm.calendar import WEEKS_PER_MONTH
from abm.model import EmigrationModel

rate = st.floats(0, 10)
utilities = arrays(float, st.integers(2, 30), elements=st.floats(-60, 60))


# --- all of them -----------------------------------------------------------------------------

FORMULAS = [
    formula
    for name, formula in inspect.getmembers(eq, inspect.isfunction)
    if formula.__module__ == eq.__name__ and name != "logit_probabilities"
]


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.__name__)
def test_numbers_and_columns_agree_and_nothing_is_changed(formula: Callable[..., object]) -> None:
    width = len(inspect.signature(formula).parameters)
    columns = np.random.default_rng(1).uniform(0.05, 0.95, (width, 57))
    kept = columns.copy()
    result = formula(*columns)
    assert np.array_equal(columns, kept)
    one_by_one = [formula(*numbers) for numbers in columns.T.tolist()]
    np.testing.assert_allclose(result, one_by_one, rtol=1e-13, atol=0)
    assert np.array_equal(result, formula(*columns))
    table = formula(*(column[:, None] for column in columns))
    np.testing.assert_allclose(np.ravel(table), result, rtol=1e-13, atol=0)
    assert formula.__doc__


# --- rates -----------------------------------------------------------------------------------


@given(rate, rate)
def test_a_weekly_chance_is_one_and_compounds_to_its_rate(low: float, more: float) -> None:
    chance = eq.weekly_chance(low)
    assert 0 <= chance < 1
    assert eq.weekly_chance(low + more) >= chance
    left_after_a_month = (1 - chance) ** WEEKS_PER_MONTH
    assert left_after_a_month == pytest.approx(np.exp(-low))
    both = 1 - (1 - chance) * (1 - eq.weekly_chance(more))
    assert eq.weekly_chance(low + more) == pytest.approx(both)
    assert eq.weekly_chance(0.0) == 0


# --- what is feared and felt at home ---------------------------------------------------------


@given(share, ranged("exemption_effect"))
def test_an_exemption_only_lowers_exposure(liability: float, effect: float) -> None:
    assert eq.exposure(liability, 0.0, effect) == liability
    assert 0 <= eq.exposure(liability, 1.0, effect) <= liability


@given(ordered(ranged("breadth_belief")), ordered(share), ordered(share))
def test_believed_risk_is_a_chance_that_rises_with_all(
    breadth: list[float], exposure: list[float], order: list[float]
) -> None:
    risk = eq.risk_believed(breadth[0], exposure[0], order[0])
    assert 0 <= risk < 1
    assert eq.risk_believed(breadth[1], exposure[0], order[0]) >= risk
    assert eq.risk_believed(breadth[0], exposure[1], order[0]) >= risk
    assert eq.risk_believed(breadth[0], exposure[0], order[1]) >= risk
    assert eq.risk_believed(breadth[1], exposure[1], 0.0) == 0


@given(share, share, ranged("risk_decay_per_month"))
def test_risk_is_fast_up_and_slow_down(risk: float, target: float, decay: float) -> None:
    after = eq.risk_next(risk, target, decay)
    assert min(risk, target) - TINY <= after <= max(risk, target) + TINY
    if target >= risk:
        assert after == target
    else:
        fallen = (risk - after) / (risk - target)
        assert fallen == pytest.approx(eq.weekly_chance(decay), abs=1e-3) or risk - target < 1e-9


@given(share, ordered(share), ordered(share))
def test_neighbours_called_up_add_to_risk(
    risk: float, ties: list[float], called: list[float]
) -> None:
    joint = eq.risk_with_community(risk, ties[0], called[0])
    assert risk - TINY <= joint <= 1
    assert eq.risk_with_community(risk, ties[1], called[0]) >= joint - TINY
    assert eq.risk_with_community(risk, ties[0], called[1]) >= joint - TINY
    assert eq.risk_with_community(risk, ties[1], 0.0) == pytest.approx(risk, abs=TINY)


@given(ranged("mobilisation_weight"), ordered(share))
def test_fear_weighs_more_with_risk(weight: float, risk: list[float]) -> None:
    low, high = (eq.fear_of_mobilisation(weight, value) for value in risk)
    assert high <= low <= 0
    assert eq.fear_of_mobilisation(weight, 0.0) == 0


@given(ranged("repression_weight"), ordered(share), ordered(share), ordered(share))
def test_repression_weighs_on_dissent_and_propaganda_hides_it(
    weight: float, dissent: list[float], repression: list[float], propaganda: list[float]
) -> None:
    felt = eq.weight_of_repression(weight, dissent[0], repression[0], propaganda[0])
    assert felt <= 0
    assert eq.weight_of_repression(weight, dissent[1], repression[0], propaganda[0]) <= felt
    assert eq.weight_of_repression(weight, dissent[0], repression[1], propaganda[0]) <= felt
    assert eq.weight_of_repression(weight, dissent[0], repression[0], propaganda[1]) >= felt
    assert eq.weight_of_repression(weight, dissent[0], repression[0], 1.0) == 0


@given(ranged("repression_weight"), ordered(share), ordered(ranged("conscience")))
def test_conscience_weighs_more_with_dissent(
    weight: float, dissent: list[float], conscience: list[float]
) -> None:
    felt = eq.weight_of_conscience(weight, dissent[0], conscience[0])
    assert felt <= 0
    assert eq.weight_of_conscience(weight, dissent[1], conscience[0]) <= felt
    assert eq.weight_of_conscience(weight, dissent[0], conscience[1]) <= felt


@given(ranged("hardship_weight"), ordered(st.floats(0.2, 2)))
def test_hardship_falls_with_real_wages_and_a_rise_is_none(
    weight: float, index: list[float]
) -> None:
    low, high = (eq.weight_of_hardship(weight, value, 0.0) for value in index)
    assert low <= high <= 0
    assert eq.weight_of_hardship(weight, 1.0 + index[1], 0.0) == 0
    assert eq.weight_of_hardship(weight, index[0], 1.0) == pytest.approx(low - weight)


@given(st.floats(-5, 5), ranged("lasting_attachment"), ordered(st.floats(0, 50)))
def test_the_pull_of_home_fades_to_its_lasting_share(
    attachment: float, lasting: float, years: list[float]
) -> None:
    """Of its distance from the least, so that it weakens for those of negative attachment too."""
    least = -6.0

    def pull(years: float, lasting: float = lasting) -> float:
        return float(eq.pull_of_home(attachment, least, lasting, years))

    early, late = (pull(value) for value in years)
    assert least - TINY <= late <= early + TINY
    assert early <= attachment + TINY
    assert pull(0.0) == pytest.approx(attachment)
    assert pull(1e3) == pytest.approx(least + (attachment - least) * lasting)
    assert pull(years[1], 1.0) == pytest.approx(attachment)


def test_leaving_is_recent_for_some_two_years() -> None:
    years = np.array([0.0, 1.0, 2.0, 20.0])
    assert eq.recency_of_leaving(years[2]) == pytest.approx(np.exp(-1))
    assert eq.years_since_leaving(eq.recency_of_leaving(years)) == pytest.approx(years)


@given(ranged("attachment_spread"), ordered(st.floats(-3, 3)), st.floats(-1, 1))
def test_attachment_is_spread_around_what_rises_with_age(
    spread: float, standard: list[float], by_stage: float
) -> None:
    low, high = (eq.attachment(spread, value, by_stage) for value in standard)
    assert low <= high
    assert high - low == pytest.approx(spread * (standard[1] - standard[0]), abs=1e-9)
    assert eq.attachment(spread, -by_stage, by_stage) == pytest.approx(0, abs=TINY)


@given(ranged("offer_weight"), ranged("hope_weight"), ordered(share), ordered(share))
def test_calls_draw_the_loyal_and_another_regime_the_others(
    offer: float, hope: float, strength: list[float], dissent: list[float]
) -> None:
    for worth, weight in ((eq.worth_of_offer, offer), (eq.worth_of_hope, hope)):
        assert 0 <= worth(weight, strength[0], dissent[0]) <= weight
        assert worth(weight, strength[1], dissent[0]) >= worth(weight, strength[0], dissent[0])
        assert worth(weight, 0.0, dissent[0]) == 0
    loyal, opposed = (eq.worth_of_offer(offer, strength[1], value) for value in dissent)
    assert loyal >= opposed
    assert eq.worth_of_offer(offer, strength[1], 1.0) == 0
    loyal, opposed = (eq.worth_of_hope(hope, strength[1], value) for value in dissent)
    assert loyal <= opposed
    assert eq.worth_of_hope(hope, strength[1], 0.0) == 0


@given(ranged("fear_weight"), ordered(share), ordered(share))
def test_fear_of_a_host_weighs_on_those_who_dissent(
    weight: float, dissent: list[float], fear: list[float]
) -> None:
    felt = eq.weight_of_fear(weight, dissent[0], fear[0])
    assert -weight <= felt <= 0
    assert eq.weight_of_fear(weight, dissent[1], fear[0]) <= felt
    assert eq.weight_of_fear(weight, dissent[0], fear[1]) <= felt
    assert eq.weight_of_fear(weight, 0.0, fear[1]) == 0


# --- what a move costs and takes -------------------------------------------------------------


@given(ranged("cost_of_leaving"), ranged("cost_without_flights"), ordered(share))
def test_a_move_costs_less_with_flights(cost: float, without: float, flights: list[float]) -> None:
    few, many = (eq.moving_cost(cost, without, value) for value in flights)
    assert cost <= many <= few
    assert eq.moving_cost(cost, without, 1.0) == cost


@given(ordered(ranged("journey_months")), dollars, ordered(st.floats(0, 40)))
def test_a_longer_journey_costs_more(months: list[float], pay: float, hours: list[float]) -> None:
    price = eq.journey_usd(months[0], pay, hours[0])
    assert price >= 0
    assert eq.journey_usd(months[1], pay, hours[0]) >= price
    assert eq.journey_usd(months[0], pay, hours[1]) >= price
    assert eq.journey_usd(0.0, pay, hours[1]) == 0


# --- attention and choice --------------------------------------------------------------------


@given(ranged("attention_per_month"), ranged("order_attention"), ordered(share), ordered(share))
def test_attention_is_a_chance_that_an_order_raises(
    per_month: float, by_order: float, risk: list[float], order: list[float]
) -> None:
    attends = eq.attention(per_month, by_order, risk[0], order[0])
    assert 0 <= attends < 1
    assert eq.attention(per_month, by_order, risk[1], order[0]) >= attends
    assert eq.attention(per_month, by_order, risk[0], order[1]) >= attends
    assert eq.attention(per_month, by_order, risk[0], 0.0) == eq.weekly_chance(per_month)


@given(utilities)
def test_shares_sum_to_one_and_are_the_closed_form(utility: np.ndarray) -> None:
    chances = eq.logit_probabilities(utility)
    assert chances.sum() == pytest.approx(1)
    assert np.all(chances >= 0)
    np.testing.assert_allclose(chances, special.softmax(utility), rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(chances, eq.logit_probabilities(utility + 500), rtol=1e-9)


@given(utilities, st.integers(0, 29), st.floats(0, 20))
def test_a_better_option_is_chosen_more_and_others_keep_their_ratios(
    utility: np.ndarray, option: int, gain: float
) -> None:
    option %= len(utility)
    better = utility.copy()
    better[option] += gain
    before, after = eq.logit_probabilities(utility), eq.logit_probabilities(better)
    assert after[option] >= before[option] * (1 - TINY)
    others = np.arange(len(utility)) != option
    left = after[others] / after[others].sum()
    np.testing.assert_allclose(left, before[others] / before[others].sum(), rtol=1e-6)


def test_an_option_that_cannot_be_taken_is_never_chosen() -> None:
    chances = eq.logit_probabilities(np.array([[1.0, -np.inf, 0.0], [-np.inf, 3.0, -np.inf]]))
    assert chances[0, 1] == 0
    assert np.array_equal(chances[1], [0, 1, 0])


@given(ordered(st.floats(1e-9, 50)), ordered(st.floats(-50, 50)))
def test_little_luck_and_much_utility_arrive_first(luck: list[float], utility: list[float]) -> None:
    arrival = eq.log_arrival(luck[0], utility[0])
    assert arrival == pytest.approx(np.log(luck[0] * np.exp(-utility[0])), abs=1e-9)
    assert eq.log_arrival(luck[1], utility[0]) >= arrival
    assert eq.log_arrival(luck[0], utility[1]) <= arrival


@given(ordered(st.floats(-60, 30)))
def test_the_bound_on_luck_is_a_chance_that_rises(advantage: list[float]) -> None:
    low, high = (eq.bound_on_luck(value) for value in advantage)
    assert 0 < low <= high < 1
    assert low == pytest.approx(special.expit(advantage[0]))


@pytest.fixture(scope="module")
def lived(finished: Callable[..., EmigrationModel]) -> EmigrationModel:
    return finished(scale=10_000)


def test_staying_costs_nothing(lived: EmigrationModel) -> None:
    """Not at home, nor abroad; every move costs something."""
    abroad = lived.emigrants.person[lived.emigrants.abroad()][:20].tolist()
    at_home = [person for person in range(20) if lived.russians[person].host == "Russia"]
    assert abroad
    assert at_home
    for person in [*abroad, *at_home]:
        russian = lived.russians[person]
        cost = russian.explain().set_index("option")["moving_cost"]
        assert cost[russian.host] == 0
        assert (cost.drop(russian.host) < 0).all()
