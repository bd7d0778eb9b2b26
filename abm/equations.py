"""Every behavioural formula, once: pure, no state, no draws, scalars or columns alike.

Symbols are those of the model's description. A utility is a flow, per month, relative to the noise
of one choice. Whoever needs a rule calls it here: the model, its screening, explanations and tests.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from abm.calendar import WEEKS_PER_MONTH
from abm.chance import Floats

# What a formula takes and gives: a number, or an array that broadcasts with the others. Types of
# arrays cannot say so, hence Any.
Number: TypeAlias = Any


# --- rates -----------------------------------------------------------------------------------


def weekly_chance(rate_per_month: Number) -> Number:
    """Chance in a week of an event with a monthly rate: 1 - exp(-rate / weeks a month)."""
    return -np.expm1(-rate_per_month / WEEKS_PER_MONTH)


# --- what is feared and felt at home -------------------------------------------------------------


def exposure(liability: Number, exempt: Number, exemption_effect: Number) -> Number:
    """Exposure to mobilisation, 0 to 1: g = liability (1 - x [exempt])."""
    return liability * (1.0 - exemption_effect * exempt)


def risk_believed(breadth_belief: Number, exposure: Number, order: Number) -> Number:
    """The risk that an order suggests: 1 - exp(-n g M); people believe the net wider (M2)."""
    return -np.expm1(-breadth_belief * exposure * order)


def risk_next(risk: Number, target: Number, decay_per_month: Number) -> Number:
    """Perceived risk a week on, fast up and slow down: max(target, risk - ρ (risk - target))."""
    return np.maximum(target, risk - weekly_chance(decay_per_month) * (risk - target))


def risk_with_community(risk: Number, ties: Number, called_up_share: Number) -> Number:
    """Risk once neighbours are called up: 1 - (1 - stratum's) (1 - s × community's share)."""
    return 1.0 - (1.0 - risk) * (1.0 - ties * called_up_share)


def fear_of_mobilisation(weight: Number, risk: Number) -> Number:
    """Utility at home lost to the risk of being called up: -β_m risk."""
    return -weight * risk


def weight_of_repression(
    weight: Number, dissent: Number, repression: Number, propaganda: Number
) -> Number:
    """Utility at home lost to repression: -β_r o R (1 - S)."""
    return -weight * dissent * repression * (1.0 - propaganda)


def weight_of_conscience(weight: Number, dissent: Number, conscience: Number) -> Number:
    """Utility at home lost to conscience, whatever the repression: -β_r o c (M38)."""
    return -weight * dissent * conscience


def worth_of_offer(weight: Number, offer: Number, dissent: Number) -> Number:
    """What the Kremlin's calls and offers add to home for those abroad: β_o offer (1 - o) (M28)."""
    return weight * offer * (1.0 - dissent)


def worth_of_hope(weight: Number, regime_change: Number, dissent: Number) -> Number:
    """What another regime adds to home for those abroad: β_n o, once it rules (M32)."""
    return weight * regime_change * dissent


def weight_of_hardship(weight: Number, real_wage_index: Number, jobless: Number) -> Number:
    """-β_e hardship; hardship = fall of real income since 2021 in logs, plus one when jobless."""
    return -weight * (np.maximum(0.0, -np.log(real_wage_index)) + jobless)


def attachment(spread: Number, standard: Number, by_stage: Number) -> Number:
    """Attachment to home h = σ_h (z + m), z standard normal, truncated at 3; m rises with age."""
    return spread * (standard + by_stage)


def pull_of_home(
    attachment: Number, least: Number, lasting: Number, years_abroad: Number
) -> Number:
    """Home's pull on those abroad (M31): h_0 + (h - h_0)(η + (1 - η) exp(-years abroad / 2)).

    It is strongest while the stay feels temporary. Measured from the least attachment h_0 that
    anybody has, since most who leave have h < 0, for whom a plain fading of h would mend the pull.
    """
    kept = lasting + (1.0 - lasting) * np.exp(-years_abroad / 2.0)
    return least + (attachment - least) * kept


# --- what a place is worth ---------------------------------------------------------------------


def wage_abroad(
    local_wage_usd: Number, wage_at_home_usd: Number, mean_at_home_usd: Number, portability: Number
) -> Number:
    """Wage in a host, USD a month: local wage × (own wage at home / mean at home)^p."""
    return local_wage_usd * (wage_at_home_usd / mean_at_home_usd) ** portability


def access_to_work(right_to_work: Number, understood: Number) -> Number:
    """Access to local work, 0 to 1: the right to it × the chance to be understood there."""
    return right_to_work * understood


def understood(speaks: Number, russian_ease: Number) -> Number:
    """Chance to be understood at work: 1 with a foreign language, else the ease of Russian."""
    return np.maximum(speaks, russian_ease)


def open_to_scientists(access: Number, institutions_closed: Number) -> Number:
    """Access to work in science, 0 to 1: a (1 - share of posts shut to Russians) (M13)."""
    return access * (1.0 - institutions_closed)


def employability(finding_per_month: Number, access: Number, failure_per_month: Number) -> Number:
    """Long-run share of time in work: e a / (e a + f), a the access to work; 0 without it."""
    found = finding_per_month * access
    return found / np.maximum(found + failure_per_month, 1e-12)


def remote_income(wage_at_home_usd: Number, barrier: Number, payment_access: Number) -> Number:
    """Income earned in Russia that arrives abroad (M10): w (1 - b (1 - access to payments))."""
    return wage_at_home_usd * (1.0 - barrier * (1.0 - payment_access))


def payments_under_sanctions(access: Number, effect: Number, sanctions: Number) -> Number:
    """Access to payments in fact, 0 to 1: access (1 - x_s sanctions) (M14)."""
    return access * (1.0 - effect * sanctions)


def prices(level: Number, living_cost: Number, effect: Number, sanctions: Number) -> Number:
    """Price level against the United States: level × living costs (1 + x_c sanctions) (M14)."""
    return level * living_cost * (1.0 + effect * sanctions)


def let_through(share: Number, capital_accepted: Number) -> Number:
    """Share of money or property that gets out: k + (1 - k) capital accepted there (M10, P7)."""
    return share + (1.0 - share) * capital_accepted


def consumption(
    income_usd: Number, rent_usd: Number, price_level: Number, subsistence: Number
) -> Number:
    """Consumption c, USD a month at purchasing power: (income - rent) / price level, floored."""
    return np.maximum(subsistence, (income_usd - rent_usd) / price_level)


def worth_of_consumption(weight: Number, consumption: Number) -> Number:
    """β_w ln c."""
    return weight * np.log(consumption)


def worth_of_diaspora(weight: Number, russians: Number) -> Number:
    """ψ ln(1 + N / 1000), N the Russians there. At home it is a constant, left to φ_H and φ_R."""
    return weight * np.log1p(russians / 1000.0)


def worth_of_contacts(weight: Number, contacts: Number) -> Number:
    """ω ln(1 + contacts there) (M36)."""
    return weight * np.log1p(contacts)


def worth_of_family(weight: Number, partner_is_there: Number) -> Number:
    """β_f F, F = 1 where the partner is."""
    return weight * partner_is_there


def worth_of_leaning(weight: Number, leans: Number) -> Number:
    """κ where the host is of the group to which the person leans."""
    return weight * leans


def insecurity(base: Number, refusal: Number, weeks_left: Number) -> Number:
    """Insecurity of status I: b + (1 - b) q exp(-weeks left / 26), b by status, q of refusal."""
    return base + (1.0 - base) * refusal * np.exp(-np.maximum(weeks_left, 0.0) / 26.0)


def with_partners(own: Number, partners: Number, suffering: Number) -> Number:
    """What is felt when a partner suffers too (M11): own + λ × partner's."""
    return own + suffering * partners


def weight_of_insecurity(weight: Number, insecurity: Number) -> Number:
    """-β_s I (M7)."""
    return -weight * insecurity


def weight_of_discrimination(weight: Number, lived: Number) -> Number:
    """-β_d D, D the discrimination lived in this host; it weighs on staying only (M8)."""
    return -weight * lived


def weight_of_fear(weight: Number, dissent: Number, fear: Number) -> Number:
    """-β_a o F_j, F_j the fear of abduction and handover in host j (M27)."""
    return -weight * dissent * fear


# --- what a move costs and takes -----------------------------------------------------------------


def moving_cost(cost: Number, without_flights: Number, flights: Number) -> Number:
    """φ, more where there are no direct flights (M35): φ + φ_F (1 - flights)."""
    return cost + without_flights * (1.0 - flights)


def journey_usd(months: Number, mean_pay_usd: Number, travel_hours: Number) -> Number:
    """Price of a journey, USD: J months of mean pay at home at five hours, half of it for distance.

    J w (1/2 + hours / 10); the money must be in the savings (M4). Assumed form.
    """
    return months * mean_pay_usd * (0.5 + travel_hours / 10.0)


# --- attention and choice ----------------------------------------------------------------------


def attention(
    per_month: Number, order_attention_per_week: Number, risk: Number, order: Number
) -> Number:
    """Chance to reconsider in a week: 1 - exp(-a / weeks a month - α risk M) (M2)."""
    return -np.expm1(-per_month / WEEKS_PER_MONTH - order_attention_per_week * risk * order)


def log_arrival(luck: Number, utility: Number) -> Number:
    """Log of an option's arrival in the race, ln(E exp(-v)); the least one wins."""
    return np.log(luck) - utility


def logit_probabilities(utilities: Floats) -> Floats:
    """Probabilities of the race's winner: exp(v_j) / Σ exp(v_k), over the last axis."""
    weights = np.exp(utilities - np.max(utilities, axis=-1, keepdims=True))
    return weights / np.sum(weights, axis=-1, keepdims=True)


def bound_on_luck(advantage: Number) -> Number:
    """Only a person with u below this can leave: e^Δ / (1 + e^Δ).

    Δ is the most that v_j - u_home - ln w_j can be, w_j the weight of host j in the luck.
    """
    return 1.0 / (1.0 + np.exp(-advantage))


# --- life abroad ---------------------------------------------------------------------------------


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


def savings_next(
    savings_usd: Number, income_usd: Number, rent_usd: Number, living_cost_usd: Number
) -> Number:
    """Savings a week on, USD: + (income - rent - living) / weeks a month; never below zero."""
    change = (income_usd - rent_usd - living_cost_usd) / WEEKS_PER_MONTH
    return np.maximum(0.0, savings_usd + change)


# --- hosts ---------------------------------------------------------------------------------------


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
    rise_of_ln_rent: Number,
    from_incidents: Number,
    incident: Number,
) -> Number:
    """Hostility a week on: falls to its rest by h_d, then rises by rents and incidents.

    H' = H - h_d (H - rest); H' + (1 - H') (1 - exp(-h_r Δln rent - h_i incident)): always 0 to 1.
    """
    rise = from_rents * np.maximum(0.0, rise_of_ln_rent) + from_incidents * incident
    calmer = hostility - weekly_chance(decay_per_month) * (hostility - rest)
    return calmer + (1.0 - calmer) * -np.expm1(-rise)


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
