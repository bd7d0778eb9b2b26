"""`abm export`: to come."""

from __future__ import annotations

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Add the command to those of the parser."""
    parser = commands.add_parser("export", help="run a study", description="Run a study.")
    parser.add_argument("study", metavar="STUDY", help="a TOML file")
    parser.set_defaults(do=do)


def do(asked: argparse.Namespace) -> None:
    raise NotImplementedError
