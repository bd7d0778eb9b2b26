"""The luck of departure: when each place arrives in the race of who reconsiders at home.

Russia arrives at E_home, host j at E_j exp(u_home - v_j), E ~ Exp(1). Give host j a fixed weight
w_j, Σ w = 1: the E_j / w_j are the first arrivals, host by host, of a stream of arrivals at the
rate 1, each of host j with chance w_j. Let M be the first arrival of all and r = M / E_home. Then

- u = r / (1 + r) is uniform, and given u, E_home is Gamma(2) / (1 + r) = Gamma(2) (1 - u);
- a person can leave for host j only if E_j / (w_j E_home) < e^Δ_j, Δ_j = v_j - u_home - ln w_j, and
  for no host at all unless r < e^Δ, Δ the largest of them;
- later arrivals follow the first by gaps of Exp(1). So the hosts can be brought one by one, and no
  further than any could still win. After ROUNDS of them each of the rest has Exp(1) / w_j to go.

Weights near the hosts' usual shares make the bound tight. They belong to the table of hosts and
never change with a scenario; hosts are told apart by name.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from abm import equations
from abm.best_offers import SKILLED, VISITS, consumption_gain, worth_by_host
from abm.chance import Chance, Floats, Integers, Words, halves, name_keys
from abm.hosts import HostColumns
from abm.hosts_table import HOST_NAMES
from abm.ladder import Ladder
from abm.options import EVERY_HOST, Options
from abm.parameters import Parameters
from abm.people import People

ROUNDS = 12  # so many that few people need more
EQUAL_SHARE = 0.1  # of the weights of luck, so that no host is out of reach
_PURPOSES = tuple(f"luck {number}" for number in range(ROUNDS))
_32 = np.uint64(32)


def luck_at_home(
    chance: Chance,
    ids: Integers,
    week: Integers | int,
    u: Floats,
    places: Words,
    weights: Floats,
) -> Floats:
    """Luck E of every option given u, shape (people, hosts + 1), Russia last.

    places: keys of the hosts' names; weights: w, shape (people, hosts).
    """
    order, upper = edges_by_key(weights, places)
    home = luck_of_russia(chance, ids, week, u)
    pick, gap = arrivals(chance, ids, week, ROUNDS)
    host = order[np.count_nonzero(upper <= pick[:, :, None], axis=2)]
    time = times(u / (1.0 - u) * home, gap)
    first = np.full(weights.shape, np.inf)  # first arrivals
    place = np.arange(len(ids)) * len(places) + host
    np.minimum.at(first.reshape(-1), place.ravel(), time[:-1].ravel())
    rest = luck_of_the_rest(chance, ids, week, time[-1] - gap[-1], places, weights)
    luck = np.empty((len(ids), len(places) + 1))
    luck[:, :-1] = np.where(np.isinf(first), rest, weights * first)
    luck[:, -1] = home
    return luck


def luck_of_the_rest(
    chance: Chance,
    ids: Integers,
    week: Integers | int,
    last: Floats,
    places: Words,
    weights: Floats,
) -> Floats:
    """Luck of hosts that are not among the first arrivals, (people, hosts); last: when these end.

    After them each has Exp(1) / w_j to go.
    """
    to_go = chance.exponential_by_place("luck", ids, week, places) / weights
    return weights * (to_go + last[:, None])


def luck_of_russia(chance: Chance, ids: Integers, week: Integers | int, u: Floats) -> Floats:
    """E_home given u: Gamma(2) (1 - u)."""
    first, second = halves(chance.words("luck sum", ids, week))
    return -np.log(first * second) * (1.0 - u)


def arrivals(
    chance: Chance, ids: Integers, week: Integers | int, until: int, since: int = 0
) -> tuple[Integers, Floats]:
    """What draws the hosts of some arrivals, 0 to 2**32 - 1, and Exp(1), the gaps to the next ones.

    The arrivals from `since` on and before `until`, shape (arrivals, people).
    """
    words = chance.words_by_purpose(_PURPOSES[since:until], ids, week)
    return (words >> _32).astype(np.int64), -np.log(halves(words)[1])


def times(first: Floats, gap: Floats) -> Floats:
    """When arrivals come, from the first one on to the one after the last gap."""
    return np.cumsum(np.concatenate([first[None, :], gap]), axis=0)


# --- by weight -----------------------------------------------------------------------------------


def edges_by_key(weights: Floats, places: Words) -> tuple[Integers, Integers]:
    """Hosts in order of their keys, (hosts,), and where the share of each ends, of 2**32.

    weights: shape (rows, hosts), as the second result.
    """
    order = np.argsort(places)
    upper = np.cumsum(weights[:, order], axis=1)
    return order, np.floor(upper / upper[:, -1:] * 2.0**32).astype(np.int64)


def hosts_drawn(pick: Integers, row: Integers) -> Integers:
    """The hosts that some draws bring, by the rows of people's weights."""
    order, ladder = ladder_of_table()
    return order[ladder.step(pick + (row << 32)) - row * len(order)]


@cache
def ladder_of_table() -> tuple[Integers, Ladder]:
    """The ladder of the packaged weights, the rows one after the other."""
    order, upper = edges_by_key(luck_table(), name_keys(HOST_NAMES))
    return order, Ladder((upper + (np.arange(len(upper)) << 32)[:, None]).ravel())


@cache
def luck_weights() -> Floats:
    """Weight w of each host in the luck of departure, shape (livelihoods, leanings, hosts).

    The hosts' shares by default parameters before the war, mixed with equal ones. They set how
    luck is laid out, so they must not follow a scenario.
    """
    p = Parameters()
    hosts = HostColumns(p)
    spent = np.median(consumption_gain(p, hosts, 1.0), axis=3)[:, :, :, None, :]
    worth = worth_by_host(p, hosts)[:, None, :, :, :]
    share = equations.logit_probabilities(worth + spent)[:, :, [VISITS, SKILLED]].mean(axis=(1, 2))
    return EQUAL_SHARE / share.shape[-1] + (1.0 - EQUAL_SHARE) * share


@cache
def luck_table() -> Floats:
    """Weights of the hosts in the luck of departure, one row a livelihood and leaning."""
    return luck_weights().reshape(-1, len(HOST_NAMES))


def luck_row(people: People) -> Integers:
    """The row of each person's weights."""
    g, groups = people.group, people.groups
    return groups.livelihood[g] * luck_weights().shape[1] + groups.leaning[g]


def luck_weights_of(people: People, o: Options = EVERY_HOST) -> Floats:
    """Weights of the hosts in some people's luck of departure, of the options' shape."""
    return luck_table()[o.of_person(luck_row(people)), o.host]
