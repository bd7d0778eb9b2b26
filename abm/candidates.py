"""Who of those listed might leave: looked at closer and closer, so that few are looked at whole.

Each look works out a little more of a person and bounds by how much any host could exceed home for
them, Δ. Who needs more than that, by their luck, stays and is not looked at again. First the luck
with wages, then what home is worth; then which host the luck brings first and how far behind the
next one is: as a rule nobody but the first can win. Then work, and contacts in that host.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from abm import equations
from abm.bounds import Bounds, luck_weights
from abm.chance import Chance, Floats, Integers, name_keys
from abm.decision import World, felt_at_home
from abm.hosts_table import HOST_NAMES
from abm.people import Flags, People
from abm.screening import first_and_behind, first_hosts, ladder, luck_of_russia
from abm.ties import CONTACTS

if TYPE_CHECKING:
    from abm.model import EmigrationModel

SLACK = 1e-9  # rounding in a bound
UNBOUNDED = "a person is likelier to leave than the bound of their stratum"


@dataclass(eq=False)
class Candidates:
    """People at home who reconsider and might leave; columns of shape (people,) shrink together.

    u: of their luck; need: ln r, the lead over home that their luck asks of the first host, ln w
    included; most: the lead that any host could have; home: what home is worth. first: the host
    that comes first by their luck; next_need: the lead that it asks of the next one; leads: the
    most that every host could have, (people, hosts).
    """

    people: People
    u: Floats
    need: Floats
    most: Floats
    screened: bool
    home: Floats = field(default_factory=lambda: np.empty(0))
    first: Integers = field(default_factory=lambda: np.empty(0, np.int64))
    next_need: Floats = field(default_factory=lambda: np.empty(0))
    leads: Floats = field(default_factory=lambda: np.empty((0, len(HOST_NAMES))))

    def __len__(self) -> int:
        return len(self.u)

    @property
    def another(self) -> Flags:
        """For whom another host than the first could win."""
        return self.next_need <= self.most + SLACK

    def closer(self, most: Floats) -> None:
        """A closer bound on any host's lead; a wider one would show that one was too low."""
        if np.any(most > self.most + SLACK):
            raise AssertionError(UNBOUNDED)
        self.most = most

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
        self.keep((self.need <= first_most + SLACK) | self.another)


def candidates(
    model: EmigrationModel, world: World, bound: Bounds, people: People, u: Floats
) -> Candidates:
    """Who of some people at home, listed with luck u, might leave; all of them if not screened."""
    need = np.log(u / (1.0 - u))
    c = Candidates(people, u, need, bound.advantage[people.stratum], model.screened)
    c.closer(bound.by_wages(c.people) - bound.home[c.people.stratum])
    c.keep(c.need <= c.most + SLACK)
    c.home = np.asarray(sum(felt_at_home(c.people, world).values()))
    c.closer(bound.by_wages(c.people) - c.home)
    c.keep(c.need <= c.most + SLACK)
    bring_luck(c, model.chance, world)
    c.keep_likely(bound.by_host(c.people, c.first) - c.home)
    c.leads = bound.of_people(c.people, world) - c.home[:, None]
    c.closer(c.leads.max(axis=1))
    c.keep_likely(c.leads[np.arange(len(c)), c.first])
    missing, missing_first = contacts_missing(c, model, world)
    c.closer(c.most - missing)
    c.leads -= missing[:, None]
    c.keep_likely(c.leads[np.arange(len(c)), c.first] + missing - missing_first)
    return c


def bring_luck(c: Candidates, chance: Chance, world: World) -> None:
    """Which host comes first, and what the next one needs: ln (r + how far behind / E_home)."""
    row = luck_row(c.people)
    pick, behind = first_and_behind(chance, c.people.ids, world.week)
    order, upper = steps()
    c.first = first_hosts(pick, row, order, upper)
    behind = behind / (1.0 - luck_table()[row, c.first])
    home = luck_of_russia(chance, c.people.ids, world.week, c.u)
    c.next_need = np.log(c.u / (1.0 - c.u) + behind / home)


def contacts_missing(c: Candidates, model: EmigrationModel, world: World) -> tuple[Floats, Floats]:
    """By how much bounds overrate contacts, as they suppose all of them in each host.

    Were all contacts abroad in one host; and in the first host, where they are known.
    """
    weight = world.parameters.contacts_weight
    places = model.emigrants.places_of_contacts(c.people.ids)
    most = equations.worth_of_contacts(weight, CONTACTS)

    def missing(there: Flags) -> Floats:
        return np.asarray(most - equations.worth_of_contacts(weight, there.sum(axis=1)))

    return missing(places >= 0), missing(places == c.first[:, None])


def singled_out(people: People, u: Floats) -> Candidates:
    """People whom no bound covers: any host could win."""
    without = np.full(len(u), np.inf)
    return Candidates(people, u, need=-without, most=without, screened=False)


# --- the weights of luck -------------------------------------------------------------------------


@cache
def luck_table() -> Floats:
    """Weights of the hosts in the luck of departure, one row a livelihood and leaning."""
    return luck_weights().reshape(-1, len(HOST_NAMES))


@cache
def steps() -> tuple[Integers, Integers]:
    """The ladder of the table's rows, up which a draw finds the first host."""
    return ladder(luck_table(), name_keys(HOST_NAMES))


def luck_row(people: People) -> Integers:
    """The row of each person's weights."""
    g, groups = people.group, people.groups
    return groups.livelihood[g] * luck_weights().shape[1] + groups.leaning[g]


def luck_weights_of(people: People) -> Floats:
    """Weights of the hosts in some people's luck of departure, shape (people, hosts)."""
    return luck_table()[luck_row(people)]
