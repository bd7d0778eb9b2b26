"""Tables in a terminal and figures: nothing cut off, units shown, nothing missing in silence."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from drawn import inside
from rich.console import Console

from abm.errors import InputError
from abm.study.targets import FILE, TARGETS, observed_stocks
from abm.view import dated_events, figures, terminal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EVENTS = dated_events.table_of(
    [
        {"date": "2022-09-21", "host": None, "lever": "mobilisation", "value": 1.0},
        {"date": "2022-09-30", "host": "Finland", "lever": "entry_ban", "value": 1.0},
        {"date": "2022-03-02", "host": "Host A", "lever": "direct_flights", "value": 0.0},
        {"date": "2022-03-02", "host": "Host B", "lever": "direct_flights", "value": 0.0},
    ]
)
DRAWINGS = (figures.departures_and_returns, figures.stock_abroad, figures.returns_by_cause)


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("show", ["targets", "table"])
def test_nothing_is_cut_off_in_a_narrow_terminal(width: int, show: str) -> None:
    screen = io.StringIO()
    out = Console(file=screen, width=width, force_terminal=True, color_system=None)
    if show == "table":
        terminal.table(("id", "what"), [("M1", "word " * 30)], out)
        assert screen.getvalue().count("word") == 30
    else:
        terminal.targets_table(made_up_targets(), out)
        words = {word for target in TARGETS for word in target.what.split()}
        assert all(word in screen.getvalue() for word in words)
    assert max(len(line) for line in screen.getvalue().splitlines()) <= width
    assert "…" not in screen.getvalue()


def made_up_targets() -> pd.DataFrame:
    nan = float("nan")
    rows = [
        {
            "id": target.id,
            "what": target.what,
            "observed_low": nan if target.low is None else target.low,
            "observed_high": nan if target.high is None else target.high,
            "unit": target.unit,
            "simulated": 1_234_567.0,
            "spread": 12_345.0,
            "hit": target.status == "fit",
            "source": target.source,
            "status": target.status,
        }
        for target in TARGETS
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("mean", "spread", "text"),
    [
        (401_891.0, 12_057.0, "402k ± 12k"),
        (1_121_821.0, 33_655.0, "1.12M ± 0.03M"),
        (0.25712, 0.00772, "0.257 ± 0.008"),
        (-10.72, 0.281, "-10.7 ± 0.3"),
        (0.0, 0.0, "0 ± 0"),
        (999.7, 1.0, "1000 ± 1"),
        (80_000.0, float("nan"), "80k"),
        (0.4, float("nan"), "0.4"),
        (-8.0, float("nan"), "-8"),
        (100.0, float("nan"), "100"),
        (float("nan"), float("nan"), "–"),
    ],
)
def test_numbers_for_people(mean: float, spread: float, text: str) -> None:
    assert terminal.with_spread(mean, spread) == text


def test_a_near_miss_does_not_look_like_a_hit() -> None:
    near = made_up_targets()
    near.loc[near["id"] == "T4.1", ["simulated", "spread", "hit"]] = 1_004_000.0, 9_000.0, False
    screen = io.StringIO()
    terminal.targets_table(near, Console(file=screen, width=200))
    assert "at most 1M" in screen.getvalue()
    assert "1.004M ± 0.009M" in screen.getvalue()
    assert "± is the standard deviation over runs" in screen.getvalue()
    screen = io.StringIO()
    terminal.targets_table(near.drop(columns="spread"), Console(file=screen, width=200))
    assert "±" not in screen.getvalue().split("targets hit")[1]


def test_progress_shows_the_time_left() -> None:
    screen = io.StringIO()
    out = Console(file=screen, width=40, force_terminal=True, color_system=None)
    with terminal.progress("war-years", out) as report:
        report(75, 149)
    assert "war-years" in screen.getvalue()
    assert "50%" in screen.getvalue()


@pytest.mark.parametrize("draw", DRAWINGS)
@pytest.mark.parametrize("weeks", [1, 60])
@pytest.mark.parametrize("replicates", [1, 2])
def test_figures_say_what_they_show(
    draw: Callable[..., Figure], weeks: int, replicates: int, outcomes: pd.DataFrame
) -> None:
    some = outcomes[outcomes["date"] < outcomes["date"].min() + pd.Timedelta(weeks=weeks)]
    some = some[some["replicate"] < replicates]
    figure = draw(some if replicates > 1 else some.drop(columns="replicate"), EVENTS)
    assert figure.get_suptitle()
    assert "Relokant" in figure.get_supxlabel()
    assert any("people" in axes.get_ylabel() for axes in figure.axes)
    counted = [axes for axes in figure.axes if "people" in axes.get_ylabel()]
    assert all(axes.get_ylim()[0] == 0 for axes in counted)


@pytest.mark.parametrize("draw", DRAWINGS)
def test_a_missing_outcome_raises(draw: Callable[..., Figure], outcomes: pd.DataFrame) -> None:
    wrong = outcomes.assign(outcome="arrivals")
    with pytest.raises(KeyError, match="no outcome"):
        draw(wrong)


def test_all_hosts_are_in_the_panels_of_stocks(outcomes: pd.DataFrame) -> None:
    figure = figures.stock_abroad(outcomes)
    shown = sum(axes.lines[0].get_ydata() for axes in figure.axes)
    stock = outcomes.query("outcome == 'stock_abroad' and host == 'World'")
    expected = stock.groupby("date")["value"].mean() / 1000
    np.testing.assert_allclose(shown, expected)


def test_returns_by_cause_add_up(outcomes: pd.DataFrame) -> None:
    monthly = figures.weekly_returns_by_month(outcomes)
    dates = pd.Series(outcomes["date"].unique())
    weeks = dates.groupby(dates.dt.to_period("M").dt.start_time).size()
    world = outcomes.query("host == 'World'")
    causes = world[world["outcome"].str.startswith("return_causes.")]
    np.testing.assert_allclose(monthly.sum(axis=1) @ weeks, causes["value"].sum() / 2)


def test_no_bar_touches_the_top_and_no_bands_are_spoken_of(outcomes: pd.DataFrame) -> None:
    figure = figures.returns_by_cause(outcomes)
    (axes,) = figure.axes
    tallest = figures.weekly_returns_by_month(outcomes).sum(axis=1).max()
    assert axes.get_ylim()[1] > 1.05 * tallest
    assert "bands" not in figure.get_supxlabel()
    assert "bands" in figures.departures_and_returns(outcomes).get_supxlabel()


def test_a_cause_without_a_row_in_a_week_counts_as_none(outcomes: pd.DataFrame) -> None:
    first = outcomes["date"].min()
    sparse = outcomes[(outcomes["date"] == first) | (outcomes["outcome"] == "returns")]
    monthly = figures.weekly_returns_by_month(sparse)
    assert len(monthly) == 15
    assert monthly.iloc[0].gt(0).all()
    assert monthly.iloc[1:].eq(0).all(axis=None)


def test_marks_are_the_orders_of_mobilisation() -> None:
    from abm.scenario import load

    events = dated_events.table_of(load("war-years").events)
    assert list(dated_events.marks_of(events)) == [date(2022, 9, 21)]
    peaceful = load("war-years", set={"mobilisation": 0})
    assert dated_events.marks_of(dated_events.table_of(peaceful.events)) == {}
    assert dated_events.marks_of(None) == {}


def test_figures_leave_no_global_state(outcomes: pd.DataFrame, tmp_path: Path) -> None:
    import sys

    def windows() -> list[int] | None:  # other tests use libraries that load pyplot
        pyplot = sys.modules.get("matplotlib.pyplot")
        return None if pyplot is None else list(pyplot.get_fignums())

    before = windows()
    folder = tmp_path / "new" / "figures"
    paths = figures.draw_all(outcomes, folder, EVENTS)
    assert sorted(folder.iterdir()) == sorted(paths)
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)
    assert windows() == before


def test_figures_ask_for_outcomes(tmp_path: Path) -> None:
    for other in ("results/war-years", pd.DataFrame({"person": [1]})):
        with pytest.raises(InputError, match=r"takes a table with the columns date, .*Example"):
            figures.draw_all(other, tmp_path / "figures")  # type: ignore[arg-type]
    assert not (tmp_path / "figures").exists()


def test_a_fits_figures_say_so(outcomes: pd.DataFrame) -> None:
    said = "high evidence, draws 1 to 2"
    for draw in (figures.departures_and_returns, figures.stock_abroad, figures.returns_by_cause):
        assert said in " ".join(str(draw(outcomes, fitted=said).get_supxlabel()).split())
        assert "evidence" not in str(draw(outcomes).get_supxlabel())


def test_the_timeline_has_a_dot_for_each_day_and_kind_of_event(outcomes: pd.DataFrame) -> None:
    figure = figures.departures_and_returns(outcomes, EVENTS)
    above, below = figure.axes
    assert above.get_xlim() == below.get_xlim()
    rows = [label.get_text() for label in below.get_yticklabels()]
    assert rows == ["Kremlin", "entry, visas", "flights"]
    sizes = [len(dots.get_offsets()) for dots in below.collections]
    assert sizes == [1, 1, 1]
    one, two = below.collections[1].get_sizes()[0], below.collections[2].get_sizes()[0]
    assert two > one
    assert len(figures.departures_and_returns(outcomes, EVENTS.iloc[:0]).axes) == 1


def test_what_was_observed_stands_in_the_panel_of_its_host(outcomes: pd.DataFrame) -> None:
    day, later, nan = pd.Timestamp("2022-12-31"), pd.Timestamp("2024-01-01"), float("nan")
    first, second = (axes.get_title("left") for axes in figures.stock_abroad(outcomes).axes[:2])
    rows = [
        (first, day, 1e5, 2e5, "permits"),
        (second, day, nan, 8e4, "people"),
        (first, later, 1e5, 2e5, "people"),
        ("Nowhere", day, 1e5, 2e5, "people"),
    ]
    observed = pd.DataFrame(rows, columns=["host", "date", "low", "high", "counts"])
    figure = figures.stock_abroad(outcomes, EVENTS, observed)
    panels = {axes.get_title("left"): axes for axes in figure.axes}
    bar, dot = (panels[host].lines[-1] for host in (first, second))
    assert list(bar.get_ydata()) == [100, 200]
    assert list(dot.get_ydata()) == [80]
    assert dot.get_marker() == "v"
    assert sum(len(axes.lines) for axes in figure.axes) == 12 * 2 + 2
    assert f"permits (red, {first})" in " ".join(figure.get_supxlabel().split())


def test_observed_stocks_are_those_of_the_targets() -> None:
    stocks = observed_stocks().set_index("id")
    assert stocks.loc["T10.1", ["host", "counts"]].tolist() == ["Turkey", "permits"]
    assert stocks.loc["T12.2", "high"] == 80_000
    assert np.isnan(stocks.loc["T12.2", "low"])


def test_own_targets_take_the_place_of_observed_stocks(tmp_path: Path) -> None:
    mine = tmp_path / "mine.csv"
    rows = pd.read_csv(FILE, dtype=str, keep_default_na=False)
    rows[rows["id"].isin(["T10.1", "T1"])].replace("Turkey", "Serbia").to_csv(mine, index=False)
    for own_people in (False, True):
        stocks = observed_stocks(mine, own_people)
        assert stocks[["host", "counts"]].to_numpy().tolist() == [["Serbia", "permits"]]


def test_packaged_stocks_do_not_speak_of_own_people(outcomes: pd.DataFrame) -> None:
    none = observed_stocks(own_people=True)
    assert none.empty
    assert "observed" not in figures.stock_abroad(outcomes, EVENTS, none).get_supxlabel()


@pytest.mark.parametrize("largest", [0.04, 1, 12, 1e6])
def test_ticks_are_true_at_every_magnitude(largest: float, outcomes: pd.DataFrame) -> None:
    flows = outcomes["outcome"].isin(["departures", "returns"])
    share = largest / outcomes.loc[flows, "value"].max()
    figure = figures.departures_and_returns(outcomes.assign(value=outcomes["value"] * share))
    figure.canvas.draw()
    (axes,) = figure.axes
    said = [float(tick.get_text().replace(",", "")) for tick in axes.get_yticklabels()]
    assert said == pytest.approx(list(axes.get_yticks()))
    assert len(set(said)) == len(said) > 2


@pytest.mark.parametrize("draw", [figures.departures_and_returns, figures.stock_abroad])
def test_one_week_does_not_stand_in_years(
    draw: Callable[..., Figure], outcomes: pd.DataFrame
) -> None:
    figure = draw(outcomes[outcomes["date"] == outcomes["date"].min()])
    for axes in figure.axes:
        first, last = axes.get_xlim()
        assert last - first == 14


def test_returns_of_nobody_are_said_to_be_so(outcomes: pd.DataFrame) -> None:
    (axes,) = figures.returns_by_cause(outcomes.assign(value=0.0)).axes
    assert [text.get_text() for text in axes.texts] == ["nobody returned"]
    assert axes.get_legend() is None
    assert list(axes.get_yticks()) == [0]
    (axes,) = figures.returns_by_cause(outcomes).axes
    assert not axes.texts
    assert axes.get_legend() is not None


def test_departures_of_nobody_are_said_to_be_so(outcomes: pd.DataFrame) -> None:
    (axes,) = figures.departures_and_returns(outcomes.assign(value=0.0)).axes
    assert [text.get_text() for text in axes.texts] == ["nobody left Russia"]
    assert list(axes.get_yticks()) == [0]
    (axes,) = figures.departures_and_returns(outcomes).axes
    assert not axes.texts


@pytest.mark.parametrize("count", [0, 1, 2, 4, 11, 12, 13])
def test_only_hosts_with_people_have_a_panel(count: int, outcomes: pd.DataFrame) -> None:
    there = [f"Host {letter}" for letter in "ABCDEFGHIJKLMN"[:count]]
    value = outcomes["value"].where(outcomes["host"].isin([*there, "World"][: count + 1]), 0.0)
    figure = figures.stock_abroad(outcomes.assign(value=value * (count > 0)))
    titles = {axes.get_title("left") for axes in figure.axes}
    if count == 0:
        assert titles == {"all hosts"}
        assert [text.get_text() for text in figure.axes[0].texts] == ["nobody abroad"]
    elif count < 12:
        assert titles == set(there)
    else:
        assert len(titles) == 12
        assert "all other hosts" in titles
    bottom = figure.axes[-min(count, 3) :]
    assert all(axes.xaxis.get_tick_params()["labelbottom"] for axes in bottom)
    assert inside(figure)
