"""The shipped studies made small: few factors, few points, two replicates, two months."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

EXPERIMENTS = Path(__file__).parents[1] / "experiments"
SHIPPED = ("one-at-a-time", "morris-screen", "sobol", "policy-grid")
SIZES = {"morris": 3, "saltelli": 4}
FACTORS = {"one-at-a-time": 5, "morris": 3, "saltelli": 3, "grid": 4}


def shipped(name: str) -> dict[str, Any]:
    """A study of `experiments/` as its file has it."""
    return tomllib.loads((EXPERIMENTS / f"{name}.toml").read_text("utf-8"))


def small(name: str) -> dict[str, Any]:
    """The same study in small; its levers keep their two outer values."""
    table = shipped(name)
    method = table["design"]["method"]
    table |= {"scale": 10_000, "until": "2022-04-14", "replicates": 2}
    if method in SIZES:
        table["design"]["size"] = SIZES[method]
    some = list(table.get("uncertainties", {}).items())[: FACTORS[method]]
    table["uncertainties"] = dict(some)
    table["levers"] = {k: [v[0], v[-1]] for k, v in table.get("levers", {}).items()}
    return table
