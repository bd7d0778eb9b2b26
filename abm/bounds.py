"""How likely anybody in a stratum could at most be to leave: the equations at its best corner."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np

from abm import equations
from abm.best_offers import (
    ENTITLED,
    PROTECTED,
    SKILLED,
    VISITS,
    consumption_gain,
    elite_gain,
    wage_edges,
    worth_by_host,
)
from abm.chance import Floats, Integers
from abm.composition import DISSENT_EDGES
from abm.decision import World, income_follows
from abm.ladder import Ladder
from abm.luck import luck_weights
from abm.own_mechanism import most_gain
from abm.people import (
    LIVELIHOOD,
    NO_WORK,
    WAGE_LIMIT,
    Flags,
    People,
    attachment_at,
    truncated_normal,
)
from abm.population import ATTACHMENT_EDGES
from abm.ties import CONTACTS, community
from abm.traits_tables import attachment_by_stage, home_wage_usd, wage_spread

if TYPE_CHECKING:
    from abm.model import EmigrationModel

WAGE_SHARES = 64  # equal shares of the distribution of wages that bounds tell apart


@dataclass(frozen=True)
class Bounds:
    """The most that v_j - u_home - ln w_j can be (Δ), and what follows for the week's draws.

    best: Δ without home's part, (livelihoods, income follows, standings, leanings, wage cells,
    hosts); by_luck: the most of it by the luck that a person has with wages, (standings,
    circumstances of groups, shares of the wage's distribution); elite: what a kind of elite
    adds to it at the most, (kinds,); by_contacts: what is to be added to best, which
    supposes all contacts in each host, for somebody with so many abroad, (contacts + 1,).
    with_partner: what having the partner in a host adds at the most.
    standing: of every group, those entitled by descent apart.
    Of every stratum: attention a, home (the least that home is worth there), advantage Δ, and
    draw, the bound on a u.
    """

    best: Floats
    by_luck: Floats
    elite: Floats
    by_contacts: Floats
    with_partner: float
    standing: Integers
    attention: Floats
    home: Floats
    advantage: Floats
    draw: Floats

    def by_wages(self, people: People) -> Floats:
        """Δ without home's part of people of whose work only the livelihood is known."""
        row = self._standing(people) * self.by_luck.shape[1]
        row += people.groups.circumstances[people.group]
        share = (people.wage_luck * WAGE_SHARES).astype(np.int64)
        best = self.by_luck.ravel()[row * WAGE_SHARES + share]
        return best + self._elite_at_most(people)

    def by_host(self, people: People, host: Integers) -> Floats:
        """The same in one host for each, whatever the wage."""
        groups, g = people.groups, people.group
        best = self._by_host[groups.livelihood[g], self._standing(people), groups.leaning[g], host]
        return best + self._elite_at_most(people)

    def cells(self, people: People, family_abroad: Flags, world: World) -> Integers:
        """The row of `by_cell` of each person, by what they could earn and be.

        family_abroad: whose partner may help them to as good papers as there are.
        """
        standing = np.where(family_abroad, ENTITLED, self._standing(people))
        known = people.speaks_foreign_language | people.entitled | people.activist
        known |= world.kremlin.is_draftable(people.risk_class) | family_abroad
        g, groups = people.group, people.groups
        cell = (
            groups.livelihood[g],
            income_follows(people).astype(int),
            np.where(known, standing, VISITS),
            groups.leaning[g],
            wage_ladder().step(people.wage_usd) - 1,
        )
        return np.ravel_multi_index(cell, self.best.shape[:-1])

    def elite_of(self, people: People) -> Floats | float:
        """What being of the elite adds at the most."""
        return self.elite[people.elite] if self.elite.any() else 0.0

    @cached_property
    def by_cell(self) -> Floats:
        """Δ without home's part by what people could earn and be, (cells, hosts)."""
        return self.best.reshape(-1, self.best.shape[-1])

    @cached_property
    def most_by_cell(self) -> Floats:
        """The same in any host, (cells,)."""
        return np.asarray(self.by_cell.max(axis=1))

    @cached_property
    def _by_host(self) -> Floats:
        return np.asarray(self.best.max(axis=(1, 4)))

    def _standing(self, people: People) -> Integers:
        """What people could best be on entry, as their strata know it."""
        return np.where(people.entitled, ENTITLED, self.standing[people.group])

    def _elite_at_most(self, people: People) -> Floats | float:
        if not self.elite.any():
            return 0.0
        return self.elite.max() * people.groups.could_be_elite[people.group]


def bounds(model: EmigrationModel, world: World) -> Bounds:
    """The bounds of a week. They cover the wish to leave, with every door open.

    Whose partner is abroad is listed singly, whatever their draw: see with_partner.
    """
    g, strata, p = model.population.groups, model.population.strata, world.parameters
    kremlin = world.kremlin
    risk = kremlin.perceived_risk(g.region, g.risk_class)
    attention = kremlin.attention(risk)
    dissent = np.asarray(DISSENT_EDGES)[g.dissent_bin + 1]
    felt = (
        equations.fear_of_mobilisation(p.mobilisation_weight, risk)
        + equations.weight_of_repression(
            p.repression_weight, dissent, kremlin.repression, world.propaganda
        )
        + equations.weight_of_conscience(
            p.repression_weight, dissent, p.conscience * (1.0 - kremlin.regime_change)
        )
        + equations.weight_of_hardship(
            p.hardship_weight, world.real_wage_index, g.livelihood == NO_WORK
        )
    )
    best = best_gain(world)
    protected = (g.dissent_bin == len(DISSENT_EDGES) - 2) | kremlin.is_draftable(g.risk_class)
    standing = np.where(g.speaks == 1, SKILLED, np.where(protected, PROTECTED, VISITS))
    lowest = equations.attachment(
        p.attachment_spread, attachment_at(ATTACHMENT_EDGES[:-1]), attachment_by_stage()[:, None]
    )
    by_luck = most_by_luck(best.max(axis=(1, 5)))
    most = by_luck.max(axis=-1)
    gain = np.stack(
        [most.ravel()[standing * most.shape[1] + g.circumstances], most[ENTITLED, g.circumstances]]
    )
    elite = elite_gain(world)
    if elite.any():
        gain = gain + elite.max() * g.could_be_elite
    by_contacts = equations.worth_of_contacts(p.contacts_weight, np.arange(CONTACTS + 1))
    by_contacts = by_contacts - by_contacts[-1]
    # What holds the elite hangs on where the partner is.
    with_partner = np.inf if elite.any() else equations.worth_of_family(p.family_weight, 1.0)
    gain = gain + by_contacts[model.emigrants.most_contacts_abroad[community(g)]]
    home = felt[strata.group] + lowest.ravel()[strata.attachment]
    advantage = gain.ravel()[strata.entitled_group] - home
    attention = attention[strata.group]
    draw = attention * equations.bound_on_luck(advantage)
    return Bounds(
        best=best,
        by_luck=by_luck,
        elite=elite,
        by_contacts=by_contacts,
        with_partner=float(with_partner),
        standing=standing,
        attention=attention,
        home=home,
        advantage=advantage,
        draw=draw,
    )


def best_gain(world: World) -> Floats:
    """The most that any host offers net of the move, over home's consumption and ln w.

    Shape (livelihoods, income follows, standings, leanings, wage cells, hosts).
    """
    p, hosts = world.parameters, world.hosts
    worth = worth_by_host(p, hosts) - np.log(luck_weights())[:, None, :, :] + most_gain(world)
    spent = consumption_gain(p, hosts, world.real_wage_index)
    best = np.asarray(worth[:, None, :, :, None, :] + spent[:, :, :, None, :, :])
    if world.discount is not None:  # any place may lead to any: all who reconsider are looked at
        best = np.full_like(best, np.inf)
    return best


def most_by_luck(by_cell: Floats) -> Floats:
    """The most over the wages that people of a livelihood, region and luck with wages may have.

    by_cell: by livelihood, standing, leaning and wage cell. Shape (standings, circumstances of
    groups, shares).
    """
    beyond = np.full((*by_cell.shape[1:-1], 1), -np.inf)
    cells = wage_cells_by_luck()
    most = [
        np.maximum.reduceat(np.concatenate([row, beyond], axis=-1), cells[k].ravel(), axis=-1)
        for k, row in enumerate(by_cell)
    ]
    return np.stack(
        [each[..., ::2].reshape(*each.shape[:-1], -1, WAGE_SHARES) for each in most], axis=1
    ).reshape(len(by_cell[0]), -1, WAGE_SHARES)


@cache
def wage_cells_by_luck() -> Integers:
    """Wage cells, first and last + 1, (livelihoods, regions, shares, 2), by luck with wages.

    A share is one in WAGE_SHARES of the distribution of wages within region and occupation.
    """
    mean, sigma = home_wage_usd(), wage_spread()
    share = np.arange(WAGE_SHARES + 1) / WAGE_SHARES
    factor = np.exp(sigma * truncated_normal(share, WAGE_LIMIT) - sigma**2 / 2)
    cells = np.empty((NO_WORK + 1, len(mean), WAGE_SHARES, 2), dtype=np.int64)
    for k in range(len(cells)):
        means = mean[:, LIVELIHOOD == k]
        low = means.min(axis=1)[:, None] * factor[:-1] * (1.0 - 1e-12)
        high = means.max(axis=1)[:, None] * factor[1:] * (1.0 + 1e-12)
        cells[k, :, :, 0] = np.searchsorted(wage_edges(), low, side="right") - 1
        cells[k, :, :, 1] = np.searchsorted(wage_edges(), high, side="right")
    return cells


@cache
def wage_ladder() -> Ladder:
    """Wage cells by their lower edges."""
    return Ladder(wage_edges())
