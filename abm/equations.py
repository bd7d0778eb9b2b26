"""Formulas of what moves people, each once: pure, no state, no draws, scalars or columns alike.

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

EXPIRY_WEEKS = 26.0  # over which the end of a status comes near
FADING_YEARS = 2.0  # over which home's pull fades

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
    kept = lasting + (1.0 - lasting) * recency_of_leaving(years_abroad)
    return least + (attachment - least) * kept


# --- what a place is worth ---------------------------------------------------------------------


def recency_of_leaving(years_abroad: Number) -> Number:
    """What is left of the first pull of home: exp(-years abroad / 2) (M31)."""
    return np.exp(-years_abroad / FADING_YEARS)


def years_since_leaving(recency: Number) -> Number:
    """Years abroad after which so much is left: -2 ln recency."""
    return -FADING_YEARS * np.log(recency)


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
    return base + (1.0 - base) * refusal * nearness_of_expiry(weeks_left)


def nearness_of_expiry(weeks_left: Number) -> Number:
    """How near the end of a status is felt to be: exp(-weeks left / 26) (M7)."""
    return np.exp(-np.maximum(weeks_left, 0.0) / EXPIRY_WEEKS)


def weeks_to_expiry(nearness: Number) -> Number:
    """Weeks left at which the end is so near: -26 ln nearness."""
    return -EXPIRY_WEEKS * np.log(nearness)


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
