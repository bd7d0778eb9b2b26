"""What a fit predicts of figures that came later, beside baselines that knew no more.

Only targets that were known by the fit's day were fitted; those known later are predicted, so none
is used twice. Each evidence scenario is scored on the shares of returnees that are its own.
"""

from __future__ import annotations

from datetime import date
from functools import partial

import pandas as pd

from abm import scenario as scenarios
from abm.scenario import Scenario
from abm.study import facts
from abm.study.evidence import EVIDENCE
from abm.study.facts import Fact
from abm.study.progress import Progress
from abm.study.target import Evidence, Target
from abm.study.targets import TARGETS
from abm.study.validate import Validation, of_scenarios

DRAWS = 20


def later(known_by: date, until: date, evidence: Evidence) -> list[Fact]:
    """The figures known after a day and by another, as facts; inputs and what is shown left out."""
    return [
        facts.of_target(each)
        for each in TARGETS
        if known_by < each.known_on <= until and _is_figure(each, evidence)
    ]


def earlier(known_by: date, evidence: Evidence) -> list[Fact]:
    """The figures known by a day: all that persistence may go by."""
    return [
        facts.of_target(each)
        for each in TARGETS
        if each.known_on <= known_by and each.value is not None and _is_figure(each, evidence)
    ]


def predict(
    base: Scenario,
    draws: pd.DataFrame,
    known_by: date,
    *,
    points: int = DRAWS,
    progress: Progress | None = None,
) -> dict[str, Validation]:
    """Later figures beside runs at draws of each evidence scenario's posterior, and baselines.

    base : the fitted scenario before any draw is set, to its last day
    draws : evidence, draw, then one column a setting, as a calibration leaves them
    points : draws of each, one run at each, of other luck

    Empty where nothing came later.
    """
    found: dict[str, Validation] = {}
    for number, evidence in enumerate(EVIDENCE):
        to_come = later(known_by, base.until, evidence)
        chosen = draws[(draws["evidence"] == evidence) & (draws["draw"] > 0)].head(points)
        if not to_come or chosen.empty:
            continue
        worlds = [
            scenarios.load(base, set={str(k): float(v) for k, v in row.items()})
            for row in chosen.drop(columns=["evidence", "draw"]).to_dict("records")
        ]
        known = earlier(known_by, evidence)
        report = None if progress is None else partial(_report, progress, number)
        found[evidence] = of_scenarios(to_come, worlds, len(worlds), known=known, progress=report)
    return found


def _report(progress: Progress, before: int, done: int, of: int) -> None:
    """Progress of one evidence scenario as progress of all."""
    progress(before * of + done, len(EVIDENCE) * of)


def joined(found: dict[str, Validation]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables and the scores of all evidence scenarios, with a first column evidence."""
    tables = [each.table.assign(evidence=name) for name, each in found.items()]
    scores = [each.scores.assign(evidence=name) for name, each in found.items()]
    return _first(pd.concat(tables, ignore_index=True)), _first(
        pd.concat(scores, ignore_index=True)
    )


def _first(table: pd.DataFrame) -> pd.DataFrame:
    return table[["evidence", *(name for name in table if name != "evidence")]]


def _is_figure(target: Target, evidence: Evidence) -> bool:
    observed = target.status not in ("input", "shown", "not covered")
    return observed and target.evidence in (None, evidence)
