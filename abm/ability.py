"""Ability beside aspiration (Carling): which options each can take, in fact and as they believe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm import equations
from abm.chance import Floats
from abm.decision import Deciders, World
from abm.people import Flags
from abm.traits_tables import home_wage_mean_usd


@dataclass(frozen=True)
class Able:
    """What each can do, shape (people, hosts + 1): able in fact, and as they believe.

    considered: what they would think of, were every door they have heard of open to them; means:
    savings cover the journey and exit is allowed, (people, hosts).
    """

    in_fact: Flags
    believed: Flags
    considered: Flags
    means: Flags


def ability(d: Deciders, world: World, exit_luck: Floats) -> Able:
    """Options each can take: the doors let them in, savings cover the journey, exit is allowed.

    The elite can always pay it. Everybody can stay where they are and return to Russia (kin pay the
    way). exit_luck: uniform, whom an exit ban would stop.
    """
    journey = equations.journey_usd(
        world.parameters.journey_months, home_wage_mean_usd()[1], world.hosts.travel_hours
    )
    draftable = world.kremlin.is_draftable(d.people.risk_class)
    stopped = ~d.abroad & draftable & (exit_luck < world.kremlin.exit_ban)
    movable = equations.let_through(world.parameters.movable_savings, world.hosts.capital_accepted)
    purse = d.savings_usd[:, None] * np.where(d.abroad[:, None], 1.0, movable)
    pays = (purse >= journey) | d.doors.resettled | (d.people.elite > 0)[:, None]
    means = pays & ~stopped[:, None]
    stays = d.place[:, None] == np.arange(len(world.hosts))
    home = np.ones((len(d.place), 1), dtype=bool)
    return Able(
        np.hstack([(d.doors.open & means) | stays, home]),
        np.hstack([(d.doors.believed & means) | stays, home]),
        np.hstack([~d.doors.unheard, home]),
        means,
    )


def among(arrival: Floats, able: Flags) -> Floats:
    """When each option arrives in the race (in logs); never, where it cannot be taken."""
    return np.where(able, arrival, np.inf)
