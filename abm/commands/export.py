"""`abm export`: the tables of a sweep as CSV files or one NetCDF file."""

from __future__ import annotations

import argparse
from typing import Any

KINDS = ("csv", "netcdf")


def add(commands: Any) -> None:
    """Add the command to those of the parser."""
    parser = commands.add_parser(
        "export",
        help="write the tables of a sweep as CSV or NetCDF",
        description="Write points, runs and outcomes of a sweep as CSV files, or the outcomes as "
        "one NetCDF file.",
    )
    parser.add_argument("folder", metavar="DIR", help="the folder of a sweep")
    parser.add_argument("--to", default="csv", metavar="KIND", help="csv (if not said) or netcdf")
    parser.add_argument("--out", metavar="PATH", help="where; DIR/csv or DIR/outcomes.nc if not")
    parser.set_defaults(do=do)


def do(asked: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from abm.errors import InputError, unknown
    from abm.study.sweep_results import Sweep, load

    if asked.to not in KINDS:
        raise unknown("kind of export", asked.to, KINDS, "--to csv, or --to netcdf")
    sweep = load(asked.folder)
    if not isinstance(sweep, Sweep):
        raise InputError(f"{asked.folder} is of abm run, whose tables are files already")
    written = sweep.to_csv(asked.out) if asked.to == "csv" else sweep.to_netcdf(asked.out)
    print(f"written: {written}")
