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
    """What each can do, (people, hosts + 1), or by pair where few hosts are weighed.

    in_fact, and as they believe; considered: what they would think of, were every door they have
    heard of open to them; means: savings cover the journey and exit is allowed, without Russia.
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
    o, hosts = d.options, world.hosts
    journey = equations.journey_usd(
        world.parameters.journey_months, home_wage_mean_usd()[1], hosts.travel_hours
    )
    draftable = world.kremlin.is_draftable(d.people.risk_class)
    stopped = ~d.abroad & draftable & (exit_luck < world.kremlin.exit_ban)
    movable = equations.let_through(world.parameters.movable_savings, hosts.capital_accepted)
    purse = o.of_person(d.savings_usd) * np.where(o.of_person(d.abroad), 1.0, o.of_host(movable))
    pays = (purse >= o.of_host(journey)) | d.doors.resettled | o.of_person(d.people.elite > 0)
    means = pays & o.of_person(~stopped)
    stays = o.of_person(d.place) == o.host
    russia = np.ones((len(d.place), 1), dtype=bool)

    def with_russia(hosts: Flags) -> Flags:
        """Everybody can stay in Russia or return."""
        return hosts if o.who is not None else np.concatenate([hosts, russia], axis=1)

    return Able(
        with_russia((d.doors.open & means) | stays),
        with_russia((d.doors.believed & means) | stays),
        with_russia(~d.doors.unheard),
        means,
    )


def among(arrival: Floats, able: Flags) -> Floats:
    """When each option arrives in the race (in logs); never, where it cannot be taken."""
    return np.where(able, arrival, np.inf)
