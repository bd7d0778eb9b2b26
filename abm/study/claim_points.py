"""Parameter points for the claims: those of the priors that survive the plainest facts.

A point survives if the baseline has so many departures by July 2023 as the sources could mean, and
so many returned by spring 2024 as one of the evidence scenarios says. Points are then taken in turn
from the low, the middle and the high, so that each has as many as there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from abm.errors import InputError
from abm.study.evidence import EVIDENCE
from abm.study.sweep_results import Sweep

LEFT_BY, LEFT = "2023-07-28", (0.5e6, 1.6e6)  # T5 and T6 with half and twice for what they count
RETURNED_BY = "2024-03-31"
RETURNED = {"low": (0.10, 0.215), "middle": (0.215, 0.355), "high": (0.355, 0.50)}  # 15, 28, 43 %
FACTS = ["left", "returned", "evidence"]


def survivors(sweep: Sweep) -> pd.DataFrame:
    """Points of a sweep of the baseline that survive: parameters, left, returned, evidence."""
    left = sweep.values("departures.total", date=LEFT_BY).set_index("point")["value"]
    last = {
        name: sweep.values(f"{name}.total", date=RETURNED_BY).groupby("point")["value"].mean()
        for name in ("departures", "returns")
    }
    table = sweep.points.set_index("point")
    left = left.groupby("point").mean()
    returned = last["returns"] / last["departures"]
    table = table.assign(left=left, returned=returned, evidence=returned.map(_evidence))
    return table[table["left"].between(*LEFT) & table["evidence"].notna()]


def _evidence(share: float) -> str | None:
    """The evidence scenario to which a share returned belongs."""
    return next((name for name, (low, high) in RETURNED.items() if low <= share < high), None)


def in_turn(survived: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Survivors of several sweeps in one table: low, middle, high, low, and so on, while any is
    left."""
    table = pd.concat(survived, ignore_index=True)
    turn = table.groupby("evidence").cumcount()
    rank = table["evidence"].map({name: k for k, name in enumerate(EVIDENCE)})
    order = pd.DataFrame({"turn": turn, "rank": rank}).sort_values(["turn", "rank"]).index
    return table.loc[order].reset_index(drop=True)


def write(table: pd.DataFrame, folder: Path) -> None:
    """Write points.csv (parameters alone, for a design) and evidence.csv (what they are like)."""
    parameters = table.drop(columns=FACTS)
    parameters.to_csv(folder / "points.csv", index=False, lineterminator="\n")
    facts = table[FACTS].round({"left": 0, "returned": 4}).rename_axis(index="point")
    facts.to_csv(folder / "evidence.csv", lineterminator="\n")


def read_evidence(folder: Path) -> pd.Series:
    """The evidence scenario of each point, by its number; InputError where the file is missing."""
    try:
        table = pd.read_csv(folder / "evidence.csv", index_col="point")
        return table["evidence"]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"cannot read {folder / 'evidence.csv'}: {error}. Example: experiments/claims"
        ) from None
