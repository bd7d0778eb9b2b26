"""Propaganda and the opposition: known answers, and what a model remembers of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from finished_runs import finished, series, stepped
from hypothesis import given
from hypothesis import strategies as st

from abm import equations
from abm import equations_of_society as society
from abm.ability import ability
from abm.attitudes import activists_and_dissent
from abm.choices import RUSSIA, kept_out
from abm.composition import composition
from abm.deciders import deciders_at_home
from abm.decision import felt_at_home
from abm.doors import STATUS_INSECURITY
from abm.emigrants import HOME
from abm.hosts_table import HOST_NAMES
from abm.model import EmigrationModel

LEVEL = st.floats(0, 1)


def now(model: EmigrationModel, outcome: str) -> float:
    return float(model.observations.series(outcome)[-1])


# --- equations -----------------------------------------------------------------------------------


@given(LEVEL, st.floats(-2, 2), st.floats(-2, 2))
def test_propaganda_is_a_share_and_rises_with_what_feeds_it(
    put_in: float, low: float, high: float
) -> None:
    low, high = sorted((low, high))
    weak, strong = (society.propaganda_strength(put_in, tilt) for tilt in (low, high))
    assert 0 <= weak <= strong + 1e-12 <= 1 + 2e-12


def test_propaganda_keeps_none_and_full_and_shifts_the_odds() -> None:
    assert society.propaganda_strength(0.0, 1.5) == 0
    assert society.propaganda_strength(1.0, -1.5) == 1
    assert society.propaganda_strength(0.4, 0.0) == pytest.approx(0.4)
    assert society.propaganda_strength(0.5, np.log(3.0)) == pytest.approx(0.75)


def test_the_tilt_adds_rejections_and_war_and_takes_off_contacts() -> None:
    assert society.propaganda_tilt(0.5, 0.4, 0.5, 0.1, 0.3, 1.0) == pytest.approx(0.45)
    assert society.rejection(0.0, 900.0) == 0
    assert society.rejection(900.0, 900.0) == pytest.approx(0.6321206)  # 1 - 1/e
    assert society.rejection(5.0, 0.0) <= 1
    assert society.welcome(16, 0.01) == pytest.approx(0.1478562)  # 1 - exp(-0.16)
    assert society.war_felt(0.0) == 0
    assert 0.8 < society.war_felt(1.0) < society.war_felt(12.0) <= 1


def test_voices_of_exiles_and_of_those_at_home() -> None:
    assert society.voice_abroad(1.0, 0.0, 0.3, 1.0) == 1
    assert society.voice_abroad(0.5, 0.2, 0.3, 0.0) == pytest.approx(0.28)
    # 0.3 (100 - 0.8 × 10) + 0.05 × 40 men at full risk, at a repression of one half
    assert society.voice_at_home(0.3, 100, 0.8, 10, 0.05, 40, 0.5) == pytest.approx(14.8)
    assert society.voice_at_home(0.3, 100, 0.8, 10, 0.05, 40, 1.0) == 0


# --- what feeds propaganda in a model ------------------------------------------------------------


def test_the_lever_acts_at_once_and_what_feeds_it_as_of_last_week() -> None:
    model = stepped(EmigrationModel(scale=3000), 6)
    tilt = model.attitudes.tilt
    assert tilt > 0
    model.set_lever("propaganda", None, 0.9)
    expected = society.propaganda_strength(0.9, tilt)
    assert model.world().propaganda == pytest.approx(expected)
    model.set_lever("propaganda", None, 0.0)
    assert model.world().propaganda == 0


def test_repression_weighs_less_where_propaganda_is_strong() -> None:
    model = stepped(EmigrationModel(scale=3000), 6)
    people = model.population.people(np.arange(200))
    felt = felt_at_home(people, model.world())["repression"]
    model.attitudes.tilt += 0.5
    fed = felt_at_home(people, model.world())["repression"]
    assert (fed >= felt).all()
    assert (fed > felt).any()


def test_rejections_fade_by_half_in_half_a_year() -> None:
    model = stepped(EmigrationModel(scale=3000, until="2023-06-30"), 1)
    model.attitudes.rejections = 1000.0
    for _ in range(26):
        model.attitudes.settle()
    assert model.attitudes.rejections == pytest.approx(500.0)


def test_who_is_kept_out_has_money_and_a_passport_and_wants_a_shut_host() -> None:
    model = stepped(EmigrationModel(scale=3000, set={"entry_ban.Turkey": 1}), 4)
    world = model.world()
    people = model.population.people(np.arange(2000))
    deciders = deciders_at_home(model, world, people)
    able = ability(deciders, world, np.ones(len(people.ids)))
    turkey = HOST_NAMES.index("Turkey")

    def out(wish: int) -> np.ndarray:
        everybody = np.arange(len(people.ids))
        at = everybody * len(HOST_NAMES) + min(wish, RUSSIA - 1)
        return kept_out(deciders, able, world, np.full(len(people.ids), wish), at)

    rows = out(turkey)
    assert 0 < len(rows) < len(people.ids)
    assert people.foreign_passport[rows].all()
    assert not able.in_fact[rows, turkey].any()
    assert not len(out(RUSSIA))
    open_host = int(np.flatnonzero(~world.hosts.shut_to_visitors)[0])
    assert not len(out(open_host))


# --- the opposition ------------------------------------------------------------------------------


def test_activists_and_dissent_are_those_of_the_people() -> None:
    population = EmigrationModel(scale=300).population
    people = population.people(np.arange(population.size))
    share, dissent = activists_and_dissent(composition())
    assert people.activist.mean() == pytest.approx(share, rel=0.15)
    assert people.dissent.mean() == pytest.approx(dissent, rel=0.01)


def test_men_are_trapped_until_they_would_next_reconsider() -> None:
    model = stepped(EmigrationModel(scale=3000, without=["M2"]), 1)
    people = model.population.people(np.arange(3000))
    draftable = model.kremlin.is_draftable(people.risk_class)
    model.attitudes.trapped[:] = 0.0
    heads = np.full(len(people.ids), 3000.0)
    model.attitudes.keep_in(people.region, people.risk_class, heads)
    assert model.attitudes.trapped.sum() == draftable.sum() * 3000
    model.attitudes.settle()
    attention = 1 - np.exp(-0.2 * 12 * 7 / 365.2425)
    expected = draftable.sum() * 3000 * (1 - attention)
    assert model.attitudes.trapped.sum() == pytest.approx(expected)


def made_activists() -> EmigrationModel:
    """A year in which all who ever left are activists, some of them back."""
    model = stepped(EmigrationModel(scale=3000, until="2023-01-31"))
    e = model.emigrants
    e.activist[: e.rows] = e.first_left_week[: e.rows] >= 0
    assert (e.activist[: e.rows] & (e.place[: e.rows] == HOME)).any()
    model.attitudes._activists = 10.0 * e.rows
    model.attitudes.trapped[:] = 0.0
    model.attitudes.settle()
    return model


def test_p14_payments_give_exiles_their_voice() -> None:
    model = made_activists()
    hosts = model.host_columns
    heard = {}
    for access in (0.0, 1.0):
        model.set_lever("payment_access", None, access)
        hosts.update()
        model.attitudes.settle()
        heard[access] = now(model, "opposition_abroad")
    lost = model.scenario.parameters.voice_without_payments
    assert heard[0.0] == pytest.approx(heard[1.0] * (1 - lost))
    assert heard[1.0] > 0


def test_exiles_speak_as_securely_as_they_are_today_also_when_people_look_ahead() -> None:
    settings: dict[str, Any] = {
        "set": {"cost_of_leaving": 4.0, "conscience": 1.0},
        "until": "2022-06-30",
    }
    model = stepped(EmigrationModel(scale=3000, looking_ahead=True, **settings))
    e = model.emigrants
    rows = e.abroad()
    rows = rows[e.activist[rows]]
    assert len(rows)
    place = e.place[rows].astype(int)
    weeks_left = (e.permit_ends[rows] - (model.week - 1)).astype(float)
    insecurity = equations.insecurity(
        STATUS_INSECURITY[e.status[rows]], model.host_columns.refusal[place], weeks_left
    )
    p, seen = model.scenario.parameters, model.observations
    voices = society.voice_abroad(
        p.exile_voice, insecurity, p.voice_without_payments, model.host_columns.payments[place]
    )
    activists = model.population.size * activists_and_dissent(model.population.types)[0]
    assert seen.series("opposition_abroad")[-1] == pytest.approx(voices.sum() / activists)


def test_returnees_who_spoke_up_would_add_to_the_opposition_at_home() -> None:
    model = made_activists()
    e, p = model.emigrants, model.scenario.parameters
    home = now(model, "opposition_at_home")
    e.activist[: e.rows] &= e.place[: e.rows] != HOME  # the returnees count as others at home do
    returned = np.count_nonzero((e.first_left_week[: e.rows] >= 0) & (e.place[: e.rows] == HOME))
    model.attitudes.settle()
    silent = p.home_activism * p.returnee_silence * returned * (1 - model.kremlin.repression)
    gained = now(model, "opposition_at_home") - home
    assert gained == pytest.approx(silent / model.attitudes._activists)
    assert gained > 0


def test_capacity_is_its_two_parts() -> None:
    model = finished()
    parts = series(model, "opposition_abroad", "World") + series(
        model, "opposition_at_home", "World"
    )
    np.testing.assert_allclose(series(model, "opposition_capacity", "World"), parts)
    assert (parts >= 0).all()
