"""Properties of the formulas of places: what they are worth, life abroad."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ranges import TINY, dollars, ordered, ranged, share, weeks
from scipy import special

from abm import equations as eq
from abm import equations_of_hosts as rules
from abm.calendar import WEEKS_PER_MONTH

# --- what a place is worth -------------------------------------------------------------------


@given(dollars, ordered(dollars), dollars, ranged("skill_portability"))
def test_wages_abroad_follow_those_at_home(
    local: float, own: list[float], mean: float, portability: float
) -> None:
    low, high = (eq.wage_abroad(local, value, mean, portability) for value in own)
    assert 0 < low <= high * (1 + TINY)
    assert eq.wage_abroad(local, mean, mean, portability) == pytest.approx(local)
    assert eq.wage_abroad(local, own[0], mean, 0.0) == local


@given(ordered(share), st.sampled_from([0.0, 1.0]), ordered(share))
def test_access_to_work_is_a_share(right: list[float], speaks: float, ease: list[float]) -> None:
    heard = eq.understood(speaks, ease[0])
    assert ease[0] <= heard <= 1
    assert eq.understood(1.0, ease[0]) == 1
    access = eq.access_to_work(right[0], heard)
    assert 0 <= access <= right[0]
    assert eq.access_to_work(right[1], heard) >= access
    assert eq.access_to_work(right[0], eq.understood(speaks, ease[1])) >= access


@given(share, ordered(share))
def test_institutions_that_shut_leave_scientists_less_work(
    access: float, closed: list[float]
) -> None:
    less, least = (eq.open_to_scientists(access, value) for value in closed)
    assert 0 <= least <= less <= access
    assert eq.open_to_scientists(access, 0.0) == access
    assert eq.open_to_scientists(access, 1.0) == 0


@given(
    ordered(ranged("job_finding_per_month")),
    ordered(share),
    ordered(ranged("failure_per_month")),
)
def test_employability_is_a_share(
    finding: list[float], access: list[float], failure: list[float]
) -> None:
    working = eq.employability(finding[0], access[0], failure[0])
    assert 0 <= working <= 1
    assert eq.employability(finding[1], access[0], failure[0]) >= working - TINY
    assert eq.employability(finding[0], access[1], failure[0]) >= working - TINY
    assert eq.employability(finding[0], access[0], failure[1]) <= working + TINY
    assert eq.employability(finding[1], 0.0, failure[0]) == 0


@given(dollars, ordered(ranged("transfer_barrier")), ordered(share))
def test_barriers_take_from_remote_income(
    wage: float, barrier: list[float], access: list[float]
) -> None:
    income = eq.remote_income(wage, barrier[0], access[0])
    assert 0 <= income <= wage
    assert eq.remote_income(wage, barrier[1], access[0]) <= income
    assert eq.remote_income(wage, barrier[0], access[1]) >= income
    assert eq.remote_income(wage, barrier[1], 1.0) == wage


@given(ordered(dollars), ordered(dollars), st.floats(0.2, 2), ranged("subsistence_ppp_usd"))
def test_consumption_has_a_floor(
    income: list[float], rent: list[float], price: float, floor: float
) -> None:
    consumed = eq.consumption(income[0], rent[0], price, floor)
    assert consumed >= floor
    assert eq.consumption(income[1], rent[0], price, floor) >= consumed
    assert eq.consumption(income[0], rent[1], price, floor) <= consumed
    assert eq.consumption(0.0, rent[0], price, floor) == floor


@pytest.mark.parametrize(
    ("formula", "parameter", "most"),
    [
        (eq.worth_of_diaspora, "diaspora_weight", 1e7),
        (eq.worth_of_contacts, "contacts_weight", 16),
        (eq.worth_of_family, "family_weight", 1),
        (eq.worth_of_leaning, "leaning_weight", 1),
    ],
)
@given(data=st.data())
def test_people_there_and_leanings_only_attract(
    formula: Callable[[float, float], float], parameter: str, most: float, data: st.DataObject
) -> None:
    weight = data.draw(ranged(parameter))
    low, high = data.draw(ordered(st.floats(0, most)))
    assert 0 == formula(weight, 0.0) <= formula(weight, low) <= formula(weight, high)


@given(ranged("consumption_weight"), ordered(dollars), st.floats(1, 10))
def test_consumption_is_worth_its_logarithm(
    weight: float, consumed: list[float], times: float
) -> None:
    low, high = (eq.worth_of_consumption(weight, value) for value in consumed)
    assert low <= high
    gained = eq.worth_of_consumption(weight, times * consumed[0]) - low
    assert gained == pytest.approx(weight * np.log(times), abs=1e-9)


@given(ordered(share), ordered(share), ordered(weeks))
def test_insecurity_lies_between_its_base_and_one(
    base: list[float], refusal: list[float], left: list[float]
) -> None:
    insecure = eq.insecurity(base[0], refusal[0], left[0])
    assert base[0] - TINY <= insecure <= 1 + TINY
    assert eq.insecurity(base[1], refusal[0], left[0]) >= insecure - TINY
    assert eq.insecurity(base[0], refusal[1], left[0]) >= insecure - TINY
    assert eq.insecurity(base[0], refusal[0], left[1]) <= insecure + TINY
    assert eq.insecurity(base[0], refusal[0], -left[1]) == eq.insecurity(base[0], refusal[0], 0.0)
    assert eq.insecurity(base[0], 0.0, left[0]) == base[0]


def test_the_end_of_a_status_comes_near_over_half_a_year() -> None:
    assert eq.nearness_of_expiry(np.array([0.0, 26.0, -3.0])) == pytest.approx([1, np.exp(-1), 1])
    weeks = np.array([0.0, 4.0, 26.0, 150.0])
    assert eq.weeks_to_expiry(eq.nearness_of_expiry(weeks)) == pytest.approx(weeks)


@given(st.floats(0, 5), ordered(st.floats(0, 5)), ranged("partner_suffering"))
def test_a_partner_who_suffers_weighs_on_both(
    own: float, partners: list[float], suffering: float
) -> None:
    low, high = (eq.with_partners(own, value, suffering) for value in partners)
    assert own <= low <= high
    assert eq.with_partners(own, partners[1], 0.0) == own


@given(ranged("insecurity_weight"), ranged("discrimination_weight"), ordered(st.floats(0, 5)))
def test_insecurity_and_discrimination_only_weigh(
    insecurity: float, discrimination: float, felt: list[float]
) -> None:
    for formula, weight in (
        (eq.weight_of_insecurity, insecurity),
        (eq.weight_of_discrimination, discrimination),
    ):
        low, high = (formula(weight, value) for value in felt)
        assert high <= low <= 0


# --- life abroad -----------------------------------------------------------------------------


@given(st.floats(0.001, 0.9), ordered(ranged("strictness_to_refusal")), ordered(share), share)
def test_refusal_is_a_chance_that_rises_with_strictness(
    base: float, sensitivity: list[float], strictness: list[float], then: float
) -> None:
    low, high = (rules.refusal_chance(base, sensitivity[1], value, then) for value in strictness)
    assert 0 < low <= high < 1
    assert rules.refusal_chance(base, sensitivity[1], then, then) == pytest.approx(base)
    assert rules.refusal_chance(base, 0.0, strictness[1], then) == pytest.approx(base)
    shift = special.logit(high) - special.logit(base)
    assert shift == pytest.approx(sensitivity[1] * (strictness[1] - then), abs=1e-6)


@given(
    ranged("discrimination_base"), ranged("discrimination_from_hostility"), ordered(share),
    ordered(share),
)  # fmt: skip
def test_discrimination_rises_with_hostility_and_can_be_prevented(
    base: float, slope: float, hostility: list[float], prevented: list[float]
) -> None:
    low, high = (rules.discrimination_chance(base, slope, each, prevented[0]) for each in hostility)
    assert 0 <= low <= high < 1
    assert rules.discrimination_chance(base, slope, hostility[1], prevented[1]) <= high
    assert rules.discrimination_chance(base, slope, hostility[1], 1.0) == 0
    a_month = 1 - (1 - high) ** WEEKS_PER_MONTH
    rate = (base + slope * hostility[1]) * (1 - prevented[0])
    assert a_month == pytest.approx(-np.expm1(-rate))


@given(st.floats(0, 20))
def test_half_of_discrimination_is_forgotten_in_half_a_year(lived: float) -> None:
    left = lived
    for _ in range(26):
        left = rules.forgotten(left)
    assert left == pytest.approx(lived / 2)


@given(st.floats(0, 1e6), ordered(dollars), dollars, dollars)
def test_savings_never_fall_below_zero(
    savings: float, income: list[float], rent: float, living: float
) -> None:
    low, high = (rules.savings_next(savings, value, rent, living) for value in income)
    assert 0 <= low <= high
    assert rules.savings_next(savings, rent + living, rent, living) == pytest.approx(savings)
