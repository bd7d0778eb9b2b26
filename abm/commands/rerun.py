"""`abm rerun`: one run of a sweep again, checked against what is stored."""

from __future__ import annotations

import argparse
from typing import Any

SHOWN_ROWS = 5
DIFFERS = 1


def add(commands: Any) -> None:
    """Add the command to those of the parser."""
    parser = commands.add_parser(
        "rerun",
        help="repeat one run of a sweep and check it",
        description="Repeat one run of a sweep and compare it with what is stored. The exit "
        "status is 1 if they differ.",
    )
    parser.add_argument("folder", metavar="DIR", help="the folder of a sweep")
    parser.add_argument("run", metavar="RUN_ID", help="its id in the runs table, or its beginning")
    parser.set_defaults(do=do)


def do(asked: argparse.Namespace) -> int:
    """Do what the arguments say; the exit status."""
    from abm.study.rerun import rerun

    again = rerun(asked.folder, asked.run)
    planned = again.planned
    values = ", ".join(f"{name} = {value}" for name, value in planned.factors.items())
    print(f"run {planned.id}: point {planned.point} ({values}), replicate {planned.replicate}")
    print(f"{again.status} in {again.seconds:.2g} s")
    if again.error:
        print(again.error.rstrip())
    if again.same:
        print(f"the same as stored: {len(again.outcomes)} rows of outcomes")
        return 0
    print(f"not the same as stored: {len(again.differing)} rows of outcomes differ")
    if len(again.differing):
        print(again.differing.head(SHOWN_ROWS).to_string(index=False))
    return DIFFERS
