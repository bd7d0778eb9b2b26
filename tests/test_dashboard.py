"""The dashboard without a browser: its model, sliders, figure, and what it refuses."""

from __future__ import annotations

import socket
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from abm import cli
from abm.levers import LEVERS
from abm.model import EmigrationModel
from abm.parameters import PARAMETERS
from abm.scenario import Scenario, load
from abm.view import live, live_figures
from abm.view.live import LiveModel, Slider, sliders

EVERYTHING = [
    *(each.name for each in PARAMETERS if each.name != "discount_per_year"),
    *(lever.name for lever in LEVERS),
]


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load("war-years", scale=5000, until="2022-10-31")


def played(model: EmigrationModel) -> pd.DataFrame:
    while model.running:
        model.step()
    return model.outcomes()


# --- sliders ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def every_slider(scenario: Scenario) -> tuple[Slider, ...]:
    return sliders(scenario, EVERYTHING)


def test_every_slider_starts_in_its_range_and_on_a_step(every_slider: tuple[Slider, ...]) -> None:
    assert {*EVERYTHING} <= {each.name for each in every_slider}
    for each in every_slider:
        steps = (each.start - each.low) / each.step
        assert each.low <= each.start <= each.high, each
        assert steps == pytest.approx(round(steps), abs=1e-6), each
        assert each.step <= each.high - each.low, each


def test_sliders_of_parameters_start_at_their_very_value(
    scenario: Scenario, every_slider: tuple[Slider, ...]
) -> None:
    declared = [each for each in every_slider if hasattr(scenario.parameters, each.name)]
    assert len(declared) == len(PARAMETERS) - 1
    for each in declared:
        assert each.start == getattr(scenario.parameters, each.name)


def test_a_lever_starts_as_it_stands_in_the_first_week(scenario: Scenario) -> None:
    ban, visas, repression = sliders(
        scenario, ["entry_ban.Finland", "tourist_visas.Finland", "repression"]
    )[:3]
    model = EmigrationModel(scenario)
    model.step()
    assert ban.start == model.hosts["Finland"].entry_ban == 0
    assert visas.start == pytest.approx(model.hosts["Finland"].tourist_visas, abs=visas.step / 2)
    assert repression.start == model.kremlin.repression > 0


def test_untouched_sliders_leave_the_run_as_it_is_and_watching_steers_nothing(
    scenario: Scenario,
) -> None:
    dials = sliders(scenario)
    live_model = LiveModel(scenario, dials, seed=1, **{each.name: each.start for each in dials})
    assert live_model.settings == {}
    pd.testing.assert_frame_equal(played(live_model), played(EmigrationModel(scenario, seed=1)))


def test_a_moved_slider_is_what_set_is(scenario: Scenario) -> None:
    dials = sliders(scenario)
    stand = {each.name: each.start for each in dials} | {"cost_of_leaving": 6.0}
    live_model = LiveModel(scenario, dials, seed=2, **stand)
    assert live_model.settings == {"cost_of_leaving": 6.0}
    same = EmigrationModel(scenario, seed=2, set={"cost_of_leaving": 6.0})
    pd.testing.assert_frame_equal(played(live_model), played(same))


def test_what_a_mechanism_that_is_off_needs_has_no_slider(scenario: Scenario) -> None:
    names = [each.name for each in sliders(load(scenario, without=["M8"]))]
    assert "discrimination_weight" in live.SLIDERS
    assert "discrimination_weight" not in names
    assert len(names) >= len(live.SLIDERS) - 2


# --- decisions ----------------------------------------------------------------------------------


def test_decisions_are_moves_that_were_made(scenario: Scenario) -> None:
    model = LiveModel(scenario)
    assert model.decisions_table().empty
    played(model)
    table, moves = model.decisions_table(), model.moves_table()
    columns = [moves["date"].astype(str), moves["origin"], moves["destination"], moves["cause"]]
    made = set(zip(*columns, strict=True))
    assert len(table) == live.KEPT
    assert list(table["week"]) == sorted(table["week"], reverse=True)
    for _, row in table.iterrows():
        assert (row["week"], row["from"], row["to"], row["cause"]) in made


def test_a_decision_names_what_differs_most(scenario: Scenario) -> None:
    model = EmigrationModel(scenario)
    played(model)
    person = model.russians.select(host="Georgia", at_most=1)[0]
    row = live.decision(20, person, "Russia", "job lost")
    options = person.explain().set_index("option")
    first, size = row["speaks against it"].split(", ")[0].rsplit(" ", 1)
    name = first.replace(" ", "_")
    assert f"{options.loc['Russia', name] - options.loc['Georgia', name]:+.1f}" == size
    parts = options.columns[options.columns.get_loc("probability") + 1 :]
    worst = (options.loc["Russia", parts] - options.loc["Georgia", parts]).astype(float).idxmin()
    assert name == worst
    assert (row["from"], row["to"]) == ("Georgia", "Russia")
    assert row["who"].startswith(("man of ", "woman of "))


# --- the figure ---------------------------------------------------------------------------------


def test_stocks_are_stacked_as_the_table_has_them(scenario: Scenario) -> None:
    outcomes = played(EmigrationModel(scenario))
    hosts = ("Turkey", "Georgia", "Kazakhstan")
    axes = live_figures.stocks(outcomes, hosts).axes[0]
    stock = outcomes.query("outcome == 'stock_abroad'")
    tops = [area.get_paths()[0].vertices[:, 1] for area in axes.collections]
    below = 0.0
    for host, top in zip(hosts, tops, strict=False):
        below += stock[stock["host"] == host]["value"].iloc[-1] / 1000
        assert below == pytest.approx(top[len(top) // 2])
    world = stock.query("host == 'World'")["value"]
    assert np.max(tops[-1]) == pytest.approx(world.max() / 1000)
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["all others", *reversed(hosts)]


# --- what it refuses ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["no-such"], "unknown scenario"),
        (["--scale", "0"], "'scale'"),
        (["--slider", "entry_bans"], "Did you mean 'entry_ban'?"),
        (["--slider", "entry_ban.Atlantis"], "unknown host 'Atlantis'"),
        (["--slider", "discount_per_year"], "--looking-ahead"),
        (["--port", "99999"], "Example: --port 8766"),
        (["--port", "http"], "'http' is not a whole number; for example 8765"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str], serves: list[Any]
) -> None:
    assert cli.main(["dashboard", *arguments]) == cli.BAD_INPUT
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
    assert serves == []


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str], serves: list[Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert cli.main(["dashboard", "--scale", "10000", "--port", port]) == cli.BAD_INPUT
    assert f"port {port}: " in capsys.readouterr().err
    assert serves == []


def test_a_missing_extra_is_one_clear_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, serves: list[Any]
) -> None:
    from abm.commands import dashboard

    monkeypatch.setattr(dashboard, "NEEDS", ("numpy", "no_such_module"))
    assert cli.main(["dashboard", "--scale", "10000", "--port", "0"]) == cli.BAD_INPUT
    told = "abm: the dashboard needs no_such_module. Example: pip install 'relokant[dashboard]'\n"
    assert capsys.readouterr().err == told
    assert serves == []


@pytest.fixture
def serves(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was served, instead of serving."""
    served: list[Any] = []
    page = SimpleNamespace(Asked=tuple, serve=lambda *given: served.append(given))
    monkeypatch.setitem(sys.modules, "abm.view.dashboard", page)
    return served
