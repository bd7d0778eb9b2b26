"""Host constants: a mean for each group of hosts, what predictors say, and a host's own part.

ξ of host h = mean of its group + Σ slope × predictor + own part, in util. Predictors are in
standard deviations over hosts: travel time, Russian spoken, pay, older diaspora. The mean of the
former Soviet space is fixed where the hand set it, for a shift of all ξ is a shift of the costs of
leaving and of returning. Only hosts with a figure among the targets have an own part that is
fitted; that of the others is luck, as wide as OTHERS_OWN says, so that predictions for them are
not too sure. What those of a group have in common is the group's mean, so it is taken off: together
they draw as many as with no own part.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from abm.chance import Floats
from abm.hosts_table import HOST_NAMES, host_column, host_labels
from abm.levers import BY_NAME
from abm.luck import luck_table
from abm.study.factors import Uncertainty

EU, ELSEWHERE = "host_mean.EU", "host_mean.elsewhere"
FIXED_MEAN = -2.4  # util: host_constants.csv, the value of the hosts that no figure set
SLOPES = {
    "host_slope.distance": "travel_hours",
    "host_slope.language": "russian_language_ease",
    "host_slope.pay": "wage_net_mean_usd",
    "host_slope.diaspora": "diaspora_2021",
}
LOGGED = ("wage_net_mean_usd", "diaspora_2021", "travel_hours")
WITH_FIGURES = ("Georgia", "Armenia", "Kazakhstan", "Turkey", "Finland")
OWN = "host_own."
OTHERS_OWN = 0.5  # util, standard deviation: assumed
PREFIX = "host_constant."
LIMITS = (BY_NAME["host_constant"].low, BY_NAME["host_constant"].high)


def factors() -> tuple[Uncertainty, ...]:
    """The priors, all assumed: means wide, slopes of a third of a util a standard deviation, own
    parts as wide as those that the hand needed (-1.3, 1.5 and 2.7)."""

    def normal(name: str, mean: float, spread: float) -> Uncertainty:
        low, high = mean - 2.5 * spread, mean + 2.5 * spread
        return Uncertainty(name, low, high, "normal", mean=mean, spread=spread)

    return (
        normal(EU, 0.0, 1.0),
        normal(ELSEWHERE, FIXED_MEAN, 1.0),
        *(normal(name, 0.0, 0.3) for name in SLOPES),
        *(normal(f"{OWN}{host}", 0.0, 1.5) for host in WITH_FIGURES),
    )


def constants(points: pd.DataFrame, luck: np.random.Generator | None = None) -> pd.DataFrame:
    """The host constants of points as levers: one column a host, ``host_constant.Turkey``, util.

    points : columns of `factors`, any others; a factor that is left out is at its prior's mean
    luck : draws the own part of hosts without a figure; None: they have none
    """
    prior = {each.name: float(each.mean or 0.0) for each in factors()}
    value = {name: points.get(name, mean) for name, mean in prior.items()}
    others = [host for host in HOST_NAMES if host not in WITH_FIGURES]
    own: Floats = np.zeros((len(points), len(others)))
    if luck is not None:
        own = _apart(OTHERS_OWN * luck.standard_normal(own.shape).clip(-2.5, 2.5), others)
    table = {}
    for row, host in enumerate(HOST_NAMES):
        group = mean_of(host)
        mean = FIXED_MEAN if group is None else value[group]
        slopes = sum(value[name] * predictors()[name][row] for name in SLOPES)
        part = value[f"{OWN}{host}"] if host in WITH_FIGURES else own[:, others.index(host)]
        table[PREFIX + host] = np.clip(np.round(mean + slopes + part, 6), *LIMITS)
    return pd.DataFrame(table, index=points.index)


def _apart(own: Floats, hosts: list[str]) -> Floats:
    """Own parts less what the hosts of each group have in common, by their usual shares.

    own - ln Σ share × exp(own), the sum over the group; shape (points, hosts)
    """
    groups = np.array([str(mean_of(host)) for host in hosts])
    usual = luck_table().mean(axis=0)[[HOST_NAMES.index(host) for host in hosts]]
    own = own.copy()
    for group in np.unique(groups):
        of = groups == group
        own[:, of] -= np.log(np.exp(own[:, of]) @ (usual[of] / usual[of].sum()))[:, None]
    return own


def mean_of(host: str) -> str | None:
    """The factor that is the mean of a host's group: the EU with the United States, the former
    Soviet space (None: it is fixed), and the rest."""
    row = HOST_NAMES.index(host)
    if host_labels("union")[row] == "EU" or host == "United States":
        return EU
    return None if host_labels("leaning_group")[row] == "former Soviet" else ELSEWHERE


@cache
def predictors() -> dict[str, Floats]:
    """Each predictor over hosts, in standard deviations from the mean; shape (hosts,)."""
    found = {}
    for name, field in SLOPES.items():
        column = np.log(1 + host_column(field)) if field in LOGGED else host_column(field)
        found[name] = (column - column.mean()) / column.std()
    return found
