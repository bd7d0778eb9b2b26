"""Scenario discovery: boxes of parameter space where a claim fails, and regret over policies.

Boxes are found by PRIM (Friedman and Fisher 1999) as EMA Workbench has it (Kwakkel 2017): a box is
peeled from the side that leaves the largest share of failing points, step by step.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import pandas as pd

from abm.errors import InputError
from abm.study.worlds import Worlds

PEEL, LEAST_MASS = 0.05, 0.1  # share peeled a step; share of points that a box must keep
MOST_DIMENSIONS = 3  # a box of more parameters explains nothing
MOST_CHANCE = 0.05  # of a limit that says as much by chance (quasi-p, one-sided binomial)
ANY = 1e-9  # density that a box must have: any; zero would count all points as of interest
FEWEST = 5  # points of each kind, below which there is nothing to discover


def box(points: pd.DataFrame, fails: pd.Series) -> pd.DataFrame:
    """The box in which a claim fails: one row a limited parameter.

    points : one row a point; fails : whether the claim fails there

    Columns: parameter, low, high, chance (that the limit says as much by chance), coverage (share
    of all failing points that lie in the box), density (share of points in it that fail), mass
    (share of all points in it). Of the steps of peeling the one with the largest harmonic mean of
    coverage and density is taken, among those of at most three parameters. Empty where fewer than
    five points fail, or fewer than five do not, or no limit is told from chance.

    Raises InputError where EMA Workbench is not installed.
    """
    columns = ["parameter", "low", "high", "chance", "coverage", "density", "mass"]
    fails = fails.astype(bool)
    if min(fails.sum(), (~fails).sum()) < FEWEST:
        return pd.DataFrame(columns=columns)
    varied = points[[name for name in points if points[name].nunique() > 1]]
    found = _peeled(varied, fails)
    steps = found.peeling_trajectory
    steps = steps[(steps["res_dim"] > 0) & (steps["res_dim"] <= MOST_DIMENSIONS)]
    if steps.empty:
        return pd.DataFrame(columns=columns)
    both = steps["coverage"] * steps["density"] / (steps["coverage"] + steps["density"])
    best = int(both.idxmax())
    limits, chances, step = found.box_lims[best], found.qp[best], steps.loc[best]
    rows = [
        {
            "parameter": name,
            "low": float(limits[name].iloc[0]),
            "high": float(limits[name].iloc[1]),
            "chance": max(chances[name]),
            **{key: float(step[key]) for key in ("coverage", "density", "mass")},
        }
        for name in chances
    ]
    table = pd.DataFrame(rows, columns=columns)
    return table[table["chance"] <= MOST_CHANCE].reset_index(drop=True)


def _peeled(points: pd.DataFrame, fails: pd.Series) -> Any:
    """EMA Workbench's first box."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of engines that are not installed
            from ema_workbench.analysis import prim
    except ImportError:
        raise InputError(
            "boxes need EMA Workbench. Example: pip install 'relokant[discovery]'"
        ) from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what pandas will remove
        search = prim.Prim(
            points.reset_index(drop=True),
            fails.to_numpy(),
            threshold=ANY,
            peel_alpha=PEEL,
            mass_min=LEAST_MASS,
        )
        return search.find_box()


def regret(worlds: Worlds, policies: Mapping[str, str], goals: Mapping[str, float]) -> pd.DataFrame:
    """How much each policy falls short of the best one, at the worst parameter point.

    policies : from a name to a world; goals : from a measure to 1 (more is better) or -1

    One row a goal and policy: goal, policy, worst (largest regret over points, in the measure's
    unit), median, share_best (of points where it is the best); minimax: whether its worst is the
    least of the goal's policies.
    """
    parts = []
    for goal, sign in goals.items():
        payoff = pd.DataFrame(
            {name: sign * worlds.read(goal, world).mean(axis=1) for name, world in policies.items()}
        ).dropna()
        short = payoff.rsub(payoff.max(axis=1), axis=0)
        table = pd.DataFrame(
            {
                "worst": short.max(),
                "median": short.median(),
                "share_best": (short == 0).mean(),
            }
        )
        table["minimax"] = table["worst"] == table["worst"].min()
        table = table.rename_axis("policy").reset_index()
        table.insert(0, "goal", goal)
        parts.append(table)
    return pd.concat(parts, ignore_index=True)
