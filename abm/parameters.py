"""Every number of the model that is not data: symbol, value, unit, range, source and status.

A parameter is declared once, below. Ranges were assumed before any fit unless a source is named; a
status says how far to trust the value: measured, literature, assumed, or set by hand (within its
range, so that the baseline is plausible; calibration replaces it).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal

import pandas as pd

from abm import html
from abm.errors import InputError, unknown
from abm.mechanisms import MECHANISMS

Status = Literal["measured", "literature", "assumed", "set by hand"]
SEEDS = "prior range, assumed before any fit"


@dataclass(frozen=True)
class Declaration:
    """What is declared of one parameter."""

    name: str
    symbol: str
    value: float
    unit: str
    low: float
    high: float
    status: Status
    source: str


def number(
    symbol: str,
    value: float,
    unit: str,
    low: float,
    high: float,
    status: Status = "set by hand",
    source: str = SEEDS,
) -> Any:
    """A field of Parameters with its declaration."""
    return field(
        default=value,
        metadata={
            "symbol": symbol,
            "unit": unit,
            "low": low,
            "high": high,
            "status": status,
            "source": source,
        },
    )


@dataclass(frozen=True)
class Parameters:
    """The behavioural parameters of one run. Frozen; every value lies in its range or is null.

    Null is the value by which abm.mechanisms switches a mechanism off.
    """

    # --- what a place is worth (util a month)
    consumption_weight: float = number("β_w", 1.0, "util per ln consumption", 0.4, 2.0)
    diaspora_weight: float = number(
        "ψ", 0.25, "util per ln stock", 0.1, 0.7, source="Beine, Docquier and Özden 2011, Table 2"
    )
    contacts_weight: float = number(
        "ω", 0.25, "util per ln contacts", 0.0, 0.5, "assumed", "literature on networks; no figure"
    )
    family_weight: float = number("β_f", 1.0, "util", 0.0, 2.0, "assumed")
    leaning_weight: float = number("κ", 1.2, "util", 0.0, 2.5)
    insecurity_weight: float = number("β_s", 4.0, "util at full insecurity", 0.0, 4.0)
    discrimination_weight: float = number("β_d", 0.6, "util an act", 0.0, 2.0, "assumed")
    mobilisation_weight: float = number("β_m", 3.4, "util at full risk", 0.0, 8.0)
    repression_weight: float = number("β_r", 8.0, "util at full repression", 0.0, 8.0)
    conscience: float = number("c", 0.1, "of full repression", 0.0, 1.0, "assumed")
    hardship_weight: float = number("β_e", 0.3, "util per ln income lost", 0.0, 2.0, "assumed")
    attachment_spread: float = number("σ_h", 1.8, "util", 0.5, 3.0)
    lasting_attachment: float = number("η", 0.6, "share that does not fade", 0.3, 1.0, "assumed")
    fear_weight: float = number("β_a", 1.0, "util at full fear", 0.0, 4.0, "assumed")
    offer_weight: float = number("β_o", 0.5, "util at full offer", 0.0, 2.0, "assumed")
    hope_weight: float = number("β_n", 2.0, "util at full dissent", 0.0, 4.0, "assumed")
    # --- what a move costs
    cost_of_leaving: float = number("φ_H", 6.85, "util", 4.0, 14.0)
    cost_of_onward_move: float = number("φ_O", 5.5, "util", 2.0, 9.0)
    cost_of_return: float = number("φ_R", 1.3, "util", 1.0, 9.0)
    resettlement_ease: float = number(
        "x_o", 0.5, "share of φ_O lifted", 0.0, 1.0, "assumed", "P11: the way and a start are paid"
    )
    cost_without_flights: float = number("φ_F", 0.4, "util", 0.0, 1.0, "assumed")
    journey_months: float = number("J", 0.5, "months of pay at home", 0.2, 2.0, "assumed")
    # --- when people think about it
    attention_per_month: float = number(
        "a", 0.2, "per month", 0.05, 0.5, "assumed", "fixed: only its product with exp(-φ_H) counts"
    )
    order_attention: float = number("α", 0.6, "per week at full risk", 0.1, 1.0)
    breadth_belief: float = number("n", 2.0, "multiple", 1.0, 4.0, "assumed")
    community_ties: float = number("s", 0.5, "share", 0.0, 1.0, "assumed")
    risk_decay_per_month: float = number("ρ", 0.3, "per month", 0.06, 0.6)
    exemption_effect: float = number(
        "x", 0.7, "share of exposure removed", 0.0, 1.0, "assumed", "S1: employers exempt staff"
    )
    discount_per_year: float = number(
        "β",
        0.95,
        "of what counts today, a year on",
        0.0,
        0.99,
        "assumed",
        "fixed: not identified; Kennan and Walker 2011; for those who look ahead",
    )
    news_weeks: float = number(
        "τ_n", 1.0, "weeks until e-fold know of a shut door", 0.0, 4.0, "assumed"
    )
    news_months: float = number(
        "τ_k", 3.0, "months until e-fold know of a new door", 0.5, 12.0, "assumed"
    )
    publicity_effect: float = number(
        "x_p", 4.0, "times faster at full publicity", 0.0, 10.0, "assumed"
    )
    # --- couples and kin
    partner_joins: float = number(
        "j", 0.63, "share", 0.4, 0.8, "measured", "warsawpoint, 12 June 2022"
    )
    partner_suffering: float = number("λ", 0.5, "of one's own", 0.0, 1.0, "assumed", "S1: family")
    # --- money, work and status abroad
    transfer_barrier: float = number("b", 0.3, "share of Russian income", 0.0, 0.4)
    movable_savings: float = number(
        "k", 0.45, "share", 0.2, 1.0, "assumed", "russia.csv: share_of_savings_movable; null is 1"
    )
    skill_portability: float = number(
        "p", 0.8, "elasticity of the wage abroad to the one at home", 0.2, 1.0, "assumed"
    )
    failure_per_month: float = number("f", 0.03, "per month", 0.01, 0.06, "assumed")
    job_finding_per_month: float = number("e", 0.2, "per month", 0.05, 0.3, "assumed")
    institution_loss_per_month: float = number(
        "x_i", 0.1, "per month where all posts are shut", 0.0, 0.5, "assumed", "M13"
    )
    remote_loss_per_month: float = number(
        "f_r",
        0.1,
        "per month",
        0.05,
        0.2,
        "measured",
        "OutRush, February and September 2022: 43 to 17 % in 7 months",
    )
    rent_share: float = number(
        "r", 0.6, "of a one-room flat's rent, an adult", 0.4, 1.0, "assumed", "flats are shared"
    )
    living_cost_ppp_usd: float = number(
        "m", 500.0, "USD a month at purchasing power", 300.0, 900.0, "assumed"
    )
    subsistence_ppp_usd: float = number(
        "c_0",
        208.0,
        "USD a month at purchasing power",
        109.0,
        300.0,
        "literature",
        "World Bank poverty line of upper-middle-income countries, 6.85 USD a day",
    )
    application_weeks: float = number(
        "w_a", 4.0, "weeks until a visitor asks for a permit", 1.0, 13.0, "assumed"
    )
    strictness_to_refusal: float = number("χ", 5.0, "logit a unit of strictness", 0.0, 6.0)
    renewals_examined: float = number("x_r", 1.0, "share of expiries", 0.0, 1.0, "assumed")
    processing_weeks: float = number("w", 8.0, "weeks pending", 2.0, 26.0, "assumed")
    long_permit_years: float = number(
        "y", 5.0, "years resident", 2.0, 10.0, "assumed", "EU 2003/109"
    )
    movable_property: float = number(
        "k_w", 0.05, "share of property", 0.0, 0.3, "assumed", "homes sell slowly; null is 1"
    )
    wealth_tail: float = number(
        "α_w",
        1.25,
        "Pareto index",
        1.2,
        2.0,
        "measured",
        "russia.csv: median 5,000, mean 27,381 USD",
    )
    sanctions_on_payments: float = number(
        "x_s", 0.5, "share of payment access lost", 0.0, 1.0, "assumed"
    )
    sanctions_on_costs: float = number("x_c", 0.1, "rise of living costs", 0.0, 0.5, "assumed")
    # --- hosts
    rent_elasticity: float = number("γ", 10.0, "% of rent per % of population", 1.0, 12.0)
    refugee_competition: float = number(
        "γ_u",
        0.3,
        "of a Russian newcomer's",
        0.0,
        1.0,
        "assumed",
        "M34: refugees seek the same flats",
    )
    hostility_from_rents: float = number("h_r", 0.5, "per ln rent", 0.0, 2.0, "assumed")
    hostility_from_incidents: float = number("h_i", 0.3, "per incident", 0.0, 1.0, "assumed")
    hostility_decay_per_month: float = number("h_d", 0.05, "per month", 0.01, 0.1, "assumed")
    historical_hostility: float = number(
        "h_0", 1.0, "share of the polled level", 0.0, 1.0, "assumed"
    )
    early_welcome: float = number("h_w", 0.4, "share of hostility held back", 0.0, 0.8, "assumed")
    welcome_months: float = number("τ_w", 9.0, "months until e-fold is gone", 3.0, 24.0, "assumed")
    discrimination_base: float = number("δ0", 0.02, "per month", 0.0, 0.05, "assumed")
    discrimination_from_hostility: float = number("δ1", 0.05, "per month", 0.0, 0.05)
    anti_discrimination_effect: float = number(
        "x_a", 0.5, "share prevented at full effort", 0.0, 1.0, "assumed"
    )
    aid_effect: float = number("x_h", 0.5, "share of newcomers housed", 0.0, 1.0, "assumed")
    abductions_per_activist_year: float = number(
        "r_a", 0.0005, "per activist-year at full risk of handover", 0.0, 0.002, "assumed"
    )
    fear_of_abduction: float = number(
        "ν", 0.5, "per abduction in 1,000 activist-years", 0.1, 3.0, "assumed"
    )
    fear_of_refusal: float = number(
        "ν_r", 0.2, "at certain refusal of protection", 0.0, 1.0, "assumed"
    )
    fear_decay_per_month: float = number("ρ_a", 0.2, "per month", 0.06, 0.6, "assumed")
    hostility_threshold: float = number("h_t", 0.5, "hostility", 0.3, 0.8, "assumed")
    policy_to_hostility: float = number("p_h", 0.1, "strictness a review", 0.0, 0.5, "assumed")
    policy_to_pressure: float = number("p_p", 0.1, "strictness a review", 0.0, 0.5, "assumed")
    policy_to_security: float = number("p_s", 0.1, "strictness a review", 0.0, 0.5, "assumed")
    policy_to_crowding: float = number(
        "p_c", 0.005, "strictness a review per % of population", 0.0, 0.05, "assumed"
    )
    # --- the elite
    elite_rents: float = number("β_k", 5.0, "util", 0.0, 12.0, "assumed", "S3: career and rents")
    elite_capital: float = number("β_c", 3.0, "util at all capital kept", 0.0, 6.0, "assumed", "S3")
    elite_post: float = number("β_p", 1.0, "util of a post or payments", 0.0, 3.0, "assumed", "S3")
    elite_security: float = number("β_g", 2.0, "util of sanctuary", 0.0, 4.0, "assumed", "S3")
    elite_hostage: float = number("β_x", 2.0, "util of kin left behind", 0.0, 4.0, "assumed", "S3")
    # --- the Kremlin
    delivery_per_week: float = number(
        "d", 0.01, "of reachable men a week", 0.002, 0.05, "assumed", "the quota binds in reality"
    )
    # --- Russia's economy and public
    wage_offer_elasticity: float = number(
        "ε", 0.5, "elasticity of wage offers to shortage", 0.0, 1.5, "assumed"
    )
    missed: float = number("m_a", 1.0, "share of those gone who are missed", 0.5, 1.0, "assumed")
    returnee_output: float = number(
        "q_r", 1.0, "× what wages imply", 1.0, 4.0, "assumed", "1: wages show output"
    )
    spending_multiplier: float = number("μ", 0.5, "of spending", 0.0, 2.0, "assumed")
    wage_share: float = number(
        "λ_w", 0.32, "net wages over GDP", 0.25, 0.45, "measured", "net wage bill over GDP, 2022"
    )
    practices_per_year: float = number(
        "g_n", 0.03, "of output per year abroad", 0.0, 0.1, "assumed", "M32: new practices"
    )
    rooted: float = number("ω_h", 0.5, "share a host can use", 0.0, 1.0, "assumed")
    propaganda_from_rejections: float = number("π_r", 0.5, "logit", 0.0, 1.0, "assumed")
    propaganda_from_contacts: float = number("π_c", 0.5, "logit", 0.0, 1.0, "assumed")
    propaganda_from_war: float = number("π_w", 0.3, "logit", 0.0, 1.0, "assumed")
    exile_voice: float = number("v_e", 1.0, "of a secure exile", 0.5, 1.0, "assumed")
    voice_without_payments: float = number(
        "b_v", 0.3, "share of voice lost without payments", 0.0, 1.0, "assumed", "S2"
    )
    home_activism: float = number("v", 0.3, "of an exile's", 0.0, 1.5, "assumed")
    trapped_men_weight: float = number("v_2", 0.05, "of an exile's", 0.0, 0.5, "assumed")
    returnee_silence: float = number("s_r", 0.8, "share who keep silent", 0.0, 1.0, "assumed")

    def __post_init__(self) -> None:
        for declaration in PARAMETERS:
            _check(declaration, getattr(self, declaration.name))

    def changed(self) -> dict[str, float]:
        """Those that have another value than the package's, by name."""
        now = ((each.name, getattr(self, each.name), each.default) for each in fields(self))
        return {name: value for name, value, usual in now if value != usual}

    def _repr_html_(self) -> str:
        changed = self.changed()
        facts = {
            "parameters": len(NAMES),
            "changed": ", ".join(f"{k} = {v:g}" for k, v in changed.items()) or "none",
        }
        rows = pd.DataFrame(
            [(d.name, d.symbol, getattr(self, d.name), f"{d.low:g} to {d.high:g}", d.unit, d.status)
             for d in PARAMETERS],
            columns=["name", "symbol", "value", "range", "unit", "status"],
        )  # fmt: skip
        return html.card("Parameters", facts, html.table(rows, "all of them"))


def _declared() -> tuple[Declaration, ...]:
    return tuple(
        Declaration(name=f.name, value=float(f.default), **f.metadata)  # type: ignore[arg-type]
        for f in fields(Parameters)
    )


def _check(declaration: Declaration, value: object) -> None:
    name, low, high = declaration.name, declaration.low, declaration.high
    example = f"{name}={declaration.value:g} ({declaration.unit}, {low:g} to {high:g})"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError(f"parameter {name!r} must be a number, not {value!r}. Example: {example}")
    if value not in NULLS.get(name, ()) and not low <= value <= high:
        raise InputError(f"parameter {name!r} is {value:g}, out of its range. Example: {example}")


NULLS: dict[str, set[float]] = {}
for _mechanism in MECHANISMS:
    for _name, _null in _mechanism.off.items():
        NULLS.setdefault(_name, set()).add(_null)
PARAMETERS: tuple[Declaration, ...] = _declared()
NAMES: tuple[str, ...] = tuple(declaration.name for declaration in PARAMETERS)


def parameters_from(values: dict[str, float]) -> Parameters:
    """Parameters with some values replaced; unknown names and bad values raise InputError."""
    for name in values:
        if name not in NAMES:
            raise unknown("parameter", name, NAMES, "consumption_weight=1.2")
    return Parameters(**values)
