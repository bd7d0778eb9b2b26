"""Formulas of life abroad and of hosts, each once: permits, money, rents, hostility, policy, fear.

As in abm.equations: pure, no state, no draws, scalars or columns alike.
"""

from __future__ import annotations

import numpy as np

from abm.calendar import WEEKS_PER_MONTH
from abm.equations import Number, weekly_chance

# --- life abroad ------------------------------------------------------------------------------


def refusal_chance(
    base: Number, sensitivity: Number, strictness: Number, strictness_then: Number
) -> Number:
    """Chance q that a permit is refused: logit q = logit base + χ (strictness now - then)."""
    odds = base / (1.0 - base) * np.exp(sensitivity * (strictness - strictness_then))
    return odds / (1.0 + odds)


def discrimination_chance(
    base: Number, slope: Number, hostility: Number, prevented: Number
) -> Number:
    """Chance of an act of discrimination in a week; prevented: the share x_a × effort against it.

    A month's chance is 1 - exp(-(δ0 + δ1 hostility)(1 - prevented)).
    """
    return weekly_chance((base + slope * hostility) * (1.0 - prevented))


def forgotten(lived: Number) -> Number:
    """Discrimination remembered a week on: half is left after six months (26 weeks)."""
    return lived * 2.0 ** (-1.0 / 26.0)


def payments_under_sanctions(access: Number, effect: Number, sanctions: Number) -> Number:
    """Access to payments in fact, 0 to 1: access (1 - x_s sanctions) (M14)."""
    return access * (1.0 - effect * sanctions)


def prices(level: Number, living_cost: Number, effect: Number, sanctions: Number) -> Number:
    """Price level against the United States: level × living costs (1 + x_c sanctions) (M14)."""
    return level * living_cost * (1.0 + effect * sanctions)


def savings_next(
    savings_usd: Number, income_usd: Number, rent_usd: Number, living_cost_usd: Number
) -> Number:
    """Savings a week on, USD: + (income - rent - living) / weeks a month; never below zero."""
    change = (income_usd - rent_usd - living_cost_usd) / WEEKS_PER_MONTH
    return np.maximum(0.0, savings_usd + change)


# --- rents, hostility, policy -----------------------------------------------------------------


def rent(
    rent_before_usd: Number, elasticity: Number, seekers: Number, settlement_population: Number
) -> Number:
    """ln rent = ln rent0 + γ (newcomers over the population of the cities where they settle)."""
    return rent_before_usd * np.exp(elasticity * seekers / settlement_population)


def seekers(
    newcomers: Number, competition: Number, refugees: Number, aid_effect: Number, aid: Number
) -> Number:
    """Who seeks a flat, in newcomers: (newcomers + γ_u refugees)(1 - x_h aid) (M34, P12)."""
    return (newcomers + competition * refugees) * (1.0 - aid_effect * aid)


def crowding(
    newcomers: Number, settlement_population: Number, aid_effect: Number, aid: Number
) -> Number:
    """Newcomers beyond what aid houses, % of their cities' people: 100 N (1 - x_h aid) / P."""
    return 100.0 * newcomers * (1.0 - aid_effect * aid) / settlement_population


def hostility_at_rest(
    history: Number, share: Number, welcome: Number, months: Number, welcome_months: Number
) -> Number:
    """Where hostility falls back to: h_0 history (1 - h_w exp(-months since the invasion / τ_w)).

    History's level (M16) is held back by an early welcome that wears off (M19).
    """
    return share * history * (1.0 - welcome * np.exp(-months / welcome_months))


def hostility_next(
    hostility: Number,
    rest: Number,
    decay_per_month: Number,
    from_rents: Number,
    change_of_ln_rent: Number,
    from_incidents: Number,
    incident: Number,
) -> Number:
    """Hostility a week on: falls back to its rest by h_d, moves with rents, rises by incidents.

    H' = H - h_d (H - rest); max(0, 1 - (1 - H') exp(-h_r Δln rent - h_i incident)): always 0 to 1.
    Rents that fall take back what their rise has made, so jitter adds nothing.
    """
    push = from_rents * change_of_ln_rent + from_incidents * incident
    calmer = hostility - weekly_chance(decay_per_month) * (hostility - rest)
    return np.maximum(0.0, calmer + (1.0 - calmer) * -np.expm1(-push))


def strictness_next(
    strictness: Number,
    to_hostility: Number,
    hostility: Number,
    threshold: Number,
    to_crowding: Number,
    crowding: Number,
    to_security: Number,
    security_plea: Number,
    to_pressure: Number,
    pressure_gained: Number,
) -> Number:
    """Strictness after a quarterly review, 0 to 1 (M17, M18).

    strictness + (1 - strictness)(1 - exp(-push)), push = p_h max(0, H - threshold)
    + p_c crowding + p_s plea + p_p max(0, pressure gained).
    """
    push = to_hostility * np.maximum(0.0, hostility - threshold)
    push = push + to_crowding * crowding + to_security * security_plea
    push = push + to_pressure * np.maximum(0.0, pressure_gained)
    return strictness + (1.0 - strictness) * -np.expm1(-push)


# --- news of doors, fear ----------------------------------------------------------------------


def heard_next(
    heard: Number, offered: Number, news_months: Number, publicity_effect: Number, publicity: Number
) -> Number:
    """What people have heard of a door, as a share, a week on (M33); news of shutting is M5's.

    min(offered, heard + (offered - heard)(1 - exp(-(1 + x_p publicity) / τ_k / weeks a month))).
    """
    spread = weekly_chance((1.0 + publicity_effect * publicity) / np.maximum(news_months, 1e-9))
    return np.minimum(offered, heard + spread * (offered - heard))


def abductions_per_year(
    rate: Number, handover_risk: Number, protection: Number, intensity: Number
) -> Number:
    """Chance a year that an activist is abducted or handed over: r_a × risk (1 - P13) P23 (M27)."""
    return rate * handover_risk * (1.0 - protection) * intensity


def fear_believed(
    of_abduction: Number,
    abductions_per_year: Number,
    of_refusal: Number,
    refusal: Number,
    handover_risk: Number,
) -> Number:
    """Fear that a host suggests, 0 to 1: 1 - exp(-ν 1000 × abductions - ν_r q × risk) (M27).

    q, the chance that a permit is refused, frightens as far as the refused may be handed over.
    """
    of_rejection = of_refusal * refusal * handover_risk
    return -np.expm1(-of_abduction * 1000.0 * abductions_per_year - of_rejection)
