"""Moves in the twin: who leaves, who comes along, who stays behind, who comes home."""

from __future__ import annotations

import numpy as np

from abm import equations
from abm.chance import Floats
from abm.decision import World
from abm.doors import admits_despite_ban, has_passport
from abm.study.twin_abroad import HOLDS, HOPEFUL, LOCAL, REMOTE, Abroad, Group, Newcomers
from abm.study.twin_home import AtHome
from abm.study.twin_life import LifeAbroad
from abm.study.twin_odds import Odds
from abm.study.twin_reach import Reach, part_of
from abm.traits_tables import home_wage_mean_usd


class Week:
    """The week's flows, as shares of persons by pair of a Reach, (pairs,).

    departures, arrivals: into a host; first: of departures, those of who never left before;
    returns, onward: out of a host.
    """

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        shape = (5, len(reach.person))
        self.departures, self.arrivals, self.first, self.returns, self.onward = np.zeros(shape)


class Russia:
    """Shares of each person in Russia.

    never: who never left; back: who returned, each (persons,); behind: whose partner is in a host,
    by that host, and behind_back: of them, who have been abroad, (couples' pairs,). called_up: in
    the army, (persons,).
    """

    def __init__(self, reach: Reach) -> None:
        self.never = np.ones(reach.persons)
        self.back = np.zeros(reach.persons)
        self.called_up = np.zeros(reach.persons)
        self.behind, self.behind_back = np.zeros((2, reach.shared))

    def widen(self, reach: Reach, wider: Reach) -> None:
        """More pairs come within reach."""
        at = reach.positions(wider)[0][: reach.shared]
        old = self.behind, self.behind_back
        self.behind, self.behind_back = np.zeros((2, wider.shared))
        self.behind[at], self.behind_back[at] = old

    def call_up(self, chance: Floats, reach: Reach) -> None:
        """Of those at home a share, (persons,), is taken."""
        of_pairs = chance[reach.person[: reach.shared]]
        behind = reach.by_person(self.behind)
        self.called_up += chance * (self.never + self.back + behind)
        self.never *= 1.0 - chance
        self.back *= 1.0 - chance
        self.behind *= 1.0 - of_pairs
        self.behind_back *= 1.0 - of_pairs


class Moves:
    """Carries out what those at home and abroad have chosen in a week, and counts it."""

    def __init__(self, russia: Russia, abroad: Abroad, home: AtHome, world: World) -> None:
        self._russia, self._abroad, self._home, self._world = russia, abroad, home, world
        p, hosts, reach, people = world.parameters, world.hosts, abroad.reach, home.people
        self._reach, self._couples = reach, slice(0, reach.shared)
        self.week = Week(reach)
        may = reach.pairs(has_passport(people, hosts) & admits_despite_ban(hosts))
        stopped = world.kremlin.exit_ban * world.kremlin.is_draftable(people.risk_class)
        self._follows_abroad = p.partner_joins * may[: reach.shared]
        self._follows = self._follows_abroad * (1.0 - stopped[reach.person[: reach.shared]])
        movable = equations.let_through(p.movable_savings, hosts.capital_accepted)
        journey = equations.journey_usd(
            p.journey_months, home_wage_mean_usd()[1], hosts.travel_hours
        )
        savings = people.savings_usd[reach.person] * movable[reach.host] - journey[reach.host]
        self._savings_usd = np.maximum(0.0, savings)
        secure = abroad.secure[: len(reach.person)]
        self._secure = secure  # of who enters alone
        self._secure_together = np.maximum(
            secure[: reach.shared], secure[: reach.shared][reach.mate]
        )

    # --- from Russia -----------------------------------------------------------------------------

    def depart(self) -> None:
        """Who reconsiders at home and can, leaves, and the partner comes along or stays behind."""
        russia, reach, couples, week = self._russia, self._reach, self._couples, self.week
        attention = self._home.attention(self._world)
        person, mate = reach.person, reach.mate
        never = (attention * russia.never)[person] * reach.pairs(self._home.first.goes)
        back = (attention * russia.back)[person] * reach.pairs(self._home.again.goes)
        leads = never + back
        at_home = russia.never + russia.back
        one, other = at_home[person[couples]], at_home[person[couples] ^ 1]
        led = part_of(leads[couples][mate], other) * one  # whose partner leads
        along = led * self._follows
        together = leads[couples] * self._follows[mate] + along
        alone = leads.copy()
        alone[couples] *= 1.0 - self._follows[mate]
        self._follow_later(attention)
        self._enter(reach.together, together, self._secure_together, 1.0 - part_of(along, together))
        self._enter(slice(0, len(person)), alone, self._secure)
        never_left = part_of(russia.never, at_home)[person[couples]]
        week.departures += leads
        week.departures[couples] += along
        week.first += never
        week.first[couples] += along * never_left
        russia.behind += led - along
        russia.behind_back += (led - along) * (1.0 - never_left)
        gone = np.clip(part_of(reach.by_person(led), at_home), 0.0, 1.0)
        for share, own in ((russia.never, never), (russia.back, back)):
            share -= np.minimum(reach.by_person(own) + gone * share, share)

    def _follow_later(self, attention: Floats) -> None:
        """Those whose partner is abroad reconsider: they follow, or go elsewhere."""
        russia, abroad, home, reach = self._russia, self._abroad, self._home, self._reach
        couples, week = self._couples, self.week
        n, person = reach.shared, reach.person[couples]
        longing = equations.worth_of_family(self._world.parameters.family_weight, 1.0)
        odds = np.exp(reach.pairs(home.lead)[:n] + longing)
        door = reach.pairs(home.deciders.doors.open)[:n] | (self._follows > 0)
        theirs = odds * np.exp(longing) * (reach.pairs(home.able.means)[:n] & door)
        other = odds * reach.pairs(home.able.in_fact)[:n]
        all_other = reach.by_person(other)[person]
        others = np.maximum(all_other - other, 0.0)
        chance = attention[person] / (1.0 + theirs + others)
        joins, leaves = chance * theirs, chance * others
        joined, elsewhere = joins * russia.behind, leaves * russia.behind
        moved = abroad.take(joins[reach.mate], reach.alone)  # with me from now on
        abroad.put(moved, reach.together)
        held = part_of(moved.share[HOLDS].sum(axis=0), moved.share.sum(axis=(0, 1)))
        secure = np.maximum(self._secure[couples], held[reach.mate])
        away = reach.by_person(elsewhere)[person] * part_of(other, all_other)
        self._enter(reach.together, joined, secure)
        self._enter(reach.alone, away, self._secure[couples])
        never = russia.behind - russia.behind_back
        week.departures[couples] += joined + away
        firsts = reach.by_person(leaves * never)[person] * part_of(other, all_other)
        week.first[couples] += joins * never + firsts
        russia.behind *= 1.0 - joins - leaves
        russia.behind_back *= 1.0 - joins - leaves

    def _enter(
        self, cells: slice, came: Floats, secure: Floats, locked: Floats | float = 1.0
    ) -> None:
        """People from Russia enter hosts; came: shares by pair."""
        pairs = slice(0, len(came))
        follows = self._abroad.follows[self._reach.person[pairs]]
        usd = self._savings_usd[pairs]
        new = Newcomers(came * ~follows, came * follows, secure, usd, locked=locked)
        self._abroad.arrive(new, cells)
        self.week.arrivals[pairs] += came

    # --- from abroad -----------------------------------------------------------------------------

    def return_and_move_on(self, life: LifeAbroad, odds: Odds) -> None:
        """Of those abroad, who returns and who moves on, and what becomes of their partners."""
        reach, abroad = self._reach, self._abroad
        rate_home = np.clip(part_of(life.home, life.there), 0.0, 1.0)
        onward = life.onward.sum(axis=0)
        rate_onward = np.clip(part_of(onward, life.there), 0.0, 1.0)
        pushed = part_of(life.onward, odds.elsewhere)
        to = odds.places * (reach.over_hosts(pushed)[:, reach.row_of_cell] - pushed)
        to = np.maximum(to, 0.0)
        means = self._means()
        led_to = to[:, reach.together][:, reach.mate] * self._follows_abroad
        follow = self._share_led(to[:, reach.together], led_to)
        home = rate_home[reach.together][reach.mate]
        away = rate_onward[reach.together][reach.mate]
        joins = self._world.parameters.partner_joins
        went = abroad.take(home * joins, reach.together).share.sum(axis=(0, 1))
        moved = abroad.take(away * follow, reach.together).share.sum(axis=0)
        parted = home * (1.0 - joins) + away * (1.0 - follow)
        returned = self._part(abroad.take(parted, reach.together), life, odds)
        self._come_home(life.home, went, returned, rate_home)
        self._move_on(to, led_to, moved, means)
        self.week.onward += reach.of_pairs(onward)
        self.week.onward[self._couples] += moved.sum(axis=0)

    def _share_led(self, to: Floats, led_to: Floats) -> Floats:
        """Share of those led onward by a partner who can follow, (couples' pairs,)."""
        reach = self._reach
        ways = reach.by_person(to.sum(axis=0)[reach.mate])
        followed = reach.by_person(led_to.sum(axis=0))
        return part_of(followed, ways)[reach.person[self._couples]]

    def _come_home(self, home: Floats, went: Floats, returned: Floats, rate_home: Floats) -> None:
        """went: along with the partner; returned: on their own, once the partner had gone."""
        russia, reach, couples = self._russia, self._reach, self._couples
        joins = self._world.parameters.partner_joins
        own = home[reach.together]
        back = home[: len(reach.person)].copy()
        back[couples] += went + returned + own * joins
        russia.back += reach.by_person(back)
        # the partner stays there, or comes home and finds me
        found = rate_home[reach.alone][reach.mate]
        russia.back += reach.by_person(found * russia.behind_back)
        russia.never += reach.by_person(found * (russia.behind - russia.behind_back))
        russia.behind = russia.behind * (1.0 - found) + own * (1.0 - joins)
        russia.behind_back = russia.behind_back * (1.0 - found) + own * (1.0 - joins)
        self.week.returns += home[: len(reach.person)]
        self.week.returns[couples] += went + returned + own

    def _move_on(
        self, to: Floats, led_to: Floats, moved: Floats, means: tuple[Floats, Floats, Floats]
    ) -> None:
        """to: whom the own choice brings to a place, (livelihoods, cells); moved: whom the
        partner's choice takes from one, (livelihoods, couples' pairs)."""
        reach, couples, person = self._reach, self._couples, self._reach.person[self._couples]
        jobless, remote = to[HOPEFUL] + to[LOCAL], to[REMOTE]
        way = led_to.sum(axis=0)
        way = part_of(way, reach.by_person(way)[person])
        led_jobless = reach.by_person(moved[:REMOTE].sum(axis=0))[person] * way
        led_remote = reach.by_person(moved[REMOTE])[person] * way
        with_me = self._follows_abroad[reach.mate]
        pairs, t = slice(0, len(reach.person)), reach.together
        together = jobless[t] * with_me + led_jobless, remote[t] * with_me + led_remote
        alone = jobless[pairs].copy(), remote[pairs].copy()
        for own, of_couples in zip(alone, (jobless, remote), strict=True):
            own[couples] += of_couples[t] * (1.0 - with_me)
        for cells, came, secure in (
            (t, together, self._secure_together),
            (pairs, alone, self._secure),
        ):
            usd, recent, ever = (each[cells] for each in means)
            self._abroad.arrive(Newcomers(*came, secure, usd, recent, ever), cells)
        self.week.arrivals += sum(alone)
        self.week.arrivals[couples] += sum(together)

    def _means(self) -> tuple[Floats, Floats, Floats]:
        """Of each row over places, by cell: savings, what is recent, ever discriminated against."""
        abroad, reach = self._abroad, self._reach
        there = reach.over_hosts(abroad.there)

        def mean(column: Floats) -> Floats:
            return part_of(reach.over_hosts(column), there)[reach.row_of_cell]

        return mean(abroad.savings_usd.sum(axis=0)), mean(abroad.recent), mean(abroad.ever)

    def _part(self, left: Group, life: LifeAbroad, odds: Odds) -> Floats:
        """Those whose partner has just gone are alone and decide at once under their luck.

        Only that more of them return is counted; returns who does, (couples' pairs,).
        """
        reach = self._reach
        alone, together = odds.home[..., reach.alone], odds.home[..., reach.together]
        onward = odds.onward[..., reach.alone]
        free, fresh = life.free[reach.together], life.fresh[reach.together]
        more = free * np.maximum(alone - together, 0.0) + fresh * alone
        returns = left.share * more / (1.0 + alone + onward)
        gone = returns.sum(axis=(0, 1))
        kept = 1.0 - part_of(gone, left.share.sum(axis=(0, 1)))
        left.share -= returns
        left.savings_usd *= kept
        left.memory *= kept
        self._abroad.put(left, reach.alone)
        return np.asarray(gone)
