"""Which numbers are null when a mechanism is off. No equation holds a flag."""

from __future__ import annotations

from dataclasses import dataclass, field

from abm.errors import unknown


@dataclass(frozen=True)
class Mechanism:
    """A mechanism of the model's description and what switches it off.

    off: parameters and their null values; held: levers held at a value, from the first week on.
    """

    id: str
    what: str
    off: dict[str, float] = field(default_factory=dict)
    held: dict[str, float] = field(default_factory=dict)


def _m(
    id: str, what: str, *null: str, held: dict[str, float] | None = None, **off: float
) -> Mechanism:
    return Mechanism(id, what, {**dict.fromkeys(null, 0.0), **off}, held or {})


MECHANISMS: tuple[Mechanism, ...] = (
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
    ),
    _m("M11", "an unhappy partner weighs on both", "partner_suffering"),
    _m(
        "M15",
        "inflow raises rents, rents raise hostility",
        "rent_elasticity",
        "hostility_from_rents",
    ),
    _m("M16", "history makes hostility that no inflow explains", "historical_hostility"),
    _m("M17", "outside pressure tightens a host's policy", "policy_to_pressure"),
    _m("M18", "hostility tightens a host's policy", "policy_to_hostility"),
    _m("M19", "early welcome turns to fatigue", "early_welcome"),
    _m("M31", "a stay feels temporary, and home's pull fades", lasting_attachment=1.0),
    _m("M34", "refugees compete for places", "refugee_competition"),
    _m("M35", "without flights a move costs more", "cost_without_flights"),
    _m("M36", "friends and compatriots abroad draw people", "contacts_weight", "diaspora_weight"),
    _m("M37", "hardship at home drives people out", "hardship_weight"),
    _m("M38", "people leave from conscience", "conscience"),
)
BY_ID: dict[str, Mechanism] = {mechanism.id: mechanism for mechanism in MECHANISMS}


def mechanism(id: str) -> Mechanism:
    """A mechanism by its id; InputError when there is none."""
    if id not in BY_ID:
        raise unknown("mechanism", id, BY_ID, "--without M8")
    return BY_ID[id]
