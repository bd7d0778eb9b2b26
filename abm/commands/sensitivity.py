"""`abm sensitivity`: what moves the outcomes of a sweep, as tables and figures."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abm.commands.compare import GAIN
from abm.view import terminal

if TYPE_CHECKING:
    from abm.study.analysis import Analysis
    from abm.study.sweep_results import Sweep

SHOWN = 10
NUMBERS = {  # the columns shown of each kind of table, and by which the rows are ordered
    "morris": ("mu_star", "mu_star_low", "mu_star_high", "sigma"),
    "sobol": ("ST", "ST_low", "ST_high", "S1", "S1_low", "S1_high"),
    "pawn": ("pawn", "pawn_low", "pawn_high", "noise"),
    "swings": ("difference", "low", "high"),
    "contrasts": ("difference", "low", "high", "gain"),
}


def add(commands: Any) -> None:
    """Add the command to those of the parser."""
    parser = commands.add_parser(
        "sensitivity",
        help="what moves the outcomes of a sweep: tables and figures",
        description="Morris' screening, Sobol indices, PAWN, one-at-a-time swings or contrasts of "
        "levers, as the sweep's design has it; tables as CSV and figures.",
    )
    add_argument = parser.add_argument
    add_argument("folder", metavar="DIR", help="the folder of a sweep, also while it runs")
    add_argument(
        "--outcome",
        action="append",
        default=[],
        metavar="OUTCOME[@HOST][:WHEN]",
        help="what to explain: departures.total, stock_abroad@Georgia:2023-12-31, "
        "rent_index@Georgia:mean; when is a date, last, mean, lowest, highest or sum; can be "
        "repeated; all outcomes kept in the last week if not said",
    )
    add_argument(
        "--method", metavar="METHOD", help="pawn or contrasts, instead of what suits the design"
    )
    add_argument(
        "--between",
        metavar="NAME=A,B",
        help="B against A alone: renewal_strictness=0.2,0.8, or point=0,5",
    )
    add_argument("--out", metavar="FOLDER", help="for tables and figures; DIR/sensitivity if not")
    parser.set_defaults(do=do)


def do(asked: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from abm.errors import InputError
    from abm.study import analysis, measures
    from abm.study.sweep_results import Sweep, load

    sweep = load(asked.folder)
    if not isinstance(sweep, Sweep):
        raise InputError(f"{asked.folder} is of abm run, not of a sweep. Example: abm sweep")
    wanted = [measures.parse(text) for text in asked.outcome]
    found = analysis.analyse(sweep, wanted, asked.method, asked.between)
    out = Path(asked.out) if asked.out else sweep.folder / "sensitivity"
    written = write(sweep, found, out)
    for each in found:
        _show(each)
    for note in dict.fromkeys(each.note for each in found if each.note):
        print(f"abm: {note}", file=sys.stderr)
    if any("gain" in NUMBERS[each.kind] for each in found):
        print(f"\n{GAIN}")
    print(f"{len(written)} files in {out}")


def write(sweep: Sweep, found: Sequence[Analysis], out: Path) -> list[Path]:
    """Write the tables as one CSV and a figure for each measure, in place of an earlier analysis of
    the same kind; OutputError if it cannot be."""
    from abm.errors import OutputError
    from abm.study import analysis, store
    from abm.view import sensitivity_figures

    paths = [out / f"{found[0].kind}.csv"]
    try:
        out.mkdir(parents=True, exist_ok=True)
        _clear(out, found[0].kind)
        analysis.together(found).to_csv(paths[0], index=False, lineterminator="\n")
        for each in found:
            for name, figure in sensitivity_figures.of(each, sweep.points, sweep.study.factors):
                paths.append(out / f"{name}-{each.reading.measure.slug}.png")
                figure.savefig(paths[-1], dpi=150)
        if out.resolve() != sweep.folder.resolve():
            shutil.copyfile(sweep.folder / "study.json", out / "study.json")
    except OSError as error:
        raise OutputError(store.cannot_write(out, error)) from error
    return paths


def _clear(out: Path, kind: str) -> None:
    """Remove the figures of an earlier analysis of this kind, whose table is to be replaced."""
    if (out / f"{kind}.csv").exists():
        for name in (kind, "heat-map") if kind == "contrasts" else (kind,):
            for path in out.glob(f"{name}-*.png"):
                path.unlink()


def _show(each: Analysis) -> None:
    numbers = NUMBERS[each.kind]
    order = each.table[numbers[0]].abs().sort_values(ascending=False, kind="stable").index
    shown = each.table if each.kind == "contrasts" else each.table.loc[order[:SHOWN]]
    names = [name for name in ("factor", "value", "against") if name in shown]
    rows = [
        tuple(
            value if isinstance(value, str) else terminal.number(float(value))
            for value in row[[*names, *numbers]]
        )
        for _, row in shown.iterrows()
    ]
    print(f"\n{each.reading.label} ({each.reading.unit})")
    if each.luck_share == each.luck_share:
        print(f"luck makes {each.luck_share:.0%} of the variance between single runs")
    terminal.table((*names, *numbers), rows, terminal.console(), numbers)
    if len(order) > len(shown):
        print(f"and {len(order) - len(shown)} smaller")
