"""One person's lives: what is told of a decision is what the run decided, and why lives part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import abm
from abm.model import EmigrationModel
from abm.scenario import load
from abm.study.biography import NO_DECISION, Biography, _Watched, biography
from abm.study.compare import Pair, compare, lives_of
from abm.study.turn import Biographies
from abm.ties import NOBODY

QUICK: dict[str, Any] = {"scale": 10_000, "until": "2023-03-31"}
EASY = {"cost_of_leaving": 4.0, "cost_of_onward_move": 3.0, "cost_of_return": 1.0}
SOME = 3


@pytest.fixture(scope="module")
def run() -> abm.Run:
    return abm.run("war-years", **QUICK, set=EASY)


@pytest.fixture(scope="module")
def lives(run: abm.Run) -> dict[int, Biography]:
    """The lives of some who move most."""
    movers = run.moves["person"].value_counts(sort=True).index[:SOME]
    return {int(person): biography(run.scenario, int(person)) for person in movers}


def test_watching_changes_nothing(run: abm.Run) -> None:
    watched = _Watched(run.scenario, 12)
    while watched.running:
        watched.step()
    pd.testing.assert_frame_equal(watched.moves_table(), run.moves)


def test_a_life_holds_every_move_and_no_other(run: abm.Run, lives: dict[int, Biography]) -> None:
    for person, life in lives.items():
        moves = run.moves[run.moves["person"] == person]
        told = [(e.week, e.place, e.became) for e in life.events if e.place != e.became]
        made = moves[["week", "origin", "destination"]].itertuples(index=False, name=None)
        assert told == list(made)
        assert len(told) > 1
        causes = dict(zip(moves["week"], moves["cause"], strict=True))
        for event in life.events:
            abroad = event.place != "Russia" and event.choice == event.became != event.place
            assert not abroad or causes[event.week] == event.trigger


def test_the_first_to_arrive_wins_among_what_can_be_taken(lives: dict[int, Biography]) -> None:
    decided = [e for life in lives.values() for e in life.events if e.options is not None]
    assert any(event.place == "Russia" for event in decided)
    assert any(event.place != "Russia" for event in decided)
    for event in decided:
        table = event.options.set_index("option")
        arrival = np.log(table["luck"]) - table["utility"]
        assert np.allclose(arrival, table["arrival"])
        assert arrival[table["believed"]].idxmin() == event.choice
        alone = event.became in (event.choice, event.place) or event.taken_along
        assert alone or event.told().endswith(event.choice)


def test_decisions_are_a_table_of_options(lives: dict[int, Biography]) -> None:
    life = next(iter(lives.values()))
    decisions = life.decisions
    count = sum(event.options is not None for event in life.events)
    assert len(decisions) == count * 29
    assert {"date", "place", "trigger", "choice", "utility", "consumption"} <= set(decisions)


def test_who_is_called_up_or_taken_along_did_not_decide(run: abm.Run) -> None:
    taken = run.fates.loc[run.fates["fate"] == "called up", "person"].iloc[0]
    last = biography(run.scenario, int(taken)).events[-1]
    assert (last.trigger, last.choice, last.became) == ("call-up", NO_DECISION, "army")
    assert last.told() == "called up"
    partners = run.moves[run.moves["cause"] == "partner"]
    model = EmigrationModel(run.scenario)
    assert (model.ties.partner(partners["person"].to_numpy()) != NOBODY).all()
    along = partners.iloc[0]
    event = biography(run.scenario, int(along["person"])).event_of(int(along["week"]))
    assert event is not None
    assert event.told().endswith(("with the partner", f"with the partner to {event.became}")) or (
        "having chosen" in event.told()
    )


# --- where lives part ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told(compare_quickly: Callable[..., Pair]) -> dict[str, Biographies]:
    """The lives of one person for each cause that the tables give."""
    pair = compare_quickly({"renewal_strictness": 0.0}, {"renewal_strictness": 1.0})
    moved = pair.changed[pair.changed["parted"].notna()]
    first = moved.drop_duplicates("cause").head(SOME)
    return {
        str(row.cause): pair.person(int(row.person))  # type: ignore[arg-type]
        for row in first.itertuples()
    }


@pytest.fixture(scope="module")
def compare_quickly() -> Callable[..., Pair]:
    def compare_two(one: dict[str, float], other: dict[str, float], **more: Any) -> Pair:
        worlds = [load("war-years", **QUICK, set={**EASY, **each}) for each in (one, other)]
        return compare(*worlds, replicates=1, **more)

    return compare_two


def test_lives_part_where_the_table_says(told: dict[str, Biographies]) -> None:
    assert len(told) > 1
    for cause, lives in told.items():
        turn = lives.turn
        assert turn is not None
        assert str(turn.date.date()) in lives.told
        assert turn.date in set(lives.table["date"])
        if cause == "permit refused":
            assert turn.cause.startswith(("permit refused, in ", "partner"))
    assert "permit refused" in told or "partner" in told


def test_before_lives_part_luck_and_places_are_the_same(told: dict[str, Biographies]) -> None:
    both = 0
    for lives in told.values():
        assert lives.turn is not None
        for event in lives.a.events:
            other = lives.b.event_of(event.week)
            if event.date < lives.turn.date and other is not None:
                assert (event.place, event.became) == (other.place, other.became)
                if event.options is not None and other.options is not None:
                    assert np.array_equal(event.options["luck"], other.options["luck"])
                    both += 1
    assert both


def test_a_turn_names_the_component_that_made_it(compare_quickly: Callable[..., Pair]) -> None:
    """Feedback off, only Georgia's constant differs, so nothing else can turn anybody."""
    pair = compare_quickly({}, {"host_constant.Georgia": 3.0}, without=["feedback"])
    turned = pair.changed[pair.changed["parted"].notna() & (pair.changed["cause"] != "partner")]
    seen = set()
    for person in turned["person"].head(3):
        turn = pair.person(int(person)).turn
        assert turn is not None
        assert turn.cause in ("host_constant", "partner")
        if turn.cause == "host_constant":
            assert turn.pull.drop("host_constant").abs().max() < 1e-9
            assert turn.pull["host_constant"] == pytest.approx(3.0 - constant_of_georgia())
            assert turn.b is not None
            assert turn.b.choice == "Georgia"
        seen.add(turn.cause)
    assert "host_constant" in seen


def constant_of_georgia() -> float:
    model = EmigrationModel(load("war-years", scale=10_000))
    return float(model.hosts["Georgia"].host_constant)


def test_a_shut_door_is_named(compare_quickly: Callable[..., Pair]) -> None:
    shut = {"entry_ban.Kazakhstan": 1, "entry_exemptions.Kazakhstan": 0, "news_weeks": 0}
    pair = compare_quickly({"news_weeks": 0}, shut, without=["feedback"])
    turned = pair.changed[pair.changed["parted"].notna() & (pair.changed["host_b"] == "Russia")]
    turns = [pair.person(int(person)).turn for person in turned["person"].head(2)]
    assert any(turn and turn.cause.startswith("Kazakhstan is shut to them in B") for turn in turns)


def test_the_same_world_has_no_turn() -> None:
    same = lives_of("war-years", "war-years", 12, scale=10_000, until="2022-04-30")
    assert same.turn is None
    assert "never in different places" in repr(same)
    assert "<table" in same._repr_html_()


def test_who_does_not_exist_is_told() -> None:
    with pytest.raises(abm.InputError, match=r"no person 8942, only 0 to 8941\. Example: 12"):
        lives_of("war-years", "war-years", 8942, scale=10_000)
    pair = compare("war-years", "shut-eu", scale=10_000, until="2022-03-10", replicates=1)
    with pytest.raises(abm.InputError, match="replicate 1 was not run"):
        pair.person(1, replicate=1)
