"""The report of a results folder: one HTML page that opens without a network."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from abm.errors import InputError, OutputError
from abm.study import store, sweep_store
from abm.study.sweep_results import Sweep
from abm.view.extras import needed
from abm.view.page import Page
from abm.view.report_of_run import of_run
from abm.view.report_of_sweep import of_sweep
from abm.view.report_of_tables import of_tables

NAME = "report.html"


def report(folder: str | Path, out: str | Path | None = None) -> Path:
    """Write the report of a folder of results; its path, DIR/report.html if not said.

    folder : of a run, a sweep, a comparison, or anything else that is tables (CSV), figures (PNG)
        and what re-creates them (JSON)

    Raises
    ------
    InputError : the folder holds no results, or a package is missing; OutputError : the page cannot
        be written
    """
    folder = Path(folder).expanduser()
    for module in ("altair", "vl_convert"):
        needed(module, "abm report", "report")
    target = Path(out).expanduser() if out else folder / NAME
    _write(target, page_of(folder).html())
    return target


def page_of(folder: Path) -> Page:
    """The page of what a folder holds."""
    if (folder / store.RUN).is_file():
        return of_run(store.read(folder))
    if (folder / sweep_store.POINTS).is_file():
        return of_sweep(Sweep(folder))
    if any(folder.glob("*.csv")):
        return of_tables(folder)
    raise InputError(
        f"{folder} holds no results: no {store.RUN}, no {sweep_store.POINTS}, no tables (CSV). "
        "Example: abm report results/war-years"
    )


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(6)}.partial")
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        raise OutputError(store.cannot_write(path, error)) from error
    finally:
        with suppress(OSError):  # where nothing could be written, there is nothing to take away
            partial.unlink(missing_ok=True)
