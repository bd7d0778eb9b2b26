"""What places are worth to those abroad in the twin: odds of leaving where one is.

The parts are those of the model's decision, worked out by the same equations, once for every person
and host and not for every place that one could come from: u of another host is the same wherever
one is, but for the cost of the move, and only what is lived at a place differs by livelihood,
status and memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm import equations
from abm.chance import Floats
from abm.decision import Components, World, consumed, incomes, news_from_home, work_access
from abm.doors import PENDING, STATUS_INSECURITY, VISITOR
from abm.people import ATTACHMENT_LIMIT
from abm.study.twin_abroad import ASKS, BROKE, HOLDS, HOPEFUL, LOCAL, REFUSED, REMOTE, Abroad
from abm.study.twin_home import AtHome
from abm.study.twin_permits import mean_clock
from abm.study.twin_reach import part_of
from abm.traits_tables import attachment_by_stage, home_wage_mean_usd

# The standing of every status and livelihood: see insecurity_by_standing.
OF_STATE = np.array([[0, 0, 1, 0], [2, 2, 2, 2], [3, 3, 3, 3]])


@dataclass(frozen=True)
class Odds:
    """Odds against staying, exp(v of going - v of staying).

    home, onward: of returning, and of moving on to any other host, (statuses, livelihoods, cells).
    places: weight of each place as a destination, (livelihoods, cells); elsewhere: the sum over all
    but the own place.
    """

    home: Floats
    onward: Floats
    places: Floats
    elsewhere: Floats


@dataclass(frozen=True)
class Work:
    """Incomes in each place, USD a month, and access to work there, 0 to 1, each (cells,)."""

    local_usd: Floats
    expected_usd: Floats
    from_russia_usd: Floats
    access: Floats


def work_in_reach(abroad: Abroad, world: World) -> Work:
    """Work of everybody wherever they can be."""
    people, reach = abroad.households.people, abroad.reach
    local, expected, from_russia = incomes(people, reach.options, world)
    access = work_access(people, reach.options, world.hosts)
    return Work(*(reach.for_all(each) for each in (local, expected, from_russia, access)))


def odds_abroad(abroad: Abroad, world: World, home: AtHome, parts: Components, work: Work) -> Odds:
    """Odds as things stand this week."""
    p, reach = world.parameters, abroad.reach
    spent = reach.pairs(np.asarray(parts["consumption"][0]))
    entry = reach.pairs(np.asarray(parts["insecurity"][0]))
    moving = np.broadcast_to(parts["moving_cost"][0], home.lead.shape)
    common = reach.pairs(home.lead - moving) - spent - entry  # whoever one is there
    worth = np.exp(worth_by_livelihood(abroad, world, work))
    couple = np.zeros(reach.cells)
    couple[reach.together] = 1.0
    stay = reach.for_all(common) + equations.worth_of_family(p.family_weight, couple)
    stay = stay + felt_discrimination(abroad, world)
    against = (np.exp(-stay) / worth) * np.exp(-felt_insecurity(abroad, world))[OF_STATE]
    against[REFUSED, HOPEFUL] = against[REFUSED, BROKE]  # without papers there is no hope of work

    entry = np.concatenate(
        [entry, equations.with_partners(1.0, 1.0, p.partner_suffering) * entry[: reach.shared]]
    )
    open = reach.for_all(reach.pairs(home.deciders.doors.open))
    reached = np.exp(reach.for_all(common) - p.cost_of_onward_move + entry) * open
    by_work = np.stack([worth[HOPEFUL], np.zeros(reach.cells), worth[HOPEFUL], worth[REMOTE]])
    places = reached * by_work * able_to_pay(abroad, world)
    elsewhere = reach.over_hosts(places)[:, reach.row_of_cell] - places
    np.maximum(elsewhere, 0.0, out=elsewhere)
    russia = np.exp(pull_of_russia(abroad, world, home, parts))
    return Odds(against * russia, against * elsewhere, places, elsewhere)


def worth_by_livelihood(abroad: Abroad, world: World, work: Work) -> Floats:
    """What can be spent is worth, by livelihood, (livelihoods, cells)."""
    reach, weight = abroad.reach, world.parameters.consumption_weight
    pairs = len(reach.person)
    remote = np.maximum(work.expected_usd, work.from_russia_usd)
    income = np.stack(
        [work.expected_usd[:pairs], np.zeros(pairs), work.local_usd[:pairs], remote[:pairs]]
    )
    spent = [consumed(each, reach.options, world) for each in income]
    worth = equations.worth_of_consumption(weight, np.stack(spent))
    return reach.for_all(worth)


def felt_discrimination(abroad: Abroad, world: World) -> Floats:
    """What is lived of discrimination takes from staying, the partner's included, (cells,)."""
    p, together = world.parameters, abroad.reach.together
    lived = part_of(abroad.lived, abroad.there)
    felt = lived.copy()
    theirs = lived[together][abroad.reach.mate]
    felt[together] = equations.with_partners(lived[together], theirs, p.partner_suffering)
    return np.asarray(equations.weight_of_discrimination(p.discrimination_weight, felt))


def felt_insecurity(abroad: Abroad, world: World) -> Floats:
    """What insecurity of status takes from staying, (standings, cells)."""
    p, together = world.parameters, abroad.reach.together
    felt = insecurity_by_standing(abroad, world)
    share = abroad.share[..., together]
    standing = np.stack(
        [
            share[ASKS].sum(axis=0) - share[ASKS, LOCAL],
            share[ASKS, LOCAL],
            share[HOLDS].sum(axis=0),
            share[REFUSED].sum(axis=0),
        ]
    )
    mean = part_of((felt[:, together] * standing).sum(axis=0), standing.sum(axis=0))
    felt[:, together] = equations.with_partners(
        felt[:, together], mean[abroad.reach.mate], p.partner_suffering
    )
    return np.asarray(equations.weight_of_insecurity(p.insecurity_weight, felt))


def insecurity_by_standing(abroad: Abroad, world: World) -> Floats:
    """Insecurity of one's own, (standings, cells), clocks at their means.

    Standings: asking without local work, asking with it, holding, refused.
    """
    p, hosts, host = world.parameters, world.hosts, abroad.reach.host_of_cell
    q, b, runs = hosts.refusal, STATUS_INSECURITY, hosts.borders_run
    processing = float(np.ceil(p.processing_weeks))
    visits = equations.insecurity(b[VISITOR], q, mean_clock(hosts.visitor_weeks))
    pending = equations.insecurity(b[PENDING], q, mean_clock(processing))
    visiting = p.application_weeks / (p.application_weeks + processing)
    either = visiting * visits + (1.0 - visiting) * pending
    weeks = np.arange(1, abroad.holding.left.shape[1] + 1)
    near = np.maximum(abroad.holding.mean(equations.nearness_of_expiry(weeks)), 1e-12)
    near = np.where(abroad.clocked > 0, near[host], 1e-12)
    return np.stack(
        [
            np.where(runs, visits, either)[host],
            np.where(runs, pending, either)[host],
            equations.insecurity(abroad.base, q[host], equations.weeks_to_expiry(near)),
            np.ones(abroad.reach.cells),
        ]
    )


def able_to_pay(abroad: Abroad, world: World) -> Floats:
    """Share whose savings cover each journey, (livelihoods, cells).

    Savings of one livelihood are taken as exponential about their mean over all places.
    """
    p, hosts, reach = world.parameters, world.hosts, abroad.reach
    journey = equations.journey_usd(p.journey_months, home_wage_mean_usd()[1], hosts.travel_hours)
    people = reach.over_hosts(abroad.share.sum(axis=0))
    mean = np.maximum(part_of(reach.over_hosts(abroad.savings_usd), people), 1e-9)
    return np.exp(-journey[reach.host_of_cell] / mean[:, reach.row_of_cell])


def pull_of_russia(abroad: Abroad, world: World, home: AtHome, parts: Components) -> Floats:
    """What Russia is worth to those abroad, less the return's cost, over what it is worth to those
    at home, (cells,)."""
    p, hosts, reach = world.parameters, world.hosts, abroad.reach
    people = abroad.households.people
    least = equations.attachment(
        p.attachment_spread, -ATTACHMENT_LIMIT, attachment_by_stage()[people.stage]
    )
    attachment = np.asarray(parts["attachment"][1])
    of_row = np.concatenate([np.arange(reach.persons), np.arange(2 * reach.couples)])
    recent = part_of(reach.over_hosts(abroad.recent), reach.over_hosts(abroad.there))
    years = equations.years_since_leaving(np.clip(recent, 1e-12, 1.0))
    pulled = equations.pull_of_home(attachment[of_row], least[of_row], p.lasting_attachment, years)
    news = news_from_home(people, world) - parts["elite"][1]  # rents of the elite are lost for good
    pull = pulled + (news - attachment)[of_row]
    pull[reach.persons :] -= equations.worth_of_family(p.family_weight, 1.0)
    back = equations.moving_cost(p.cost_of_return, p.cost_without_flights, hosts.direct_flights)
    return np.asarray(pull[reach.row_of_cell] - back[reach.host_of_cell])
