"""Abductions and handovers abroad, and the fear that they spread (M27, P13, P23).

Counted for whole hosts in real people, never for a person: nobody's row is marked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import pdtr, pdtrik

from abm import equations
from abm import equations_of_hosts as host_equations
from abm.calendar import WEEKS_PER_YEAR
from abm.chance import Chance, Floats
from abm.hosts import HostColumns
from abm.hosts_table import HOST_NAMES
from abm.kremlin import Kremlin
from abm.parameters import Parameters

if TYPE_CHECKING:
    from abm.model import EmigrationModel


def abduct(model: EmigrationModel) -> Floats:
    """Activists abducted or handed over this week, people by host; fear follows their rate.

    The number is a Poisson draw keyed by host and week about activists × chance; fear rises with
    the chance itself and falls slowly, as the risk of mobilisation does.
    """
    hosts, e = model.host_columns, model.emigrants
    a_year = suggest_fear(model.scenario.parameters, hosts, model.kremlin)
    rows = e.abroad()
    rows = rows[e.activist[rows]]
    activists = model.population.scale * np.bincount(e.place[rows], minlength=len(HOST_NAMES))
    expected = activists * a_year / WEEKS_PER_YEAR
    model.observations.put_sum("abductions_expected", expected)
    drawn = poisson(expected, model.chance, model.week, hosts.keys)
    model.observations.put_sum("abductions", drawn)
    return drawn


def suggest_fear(p: Parameters, hosts: HostColumns, kremlin: Kremlin) -> Floats:
    """Let fear follow the chance of abduction a year, which is returned, (hosts,)."""
    a_year = host_equations.abductions_per_year(
        p.abductions_per_activist_year, hosts.handover_risk, hosts.protection, kremlin.abductions
    )
    target = host_equations.fear_believed(
        p.fear_of_abduction, a_year, p.fear_of_refusal, hosts.refusal, hosts.handover_risk
    )
    hosts.fear = equations.risk_next(hosts.fear, target, p.fear_decay_per_month)
    return np.asarray(a_year)


def poisson(mean: Floats, chance: Chance, week: int, keys: np.ndarray) -> Floats:
    """A Poisson draw for each host, keyed by its name and the week."""
    luck = chance.uniform("abductions", keys.view(np.int64), week)
    some = luck > pdtr(0, mean)
    drawn = np.zeros(len(mean))
    drawn[some] = np.ceil(pdtrik(luck[some], mean[some]) - 1e-9)
    return drawn
