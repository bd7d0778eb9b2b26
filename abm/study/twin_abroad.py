"""Those abroad in the twin: shares of each person by place, livelihood, status, with or without the
partner, and what they remember.

Only what decides is kept apart: four livelihoods times three kinds of status. Of what a person
remembers there are means by person and place, and of the clocks of permits a ledger by place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.chance import Floats
from abm.decision import World, income_follows
from abm.doors import CITIZEN, IS_SECURE, PERMIT, STATUS_INSECURITY, Doors
from abm.study.twin_people import Households
from abm.study.twin_permits import Ledger
from abm.study.twin_reach import HOSTS, Reach, part_of

ASKS, HOLDS, REFUSED = range(3)  # visits or waits for a permit; holds one or more; has none
HOPEFUL, BROKE, LOCAL, REMOTE = range(4)  # jobless with savings, without; works there; for Russia
MEMORIES = 6


@dataclass
class Group:
    """Some of those abroad with all that is known of them, as columns of Abroad."""

    share: Floats
    savings_usd: Floats
    memory: Floats

    def cut(self, kept: Floats) -> None:
        """Keep a share of them, (cells,)."""
        self.share *= kept
        self.savings_usd *= kept
        self.memory *= kept


@dataclass
class Newcomers:
    """Who enters hosts, shares of each person by cell: jobless and remote workers.

    secure: the share of them with a secure status; savings_usd: each one's after the journey;
    recent, ever: as of Abroad, a head; locked: whose luck is that of this move.
    """

    jobless: Floats
    remote: Floats
    secure: Floats
    savings_usd: Floats
    recent: Floats | float = 1.0
    ever: Floats | float = 0.0
    locked: Floats | float = 1.0


class Abroad:
    """Shares of each person abroad, by cell of a Reach.

    share: (statuses, livelihoods, cells); savings_usd: sums over them, (livelihoods, cells). And
    sums over them by cell, (cells,), views of `memory`: locked, whom no event moves, for they have
    only just moved; fresh, who came along with a partner and have not decided yet; lived,
    discrimination; ever, who ever was discriminated against; recent, exp(-years since leaving / 2);
    began_usd, what those who live on savings began with.
    """

    def __init__(self, households: Households, reach: Reach) -> None:
        self.households = households
        self.asking, self.holding, self.waiting = Ledger(HOSTS), Ledger(HOSTS), Ledger(HOSTS)
        self.follows = income_follows(households.people)
        self._start_clocks_anew()
        self._lay_out(reach)

    def note_doors(self, doors: Doors) -> None:
        """With what status one enters, by cell: secure, citizen, and base, what a secure status has
        of insecurity by itself; clocked, whose permit ends (long ones outlast the horizon)."""
        status = self.reach.for_all(self.reach.pairs(doors.status))
        self.secure = IS_SECURE[status].astype(float)
        self.citizens = (status == CITIZEN).astype(float)
        self.base = STATUS_INSECURITY[np.where(IS_SECURE[status], status, PERMIT)]
        self.clocked = (self.base == STATUS_INSECURITY[PERMIT]).astype(float)

    def _lay_out(self, reach: Reach) -> None:
        self.reach = reach
        self.share = np.zeros((3, 4, reach.cells))
        self.savings_usd = np.zeros((4, reach.cells))
        self.memory = np.zeros((MEMORIES, reach.cells))
        self.locked, self.fresh, self.lived, self.ever, self.recent, self.began_usd = self.memory
        self.adults = self.households.adults[reach.for_all(reach.person)]
        self.people = self.adults * self.households.heads[reach.for_all(reach.person)]

    def widen(self, wider: Reach) -> None:
        """More pairs come within reach."""
        old = Group(self.share, self.savings_usd, self.memory)
        _, at = self.reach.positions(wider)
        self._lay_out(wider)
        self.share[..., at], self.savings_usd[:, at] = old.share, old.savings_usd
        self.memory[:, at] = old.memory

    @property
    def there(self) -> Floats:
        """Share of each person in each place, (cells,)."""
        return self.share.sum(axis=(0, 1))

    def adults_by_host(self, share: Floats) -> Floats:
        """Adults by host, (hosts,), of shares by cell or pair."""
        return self.reach.by_host(self.adults[: len(share)] * share)

    # --- who comes and goes ----------------------------------------------------------------------

    def take(self, share: Floats, cells: slice) -> Group:
        """Take a share of those in some cells, as they are."""
        share = np.clip(share, 0.0, 1.0)
        taken = Group(
            self.share[..., cells] * share,
            self.savings_usd[:, cells] * share,
            self.memory[:, cells] * share,
        )
        self.share[..., cells] -= taken.share
        self.savings_usd[:, cells] -= taken.savings_usd
        self.memory[:, cells] -= taken.memory
        return taken

    def put(self, group: Group, cells: slice) -> None:
        """Put people as they are into some cells."""
        self.share[..., cells] += group.share
        self.savings_usd[:, cells] += group.savings_usd
        self.memory[:, cells] += group.memory

    def forget(self, left: Floats, struck: Floats, there: Floats) -> None:
        """What those who left remembered goes with them.

        left: shares that left; struck: of them, who had just been discriminated against; there:
        shares before they left; each (cells,).
        """
        kept = np.clip(1.0 - part_of(left - struck, there), 0.0, 1.0)
        self.memory *= kept
        self.savings_usd *= kept
        self.lived[:] = np.maximum(self.lived - struck, 0.0)
        self.ever[:] = np.maximum(self.ever - struck, 0.0)

    def arrive(self, new: Newcomers, cells: slice) -> None:
        """People enter hosts."""
        came = new.jobless + new.remote
        solvent = new.jobless * (new.savings_usd > 0)
        for status, part in ((ASKS, 1.0 - new.secure), (HOLDS, new.secure)):
            self.share[status, HOPEFUL, cells] += solvent * part
            self.share[status, BROKE, cells] += (new.jobless - solvent) * part
            self.share[status, REMOTE, cells] += new.remote * part
        self.savings_usd[HOPEFUL, cells] += new.jobless * new.savings_usd
        self.savings_usd[REMOTE, cells] += new.remote * new.savings_usd
        self.began_usd[cells] += new.jobless * new.savings_usd
        self.locked[cells] += came * new.locked
        self.fresh[cells] += came * (1.0 - new.locked)
        self.recent[cells] += came * new.recent
        self.ever[cells] += came * new.ever
        host, adults = self.reach.host_of_cell[cells], self.adults[cells]
        self.asks += np.bincount(host, adults * came * (1.0 - new.secure), HOSTS)
        clocked = adults * came * new.secure * self.clocked[cells]
        self.permitted += np.bincount(host, clocked, HOSTS)

    # --- clocks ----------------------------------------------------------------------------------

    def _start_clocks_anew(self) -> None:
        """Adults by host whose clocks start: who came, who found work, who got permits."""
        self.asks, self.found, self.permitted = np.zeros((3, HOSTS))

    def end_week(self, world: World) -> None:
        """Clocks start for those who should, and hold as many as there are."""
        p, hosts = world.parameters, world.hosts
        runs = hosts.borders_run
        processing = np.ceil(p.processing_weeks)
        self.asking.start(self.asks * ~runs, np.ceil(p.application_weeks) + processing)
        self.asking.start(self.found * runs, processing)
        self.holding.start(self.permitted, hosts.permit_weeks)
        asks, holds, waits = self.share
        waiting = np.where(runs[self.reach.host_of_cell], asks[LOCAL], asks.sum(axis=0))
        self.asking.keep(self.adults_by_host(waiting))
        self.holding.keep(self.adults_by_host(holds.sum(axis=0) * self.clocked))
        self.waiting.keep(self.adults_by_host(waits.sum(axis=0)))
        self._start_clocks_anew()
