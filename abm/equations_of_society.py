"""Formulas of Russia's economy and public, each once: labour, output, capital, propaganda, voice.

As in abm.equations: pure, no state, no draws, scalars or columns alike.
"""

from __future__ import annotations

import numpy as np

from abm.equations import Number

# --- labour and output -----------------------------------------------------------------------


def shortage(missed: Number, missing: Number, workers: Number) -> Number:
    """Labour missed of an occupation, share (M21): m_a × missing / workers there would be."""
    return missed * missing / workers


def wage_offer(elasticity: Number, shortage: Number) -> Number:
    """Wage offers relative to the observed wage (M12): exp(ε shortage), so never below 1.

    To first order the demand for labour with constant elasticity, (1 - shortage)^-ε, and finite
    when all are gone.
    """
    return np.exp(elasticity * shortage)


def practised(practices_per_year: Number, regime_change: Number, years_abroad: Number) -> Number:
    """Output of a returnee over what the wage implies (M32): 1 + g_n years, under a new regime."""
    return 1.0 + practices_per_year * regime_change * years_abroad


def output_of_returnees(
    output: Number, wages: Number, multiplier: Number, wage_share: Number, spending: Number
) -> Number:
    """What returnees add to output, over the national wage bill's worth of it (M20).

    q_r wages + μ λ_w spending; wages of those whose work was missing, spending of those who worked
    for Russia from abroad, whose output was counted already; both over the national wage bill.
    Output goes with wages, and the wage bill is the share λ_w of it. Who works spends as well, but
    that is not counted a second time.
    """
    return output * wages + multiplier * wage_share * spending


# --- capital -------------------------------------------------------------------------------------


def wealth_usd(
    luck: Number, tail: Number, median_usd: Number, relative_wage: Number, most_usd: Number
) -> Number:
    """Net wealth, USD: relative wage × Lomax with index α_w and a given median, up to a limit.

    w λ ((1 - u F)^(-1/α) - 1), λ = median / (2^(1/α) - 1), F the share below the limit.
    """
    scale = relative_wage * median_usd / (2.0 ** (1.0 / tail) - 1.0)
    below = 1.0 - (1.0 + most_usd / scale) ** -tail
    return scale * ((1.0 - luck * below) ** (-1.0 / tail) - 1.0)


# --- propaganda ----------------------------------------------------------------------------------


def rejection(rejections: Number, who_tried: Number) -> Number:
    """How much rejection is seen, 0 to 1 (M22): 1 - exp(-rejections / Russians who tried).

    Who tried: those abroad and those shut out, as far as they are remembered.
    """
    return -np.expm1(-rejections / np.maximum(who_tried, 1.0))


def welcome(contacts: Number, settled_share: Number) -> Number:
    """Share at home with a contact settled abroad (M23): 1 - exp(-contacts × share settled)."""
    return -np.expm1(-contacts * settled_share)


def war_felt(months: Number) -> Number:
    """How far the war itself has turned the public, 0 to 1 (M39): 1 - exp(-months / (1/2)).

    Polls turned within weeks of the invasion; half a month is an assumption.
    """
    return -np.expm1(-2.0 * months)


def propaganda_tilt(
    from_rejections: Number,
    rejection: Number,
    from_contacts: Number,
    welcome: Number,
    from_war: Number,
    war: Number,
) -> Number:
    """What feeds propaganda less what weakens it, logit: π_r rejection - π_c welcome + π_w war."""
    return from_rejections * rejection - from_contacts * welcome + from_war * war


def propaganda_strength(put_in: Number, tilt: Number) -> Number:
    """Strength S, 0 to 1: odds(S) = odds(what the Kremlin puts in) × exp(tilt).

    None stays none and full stays full.
    """
    fed = put_in * np.exp(tilt)
    return fed / (1.0 - put_in + fed)


# --- the opposition ------------------------------------------------------------------------------


def voice_abroad(
    voice: Number, insecurity: Number, lost_without_payments: Number, payment_access: Number
) -> Number:
    """An activist's weight abroad (M24): v_e (1 - I)(1 - b_v (1 - access to payments))."""
    return voice * (1.0 - insecurity) * (1.0 - lost_without_payments * (1.0 - payment_access))


def voice_at_home(
    activism: Number,
    activists: Number,
    silence: Number,
    returned: Number,
    trapped_weight: Number,
    men_at_risk: Number,
    repression: Number,
) -> Number:
    """Weight of the opposition at home, in secure exiles (M25, M26).

    (v (activists - s_r × returned among them) + v_2 × men trapped × risk) (1 - R).
    """
    weight = activism * (activists - silence * returned) + trapped_weight * men_at_risk
    return weight * (1.0 - repression)
