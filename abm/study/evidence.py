"""The packaged posterior: parameters and host constants of each evidence scenario on returns.

`abm calibrate` writes the tables; abm/data/posterior holds them. Draw 0 is the centre; the others
are equally likely.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path

import pandas as pd

from abm import scenario as scenarios
from abm.errors import InputError, unknown
from abm.parameters import NAMES
from abm.scenario import Held, Scenario
from abm.study.target import Evidence

FOLDER = Path(__file__).resolve().parents[1] / "data" / "posterior"
EVIDENCE: tuple[Evidence, ...] = ("low", "middle", "high")
CENTRE = 0


def checked(evidence: str) -> Evidence:
    """A known evidence scenario, if its posterior is packaged; else InputError."""
    for each in EVIDENCE:
        if each == evidence:
            draws()
            return each
    raise unknown("evidence scenario", evidence, EVIDENCE, "middle")


@cache
def draws() -> pd.DataFrame:
    """evidence, draw, then one column a setting; InputError where no posterior is packaged."""
    path = FOLDER / "draws.csv"
    if not path.exists():
        raise InputError(
            "no posterior is packaged, so there is no evidence scenario to run. Fit one: abm "
            "calibrate, then --set what its draws.csv says"
        )
    return pd.read_csv(path)


def settings(evidence: Evidence, draw: int = CENTRE) -> dict[str, float]:
    """What a draw sets, by name as `abm.run(set=...)` takes it."""
    table = draws()
    row = table[(table["evidence"] == evidence) & (table["draw"] == draw)]
    if row.empty:
        most = int(table.loc[table["evidence"] == evidence, "draw"].max())
        raise InputError(f"the posterior has {most} draws, no draw {draw}. Example: {most}")
    values = row.iloc[0].drop(["evidence", "draw"]).dropna()
    return {str(name): float(value) for name, value in values.items()}


def world(
    scenario: Scenario, evidence: Evidence, draw: int = CENTRE, kept: Collection[str] = ()
) -> Scenario:
    """A resolved scenario with the settings of a draw.

    What the scenario or the user says goes before: parameters that differ from the package's (also
    because a mechanism is off), levers that are held, and the names in kept.
    """
    said = {*kept, *scenario.parameters.changed()}
    new = {
        name: value
        for name, value in settings(evidence, draw).items()
        if name not in said and not _is_held(scenario, name)
    }
    return scenarios.load(scenario, set=new, replicate=scenario.replicate)


def at_centre(scenario: Scenario, evidence: str | None, kept: Iterable[str] | None) -> Scenario:
    """As `world`, at the centre of a fit if one is asked for; kept: names set by the user."""
    if evidence is None:
        return scenario
    return world(scenario, checked(evidence), kept=tuple(kept or ()))


def numbers(evidence: Evidence, points: int | None) -> list[int]:
    """The centre, or so many draws from the first on; InputError for none or too many."""
    table = draws()
    most = int(table.loc[table["evidence"] == evidence, "draw"].max())
    if points is None:
        return [CENTRE]
    if not 1 <= points <= most:
        raise InputError(f"the posterior has 1 to {most} draws, not {points}. Example: {most}")
    return list(range(1, points + 1))


def _is_held(scenario: Scenario, name: str) -> bool:
    """Whether a lever of a host is held already, for this host or for all."""
    if name in NAMES:
        return False
    lever, _, host = name.partition(".")
    return any(held.covers(Held(lever, host or None, 0.0)) for held in scenario.held)


def told_by_data() -> dict[str, str]:
    """What the fit says of each parameter that was a candidate of it, by name.

    "calibrated: LOW to HIGH", the 90 % interval in the middle evidence scenario, where the targets
    took away at least a fifth of the prior's variance; else that they do not inform it. Empty where
    no posterior is packaged.
    """
    path = FOLDER / "factors.csv"
    if not path.exists():
        return {}
    table = pd.read_csv(path)
    middle = table[table["evidence"] == "middle"].set_index("factor")
    return {str(name): _told(row) for name, row in middle.iterrows() if name in NAMES}


def _told(row: pd.Series) -> str:
    if row["status"] == "informed":
        return f"calibrated: {row['low']:.3g} to {row['high']:.3g}"
    return "assumed: the targets do not inform it"
