"""`abm compare`: the same people in two worlds."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from abm.commands import settings
from abm.errors import InputError
from abm.view import terminal

if TYPE_CHECKING:
    from rich.console import Console

    from abm.study.compare import Pair
    from abm.study.turn import Biographies

SHOWN = 4  # groups of each trait
GAIN = (
    "gain: how many times fewer runs than without common luck give the same interval; rough below "
    "20 replicates"
)


def add(commands: Any) -> None:
    """Add the command to those of the parser."""
    parser = commands.add_parser(
        "compare",
        help="the same people in two worlds: whose fate differs, and what",
        description="Run two scenarios with the same people and the same luck; print whose fate "
        "differs and by how much outcomes do; write a folder. Options go for both.",
    )
    parser.add_argument("a", metavar="SCENARIO_A", help="a name or TOML file")
    parser.add_argument("b", metavar="SCENARIO_B", help="what it is held against A")
    settings.add(parser.add_argument, "results/A-and-B")
    settings.add_evidence(parser.add_argument)
    parser.add_argument(
        "--person",
        type=partial(settings.whole, 12),
        metavar="N",
        help="tell one person's two lives instead, of the first replicate; writes nothing",
    )
    parser.set_defaults(do=do)


def do(asked: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from abm.scenario import load
    from abm.study import compare, store
    from abm.view import compare_figures

    changes = settings.changes(asked)
    if asked.a == asked.b:
        raise InputError(
            f"A and B are both {asked.a}, and options go for both; write what differs as a "
            f"scenario of your own (docs/start.md). Example: abm compare {asked.a} my-policy.toml"
        )
    a, b = (load(each, **changes) for each in (asked.a, asked.b))
    if asked.person is not None:
        if asked.out or asked.overwrite:
            raise InputError(
                "--person writes nothing, so --out and --overwrite have no use beside it. Example: "
                f"abm compare {asked.a} {asked.b} --person {asked.person}"
            )
        settings.tell(asked, a, b)
        lives = compare.lives_of(a, b, asked.person, evidence=asked.evidence, **changes)
        _tell(lives, terminal.console())
        return
    out = asked.out or settings.default_folder(asked.a, asked.b, fitted=(asked.evidence,))
    folder = store.check(out, asked.overwrite, compare.MARK)
    settings.tell(asked, a, b)
    with settings.progress(f"{asked.a}, {asked.b}", asked) as progress:
        pair = compare.compare(
            a,
            b,
            replicates=asked.replicates,
            progress=progress,
            evidence=asked.evidence,
            **changes,
        )
    pair.save(folder, asked.overwrite, compare_figures.draw_all)
    if not asked.quiet:
        for note in pair.notes:
            print(f"abm: {note}", file=sys.stderr)
        _show(pair, terminal.console())
        parted = pair.changed[(pair.changed["replicate"] == 0) & pair.changed["parted"].notna()]
        for person in parted["person"].head(1):
            print(
                f"whose fate differs: changed.csv; the same command with --person {person} tells "
                "one life in both worlds"
            )
        print(f"results in {out}")


def _show(pair: Pair, screen: Console) -> None:
    from abm.view.compare_figures import MAIN, main_differences

    a, b = pair.a.scenario, pair.b.scenario
    screen.print(f"A: {a.full_name}\nB: {b.full_name}\n", markup=False)
    screen.print("People by what became of them in A (down) and in B (across)")
    table = pair.matrix
    table = table.loc[table.any(axis=1), table.any()]
    rows = [
        (str(fate), *(terminal.number(value) if value > 0 else "" for value in row))
        for fate, row in zip(table.index, table.to_numpy(float), strict=True)
    ]
    fates = [str(fate) for fate in table.columns]
    terminal.table(("", *fates), rows, screen, fates)
    screen.print("\nWhose fate differs; how many more of them are abroad or returned in B")
    shown = pair.who.groupby("by", sort=False).head(SHOWN)
    numbers = ("people", "abroad", "returned")
    rows = [
        (str(row.by), str(row.group), *(terminal.number(getattr(row, name)) for name in numbers))
        for row in shown.itertuples()
    ]
    terminal.table(("by", "group", *numbers), rows, screen, numbers)
    screen.print("\nOutcomes of the whole; B less A with its 95 % interval")
    columns = ("a", "b", "difference", "low", "high", "gain")
    rows = [
        (f"{MAIN[row['outcome']]} ({row['unit']})", *(terminal.number(row[c]) for c in columns))
        for _, row in main_differences(pair.differences).iterrows()
    ]
    terminal.table(("what", "A", "B", "B - A", "low", "high", "gain"), rows, screen, columns[2:])
    screen.print(GAIN, markup=False)


def _tell(lives: Biographies, screen: Console) -> None:
    """One person's two lives."""
    screen.print(f"{lives.who}\n", markup=False)
    rows = [
        (str(row[0].date()), *(str(cell) for cell in row[1:]))
        for row in lives.table.itertuples(index=False)
    ]
    columns = ("week of", "in A", "because", "what", "in B", "because", "what")
    terminal.table(columns, rows, screen)
    screen.print(f"\n{lives.told}", markup=False)
