"""Pages written from the code are as the code has them, and leave no formula without a test."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from abm import equations
from abm.levers import LEVERS
from abm.mechanisms import MECHANISMS
from abm.observation import OUTCOMES
from abm.parameters import NAMES

DOCS = Path(__file__).parents[1] / "docs"
MADE = runpy.run_path(str(DOCS / "tables.py"))
KEPT = runpy.run_path(str(DOCS / "kept.py"))


@pytest.mark.parametrize("name", MADE["PAGES"])
def test_pages_are_not_stale(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == MADE["PAGES"][name](), "python docs/tables.py"


def test_pages_say_what_is_kept_in_results() -> None:
    for page in KEPT["pages"]():
        text = page.read_text("utf-8")
        assert text == KEPT["filled"](text), f"{page}: python docs/kept.py"


def test_every_table_of_what_is_kept_is_on_a_page() -> None:
    shown = {
        name
        for page in KEPT["pages"]()
        for _, name, _, _ in KEPT["BLOCK"].findall(page.read_text("utf-8"))
    }
    assert shown == set(KEPT["BLOCKS"])


def test_every_formula_has_a_test_that_calls_it() -> None:
    for module, _ in MADE["FORMULAS"]:
        lacking = [name for name in MADE["formulas"](module) if not MADE["tests_of"](module, name)]
        assert lacking == [], module.__name__


def test_every_formula_of_what_moves_people_is_on_the_page() -> None:
    page = (DOCS / "equations.md").read_text("utf-8")
    defined = re.findall(r"^def (\w+)", Path(equations.__file__).read_text("utf-8"), re.MULTILINE)
    assert len(defined) > 30
    assert [name for name in defined if f"[`{name}`](../abm/equations.py#{name})" not in page] == []


def test_links_to_tests_lead_to_tests() -> None:
    links = re.findall(r"\]\(\.\./(tests/[\w/.]+)#(\w+)\)", (DOCS / "equations.md").read_text())
    assert len(links) > 60
    for path, test in set(links):
        assert f"def {test}(" in (DOCS.parent / path).read_text("utf-8")


def test_everything_declared_is_in_the_tables() -> None:
    page = (DOCS / "tables.md").read_text("utf-8")
    declared = [each.name for each in (*LEVERS, *OUTCOMES)] + [each.id for each in MECHANISMS]
    assert [name for name in (*declared, *NAMES) if f"| {name} |" not in page] == []


def test_a_formula_without_a_test_would_be_found() -> None:
    assert MADE["tests_by_formula"]()[equations.__name__, "no_such_formula"] == []
