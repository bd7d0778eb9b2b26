"""Targets, fans, Shapley values, fates: what is drawn equals the table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawn import inside, source_of
from matplotlib.figure import Figure

from abm.errors import OutputError
from abm.study import targets
from abm.study.results import Run
from abm.view import attribution_figures, fans, fit_figures, target_plot
from abm.view.style import BLUE, ORANGE

NAN = float("nan")


def target(**changes: object) -> pd.Series:
    """One row of a table of targets: observed 10 to 20, simulated 12."""
    usual = {
        "id": "T1", "what": "left", "observed_low": 10.0, "observed_high": 20.0, "unit": "people",
        "simulated": 12.0, "spread": 1.0, "hit": True, "source": "S1", "status": "fit",
    }  # fmt: skip
    return pd.Series({**usual, **changes})


@pytest.mark.parametrize(
    ("value", "low", "high", "place"),
    [
        (10, 10, 20, 0), (20, 10, 20, 1), (15, 10, 20, 0.5), (5, 10, 20, -0.5),
        (100, NAN, 100, 1), (80, NAN, 100, 0.8), (100, 100, NAN, 0), (150, 100, NAN, 0.5),
        (-8, -10, -8, 1), (-10, -10, -8, 0), (3, 3, 3, 0), (6, 3, 3, 1),
    ],
)  # fmt: skip
def test_the_observed_range_is_0_to_1(value: float, low: float, high: float, place: float) -> None:
    assert target_plot.on_scale(value, low, high) == pytest.approx(place)


def test_dots_stand_where_the_table_says_and_tell_what_is_judged() -> None:
    rows = [
        target(),
        target(id="T2", simulated=30.0, hit=False),
        target(id="T3", status="input"),
        target(id="T4", simulated=1e6, hit=False),
        target(id="T5", simulated=NAN),
        target(id="T6", observed_low=NAN, simulated=19.0),
    ]
    figure = target_plot.target_plot(pd.DataFrame(rows))
    (axes,) = figure.axes
    dots = [line for line in axes.lines if len(np.atleast_1d(line.get_xdata())) == 1]
    assert [dot.get_xdata()[0] for dot in dots] == pytest.approx([0.2, 2, 0.2, 3, 0.95])
    assert [dot.get_color() for dot in dots] == [BLUE, ORANGE, BLUE, ORANGE, BLUE]
    assert [dot.get_marker() for dot in dots] == ["o", "o", "o", ">", "o"]
    hollow = [dot.get_markerfacecolor() == "white" for dot in dots]
    assert hollow == [False, False, True, False, False]
    spreads = [line.get_xdata() for line in axes.lines if len(np.atleast_1d(line.get_xdata())) == 2]
    assert spreads[0].tolist() == pytest.approx([0.1, 0.3])
    assert len(axes.get_yticklabels()) == 5


@pytest.mark.parametrize("weeks", [3, 44])
def test_targets_of_a_run_are_drawn_or_it_is_told(small_run: Run, weeks: int) -> None:
    table = small_run.targets()
    if weeks == 3:
        table["simulated"] = NAN
        with pytest.raises(ValueError, match="ends before the first"):
            target_plot.target_plot(table)
    else:
        figure = target_plot.target_plot(table)
        known = table["simulated"].notna().sum()
        assert len(figure.axes[0].get_yticklabels()) == known < len(targets.TARGETS)
        assert inside(figure)


def made_up(replicates: int, weeks: int = 5) -> pd.DataFrame:
    """Departures of the World: week times replicate."""
    dates = pd.date_range("2022-02-24", periods=weeks, freq="7D")
    rows = [
        (k, date, "World", "departures", 1e4 * (week + 1) * k, "people a week")
        for k in range(replicates)
        for week, date in enumerate(dates)
    ]
    return pd.DataFrame(rows, columns=["replicate", "date", "host", "outcome", "value", "unit"])


def test_a_fan_holds_the_shares_that_it_says() -> None:
    figure = fans.fan(made_up(101), ["departures"])
    (axes,) = figure.axes
    median = axes.lines[-1].get_ydata()
    np.testing.assert_allclose(median, 1e4 * 50 * np.arange(1, 6) / 1e6)
    ends = [band.get_datalim(axes.transData) for band in axes.collections]
    assert [box.y1 for box in ends] == pytest.approx([4.875, 4.5, 3.75])
    assert [box.y0 for box in ends] == pytest.approx([0.025, 0.1, 0.25])
    assert axes.get_ylabel() == "million people a week"


@pytest.mark.parametrize(("replicates", "weeks"), [(1, 5), (4, 5), (1, 1), (12, 1)])
def test_a_fan_of_little_is_lines(replicates: int, weeks: int) -> None:
    figure = fans.fan(made_up(replicates, weeks), ["departures"])
    bands = len(fans.SHARES) if replicates >= fans.ENOUGH else 0
    assert len(figure.axes[0].collections) == bands
    lines = 1 if bands or replicates == 1 else replicates + 1
    assert len(figure.axes[0].lines) == lines
    assert ("a line" in source_of(figure)) == (lines > 1)
    assert inside(figure)


@pytest.mark.parametrize(("unit", "said"), [("people a week", "nobody"), ("multiple", "zero")])
def test_a_fan_of_nothing_says_so(unit: str, said: str) -> None:
    (axes,) = fans.fan(made_up(4).assign(value=0.0, unit=unit), ["departures"]).axes
    (text,) = axes.texts
    assert said in text.get_text()
    assert axes.get_ylim() == (0, 1)
    assert list(axes.get_yticks()) == [0]
    assert not fans.fan(made_up(4), ["departures"]).axes[0].texts


def test_a_fan_of_what_is_not_there_is_told() -> None:
    with pytest.raises(KeyError, match="no outcome 'departures' for 'Georgia'"):
        fans.fan(made_up(2), ["departures"], "Georgia")


def test_shapley_bars_are_as_long_as_the_values_and_ordered() -> None:
    table = pd.DataFrame({"name": ["M1", "M2", "M3"], "value": [1e4, -4e4, 2e4]})
    table = table.assign(low=table["value"] - 500, high=table["value"] + 500)
    table.loc[2, ["low", "high"]] = NAN
    figure = attribution_figures.shapley_bars(table, "departures.total", "people")
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["M2", "M3", "M1"]
    assert [bar.get_width() for bar in axes.patches] == [-40, 20, 10]
    intervals = [line.get_xdata() for line in axes.lines[:-1]]
    assert [list(ends) for ends in intervals] == [[-40.5, -39.5], [9.5, 10.5]]
    assert axes.get_xlabel() == "contribution, thousand people"
    assert "Together: -10 thousand people" in source_of(figure)
    assert inside(figure)
    with pytest.raises(ValueError, match="no mechanism"):
        attribution_figures.shapley_bars(table.iloc[:0], "departures.total", "people")


FLOWS = pd.DataFrame(
    [
        ("stayed home", "left and settled", 500.0),
        ("left and settled", "left and settled", 3000.0),
        ("left and settled", "returned", 0.0),
        ("returned", "stayed home", 200.0),
        ("called up", "called up", 1.0),
    ],
    columns=["fate_a", "fate_b", "people"],
)


def test_ribbons_are_as_wide_as_people_and_meet_their_fates() -> None:
    figure = attribution_figures.fate_flows(FLOWS, "war-years", "mine")
    (axes,) = figure.axes
    boxes = [ribbon.get_paths()[0] for ribbon in axes.collections]
    widths = sorted(np.ptp(path.vertices[path.vertices[:, 0] == 0][:, 1]) for path in boxes)
    assert widths == pytest.approx([1, 200, 500, 3000])
    written = {text.get_text() for text in axes.texts}
    assert {"stayed home\n500", "left and settled\n3,500", "returned\n200", "mine"} <= written
    assert "700 people whose fate differs" in source_of(figure)
    assert inside(figure)
    figure.canvas.draw()
    drawn = [text.get_window_extent() for text in axes.texts]
    assert not any(a.overlaps(b) for k, a in enumerate(drawn) for b in drawn[:k])


def test_every_fate_has_its_place_and_a_strange_one_is_told() -> None:

    with pytest.raises(KeyError, match="no place in the order for lost"):
        attribution_figures.fate_flows(FLOWS.assign(fate_b="lost"))
    with pytest.raises(ValueError, match="nobody left"):
        attribution_figures.fate_flows(FLOWS.assign(people=0.0))


def test_a_fit_whose_figures_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("targets", "learnt"):
        monkeypatch.setattr(fit_figures, name, lambda table: Figure())
    for name in ("targets", "factors", "figures"):
        (tmp_path / name).with_suffix("" if name == "figures" else ".csv").write_text("id\n")
    with pytest.raises(OutputError, match=r"^cannot write .*figures: .*; choose another folder"):
        fit_figures.draw_all(tmp_path)
