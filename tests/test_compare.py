"""The same people in two worlds: who changes, who cannot, and what the tables add up to."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from drawn import inside, source_of

import abm
from abm import choices
from abm.ability import Able
from abm.ability import ability as ability_of
from abm.decision import Deciders
from abm.hosts_table import HOST_NAMES
from abm.model import EmigrationModel
from abm.parameters import PARAMETERS
from abm.scenario import load
from abm.study.compare import Pair, compare
from abm.ties import NOBODY
from abm.view import compare_figures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOW = {declared.name: declared.low for declared in PARAMETERS}
EASY = {"cost_of_leaving": LOW["cost_of_leaving"]}  # so that much happens at a coarse scale
QUICK: dict[str, Any] = {"scale": 3000, "until": "2022-12-31"}


@pytest.fixture(scope="module")
def pair() -> Pair:
    """The baseline beside the same with every host as strict as can be; do not change it."""
    harsh = load("war-years", **QUICK, set={**EASY, "renewal_strictness": 1})
    easy = load("war-years", **QUICK, set=EASY)
    return compare(easy, harsh, replicates=2)


def test_worlds_of_one_name_are_told_by_what_differs(pair: Pair) -> None:
    easy, harsh = pair.a.scenario, pair.b.scenario
    assert (easy.name, harsh.name) == ("war-years", "war-years with renewal_strictness = 1")
    assert "B is war-years with renewal_strictness = 1." in pair.person(12).told
    small = {"scale": 10_000, "until": "2022-03-31"}
    other = compare("war-years", load("war-years", without=["M8"]), replicates=1, **small)
    assert other.b.scenario.name == "war-years with M8 off"
    assert "war-years with M8 off" in repr(other)


# --- who changes -----------------------------------------------------------------------------


@pytest.mark.parametrize("without", [(), ("feedback",)])
def test_nobody_changes_fate_against_the_same_world(without: tuple[str, ...]) -> None:
    restated = load("war-years", set={"consumption_weight": 1.0, "publicity": 0})
    same = compare("war-years", restated, **QUICK, replicates=2, without=without)
    assert len(same.lives) > 100
    assert same.changed.empty
    assert same.who.empty
    assert (same.flows["fate_a"].astype(str) == same.flows["fate_b"].astype(str)).all()
    assert (same.differences["difference"] == 0).all()


def who_moves_otherwise(one: abm.Run, other: abm.Run) -> set[int]:
    """Persons whose moves are not the same in two runs."""
    columns = ["person", "week", "destination"]
    moves = [set(run.moves[columns].itertuples(index=False)) for run in (one, other)]
    return {move.person for move in moves[0] ^ moves[1]}


def entered(moves: pd.DataFrame, host: str) -> set[int]:
    """Persons who ever entered a host."""
    return set(moves.loc[moves["destination"] == host, "person"])


@pytest.mark.parametrize(
    ("host", "worse"),
    [
        ("Georgia", {"host_constant": -3.0}),
        ("Turkey", {"renewal_strictness": 1.0}),
        ("Armenia", {"living_cost": 2.0, "right_to_work": 0.0}),
    ],
)
def test_making_an_option_worse_sends_nobody_into_it(host: str, worse: dict[str, float]) -> None:
    """Those without a partner; of couples one may go because the other has not gone elsewhere."""
    settings = {f"{name}.{host}": value for name, value in worse.items()}
    runs = [
        abm.run("war-years", **QUICK, set={**EASY, **more}, without=["feedback"])
        for more in ({}, settings)
    ]
    before, after = (entered(run.moves, host) for run in runs)
    model = EmigrationModel(runs[0].scenario)
    everybody = np.array(sorted(before | after))
    single = set(everybody[model.ties.partner(everybody) == NOBODY].tolist())
    assert len(single & (before - after)) > 0  # it does keep some away
    assert single & (after - before) == set()


def test_what_touches_kazakhstan_changes_nobody_who_never_could_go_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody whose choice set, or whose partner's, never contained it, in neither world."""
    could: set[int] = set()
    decided: set[int] = set()
    row = HOST_NAMES.index("Kazakhstan")

    def recorded(d: Deciders, *rest: Any) -> Able:
        able = ability_of(d, *rest)
        there = able.in_fact[:, row] | able.believed[:, row]
        could.update(d.people.ids[there].tolist())
        decided.update(d.people.ids.tolist())
        return able

    monkeypatch.setattr(choices, "ability", recorded)
    touched = {
        "renewal_strictness.Kazakhstan": 1.0,
        "living_cost.Kazakhstan": 2.0,
        "direct_flights.Kazakhstan": 0.0,
    }
    runs = [
        abm.run(
            "war-years",
            scale=10_000,
            until="2022-12-31",
            set={**EASY, **more},
            without=["feedback"],
            screened=False,  # so that everybody's whole choice set is seen
        )
        for more in ({}, touched)
    ]
    pairs = Pair(*(abm.Replicates((run,)) for run in runs))
    changed = set(pairs.changed["person"])
    moves = [
        set(run.moves[["person", "week", "destination"]].itertuples(index=False)) for run in runs
    ]
    changed |= {move.person for move in moves[0] ^ moves[1]}
    model = EmigrationModel(runs[0].scenario)
    partners = model.ties.partner(np.array(sorted(could)))
    assert len(changed) > 10
    assert changed <= could | set(partners[partners != NOBODY].tolist())
    assert len(decided - could) > 1000  # and there are others, who decided and did not change


def test_with_feedback_others_change_too() -> None:
    """So that the two tests above could fail."""
    runs = [
        abm.run(
            "war-years", scale=2000, until="2022-12-31", set={**EASY, "host_constant.Turkey": c}
        )
        for c in (0.0, -8.0)
    ]
    never = set(runs[0].moves["person"]) - entered(runs[0].moves, "Turkey")
    moves = [
        set(run.moves[["person", "week", "destination"]].itertuples(index=False)) for run in runs
    ]
    assert never & {move.person for move in moves[0] ^ moves[1]}


# --- tables ----------------------------------------------------------------------------------


def test_flows_add_up_to_the_fates_of_each_world(pair: Pair) -> None:
    for side, runs in (("a", pair.a), ("b", pair.b)):
        fates = runs.fates.groupby("fate", observed=True)["people"].sum() / 2
        flows = pair.flows.groupby(f"fate_{side}", observed=True)["people"].sum()
        for fate, people in fates.items():
            assert flows[fate] == pytest.approx(people)
    assert pair.matrix.to_numpy().sum() == pytest.approx(pair.lives["people"].sum() / 2)


def test_changed_are_those_whose_fate_differs(pair: Pair) -> None:
    changed = pair.changed
    assert len(changed) > 20
    assert (changed["fate_a"].astype(str) != changed["fate_b"].astype(str)).all()
    assert not changed.duplicated(["replicate", "person"]).any()
    assert set(changed["replicate"]) == {0, 1}
    unlike = pair.flows[pair.flows["fate_a"].astype(str) != pair.flows["fate_b"].astype(str)]
    assert changed["people"].sum() / 2 == pytest.approx(unlike["people"].sum())
    by_trait = pair.who.groupby("by")["people"].sum()
    assert set(by_trait.index) == {"occupation", "age", "host", "cause"}
    assert by_trait.to_numpy() == pytest.approx(unlike["people"].sum())


def test_lives_part_at_the_first_move_that_is_not_in_both(pair: Pair) -> None:
    told = pair.changed[pair.changed["parted"].notna()].head(20)
    assert len(told)
    for row in told.itertuples():
        lives = []
        for runs in (pair.a, pair.b):
            moves = runs.moves.query("replicate == @row.replicate and person == @row.person")
            lives.append({(m.date, m.destination): m.cause for m in moves.itertuples()})
        apart = {key: cause for life in reversed(lives) for key, cause in life.items()}
        apart = {key: apart[key] for key in lives[0].keys() ^ lives[1].keys()}
        assert row.parted == min(date for date, _ in apart)
        assert row.cause in {cause for (date, _), cause in apart.items() if date == row.parted}


def test_fates_differ_without_a_move_by_status_or_call_up(pair: Pair) -> None:
    unmoved = pair.changed[pair.changed["parted"].isna()]
    assert set(unmoved["cause"]) <= {"status", "call-up"}
    assert len(unmoved)


def test_differences_are_of_totals_and_of_states_at_the_end(pair: Pair) -> None:
    table = pair.differences.set_index(["outcome", "host"])
    for name, outcome, how in (
        ("returns.total", "returns", "sum"),
        ("stock_abroad", "stock_abroad", "last"),
    ):
        means = []
        for runs in (pair.a, pair.b):
            rows = runs.outcomes[runs.outcomes["outcome"] == outcome].query("host == 'World'")
            means.append(rows.groupby("replicate")["value"].agg(how).mean())
        row = table.loc[(name, "World")]
        assert (row["a"], row["b"]) == pytest.approx(means)
        assert row["difference"] == pytest.approx(means[1] - means[0])
        assert row["low"] < row["difference"] < row["high"]
        assert row["replicates"] == 2
    assert table.loc[("rent_index", "Georgia"), "unit"] == "multiple"
    assert table.loc[("returns.total", "World"), "unit"] == "people"
    counted = set(pair.a.outcomes["outcome"].astype(str))
    assert {name.removesuffix(".total") for name, _ in table.index} == counted


def test_one_pair_has_no_interval() -> None:
    one = compare("war-years", "shut-eu", scale=10_000, until="2022-06-30", replicates=1)
    assert one.differences["low"].isna().all()
    assert one.differences["difference"].notna().all()


# --- what cannot be compared -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"until": "2023-01-31"}, ["'until'", "2022-12-31 and 2023-01-31", "--until"]),
        ({"scale": 1000}, ["'scale'", "3000 and 1000", "--scale"]),
        ({"seed": 5}, ["'seed'", "1 and 5", "--seed"]),
    ],
)
def test_unlike_worlds_are_refused(other: dict[str, Any], said: list[str]) -> None:
    worlds = [load("war-years", **{**QUICK, **more}) for more in ({}, other)]
    with pytest.raises(abm.InputError) as error:
        compare(*worlds)
    assert all(part in str(error.value) for part in ["war-years", *said])


def test_other_people_are_refused() -> None:
    mine = load("war-years", **QUICK, population=abm.packaged_people())
    with pytest.raises(abm.InputError, match="'population': the packaged people and DataFrame"):
        compare(load("war-years", **QUICK), mine)


def test_two_causes_at_once_are_told() -> None:
    quick = {"scale": 10_000, "until": "2022-03-31", "replicates": 1}
    pair = compare("war-years", "no-mobilisation", **quick)
    assert len(pair.notes) == 1
    assert "no-mobilisation drops dated responses and war-years keeps" in pair.notes[0]
    assert compare("war-years", "shut-eu", without=["responses"], **quick).notes == []


# --- what is drawn -----------------------------------------------------------------------------


def drawn(pair: Pair, *changes: tuple[str, str, float]) -> Figure:
    """The figure of differences, some numbers of it changed: (outcome, column, value)."""
    table = pair.differences.copy()
    for outcome, column, value in changes:
        table.loc[(table["outcome"] == outcome) & (table["host"] == "World"), column] = value
    stand_in: Any = SimpleNamespace(a=pair.a, b=pair.b, differences=table)
    return compare_figures.differences_in_percent(stand_in)


def test_what_is_zero_in_a_is_named_with_what_b_has(pair: Pair) -> None:
    figure = drawn(pair, ("called_up.total", "a", 0.0), ("called_up.total", "b", 303_000.0))
    assert "called up (303,000 people)" in source_of(figure)
    shown = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert shown == [word for word in compare_figures.MAIN.values() if word != "called up"][::-1]
    assert "Zero" not in source_of(drawn(pair, ("called_up.total", "a", 1.0)))
    assert inside(figure)


def test_no_outcome_stretches_the_axis_beyond_measure(pair: Pair) -> None:
    far = ("returns.total", "a", 1e-3), ("returns.total", "difference", 5.0)
    figure = drawn(pair, *far)
    (axes,) = figure.axes
    assert max(np.abs(axes.get_xlim())) < 1.2 * compare_figures.FURTHEST
    assert [text.get_text() for text in axes.texts] == ["+500,000 %"]
    assert "further off than 500 %" in source_of(figure)
    assert inside(figure)


# --- what it leaves --------------------------------------------------------------------------


def test_a_pair_is_saved_whole(pair: Pair, tmp_path: Path) -> None:
    from abm.view.compare_figures import draw_all

    folder = pair.save(tmp_path / "pair", draw=draw_all)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert names == {
        "compare.json", "differences.csv", "flows.csv", "who.csv", "changed.csv",
        "figures/fates.png", "figures/differences.png",
    }  # fmt: skip
    assert len(pd.read_csv(folder / "changed.csv")) == len(pair.changed)
    with pytest.raises(abm.InputError, match="exists; ask to overwrite"):
        pair.save(folder)
    pair.save(folder, overwrite=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "note.txt").write_text("mine")
    with pytest.raises(abm.InputError, match=r"no compare\.json"):
        pair.save(tmp_path / "mine", overwrite=True)
