"""The report of a results folder: one HTML page that opens without a network."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from abm.errors import InputError, OutputError
from abm.study import analysis, measures, readings, store
from abm.study.sweep_results import Sweep, load
from abm.study.targets import hits, observed_stocks
from abm.view import (
    charts,
    chords,
    dated_events,
    fans,
    figures,
    maps,
    pyramids,
    sensitivity_figures,
    stays,
    target_plot,
)  # fmt: skip
from abm.view.extras import needed
from abm.view.page import Page
from abm.view.style import WORLD, by_week, counted, replicates

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "report.html"
FANNED = ("departures", "returns", "stock_abroad")
MOST_READINGS = 60


def report(folder: str | Path, out: str | Path | None = None) -> Path:
    """Write the report of a run's or sweep's folder; its path, DIR/report.html if not said.

    Raises
    ------
    InputError : the folder holds no results, or a package is missing; OutputError : the page cannot
        be written
    """
    folder = Path(folder).expanduser()
    results = load(folder)
    for module in ("altair", "vl_convert"):
        needed(module, "abm report", "report")
    page = of_sweep(results) if isinstance(results, Sweep) else of_run(results)
    target = Path(out).expanduser() if out else folder / NAME
    _write(target, page.html())
    return target


def of_run(results: store.Results) -> Page:
    """The page of one run or of several replicates."""
    outcomes, provenance = results.outcomes, results.provenance
    scenario = provenance["scenario"]
    events = dated_events.table_of(scenario["events"])
    page = Page(scenario["title"] or scenario["name"])
    page.facts(scenario["name"], _facts_of_run(results))
    page.heading("What sources observed")
    _figure(page, "targets", lambda: target_plot.target_plot(results.targets))
    page.table(results.targets, "the targets as a table")
    page.heading("Waves")
    _figure(page, "waves", lambda: figures.departures_and_returns(outcomes, events))
    _figure(page, "returns by trigger", lambda: figures.returns_by_cause(outcomes, events))
    if replicates(outcomes) > 1:
        _figure(page, "spread of replicates", lambda: fans.fan(outcomes, FANNED, events=events))
    page.heading("Where they are")
    _figure(page, "stocks", lambda: figures.stock_abroad(outcomes, events, observed_stocks()))
    _figure(page, "map", lambda: maps.where_they_are(outcomes, _moments(outcomes)))
    page.heading("Who they are, and how long they stay")
    _people(page, results, readings.last_day(outcomes))
    page.heading("To play with")
    page.note(
        "Choose a host and an outcome; drag over dates to see all hosts in these weeks. Below, "
        "drag over months, click an occupation or a host (Shift for several), and the rest "
        "follows; a double click clears. Lines are means over replicates, bands their range."
    )
    page.chart(charts.over_time(outcomes))
    if results.moves is not None and results.emigrants is not None and len(results.moves):
        page.chart(charts.moves_by_occupation(results.moves, results.emigrants))
    page.heading("What was run")
    _provenance(page, provenance)
    return page


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
    _provenance(page, sweep.provenance())
    return page


def _facts_of_run(results: store.Results) -> dict[str, object]:
    outcomes, scenario = results.outcomes, results.provenance["scenario"]
    hit, judged = hits(results.targets)
    world = {name: by_week(outcomes, name, WORLD).mean(axis=1) for name in FANNED}
    off = ", ".join(scenario["without"]) or "none"
    return {
        "until": scenario["until"],
        "runs": f"{counted(replicates(outcomes), 'replicate')}, {scenario['scale']:,} people an "
        f"agent, seed {results.provenance['seed']}",
        "left Russia": f"{world['departures'].sum():,.0f} people",
        "came back": f"{world['returns'].sum():,.0f} people",
        "abroad at the end": f"{world['stock_abroad'].iloc[-1]:,.0f} people",
        "targets hit": f"{hit} of {judged}",
        "mechanisms off": off,
    }


def _facts_of_sweep(sweep: Sweep) -> dict[str, object]:
    status = sweep.status()
    return {
        "design": f"{sweep.study.design.method}, {counted(status['points'], 'point')}",
        "runs": f"{status['done']:,} done of {status['planned']:,} planned"
        + (f", {status['failed']} failed" if status["failed"] else ""),
        "factors": ", ".join(factor.name for factor in sweep.study.factors),
        "scenarios": ", ".join(each.name for each in sweep.study.scenarios.values()),
    }


def _people(page: Page, results: store.Results, last: date) -> None:
    """Figures that need moves and emigrants."""
    moves, emigrants = results.moves, results.emigrants
    if moves is None or emigrants is None:
        page.note("The folder keeps no moves, so nothing can be said of single people.")
        return
    _figure(page, "pyramids", lambda: pyramids.pyramids(emigrants))
    _figure(
        page,
        "time abroad",
        lambda: stays.time_abroad(readings.time_abroad(moves, emigrants, last)),
    )
    _figure(page, "moves between hosts", lambda: chords.flows_between_hosts(moves))


def _figure(page: Page, name: str, draw: Callable[[], Figure]) -> None:
    """A figure, or the reason why there is none."""
    try:
        page.figure(draw(), name)
    except (InputError, ValueError) as error:
        page.note(f"No figure of {name}: {error}.")


def _moments(outcomes: pd.DataFrame) -> list[pd.Timestamp]:
    """Four weeks that tell most: of most departures, and a quarter, half and all of the run."""
    weeks = sorted(pd.to_datetime(outcomes["date"].unique()))
    busiest: Any = by_week(outcomes, "departures", WORLD).mean(axis=1).idxmax()
    chosen = [weeks[round(share * (len(weeks) - 1))] for share in (0.05, 0.5, 1.0)]
    return sorted({*chosen, pd.Timestamp(busiest)})


def _readings(outcomes: pd.DataFrame, points: pd.DataFrame) -> list[measures.Reading]:
    """Every outcome kept, of every host in every week kept: the first sixty."""
    kept = outcomes[["outcome", "host", "date"]].drop_duplicates().head(MOST_READINGS)
    asked = [
        measures.Measure(str(row["outcome"]), str(row["host"]), pd.Timestamp(row["date"]).date())
        for _, row in kept.iterrows()
    ]
    return [measures.read(outcomes, each, points["point"].tolist()) for each in asked]


def _provenance(page: Page, provenance: dict[str, Any]) -> None:
    """What re-creates the results: plain facts, and long lists folded."""
    plain = {name: value for name, value in _flat(provenance).items() if value not in ("", None)}
    page.facts("Provenance", plain)
    scenario = provenance.get("scenario")
    if isinstance(scenario, dict):
        parameters = pd.Series(scenario["parameters"], name="value").rename_axis("parameter")
        page.table(parameters.reset_index(), "parameters")
        page.table(pd.DataFrame(scenario["events"]), "dated events")


def _flat(told: dict[str, Any], above: str = "") -> dict[str, object]:
    """Nested names joined by dots; lists in one line; what is long has tables of its own."""
    flat: dict[str, object] = {}
    for name, value in told.items():
        full = f"{above}{name}"
        if name in ("parameters", "events", "scenarios", "points"):
            continue
        if isinstance(value, dict):
            flat |= _flat(value, f"{full}.")
        elif isinstance(value, list):
            flat[full] = ", ".join(map(str, value))
        else:
            flat[full] = value
    return flat


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(6)}.partial")
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        raise OutputError(store.cannot_write(path, error)) from error
    finally:
        partial.unlink(missing_ok=True)
