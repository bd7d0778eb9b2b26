"""What people at home would choose: the model's own decision, as chances in place of luck."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from abm.ability import Able, ability
from abm.chance import Floats
from abm.decision import Components, Deciders, World, components, utilities
from abm.doors import Applicants, Doors, doors
from abm.emigrants import HOME, NOWHERE
from abm.hosts_table import HOST_NAMES
from abm.levers import ELITE_LEVERS
from abm.options import EVERY_HOST
from abm.people import Flags, People
from abm.study.twin_world import Surroundings

_HOSTS = len(HOST_NAMES)


@dataclass(frozen=True)
class Chances:
    """Chances of those who reconsider this week, by host, shape (people, hosts).

    goes: to leave for a host; turned: to set out for a door that is shut. Of everyone, (people,):
    out: to wish for a host shut to visitors and be kept out; stuck: to wish to leave and not be
    able to.
    """

    goes: Floats
    turned: Floats
    out: Floats
    stuck: Floats


class AtHome:
    """Some people at home, with what does not change from week to week kept.

    As of the last look: first, again, chances of who never left and of who has been abroad; home,
    what home is worth, (people,); lead, by how much each host's utility exceeds it, (people,
    hosts); able, able_again: what each can do, and could after a return.
    """

    def __init__(self, surroundings: Surroundings, people: People, partnered: Flags) -> None:
        self._surroundings = surroundings
        self.people = people
        none = np.zeros(len(people.ids))
        self.partner_place = np.where(partnered, HOME, NOWHERE)
        self._exit_luck = surroundings.chance.uniform("exit", people.ids)
        self._key = b""
        self.deciders = Deciders(
            people=people,
            options=EVERY_HOST,
            place=np.full(len(people.ids), HOME),
            partner_place=self.partner_place,
            contacts=np.zeros((len(people.ids), _HOSTS), dtype=np.int64),
            savings_usd=people.savings_usd,
            doors=self._doors(surroundings.world()),
            status=none.astype(np.int64),
            weeks_left=none,
            work=none.astype(np.int64),
            discrimination=none,
            years_abroad=none,
            partner_insecurity=none,
            partner_discrimination=none,
        )
        self.able: Able
        self.able_again: Able

    def _doors(self, world: World) -> Doors:
        applicants = Applicants(
            people=self.people,
            draftable=world.kremlin.is_draftable(self.people.risk_class),
            family_place=np.full(len(self.people.ids), NOWHERE),
            place=np.full(len(self.people.ids), HOME),
            settled_before=np.zeros(len(self.people.ids), dtype=bool),
        )
        chance = self._surroundings.chance
        return doors(chance, applicants, world.hosts, world.parameters, world.week)

    def knock(self, world: World) -> bool:
        """Look at doors and means again where anything has changed, and say whether it has."""
        key = _state_of_doors(world)
        if changed := key != self._key:
            self._key = key
            self.deciders = replace(self.deciders, doors=self._doors(world))
            self.able = ability(self.deciders, world, self._exit_luck)
            p = world.parameters
            left = 1.0 - p.movable_savings  # of who was abroad, what could be taken along is spent
            again = replace(self.deciders, savings_usd=left * self.people.savings_usd)
            self.able_again = ability(again, world, self._exit_luck)
        return changed

    def look(self, world: World, contacts: Floats) -> Components:
        """This week's utilities, by component; contacts: their worth, (people, hosts)."""
        parts = components(self.deciders, world)
        parts["contacts"] = (contacts, 0.0)
        abroad, self.home = utilities(parts, EVERY_HOST, len(self.people.ids))
        self.lead = abroad - self.home[:, None]
        self._odds = np.exp(self.lead)
        self.first, self.again = (
            self._chances(world, each) for each in (self.able, self.able_again)
        )
        return parts

    def attention(self, world: World) -> Floats:
        """Chance of each to reconsider this week."""
        kremlin = world.kremlin
        return kremlin.attention(kremlin.perceived_risk(self.people.region, self.people.risk_class))

    def _chances(self, world: World, able: Able) -> Chances:
        believed = self._odds * able.believed[:, :-1]
        stays = 1.0 / (1.0 + believed.sum(axis=1))
        chosen = believed * stays[:, None]
        goes = chosen * able.in_fact[:, :-1]
        considered = able.considered[:, :-1]
        wished = self._odds * considered
        either = 1.0 / (1.0 + (wished + believed * ~considered).sum(axis=1))
        shut = np.flatnonzero(world.hosts.shut_to_visitors)
        kept_out = able.means[:, shut] & ~self.deciders.doors.open[:, shut]
        out = wished[:, shut] * (kept_out & self.people.foreign_passport[:, None])
        out = out.sum(axis=1) / (1.0 + wished.sum(axis=1))
        return Chances(goes, chosen - goes, out, stays - either)


# Levers on which doors and means hang, beside the programmes of which people hear (PROGRAMMES).
_DOORS = (
    "entry_ban", "entry_exemptions", "visa_free_days", "tourist_visas", "draft_papers_only",
    "capital_accepted", *ELITE_LEVERS,
)  # fmt: skip
_NEWS = 1e-3  # doors are looked at again once news of them has spread by so much


def _state_of_doors(world: World) -> bytes:
    """What doors and means hang on this week."""
    hosts, kremlin = world.hosts, world.kremlin
    levers = [getattr(hosts, name) for name in _DOORS]
    heard = [np.round(each / _NEWS) for each in hosts.heard.values()]
    knows = np.ceil(14.0 * world.parameters.news_weeks)  # by then all but a millionth
    recent = hosts.shut_to_visitors * np.minimum(world.week - hosts.shut_in_week, knows)
    return np.concatenate([*levers, *heard, recent, [kremlin.exit_ban]]).tobytes()
