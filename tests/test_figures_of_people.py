"""Figures of moves, stays and persons: what is drawn equals the table; odd tables are told of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from drawn import inside, source_of
from made_up_runs import moves

from abm.errors import InputError
from abm.hosts_table import HOST_NAMES
from abm.model import EmigrationModel
from abm.study.options_by_week import options_by_week
from abm.study.readings import time_abroad
from abm.study.results import Run
from abm.view import chords, dated_events, extras, options_over_time, pyramids, stays

LAST = date(2022, 12, 28)  # the 44th week's end
MOVES = moves(
    (1, 0, "Russia", "Georgia"), (1, 10, "Georgia", "Turkey"), (1, 20, "Turkey", "Russia"),
    (1, 30, "Russia", "Germany"),
    (2, 4, "Russia", "Turkey"), (2, 5, "Turkey", "Georgia"),
    (3, 43, "Russia", "Armenia"),
)  # fmt: skip
EMIGRANTS = pd.DataFrame(
    {
        "person": [1, 2, 3],
        "occupation": ["it", "worker", "it"],
        "sex": ["male", "female", "male"],
        "age_years": [22.5, 64.0, 24.9],
        "education": ["higher", "other", "other"],
        "place": ["Germany", "Georgia", "Russia"],
        "people": [100.0, 200.0, 100.0],
    }
)


def test_stays_run_from_leaving_russia_to_coming_back() -> None:
    table = time_abroad(MOVES, EMIGRANTS, LAST).sort_values(["person", "since"])
    assert table["person"].tolist() == [1, 1, 2, 3]
    assert table["host"].tolist() == ["Georgia", "Germany", "Turkey", "Armenia"]
    assert table["weeks"].tolist() == [20, 14, 40, 1]
    assert table["returned"].tolist() == [True, False, False, False]
    assert table["occupation"].tolist() == ["it", "it", "worker", "it"]
    assert table["host_type"].tolist()[:3] == ["former Soviet", "Europe and the West", "elsewhere"]


def test_replicates_do_not_mix_their_people() -> None:
    both = pd.concat([MOVES.assign(replicate=0), MOVES.iloc[:2].assign(replicate=1)])
    people = pd.concat([EMIGRANTS.assign(replicate=0), EMIGRANTS.assign(replicate=1)])
    table = time_abroad(both, people, LAST)
    other = table[table["replicate"] == 1]
    assert (other["returned"].tolist(), other["weeks"].tolist()) == ([False], [44])
    assert len(table) == 5


def test_curves_are_those_of_kaplan_and_meier() -> None:
    """Of four, one is back after 10 weeks, one is lost from sight at 20, one is back after 30."""
    table = pd.DataFrame({"weeks": [10, 20, 30, 40], "returned": [True, False, True, False]})
    share = stays.survival(table)["share"]
    at = dict(zip((share.index * stays.WEEKS_PER_MONTH).round(6), share, strict=True))
    assert [at[0], at[10], at[20]] == pytest.approx([1, 0.75, 0.75])
    assert at[30] == pytest.approx(0.75 / 2)
    assert stays.survival(table)["low"].iloc[-1] < at[30] < stays.survival(table)["high"].iloc[-1]


def test_a_curve_a_group_that_is_large_enough(small_run: Run) -> None:
    table = time_abroad(small_run.moves, small_run.emigrants, LAST)
    figure = stays.time_abroad(table)
    for axes, column in zip(figure.axes, stays.GROUPS, strict=True):
        sizes = table[column].value_counts()
        large = sizes[sizes >= stays.FEWEST]
        assert len(axes.lines) == len(large)
        for line, (name, size) in zip(axes.lines, large.items(), strict=True):
            assert f"({size:,})" in str(line.get_label())
            expected = stays.survival(table[table[column] == name])["share"]
            np.testing.assert_allclose(line.get_ydata(), expected)
    assert inside(figure)
    few = stays.time_abroad(table.iloc[:5])
    assert "left out" in source_of(few)


@pytest.fixture(scope="module")
def many_moves() -> pd.DataFrame:
    """Three hundred moves between all hosts, each first entered from Russia."""
    draw = np.random.default_rng(1).permuted(np.tile(np.arange(28), (300, 1)), axis=1)
    pairs = [(HOST_NAMES[min(a, b)], HOST_NAMES[max(a, b)]) for a, b in draw[:, :2]]
    rows = [(k, 0, "Russia", origin) for k, (origin, _) in enumerate(pairs)]
    return moves(*rows, *((k, 1, *pair) for k, pair in enumerate(pairs)))


def test_a_chord_diagram_holds_every_move_between_hosts(many_moves: pd.DataFrame) -> None:
    table = chords.between_hosts(many_moves)
    onward = many_moves.query("origin != 'Russia' and destination != 'Russia'")
    assert table.to_numpy().sum() == onward["people"].sum()
    assert len(table) == chords.NAMED_HOSTS + 1
    host = table.index[0]
    known = set(table.index[:-1])
    inner = onward[(onward["origin"] == host) & onward["destination"].isin(known)]
    assert table.loc[host].drop(chords.OTHERS).sum() == inner["people"].sum()
    figure = chords.flows_between_hosts(many_moves)
    assert f"{onward['people'].sum():,.0f} people moved on" in source_of(figure)
    words = {text.get_text() for text in figure.axes[0].texts}
    assert set(table.index) <= words
    assert inside(figure)


def test_few_hosts_stand_on_their_own_and_replicates_are_averaged() -> None:
    both = pd.concat([MOVES.assign(replicate=k) for k in range(2)])
    table = chords.between_hosts(both)
    assert set(table.index) == {"Georgia", "Turkey"}
    assert table.loc["Georgia", "Turkey"] == table.loc["Turkey", "Georgia"] == 150
    assert inside(chords.flows_between_hosts(both))


def test_a_run_without_moves_between_hosts_says_so() -> None:
    figure = chords.flows_between_hosts(MOVES.iloc[:1])
    assert [text.get_text() for text in figure.axes[0].texts] == ["nobody moved between hosts"]
    assert "replicate" not in source_of(chords.flows_between_hosts(MOVES.iloc[:0]))


def test_the_chord_diagram_leaves_matplotlib_as_it_was(many_moves: pd.DataFrame) -> None:
    before = dict(matplotlib.rcParams)
    chords.flows_between_hosts(many_moves)
    assert dict(matplotlib.rcParams) == before


def test_pyramids_are_shares_of_adults_by_age_and_sex() -> None:
    table = pyramids.by_age(EMIGRANTS)
    assert table.loc[20, "male"] == pytest.approx(200 / 3)
    assert table.loc[20, "male higher"] == pytest.approx(100 / 3)
    assert table.loc[60, "female"] == pytest.approx(100 / 3)
    assert table[["male", "female"]].to_numpy().sum() == pytest.approx(100)
    assert pyramids.russians().to_numpy().sum() == pytest.approx(100)


def test_bars_of_pyramids_are_as_long_as_their_shares(small_run: Run) -> None:
    figure = pyramids.pyramids(small_run.emigrants)
    place = small_run.emigrants["place"]
    for axes, chosen in zip(
        figure.axes,
        (place != "", ~place.isin(["Russia", "army"]), place == "Russia"),
        strict=True,
    ):
        table = pyramids.by_age(small_run.emigrants[chosen])
        columns = ["male", "male higher", "female", "female higher"]
        sides = np.repeat([-1, -1, 1, 1], len(table))
        widths = [bar.get_width() for bar in axes.patches if hasattr(bar, "get_width")]
        np.testing.assert_allclose(widths, sides * table[columns].to_numpy().T.ravel())
        assert f"({chosen.sum():,} adult" in axes.get_title("left")
    assert inside(figure)


@pytest.mark.parametrize("place", ["Georgia", "Russia", "army"])
def test_a_pyramid_of_nobody_is_empty_not_an_error(place: str) -> None:
    figure = pyramids.pyramids(EMIGRANTS.assign(place=place))
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles[0] == "ever left (3 adults)"
    assert any("(0 adults)" in title for title in titles)


@pytest.mark.parametrize(
    ("draw", "table"),
    [(stays.time_abroad, time_abroad(MOVES, EMIGRANTS, LAST)), (pyramids.pyramids, EMIGRANTS)],
)
def test_nobody_who_left_is_told(draw: Callable[..., Any], table: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="nobody left"):
        draw(table.iloc[:0])


def test_a_missing_package_is_told_in_a_line() -> None:
    with pytest.raises(InputError, match=r"a chart needs nowhere.*relokant\[plots\]"):
        extras.needed("nowhere.to.be", "a chart", "plots")


@pytest.fixture(scope="module")
def options() -> pd.DataFrame:
    """Eight weeks of somebody who leaves in them."""
    model = EmigrationModel(scale=10_000, until="2022-06-30")
    while not len(moved := model.moves_table()):
        model.step()
    person = int(moved["person"].iloc[0])
    return options_by_week(EmigrationModel(scale=10_000, until="2022-06-30"), person, weeks=8)


def test_options_by_week_are_what_the_person_explains(options: pd.DataFrame) -> None:
    assert options["date"].nunique() == 8
    person = int(options["person"].iloc[0])
    model = EmigrationModel(scale=10_000, until="2022-06-30")
    for _ in range(5):
        model.step()
    now = model.russians[person].explain()
    then = options[options["date"] == sorted(options["date"].unique())[5]]
    pd.testing.assert_frame_equal(then[now.columns].reset_index(drop=True), now, check_dtype=False)
    assert options["host"].nunique() > 1


def test_somebody_called_up_has_no_options_any_more() -> None:
    model = EmigrationModel(scale=3000, until="2022-12-31")
    while not len(men := model.russians.select(host="army", at_most=1)):
        model.step()
    person = men[0].unique_id
    table = options_by_week(EmigrationModel(scale=3000, until="2022-12-31"), person)
    assert table["date"].nunique() == model.week
    with pytest.raises(InputError, match="no week to look at"):
        options_by_week(model, person)


def test_lines_are_the_utilities_and_solid_where_able(options: pd.DataFrame) -> None:
    events = dated_events.table_of([])
    figure = options_over_time.options_over_time(options, events)
    axes, strip = figure.axes
    drawn = {str(line.get_label()): line for line in axes.lines if line.get_linestyle() == "-"}
    assert len(drawn) == options_over_time.SHOWN + 1
    for name, line in drawn.items():
        option = options[options["option"] == name]
        expected = np.where(option["able"], option["utility"], np.nan)
        np.testing.assert_allclose(np.asarray(line.get_ydata(), float), expected)
    weeks = options.groupby("date")["host"].first()
    assert sum(bar.get_width() for bar in strip.patches) == 7 * len(weeks)
    assert set(weeks) <= set(drawn)
    assert inside(figure)
    assert inside(options_over_time.options_over_time(options[options["date"] == weeks.index[0]]))
    with pytest.raises(ValueError, match="of one person"):
        options_over_time.options_over_time(pd.concat([options, options.assign(person=-1)]))
