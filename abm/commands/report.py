"""`abm report`: one HTML page of a results folder, that opens without a network."""

from __future__ import annotations

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Add the command to those of the parser."""
    parser = commands.add_parser(
        "report",
        help="one self-contained HTML page of a results folder",
        description="Write one HTML page of a folder of results: figures, tables, what "
        "re-creates it, and charts to play with. It needs no network.",
    )
    parser.add_argument(
        "folder", metavar="DIR", help="of abm run, sweep, compare, attribute or claims"
    )
    parser.add_argument("--out", metavar="FILE", help="the page; DIR/report.html if not said")
    parser.set_defaults(do=do)


def do(asked: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from abm.view.report import report

    print(f"report in {report(asked.folder, asked.out)}")
