"""How likely anybody in a stratum could at most be to leave: the equations at its best corner."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from abm import equations
from abm.chance import Floats
from abm.composition import DISSENT_EDGES, LEANINGS, OCCUPATIONS
from abm.decision import World
from abm.doors import CITIZEN, CITIZEN_WEEKS, PERMIT, STATUS_INSECURITY, VISITOR
from abm.hosts import HostColumns
from abm.hosts_table import home_value
from abm.parameters import Parameters
from abm.population import (
    ATTACHMENT_EDGES,
    IT,
    IT_WORK,
    JOBLESS,
    NO_WORK,
    OTHER_WORK,
    WAGE_LIMIT,
    Population,
    attachment_at,
)
from abm.ties import CONTACTS
from abm.traits_tables import home_wage_mean_usd, home_wage_usd, wage_spread

WAGE_STEP = 0.1  # width of a wage cell, in logs
EQUAL_SHARE = 0.1  # of the weights of luck, so that no host is out of reach


@dataclass(frozen=True)
class Bounds:
    """Of every stratum: attention a; Δ, the most that v_j - u_home - ln w_j can be; bound on a u."""

    attention: Floats
    advantage: Floats
    draw: Floats


def bounds(population: Population, world: World) -> Bounds:
    """The bounds of a week. They cover the wish to leave, with every door open.

    Whose partner is abroad is listed singly by the caller and not covered.
    """
    g, strata, p = population.groups, population.strata, world.parameters
    kremlin = world.kremlin
    risk = kremlin.perceived_risk(g.region, g.risk_class)
    attention = equations.attention(
        p.attention_per_month, p.order_attention, risk, kremlin.mobilisation
    )
    dissent = np.asarray(DISSENT_EDGES)[g.dissent_bin + 1]
    felt = (
        equations.fear_of_mobilisation(p.mobilisation_weight, risk)
        + equations.weight_of_repression(
            p.repression_weight, dissent, kremlin.repression, kremlin.propaganda
        )
        + equations.weight_of_conscience(p.repression_weight, dissent, p.conscience)
        + equations.weight_of_hardship(
            p.hardship_weight, world.real_wage_index, g.livelihood == NO_WORK
        )
    )
    best = (gain_by_host(world) - np.log(luck_weights())).max(axis=2)
    gain = best[g.livelihood, g.leaning]
    lowest = equations.attachment(p.attachment_spread, attachment_at(ATTACHMENT_EDGES[:-1]))
    advantage = (gain - felt)[strata.group] - lowest[strata.attachment_bin]
    draw = attention[strata.group] * equations.bound_on_luck(advantage)
    return Bounds(attention[strata.group], advantage, draw)


def gain_by_host(world: World) -> Floats:
    """The most that each host can offer beyond home's consumption, net of the move.

    Shape (livelihoods, leanings, hosts).
    """
    hosts, p = world.hosts, world.parameters
    worth = (
        equations.worth_of_diaspora(p.diaspora_weight, hosts.russians)
        + equations.worth_of_contacts(p.contacts_weight, CONTACTS)
        + hosts.host_constant
        + equations.weight_of_insecurity(p.insecurity_weight, least_insecurity(world))
        - equations.moving_cost(p.cost_of_leaving, p.cost_without_flights, hosts.direct_flights)
    )
    leans = np.arange(len(LEANINGS))[:, None] == hosts.group
    worth = worth + equations.worth_of_leaning(p.leaning_weight, leans)
    spent = np.stack([consumption_gain(world, kind) for kind in (OTHER_WORK, IT_WORK, NO_WORK)])
    return np.asarray(worth[None, :, :] + spent[:, None, :])


@cache
def luck_weights() -> Floats:
    """Weight w of each host in the luck of departure, shape (livelihoods, leanings, hosts).

    The hosts' shares by default parameters before the war, mixed with equal ones. They set how
    luck is laid out, so they must not follow a scenario.
    """
    p = Parameters()
    before = World(p, HostColumns(p), None, home_value("price_level"), 1.0, 0)
    share = equations.logit_probabilities(gain_by_host(before))
    return EQUAL_SHARE / share.shape[-1] + (1.0 - EQUAL_SHARE) * share


def least_insecurity(world: World) -> Floats:
    """The least insecurity that anybody could enter each host with."""
    hosts = world.hosts

    def on_entry(status: int, weeks: Floats | float) -> Floats:
        return np.asarray(equations.insecurity(STATUS_INSECURITY[status], hosts.refusal, weeks))

    least = np.minimum(on_entry(PERMIT, hosts.permit_weeks), on_entry(VISITOR, hosts.visitor_weeks))
    return np.where(hosts.descent_share > 0, on_entry(CITIZEN, CITIZEN_WEEKS), least)


def consumption_gain(world: World, livelihood: int) -> Floats:
    """The most that consumption in each host can be worth more than at home, over all wages.

    Within a cell of wages the host is taken at its upper end and home at its lower one.
    """
    hosts, p = world.hosts, world.parameters
    edges = wage_edges(livelihood)[:, None]
    low, high = edges[:-1], edges[1:]
    local: Floats | float = 0.0
    if livelihood != NO_WORK:
        in_it = livelihood == IT_WORK
        base = hosts.wage_it_usd if in_it else hosts.wage_mean_usd
        reference = home_wage_mean_usd()[0 if in_it else 1]
        access = equations.access_to_work(hosts.right_to_work, equations.understood(1.0, 1.0))
        share = equations.employability(p.job_finding_per_month, access, p.failure_per_month)
        local = share * equations.wage_abroad(base, high, reference, p.skill_portability)
    remote = equations.remote_income(high, p.transfer_barrier, hosts.payment_access)
    abroad = equations.consumption(
        np.maximum(local, remote),
        p.rent_share * hosts.rent_usd,
        hosts.price_level,
        p.subsistence_ppp_usd,
    )
    home = equations.consumption(
        low * world.real_wage_index, 0.0, world.home_price_level, p.subsistence_ppp_usd
    )
    gain = equations.worth_of_consumption(p.consumption_weight, abroad)
    gain = gain - equations.worth_of_consumption(p.consumption_weight, home)
    return np.asarray(gain.max(axis=0))


@cache
def wage_edges(livelihood: int) -> Floats:
    """Edges of wage cells that cover every income at home of a livelihood, USD a month."""
    occupations = {IT_WORK: [IT], NO_WORK: [JOBLESS]}.get(
        livelihood, [k for k in range(len(OCCUPATIONS)) if k not in (IT, JOBLESS)]
    )
    mean = home_wage_usd()[:, occupations]
    sigma = wage_spread()
    low = np.log(mean.min()) - WAGE_LIMIT * sigma - sigma**2 / 2 - 1e-9
    high = np.log(mean.max()) + WAGE_LIMIT * sigma - sigma**2 / 2 + 1e-9
    return np.exp(np.linspace(low, high, int(np.ceil((high - low) / WAGE_STEP)) + 1))
