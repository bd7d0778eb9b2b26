"""Looking ahead: a place is worth what it promises over time, not what it offers today.

In the default, utility u is today's. Here it is the discounted average a period

    ũ(j) = (1 - β) Σ_t β^t E[u at t | in j now],    β a week's discount factor,

in the world as it stands: wages, rents and rules as they are today (anticipated utility; Kennan and
Walker 2011). What changes is known of itself: people reconsider and move, permits end, fear and
memories fade. Moving costs are paid at once, as in the default, so at β = 0 it is the default.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from abm import equations
from abm import equations_of_hosts as host_equations
from abm.calendar import WEEKS_PER_YEAR
from abm.chance import Floats, Integers
from abm.doors import (
    CITIZEN,
    IRREGULAR,
    LONG_PERMIT,
    LONG_PERMIT_WEEKS,
    PENDING,
    PERMIT,
    REAPPLY_WEEKS,
    STATUS_INSECURITY,
    VISITOR,
)
from abm.people import Flags

if TYPE_CHECKING:
    from abm.decision import Components, World
    from abm.hosts import HostColumns
    from abm.parameters import Parameters

Flow = tuple[Floats | float, Floats | float]  # what is had abroad, (people, hosts), and at home

# How often a plan is revised for the moves that it implies itself, from one that takes all to move
# by today's utility. A fixed number, so that nobody's plan hangs on who else decides.
ROUNDS = 4


def weekly_discount(per_year: float) -> float:
    """β, what a week later counts: (what a year later counts)^(1 / weeks a year)."""
    return float(per_year ** (1.0 / WEEKS_PER_YEAR))


# --- along a permit's clock ------------------------------------------------------------------


def insecurity_meanwhile(
    base: Floats | float,
    refusal: Floats | float,
    weeks_left: Floats | float,
    weeks: Floats | float,
    discount: float,
) -> Floats:
    """(1 - β) Σ_{t < n} β^t I(weeks left - t), I = b + (1 - b) q exp(-weeks left / 26) (M7).

    n: weeks until something is decided. In closed form, with r = β exp(1 / 26):
    b (1 - β^n) + (1 - b) q exp(-weeks left / 26) (1 - β) (1 - r^n) / (1 - r).
    """
    ratio = discount * np.exp(1.0 / equations.EXPIRY_WEEKS)
    rising = weeks if abs(1.0 - ratio) < 1e-9 else (1.0 - ratio**weeks) / (1.0 - ratio)
    near = (1.0 - base) * refusal * equations.nearness_of_expiry(weeks_left)
    return np.asarray(base * (1.0 - discount**weeks) + near * ((1.0 - discount) * rising))


def insecurity_when_decided(hosts: HostColumns, p: Parameters, discount: float) -> Floats:
    """Insecurity ahead of who has just come to the end of a status, shape (statuses, hosts).

    With V of a fresh permit of T weeks, V' once refused: X = (1 - q) V + q V',
    V = I_T + β^T X and V' = I' + β^n X (irregular for a year, then pending), or a visitor's for
    ever where the border can be run. So X = ((1 - q) I_T + q I') / (1 - (1 - q) β^T - q β^n).
    """
    q = hosts.refusal

    def fresh(status: int, weeks: Floats | float) -> Floats:
        return insecurity_meanwhile(STATUS_INSECURITY[status], q, weeks, weeks, discount)

    processing = float(np.ceil(p.processing_weeks))
    pending, irregular = fresh(PENDING, processing), fresh(IRREGULAR, REAPPLY_WEEKS)
    visits = np.maximum(1.0, hosts.visitor_weeks)
    visiting = fresh(VISITOR, visits) / (1.0 - discount**visits)
    runs = hosts.borders_run
    meanwhile = np.where(runs, visiting, irregular + discount**REAPPLY_WEEKS * pending)
    again = np.where(runs, 0.0, discount ** (REAPPLY_WEEKS + processing))
    permit, term = fresh(PERMIT, hosts.permit_weeks), discount**hosts.permit_weeks
    decided = ((1.0 - q) * permit + q * meanwhile) / (1.0 - (1.0 - q) * term - q * again)
    refused = meanwhile + again * decided
    applied = pending + discount**processing * decided
    renewal = (1.0 - q) * fresh(LONG_PERMIT, LONG_PERMIT_WEEKS) + q * refused
    ends = np.zeros((len(STATUS_INSECURITY), len(q)))
    ends[CITIZEN] = 0.0
    ends[LONG_PERMIT] = renewal / (1.0 - (1.0 - q) * discount**LONG_PERMIT_WEEKS)
    ends[PERMIT] = ends[PENDING] = decided
    ends[VISITOR] = np.where(runs, visiting, applied)
    ends[IRREGULAR] = applied
    return ends


def insecurity_ahead(
    status: Integers, weeks_left: Floats, place: Integers, world: World, discount: float
) -> Floats:
    """Discounted average of the insecurity of who stays in a place, from their status today on.

    Visitors ask for a permit after `application_weeks`, unless they can run the border.
    """
    hosts, p = world.hosts, world.parameters
    ends = insecurity_when_decided(hosts, p, discount)
    stays_on = np.where(hosts.borders_run, 0.0, hosts.visitor_weeks - p.application_weeks)
    asks_before = np.where(status == VISITOR, np.maximum(0.0, stays_on)[place], 0.0)
    weeks = np.maximum(1.0, weeks_left - asks_before)
    now = insecurity_meanwhile(
        STATUS_INSECURITY[status], hosts.refusal[place], weeks_left, weeks, discount
    )
    return np.asarray(now + discount**weeks * ends[status, place])


# --- over places -----------------------------------------------------------------------------


class Moves:
    """Where people go when they reconsider: odds by the logit of ũ, less the cost of each move.

    Arrays of shape (people, hosts), and (people,) for Russia; open: hosts that one may enter.
    """

    def __init__(self, abroad: Floats, home: Floats, open: Flags, world: World) -> None:
        p, hosts = world.parameters, world.hosts
        flights = (p.cost_without_flights, hosts.direct_flights)
        leaving = equations.moving_cost(p.cost_of_leaving, *flights)
        returning = equations.moving_cost(p.cost_of_return, *flights)
        top = np.maximum(abroad.max(axis=1), home)
        stay, stay_home = np.exp(abroad - top[:, None]), np.exp(home - top)
        enter = stay * open
        self.onward = enter * np.exp(-p.cost_of_onward_move)
        self.leave = enter * np.exp(-leaving)
        self.back = stay_home[:, None] * np.exp(-returning)
        # From a host to itself is to stay, yet counts among the odds of going on: as it leads
        # nowhere, what follows is the same.
        self.going = _summed(self.onward)[:, None] + self.back
        self.odds = stay - self.onward + self.going
        self.leaving = _summed(self.leave)
        self.odds_home = stay_home + self.leaving
        self.attention = equations.attention(p.attention_per_month, 0.0, 0.0, 0.0)


class Occupancy:
    """D = (1 - β) Σ_t (κβ)^t P^t: discounted time in each place, from each place.

    P moves people as `Moves` has it, each with a week's chance a to reconsider; κ is what is left
    of a passing thing a week on. The odds of a destination are the same from any host, so
    x̃ = D x = (1 - β) (1 - κβP)^-1 x needs no matrix: with the odds o_k of going on to host k,
    r_j of going home from j, z_j of all, A_j = 1 - κβ + aκβ (Σ_k o_k + r_j) / z_j and
    c_j = aκβ / (z_j A_j),

        x̃_j = (1 - β) x_j / A_j + c_j (Σ_k o_k x̃_k + r_j x̃_home)

    where the sum over k and x̃_home solve two equations for each person.
    """

    def __init__(self, moves: Moves, discount: float, kept: float = 1.0) -> None:
        goes_on = discount * kept
        reconsiders = moves.attention * goes_on
        self.moves = moves
        ends = 1.0 - goes_on + reconsiders * moves.going / moves.odds
        self.first = (1.0 - discount) / ends
        self.later = reconsiders / (moves.odds * ends)
        self.at_home = 1.0 - discount
        self.from_home = reconsiders / moves.odds_home
        back = self.later * moves.back
        self.rest = 1.0 - _product(moves.onward, self.later)
        self.onward_back = _product(moves.onward, back) / self.rest
        self.leave_later = _product(moves.leave, self.later)
        returns = _product(moves.leave, back) + self.leave_later * self.onward_back
        self.ends_home = 1.0 - goes_on + self.from_home * (moves.leaving - returns)

    def average(self, abroad: Floats | float, home: Floats | float) -> tuple[Floats, Floats]:
        """D x: the discounted average of what is had abroad and at home, from each place on."""
        m = self.moves
        first = self.first * abroad
        onward = _product(m.onward, first) / self.rest
        leave = _product(m.leave, first) + self.leave_later * onward
        at_home = (self.at_home * home + self.from_home * leave) / self.ends_home
        onward = onward + self.onward_back * at_home
        return first + self.later * (onward[:, None] + m.back * at_home[:, None]), at_home


def look_ahead(parts: Components, open: Flags, world: World, discount: float) -> Components:
    """Each component of utility as its discounted average ahead; the cost of moving as it is.

    open: the hosts that one may enter, shape (people, hosts). Fear of mobilisation fades at ρ, and
    discrimination is forgotten; the rest lasts.
    """
    p = world.parameters
    kept = {
        "mobilisation": float(1.0 - equations.weekly_chance(p.risk_decay_per_month)),
        "discrimination": host_equations.forgotten(1.0),
    }
    felt = {
        name: part
        for name, part in parts.items()
        if name != "moving_cost" and (np.any(part[0]) or np.any(part[1]))
    }
    flows: dict[float, list[Flow]] = {1.0: []}
    for name, part in felt.items():
        flows.setdefault(kept.get(name, 1.0), []).append(part)
    together = {share: _added(some, open.shape) for share, some in flows.items()}
    ahead = _added(list(together.values()), open.shape)
    each: dict[float, Occupancy] = {}
    for _ in range(ROUNDS):
        moves = Moves(*ahead, open, world)
        each = {share: Occupancy(moves, discount, share) for share in together}
        averages = [each[share].average(*flow) for share, flow in together.items()]
        ahead = _added(averages, open.shape)
    averaged = {name: each[kept.get(name, 1.0)].average(*part) for name, part in felt.items()}
    return {**parts, **averaged}


def _added(flows: Sequence[Flow], shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """The sum of flows abroad, of the shape (people, hosts), and at home."""
    abroad, home = np.zeros(shape), np.zeros(shape[0])
    for more_abroad, more_home in flows:
        abroad += more_abroad
        home += more_home
    return abroad, home


def _product(one: Floats, other: Floats) -> Floats:
    """Sums of products over hosts, shape (people,), the same for one person as for many."""
    return np.asarray(np.einsum("ij,ij->i", one, other))


def _summed(one: Floats) -> Floats:
    return np.asarray(np.einsum("ij->i", one))
