"""On PYTHONPATH while examples of the documentation run: whatever they ask for is made small.

Scale, horizon, replicates and designs are cut where the package reads them; all else is as typed.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from abm import scenario
from abm.study import runner, study_file
from abm.study.results import Replicates

SCALE = 10_000
UNTIL = date(2024, 12, 31)
REPLICATES, VALUES, LEVERS, UNCERTAINTIES = 2, 2, 2, 3
SIZES = {"morris": 3, "saltelli": 4}
SIZE = 10  # the least for PAWN

load, read, replicate = scenario.load, study_file.read, runner.replicate


def small_scenario(asked: Any = "war-years", **changes: Any) -> scenario.Scenario:
    """`scenario.load`, few agents and soon at its end."""
    found = load(asked, **changes)
    if found.population is None:  # each community of one's own people needs its agents
        changes["scale"] = max(SCALE, found.scale)
    changes["until"] = min(found.until, UNTIL)
    return load(asked, **changes)


def small_study(source: str | Path | Mapping[str, Any]) -> study_file.Study:
    """`study_file.read`, a few points and replicates."""
    if isinstance(source, Mapping):
        return read(source)
    found = read(source)  # what is wrong is told as ever
    path = Path(source)
    table = tomllib.loads(path.read_text("utf-8"))
    table["replicates"] = min(REPLICATES, found.replicates)
    table["uncertainties"] = dict(list(table.get("uncertainties", {}).items())[:UNCERTAINTIES])
    if "size" in table["design"]:
        table["design"]["size"] = SIZES.get(table["design"]["method"], SIZE)
    table["levers"] = dict(list(_few(table.get("levers", {})).items())[:LEVERS])
    if "stop" in table:
        table["stop"]["at_most"] = REPLICATES + 1
    return study_file._study(table, path.stem, path.parent)


def _few(values: Any) -> Any:
    """The first of a lever's values, in tables within tables."""
    if isinstance(values, dict):
        return {name: _few(inner) for name, inner in values.items()}
    return values[:VALUES]


def few_replicates(asked: Any = "war-years", n: int = REPLICATES, **changes: Any) -> Replicates:
    """`runner.replicate`, twice at most."""
    return replicate(asked, min(n, REPLICATES), **changes)


COUNTS = ("--replicates", "--pairs")
for at, option in enumerate(sys.argv[:-1]):
    if option in COUNTS and sys.argv[at + 1].isdecimal():
        sys.argv[at + 1] = str(min(int(sys.argv[at + 1]), REPLICATES))
scenario.load, study_file.read, runner.replicate = small_scenario, small_study, few_replicates
