"""`abm verify`: whether a results folder comes from this code and gives the same again."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

from abm.commands import settings

DIFFERS = 1


def add(commands: Any) -> None:
    """Add the command to those of the parser."""
    parser = commands.add_parser(
        "verify",
        help="check a results folder against this code, and run it again",
        description="Compare the code, data, libraries and machine that a folder of abm run or abm "
        "sweep names with those here, repeat runs of it and compare every row. The exit status is "
        "1 if a row differs, or if nothing could be repeated.",
    )
    parser.add_argument("folder", metavar="DIR", help="the folder of a run or a sweep")
    parser.add_argument(
        "--runs",
        type=partial(settings.whole, 1),
        default=1,
        metavar="N",
        help="how many to repeat, from the first on; 1 if not said, 0: none",
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    parser.set_defaults(do=do)


def do(asked: argparse.Namespace) -> int:
    """Do what the arguments say; the exit status."""
    from abm.errors import InputError
    from abm.study.verify import verify

    if asked.runs < 0:
        raise InputError(f"--runs {asked.runs} is no count of runs; for example 1")
    with settings.progress("verify", asked) as progress:
        found = verify(asked.folder, asked.runs, progress)
    if not asked.quiet:
        for what, then, now in found.origin:
            print(f"{what}: {_short(then)} then, {_short(now)} here")
        if not found.origin:
            print("code, data, libraries and machine are those of then")
        for run, differing, rows in found.again:
            print(f"{run}: {f'{differing:,} of {rows:,} rows differ' if differing else 'the same'}")
        if found.skipped:
            print(f"no run was repeated: {found.skipped}")
    return 0 if found.same or asked.runs == 0 else DIFFERS


def _short(value: str) -> str:
    """A hash by its beginning."""
    return value[:12] if len(value) == 64 else value
