"""Doors: whom the levers of entry let in, with what status and for how long."""

from __future__ import annotations

import numpy as np
import pytest

from abm.calendar import WEEKS_PER_MONTH
from abm.doors import (
    CITIZEN,
    LONG_PERMIT,
    LONG_PERMIT_WEEKS,
    PERMIT,
    VISITOR,
    Applicants,
    Doors,
    doors,
)
from abm.emigrants import HOME, NOWHERE
from abm.equations import weekly_chance
from abm.hosts import PROGRAMMES
from abm.hosts_table import HOST_NAMES
from abm.kremlin import DRAFT_ELIGIBLE
from abm.model import EmigrationModel
from abm.population import People


@pytest.fixture
def model() -> EmigrationModel:
    """A model before its first week, to set levers by hand."""
    return EmigrationModel(scale=3000)


def everybody(model: EmigrationModel) -> People:
    return model.population.people(np.arange(model.population.size))


def draftable(model: EmigrationModel) -> np.ndarray:
    return model.kremlin.exposure[everybody(model).risk_class] >= DRAFT_ELIGIBLE


def all_hear(model: EmigrationModel) -> None:
    """The news of every door is out."""
    for lever, offered in model.host_columns.offered.items():
        model.host_columns.heard[lever][:] = offered


def at_the_border(
    model: EmigrationModel,
    host: str,
    *,
    family: int = NOWHERE,
    place: int = HOME,
    settled_before: bool = False,
    **levers: float,
) -> Doors:
    """Everybody at one host's doors, of which all have heard; shape (people,).

    family: where everybody's partner is settled; place: where everybody is.
    """
    for lever, value in levers.items():
        model.set_lever(lever, host, value)
    if levers:
        all_hear(model)
    people, size = everybody(model), model.population.size
    applicants = Applicants(
        people,
        model.kremlin.is_draftable(people.risk_class),
        np.full(size, family),
        np.full(size, place),
        np.full(size, settled_before),
    )
    p, row = model.scenario.parameters, HOST_NAMES.index(host)
    all_doors = doors(model.chance, applicants, model.host_columns, p, model.week)
    return Doors(*(getattr(all_doors, name)[:, row] for name in Doors.__dataclass_fields__))


SHUT = {"skill_visas": 0, "visa_free_days": 0, "tourist_visas": 0}  # but to those with a ground


def test_p1_a_ban_shuts_out_visitors_but_not_the_exempt(model: EmigrationModel) -> None:
    free = at_the_border(model, "Georgia")
    banned = at_the_border(model, "Georgia", entry_ban=1)
    assert free.open[free.status == VISITOR].any()
    np.testing.assert_array_equal(banned.open, free.open & (free.status != VISITOR))
    assert banned.open.any()
    assert (banned.status[banned.open] == PERMIT).all()
    without_exemptions = at_the_border(model, "Georgia", entry_exemptions=0)
    assert not without_exemptions.open.any()


def test_p1_protection_has_no_ban(model: EmigrationModel) -> None:
    shut = {"entry_ban": 1, "entry_exemptions": 0, "humanitarian_visas_activists": 1}
    shut["humanitarian_visas_draft"] = 0
    people = everybody(model)
    found = at_the_border(model, "Germany", **shut).open
    np.testing.assert_array_equal(found, people.activist & people.foreign_passport)


def test_p1_the_exempt_partner(model: EmigrationModel) -> None:
    there = HOST_NAMES.index("Georgia")
    found = at_the_border(model, "Georgia", family=there, entry_ban=1, skill_visas=0)
    np.testing.assert_array_equal(found.open, everybody(model).foreign_passport)


def test_p2_days_without_a_visa_are_the_length_of_a_visit(model: EmigrationModel) -> None:
    for days in (30, 90, 365):
        found = at_the_border(model, "Turkey", visa_free_days=days)
        assert (found.weeks[found.status == VISITOR] == days // 7).all()
    passport = everybody(model).foreign_passport
    assert found.open[passport].all()
    visitors = found.status == VISITOR
    shut = at_the_border(model, "Turkey", visa_free_days=0, tourist_visas=0)
    assert not shut.open[visitors].any()
    np.testing.assert_array_equal(shut.open[~visitors], found.open[~visitors])
    opened = at_the_border(model, "Germany", visa_free_days=60)
    assert opened.open[passport].all()


def test_p2_visas_for_visitors(model: EmigrationModel) -> None:
    shares = []
    before_it = np.zeros(model.population.size, dtype=bool)
    for granted in (0.0, 0.5, 1.0):
        found = at_the_border(model, "Finland", tourist_visas=granted).open
        assert not (before_it & ~found).any()  # whoever got one gets one when more are granted
        before_it = found
        shares.append(found[everybody(model).foreign_passport].mean())
    assert shares[0] < shares[1] < shares[2]


def test_p2_visas_where_none_were_asked(model: EmigrationModel) -> None:
    """They keep out some who came without one, not all of them, and fewer the more are granted."""
    free = at_the_border(model, "Turkey")
    visitors = free.open & (free.status == VISITOR)
    shares = []
    for granted in (0.0, 0.5, 1.0):
        asked = at_the_border(model, "Turkey", visa_free_days=0, tourist_visas=granted)
        shares.append(asked.open[visitors].mean())
    reach = model.hosts["Turkey"].visa_reach
    assert shares == pytest.approx([0.0, 0.5 * reach, reach], abs=0.02)
    assert 0.5 < reach < 0.6


def test_p4a_opens_to_activists_alone(model: EmigrationModel) -> None:
    few = at_the_border(model, "Germany", humanitarian_visas_activists=0, tourist_visas=0)
    many = at_the_border(model, "Germany", humanitarian_visas_activists=1)
    people = everybody(model)
    newly = many.open & ~few.open
    assert newly.any()
    assert people.activist[newly].all()
    assert many.open[people.activist & people.foreign_passport].all()
    assert (many.status[newly] == PERMIT).all()


def test_p4b_opens_to_men_whom_the_draft_could_take(model: EmigrationModel) -> None:
    few = at_the_border(model, "Germany", humanitarian_visas_draft=0, tourist_visas=0)
    many = at_the_border(model, "Germany", humanitarian_visas_draft=1)
    newly = many.open & ~few.open
    people = everybody(model)
    assert newly.any()
    assert draftable(model)[newly].all()
    assert (people.sex[newly] == 0).all()
    assert many.open[draftable(model) & people.foreign_passport].all()


def test_p5_draft_papers_alone_open_a_visit(model: EmigrationModel) -> None:
    free = at_the_border(model, "Georgia")
    papers = at_the_border(model, "Georgia", draft_papers_only=1)
    visitors = free.open & (free.status == VISITOR)
    np.testing.assert_array_equal(papers.open[visitors], draftable(model)[visitors])
    np.testing.assert_array_equal(papers.open[~visitors], free.open[~visitors])
    assert papers.open[visitors].any()


def test_p10_opens_to_the_skilled(model: EmigrationModel) -> None:
    few = at_the_border(model, "Germany", skill_visas=0, tourist_visas=0)
    many = at_the_border(model, "Germany", skill_visas=1)
    people = everybody(model)
    newly = many.open & ~few.open
    np.testing.assert_array_equal(newly, people.skilled & people.foreign_passport & ~few.open)
    assert newly.any()


def test_citizens_by_descent_enter_as_citizens(model: EmigrationModel) -> None:
    found = at_the_border(model, "Israel", **SHUT)
    assert found.open.any()
    assert (found.status[found.open] == CITIZEN).all()


# --- settlement, work to be sought, resettlement --------------------------------------------------


def test_p6_settles_all_who_ask(model: EmigrationModel) -> None:
    few = at_the_border(model, "Germany", **SHUT)
    passport = everybody(model).foreign_passport
    before_it = few.open
    shares = []
    for granted in (0.3, 0.7, 1.0):
        found = at_the_border(model, "Germany", simplified_settlement=granted)
        assert not (before_it & ~found.open).any()
        newly = found.open & ~few.open
        assert (found.status[newly] == LONG_PERMIT).all()
        assert (found.weeks[newly] == LONG_PERMIT_WEEKS).all()
        shares.append(newly.sum() / (passport & ~few.open).sum())
        before_it = found.open
    np.testing.assert_allclose(shares, [0.3, 0.7, 1.0], atol=0.02)
    np.testing.assert_array_equal(found.open, passport)
    assert (found.status[few.status == CITIZEN] == CITIZEN).all()  # who is better off stays so


def test_p6_is_had_once(model: EmigrationModel) -> None:
    few = at_the_border(model, "Germany", simplified_settlement=0)
    again = at_the_border(model, "Germany", settled_before=True, simplified_settlement=1)
    for name in ("open", "status", "weeks"):
        np.testing.assert_array_equal(getattr(again, name), getattr(few, name))


def test_p9_opens_to_those_who_work(model: EmigrationModel) -> None:
    few = at_the_border(model, "Germany", **SHUT)
    many = at_the_border(model, "Germany", job_seeker_permits=1)
    people = everybody(model)
    newly = many.open & ~few.open
    np.testing.assert_array_equal(newly, people.works & people.foreign_passport & ~few.open)
    assert newly.any()
    assert (many.status[newly] == PERMIT).all()
    assert not people.works.all()


def test_p11_takes_people_from_border_states(model: EmigrationModel) -> None:
    passport = everybody(model).foreign_passport
    for host in ("Germany", "Finland"):
        at_the_border(model, host, **SHUT, resettlement=1)
    hosts = model.host_columns
    for place in (HOME, *range(len(HOST_NAMES))):
        waits = place != HOME and bool(hosts.borders_russia[place])
        taken = at_the_border(model, "Germany", place=place)
        np.testing.assert_array_equal(taken.resettled, np.full(len(passport), waits))
        assert not waits or (taken.open == passport).all()
        assert waits or not taken.open[taken.status == VISITOR].any()
        assert (taken.status[taken.resettled & taken.open] != VISITOR).all()
        assert not at_the_border(model, "Finland", place=place).resettled.any()  # on the border too
    assert hosts.borders_russia.any() and not hosts.borders_russia.all()


# --- news of doors --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lever", sorted({*PROGRAMMES} - {"resettlement"})
)  # for which see the runs
def test_m33_a_door_is_open_to_those_who_have_heard_of_it(
    model: EmigrationModel, lever: str
) -> None:
    known = at_the_border(model, "Germany", **{**SHUT, lever: 0.0})
    model.set_lever(lever, "Germany", 1.0)
    told = [known.open]
    p = model.scenario.parameters
    for week in range(1, 7):
        model.host_columns.answer(week, model.stock())
        found = at_the_border(model, "Germany")
        assert not (told[-1] & ~found.open).any()
        assert not (found.unheard & found.open).any()
        told.append(found.open)
    everyone = at_the_border(model, "Germany", **{lever: 1.0})
    np.testing.assert_array_equal(found.open | found.unheard, everyone.open)
    share = (told[-1] & ~known.open).sum() / (everyone.open & ~known.open).sum()
    expected = 1 - (1 - weekly_chance(1 / p.news_months)) ** 6
    among = (everyone.open & ~known.open).sum()
    assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / among)


def test_m33_a_door_that_shuts_is_shut_at_once(model: EmigrationModel) -> None:
    at_the_border(model, "Germany", simplified_settlement=1)
    model.set_lever("simplified_settlement", "Germany", 0.0)
    model.host_columns.answer(1, model.stock())
    shut = at_the_border(model, "Germany")
    assert not (shut.status == LONG_PERMIT).any()
    assert not shut.unheard.any()
    assert not model.host_columns.spreading


def test_p15_publicity_spreads_the_news_of_one_host(model: EmigrationModel) -> None:
    for host in ("Germany", "France"):
        model.set_lever("simplified_settlement", host, 1.0)
    model.set_lever("publicity", "Germany", 1.0)
    p, hosts = model.scenario.parameters, model.host_columns
    told = {}
    for week in range(1, 6):
        hosts.answer(week, model.stock())
        told = dict(zip(HOST_NAMES, hosts.heard["simplified_settlement"], strict=True))
    months = 5 / WEEKS_PER_MONTH
    assert told["France"] == pytest.approx(1 - np.exp(-months / p.news_months))
    faster = 1 + p.publicity_effect
    assert told["Germany"] == pytest.approx(1 - np.exp(-months * faster / p.news_months))
    assert not any(told[host] for host in HOST_NAMES if host not in ("Germany", "France"))
