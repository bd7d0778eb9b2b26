"""`abm list`: everything that is declared is there, with unit, range and source, at any width."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from abm.cli import LISTS
from abm.hosts_table import HOST_NAMES
from abm.levers import LEVERS
from abm.mechanisms import MECHANISMS
from abm.observation import OUTCOMES
from abm.parameters import PARAMETERS
from abm.scenario import load, packaged_scenarios
from abm.view import lists, terminal
from abm.view.lists import Listing


def table(what: str) -> dict[str, dict[str, str]]:
    """The rows of a list, by name and column."""
    columns, rows, right = getattr(lists, what)()
    assert set(right) <= set(columns)
    assert all(len(row) == len(columns) for row in rows)
    return {row[0]: dict(zip(columns, row, strict=True)) for row in rows}


def test_every_list_has_all_that_is_declared() -> None:
    declared = {
        "scenarios": packaged_scenarios(),
        "parameters": [each.name for each in PARAMETERS],
        "levers": [each.name for each in LEVERS],
        "mechanisms": [each.id for each in MECHANISMS],
        "outcomes": [each.name for each in OUTCOMES],
        "hosts": HOST_NAMES,
    }
    assert set(declared) == set(LISTS)
    for what, names in declared.items():
        assert list(table(what)) == list(names)


@pytest.mark.parametrize(
    ("what", "columns"),
    [
        ("scenarios", ("what", "until", "source")),
        ("parameters", ("symbol", "value", "range", "unit", "status", "source")),
        ("levers", ("id", "actor", "at start", "range", "unit", "what")),
        ("mechanisms", ("what", "off means")),
        ("outcomes", ("id", "unit", "where", "what")),
        ("hosts", ("leans to", "visa-free", "refused", "hostility", "sourced")),
    ],
)
def test_nothing_that_matters_is_blank(what: str, columns: tuple[str, ...]) -> None:
    for name, row in table(what).items():
        assert all(row[column].strip() for column in columns), name


def test_levers_show_what_they_are_before_any_event() -> None:
    levers = table("levers")
    assert levers["renewal_strictness"]["at start"] == "0.3"
    assert levers["visa_free_days"]["at start"] == "by host"
    assert levers["weekly_places"]["at start"] == "no limit"
    assert levers["mobilisation"]["at start"] == "0"
    assert levers["mobilisation_quota"]["range"] == "0 to 5,000,000"


def test_mechanisms_name_parameters_and_levers() -> None:
    assert table("mechanisms")["M1"]["off means"] == "lever repression=0"
    assert table("mechanisms")["M7"]["off means"] == "insecurity_weight=0"


def test_scenarios_say_what_they_stand_on_and_change() -> None:
    for name, row in table("scenarios").items():
        assert row["until"] == str(load(name).until)
        assert row["base"] or name == "war-years"
        assert row["sets"]
    assert table("scenarios")["lenient-renewal"]["sets"] == "1 lever"
    assert table("scenarios")["lenient-renewal"]["source"].startswith("S1: ")


def shown(listing: Listing, width: int) -> str:
    screen = io.StringIO()
    out = Console(file=screen, width=width, force_terminal=True, color_system=None)
    terminal.table(*listing[:2], out, listing[2])
    return screen.getvalue()


@pytest.mark.parametrize("what", LISTS)
def test_nothing_is_cut_off_at_any_width(what: str) -> None:
    listing = getattr(lists, what)()
    words = {word for row in listing[1] for cell in row for word in cell.split()}
    for width in (60, 80, 120, 140):
        text = shown(listing, width)
        assert max(len(line) for line in text.splitlines()) <= width
        assert "…" not in text
        assert words <= set(text.split())


def test_short_facts_are_not_torn_apart() -> None:
    facts = ("name", "what", "unit", "range")
    rows = [("tourist_visas", "visitor visas granted", "share of applicants", "0 to 1")] * 2
    assert shown((facts, rows, ()), 30).splitlines()[:4] == [
        "tourist_visas",
        "  visitor visas granted".ljust(30),
        "  unit share of applicants".ljust(30),
        "  range 0 to 1".ljust(30),
    ]
