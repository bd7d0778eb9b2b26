"""Who may enter where, by which door and with what status."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.chance import Chance, Floats, Integers, quarter_below
from abm.hosts import HostColumns
from abm.parameters import Parameters
from abm.people import Flags, People

CITIZEN, LONG_PERMIT, PERMIT, VISITOR, PENDING, IRREGULAR = range(6)
STATUS_NAMES = ("citizen", "long permit", "permit", "visitor", "pending", "irregular")
# Insecurity that a status has by itself, b in the model's description.
STATUS_INSECURITY = np.array([0.0, 0.1, 0.25, 0.5, 0.6, 1.0])
CITIZEN_WEEKS = 5200.0
LONG_PERMIT_WEEKS = 260
REAPPLY_WEEKS = 52  # those without a right to stay apply again after a year (assumption)
SECURE = (CITIZEN, LONG_PERMIT, PERMIT)


@dataclass(frozen=True)
class Doors:
    """Shape (people, hosts).

    open: may enter; believed: thinks so (news of a shut door spreads within weeks);
    status and weeks: what one is on entry, and for how long.
    """

    open: Flags
    believed: Flags
    status: Integers
    weeks: Floats


def doors(
    chance: Chance,
    people: People,
    draftable: Flags,
    family_place: Integers,
    hosts: HostColumns,
    parameters: Parameters,
    week: int,
) -> Doors:
    """The doors of every host for some people.

    Grounds: descent (citizenship on entry), skill or study, a partner settled there (family_place),
    protection for activists and draft evaders (each a permit); or a visit, without a visa or on
    one. Which applications would succeed is the person's own luck with papers, always the same.
    """
    luck = chance.words_by_place("papers", people.ids, hosts.keys)
    rows = np.arange(len(hosts))
    draftable = draftable[:, None]
    descent = people.descent_host[:, None] == rows
    ground = (
        descent
        | (people.skilled[:, None] & quarter_below(luck, 1, hosts.skill_visas))
        | (family_place[:, None] == rows)
    )
    protection = (
        people.activist[:, None] & quarter_below(luck, 3, hosts.humanitarian_visas_activists)
    ) | (draftable & quarter_below(luck, 3, hosts.humanitarian_visas_draft))
    on_visa = quarter_below(luck, 2, hosts.tourist_visas * hosts.visa_reach)
    visit = ((hosts.visa_free_days > 0) | on_visa) & (draftable | (hosts.draft_papers_only == 0))
    passport = people.foreign_passport[:, None] | hosts.internal_passport
    banned = hosts.entry_ban > 0
    exempt = ~banned | (hosts.entry_exemptions > 0)
    open = passport & ((ground & exempt) | protection | (visit & ~banned))
    status = np.where(descent, CITIZEN, np.where(ground | protection, PERMIT, VISITOR))
    weeks = weeks_on_entry(status, hosts.permit_weeks, hosts.visitor_weeks)
    reach = (hosts.visa_free_days > 0) | quarter_below(luck, 2, hosts.visa_reach)
    believed = open | (passport & reach & _not_heard(chance, people.ids, hosts, parameters, week))
    return Doors(open, believed, status, weeks)


def weeks_on_entry(status: Integers, permit_weeks: Floats, visitor_weeks: Floats) -> Floats:
    """For how long one may stay with the status that a door gives, weeks."""
    stay = np.where(status == PERMIT, permit_weeks, visitor_weeks)
    return np.where(status == CITIZEN, CITIZEN_WEEKS, stay)


def _not_heard(
    chance: Chance, ids: Integers, hosts: HostColumns, parameters: Parameters, week: int
) -> Flags:
    """Who has not heard that a door was shut: a share exp(-weeks since / τ_n) (M5)."""
    since = week + 1 - hosts.shut_in_week
    unheard = np.exp(-since / max(parameters.news_weeks, 1e-9)) * hosts.shut_to_visitors
    if not np.any(unheard > 1e-6):
        return np.zeros((len(ids), len(hosts)), dtype=bool)
    return quarter_below(chance.words_by_place("news", ids, hosts.keys), 0, unheard)
