"""A decision: who decides, what each option is worth to them, and which they can take.

deciders -> components of utility (equations) -> doors and means -> the race. Options are the hosts
in HOST_NAMES' order, then Russia.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm import equations, foresight
from abm.chance import Floats, Integers
from abm.doors import IRREGULAR, STATUS_INSECURITY, Doors
from abm.elite import elite_worth
from abm.emigrants import HOME, JOBLESS, REMOTE_WORK
from abm.hosts import HostColumns
from abm.hosts_table import home_value
from abm.kremlin import Kremlin
from abm.options import EVERY_HOST, Options
from abm.own_mechanism import OwnMechanism, own_components
from abm.parameters import Parameters
from abm.people import ATTACHMENT_LIMIT, Flags, People
from abm.population import IT, SCIENTIST
from abm.traits_tables import attachment_by_stage, home_wage_mean_usd


@dataclass(frozen=True)
class World:
    """What everybody sees in a week: parameters, hosts, the Kremlin, wages and propaganda at home.

    wage_offers: by occupation, over the observed real wage; as they and propaganda's tilt stood
    last week. own: mechanisms of the user's own that act.
    """

    parameters: Parameters
    hosts: HostColumns
    kremlin: Kremlin
    real_wage_index: float
    wage_offers: Floats
    propaganda: float
    week: int
    own: tuple[OwnMechanism, ...] = ()
    discount: float | None = None  # of a week, for who looks ahead; None: nobody does


@dataclass(frozen=True)
class Deciders:
    """Those who decide, shape (people,), and the hosts that they weigh.

    contacts and doors are of the options' shape. place: a host's row or HOME; partner_place: the
    same, ARMY, or NOWHERE without a partner. Columns on life abroad hold any value for those at
    home.
    """

    people: People
    options: Options
    place: Integers
    partner_place: Integers
    contacts: Integers
    savings_usd: Floats
    doors: Doors
    status: Integers
    weeks_left: Floats
    work: Integers
    discrimination: Floats
    years_abroad: Floats
    partner_insecurity: Floats
    partner_discrimination: Floats

    @property
    def abroad(self) -> Flags:
        """Who is in a host."""
        return self.place >= 0


# Of each component, what it adds in the hosts, of the options' shape or broadcasting to it, and in
# Russia, as (people,) or a number.
Components = dict[str, tuple[Floats | float, Floats | float]]


def components(d: Deciders, world: World) -> Components:
    """Utility of every option, by component."""
    hosts, p, o = world.hosts, world.parameters, d.options
    here = np.flatnonzero(d.abroad)
    own = o.of_person(d.place) == o.host  # where those abroad are
    parts: Components = {}

    def part(name: str, abroad: Floats | float, home: Floats | float = 0.0) -> None:
        parts[name] = (abroad, home)

    spent = consumption_abroad(d, world)
    at_home = equations.consumption(
        d.people.wage_usd * world.real_wage_index * world.wage_offers[d.people.occupation],
        0.0,
        home_value("price_level"),
        p.subsistence_ppp_usd,
    )
    part(
        "consumption",
        equations.worth_of_consumption(p.consumption_weight, spent),
        equations.worth_of_consumption(p.consumption_weight, at_home),
    )
    part("diaspora", o.of_host(equations.worth_of_diaspora(p.diaspora_weight, hosts.russians)))
    part("contacts", equations.worth_of_contacts(p.contacts_weight, d.contacts))
    part(
        "family",
        equations.worth_of_family(p.family_weight, o.of_person(d.partner_place) == o.host),
        equations.worth_of_family(p.family_weight, d.partner_place == HOME),
    )
    part("host_constant", o.of_host(hosts.host_constant))
    part(
        "leaning",
        equations.worth_of_leaning(
            p.leaning_weight, o.of_person(d.people.leaning) == o.of_host(hosts.group)
        ),
    )
    insecurity = felt_insecurity(d.doors.status, d.doors.weeks, o.host, world)
    if len(here):
        couple = d.abroad & (d.partner_place == d.place)  # elsewhere they would share one status
        shared = equations.with_partners(insecurity, insecurity, p.partner_suffering)
        insecurity = np.where(o.of_person(couple), shared, insecurity)
    insecurity[own] = equations.with_partners(
        felt_insecurity(d.status[here], d.weeks_left[here], d.place[here], world),
        d.partner_insecurity[here],
        p.partner_suffering,
    )
    part("insecurity", equations.weight_of_insecurity(p.insecurity_weight, insecurity))
    lived = np.zeros(own.shape)
    lived[own] = equations.with_partners(
        d.discrimination[here], d.partner_discrimination[here], p.partner_suffering
    )
    part("discrimination", equations.weight_of_discrimination(p.discrimination_weight, lived))
    felt = felt_at_home(d.people, world)
    least = equations.attachment(
        p.attachment_spread, -ATTACHMENT_LIMIT, attachment_by_stage()[d.people.stage[here]]
    )
    felt["attachment"][here] = equations.pull_of_home(
        felt["attachment"][here], least, p.lasting_attachment, d.years_abroad[here]
    )
    for name, value in felt.items():
        part(name, 0.0, value)
    part("fear", fear_of_hosts(d, world))
    part("news_from_home", 0.0, np.where(d.abroad, news_from_home(d.people, world), 0.0))
    part("elite", *elite_worth(d.people, d.place, d.partner_place, hosts, p, o))
    part("moving_cost", *moving_costs(d, world))
    parts |= own_components(d, world)
    if world.discount is not None:
        parts = foresight.look_ahead(parts, d.doors.believed, world, world.discount)
    return parts


def fear_of_hosts(d: Deciders, world: World) -> Floats | float:
    """What fear of abduction takes from every option; nothing where no host suggests any."""
    if not world.hosts.fear.any():
        return 0.0
    o, weight = d.options, world.parameters.fear_weight
    return np.asarray(
        equations.weight_of_fear(weight, o.of_person(d.people.dissent), o.of_host(world.hosts.fear))
    )


def consumption_abroad(d: Deciders, world: World) -> Floats:
    """Consumption in every host, USD a month at purchasing power, of the options' shape.

    A place elsewhere is judged by the work one can expect there or, for remote workers, by income
    from Russia if that is more; the own place by the work one has. While savings last the jobless
    expect what a newcomer expects; without savings, or a right to stay, there is subsistence.
    """
    o = d.options
    local, expected, from_russia = incomes(d.people, o, world)
    works_remotely = np.where(d.abroad, d.work == REMOTE_WORK, income_follows(d.people))
    income = np.maximum(expected, from_russia * o.of_person(works_remotely))
    here = np.flatnonzero(d.abroad & (d.work != REMOTE_WORK))
    if len(here):
        own = o.of_person(np.where(d.work != REMOTE_WORK, d.place, HOME)) == o.host
        hopes = (d.savings_usd[here] > 0) & (d.status[here] != IRREGULAR)
        unemployed = np.where(hopes, expected[own], 0.0)
        income[own] = np.where(d.work[here] == JOBLESS, unemployed, local[own])
    return consumed(income, o, world)


def incomes(people: People, o: Options, world: World) -> tuple[Floats, Floats, Floats]:
    """Income in every host, USD a month, of the options' shape: of who works there, what a newcomer
    can expect, and of who works for Russia from there."""
    hosts, p = world.hosts, world.parameters
    local = local_wages(people, o, hosts, p)
    share = equations.employability(
        p.job_finding_per_month, work_access(people, o, hosts), p.failure_per_month
    )
    from_russia = equations.remote_income(
        o.of_person(people.wage_usd), p.transfer_barrier, o.of_host(hosts.payments)
    )
    return local, share * local, np.asarray(from_russia)


def consumed(income_usd: Floats, o: Options, world: World) -> Floats:
    """Consumption in every host of who has an income there, USD a month at purchasing power."""
    hosts, p = world.hosts, world.parameters
    return np.asarray(
        equations.consumption(
            income_usd,
            o.of_host(p.rent_share * hosts.rent_usd),
            o.of_host(hosts.prices),
            p.subsistence_ppp_usd,
        )
    )


def local_wages(people: People, o: Options, hosts: HostColumns, p: Parameters) -> Floats:
    """Wage each person would earn in each host, USD a month, of the options' shape.

    None for those out of work at home: homemakers, pensioners, the ill.
    """
    in_it, works = people.occupation == IT, ~people.out_of_work
    base = np.where(
        o.of_person(in_it), o.of_host(hosts.wage_it_usd), o.of_host(hosts.wage_mean_usd)
    )
    reference = o.of_person(np.where(in_it, *home_wage_mean_usd()))
    wages = equations.wage_abroad(
        base, o.of_person(people.wage_usd), reference, p.skill_portability
    )
    return np.asarray(wages * o.of_person(works))


def work_access(people: People, o: Options, hosts: HostColumns) -> Floats:
    """Access to local work in each host, 0 to 1, of the options' shape."""
    speaks = o.of_person(people.speaks_foreign_language)
    heard = equations.understood(speaks, o.of_host(hosts.russian_ease))
    access = np.asarray(equations.access_to_work(o.of_host(hosts.right_to_work), heard))
    if hosts.institutions_closed.any():
        closed = equations.open_to_scientists(access, o.of_host(hosts.institutions_closed))
        access = np.where(o.of_person(people.occupation == SCIENTIST), closed, access)
    return access


def income_follows(people: People) -> Flags:
    """Whose income from Russia follows them abroad: remote work, or transfers to the jobless."""
    return people.remote | (people.out_of_work)


def own_insecurity(status: Integers, weeks_left: Floats, place: Integers, world: World) -> Floats:
    """Insecurity of a status in a host as it is today, of the status' shape."""
    refusal = world.hosts.refusal[place]
    return np.asarray(equations.insecurity(STATUS_INSECURITY[status], refusal, weeks_left))


def felt_insecurity(status: Integers, weeks_left: Floats, place: Integers, world: World) -> Floats:
    """Insecurity that counts in a decision: today's, or as it lies ahead."""
    if world.discount is None:
        return own_insecurity(status, weeks_left, place, world)
    return foresight.insecurity_ahead(status, weeks_left, place, world, world.discount)


def felt_at_home(people: People, world: World) -> dict[str, Floats]:
    """What Russia alone offers and threatens, each of shape (people,)."""
    p, kremlin = world.parameters, world.kremlin
    risk = kremlin.perceived_risk(people.region, people.risk_class)
    return {
        "mobilisation": equations.fear_of_mobilisation(p.mobilisation_weight, risk),
        "repression": equations.weight_of_repression(
            p.repression_weight, people.dissent, kremlin.repression, world.propaganda
        ),
        "conscience": equations.weight_of_conscience(
            p.repression_weight, people.dissent, p.conscience * (1.0 - kremlin.regime_change)
        ),
        "hardship": equations.weight_of_hardship(
            p.hardship_weight, world.real_wage_index, people.out_of_work
        ),
        "attachment": equations.attachment(
            p.attachment_spread,
            people.attachment_standard,
            attachment_by_stage()[people.stage],
        ),
    }


def news_from_home(people: People, world: World) -> Floats:
    """What calls, offers and another regime add to home for those abroad, shape (people,)."""
    p, kremlin = world.parameters, world.kremlin
    return np.asarray(
        equations.worth_of_offer(p.offer_weight, kremlin.return_offer, people.dissent)
        + equations.worth_of_hope(p.hope_weight, kremlin.regime_change, people.dissent)
    )


def moving_costs(d: Deciders, world: World) -> tuple[Floats, Floats]:
    """Utility lost by moving to each host, of the options' shape, and to Russia, (people,)."""
    p, hosts, o = world.parameters, world.hosts, d.options
    leaving = equations.moving_cost(p.cost_of_leaving, p.cost_without_flights, hosts.direct_flights)
    onward = np.where(o.of_person(d.place) == o.host, 0.0, p.cost_of_onward_move)
    if hosts.resettlement.any():
        onward[d.doors.resettled] *= 1.0 - p.resettlement_ease
    to_host = np.where(o.of_person(d.abroad), onward, o.of_host(leaving))
    back = equations.moving_cost(
        p.cost_of_return, p.cost_without_flights, hosts.direct_flights[d.place]
    )
    return -to_host, np.where(d.abroad, -back, 0.0)


def utilities(parts: Components, o: Options, people: int) -> tuple[Floats, Floats]:
    """Utility of every host, of the options' shape, and of Russia, (people,).

    Summed in the order of the components.
    """
    abroad, home = np.zeros(o.shape(people)), np.zeros(people)
    for in_hosts, in_russia in parts.values():
        if np.ndim(in_hosts) or in_hosts:
            abroad += in_hosts
        if np.ndim(in_russia) or in_russia:
            home += in_russia
    return abroad, home


def total(parts: Components, people: int) -> Floats:
    """Utility of every option where every host is weighed, (people, hosts + 1), Russia last."""
    abroad, home = utilities(parts, EVERY_HOST, people)
    return np.column_stack([abroad, home])
