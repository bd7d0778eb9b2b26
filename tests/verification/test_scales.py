"""Means do not depend on how many people an agent stands for, within the error of the seeds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from abm.hosts_table import HOST_NAMES
from abm.model import EmigrationModel

SEEDS = {1000: 20, 300: 8, 100: 4}  # runs at each scale
FLOWS = ("departures", "returns", "onward_moves", "permit_refusals", "involuntarily_immobile")
FAR = 4.0  # standard errors; the seeds are fixed, so a test that passes once passes for ever


def finished(**settings: Any) -> EmigrationModel:
    model = EmigrationModel(**settings)
    while model.running:
        model.step()
    return model


def measured(model: EmigrationModel) -> dict[str, float]:
    """Totals of the run, and where people are at its end."""
    seen = model.observations
    found = {name: seen.series(name).sum() for name in (*FLOWS, "called_up")}
    found |= {f"stock in {host}": seen.series("stock_abroad", host)[-1] for host in HOST_NAMES}
    found |= {f"rent in {host}": seen.series("rent_index", host)[-1] for host in HOST_NAMES[:9]}
    for week in (10, 30, 33, 40):
        found[f"departures until week {week}"] = seen.series("departures")[:week].sum()
    for name in (
        "share_women", "share_higher_education", "mean_age_years", "stable_status",
        "ever_discriminated",
    ):  # fmt: skip
        found[name] = seen.series(name)[-1]
    found |= {f"hostility in {host}": seen.series("hostility", host)[-1] for host in HOST_NAMES}
    return found


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    """One row a run, indexed by scale; until before any host rations its places."""
    rows = {
        (scale, seed): measured(finished(scale=scale, seed=seed, until="2023-06-30"))
        for scale, seeds in SEEDS.items()
        for seed in range(seeds)
    }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.names = ["scale", "seed"]
    # Where hardly an agent goes, counts are far from normal: nothing to compare.
    scale = table.index.get_level_values("scale").to_numpy()
    agents = table.div(scale, axis=0).groupby(level="scale").sum().min()
    few = [host for host in HOST_NAMES if agents[f"stock in {host}"] < 10]
    return table.drop(columns=[name for name in table if name.endswith(tuple(few))])


def variance_per_scale(runs: pd.DataFrame) -> pd.Series:
    """Variance between seeds over the scale, pooled over all runs."""
    scale = runs.index.get_level_values("scale").to_numpy()
    gaps = runs - runs.groupby("scale").mean().loc[scale].to_numpy()
    return (gaps**2).div(scale, axis=0).sum() / (len(runs) - len(SEEDS))


def errors(runs: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    """Of each measure, the gaps between means at two scales, in standard errors.

    An agent's luck is its own, so the variance is in proportion to the scale; pooled over all runs.
    """
    means, pooled = runs.groupby("scale").mean(), variance_per_scale(runs)
    scales = list(SEEDS)
    for one, other in ((0, 1), (0, 2), (1, 2)):
        a, b = scales[one], scales[other]
        error = np.sqrt(pooled * (a / SEEDS[a] + b / SEEDS[b]))
        # The quota is met to the last agent: what is left is rounding to whole agents.
        error["called_up"] = np.hypot(error["called_up"], np.hypot(a, b) / np.sqrt(12))
        yield f"{a} and {b}", (means.loc[a] - means.loc[b]).abs() / error.clip(lower=1e-9)


def test_means_agree_between_scales(runs: pd.DataFrame) -> None:
    for pair, far in errors(runs):
        assert far.max() < FAR, f"scales {pair}: {far.nlargest(3).round(1).to_dict()}"


def test_most_gaps_are_small(runs: pd.DataFrame) -> None:
    """Many small gaps to one side would be a bias, too."""
    for pair, far in errors(runs):
        assert (far**2).mean() < 2.0, f"scales {pair}"


def test_the_error_is_small_enough_to_see_a_bias(runs: pd.DataFrame) -> None:
    """Two per cent of departures would be seen."""
    fine = runs["departures"].xs(100, level="scale")
    spread = np.sqrt(variance_per_scale(runs)["departures"] * 100)  # four runs alone tell little
    assert FAR * spread / np.sqrt(len(fine)) < 0.04 * fine.mean()


def test_scarce_places_admit_as_many_at_any_scale() -> None:
    """Though they be fewer than one agent stands for."""
    rationed = {"weekly_places.Kazakhstan": 400, "host_constant.Kazakhstan": 2}
    entered = {
        scale: [
            finished(scale=scale, seed=seed, until="2022-06-30", set=rationed)
            .observations.series("arrivals", "Kazakhstan")
            .sum()
            for seed in range(seeds)
        ]
        for scale, seeds in ((1000, 12), (100, 2))
    }
    coarse, fine = np.mean(entered[1000]), np.mean(entered[100])
    assert fine > 0
    assert coarse == pytest.approx(fine, rel=0.25)
