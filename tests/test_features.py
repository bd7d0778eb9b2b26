"""The feature table: every id of the model's description has a row, and no row claims too much."""

from __future__ import annotations

import ast
import csv
import re
from functools import cache
from pathlib import Path

import pytest

from abm.levers import LEVERS
from abm.mechanisms import MECHANISMS
from abm.observation import OUTCOMES
from abm.parameters import NAMES
from abm.scenario import packaged_scenarios

HOME = Path(__file__).parents[1]
PAGE = HOME / "docs" / "features.md"
IDS = [
    *(f"A{k}" for k in range(1, 22)),
    *(f"M{k}" for k in range(1, 40)),
    *("P1", "P2", "P3", "P4a", "P4b"),
    *(f"P{k}" for k in range(5, 17)),
    *(f"P17{part}" for part in "abcde"),
    *(f"P{k}" for k in range(18, 27)),
    *(f"O{k}" for k in range(1, 17)),
    *(f"T{k}" for k in range(1, 27)),
]
Row = tuple[str, str, str, str, str]


def rows_of(page: str) -> list[Row]:
    """Rows of the page's tables: id, what, where, set by, test."""
    lines = [line for line in page.splitlines() if re.match(r"\| [A-Z]\d", line)]
    cells = [tuple(cell.strip() for cell in line.strip("| ").split(" | ")) for line in lines]
    assert all(len(row) == 5 for row in cells)
    return cells  # type: ignore[return-value]


ROWS = rows_of(PAGE.read_text("utf-8"))


def quoted(cell: str) -> list[str]:
    """What a cell names in backticks."""
    return re.findall(r"`([^`]+)`", cell)


@cache
def names_in(path: Path) -> frozenset[str]:
    """Functions, classes, constants and methods ("Class.method") of a module."""
    found = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            parts = [part for part in node.body if isinstance(part, ast.FunctionDef)]
            found |= {f"{node.name}.{part.name}" for part in parts}
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return frozenset(found)


def missing(reference: str, separator: str) -> str | None:
    """What is wrong with "path", "path:name" or "path::test"; None when it exists."""
    path, _, name = reference.partition(separator)
    file = HOME / path
    if not file.is_file():
        return f"no file {path}"
    if name and name not in names_in(file):
        return f"no {name} in {path}"
    return None


def test_every_id_has_one_row_in_order() -> None:
    assert [row[0] for row in ROWS] == IDS


def test_every_row_says_what_it_is() -> None:
    assert all(row[1] for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_works_exists(row: Row) -> None:
    code, tests = quoted(row[2]), quoted(row[4])
    assert code
    assert tests
    wrong = [missing(each, ":") for each in code] + [missing(each, "::") for each in tests]
    assert [each for each in wrong if each] == []
    assert all("::test_" in each for each in tests)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_sets_it_exists(row: Row) -> None:
    levers = {lever.name for lever in LEVERS}
    outcomes = {outcome.name for outcome in OUTCOMES}
    families = {f"{name.partition('.')[0]}.*" for name in outcomes if "." in name}
    mechanisms = {each.id for each in MECHANISMS}
    known = levers | outcomes | families | mechanisms | {*NAMES, *packaged_scenarios()}
    assert quoted(row[3])
    assert set(quoted(row[3])) <= known


def test_what_the_code_declares_works_here() -> None:
    rows = {row[0]: row for row in ROWS}
    declared = [(each.id, {each.id}) for each in MECHANISMS if each.id in IDS]
    declared += [(lever.id, {lever.name}) for lever in LEVERS if lever.id in IDS]
    for outcome in OUTCOMES:
        declared.append((outcome.id, {outcome.name, f"{outcome.name.partition('.')[0]}.*"}))
    unsaid = {id for id, names in declared if not names & {*quoted(rows[id][3])}}
    assert unsaid == set()


def test_targets_work_when_they_are_read_off_a_run() -> None:
    with (HOME / "abm" / "data" / "targets.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    covered = {row["id"].partition(".")[0] for row in rows if row["process"]}
    claims = {"T21", "T25", "T26"}  # experiments, beside T23
    assert {id for id in IDS if id.startswith("T")} == covered | {"T20"} | claims


def test_a_row_that_claims_too_much_would_be_found() -> None:
    assert missing("abm/equations_of_hosts.py:rent", ":") is None
    assert missing("abm/hosts.py:HostColumns.update", ":") is None
    assert missing("abm/equations.py:rents", ":") == "no rents in abm/equations.py"
    assert missing("abm/equation.py:rent", ":") == "no file abm/equation.py"
    assert missing("tests/test_features.py::test_nothing", "::") is not None
