"""A week abroad in the twin: savings, work, permits, discrimination, and who decides to leave.

A person's luck cannot be followed, but what it implies can. Who chose to stay with odds o against
it (the sum of exp(v) of all other options, over that of staying) stays under the same luck when the
odds become o' with the chance (1 + o) / (1 + max(o, o')): luck E of the place won against every
other, E_j > E o_j, and must win against max(o_j, o'_j). So an event moves (o' - o)+ / (1 + o'), and
nobody whose odds fall. Whoever has just moved did so in spite of its cost, so no event moves them
until attention has renewed their luck: they are locked. Who came along with a partner has chosen
nothing, and at the first event decides as under attention: they are fresh.
"""

from __future__ import annotations

import numpy as np

from abm import equations
from abm import equations_of_hosts as host_equations
from abm.calendar import WEEKS_PER_MONTH, WEEKS_PER_YEAR
from abm.chance import Floats
from abm.decision import World
from abm.doors import REAPPLY_WEEKS
from abm.people import Flags
from abm.population import SCIENTIST
from abm.study.twin_abroad import ASKS, BROKE, HOLDS, HOPEFUL, LOCAL, REFUSED, REMOTE, Abroad
from abm.study.twin_odds import Odds, Work
from abm.study.twin_reach import part_of

ALL, LAWFUL = slice(None), slice(ASKS, REFUSED)  # statuses, or livelihoods
JOBLESS = slice(HOPEFUL, LOCAL)
HALF_A_YEAR_WEEKS = 26
State = tuple[int | slice, int | slice]  # status and livelihood


def summed(column: Floats) -> Floats:
    """The sum over all axes but the last, (cells,)."""
    return column if column.ndim == 1 else column.sum(axis=tuple(range(column.ndim - 1)))


class LifeAbroad:
    """One week of everybody abroad; who leaves is taken out of the shares.

    home: who returned, by the place left, (cells,); onward: who moves on, by livelihood too,
    (livelihoods, cells); attentive: who leaves by attention alone; struck: who was discriminated
    against; refused: a permit; renewals: of those refused a renewal, how many and how many of them
    are home before they move elsewhere within half a year, (2, cells); free: whose luck has chosen
    the place, and fresh: who has chosen nothing, as shares of those there; each (cells,).
    """

    def __init__(self, abroad: Abroad, odds: Odds, work: Work, world: World) -> None:
        self._abroad, self._odds, self._earns, self._world = abroad, odds, work, world
        p = world.parameters
        self.attention = attention = equations.attention(p.attention_per_month, 0.0, 0.0, 0.0)
        self.there = abroad.there
        self.fresh = np.clip(part_of(abroad.fresh, self.there), 0.0, 1.0)
        self.free = np.clip(1.0 - self.fresh - part_of(abroad.locked, self.there), 0.0, 1.0)
        self.home = np.zeros(abroad.reach.cells)
        self.onward = np.zeros_like(odds.places)
        self._disturbed = np.zeros(abroad.reach.cells)
        self._struck_left = self._discriminated()
        self._spend()
        self._work()
        self._permits()
        stays = abroad.share / (1.0 + odds.home + odds.onward)
        self.attentive = self._leave(attention * stays)
        abroad.locked *= 1.0 - attention
        abroad.recent *= equations.recency_of_leaving(1.0 / WEEKS_PER_YEAR)
        undisturbed = 1.0 - part_of(self._disturbed + self.struck, self.there)
        abroad.fresh *= (1.0 - attention) * np.clip(undisturbed, 0.0, 1.0)
        abroad.forget(self.left, self._struck_left, self.there)

    @property
    def left(self) -> Floats:
        """Who leaves their place, (cells,)."""
        return np.asarray(self.home + self.onward.sum(axis=0))

    # --- decisions -------------------------------------------------------------------------------

    def _leave(self, staying: Floats, worse: float = 1.0) -> Floats:
        """Of those who reconsider, as many leave as stay times the odds; by place, (cells,).

        staying: who reconsiders over 1 + odds; worse: by how much the odds have risen.
        """
        home = staying * (worse * self._odds.home)
        onward = staying * (worse * self._odds.onward)
        self._abroad.share -= home + onward
        to_home, to_hosts = summed(home), onward.sum(axis=0)
        self.home += to_home
        self.onward += to_hosts
        return np.asarray(to_home + summed(to_hosts))

    def _shift(self, before: State, after: State, who: Floats, event: bool = True) -> None:
        """Let some, (…, cells), go from one state to another; an event lets some of them leave."""
        share = self._abroad.share
        share[before] -= who
        if event:
            home, onward = self._odds.home[after], self._odds.onward[after]
            more_home = np.maximum(home - self._odds.home[before], 0.0)
            more_onward = np.maximum(onward - self._odds.onward[before], 0.0)
            stays = who / (1.0 + home + onward)
            goes_home = stays * (self.free * more_home + self.fresh * home)
            goes_on = stays * (self.free * more_onward + self.fresh * onward)
            self._disturbed += summed(who)
            self.home += summed(goes_home)
            self.onward[after[1]] += goes_on if isinstance(after[1], slice) else summed(goes_on)
            who = who - goes_home - goes_on
        share[after] += who

    # --- what happens ----------------------------------------------------------------------------

    def _discriminated(self) -> Floats:
        """Acts of discrimination (M8); of those who leave, who was struck just now, (cells,)."""
        p, hosts, abroad = self._world.parameters, self._world.hosts, self._abroad
        chance = host_equations.discrimination_chance(
            p.discrimination_base,
            p.discrimination_from_hostility,
            hosts.hostility,
            p.anti_discrimination_effect * hosts.anti_discrimination,
        )[abroad.reach.host_of_cell]
        worse = np.exp(-equations.weight_of_discrimination(p.discrimination_weight, 1.0))
        moved = chance * (self.free * (1.0 - 1.0 / worse) + self.fresh)
        odds = worse * (self._odds.home + self._odds.onward)
        left = self._leave(abroad.share * moved / (1.0 + odds), worse)
        self.struck = self.there * chance
        abroad.lived[:] = host_equations.forgotten(abroad.lived) + self.struck
        abroad.ever += (self.there - abroad.ever) * chance
        return left

    def _spend(self) -> None:
        """Savings follow income less living; who has none left is broke (M9).

        Of those who began with s0 and have s left on average, at a cost c, c (1 / s - 1 / s0) run
        out: nobody at first, and half by the time that s0 lasts.
        """
        p, hosts, abroad = self._world.parameters, self._world.hosts, self._abroad
        there, host = abroad.share.sum(axis=0), abroad.reach.host_of_cell
        rent, living = p.rent_share * hosts.rent_usd, p.living_cost_ppp_usd * hosts.prices
        costs = ((rent + living) / WEEKS_PER_MONTH)[host]
        mean = part_of(abroad.savings_usd, there)
        left = np.maximum(mean[HOPEFUL], 1e-9)
        began = np.maximum(part_of(abroad.began_usd, there[HOPEFUL]), left)
        ends = -np.expm1(-costs * (1.0 / left - 1.0 / began))
        self._shift((ALL, HOPEFUL), (ALL, BROKE), abroad.share[:, HOPEFUL] * ends)
        abroad.began_usd *= 1.0 - ends
        abroad.savings_usd[HOPEFUL] -= costs * there[HOPEFUL]
        self._solvent = {}  # share of those at work who have savings
        for work, usd in ((LOCAL, self._earns.local_usd), (REMOTE, self._earns.from_russia_usd)):
            gain = usd / WEEKS_PER_MONTH - costs
            abroad.savings_usd[work] += gain * there[work]
            lasts = mean[work] / (mean[work] + np.maximum(-gain, 1e-9) * WEEKS_PER_MONTH)
            self._solvent[work] = np.where(gain > 0, 1.0, lasts)
        np.maximum(abroad.savings_usd, 0.0, out=abroad.savings_usd)

    def _work(self) -> None:
        """Jobs are lost (M9), remote work ends (M10), the jobless find work; savings go along."""
        p, hosts, abroad = self._world.parameters, self._world.hosts, self._abroad
        works = self._earns.local_usd > 0  # others live on transfers
        failure: Floats | float = p.failure_per_month
        if hosts.institutions_closed.any():
            science = abroad.households.people.occupation == SCIENTIST
            closed = science[:, None] * hosts.institutions_closed
            closed = abroad.reach.for_all(abroad.reach.pairs(closed))
            failure = failure + p.institution_loss_per_month * closed
        there = abroad.share.sum(axis=0)
        for work, rate in ((LOCAL, failure), (REMOTE, p.remote_loss_per_month)):
            loses = abroad.share[:, work] * (equations.weekly_chance(rate) * works)
            solvent = loses * self._solvent[work]
            self._shift((ALL, work), (ALL, HOPEFUL), solvent)
            self._shift((ALL, work), (ALL, BROKE), loses - solvent)
            usd = abroad.savings_usd[work] * part_of(summed(loses), there[work])
            abroad.savings_usd[work] -= usd
            abroad.savings_usd[HOPEFUL] += usd
            abroad.began_usd += usd
        finds = equations.weekly_chance(p.job_finding_per_month * self._earns.access) * works
        for jobless in (HOPEFUL, BROKE):
            found = abroad.share[LAWFUL, jobless] * finds
            self._shift((LAWFUL, jobless), (LAWFUL, LOCAL), found, event=False)
            abroad.found += abroad.adults_by_host(found[ASKS])
        usd = abroad.savings_usd[HOPEFUL] * finds
        abroad.savings_usd[HOPEFUL] -= usd
        abroad.savings_usd[LOCAL] += usd
        abroad.began_usd *= 1.0 - finds

    def _permits(self) -> None:
        """Stays that end are renewed, applied for, granted or refused (M6)."""
        hosts, abroad = self._world.hosts, self._abroad
        host, runs = abroad.reach.host_of_cell, hosts.borders_run
        decided, ends, again = abroad.asking.due(), abroad.holding.due(), abroad.waiting.due()
        # where the border can be run only those who work there ask
        examined = np.where((np.arange(4) == LOCAL)[:, None], decided, decided * ~runs)[:, host]
        asked = abroad.share[ASKS] * examined
        ended = abroad.share[HOLDS] * (ends[host] * abroad.clocked)
        refusal = hosts.refusal[host]
        granted = asked * (1.0 - refusal)
        self._shift((ASKS, ALL), (HOLDS, ALL), granted, event=False)
        refused = np.stack([asked, ended]) * refusal
        self._refuse(ASKS, refused[ASKS], runs[host])
        home, onward = self.home.copy(), self.onward.sum(axis=0)
        self._refuse(HOLDS, refused[HOLDS], runs[host])
        moved = self.home - home, self.onward.sum(axis=0) - onward
        self.renewals = self._home_after_refusal(refused[HOLDS], *moved, runs[host])
        reapply = abroad.share[REFUSED] * again[host]
        self._shift((REFUSED, ALL), (ASKS, ALL), reapply, event=False)
        self.refused = summed(refused)
        renewed = summed(granted + ended * (1.0 - refusal))
        abroad.permitted += abroad.adults_by_host(renewed)
        processing = np.ceil(self._world.parameters.processing_weeks)
        abroad.asking.start(abroad.adults_by_host(summed(reapply)), processing)
        without = abroad.adults_by_host(self.refused) * ~runs
        abroad.waiting.start(without, REAPPLY_WEEKS)

    def _home_after_refusal(
        self, refused: Floats, home: Floats, onward: Floats, runs: Flags
    ) -> Floats:
        """Of those refused a renewal, how many, and who is home within half a year by a first move.

        home, onward: who left at once. The others leave by attention, at today's odds.
        """
        whole, odds = summed(refused), self._odds
        stays = np.maximum(whole - home - onward, 0.0)
        works = np.array([HOPEFUL, BROKE, BROKE, REMOTE])
        status = np.where(runs, ASKS, REFUSED)
        cells = np.arange(len(whole))
        to_home = odds.home[status, works[:, None], cells]
        to_hosts = odds.onward[status, works[:, None], cells]
        a_week = self.attention / (1.0 + to_home + to_hosts)
        leaves = -np.expm1(-HALF_A_YEAR_WEEKS * a_week * (to_home + to_hosts))
        first = leaves * to_home / np.maximum(to_home + to_hosts, 1e-300)
        mean = part_of(summed(refused * first), whole)
        return np.stack([whole, home + stays * mean])

    def _refuse(self, status: int, who: Floats, runs: Flags) -> None:
        """Where the border can be run they stay as visitors, elsewhere without papers.

        Who worked there may not any more. who: by livelihood, (livelihoods, cells).
        """
        solvent = who[LOCAL] * self._solvent[LOCAL]
        for after, there in ((ASKS, runs), (REFUSED, ~runs)):
            self._shift((status, LOCAL), (after, HOPEFUL), solvent * there)
            self._shift((status, LOCAL), (after, BROKE), (who[LOCAL] - solvent) * there)
            if after != status:
                for works in (JOBLESS, REMOTE):
                    self._shift((status, works), (after, works), who[works] * there)
