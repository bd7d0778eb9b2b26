"""Small studies for tests: seconds, not minutes; and what is compared of their tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from abm.study import parts, study_file, sweep_store
from abm.study.plan import Plan
from abm.study.sweep_results import Sweep

HERE = Path(__file__).parent / "studies"
GRID = HERE / "small-grid.toml"
SMALL: dict[str, Any] = {
    "name": "small",
    "scale": 10_000,
    "until": "2022-03-31",
    "levers": {"renewal_strictness.Turkey": [0.2, 0.8]},
    "design": {"method": "grid"},
    "replicates": 2,
    "chunk": 1,
    "keep": {"outcomes": ["departures", "departures.total"], "hosts": ["World", "Turkey"]},
}


def small(**changes: Any) -> dict[str, Any]:
    """A study of four runs, with changes; None leaves a key out."""
    table = {**SMALL, **changes}
    return {key: value for key, value in table.items() if value is not None}


def plan(**changes: Any) -> Plan:
    """The plan of such a study."""
    return sweep_store.planned(study_file.read(small(**changes)))


def tables(sweep: Sweep) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The runs and outcomes without what differs each time."""
    return sweep.runs.drop(columns=list(parts.VARYING)), sweep.outcomes


def assert_same(one: Sweep, other: Sweep) -> None:
    """Equal tables, row by row."""
    for mine, its in zip(tables(one), tables(other), strict=True):
        pd.testing.assert_frame_equal(mine, its)
