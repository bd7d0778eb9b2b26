"""Who may enter where, by which door and with what status."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.chance import Chance, Floats, Integers, Words, quarter_below
from abm.elite import is_invited
from abm.hosts import PROTECTION, HostColumns
from abm.options import EVERY_HOST, Options, one_each
from abm.parameters import Parameters
from abm.people import Flags, People

CITIZEN, LONG_PERMIT, PERMIT, VISITOR, PENDING, IRREGULAR = range(6)
STATUS_NAMES = ("citizen", "long permit", "permit", "visitor", "pending", "irregular")
# Insecurity that a status has by itself, b in the model's description.
STATUS_INSECURITY = np.array([0.0, 0.1, 0.25, 0.5, 0.6, 1.0])
CITIZEN_WEEKS, LONG_PERMIT_WEEKS = 5200.0, 261.0  # a century; five years, to their last day
REAPPLY_WEEKS = 52  # those without a right to stay apply again after a year (assumption)
SECURE = (CITIZEN, LONG_PERMIT, PERMIT)
IS_SECURE = np.isin(np.arange(len(STATUS_NAMES)), SECURE)  # by status


@dataclass(frozen=True)
class Doors:
    """Of the shape of the options.

    open: may enter; believed: thinks so (news of a shut door spreads within weeks); unheard: could
    enter, had news of the door come; status and weeks: what one is on entry, and for how long;
    resettled: brought there from a border state.
    """

    open: Flags
    believed: Flags
    unheard: Flags
    status: Integers
    weeks: Floats
    resettled: Flags


@dataclass(frozen=True)
class Applicants:
    """What doors ask of some people beside their traits, each of shape (people,), and where.

    draftable: the army could call them up; family_place: where a partner is settled; place: where
    they are; settled_before: had a settlement tied to residence, and so can have no other.
    """

    people: People
    draftable: Flags
    family_place: Integers
    place: Integers
    settled_before: Flags
    options: Options = EVERY_HOST


# Grounds to enter, each of the options' shape: settlement gives a long permit, the others one.
Grounds = tuple[Flags, Flags, Flags, Flags]


def doors(
    chance: Chance, applicants: Applicants, hosts: HostColumns, parameters: Parameters, week: int
) -> Doors:
    """The doors of every host for some people.

    Grounds: descent (citizenship on entry), settlement, skill or study, work to be sought, a
    partner settled there, resettlement from a border state, protection for activists and draft
    evaders, an invitation of the elite; or a visit, without a visa or on one. Which applications
    would succeed is the person's own luck with papers, always the same.
    """
    people, o = applicants.people, applicants.options
    luck = papers(chance, people.ids, o, hosts)
    descent = o.of_person(people.descent_host) == o.host
    visit = may_visit(luck, applicants.draftable, hosts, o)
    passport, exempt = has_passport(people, hosts, o), admits_despite_ban(hosts, o)

    family = o.of_person(applicants.family_place) == o.host
    invited = is_invited(luck, people, o, hosts)

    def opened(grounds: Grounds) -> Flags:
        settlement, permit, resettled, protection = grounds
        ground = descent | family | settlement | permit | resettled
        return passport & ((ground & exempt) | protection | invited | visit)

    grounds = _grounds(applicants, luck, hosts, hosts.heard)
    settlement, permit, resettled, protection = grounds
    open = opened(grounds)
    unheard = np.zeros_like(open)
    if hosts.spreading:  # doors of which some have not heard
        unheard = opened(_grounds(applicants, luck, hosts, hosts.spreading)) & ~open
    permits = family | permit | resettled | protection | invited
    status = np.where(permits, PERMIT, VISITOR)
    status = np.where(descent, CITIZEN, np.where(settlement, LONG_PERMIT, status))
    weeks = weeks_on_entry(status, o.of_host(hosts.permit_weeks), o.of_host(hosts.visitor_weeks))
    unheard_of = _not_heard(hosts, parameters, week)
    believed = open
    if unheard_of.any():  # doors of which some have not heard that they are shut
        visa_free = o.of_host(hosts.visa_free_days > 0)
        reach = visa_free | quarter_below(luck, 2, o.of_host(hosts.visa_reach))
        news = _luck_by_host("news", chance, people.ids, o, hosts)
        believed = open | (passport & reach & quarter_below(news, 0, o.of_host(unheard_of)))
    return Doors(open, believed, unheard, status, weeks, resettled)


def has_passport(people: People, hosts: HostColumns, o: Options = EVERY_HOST) -> Flags:
    """Who holds a passport with which one may enter, of the options' shape."""
    return o.of_person(people.foreign_passport) | o.of_host(hosts.internal_passport)


def admits_despite_ban(hosts: HostColumns, o: Options = EVERY_HOST) -> Flags:
    """Where work, study and family may enter, whether visitors are banned or not, (hosts,)."""
    return o.of_host((hosts.entry_ban == 0) | (hosts.entry_exemptions > 0))


def _grounds(
    applicants: Applicants, luck: Words, hosts: HostColumns, offers: dict[str, Floats]
) -> Grounds:
    """Settlement, permit, resettlement and protection, by offers of which news must spread.

    offers: shares by lever; a lever that is left out offers nothing.
    """
    people, o = applicants.people, applicants.options

    def granted(who: Flags, quarter: int, lever: str) -> Flags:
        return _granted(who, luck, quarter, offers.get(lever), o)

    permit = granted(people.skilled, 1, "skill_visas")
    permit |= granted(people.works, 1, "job_seeker_permits")
    protection = protected(people.activist, applicants.draftable, luck, offers, o)
    settlement = granted(~applicants.settled_before, 0, "simplified_settlement")
    waits = (applicants.place >= 0) & hosts.borders_russia[applicants.place]
    resettled = granted(waits, 0, "resettlement") & o.of_host(~hosts.borders_russia)
    return settlement, permit, resettled, protection


def _granted(who: Flags, luck: Words, quarter: int, share: Floats | None, o: Options) -> Flags:
    """Who of some people gets what a share by host would, by a quarter of their luck."""
    if share is None or not share.any():
        return np.zeros(luck.shape, dtype=bool)
    return o.of_person(who) & quarter_below(luck, quarter, o.of_host(share))


def protected(
    activist: Flags, draftable: Flags, luck: Words, offers: dict[str, Floats], o: Options
) -> Flags:
    """Whom hosts protect: activists (P4a), and men whom the draft could take (P4b)."""
    activists, evaders = (offers.get(lever) for lever in PROTECTION)
    return _granted(activist, luck, 3, activists, o) | _granted(draftable, luck, 3, evaders, o)


def may_visit(luck: Words, draftable: Flags, hosts: HostColumns, o: Options) -> Flags:
    """Who may come on a visit: without a visa or on one, with draft papers where these are asked
    for (P5), unless entry is banned; luck: with papers."""
    on_visa = quarter_below(luck, 2, o.of_host(hosts.tourist_visas * hosts.visa_reach))
    papers_do = o.of_host(hosts.draft_papers_only == 0) | o.of_person(draftable)
    admitted = (o.of_host(hosts.visa_free_days > 0) | on_visa) & papers_do
    return np.asarray(admitted & o.of_host(hosts.entry_ban == 0))


def papers(chance: Chance, ids: Integers, o: Options, hosts: HostColumns) -> Words:
    """A person's luck with papers in each host, always the same; of the options' shape."""
    return _luck_by_host("papers", chance, ids, o, hosts)


def _luck_by_host(
    purpose: str, chance: Chance, ids: Integers, o: Options, hosts: HostColumns
) -> Words:
    keys = o.of_host(hosts.keys)
    if o.who is None:
        return chance.words_by_place(purpose, ids, keys)
    return chance.words_at_place(purpose, ids[o.who], keys)


def settles(chance: Chance, ids: Integers, place: Integers, hosts: HostColumns) -> Flags:
    """Who is let settle where they are, by the same luck with papers as on entry (P6)."""
    luck = papers(chance, ids, one_each(place), hosts)
    return quarter_below(luck, 0, hosts.heard["simplified_settlement"][place])


def weeks_on_entry(status: Integers, permit_weeks: Floats, visitor_weeks: Floats) -> Floats:
    """For how long one may stay with the status that a door gives, weeks."""
    stay = np.where(status == PERMIT, permit_weeks, visitor_weeks)
    stay = np.where(status == LONG_PERMIT, LONG_PERMIT_WEEKS, stay)
    return np.where(status == CITIZEN, CITIZEN_WEEKS, stay)


def _not_heard(hosts: HostColumns, parameters: Parameters, week: int) -> Floats:
    """Share who have not heard that a door was shut: exp(-weeks since / τ_n) (M5), (hosts,)."""
    since = week + 1 - hosts.shut_in_week
    unheard = np.exp(-since / max(parameters.news_weeks, 1e-9)) * hosts.shut_to_visitors
    return np.asarray(unheard if np.any(unheard > 1e-6) else np.zeros(len(hosts)))
