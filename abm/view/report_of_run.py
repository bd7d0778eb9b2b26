"""The report of a run or of several replicates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from abm.errors import InputError
from abm.study import readings, store
from abm.study.targets import hits, observed_stocks
from abm.study.wording import counted
from abm.view import (
    charts,
    chords,
    dated_events,
    fans,
    figures,
    maps,
    pyramids,
    stays,
    target_plot,
)
from abm.view.page import Page
from abm.view.style import WORLD, by_week, replicates

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FANNED = ("departures", "returns", "stock_abroad")


def of_run(results: store.Results) -> Page:
    """The page of one run or of several replicates."""
    outcomes, provenance = results.outcomes, results.provenance
    scenario = provenance["scenario"]
    events = dated_events.table_of(scenario["events"])
    observed = observed_stocks(results.own_targets, scenario["population"] is not None)
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
    _figure(page, "stocks", lambda: figures.stock_abroad(outcomes, events, observed))
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
    page.provenance(provenance)
    return page


def _facts_of_run(results: store.Results) -> dict[str, object]:
    outcomes, scenario = results.outcomes, results.provenance["scenario"]
    hit, judged = hits(results.targets, file=results.own_targets)
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
