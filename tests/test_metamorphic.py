"""What must follow when something changes: heads, shut doors, scarce places, the order to arms.

Two runs of one seed differ by their causes alone, so most of this holds person by person.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from finished_runs import check_heads

from abm import model as week
from abm.calendar import first_week_on_or_after
from abm.choices import decide
from abm.emigrants import ARMY, HOME
from abm.hosts_table import HOME as RUSSIA
from abm.hosts_table import HOST_NAMES
from abm.intents import Intents
from abm.levers import NO_LIMIT
from abm.model import EmigrationModel
from abm.parameters import PARAMETERS
from abm.ties import NOBODY

Finish = Callable[..., EmigrationModel]
LOW = {declared.name: declared.low for declared in PARAMETERS}
EASY = {"cost_of_leaving": LOW["cost_of_leaving"]}  # so that much happens at a coarse scale
# Nobody's move changes what others see: no rents, compatriots, contacts, call-up.
NO_FEEDBACK = {
    "rent_elasticity": 0,
    "diaspora_weight": 0,
    "contacts_weight": 0,
    "policy_to_crowding": 0,
    "wage_offer_elasticity": 0,
    "propaganda_from_rejections": 0,
    "propaganda_from_contacts": 0,
    "mobilisation_quota": 0,
    "weekly_places": NO_LIMIT,
    "news_weeks": 0,
}


def shut(host: str | None = None) -> dict[str, float]:
    """No way in: for anybody, or into one host."""
    doors = {
        "entry_ban": 1,
        "entry_exemptions": 0,
        "humanitarian_visas_activists": 0,
        "humanitarian_visas_draft": 0,
    }
    return {name if host is None else f"{name}.{host}": value for name, value in doors.items()}


@pytest.fixture(scope="module")
def busy(finished: Finish) -> EmigrationModel:
    return finished(set=EASY, until="2023-06-30")


# --- heads -----------------------------------------------------------------------------------


def test_everybody_is_in_one_place(busy: EmigrationModel) -> None:
    """Replaying the moves ends where people are; each begins where the one before it ended."""
    moves = busy.moves_table()
    assert moves["week"].is_monotonic_increasing
    assert not moves.duplicated(["week", "person"]).any()
    assert (moves["origin"] != moves["destination"]).all()
    where: dict[int, str] = {}
    for person, origin, destination in zip(
        moves["person"], moves["origin"], moves["destination"], strict=True
    ):
        assert where.get(person, RUSSIA) == origin
        where[person] = destination
    ids = np.arange(busy.population.size)
    place = busy.emigrants.place_of(ids)
    names = np.array([*HOST_NAMES, "army", RUSSIA])[place]
    called_up = place == ARMY
    assert called_up.any()
    replayed = np.array([where.get(person, RUSSIA) for person in ids.tolist()])
    assert np.array_equal(names[~called_up], replayed[~called_up])
    assert set(replayed[called_up]) <= {RUSSIA}  # taken from home, and gone nowhere since


def test_heads_add_up_every_week(busy: EmigrationModel) -> None:
    check_heads(busy)
    flows = busy.observations
    for total, part in (("departures", "departure_causes"), ("returns", "return_causes")):
        named = {name for name in busy.outcomes()["outcome"].unique() if name.startswith(part)}
        assert np.array_equal(sum(flows.series(name) for name in named), flows.series(total))


def test_moves_and_outcomes_count_the_same_people(busy: EmigrationModel) -> None:
    moves = busy.moves_table()
    leaving = moves[moves["origin"] == RUSSIA]
    by_week = leaving.groupby("week")["people"].sum().reindex(range(busy.weeks), fill_value=0)
    assert np.array_equal(by_week, busy.observations.series("departures"))
    children = busy.population.people(moves["person"].to_numpy()).children
    assert np.array_equal(moves["people"], busy.population.scale * (1.0 + children))


def test_those_away_are_counted_by_class(busy: EmigrationModel) -> None:
    """The call-up looks for men among those who are still at home."""
    ids = np.arange(busy.population.size)
    away = ids[busy.emigrants.place_of(ids) != HOME]
    classes = np.bincount(
        busy.population.people(away).risk_class, minlength=len(busy.emigrants.away_by_class)
    )
    assert np.array_equal(classes, busy.emigrants.away_by_class)


def test_an_army_of_any_size_is_called_up(finished: Finish) -> None:
    """More than the table of those with a row first holds."""
    harsh = {"mobilisation": 1, "mobilisation_quota": 5e6, "delivery_per_week": 0.05}
    model = finished(set=harsh, until="2022-05-31")
    in_army = model.emigrants.place_of(np.arange(model.population.size)) == ARMY
    assert in_army.sum() > 1500
    assert model.observations.series("called_up").sum() == in_army.sum() * model.population.scale


# --- doors -----------------------------------------------------------------------------------


def test_when_all_doors_are_shut_nobody_leaves(finished: Finish) -> None:
    model = finished(set={**EASY, **shut(), "news_weeks": 0})
    assert model.moves_table().empty
    assert model.observations.series("turned_back").sum() == 0
    assert model.observations.series("involuntarily_immobile").sum() > 0
    assert model.observations.series("called_up").sum() > 0


def test_until_they_hear_of_it_people_are_turned_back(finished: Finish) -> None:
    """Still nobody gets in."""
    model = finished(set={**EASY, **shut(), "news_weeks": 4.0}, until="2022-04-30")
    assert model.moves_table().empty
    turned_back = model.observations.series("turned_back")
    assert turned_back[0] > turned_back[-1]


@pytest.mark.parametrize("seed", [1, 2])
def test_shutting_a_host_changes_only_those_who_had_chosen_it(
    finished: Finish, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """And their partners: feedback between others is off."""
    intents: list[Intents] = []

    def recorded(model: EmigrationModel) -> Intents:
        intents.append(decide(model))
        return intents[-1]

    monkeypatch.setattr(week, "decide", recorded)
    settings = {**EASY, **NO_FEEDBACK}
    open_world = finished(seed=seed, set=settings)
    chosen = np.concatenate([intent.destination for intent in intents])
    persons = np.concatenate([intent.person for intent in intents])
    host = int(np.bincount(chosen[chosen < len(HOST_NAMES)]).argmax())
    choosers = persons[chosen == host]
    partners = open_world.ties.partner(choosers)
    touched = set(choosers.tolist()) | set(partners[partners != NOBODY].tolist())

    shut_world = finished(seed=seed, set={**settings, **shut(HOST_NAMES[host])})
    assert HOST_NAMES[host] not in set(shut_world.moves_table()["destination"])
    changed = people_who_differ(open_world, shut_world)
    assert changed
    assert changed <= touched
    others = set(persons.tolist()) - touched
    assert len(others) > 100  # and there are others, whom it could have changed


def people_who_differ(one: EmigrationModel, other: EmigrationModel) -> set[int]:
    """Persons whose moves, refusals or place at the end are not the same in two runs."""
    found: set[int] = set()
    for table in ("moves_table", "refusals_table"):
        rows = [set(getattr(model, table)().itertuples(index=False)) for model in (one, other)]
        found |= {row.person for row in rows[0] ^ rows[1]}
    ids = np.arange(one.population.size)
    apart = one.emigrants.place_of(ids) != other.emigrants.place_of(ids)
    return found | set(ids[apart].tolist())


@pytest.mark.parametrize("host", ["Georgia", "Israel"])
def test_what_a_shut_host_is_like_changes_nothing(finished: Finish, host: str) -> None:
    """Feedback is on, and people may well wish that they could go there.

    Off is only what such wishes do to propaganda.
    """
    settings = {**EASY, **shut(host), "news_weeks": 0, "propaganda_from_rejections": 0}
    likings = (
        {"host_constant": -5, "right_to_work": 0, "payment_access": 0, "direct_flights": 0},
        {"host_constant": 5, "right_to_work": 1, "payment_access": 1, "incident": 1,
         "visa_free_days": 365, "tourist_visas": 1, "competing_refugees": 1e6,
         "renewal_strictness": 1},
    )  # fmt: skip
    runs = [
        finished(set={**settings, **{f"{name}.{host}": value for name, value in like.items()}})
        for like in likings
    ]
    moves = [model.moves_table() for model in runs]
    wishes = [model.observations.series("involuntarily_immobile").sum() for model in runs]
    assert len(moves[0]) > 0
    pd.testing.assert_frame_equal(*moves)
    assert wishes[0] < wishes[1]


# --- the order -------------------------------------------------------------------------------

ORDER = first_week_on_or_after(pd.Timestamp("2022-09-21").date())
SPAN = 5  # weeks compared before and after it


@pytest.fixture(scope="module")
def with_and_without_order(finished: Finish) -> list[EmigrationModel]:
    """What else drives people is held: repression, real wages, doors and costs are as before."""
    held: dict[str, Any] = {"repression": 0.6, "hardship_weight": 0, "entry_ban": 0}
    settings = [held, {**held, "mobilisation": 0, "mobilisation_quota": 0}]
    return [finished(scale=1000, set=chosen, until="2022-11-15") for chosen in settings]


def departures(model: EmigrationModel) -> tuple[int, int]:
    """Agents who left in the weeks before the order and in those after it."""
    moves = model.moves_table()
    leaving = moves.loc[moves["origin"] == RUSSIA, "week"]
    before = leaving.between(ORDER - SPAN, ORDER - 1).sum()
    return int(before), int(leaving.between(ORDER, ORDER + SPAN - 1).sum())


def test_no_mobilisation_no_second_wave(with_and_without_order: list[EmigrationModel]) -> None:
    ordered, quiet = map(departures, with_and_without_order)
    noise = 4 * np.sqrt(sum(ordered))
    assert ordered[1] - ordered[0] > noise
    assert abs(quiet[1] - quiet[0]) < 4 * np.sqrt(sum(quiet))


def test_nothing_happens_before_its_cause(with_and_without_order: list[EmigrationModel]) -> None:
    tables = [model.moves_table() for model in with_and_without_order]
    pd.testing.assert_frame_equal(*(table[table["week"] < ORDER] for table in tables))


def test_nobody_is_called_up_without_an_order(
    with_and_without_order: list[EmigrationModel],
) -> None:
    ordered, quiet = with_and_without_order
    assert quiet.observations.series("called_up").sum() == 0
    called_up = ordered.observations.series("called_up")
    assert called_up[:ORDER].sum() == 0 < called_up.sum()
    quota = ordered.kremlin.mobilisation_quota
    assert called_up.sum() <= quota + ordered.population.scale  # a whole agent more at the most


# --- edges -----------------------------------------------------------------------------------


def test_a_model_that_has_not_begun_has_empty_tables() -> None:
    model = EmigrationModel(scale=10_000, until="2022-02-24")
    assert model.outcomes().empty
    assert model.moves_table().empty
    assert model.refusals_table().empty
    assert model.emigrants_table().empty
    assert list(model.outcomes()) == ["date", "host", "outcome", "value", "unit"]


def test_a_run_of_one_week_has_one_week(finished: Finish) -> None:
    model = finished(scale=10_000, until="2022-02-24", set=EASY)
    assert model.weeks == model.week == 1
    assert model.outcomes()["date"].nunique() == 1
    assert set(model.moves_table()["week"]) == {0}
    before = model.moves_table()
    model.step()  # the end has come: no more happens
    assert not model.running
    pd.testing.assert_frame_equal(before, model.moves_table())
    assert model.outcomes()["date"].nunique() == 1


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("screened", [True, False])
def test_nobody_moves_whom_nothing_makes_think(
    finished: Finish, screened: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("abm.equations.attention", lambda *given: 0.0 * given[2])
    assert finished(scale=10_000, set=EASY, screened=screened).moves_table().empty


def test_a_longer_run_begins_as_a_shorter_one(finished: Finish) -> None:
    short, long = (finished(until=until).moves_table() for until in ("2022-10-20", "2022-12-31"))
    assert len(short) > 0
    pd.testing.assert_frame_equal(short, long.iloc[: len(short)])
