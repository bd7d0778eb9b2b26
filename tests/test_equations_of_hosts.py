"""Properties of the formulas of hosts: rents, hostility, policy, news, fear, money let through."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ranges import TINY, dollars, months, ordered, ranged, share

from abm import equations as eq
from abm import equations_of_hosts as rules
from abm.calendar import WEEKS_PER_MONTH

# --- hosts -----------------------------------------------------------------------------------


@given(dollars, ranged("rent_elasticity"), ordered(st.floats(0, 1e6)), st.floats(1e5, 1e7))
def test_rents_rise_with_those_who_seek(
    rent: float, elasticity: float, seekers: list[float], cities: float
) -> None:
    low, high = (rules.rent(rent, elasticity, value, cities) for value in seekers)
    assert rent <= low <= high
    assert rules.rent(rent, elasticity, 0.0, cities) == rent
    growth = np.log(high / rent)
    assert growth == pytest.approx(elasticity * seekers[1] / cities, abs=1e-9)


@given(
    share,
    ranged("historical_hostility"),
    ranged("early_welcome"),
    ordered(months),
    ranged("welcome_months").filter(bool),
)
def test_an_early_welcome_wears_off(
    history: float, kept: float, welcome: float, since: list[float], fade: float
) -> None:
    early, late = (rules.hostility_at_rest(history, kept, welcome, value, fade) for value in since)
    assert 0 <= early <= late + TINY
    assert late <= kept * history + TINY
    assert rules.hostility_at_rest(history, kept, 0.0, since[0], fade) == pytest.approx(
        kept * history
    )


@given(
    share,
    share,
    ranged("hostility_decay_per_month"),
    ranged("hostility_from_rents"),
    ordered(st.floats(-5, 5)),
    ranged("hostility_from_incidents"),
    ordered(share),
)
@example(0.0, 1.0, 0.1, 2.0, [5.0, 5.0], 1.0, [1.0, 1.0])  # a leap while it rises to its rest
def test_hostility_stays_within_zero_and_one(
    hostility: float,
    rest: float,
    decay: float,
    from_rents: float,
    rent: list[float],
    from_incidents: float,
    incident: list[float],
) -> None:
    def next_week(rise: float, event: float) -> float:
        return rules.hostility_next(hostility, rest, decay, from_rents, rise, from_incidents, event)

    after = next_week(rent[0], incident[0])
    assert 0 <= after <= 1
    assert next_week(rent[1], incident[0]) >= after - TINY
    assert next_week(rent[0], incident[1]) >= after - TINY
    quiet = next_week(0.0, 0.0)
    assert min(hostility, rest) - TINY <= quiet <= max(hostility, rest) + TINY


@given(share, ranged("hostility_from_rents"), st.floats(0, 0.5))
def test_rents_that_come_back_leave_no_hostility(
    hostility: float, from_rents: float, rise: float
) -> None:
    """Whichever way they went first, but where hostility has come to its end at 0."""
    for first in (rise, -rise):
        between = rules.hostility_next(hostility, hostility, 0.0, from_rents, first, 0.0, 0.0)
        after = rules.hostility_next(between, hostility, 0.0, from_rents, -first, 0.0, 0.0)
        assert after == pytest.approx(hostility, abs=1e-9) or between == 0.0


PUSHES = ("policy_to_hostility", "policy_to_crowding", "policy_to_security", "policy_to_pressure")


@given(
    share,
    share,
    st.tuples(*(ranged(name) for name in PUSHES)),
    st.tuples(ordered(share), ordered(st.floats(0, 100)), ordered(share), ordered(share)),
)
def test_strictness_rises_with_all_that_presses_and_stays_below_one(
    strictness: float, threshold: float, weights: list[float], pressing: list[list[float]]
) -> None:
    def review(hostility: float, crowding: float, plea: float, pressure: float) -> float:
        pushes = (threshold, weights[1], crowding, weights[2], plea, weights[3], pressure)
        return float(rules.strictness_next(strictness, weights[0], hostility, *pushes))

    lower = [low for low, _ in pressing]
    after = review(*lower)
    assert strictness <= after <= 1
    for k, (_, high) in enumerate(pressing):
        assert review(*lower[:k], high, *lower[k + 1 :]) >= after
    assert review(threshold, 0.0, 0.0, 0.0) == strictness
    # Each alone has its known size: what is left of leniency is e^-push.
    for k, (_, high) in enumerate(pressing):
        alone = [threshold, 0.0, 0.0, 0.0]
        alone[k] += high
        left = (1 - strictness) * np.exp(-weights[k] * high)
        assert 1 - review(*alone) == pytest.approx(left, abs=1e-9)


@given(st.floats(0, 1e6), st.floats(1e4, 1e7), ranged("aid_effect"), ordered(share))
def test_aid_houses_part_of_those_who_come(
    newcomers: float, population: float, effect: float, aid: list[float]
) -> None:
    crowded = [rules.crowding(newcomers, population, effect, each) for each in (0.0, *aid)]
    assert crowded[0] == pytest.approx(100 * newcomers / population)
    assert crowded[0] >= crowded[1] >= crowded[2] >= 0
    seek = [rules.seekers(newcomers, 0.3, 1000.0, effect, each) for each in (0.0, *aid)]
    assert seek[0] == pytest.approx(newcomers + 300)
    assert seek[0] >= seek[1] >= seek[2] >= 0
    assert rules.seekers(newcomers, 0.3, 1000.0, 1.0, 1.0) == 0


# --- news and fear -------------------------------------------------------------------------------


@given(share, share, ranged("news_months"), ranged("publicity_effect"), ordered(share))
def test_news_of_a_door_spreads_and_publicity_hurries_it(
    heard: float, offered: float, months: float, effect: float, publicity: list[float]
) -> None:
    slow, fast = (rules.heard_next(heard, offered, months, effect, each) for each in publicity)
    assert min(heard, offered) - TINY <= slow <= fast <= offered
    assert rules.heard_next(heard, offered, 0.0, effect, 0.0) == pytest.approx(offered)
    a_month = heard
    for _ in range(4):
        a_month = rules.heard_next(a_month, offered, months, 0.0, 1.0)
    if months and heard < offered:
        left = np.exp(-4 / WEEKS_PER_MONTH / months)
        assert offered - a_month == pytest.approx((offered - heard) * left)


@given(
    ranged("fear_of_abduction"), ranged("fear_of_refusal"), ranged("abductions_per_activist_year"),
    ordered(share), ordered(share), ordered(st.floats(0, 5)), ordered(share),
)  # fmt: skip
def test_fear_is_a_share_that_rises_with_danger_and_falls_with_protection(
    of_abduction: float, of_refusal: float, rate: float, risk: list[float],
    protection: list[float], intensity: list[float], refusal: list[float],
) -> None:  # fmt: skip
    def fear(risk: float, protection: float, intensity: float, refusal: float) -> float:
        a_year = rules.abductions_per_year(rate, risk, protection, intensity)
        return float(rules.fear_believed(of_abduction, a_year, of_refusal, refusal, risk))

    least = fear(risk[0], protection[1], intensity[0], refusal[0])
    assert 0 <= least <= 1
    assert fear(risk[1], protection[1], intensity[0], refusal[0]) >= least
    assert fear(risk[0], protection[0], intensity[0], refusal[0]) >= least
    assert fear(risk[0], protection[1], intensity[1], refusal[0]) >= least
    assert fear(risk[0], protection[1], intensity[0], refusal[1]) >= least
    assert fear(0.0, 0.0, 5.0, 1.0) == 0
    assert rules.abductions_per_year(rate, risk[1], 1.0, intensity[1]) == 0


# --- money ---------------------------------------------------------------------------------------


@given(share, ordered(share), share)
def test_capital_accepted_lets_through_what_is_barred(
    barred: float, accepted: list[float], sanctions: float
) -> None:
    low, high = (eq.let_through(1 - barred, each) for each in accepted)
    assert 1 - barred - TINY <= low <= high <= 1 + TINY
    assert eq.let_through(1 - barred, 0.0) == 1 - barred
    assert eq.let_through(1 - barred, 1.0) == pytest.approx(1)


@given(share, ordered(share), ranged("sanctions_on_payments"), ranged("sanctions_on_costs"))
def test_sanctions_bar_payments_and_raise_prices(
    access: float, sanctions: list[float], on_payments: float, on_costs: float
) -> None:
    mild, hard = (rules.payments_under_sanctions(access, on_payments, each) for each in sanctions)
    assert 0 <= hard <= mild <= access
    mild, hard = (rules.prices(0.5, 1.2, on_costs, each) for each in sanctions)
    assert 0.6 - TINY <= mild <= hard
    assert rules.prices(0.5, 1.2, on_costs, 1.0) == pytest.approx(0.6 * (1 + on_costs))
