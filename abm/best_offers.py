"""The most that hosts can offer, whoever comes: the equations at the best corner of a cell."""

from __future__ import annotations

from functools import cache

import numpy as np

from abm import equations
from abm.chance import Floats
from abm.composition import ELITES, LEANINGS
from abm.decision import World
from abm.doors import (
    CITIZEN,
    CITIZEN_WEEKS,
    LONG_PERMIT,
    LONG_PERMIT_WEEKS,
    PERMIT,
    STATUS_INSECURITY,
    VISITOR,
)
from abm.elite import (
    KIN_LEFT,
    invited_by_kind,
    offers_by_kind,
    weight_of_hostages,
    worth_at_home,
)
from abm.hosts import HostColumns
from abm.hosts_table import home_value
from abm.parameters import Parameters
from abm.people import WAGE_LIMIT
from abm.ties import CONTACTS
from abm.traits_tables import home_wage_mean_usd, home_wage_usd, wage_spread

WAGE_STEP = 0.25  # width of a wage cell, in logs
# What people could best be on entry anywhere, partners aside. Only the last two speak a foreign
# language (of the entitled it is supposed).
VISITS, PROTECTED, SKILLED, ENTITLED = range(4)
SPEAKS = np.array([0, 0, 1, 1])
PAID = np.array([0, 1, 0, 2])  # livelihoods as others, as in IT, or not


def worth_by_host(p: Parameters, hosts: HostColumns) -> Floats:
    """The most that each host can offer beside consumption, net of the move.

    Shape (1, standings, leanings, hosts).
    """
    worth = (
        equations.worth_of_diaspora(p.diaspora_weight, hosts.russians)
        + equations.worth_of_contacts(p.contacts_weight, CONTACTS)
        + hosts.host_constant
        - equations.moving_cost(p.cost_of_leaving, p.cost_without_flights, hosts.direct_flights)
    )
    leans = np.arange(len(LEANINGS))[:, None] == hosts.group
    worth = worth + equations.worth_of_leaning(p.leaning_weight, leans)
    insecure = equations.weight_of_insecurity(p.insecurity_weight, least_insecurity(hosts))
    return np.asarray(worth[None, None, :, :] + insecure[None, :, None, :])


def consumption_gain(p: Parameters, hosts: HostColumns, real_wage_index: float) -> Floats:
    """The most that consumption in each host can be worth more than at home, by cell of wages.

    Shape (livelihoods, income follows, standings, wage cells, hosts). Within a cell the host is
    taken at the upper end and home at the lower one.
    """
    low, high = wage_edges()[:-1, None], wage_edges()[1:, None]
    heard = equations.understood(np.array([[0.0], [1.0]]), hosts.russian_ease)
    access = equations.access_to_work(hosts.right_to_work, heard)
    share = equations.employability(p.job_finding_per_month, access, p.failure_per_month)
    mean_it, mean = home_wage_mean_usd()
    other = equations.wage_abroad(hosts.wage_mean_usd, high, mean, p.skill_portability)
    in_it = equations.wage_abroad(hosts.wage_it_usd, high, mean_it, p.skill_portability)
    wages = np.stack([other, in_it, np.zeros_like(other)])
    local = wages[:, None, None, :, :] * share[None, None, :, None, :]
    remote = equations.remote_income(high, p.transfer_barrier, hosts.payments)
    follows = np.array([0.0, 1.0])[None, :, None, None, None]
    abroad = equations.consumption(
        np.maximum(local, remote * follows),
        p.rent_share * hosts.rent_usd,
        hosts.prices,
        p.subsistence_ppp_usd,
    )
    home = equations.consumption(
        low * real_wage_index, 0.0, home_value("price_level"), p.subsistence_ppp_usd
    )
    gain = equations.worth_of_consumption(p.consumption_weight, abroad)
    gain -= equations.worth_of_consumption(p.consumption_weight, home)
    return np.asarray(gain[PAID][:, :, SPEAKS])


def least_insecurity(hosts: HostColumns) -> Floats:
    """The least insecurity to enter each host with, by standing, shape (standings, hosts)."""

    def on_entry(status: int, weeks: Floats | float) -> Floats:
        return np.asarray(equations.insecurity(STATUS_INSECURITY[status], hosts.refusal, weeks))

    def with_door(lever: Floats, less: Floats, otherwise: Floats) -> Floats:
        return np.where(lever > 0, np.minimum(less, otherwise), otherwise)

    permit = on_entry(PERMIT, hosts.permit_weeks)
    visitor = on_entry(VISITOR, hosts.visitor_weeks)
    visitor = with_door(hosts.job_seeker_permits, permit, visitor)
    settled = on_entry(LONG_PERMIT, LONG_PERMIT_WEEKS)
    visitor = with_door(hosts.simplified_settlement, settled, visitor)
    protects = hosts.humanitarian_visas_activists + hosts.humanitarian_visas_draft
    protected = with_door(protects, permit, visitor)
    skilled = np.minimum(visitor, permit)
    citizen = with_door(hosts.descent_share, on_entry(CITIZEN, CITIZEN_WEEKS), skilled)
    return np.stack([visitor, protected, skilled, citizen])


def elite_gain(world: World) -> Floats:
    """The most that any host adds for being of the elite, by kind, over what it costs at home.

    Offers and the better status of who is invited, less rents and the kin that everybody leaves
    behind. Zero as long as no host offers more than the rents. Shape (kinds,).
    """
    p, hosts = world.parameters, world.hosts
    if not hosts.court_elite:
        return np.zeros(len(ELITES))
    least = least_insecurity(hosts)
    relief = p.insecurity_weight * (least[VISITS] - least[SKILLED]) * (invited_by_kind(hosts) > 0)
    stakes = weight_of_hostages(p.elite_hostage, KIN_LEFT) - worth_at_home(p.elite_rents, 1.0)
    net = offers_by_kind(hosts, p) + relief + stakes
    net[0] = 0.0
    return np.asarray(np.maximum(0.0, net.max(axis=1)))


@cache
def wage_edges() -> Floats:
    """Edges of wage cells that cover every income at home, USD a month."""
    mean, sigma = home_wage_usd(), wage_spread()
    low = np.log(mean.min()) - WAGE_LIMIT * sigma - sigma**2 / 2 - 1e-9
    high = np.log(mean.max()) + WAGE_LIMIT * sigma - sigma**2 / 2 + 1e-9
    return np.exp(np.linspace(low, high, int(np.ceil((high - low) / WAGE_STEP)) + 1))
