"""Moves: chains without gaps, the price of a journey, partners who come along or stay behind."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from finished_runs import RUSSIA, explained, finished, stepped, total

from abm import equations
from abm.doors import CITIZEN, PERMIT, VISITOR
from abm.emigrants import HOME, PARTNER, TRIGGERS
from abm.hosts_table import HOST_NAMES
from abm.model import EmigrationModel
from abm.russians import Russian
from abm.ties import NOBODY
from abm.traits_tables import home_wage_mean_usd


@pytest.fixture(scope="module")
def model() -> EmigrationModel:
    """A restless world until the middle of 2023; do not change it."""
    return stepped(EmigrationModel(scale=1000, until="2023-06-30", set={"cost_of_leaving": 5}))


def test_moves_follow_one_another(model: EmigrationModel) -> None:
    moves = model.moves_table()
    assert not moves.duplicated(["person", "week"]).any()
    assert (moves["origin"] != moves["destination"]).all()
    last: dict[int, str] = {}
    for person, origin, destination in moves[["person", "origin", "destination"]].to_numpy():
        assert origin == last.get(person, RUSSIA)
        last[person] = destination
    assert all(model.russians[person].host == place for person, place in list(last.items())[:200])
    assert set(moves["destination"]) <= {*HOST_NAMES, RUSSIA}


def test_causes_belong_to_their_kind_of_move(model: EmigrationModel) -> None:
    moves = model.moves_table()
    leaving = moves["origin"] == RUSSIA
    home = {"mobilisation", "repression", "conscience", "hardship", "wages", "partner"}
    assert set(moves.loc[leaving, "cause"]) <= home
    assert set(moves.loc[~leaving, "cause"]) <= set(TRIGGERS[1:])


# --- arriving -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def arriving() -> tuple[EmigrationModel, pd.DataFrame]:
    """A model at the end of the week in which most left, and those who left in it."""
    model = stepped(EmigrationModel(scale=1000), 32)
    model.step()
    moves = model.moves_table().query("week == 32 and origin == 'Russia'")
    assert len(moves) > 10
    return model, moves


def test_a_journey_is_paid_from_what_can_be_taken_along(
    arriving: tuple[EmigrationModel, pd.DataFrame],
) -> None:
    model, moves = arriving
    p, e = model.scenario.parameters, model.emigrants
    returned = model.moves_table().query("destination == 'Russia'")["person"]
    alone = moves[(moves["cause"] != "partner") & ~moves["person"].isin(returned)]
    rows = e.row_of(alone["person"].to_numpy())
    hours = model.host_columns.travel_hours[e.place[rows]]
    price = equations.journey_usd(p.journey_months, home_wage_mean_usd()[1], hours)
    before = model.population.people(e.person[rows]).savings_usd * p.movable_savings
    assert (price > 0).all()
    assert (before >= price).all()
    np.testing.assert_allclose(e.savings_usd[rows], before - price)


def test_a_new_life_begins(arriving: tuple[EmigrationModel, pd.DataFrame]) -> None:
    model, moves = arriving
    e = model.emigrants
    rows = e.row_of(moves["person"].to_numpy())
    assert (e.arrived_week[rows] == 32).all()
    assert (e.left_week[rows] == 32).all()
    assert not e.discrimination[rows].any()
    status, place = e.status[rows], e.place[rows]
    assert set(status.tolist()) <= {CITIZEN, PERMIT, VISITOR}
    weeks = e.permit_ends[rows] - 32
    hosts = model.host_columns
    visits = status == VISITOR
    np.testing.assert_array_equal(weeks[visits], hosts.visitor_weeks[place[visits]])
    permits = status == PERMIT
    np.testing.assert_array_equal(weeks[permits], hosts.permit_weeks[place[permits]])
    assert visits.any()


def test_memories_of_a_host_stay_there() -> None:
    model = stepped(EmigrationModel(scale=1000, set={"cost_of_onward_move": 2.0}), 45)
    e = model.emigrants
    rows = e.abroad()
    e.discrimination[rows] = 5.0
    model.step()
    moves = model.moves_table().query("week == 45 and origin != 'Russia'")
    gone = e.row_of(moves["person"].to_numpy())
    onward = gone[e.place[gone] != HOME]
    assert len(onward)
    assert not e.discrimination[onward].any()
    stayed = np.setdiff1d(rows, gone)
    assert (e.discrimination[stayed] > 4).all()


def test_a_place_that_is_not_to_be_had_is_sought_elsewhere() -> None:
    """Of those who got no place in Turkey, some go elsewhere and some stay: nobody is lost."""
    free, rationed = (
        finished(weekly_places__Turkey=places, cost_of_leaving=5) for places in (1e9, 6000)
    )
    before, after = (total(run, "arrivals", "Turkey") for run in (free, rationed))
    assert 0 < after < before
    others = [total(run, "arrivals") - total(run, "arrivals", "Turkey") for run in (free, rationed)]
    assert others[1] > others[0]
    assert others[1] - others[0] < before - after


# --- couples -------------------------------------------------------------------------------------


def led(model: EmigrationModel) -> pd.DataFrame:
    """Moves of one of a couple that was in one place; comes: whether the partner came along."""
    moves = model.moves_table()
    moves["partner"] = model.ties.partner(moves["person"].to_numpy())
    place: dict[int, str] = {}
    rows = []
    for _, week in moves.groupby("week"):
        cause = dict(week[["person", "cause"]].to_numpy())
        for person, partner, origin, destination in week[
            ["person", "partner", "origin", "destination"]
        ].to_numpy():
            both_decided = partner in cause and cause[partner] != "partner"
            together = partner != NOBODY and place.get(partner, RUSSIA) == origin
            if together and cause[person] != "partner" and not both_decided:
                rows.append((person, partner, origin, destination, partner in cause))
        place.update(week[["person", "destination"]].to_numpy())
    return pd.DataFrame(rows, columns=["person", "partner", "origin", "destination", "comes"])


def test_most_partners_come_along(model: EmigrationModel) -> None:
    found = led(model)
    free = (found["destination"] == RUSSIA) | (
        model.population.people(found["partner"].to_numpy()).foreign_passport
        & ~found["destination"].isin(["Finland", "Czechia"])  # shut at some time
    )
    comes = found.loc[free, "comes"]
    share = model.scenario.parameters.partner_joins
    assert len(comes) > 100
    assert abs(comes.mean() - share) < 4 * np.sqrt(share * (1 - share) / len(comes))


def test_a_partner_without_a_passport_stays_behind(model: EmigrationModel) -> None:
    found = led(model)
    abroad = found[found["destination"] != RUSSIA]
    people = model.population.people(abroad["partner"].to_numpy())
    rows = abroad["destination"].map(HOST_NAMES.index).to_numpy()
    barred = ~people.foreign_passport & ~model.host_columns.internal_passport[rows]
    assert barred.any()
    assert not abroad.loc[barred, "comes"].any()


def test_the_share_who_come_along_is_a_parameter() -> None:
    for share in (0.4, 0.8):
        change = {"cost_of_leaving": 5, "partner_joins": share}
        run = stepped(EmigrationModel(scale=1000, until="2022-12-31", set=change))
        comes = led(run).query("destination == 'Russia'")["comes"]
        assert abs(comes.mean() - share) < 4 * np.sqrt(share * (1 - share) / len(comes))


def split_couples(model: EmigrationModel) -> list[tuple[Russian, Russian]]:
    """One abroad, the other in Russia."""
    e = model.emigrants
    rows = e.abroad()
    rows = rows[e.partner[rows] != NOBODY]
    rows = rows[e.place_of(e.partner[rows]) == HOME]
    return [
        (model.russians[int(e.person[row])], model.russians[int(e.partner[row])])
        for row in rows[:30]
    ]


def test_each_of_a_couple_misses_the_other(model: EmigrationModel) -> None:
    weight = model.scenario.parameters.family_weight
    pairs = split_couples(model)
    assert pairs
    for abroad, left in pairs:
        family = explained(left)["family"]
        assert family[abroad.host] == weight
        assert (family.drop(abroad.host) == 0).all()
        family = explained(abroad)["family"]
        assert family[RUSSIA] == weight
        assert (family.drop(RUSSIA) == 0).all()


def test_family_ties_open_the_door(model: EmigrationModel) -> None:
    """Whoever has a passport and the money may follow their partner, ban or not."""
    bans = model.host_columns.entry_ban.copy()
    model.host_columns.entry_ban[:] = 1
    followed = 0
    for abroad, left in split_couples(model):
        able = explained(left)["able"]
        assert set(able.index[able]) <= {abroad.host, RUSSIA} | set(_of_own_right(model, left))
        followed += able[abroad.host]
    model.host_columns.entry_ban[:] = bans
    assert followed > 0


def _of_own_right(model: EmigrationModel, russian: Russian) -> list[str]:
    """Hosts that somebody may enter despite a ban, without a partner."""
    from abm.deciders import doors_of

    people = model.population.people(np.array([russian.unique_id]))
    nowhere = np.array([-3])
    return [HOST_NAMES[row] for row in np.flatnonzero(doors_of(model, people, nowhere).open[0])]


def test_a_partners_move_makes_the_other_decide_next_week() -> None:
    model = stepped(EmigrationModel(scale=1000, set={"cost_of_leaving": 5}), 40)
    e = model.emigrants
    left_behind = 0
    for _ in range(10):
        model.step()
        moves = model.moves_table().query("week == @model.week - 1")
        partner = model.ties.partner(moves["person"].to_numpy())
        partner = partner[(partner != NOBODY) & (e.place_of(partner) >= 0)]
        partner = np.setdiff1d(partner, moves["person"])
        rows = e.row_of(partner)
        left_behind += len(rows)
        assert (e.next_trigger[rows] == PARTNER).all()
    assert left_behind > 0
