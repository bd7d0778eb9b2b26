"""Looking ahead: a place is worth what it promises over time, not what it offers today.

In the default, utility u is today's. Here it is the discounted average a period

    ũ(j) = (1 - β) Σ_t β^t E[u at t | in j now],    β a week's discount factor,

in the world as it stands: wages, rents and rules as they are today (anticipated utility; Kennan and
Walker 2011). What changes is known of itself: people reconsider and move, permits end, fear and
memories fade. Moving costs are paid at once, as in the default, so at β = 0 it is the default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abm import equations
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

# How often the plan is revised for the moves that it implies itself. A fixed number, so that a
# person's plan does not hang on who else decides.
ROUNDS = 12


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
    ratio = discount * np.exp(1.0 / 26.0)
    rising = weeks if abs(1.0 - ratio) < 1e-9 else (1.0 - ratio**weeks) / (1.0 - ratio)
    near = (1.0 - base) * refusal * np.exp(-np.maximum(weeks_left, 0.0) / 26.0)
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
    runs = hosts.border_run > 0
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
    stays_on = np.where(hosts.border_run > 0, 0.0, hosts.visitor_weeks - p.application_weeks)
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
        stay, self.stay_home = np.exp(abroad - top[:, None]), np.exp(home - top)
        enter = np.where(open, stay, 0.0)
        self.onward = enter * np.exp(-p.cost_of_onward_move)
        self.leave = enter * np.exp(-leaving)
        self.back = self.stay_home[:, None] * np.exp(-returning)
        self.away = self.onward.sum(axis=1)[:, None] + self.back  # onward to here is to stay
        self.all = stay - self.onward + self.away
        self.all_home = self.stay_home + self.leave.sum(axis=1)
        self.attention = equations.attention(p.attention_per_month, 0.0, 0.0, 0.0)


class Occupancy:
    """D = (1 - β) Σ_t (κβ)^t P^t: discounted time in each place, from each place.

    P moves people as `Moves` has it, each with a week's chance a to reconsider; κ is what is left
    of a passing thing a week on. Whoever reconsiders goes by the same odds from anywhere, but for
    staying and the way home, so D x = (1 - β) (1 - κβP)^-1 x is solved host by host: with
    A_j = 1 - κβ + aκβ (odds of going) / (all odds) and c_j = aκβ / (all odds A_j),

        x̃_j = x_j / A_j + c_j (G + back_j x̃_home),    G = Σ_k onward_k x̃_k.
    """

    def __init__(self, moves: Moves, discount: float, kept: float = 1.0) -> None:
        goes_on = discount * kept
        reconsiders = moves.attention * goes_on
        self.moves, self.share = moves, 1.0 - discount
        self.ends = 1.0 - goes_on + reconsiders * moves.away / moves.all
        self.weight = reconsiders / (moves.all * self.ends)
        self.from_home = reconsiders / moves.all_home
        left = moves.leave.sum(axis=1)
        back = self.weight * moves.back
        self.onward_kept = 1.0 - (moves.onward * self.weight).sum(axis=1)
        self.onward_back = (moves.onward * back).sum(axis=1) / self.onward_kept
        self.leave_onward = (moves.leave * self.weight).sum(axis=1)
        leave_back = (moves.leave * back).sum(axis=1)
        self.ends_home = (
            1.0
            - goes_on
            + self.from_home * (left - leave_back - self.leave_onward * self.onward_back)
        )

    def average(self, abroad: Floats | float, home: Floats | float) -> tuple[Floats, Floats]:
        """D x: the discounted average of what is had abroad and at home, from each place on."""
        m = self.moves
        first = self.share * abroad / self.ends
        onward = (m.onward * first).sum(axis=1) / self.onward_kept
        leave = (m.leave * first).sum(axis=1) + self.leave_onward * onward
        at_home = (self.share * home + self.from_home * leave) / self.ends_home
        onward = onward + self.onward_back * at_home
        return first + self.weight * (onward[:, None] + m.back * at_home[:, None]), at_home


def look_ahead(parts: Components, open: Flags, world: World, discount: float) -> Components:
    """Each component of utility as its discounted average ahead; the cost of moving as it is.

    open: the hosts that one may enter, shape (people, hosts). Fear of mobilisation fades at ρ, and
    discrimination is forgotten; the rest lasts.
    """
    p = world.parameters
    kept = {
        "mobilisation": 1.0 - equations.weekly_chance(p.risk_decay_per_month),
        "discrimination": equations.forgotten(1.0),
    }
    flows: dict[float, tuple[Floats, Floats]] = {}
    for name, (abroad, home) in parts.items():
        if name != "moving_cost":
            share = kept.get(name, 1.0)
            before = flows.get(share, (np.zeros(open.shape), np.zeros(len(open))))
            flows[share] = before[0] + abroad, before[1] + home
    ahead = _summed(list(flows.values()))
    for _ in range(ROUNDS):
        moves = Moves(*ahead, open, world)
        each = {share: Occupancy(moves, discount, share) for share in flows}
        ahead = _summed([each[share].average(*flow) for share, flow in flows.items()])
    return {
        name: part if name == "moving_cost" else each[kept.get(name, 1.0)].average(*part)
        for name, part in parts.items()
    }


def _summed(flows: list[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    abroad, home = flows[0]
    for more_abroad, more_home in flows[1:]:
        abroad, home = abroad + more_abroad, home + more_home
    return abroad, home
