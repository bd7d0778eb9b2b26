"""Makes the tables and figures of docs/twin.md and docs/identifiability.md: `make twin`.

They go to results/twin, or to another folder: `python docs/twin.py FOLDER`. Seeds are those of the
packaged scenario, so the same code gives the same numbers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar, get_args

import numpy as np
import pandas as pd

import abm
from abm.hosts_table import HOST_NAMES, host_labels
from abm.parameters import Parameters
from abm.study import twin
from abm.study.identify import (
    calibrated,
    deviations,
    information,
    jacobian,
    value_of_information,
)
from abm.study.observables import CONCLUSIONS, observables, sds
from abm.study.target import Evidence
from abm.study.twin_points import quantities_at
from abm.view import identify_figures, terminal

Found = TypeVar("Found")
Run = abm.Run | twin.TwinRun

HOME = Path(__file__).resolve().parents[1]
ERRORS = terminal.console(sys.stderr)
DPI = 110

FEW = 150  # households, where many points are asked
APART = 10  # first replicate of the twin beside the model: neither has the other's people
SAMPLES, TYPES = 4, 600  # of the twin, where it docks
RUNS, SCALE = 6, 200  # of the model
PERIODS = ((0, 31), (31, 44), (44, 96), (96, 149))  # weeks: before the order, under it, 2023, 2024
FLOWS, STOCK = ("departures", "returns", "onward_moves"), "stock_abroad"

OFF = ("M2", "M6", "M8", "M12", "M10", "M15", "M36", "M22")
OFF_UNTIL = "2023-12-31"
OFF_SAMPLES, OFF_RUNS, OFF_SCALE = 8, 4, 1000

SPREAD_TYPES, SPREAD_SAMPLES = (150, 300), 12


def what_data_tell(folder: Path) -> None:
    """Derivatives at the default values, and what follows from them."""
    factors = calibrated()
    at = {each.name: getattr(Parameters(), each.name) for each in factors}
    with terminal.progress("derivatives", ERRORS) as bar:
        table = jacobian(partial(quantities_at, types=FEW, progress=bar), factors, at)
    here = quantities_at(pd.DataFrame([at]), types=FEW).iloc[0]
    write(table.rename_axis("quantity").reset_index(), folder / "jacobian.csv", digits=5)

    by_evidence = {}
    for evidence in get_args(Evidence):
        bound = deviations(evidence)
        by_evidence[evidence] = information(table.reindex(bound.index), bound)
    rows = [(name, len(each.sd), each.informed) for name, each in by_evidence.items()]
    counts = pd.DataFrame(rows, columns=["evidence", "figures", "informed"])
    write(counts, folder / "informed.csv")

    known = by_evidence["middle"]
    write(known.directions.reset_index(), folder / "directions.csv")
    write(known.parameters.reset_index(), folder / "parameters.csv")
    write(known.trade_offs, folder / "trade-offs.csv")
    identify_figures.directions(known).savefig(folder / "directions.png", dpi=DPI)

    further, asked = [each.id for each in observables()], [each.what for each in CONCLUSIONS]
    values = pd.DataFrame({"value": here[asked], "sd": known.sd_of(table.loc[asked])})
    write(values.rename_axis("conclusion").reset_index(), folder / "conclusions.csv")
    worth = value_of_information(known, table.loc[further], sds(here), table.loc[asked])
    write(worth, folder / "worth.csv")
    identify_figures.worth(worth).savefig(folder / "worth.png", dpi=DPI)


def how_it_docks(folder: Path) -> None:
    """Samples of the twin beside runs of the model, each with people of its own."""
    twins = in_turn("docking, the twin", partial(twin.run, types=TYPES), SAMPLES, APART)
    models = in_turn("docking, the model", partial(abm.run, scale=SCALE), RUNS)
    of_twin, of_model = (pd.DataFrame(map(summary, runs)) for runs in (twins, models))
    table = beside(of_twin, of_model).rename_axis(["outcome", "hosts", "until_week"])
    write(table.reset_index(), folder / "docking.csv", digits=5)
    of_twin, of_model = (pd.DataFrame(map(readings, runs)) for runs in (twins, models))
    table = beside(of_twin, of_model).rename_axis("target")
    write(table.reset_index(), folder / "targets.csv")
    figure = identify_figures.docking(outcomes(twins), outcomes(models))
    figure.savefig(folder / "docking.png", dpi=DPI)


def how_changes_dock(folder: Path) -> None:
    """What each of some mechanisms off changes in both, to the end of 2023."""
    twins = changes("the twin", partial(twin.run, types=FEW), OFF_SAMPLES, APART)
    models = changes("the model", partial(abm.run, scale=OFF_SCALE), OFF_RUNS)
    table = beside(twins, models).rename_axis(["off", "outcome"])
    write(table.reset_index(), folder / "mechanisms.csv")


def how_samples_differ(folder: Path) -> None:
    """Mean and spread of the twin over samples of few and of more households."""
    parts = {}
    for types in SPREAD_TYPES:
        what = f"samples of {types} households"
        runs = in_turn(what, partial(twin.run, types=types), SPREAD_SAMPLES)
        of_types = pd.DataFrame([totals(each) for each in runs])
        parts[types] = pd.DataFrame({"mean": of_types.mean(), "sd": of_types.std()})
    table = pd.concat(parts).rename_axis(["types", "outcome"])
    table["sd_percent"] = 100 * table["sd"] / table["mean"]
    write(table.reset_index(), folder / "samples.csv")


def changes(what: str, run: Callable[..., Run], replicates: int, first: int = 0) -> pd.DataFrame:
    """Change by mechanism and outcome, a row a replicate: the same people with it and without."""

    def found(*off: str) -> pd.DataFrame:
        said = " ".join([what, *(f"without {each}" for each in off)])
        runs = in_turn(said, partial(run, until=OFF_UNTIL, without=off), replicates, first)
        return pd.DataFrame([totals(each) for each in runs])

    on = found()
    return pd.concat({each: found(each) - on for each in OFF}, axis=1)


def summary(run: Run) -> pd.Series:
    """Flows by period, stocks at its end, of the world and of each group of hosts."""
    groups = np.array(host_labels("leaning_group"))
    values = {}
    for outcome in (*FLOWS, STOCK):
        hosts = by_host(run, outcome)
        for group in ("World", *np.unique(groups)):
            weeks = hosts.loc[:, (group == "World") | (groups == group)].sum(axis=1)
            for first, end in PERIODS:
                part = weeks.iloc[first:end]
                values[outcome, group, end] = part.iloc[-1] if outcome == STOCK else part.sum()
    return pd.Series(values)


def totals(run: Run) -> pd.Series:
    """The world's departures and returns over the run, and its stock at the end."""
    flows = {name: by_host(run, name).to_numpy().sum() for name in ("departures", "returns")}
    return pd.Series({**flows, STOCK: by_host(run, STOCK).iloc[-1].sum()})


def by_host(run: Run, outcome: str) -> pd.DataFrame:
    """One outcome, a row a week, a column a host."""
    rows = run.outcomes[run.outcomes["outcome"] == outcome].astype({"host": str})
    return rows.pivot(index="date", columns="host", values="value")[list(HOST_NAMES)]


def readings(run: Run) -> pd.Series:
    """What sources would have counted, by target."""
    return run.targets().set_index("id")["simulated"].astype(float)


def outcomes(runs: Sequence[Run]) -> pd.DataFrame:
    return pd.concat([run.outcomes.assign(replicate=k) for k, run in enumerate(runs)])


def beside(of_twin: pd.DataFrame, of_model: pd.DataFrame) -> pd.DataFrame:
    """Means over rows with standard errors, their difference in % of the model and in errors."""
    table = pd.DataFrame(
        {
            "twin": of_twin.mean(),
            "twin_se": of_twin.sem(),
            "model": of_model.mean(),
            "model_se": of_model.sem(),
        }
    )
    difference, size = table["twin"] - table["model"], table["model"].abs()
    error = (table["twin_se"] ** 2 + table["model_se"] ** 2) ** 0.5
    table["difference_percent"] = 100 * difference / size.where(size > 0)
    table["z"] = difference / error.where(error > 0)
    return table


def in_turn(what: str, run: Callable[..., Found], replicates: int, first: int = 0) -> list[Found]:
    """Some replicates, one after another, under a bar."""
    found = []
    with terminal.progress(what, ERRORS) as bar:
        for number in range(replicates):
            bar(number, replicates)
            found.append(run(replicate=first + number))
    return found


def write(table: pd.DataFrame, path: Path, digits: int = 4) -> None:
    """A table as csv, to so many digits that count; its name is said."""
    table.to_csv(path, index=False, float_format=f"%.{digits}g", lineterminator="\n")
    print(path, flush=True)


def main(folder: Path) -> None:
    """Every table and figure."""
    folder.mkdir(parents=True, exist_ok=True)
    what_data_tell(folder)
    how_it_docks(folder)
    how_changes_dock(folder)
    how_samples_differ(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HOME / "results" / "twin")
