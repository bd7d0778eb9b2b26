"""`abm validate`: figures that no fit has seen, beside what the model and three baselines say."""

from __future__ import annotations

import argparse
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abm.commands import settings
from abm.view import terminal

if TYPE_CHECKING:
    import pandas as pd

REPLICATES = 10


def add(commands: Any) -> None:
    """Add the command to those of the parser."""
    parser = commands.add_parser(
        "validate",
        help="compare with observed figures of your own",
        description="Print predicted beside observed, with intervals over replicates, and scores "
        "beside three baselines: persistence, gravity, and the model with every feedback off. "
        "docs/validate.md shows the table of facts.",
    )
    add_argument = parser.add_argument
    add_argument("facts", metavar="FACTS.csv", help="outcome, host, dates, value or range, unit")
    add_argument("--scenario", default="war-years", metavar="SCENARIO", help="a name or TOML file")
    add_argument("--scale", type=int, metavar="N", default=1000, help="people an agent; 1000")
    add_argument("--seed", type=int, metavar="N", help="of all luck")
    add_argument("--until", metavar="DATE", help="the last day, for example 2024-12-31")
    add_argument(
        "--replicates",
        type=int,
        default=REPLICATES,
        metavar="N",
        help=f"runs, and as many without feedbacks; {REPLICATES} if not said",
    )
    add_argument("--out", metavar="FILE.csv", help="also write the table")
    add_argument("--quiet", action="store_true", help="print nothing but errors")
    parser.set_defaults(do=do)


def do(asked: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from abm.study import parts, validate

    if asked.out:
        parts.check_file(Path(asked.out))
    with settings.progress("validate", asked, "runs") as progress:
        found = validate.validate(
            asked.facts,
            asked.scenario,
            scale=asked.scale,
            seed=asked.seed,
            until=asked.until,
            replicates=asked.replicates,
            progress=progress,
        )
    if asked.out:
        table = found.table.to_csv(index=False, lineterminator="\n")
        parts.write_bytes(table.encode(), Path(asked.out))
    if not asked.quiet:
        show(found.table, found.scores)


def show(table: pd.DataFrame, scores: pd.DataFrame) -> None:
    """Print the facts beside their predictions, then the scores."""
    screen = terminal.console()
    columns = ("id", "what", "observed", "predicted", "90 % of runs", "", "persistence", "gravity",
               "no feedbacks")  # fmt: skip
    rows = [_row(row) for row in table.to_dict("records")]
    right = tuple(name for name in columns[2:] if name)
    colours = {"outside": "red"}
    terminal.table(columns, rows, screen, right, lambda cell: colours.get(cell, ""))
    screen.print()
    rows = [
        (
            row["predictor"],
            str(row["facts"]),
            _score(row["relative_crps"]),
            _score(row["model_on_same"]),
            "–" if isnan(row["coverage"]) else f"{row['coverage']:.0%}",
        )
        for row in scores.to_dict("records")
    ]
    names = ("predictor", "facts", "error", "the model's on these", "inside 90 %")
    terminal.table(names, rows, screen, names[1:])
    screen.print(
        "error: CRPS over the observed size, mean over the facts that a predictor predicts; "
        "0 is perfect.",
        style="dim",
    )


def _row(row: dict[Any, Any]) -> tuple[str, ...]:
    days = dict.fromkeys((str(row["date_from"]), str(row["date_to"])))
    what = f"{row['outcome']}, {row['host']}, {' to '.join(days)} ({row['unit']})"
    low, high = row["model_low"], row["model_high"]
    ends = (row["observed_low"], row["observed_high"])
    if isnan(ends[0]) and isnan(ends[1]):  # a value without a range
        ends = (row["observed"], row["observed"])
    meets = _overlap(low, high, *ends)
    return (
        str(row["id"]),
        what,
        terminal.span(*ends),
        terminal.number(row["model"]),
        "–" if isnan(low) else f"{terminal.number(low)} to {terminal.number(high)}",
        "" if meets is None else "meets" if meets else "apart",
        *(terminal.number(row[name]) for name in ("persistence", "gravity", "no feedbacks")),
    )


def _overlap(low: float, high: float, least: float, most: float) -> bool | None:
    """Whether the interval of the runs meets what was observed; None where there is none."""
    if isnan(low):
        return None
    return not (low > most or high < least)  # no comparison with NaN is true


def _score(value: float) -> str:
    return "–" if isnan(value) else f"{value:.2f}"
