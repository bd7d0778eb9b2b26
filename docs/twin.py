"""Tables and figures of the twin's pages: `make twin`, or `python docs/twin.py TABLES FIGURES`.

How near the twin comes to the model (docking), what the targets tell of the parameters, and what
one more figure would. Some ten minutes; into results/twin and docs/figures if not said otherwise.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

import abm
from abm.hosts_table import HOST_NAMES, host_labels
from abm.parameters import Parameters
from abm.study import identify, twin
from abm.study.observables import CONCLUSIONS, observables, sds
from abm.study.twin_points import quantities_at
from abm.view import identify_figures

HOME = Path(__file__).parents[1]
TWINS, TYPES = 4, 600  # samples of households, and of how many, for the docking
RUNS, SCALE = 6, 200  # of the model
POINT_TYPES = 150  # households at each point of the derivatives
GROUPS = np.array(host_labels("leaning_group"))
PERIODS = {"before the order": (0, 31), "under it": (31, 44), "2023": (44, 97), "2024": (97, 149)}
FLOWS, STOCK = ("departures", "returns", "onward_moves"), "stock_abroad"


def docking() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The table, and the outcomes of the twin and of the model by replicate."""
    twins = [twin.run(types=TYPES, replicate=k).outcomes for k in tqdm(range(TWINS), "twin")]
    runs = [abm.run(scale=SCALE, replicate=k).outcomes for k in tqdm(range(RUNS), "model")]
    a, b = (pd.DataFrame([_summary(each) for each in found]) for found in (twins, runs))
    table = pd.DataFrame(
        {
            "twin": a.mean(),
            "twin_se": a.std() / len(a) ** 0.5,
            "model": b.mean(),
            "model_se": b.std() / len(b) ** 0.5,
        }
    )
    difference = table["twin"] - table["model"]
    table["difference_percent"] = 100 * difference / table["model"]
    table["z"] = difference / np.hypot(table["twin_se"], table["model_se"])
    table = table.rename_axis(["outcome", "hosts", "until_week"]).reset_index()
    return table, _by_replicate(twins), _by_replicate(runs)


def _by_replicate(found: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([each.assign(replicate=k) for k, each in enumerate(found)])


def _summary(outcomes: pd.DataFrame) -> pd.Series:
    """Flows by period and stocks at its end, of the world and of each group of hosts."""
    values = {}
    for outcome in (*FLOWS, STOCK):
        rows = outcomes[outcomes["outcome"] == outcome].astype({"host": str})
        series = rows.pivot(index="date", columns="host", values="value")[list(HOST_NAMES)]
        for group in ("World", *np.unique(GROUPS)):
            chosen = np.ones(len(GROUPS), bool) if group == "World" else GROUPS == group
            by_week = series.to_numpy()[:, chosen].sum(axis=1)
            for first, end in PERIODS.values():
                value = by_week[end - 1] if outcome == STOCK else by_week[first:end].sum()
                values[outcome, group, end] = value
    return pd.Series(values)


def derivatives() -> tuple[pd.DataFrame, pd.Series]:
    """Of targets, further figures and conclusions by the parameters marked for calibration; and
    all of these at the default values."""
    factors = identify.calibrated()
    at = {each.name: getattr(Parameters(), each.name) for each in factors}
    with tqdm(desc="points", total=1 + 2 * len(factors)) as bar:

        def simulate(points: pd.DataFrame) -> pd.DataFrame:
            def report(done: int, of: int) -> None:
                bar.update()

            return quantities_at(points, progress=report, types=POINT_TYPES)

        table = identify.jacobian(simulate, factors, at)
        return table, simulate(pd.DataFrame([at])).iloc[0]


def make(tables: Path, figures: Path) -> None:
    """Every table and figure."""
    for folder in (tables, figures):
        folder.mkdir(parents=True, exist_ok=True)
    table, at = derivatives()
    bound = identify.deviations("middle")
    known = identify.information(table.reindex(bound.index), bound)
    further = [each.id for each in observables()]
    told = table.loc[[each.what for each in CONCLUSIONS]]
    worth = identify.value_of_information(known, table.loc[further], sds(at), told)
    docked, of_twin, of_model = docking()
    written = {
        "jacobian": table.rename_axis("quantity").reset_index(),
        "directions": known.directions.reset_index(),
        "parameters": known.parameters.reset_index(),
        "trade-offs": known.trade_offs,
        "worth": worth,
        "docking": docked,
    }
    for name, each in written.items():
        each.to_csv(tables / f"{name}.csv", index=False, float_format="%.5g", lineterminator="\n")
    for name, figure in {
        "directions": identify_figures.directions(known),
        "worth": identify_figures.worth(worth),
        "docking": identify_figures.docking(of_twin, of_model),
    }.items():
        figure.savefig(figures / f"twin-{name}.png", dpi=110)


if __name__ == "__main__":
    given = [Path(each) for each in sys.argv[1:]]
    make(*(given or (HOME / "results" / "twin", HOME / "docs" / "figures")))
