"""Russia's elite (A6, M29): what its members would gain and lose by leaving, and who lets them in.

An attribute of ordinary people: whoever is none of the elite gains and loses nothing here.
"""

from __future__ import annotations

import numpy as np

from abm.chance import Floats, Integers, Words, quarter_below
from abm.composition import ELITES
from abm.emigrants import HOME, NOWHERE
from abm.equations import Number
from abm.hosts import HostColumns
from abm.options import EVERY_HOST, Options
from abm.parameters import Parameters
from abm.people import Flags, People

SILOVIK, MANAGER, INVESTOR = (ELITES.index(name) for name in ELITES[1:])
# Kin left behind as hostages: a partner in Russia; parents and siblings alone; a partner abroad.
PARTNER_LEFT, KIN_LEFT, NOBODY_LEFT = 1.0, 0.5, 0.0
FORTUNE_FROM_USD = np.array([np.nan, 1e6, 1e6, 30e6])  # the least of each kind
FORTUNE_TO_USD = np.array([np.nan, 30e6, 30e6, np.inf])  # only investors own more: Knight Frank


# --- equations -----------------------------------------------------------------------------------


def worth_at_home(rents: Number, elite: Number) -> Number:
    """Career and rents kept at home: β_k, of the elite alone."""
    return rents * elite


def worth_abroad(
    capital_weight: Number,
    capital_kept: Number,
    security_weight: Number,
    sanctuary: Number,
    post_weight: Number,
    offers: Number,
) -> Number:
    """What a host offers its elite: β_c capital kept + β_g sanctuary + β_p offers."""
    return capital_weight * capital_kept + security_weight * sanctuary + post_weight * offers


def weight_of_hostages(weight: Number, kin_left: Number) -> Number:
    """Utility abroad lost to kin whom the state can hold hostage: -β_x k, k from 0 to 1."""
    return -weight * kin_left


def comes_along(chance: Number, rents_lost: Number) -> Number:
    """Chance to come along with a partner, of who would lose rents by it: p_j exp(-rents)."""
    return chance * np.exp(-rents_lost)


def fortune_usd(least: Number, most: Number, tail: Number, luck: Number) -> Number:
    """A fortune in USD, Pareto from `least`, truncated at `most`; luck uniform in (0, 1).

    W = least (1 - luck (1 - (least / most)^α_w))^(-1/α_w).
    """
    return least * (1.0 - luck * (1.0 - (least / most) ** tail)) ** (-1.0 / tail)


# --- by kind -------------------------------------------------------------------------------------


def offers_by_kind(hosts: HostColumns, p: Parameters) -> Floats:
    """What every host is worth to each kind before kin count, shape (kinds, hosts)."""
    own = np.stack([hosts.elite_service, *[hosts.elite_posts + hosts.elite_payments] * 2])
    worth = np.zeros((len(ELITES), len(hosts)))
    worth[SILOVIK:] = worth_abroad(
        p.elite_capital,
        hosts.elite_capital_kept,
        p.elite_security,
        hosts.elite_sanctuary,
        p.elite_post,
        own,
    )
    return worth


def invited_by_kind(hosts: HostColumns) -> Floats:
    """Share of each kind whom every host lets in as elite, shape (kinds, hosts).

    Sanctuary is a ground for all; an integration service for siloviki, posts for the others.
    """
    own = np.stack([hosts.elite_service, hosts.elite_posts, hosts.elite_posts])
    share = np.zeros((len(ELITES), len(hosts)))
    share[SILOVIK:] = np.maximum(hosts.elite_sanctuary, own)
    return share


# --- of people -----------------------------------------------------------------------------------


def elite_worth(
    people: People,
    place: Integers,
    partner_place: Integers,
    hosts: HostColumns,
    p: Parameters,
    o: Options = EVERY_HOST,
) -> tuple[Floats | float, Floats | float]:
    """M29: what being of the elite adds in the hosts, by option, and at home, (people,).

    Career and rents are of those at home, so they do not call anybody back.
    """
    elite = people.elite > 0
    if not elite.any():
        return 0.0, 0.0
    hostages = weight_of_hostages(p.elite_hostage, kin_left(partner_place))
    offers = offers_by_kind(hosts, p)[o.of_person(people.elite), o.host]
    abroad = np.where(o.of_person(elite), offers + o.of_person(hostages), 0.0)
    return abroad, worth_at_home(p.elite_rents, (people.elite > 0) & (place == HOME))


def kin_left(partner_place: Integers) -> Floats:
    """Kin left behind, 0 to 1, by where the partner is: a host's row, or who has none (NOWHERE)."""
    single = np.where(partner_place == NOWHERE, KIN_LEFT, PARTNER_LEFT)
    return np.where(partner_place >= 0, NOBODY_LEFT, single)


def is_invited(luck: Words, people: People, o: Options, hosts: HostColumns) -> Flags:
    """Whom hosts let in as elite, of the options' shape or broadcasting; luck: with papers."""
    if not hosts.court_elite:  # as in most worlds, and then nobody's kind matters
        return np.zeros((1,) * luck.ndim, dtype=bool)
    return quarter_below(luck, 3, invited_by_kind(hosts)[o.of_person(people.elite), o.host])


def elite_fortune_usd(people: People, p: Parameters) -> Floats:
    """What each owns as one of the elite, USD; NaN for everybody else."""
    least, most = FORTUNE_FROM_USD[people.elite], FORTUNE_TO_USD[people.elite]
    return np.asarray(fortune_usd(least, most, p.wealth_tail, people.fortune_luck))
