"""`make agreement`: whether a run one to one lies where runs at scale 100 do, on every outcome.

Reads two folders of `abm run`, writes results/bench/agreement.csv and prints what is far. One row
a measure: an outcome's sum (of flows) or its mean over the weeks and its last week (of all else),
for World and for each host where enough agents are. An agent's luck is its own, so the variance of
a run is in proportion to the scale: the error of the gap is s √(1/n + scale ratio), s the standard
deviation over the n runs of the coarser scale. Exits of the elite are expected values over a sample
that is as small at every scale: s √(1/n + 1).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.bench import FOLDER

FEWEST_AGENTS = 10  # on average in a host at the coarser scale; with fewer, shares jump
RATIO = 100  # agents of the finer scale for one of the coarser
SAMPLED = "elite_exits"  # outcomes over a sample of one size at every scale (abm/elite_exits.py)
KEY = ["outcome", "host", "read"]


def read(folder: Path) -> pd.DataFrame:
    """Measures of a folder's runs, one row a measure, one column a replicate."""
    table = pd.read_parquet(folder / "outcomes.parquet")
    if "replicate" not in table:
        table["replicate"] = 0
    by = ["outcome", "host", "replicate"]
    weekly = table["unit"].str.contains("a week")
    sums = table[weekly].groupby(by, observed=True)["value"].sum()
    means = table[~weekly].groupby(by, observed=True)["value"].mean()
    last = table[~weekly & (table["date"] == table["date"].max())]
    ends = last.groupby(by, observed=True)["value"].mean()
    parts = {"sum": sums, "mean": means, "end": ends}
    return pd.concat(parts, names=["read"]).reorder_levels([*KEY, "replicate"]).unstack("replicate")


def compare(fine: pd.DataFrame, coarse: pd.DataFrame) -> pd.DataFrame:
    """Each measure at both scales, the error of their gap and the gap in errors."""
    runs = coarse.shape[1]
    table = pd.DataFrame({"fine": fine.mean(axis=1), "coarse": coarse.mean(axis=1)}).dropna()
    spread = coarse.std(axis=1, ddof=1).reindex(table.index)
    sampled = table.index.get_level_values("outcome").str.startswith(SAMPLED)
    table["error"] = spread * np.sqrt(1 / runs + np.where(sampled, 1.0, 1 / RATIO))
    table["gap_in_errors"] = (table["fine"] - table["coarse"]) / table["error"]
    return table.reset_index().sort_values(KEY, ignore_index=True)


def with_enough_agents(table: pd.DataFrame, scale: int) -> pd.DataFrame:
    """World, and the hosts where at the coarser scale enough agents are at the end."""
    stock = table[(table["outcome"] == "stock_abroad") & (table["read"] == "end")]
    many = stock.loc[stock["coarse"] >= FEWEST_AGENTS * scale, "host"]
    return table[table["host"].isin([*many, "World"])].reset_index(drop=True)


def main() -> None:
    """Compare the runs of two folders."""
    fine, coarse = (read(Path(folder)) for folder in sys.argv[1:3])
    table = with_enough_agents(compare(fine, coarse), RATIO)
    path = FOLDER / "agreement.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, float_format="%.6g", lineterminator="\n")
    known = table.dropna(subset="gap_in_errors")
    known = known[known["error"] > 0]
    far = known["gap_in_errors"].abs()
    usual, limit = stats.t.ppf([0.975, 1 - 0.025 / len(known)], coarse.shape[1] - 1)
    print(f"{len(known)} measures of {known['outcome'].nunique()} outcomes; {coarse.shape[1]} runs")
    print(f"{(far < usual).mean():.1%} within {usual:.2f} errors (95 % expected)")
    print(f"the largest gap is {far.max():.2f} errors")
    print(f"beyond {limit:.2f} errors, where of all together 1 in 20 times one lies:")
    print(known[far > limit].to_string(index=False))


if __name__ == "__main__":
    main()
