"""From a sweep to tables: which analysis suits its design, for each measure asked for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import pandas as pd

from abm.errors import InputError, unknown
from abm.study import contrasts, measures, sensitivity
from abm.study.factors import NAMED, Choice, Factor, Value
from abm.study.measures import Measure, Reading
from abm.study.study_file import Study
from abm.study.sweep_results import Sweep

BY_DESIGN = {
    "morris": "morris",
    "saltelli": "sobol",
    "one-at-a-time": "swings",
    "grid": "contrasts",
}
ANALYSES = ("morris", "sobol", "pawn", "swings", "contrasts")
ANY_DESIGN = ("pawn", "contrasts")


@dataclass(frozen=True, eq=False)
class Analysis:
    """One analysis of one measure.

    kind : morris, sobol, pawn, swings or contrasts
    table : one row a factor, or a value of one, or a pair of points
    luck_share : the part of single runs' variance that is luck; NaN below two replicates
    """

    kind: str
    reading: Reading
    table: pd.DataFrame
    luck_share: float

    @property
    def note(self) -> str:
        """What to know before trusting the table; empty where there is nothing."""
        return sensitivity.too_few(self.table) if self.kind == "pawn" else ""


def kind_for(study: Study, asked: str | None = None) -> str:
    """The analysis that suits a study's design, or the one asked for if it can be done."""
    method = study.design.method
    suited = BY_DESIGN.get(method, "pawn")
    if asked is None:
        return suited
    if asked not in ANALYSES:
        raise unknown("analysis", asked, ANALYSES, "--method pawn")
    if asked not in (suited, *ANY_DESIGN):
        needed = next(name for name, kind in BY_DESIGN.items() if kind == asked)
        raise InputError(
            f"{asked!r} needs a {needed} design, but this sweep has a {method} one. Example: "
            f"--method {suited}"
        )
    return asked


def analyse(
    sweep: Sweep,
    asked: Sequence[Measure] = (),
    kind: str | None = None,
    between: str | None = None,
) -> list[Analysis]:
    """Analyses of a sweep, also while it runs: one for each measure, by default of all outcomes.

    kind : as `kind_for`; between : a lever with two of its values, or two points, to contrast

    Raises
    ------
    InputError : an analysis that does not suit the design, a measure that was not kept, too little
        of the sweep done, SALib not installed
    """
    kind = "contrasts" if between else kind_for(sweep.study, kind)
    points, outcomes = sweep.points, sweep.outcomes
    if outcomes.empty:
        raise InputError(f"no run of {sweep.folder} is done yet. Example: abm sweep STUDY.toml")
    found = []
    for measure in asked or measures.unasked(outcomes):
        reading = measures.read(outcomes, measure, points["point"].tolist())
        table = _table(sweep.study, points, reading.values, kind, between)
        if table.empty:
            raise InputError(
                f"nothing in {sweep.folder} can be compared: fewer than two values of every factor "
                "have runs that are done. Example: abm sweep STUDY.toml"
            )
        found.append(Analysis(kind, reading, table, contrasts.luck_share(reading.values)))
    return found


def together(analyses: Sequence[Analysis]) -> pd.DataFrame:
    """The tables under one another, with first columns measure, unit and luck_share."""
    parts = []
    for each in analyses:
        part = each.table.copy()
        part.insert(0, "luck_share", each.luck_share)
        part.insert(0, "unit", each.reading.unit)
        part.insert(0, "measure", each.reading.label)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def as_choices(points: pd.DataFrame, factors: Sequence[Factor]) -> list[Choice]:
    """Factors with the values that they have in a table of points, in order."""
    choices = []
    for factor in factors:
        values = points[factor.name].dropna().unique().tolist()
        ordered = values if factor.name in NAMED else sorted(values)
        given = factor.values if isinstance(factor, Choice) else ordered
        choices.append(Choice(factor.name, tuple(v for v in given if v in values)))
    return choices


def _table(
    study: Study, points: pd.DataFrame, values: pd.DataFrame, kind: str, between: str | None
) -> pd.DataFrame:
    factors, seed = study.factors, study.seed
    if between:
        return _between(points, values, as_choices(points, factors), between)
    if kind == "morris":
        return sensitivity.morris(points, values, factors, study.design, seed)
    if kind == "sobol":
        return sensitivity.sobol(values, factors, study.design, seed)
    if kind == "pawn":
        return sensitivity.pawn(points, values, factors, seed)
    if kind == "swings":
        return contrasts.swings(points, values, factors)
    choices = as_choices(points, factors)
    return pd.concat(
        [contrasts.between(points, values, choice) for choice in choices], ignore_index=True
    )


def _between(
    points: pd.DataFrame, values: pd.DataFrame, choices: Sequence[Choice], text: str
) -> pd.DataFrame:
    """One contrast: NAME=VALUE,VALUE or point=NUMBER,NUMBER, the second against the first."""
    name, _, pair = text.partition("=")
    sides = [side.strip() for side in pair.split(",")]
    example = f"--between {_a_pair(points, values, choices, name)}"
    if len(sides) != 2 or sides[0] == sides[1]:
        raise InputError(f"{text!r} is no pair of values. Example: {example}")
    if name == "point":
        wrong = [side for side in sides if not side.isdecimal() or int(side) not in values.index]
        if wrong:
            raise InputError(f"there is no point {wrong[0]!r}; there are 0 to {len(points) - 1}")
        first, second = (int(side) for side in sides)
        told = {"factor": "point", "value": second, "against": first, "pairs": 1}
        row = values.index.get_indexer(pd.Index([first, second]))
        found = contrasts.difference(values.iloc[row[1]], values.iloc[row[0]])
        return pd.DataFrame([{**told, **found}])
    by_name = {choice.name: choice for choice in choices}
    if name not in by_name:
        raise unknown("factor of this sweep", name, by_name, example)
    known = {_shown(value): value for value in by_name[name].values}
    for side in sides:
        if side not in known:
            raise unknown(f"value of {name!r} in this sweep", side, known, example)
    low, high = (known[side] for side in sides)
    return contrasts.between(points, values, Choice(name, (low, high)))


def _a_pair(
    points: pd.DataFrame, values: pd.DataFrame, choices: Sequence[Choice], name: str
) -> str:
    """What this sweep can contrast: values of the factor of this name, if it can be, or of another;
    two points where no two differ in one factor alone."""
    for choice in sorted(choices, key=lambda each: each.name != name):
        pair = choice.values[:2]
        with suppress(InputError):
            if not contrasts.between(points, values, Choice(choice.name, pair)).empty:
                return f"{choice.name}={','.join(map(_shown, pair))}"
    return "point=0,1"


def _shown(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:g}"
