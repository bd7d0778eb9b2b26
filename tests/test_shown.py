"""In a notebook objects show themselves: short, escaped, useful; Tab finds their attributes."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from finished_runs import at_home, finished
from small_studies import small

import abm
from abm import html
from abm.levers import HOST_LEVERS
from abm.model import EmigrationModel
from abm.parameters import PARAMETERS, Parameters
from abm.russians import ATTRIBUTES
from abm.scenario import load
from abm.study.compare import compare
from abm.study.results import Replicates, Run

NASTY = "<script>alert('&')</script>"
VOID = {"br", "hr", "img"}


class Page(HTMLParser):
    """Collects texts and tags; every tag that opens must close."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(source)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)


def shown(thing: Any) -> Page:
    """What an object shows, which must be short and hold no script."""
    source = thing._repr_html_()
    assert len(source) < 60_000
    page = Page(source)
    assert "script" not in page.tags
    return page


def test_a_card_escapes_all_that_it_is_given() -> None:
    table = html.table(pd.DataFrame({NASTY: [NASTY]}), NASTY)
    page = Page(html.card(NASTY, {NASTY: NASTY}, table))
    assert "script" not in page.tags
    assert page.text.count(NASTY) == 6


@pytest.mark.parametrize(
    ("value", "text"),
    [(3, "3"), (123_456, "123,456"), (0.123456, "0.1235"), (123_456.7, "123,457"), (True, "True"),
     (np.float64(0.5), "0.5"), ("a", "a"), (-20_000.0, "-20,000")],
)  # fmt: skip
def test_values_for_people(value: object, text: str) -> None:
    assert html.said(value) == text


def test_a_run_shows_its_world_and_its_targets(small_run: Run) -> None:
    page = shown(small_run)
    world = small_run.outcomes.query("host == 'World'")
    left = world.loc[world["outcome"] == "departures", "value"].sum()
    assert f"{left:,.0f} people" in page.text
    assert "1 run of war-years until 2022-12-31" in page.text
    assert "targets hit" in page.text
    assert "details" in page.tags
    twice = Replicates(
        (small_run, replace(small_run, scenario=replace(small_run.scenario, replicate=1)))
    )
    page = shown(twice)
    assert "2 runs of war-years" in page.text
    assert f"{left:,.0f} people" in page.text


def test_two_worlds_show_whose_fate_differs() -> None:
    pair = compare("war-years", "no-mobilisation", scale=10_000, until="2022-10-31", replicates=1)
    page = shown(pair)
    changed = pair.changed["people"].sum()
    assert changed > 0
    assert f"{changed:,.0f} people" in page.text
    assert "no-mobilisation" in page.text
    assert "stayed home" in page.words


def test_a_scenario_shows_what_is_changed_in_it() -> None:
    plain = shown(load("war-years"))
    assert plain.text.count("none") >= 3
    changed = load(
        "war-years", set={"entry_ban.Finland": 0, "contacts_weight": 0.1}, without=["M8"]
    )
    page = shown(replace(changed, title=NASTY))
    for told in ("entry_ban.Finland = 0", "contacts_weight = 0.1", "M8", NASTY):
        assert told in page.text
    assert str(len(changed.events)) in page.words


def test_parameters_show_all_and_which_are_changed() -> None:
    page = shown(Parameters(contacts_weight=0.1))
    assert "contacts_weight = 0.1" in page.text
    assert {each.name for each in PARAMETERS} <= set(page.words)
    assert Parameters().changed() == {}


def test_a_host_shows_its_state_and_levers() -> None:
    host = finished().hosts["Georgia"]
    page = shown(host)
    assert f"{host.newcomers:,.0f} people" in page.text
    assert set(HOST_LEVERS) <= set(page.words)


def test_a_person_shows_traits_and_likeliest_options() -> None:
    model = finished()
    person = at_home(model)
    page = shown(person)
    assert person.occupation in page.text
    best = person.explain().sort_values("probability")["option"].iloc[-1]
    assert best in page.words
    called_up = model.russians.select(host="army", at_most=1)[0]
    assert "in army" in shown(called_up).text


@pytest.mark.parametrize("named", ["person", "host"])
def test_tab_finds_attributes_that_can_be_read(named: str) -> None:
    model = EmigrationModel(scale=10_000, until="2022-03-31")
    thing = model.russians[0] if named == "person" else model.hosts["Georgia"]
    names = {name for name in dir(thing) if not name.startswith("_")}
    wanted = set(ATTRIBUTES) if named == "person" else {*HOST_LEVERS, "newcomers", "rent_usd"}
    assert wanted | {"model", "unique_id"} <= names
    for name in wanted:
        assert getattr(thing, name) is not None


def test_a_sweep_shows_how_far_it_is(tmp_path: Path) -> None:
    sweep = abm.sweep(small(), tmp_path / "grid", on="serial")
    page = shown(sweep)
    status = sweep.status()
    assert f"{status['planned']} planned" in page.text
    assert f"{status['done']} done" in page.text
    for factor in sweep.study.factors:
        assert factor.name in page.words
