"""The twin against the model: flows and stocks, by groups of hosts.

No tolerance is chosen. Means over replicates of both, each replicate with people of its own, are
compared by Welch's test, at one in a thousand over all comparisons of a test together.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import abm
from abm.hosts_table import HOST_NAMES, host_labels
from abm.study import twin

pytestmark = pytest.mark.slow

REPLICATES, SCALE, TYPES = 5, 400, 400
GROUPS = np.array(host_labels("leaning_group"))
PERIODS = ((0, 31), (31, 44), (44, 97))  # before the order, under it, after
FLOWS, STOCK = ("departures", "returns", "onward_moves"), "stock_abroad"
UNTIL = "2023-12-31"

Series = Callable[[str], np.ndarray]  # an outcome by week and host


def of_twin(replicate: int, types: int = TYPES) -> Series:
    run = twin.run(types=types, replicate=replicate, until=UNTIL)
    return lambda outcome: np.array([run.series(outcome, host) for host in HOST_NAMES]).T


def of_model(replicate: int, scale: int = SCALE) -> Series:
    run = abm.run(scale=scale, replicate=replicate, until=UNTIL)
    rows = run.outcomes[run.outcomes["outcome"].isin([*FLOWS, STOCK])]
    tables = {
        str(name): part.pivot(index="date", columns="host", values="value")[list(HOST_NAMES)]
        for name, part in rows.astype({"host": str}).groupby("outcome", observed=True)
    }
    return lambda outcome: tables[outcome].to_numpy()


def summary(series: Series) -> pd.Series:
    """Flows by period, stocks at its end, of the world and of each group of hosts."""
    values = {}
    for group in ("World", *np.unique(GROUPS)):
        chosen = np.ones(len(GROUPS), bool) if group == "World" else GROUPS == group
        for first, end in PERIODS:
            for outcome in FLOWS:
                flow = series(outcome)[first:end, chosen].sum()
                values[outcome, group, end] = flow
            values[STOCK, group, end] = series(STOCK)[end - 1, chosen].sum()
    return pd.Series(values)


@cache
def baselines() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Summaries of the twin and of the model, one row a replicate."""
    twins = pd.DataFrame([summary(of_twin(k)) for k in range(REPLICATES)])
    models = pd.DataFrame([summary(of_model(k)) for k in range(REPLICATES)])
    return twins, models


def test_flows_and_stocks_dock() -> None:
    twins, models = baselines()
    p = stats.ttest_ind(twins, models, equal_var=False).pvalue
    worst = int(np.argmin(p))
    assert p[worst] > 0.001 / len(p), f"{twins.columns[worst]}: p = {p[worst]:.2g}"


def test_more_types_and_finer_agents_come_nearer() -> None:
    """Spread over samples falls as types grow, that of the model over luck as agents get finer."""

    def departures(make: Callable[[int], Series]) -> float:
        return float(np.std([make(k)("departures").sum() for k in range(6)], ddof=1))

    few = departures(lambda k: of_twin(k, types=30))
    many = departures(lambda k: of_twin(k, types=600))
    coarse = departures(lambda k: of_model(k, scale=8000))
    fine = departures(lambda k: of_model(k, scale=500))
    critical = stats.f.ppf(0.95, 5, 5) ** 0.5
    assert few / many > critical
    assert coarse / fine > critical
