"""The report of a folder of tables and figures: a comparison, an attribution, a claim."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from abm.errors import InputError
from abm.study.compare import MARK
from abm.view import charts
from abm.view.page import Page

MOST_ROWS = 200  # of a table; the file has all of them


def of_tables(folder: Path) -> Page:
    """The page of a folder's CSV tables, PNG figures and JSON provenance, wherever they came from.

    Of a comparison (differences.csv, changed.csv) there are charts to play with as well.
    """
    told = {path.name: _json(path) for path in sorted(folder.glob("*.json"))}
    tables = {path.stem: _csv(path) for path in sorted(folder.glob("*.csv"))}
    page = Page(_title(folder, told))
    for note in (note for each in told.values() for note in each.get("notes") or ()):
        page.note(str(note))
    for text in sorted(folder.glob("*.md")):
        page.text(_text(text))
    pictures = sorted({*folder.glob("figures/*.png"), *folder.glob("*.png")})
    if pictures:
        page.heading("Figures")
    for picture in pictures:
        page.picture(picture.read_bytes(), picture.stem)
    _charts(page, tables, told)
    page.heading("Tables")
    for name, table in tables.items():
        shown = f" (the first {MOST_ROWS} of {len(table):,} rows)" if len(table) > MOST_ROWS else ""
        page.table(table.head(MOST_ROWS), f"{name}.csv{shown}")
    page.heading("What was run")
    for name, each in told.items():
        page.note(name)
        page.provenance(each)
    return page


def _charts(page: Page, tables: dict[str, pd.DataFrame], told: dict[str, dict[str, Any]]) -> None:
    """Charts of a comparison, where the folder holds one."""
    differences, changed = tables.get("differences"), tables.get("changed")
    if differences is None or changed is None:
        return
    page.heading("To play with")
    page.note("Choose an outcome to see by how much it differs in each host, B less A.")
    page.chart(charts.differences_by_host(differences))
    if len(changed):
        page.note(
            "Whose fate differs: click on a bar (Shift for several) to see who they are; a double "
            "click clears."
        )
        runs = int(told.get(MARK, {}).get("replicates", 1))
        page.chart(charts.changed_people(changed, runs))


def _title(folder: Path, told: dict[str, dict[str, Any]]) -> str:
    """The worlds that are compared, or the scenario or study, or the folder's name."""
    for each in told.values():
        if isinstance(each.get("a"), dict) and isinstance(each.get("b"), dict):
            return f"{each['a'].get('title', 'A')}, against: {each['b'].get('title', 'B')}"
        for key in ("scenario", "study"):
            if isinstance(each.get(key), dict) and each[key].get("title"):
                return str(each[key]["title"])
        if each.get("title"):
            return str(each["title"])
    return folder.resolve().name


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:  # no UTF-8
        raise InputError(f"cannot read {path}: {error}") from None


def _json(path: Path) -> dict[str, Any]:
    text = _text(path)
    try:
        told = json.loads(text)
    except ValueError as error:
        raise InputError(f"cannot read {path}: {error}") from None
    return told if isinstance(told, dict) else {path.stem: told}


def _csv(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path)
    except (OSError, ValueError) as error:  # pandas' errors of parsing are ValueErrors
        raise InputError(f"cannot read {path}: {error}") from None
