"""Doors: whom the levers of entry let in, with what status and for how long."""

from __future__ import annotations

import numpy as np
import pytest

from abm.doors import CITIZEN, PERMIT, VISITOR, Doors, doors
from abm.emigrants import NOWHERE
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


def at_the_border(model: EmigrationModel, host: str, **levers: float) -> Doors:
    """Everybody at one host's doors, nobody with a partner there; shape (people,)."""
    for lever, value in levers.items():
        model.set_lever(lever, host, value)
    people = everybody(model)
    nowhere = np.full(model.population.size, NOWHERE)
    draftable = model.kremlin.is_draftable(people.risk_class)
    p, row = model.scenario.parameters, HOST_NAMES.index(host)
    all_doors = doors(model.chance, people, draftable, nowhere, model.host_columns, p, model.week)
    return Doors(*(getattr(all_doors, name)[:, row] for name in Doors.__dataclass_fields__))


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
    for lever, value in (("entry_ban", 1.0), ("skill_visas", 0.0)):
        model.set_lever(lever, "Georgia", value)
    people = everybody(model)
    there = np.full(model.population.size, HOST_NAMES.index("Georgia"))
    found = doors(
        model.chance, people, np.zeros(len(there), dtype=bool), there, model.host_columns,
        model.scenario.parameters, 0,
    )  # fmt: skip
    row = HOST_NAMES.index("Georgia")
    np.testing.assert_array_equal(found.open[:, row], people.foreign_passport)


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
    found = at_the_border(model, "Israel", skill_visas=0, visa_free_days=0, tourist_visas=0)
    assert found.open.any()
    assert (found.status[found.open] == CITIZEN).all()
