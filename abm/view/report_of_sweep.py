"""The report of a sweep, also while it runs."""

from __future__ import annotations

import pandas as pd

from abm.errors import InputError
from abm.study import analysis, measures
from abm.study.sweep_results import Sweep
from abm.study.wording import counted
from abm.view import charts, sensitivity_figures
from abm.view.page import Page

MOST_READINGS = 60


def of_sweep(sweep: Sweep) -> Page:
    """The page of a sweep, also while it runs."""
    study, points, outcomes = sweep.study, sweep.points, sweep.outcomes
    page = Page(study.title)
    page.facts(study.name, {**_facts_of_sweep(sweep), "folder": sweep.folder})
    if outcomes.empty:
        page.note("No run is done yet, so there is nothing to show.")
        return page
    page.heading("What moves the outcomes")
    found: list[analysis.Analysis] = []
    try:
        found = analysis.analyse(sweep)
    except InputError as error:
        page.note(str(error))
    for note in dict.fromkeys(each.note for each in found if each.note):
        page.note(note)
    for each in found:
        for name, figure in sensitivity_figures.of(each, points, study.factors):
            page.figure(figure, f"{name}, {each.reading.label}")
        page.table(each.table, f"{each.kind} of {each.reading.label}, as a table")
    page.heading("To play with")
    page.note(
        "Each panel is a factor, each dot a point of the sweep (mean over replicates). Drag in one "
        "or several panels to mark the points that lie in all of them."
    )
    page.chart(charts.over_points(points, _readings(outcomes, points)))
    page.heading("Points and runs")
    page.table(points, f"{counted(len(points), 'point')}")
    failed = sweep.runs.query("status != 'done'")
    if len(failed):
        page.table(failed[["run", "point", "replicate", "status", "error"]], "runs that failed")
    page.heading("What was run")
    page.provenance(sweep.provenance())
    return page


def _facts_of_sweep(sweep: Sweep) -> dict[str, object]:
    status = sweep.status()
    return {
        "design": f"{sweep.study.design.method}, {counted(status['points'], 'point')}",
        "runs": f"{status['done']:,} done of {status['planned']:,} planned"
        + (f", {status['failed']} failed" if status["failed"] else ""),
        "factors": ", ".join(factor.name for factor in sweep.study.factors),
        "scenarios": ", ".join(each.name for each in sweep.study.scenarios.values()),
    }


def _readings(outcomes: pd.DataFrame, points: pd.DataFrame) -> list[measures.Reading]:
    """Every outcome kept, of every host in every week kept with a value: the first sixty.

    A target that is counted after the runs end has none.
    """
    known = outcomes[outcomes["value"].notna()]
    kept = known[["outcome", "host", "date"]].drop_duplicates().head(MOST_READINGS)
    asked = [
        measures.Measure(str(row["outcome"]), str(row["host"]), pd.Timestamp(row["date"]).date())
        for _, row in kept.iterrows()
    ]
    return [measures.read(outcomes, each, points["point"].tolist()) for each in asked]
