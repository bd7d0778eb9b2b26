"""Draws the figures of docs/gallery.md from runs that it makes in build/gallery: `make gallery`.

What is there already is not run again. Some ten minutes; figures go to results/gallery, or to
another folder: `python docs/gallery.py FOLDER`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

import abm
from abm.cli import main
from abm.study import readings
from abm.study.options_by_week import options_by_week
from abm.study.targets import observed_stocks
from abm.view import (
    attribution_figures,
    chords,
    dated_events,
    fans,
    figures,
    maps,
    options_over_time,
    pyramids,
    stays,
    target_plot,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HOME = Path(__file__).parents[1]
RUNS = HOME / "build" / "gallery"
COMMANDS = {
    "run": ["run", "war-years", "--replicates", "12"],
    "pair": ["compare", "war-years", "lenient-renewal", "--scale", "300"],
    "attribution": [
        "attribute",
        "war-years",
        "--scale",
        "3000",
        "--pairs",
        "6",
        "--replicates",
        "2",
    ],
}
WEEKS = ["2022-03-10", "2022-09-22", "2023-06-29", "2024-12-26"]
PERSON_SCALE = 200


def make_runs() -> None:
    """The folders that the figures are drawn from, those that are missing."""
    for name, command in COMMANDS.items():
        if not (RUNS / name).exists() and main([*command, "--out", str(RUNS / name), "--quiet"]):
            raise SystemExit(1)


def of_a_run() -> dict[str, Callable[[], Figure]]:
    """Figures of the war years."""
    results = abm.load(RUNS / "run")
    outcomes, moves, emigrants = results.outcomes, results.moves, results.emigrants
    events = dated_events.table_of(results.provenance["scenario"]["events"])
    last = readings.last_day(outcomes)
    return {
        "waves": lambda: figures.departures_and_returns(outcomes, events),
        "stocks": lambda: figures.stock_abroad(outcomes, events, observed_stocks()),
        "returns-by-cause": lambda: figures.returns_by_cause(outcomes, events),
        "map": lambda: maps.where_they_are(outcomes, WEEKS),
        "fan": lambda: fans.fan(outcomes, ("departures", "returns", "stock_abroad"), events=events),
        "targets": lambda: target_plot.target_plot(results.targets),
        "time-abroad": lambda: stays.time_abroad(readings.time_abroad(moves, emigrants, last)),
        "between-hosts": lambda: chords.flows_between_hosts(moves),
        "pyramids": lambda: pyramids.pyramids(emigrants),
    }


def of_a_person() -> Figure:
    """Somebody's options: of those who moved most often, the first."""
    model = abm.EmigrationModel("war-years", scale=PERSON_SCALE)
    while model.running:
        model.step()
    moves = model.moves_table().groupby("person").size()
    person = int(moves.index[moves.to_numpy().argmax()])
    events = dated_events.table_of(model.scenario.events)
    options = options_by_week(abm.EmigrationModel("war-years", scale=PERSON_SCALE), person)
    return options_over_time.options_over_time(options, events)


def of_two_worlds() -> Figure:
    """The same people in two worlds."""
    flows = pd.read_csv(RUNS / "pair" / "flows.csv")
    return attribution_figures.fate_flows(flows, "war-years", "lenient-renewal")


def of_mechanisms() -> Figure:
    """Shapley shares in returns."""
    shares = pd.read_csv(RUNS / "attribution" / "shapley.csv").query("outcome == 'returns'")
    return attribution_figures.shapley_bars(shares, "returns, war-years to 2024-12-31", "people")


def draw(folder: Path) -> None:
    """Every figure, and the animation."""
    folder.mkdir(parents=True, exist_ok=True)
    drawings = {
        **of_a_run(),
        "options": of_a_person,
        "fates": of_two_worlds,
        "shapley": of_mechanisms,
    }
    for name, make in drawings.items():
        make().savefig(folder / f"{name}.png", dpi=110)
    maps.animate(abm.load(RUNS / "run").outcomes, folder / "map.gif", every=4)


if __name__ == "__main__":
    make_runs()
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else HOME / "results" / "gallery")
