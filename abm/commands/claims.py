"""`abm claims`: the seeds' claims put to the test."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abm.commands.sweep import count
from abm.study.wording import duration
from abm.view import terminal

if TYPE_CHECKING:
    import pandas as pd

    from abm.study.claims_run import Verdict

SECONDS_A_RUN = 3.0  # at the studies' size, before any run is done; measured on one core
VERDICTS = {"holds": "green", "fails": "red"}


def add(commands: Any) -> None:
    """Add the command to those of the parser."""
    parser = commands.add_parser(
        "claims",
        help="put the seeds' claims to the test",
        description="Run the study of each claim, as far as it is not done, and judge; tables and "
        "figures. Says first what it will cost. Stopped at any moment, the same command goes on.",
    )
    parser.add_argument("claims", nargs="*", metavar="ID", help="C1 to C9; all if not said")
    parser.add_argument(
        "--folder", default="experiments/claims", metavar="DIR", help="of the claims' studies"
    )
    parser.add_argument("--runs", default="build/claims", metavar="DIR", help="of the runs")
    parser.add_argument("--out", default="results/claims", metavar="DIR", help="of the verdicts")
    parser.add_argument("--workers", type=count, metavar="N", help="all processors if not said")
    parser.add_argument("--dry-run", action="store_true", help="say what it would cost; no more")
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    parser.set_defaults(do=do)


def do(asked: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from abm.study import claims_run, engines

    claims, folder, runs = claims_run.chosen(asked.claims), Path(asked.folder), Path(asked.runs)
    studies = claims_run.studies(claims, folder)
    workers = engines.check_workers(asked.workers)
    left, planned, seconds = claims_run.to_do(studies, runs)
    if not asked.quiet or asked.dry_run:
        each = seconds if seconds == seconds else SECONDS_A_RUN
        hours = duration(left * each / workers)
        print(f"{left:,} of {planned:,} runs to do, at most {hours} with {workers} at a time")
    if asked.dry_run:
        return
    try:
        claims_run.run(studies, runs, workers)
    except KeyboardInterrupt:
        message = f"stopped; what is done is kept in {runs}, and the same command goes on"
        raise KeyboardInterrupt(message) from None
    verdicts = claims_run.judged(claims, folder, runs)
    tables = {
        "verdicts": claims_run.verdict_table(verdicts),
        "parts": claims_run.part_table(verdicts),
        "boxes": claims_run.boxes(verdicts),
    }
    if claims_run.POLICY_STUDY in studies:
        tables["regret"] = claims_run.regrets(runs)
    write(Path(asked.out), tables, verdicts, runs)
    if not asked.quiet:
        _show(tables["verdicts"])
        print(f"results in {asked.out}")


def write(out: Path, tables: dict[str, pd.DataFrame], verdicts: list[Verdict], runs: Path) -> None:
    """Write tables and figures; those of other claims that are there stay.

    claims.json tells what code and data judged, and those of the runs of each claim.
    """
    from abm.errors import OutputError
    from abm.study import store
    from abm.study.sweep_results import Sweep
    from abm.view import claim_figures

    try:
        (out / "figures").mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            kept = _kept(out / f"{name}.csv", table)
            kept.to_csv(out / f"{name}.csv", index=False, lineterminator="\n")
        for each in verdicts:
            figure = claim_figures.effects(each)
            figure.savefig(out / "figures" / f"{each.claim.id}.png", dpi=150)
        about = out / "claims.json"
        origins = json.loads(about.read_text("utf-8"))["runs"] if about.exists() else {}
        for each in verdicts:
            origins[each.claim.id] = Sweep(runs / each.claim.study).provenance()["origin"]
        store.write_json(about, {**store.origin(), "runs": dict(sorted(origins.items()))})
    except OSError as error:
        raise OutputError(store.cannot_write(out, error)) from error


def _kept(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    """The table with the rows of other claims that the file holds."""
    import pandas as pd

    if not path.exists() or "id" not in table:
        return table
    before = pd.read_csv(path)
    if list(before) != list(table):
        return table
    others = before[~before["id"].isin(table["id"])]
    return pd.concat([others, table], ignore_index=True).sort_values("id", kind="stable")


def _show(table: pd.DataFrame) -> None:
    def share(value: float) -> str:
        return "" if value != value else f"{value:.0%}"

    columns = ("id", "claim", "verdict", "holds in", "low", "middle", "high", "points", "hangs on")
    rows = [
        (
            row["id"],
            row["claim"],
            row["verdict"],
            *(share(row[c]) for c in ("share", "share_low", "share_middle", "share_high")),
            f"{row['decided']}/{row['points']}",
            row["hangs_on"],
        )
        for _, row in table.iterrows()
    ]
    screen = terminal.console(sys.stdout)
    terminal.table(columns, rows, screen, columns[3:7], lambda cell: VERDICTS.get(cell, ""))
    print(
        "holds in: share of decided parameter points, of all and by evidence on returns; "
        "points: decided of all"
    )
