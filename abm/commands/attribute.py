"""`abm attribute`: what made people leave and return."""

from __future__ import annotations

import argparse
from functools import partial
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abm.commands import settings
from abm.view import terminal

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from abm.scenario import Scenario
    from abm.study.attribution import Shares

MARK = "attribution.json"
PAIRS = 10
CAUSES = {  # columns of the causes of return, with what they are called
    "by_trigger": "by trigger",
    "needed": "needed",
    "other_way": "other way",
    "difference": "net",
    "low": "low",
    "high": "high",
    "necessity": "PN",
    "necessity_low": "at least",
}
NAMES = {"departures": "departures", "returns": "returns", "stock_abroad": "people abroad"}


def add(commands: Any) -> None:
    """Add the command to those of the parser."""
    parser = commands.add_parser(
        "attribute",
        help="what made people leave and return: shares of mechanisms, causes of returns",
        description="Shapley shares of eight mechanisms in departures, returns and the stock, from "
        "random orders; returns by last trigger beside those of worlds without the cause; what a "
        "refused permit does, with bounds. Costs 16 runs a pair of orders and 12 a replicate.",
    )
    parser.add_argument(
        "scenario", nargs="?", default="war-years", metavar="SCENARIO", help="a name or TOML file"
    )
    settings.add(parser.add_argument, "results/SCENARIO-attribution")
    parser.add_argument(
        "--pairs",
        type=partial(settings.whole, PAIRS),
        default=PAIRS,
        metavar="N",
        help=f"pairs of an order and its reverse, {PAIRS} if not said",
    )
    parser.add_argument(
        "--twin",
        action="store_true",
        help="shares from all 256 sets on the mean-field twin instead: exact of the twin, no luck",
    )
    parser.set_defaults(do=do)


def do(asked: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from abm import scenario as scenarios
    from abm.study import attribution, return_causes, store

    scenario = scenarios.load(asked.scenario, **settings.changes(asked))
    default = settings.default_folder(asked.scenario)
    out = asked.out or default.with_name(f"{default.name}-attribution")
    folder = store.check(out, asked.overwrite, MARK)
    settings.tell(asked, scenario)

    with settings.progress("shares", asked) as progress:
        if asked.twin:
            shares = attribution.of_twin(scenario, progress=progress)
        else:
            shares = attribution.of_model(scenario, asked.pairs, progress=progress)
    with settings.progress("causes", asked) as progress:
        causes = return_causes.by_counterfactual(scenario, asked.replicates, progress=progress)
    permits = return_causes.lotteries(scenario, asked.replicates)
    store.put(
        lambda into: write(into, scenario, shares, causes, permits), folder, asked.overwrite, MARK
    )
    if not asked.quiet:
        _show(shares, causes, permits, terminal.console())
        print(f"results in {out}")


def write(
    folder: Path, scenario: Scenario, shares: Shares, causes: pd.DataFrame, permits: pd.DataFrame
) -> None:
    """Fill a folder: shapley.csv, return_causes.csv, permits.csv, attribution.json, figures."""
    from abm.study import store
    from abm.view.attribution_figures import shapley_bars

    tables = {"shapley": shares.table, "return_causes": causes, "permits": permits}
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    (folder / "figures").mkdir()
    for outcome, rows in shares.table.groupby("outcome", sort=False):
        label = f"{NAMES[str(outcome)]}, {scenario.name} to {scenario.until}"
        figure = shapley_bars(rows, label, "people")
        figure.savefig(folder / "figures" / f"shapley-{outcome}.png", dpi=150)
    told = {"scenario": scenario.as_dict(), "runs": shares.runs, "replicates": len(permits)}
    store.write_json(folder / MARK, {**told, **store.origin()})


def _show(shares: Shares, causes: pd.DataFrame, permits: pd.DataFrame, screen: Console) -> None:
    number = terminal.number
    exact = shares.table["low"].isna().all()
    print(f"Shapley shares, people, {'exact of the twin' if exact else 'with 95 % intervals'}")
    rows = []
    for name, group in shares.table.groupby("name", sort=False):
        cells = (
            number(row.value)  # type: ignore[arg-type]
            if exact
            else f"{number(row.value)} ({number(row.low)} to {number(row.high)})"  # type: ignore[arg-type]
            for row in group.itertuples()
        )
        rows.append((str(name), *cells))
    rows.append(("all of them", *(number(value) for value in shares.together)))
    columns = tuple(NAMES.values())
    terminal.table(("", *columns), rows, screen, columns)

    print("\nReturns by last trigger, and people who would not have returned without a mechanism")
    head = ("cause", "without", *CAUSES.values())
    rows = [
        (row["cause"], row["mechanism"], *(number(row[name]) for name in CAUSES))
        for _, row in causes.sort_values("difference", ascending=False).iterrows()
    ]
    terminal.table(head, rows, screen, head[2:])
    _show_permits(permits)


def _show_permits(permits: pd.DataFrame) -> None:
    for line in ("", *told_of_permits(permits.mean())):
        print(line)


def told_of_permits(mean: pd.Series) -> list[str]:
    """What refusal did, or why it cannot be told, from the means of `return_causes.lotteries`."""
    if not mean["decided"]:
        return ["No permit was decided half a year before the end."]
    told = [
        f"First decisions on a permit: {terminal.number(mean['decided'])} people, "
        f"{mean['refused']:.0%} refused."
    ]
    for shares, nobody in (("returned_if_refused", "refused"), ("returned_if_granted", "granted")):
        if isnan(mean[shares]):
            return [*told, f"Nobody was {nobody} a permit, so what refusal does cannot be told."]
    told.append(
        f"Back within half a year: {mean['returned_if_refused']:.0%} if all were refused, "
        f"{mean['returned_if_granted']:.0%} if all were granted."
    )
    return [
        *told,
        _ends(
            mean,
            "necessity",
            "Of those refused who returned, refusal was necessary for {} (PN).",
            "Nobody refused returned, so for how many refusal was necessary (PN) cannot be told.",
        ),
        _ends(
            mean,
            "sufficiency",
            "Of those granted who stayed, it would have sufficed for {} (PS).",
            "Nobody granted stayed, so for how many it would have sufficed (PS) cannot be told.",
        ),
    ]


def _ends(mean: pd.Series, name: str, told: str, nobody: str) -> str:
    """A sentence with the two ends of bounds, or that nobody is concerned."""
    low, high = mean[f"{name}_low"], mean[f"{name}_high"]
    return nobody if isnan(low) else told.format(f"{low:.0%} to {high:.0%}")
