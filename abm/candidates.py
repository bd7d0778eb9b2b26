"""Who of those listed might leave: looked at closer and closer, so that few are looked at whole.

Each look works out a little more of a person and bounds by how much any host could exceed home for
them, Δ. Who needs more than that, by their luck, stays and is not looked at again. First the luck
with wages and the number of contacts abroad, then what home is worth; then which host the luck
brings first, and how far behind the next one is; then work; at last a partner at home. What is left
are pairs of a person and a host that could win.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from abm import equations
from abm.bounds import Bounds
from abm.chance import Chance, Floats, Integers
from abm.deciders import place_of_partner
from abm.decision import World, felt_at_home
from abm.emigrants import HOME
from abm.luck import (
    ROUNDS,
    arrivals,
    hosts_drawn,
    luck_at_home,
    luck_of_russia,
    luck_of_the_rest,
    luck_row,
    luck_table,
    luck_weights_of,
    times,
)
from abm.options import EVERY_HOST, Options
from abm.people import Flags, People
from abm.reconsidering import Listed

if TYPE_CHECKING:
    from abm.model import EmigrationModel

STEPS = (1, 4, ROUNDS)  # of arrivals brought at a time: few people need more than some
SLACK = 1e-9  # rounding in a bound
UNBOUNDED = "a person is likelier to leave than the bound of their stratum"


@dataclass(eq=False)
class Candidates:
    """People at home who reconsider and might leave; columns of shape (people,) shrink together.

    u: of their luck; free: whom no bound covers yet; ratio: r, when the first host arrives over
    when home does; most: the lead over home that any host could have, ln w included (Δ); given:
    what is to be added to a bound on a lead for contacts, home, elite and partner, as far as known;
    screened: if not, nobody is dropped; offered: the lead by luck with wages alone; luck_home:
    E_home; first: the host that comes first; second: when the next one arrives; cell: of what they
    could earn and be; partner: their number, and partner_place, where they are.
    """

    people: People
    u: Floats
    free: Flags
    most: Floats
    given: Floats
    screened: bool
    offered: Floats = field(default_factory=lambda: np.empty(0))
    luck_home: Floats = field(default_factory=lambda: np.empty(0))
    first: Integers = field(default_factory=lambda: np.empty(0, np.int64))
    second: Floats = field(default_factory=lambda: np.empty(0))
    cell: Integers = field(default_factory=lambda: np.empty(0, np.int64))
    partner: Integers = field(default_factory=lambda: np.empty(0, np.int64))
    partner_place: Integers = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        self.ratio = self.u / (1.0 - self.u)

    def __len__(self) -> int:
        return len(self.u)

    @property
    def another(self) -> Flags:
        """For whom another host than the first could win."""
        return could_win(self.second / self.luck_home, self.most)

    def closer(self, most: Floats) -> None:
        """A closer bound on any host's lead; a wider one would show that one was too low."""
        if np.any(most > self.most + SLACK):
            raise AssertionError(UNBOUNDED)
        self.most = np.where(self.free, np.inf, most)

    def keep(self, kept: Flags) -> None:
        """Look at the others no further, unless everybody is to be looked at."""
        if self.screened and not kept.all():
            people, rows = len(kept), np.flatnonzero(kept)
            self.people = self.people.take(rows)
            for name, column in vars(self).items():
                if isinstance(column, np.ndarray) and len(column) == people:
                    setattr(self, name, column[rows])

    def keep_likely(self, first_most: Floats) -> None:
        """Keep those for whom the first host, which could lead by so much, or another could win."""
        self.keep(self.free | could_win(self.ratio, first_most) | self.another)


def could_win(ratio: Floats, most: Floats) -> Flags:
    """Whether a host could be first that arrives at `ratio` × home's luck: r <= e^Δ."""
    return np.log(ratio) <= most + SLACK


def candidates(model: EmigrationModel, world: World, bound: Bounds, who: Listed) -> Candidates:
    """Who of those listed might leave; all of them if not screened."""
    people = who.people
    most = np.where(who.free, np.inf, bound.advantage[people.stratum])
    contacts = bound.by_contacts[model.emigrants.contacts_abroad(people)]
    c = Candidates(people, who.u, who.free, most, contacts, model.screened)
    c.offered = bound.by_wages(c.people)
    c.closer(c.offered + c.given - bound.home[c.people.stratum])
    c.keep(could_win(c.ratio, c.most))
    c.given = c.given - np.asarray(sum(felt_at_home(c.people, world).values()))
    c.closer(c.offered + c.given)
    c.keep(could_win(c.ratio, c.most))
    bring_luck(c, model.chance, world)
    c.keep_likely(bound.by_host(c.people, c.first) + c.given)
    c.cell = bound.cells(c.people, c.free, world)
    c.given = c.given + bound.elite_of(c.people) + np.where(c.free, bound.with_partner, 0.0)
    c.free = np.zeros(len(c), dtype=bool)
    c.closer(bound.most_by_cell[c.cell] + c.given)
    c.keep_likely(bound.by_cell[c.cell, c.first] + c.given)
    count_partner(c, model, world)
    c.keep_likely(bound.by_cell[c.cell, c.first] + c.given)
    return c


def bring_luck(c: Candidates, chance: Chance, world: World) -> None:
    """Which host comes first, and when the next one does."""
    pick, gap = arrivals(chance, c.people.ids, world.week, 1)
    c.first = hosts_drawn(pick[0], luck_row(c.people))
    c.luck_home = luck_of_russia(chance, c.people.ids, world.week, c.u)
    c.second = c.u / (1.0 - c.u) * c.luck_home + gap[0]


def count_partner(c: Candidates, model: EmigrationModel, world: World) -> None:
    """Bounds suppose no partner at home: those who have one are held by it."""
    c.partner = model.ties.partner_of(c.people)
    c.partner_place = place_of_partner(model, c.partner)
    weight = world.parameters.family_weight
    held = equations.worth_of_family(weight, c.partner_place == HOME)
    c.closer(c.most - held)
    c.given = c.given - held


def options(
    model: EmigrationModel, world: World, bound: Bounds, c: Candidates
) -> tuple[Options, Floats, Floats]:
    """Which hosts candidates weigh, with the luck of departure there and in Russia, (people,).

    Those that could win by their luck; or every host, where the others bear on each.
    """
    if world.discount is not None or world.own or not c.screened:
        weights = luck_weights_of(c.people)
        chance, ids = model.chance, c.people.ids
        luck = luck_at_home(chance, ids, world.week, c.u, world.hosts.keys, weights)
        return EVERY_HOST, luck[:, :-1], luck[:, -1]
    return *pairs_that_could_win(model.chance, world, bound, c), c.luck_home


def pairs_that_could_win(
    chance: Chance, world: World, bound: Bounds, c: Candidates
) -> tuple[Options, Floats]:
    """Hosts as luck brings them, as long as the next could win, and the luck of each pair.

    The first host stays whether it could win or not, so that everybody has an option.
    """
    row, more, arrived, week = luck_row(c.people), np.flatnonzero(c.another), c.second, world.week
    last = np.zeros(len(c))  # when the last of the first ROUNDS arrives
    found: list[tuple[Integers, Integers, Floats]] = [
        (np.arange(len(c)), c.first, luck_table()[row, c.first] * (c.ratio * c.luck_home))
    ]
    seen = _bit(c.first)
    for since, until in pairwise(STEPS):
        pick, gap = arrivals(chance, c.people.ids[more], week, until, since)
        host, time = hosts_drawn(pick, row[more]), times(arrived[more], gap)
        bits = np.bitwise_or.accumulate(np.concatenate([seen[None, more], _bit(host)]))
        lead = bound.by_cell[c.cell[more], host] + c.given[more]
        new = (bits[:-1] & _bit(host)) == 0
        number, at = np.nonzero(new & could_win(time[:-1] / c.luck_home[more], lead))
        who, host = more[at], host[number, at]
        found.append((who, host, luck_table()[row[who], host] * time[number, at]))
        seen[more], arrived[more], last[more] = bits[-1], time[-1], time[-1] - gap[-1]
        more = more[could_win(time[-2] / c.luck_home[more], c.most[more])]
    weights = luck_table()[row[more]]
    rest = luck_of_the_rest(chance, c.people.ids[more], week, last[more], world.hosts.keys, weights)
    ratio = rest / (weights * c.luck_home[more, None])
    could = could_win(ratio, bound.by_cell[c.cell[more]] + c.given[more, None])
    could &= (seen[more, None] & _bit(np.arange(rest.shape[1]))) == 0
    who, host = np.nonzero(could)
    found.append((more[who], host, rest[who, host]))
    who, host, luck = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.argsort(who, kind="stable")
    return Options(who[order], host[order]), luck[order]


def _bit(host: Integers) -> NDArray[np.uint64]:
    """One bit for a host, so that a word holds a set of them."""
    return np.uint64(1) << host.astype(np.uint64)
