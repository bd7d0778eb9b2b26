"""Which numbers are null when a mechanism is off. No equation holds a flag."""

from __future__ import annotations

from dataclasses import dataclass, field

from abm.errors import unknown
from abm.levers import NO_LIMIT


@dataclass(frozen=True)
class Mechanism:
    """A mechanism of the model's description and what switches it off.

    off: parameters and their null values; held: levers held at a value, from the first week on;
    drops: the kind of dated events that are left out.
    """

    id: str
    what: str
    off: dict[str, float] = field(default_factory=dict)
    held: dict[str, float] = field(default_factory=dict)
    drops: str = ""


def _m(
    id: str, what: str, *null: str, held: dict[str, float] | None = None, **off: float
) -> Mechanism:
    return Mechanism(id, what, {**dict.fromkeys(null, 0.0), **off}, held or {})


_ALONE: tuple[Mechanism, ...] = (
    _m("M1", "repression drives those who dissent out", held={"repression": 0.0}),
    _m("M2", "the order raises perceived risk", "mobilisation_weight", "order_attention"),
    _m("M3", "employers exempt staff", "exemption_effect"),
    _m("M4", "income makes leaving possible", "journey_months"),
    _m("M5", "a door just shut turns people back", "news_weeks"),
    _m("M6", "a permit refused sends people home or on", "renewals_examined"),
    _m("M7", "an unstable status wears on people", "insecurity_weight"),
    _m(
        "M8",
        "discrimination sends people home",
        "discrimination_weight",
        "discrimination_base",
        "discrimination_from_hostility",
    ),
    _m("M9", "a job or business is lost", "failure_per_month"),
    _m(
        "M10",
        "money and work cannot be taken along",
        "transfer_barrier",
        "remote_loss_per_month",
        movable_savings=1.0,
        movable_property=1.0,
    ),
    _m("M11", "an unhappy partner weighs on both", "partner_suffering"),
    _m("M12", "labour shortage at home raises wage offers", "wage_offer_elasticity"),
    _m("M13", "institutions shut Russians out", held={"institutions_closed": 0.0}),
    _m(
        "M14",
        "costs and sanctions make a host less attractive",
        "sanctions_on_payments",
        "sanctions_on_costs",
        held={"living_cost": 1.0},
    ),
    _m(
        "M15",
        "inflow raises rents, rents raise hostility",
        "rent_elasticity",
        "hostility_from_rents",
    ),
    _m("M16", "history makes hostility that no inflow explains", "historical_hostility"),
    _m("M17", "outside pressure tightens a host's policy", "policy_to_pressure"),
    _m(
        "M18",
        "hostility, crowding and pleas of security tighten a host's policy",
        "policy_to_hostility",
        "policy_to_security",
        "policy_to_crowding",
    ),
    _m("M19", "early welcome turns to fatigue", "early_welcome"),
    _m("M20", "returnees add to output", "returnee_output", "spending_multiplier"),
    _m("M21", "those gone are missing as soldiers and workers", "missed"),
    _m("M22", "rejection abroad feeds propaganda", "propaganda_from_rejections"),
    _m("M23", "welcome and contact weaken propaganda", "propaganda_from_contacts"),
    _m("M24", "exile lets the opposition publish", "exile_voice"),
    _m("M25", "people kept in would rise up", "home_activism", "trapped_men_weight"),
    _m("M26", "returnees keep silent", "returnee_silence"),
    _m(
        "M27",
        "abductions and refused asylum spread fear",
        "fear_weight",
        "abductions_per_activist_year",
        "fear_of_refusal",
    ),
    _m("M28", "the Kremlin calls exiles home", "offer_weight", held={"return_offer": 0.0}),
    _m(
        "M29",
        "elite exits hang on capital, career, security and doors",
        "elite_rents",
        "elite_capital",
        "elite_post",
        "elite_security",
        "elite_hostage",
        held={
            "elite_sanctuary": 0.0,
            "elite_capital_kept": 0.0,
            "elite_posts": 0.0,
            "elite_payments": 0.0,
            "elite_service": 0.0,
        },
    ),
    _m("M30", "capital, firms and skills move to hosts, to their gain", "rooted"),
    _m("M31", "a stay feels temporary, and home's pull fades", lasting_attachment=1.0),
    _m(
        "M32",
        "many return after a change of regime",
        "hope_weight",
        "practices_per_year",
        held={"regime_change": 0.0},
    ),
    _m("M33", "a policy works only as far as it is known", "news_months"),
    _m("M34", "refugees compete for places", "refugee_competition"),
    _m("M35", "without flights a move costs more", "cost_without_flights"),
    _m("M36", "friends and compatriots abroad draw people", "contacts_weight", "diaspora_weight"),
    _m("M37", "hardship at home drives people out", "hardship_weight"),
    _m("M38", "people leave from conscience", "conscience"),
    _m("M39", "the war itself turns the public against the West", "propaganda_from_war"),
    Mechanism("responses", "what answered an inflow comes on its date", drops="response"),
)
# What people abroad do comes back to those who decide: wage offers, rents and hostility, policy,
# propaganda twice, friends and compatriots.
FEEDBACKS = ("M12", "M15", "M18", "M22", "M23", "M36")
# Every way in which some people's moves change what others meet, partners apart: these, and that an
# abduction stirs the others there (M27), that the army takes those who are left, that places fill.
_NULL = {name: null for each in _ALONE if each.id in FEEDBACKS for name, null in each.off.items()}
_FEEDBACK = Mechanism(
    "feedback",
    "what some people do changes what others meet",
    off={**_NULL, "abductions_per_activist_year": 0.0},
    held={"mobilisation_quota": 0.0, "weekly_places": NO_LIMIT},
)
MECHANISMS: tuple[Mechanism, ...] = (*_ALONE, _FEEDBACK)
BY_ID: dict[str, Mechanism] = {mechanism.id: mechanism for mechanism in MECHANISMS}


def mechanism(id: str) -> Mechanism:
    """A mechanism by its id; InputError when there is none."""
    if id not in BY_ID:
        raise unknown("mechanism", id, BY_ID, "--without M8")
    return BY_ID[id]
