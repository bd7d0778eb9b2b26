"""What the Kremlin's levers change: the order to arms, repression, exits, calls from home."""

from __future__ import annotations

from itertools import pairwise

import pytest
from finished_runs import abroad, at_home, explained, finished, halted, stepped, total

from abm.emigrants import NEWS_FROM_HOME
from abm.kremlin import DRAFT_ELIGIBLE
from abm.model import EmigrationModel


@pytest.fixture
def model() -> EmigrationModel:
    """A model before its first week, to set levers by hand."""
    return EmigrationModel(scale=3000)


@pytest.mark.parametrize("lever", ["mobilisation", "mobilisation_breadth"])
def test_p18_size_and_breadth_of_the_order_are_feared(lever: str) -> None:
    levels = (0.3, 0.6, 1.0) if lever == "mobilisation" else (0.5, 1.0, 3.0)
    risks = []
    for level in levels:
        order = {"mobilisation": 1.0, lever: level, "mobilisation_quota": 0.0}
        risks.append(stepped(EmigrationModel(scale=10_000, set=order), 1).kremlin.risk)
    exposed = risks[0] > 0
    assert exposed.any()
    assert all((a[exposed] < b[exposed]).all() for a, b in pairwise(risks))


def test_p18_the_size_of_the_order_is_called_up() -> None:
    called = [
        total(finished(mobilisation_quota=quota), "called_up")
        for quota in (0.0, 90_000.0, 240_000.0)
    ]
    assert called[0] == 0 < called[1] < called[2]


def test_p19_repression_weighs_on_those_who_dissent(model: EmigrationModel) -> None:
    dissent = model.russians.get("dissent")
    felt = {}
    for level in (0.0, 0.5, 1.0):
        model.set_lever("repression", None, level)
        for who in (int(dissent.argmin()), int(dissent.argmax())):
            felt[who, level] = explained(model.russians[who]).loc["Russia", "repression"]
    calm, angry = (int(dissent.argmin()), int(dissent.argmax()))
    assert felt[angry, 1.0] < felt[angry, 0.5] < felt[angry, 0.0] == 0
    assert felt[angry, 1.0] < felt[calm, 1.0]
    model.set_lever("propaganda", None, 0.9)  # P22: what is believed weighs less
    assert explained(model.russians[angry]).loc["Russia", "repression"] > felt[angry, 1.0]


def test_p19_repression_drives_people_out() -> None:
    runs = [finished(repression=level) for level in (0.0, 0.5, 1.0)]
    left = [total(run, "departures") for run in runs]
    assert left[0] < left[1] < left[2]


def test_p20_an_exit_ban_stops_men_whom_the_army_could_take() -> None:
    free, shut = finished(), finished(exit_ban=1)
    for model, may in ((free, True), (shut, False)):
        moves = model.moves_table()
        people = model.population.people(
            moves.loc[moves["origin"] == "Russia", "person"].to_numpy()
        )
        assert (model.kremlin.exposure[people.risk_class] >= DRAFT_ELIGIBLE).any() == may
        assert (people.sex == 1).any()
    assert total(shut, "involuntarily_immobile") > total(free, "involuntarily_immobile")


@pytest.mark.parametrize("lever", ["return_offer", "regime_change"])
def test_p21_news_of_home_is_heard_at_once_by_all_abroad(lever: str) -> None:
    """And once: what is no news makes nobody think."""
    model = EmigrationModel(scale=3000, until="2022-07-31", set={"cost_of_leaving": 4})
    for _ in halted(model, "life_abroad"):
        rows = model.emigrants.abroad()
        if model.week == 15:
            model.set_lever(lever, None, 1.0)
        model.life_abroad()
        heard = model.emigrants.trigger[rows] >= NEWS_FROM_HOME
        struck = model.emigrants.trigger[rows] == NEWS_FROM_HOME
        if model.week == 15:
            assert heard.all() and struck.mean() > 0.5
        else:
            assert not struck.any()


@pytest.mark.parametrize("lever", ["return_offer", "regime_change"])
def test_p21_news_between_two_weeks_is_heard_in_the_next(lever: str) -> None:
    """As from a notebook, which sets a lever between steps."""
    model = stepped(EmigrationModel(scale=3000, set={"cost_of_leaving": 4}), 15)
    rows = model.emigrants.abroad()
    model.set_lever(lever, None, 1.0)
    model.step()
    assert (model.emigrants.trigger[rows] == NEWS_FROM_HOME).mean() > 0.5
    rows = model.emigrants.abroad()
    model.step()
    assert not (model.emigrants.trigger[rows] == NEWS_FROM_HOME).any()


RESTLESS = {"until": "2022-07-31", "cost_of_leaving": 4.0, "cost_of_return": 1.0}


def test_p21_offers_draw_exiles_home_and_nobody_else() -> None:
    runs = [finished(**RESTLESS, return_offer=level) for level in (0.0, 0.5, 1.0)]
    returned = [total(run, "returns") / total(run, "departures") for run in runs]
    assert returned[0] < returned[1] < returned[2]
    first = [run.moves_table().drop_duplicates("person").set_index("person") for run in runs]
    both = first[0].index.intersection(first[2].index)
    assert len(both) > 0.95 * len(first[0])  # who leaves hardly changes: they are not abroad yet


def test_another_regime_ends_conscience_and_draws_those_who_dissent_home() -> None:
    usual, changed = (
        finished(**RESTLESS, repression=0.0, return_offer=0.0, regime_change=level)
        for level in (0.0, 1.0)
    )
    assert total(changed, "departure_causes.conscience") == 0
    assert total(usual, "departure_causes.conscience") > 0
    assert total(changed, "departures") < total(usual, "departures")
    share = [total(run, "returns") / total(run, "departures") for run in (usual, changed)]
    assert share[0] < share[1]
    assert explained(at_home(changed)).loc["Russia", "conscience"] == 0
    weight = changed.scenario.parameters.hope_weight
    for each in abroad(changed, range(40)):
        worth = explained(each).loc["Russia", "news_from_home"]
        assert worth == pytest.approx(weight * each.dissent)
