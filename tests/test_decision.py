"""Each component of utility, worked out by hand for one person and one host at a time."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log
from typing import Any

import numpy as np
import pytest

from abm import decision
from abm.deciders import deciders_abroad, deciders_at_home
from abm.decision import Deciders, World, components, total, utilities
from abm.doors import IRREGULAR, STATUS_INSECURITY
from abm.emigrants import HOME, JOBLESS, REMOTE_WORK
from abm.hosts_table import HOST_NAMES, home_value
from abm.model import EmigrationModel
from abm.options import EVERY_HOST, Options
from abm.people import ATTACHMENT_LIMIT
from abm.population import IT, SCIENTIST
from abm.traits_tables import attachment_by_stage, home_wage_mean_usd

HOSTS = len(HOST_NAMES)
WEEKS = 38
SET = {  # so that every branch has somebody in it
    "institutions_closed": 0.6,
    "institutions_closed.Germany": 0.2,
    "return_offer": 0.4,
    "abductions": 5.0,
    "resettlement": 0.5,
    "transfer_barrier": 0.35,
    "direct_flights.Turkey": 0.0,
    "wage_offer_elasticity": 1.0,
    "cost_of_leaving": 6.0,
}


@pytest.fixture(scope="module")
def model() -> EmigrationModel:
    settings = {"scale": 3000, "until": "2022-12-31", "set": SET}
    made = EmigrationModel(**settings)
    for _ in range(WEEKS):
        made.step()
    made.kremlin.regime_change = 0.3
    return made


@pytest.fixture(scope="module")
def world(model: EmigrationModel) -> World:
    return model.world()


@pytest.fixture(scope="module")
def abroad(model: EmigrationModel, world: World) -> Deciders:
    found = deciders_abroad(model, world, model.emigrants.abroad())
    hardship = np.arange(len(found.place)) % 3 == 0  # some without savings, some without papers
    savings = np.where(hardship, 0.0, found.savings_usd)
    irregular = np.where(np.arange(len(found.place)) % 7 == 0, IRREGULAR, found.status)
    work = np.where(np.arange(len(found.place)) % 5 == 0, JOBLESS, found.work)
    return replace(found, savings_usd=savings, status=irregular, work=work)


@pytest.fixture(scope="module")
def at_home(model: EmigrationModel, world: World) -> Deciders:
    everybody = np.arange(0, model.population.size, 29)
    there = everybody[model.emigrants.place_of(everybody) == HOME][:900]
    partners = model.ties.partner(model.emigrants.person[model.emigrants.abroad()])
    left = partners[(partners >= 0) & (model.emigrants.place_of(partners) == HOME)][:50]
    return deciders_at_home(model, world, model.population.people(np.concatenate([there, left])))


def in_host(d: Deciders, w: World, i: int, j: int) -> dict[str, float]:
    """What host j adds for person i, by component."""
    p, h = w.parameters, w.hosts
    here, lives = d.place[i] == j, d.place[i] >= 0
    together = d.partner_place[i] == j
    parts = {
        "consumption": p.consumption_weight * log(spent(d, w, i, j)),
        "diaspora": p.diaspora_weight * log(1 + (h.diaspora_before[j] + h.newcomers[j]) / 1000),
        "contacts": p.contacts_weight * log(1 + d.contacts[i, j]),
        "family": p.family_weight * together,
        "host_constant": h.host_constant[j],
        "leaning": p.leaning_weight * (d.people.leaning[i] == h.group[j]),
        "fear": -p.fear_weight * d.people.dissent[i] * h.fear[j],
        "discrimination": 0.0,
    }
    status, weeks = (
        (d.status[i], d.weeks_left[i]) if here else (d.doors.status[i, j], d.doors.weeks[i, j])
    )
    base = STATUS_INSECURITY[status]
    insecure = base + (1 - base) * h.refusal[j] * exp(-max(weeks, 0) / 26)
    partners = insecure if lives and d.partner_place[i] == d.place[i] else 0.0
    if here:
        partners = d.partner_insecurity[i]
        lived = d.discrimination[i] + p.partner_suffering * d.partner_discrimination[i]
        parts["discrimination"] = -p.discrimination_weight * lived
    parts["insecurity"] = -p.insecurity_weight * (insecure + p.partner_suffering * partners)
    cost = p.cost_of_leaving + p.cost_without_flights * (1 - h.direct_flights[j])
    if lives:
        cost = 0.0 if here else p.cost_of_onward_move
        cost *= 1 - p.resettlement_ease if d.doors.resettled[i, j] else 1
    parts["moving_cost"] = -cost
    return parts


def spent(d: Deciders, w: World, i: int, j: int) -> float:
    """Consumption there, USD a month at purchasing power."""
    p, h, people = w.parameters, w.hosts, d.people
    it = people.occupation[i] == IT
    wage = h.wage_it_usd[j] if it else h.wage_mean_usd[j]
    wage *= (people.wage_usd[i] / home_wage_mean_usd()[0 if it else 1]) ** p.skill_portability
    wage *= not people.out_of_work[i]
    access = h.right_to_work[j]
    access *= max(float(people.speaks_foreign_language[i]), h.russian_ease[j])
    if people.occupation[i] == SCIENTIST:
        access *= 1 - h.institutions_closed[j]
    found = p.job_finding_per_month * access
    expected = wage * found / (found + p.failure_per_month)
    lives, here = d.place[i] >= 0, d.place[i] == j
    remotely = d.work[i] == REMOTE_WORK if lives else people.remote[i] or people.out_of_work[i]
    lost = p.transfer_barrier * (1 - h.payments[j])
    income = max(expected, people.wage_usd[i] * (1 - lost) * remotely)
    if here and d.work[i] != REMOTE_WORK:
        hopes = d.savings_usd[i] > 0 and d.status[i] != IRREGULAR
        income = expected * hopes if d.work[i] == JOBLESS else wage
    return float(max(p.subsistence_ppp_usd, (income - p.rent_share * h.rent_usd[j]) / h.prices[j]))


def in_russia(d: Deciders, w: World, i: int) -> dict[str, float]:
    """What Russia adds for person i, by component."""
    p, k, people = w.parameters, w.kremlin, d.people
    wage = people.wage_usd[i] * w.real_wage_index * w.wage_offers[people.occupation[i]]
    risk = k.perceived_risk(people.region[i : i + 1], people.risk_class[i : i + 1])[0]
    o, stage = people.dissent[i], attachment_by_stage()[people.stage[i]]
    lives = d.place[i] >= 0
    pull = p.attachment_spread * (people.attachment_standard[i] + stage)
    if lives:
        least = p.attachment_spread * (stage - ATTACHMENT_LIMIT)
        kept = p.lasting_attachment + (1 - p.lasting_attachment) * exp(-d.years_abroad[i] / 2)
        pull = least + (pull - least) * kept
    back = p.cost_of_return + p.cost_without_flights * (1 - w.hosts.direct_flights[d.place[i]])
    return {
        "consumption": p.consumption_weight
        * log(max(p.subsistence_ppp_usd, wage / home_value("price_level"))),
        "family": p.family_weight * (d.partner_place[i] == HOME),
        "mobilisation": -p.mobilisation_weight * risk,
        "repression": -p.repression_weight * o * k.repression * (1 - w.propaganda),
        "conscience": -p.repression_weight * o * p.conscience * (1 - k.regime_change),
        "hardship": -p.hardship_weight
        * (max(0.0, -log(w.real_wage_index)) + people.out_of_work[i]),
        "attachment": pull,
        "news_from_home": lives
        * (p.offer_weight * k.return_offer * (1 - o) + p.hope_weight * k.regime_change * o),
        "moving_cost": -back * lives,
    }


def shaped(parts: decision.Components, name: str, people: int) -> tuple[Any, Any]:
    there, home = parts[name]
    return np.broadcast_to(there, (people, HOSTS)), np.broadcast_to(home, people)


@pytest.mark.parametrize("where", ["abroad", "at_home"])
def test_components_are_those_worked_out_by_hand(
    where: str, world: World, request: pytest.FixtureRequest
) -> None:
    d: Deciders = request.getfixturevalue(where)
    people = len(d.place)
    assert people > 100
    parts = components(d, world)
    expected = set(in_host(d, world, 0, 0)) | set(in_russia(d, world, 0)) | {"elite"}
    assert set(parts) == expected
    for i in range(0, people, 3):
        home = in_russia(d, world, i)
        for j in range(i % 4, HOSTS, 4) if d.place[i] < 0 else {int(d.place[i]), i % HOSTS}:
            there = in_host(d, world, i, j)
            for name in expected - {"elite"}:
                found, at = shaped(parts, name, people)
                assert found[i, j] == pytest.approx(there.get(name, 0.0), abs=1e-10), (name, i, j)
                assert at[i] == pytest.approx(home.get(name, 0.0), abs=1e-10), (name, i)


def test_few_options_have_the_components_of_all(
    model: EmigrationModel, world: World, at_home: Deciders
) -> None:
    """Only some hosts weighed by each: the same numbers, pair by pair."""
    who = np.repeat(np.arange(len(at_home.place)), 2)
    host = (who * 5 + np.tile([0, 11], len(at_home.place))) % HOSTS
    order = np.lexsort((host, who))
    pairs = Options(who[order], host[order])
    few = deciders_at_home(model, world, at_home.people, None, pairs)
    parts, whole = components(few, world), components(at_home, world)
    for name in whole:
        there, _ = shaped(whole, name, len(at_home.place))
        found = np.broadcast_to(parts[name][0], pairs.host.shape)
        np.testing.assert_allclose(found, there[pairs.who, pairs.host], atol=1e-12, err_msg=name)


def test_utilities_are_the_components_added_up(world: World, abroad: Deciders) -> None:
    parts = components(abroad, world)
    people = len(abroad.place)
    there, home = utilities(parts, EVERY_HOST, people)
    np.testing.assert_allclose(there, sum(shaped(parts, name, people)[0] for name in parts))
    np.testing.assert_allclose(home, sum(shaped(parts, name, people)[1] for name in parts))
    assert np.array_equal(total(parts, people), np.column_stack([there, home]))
    assert np.array_equal(abroad.abroad, abroad.place >= 0)


def test_there_is_somebody_in_every_branch(world: World, abroad: Deciders) -> None:
    assert world.hosts.fear.any() and world.hosts.institutions_closed.any()
    assert abroad.doors.resettled.any()
    for kind in range(3):
        assert (abroad.work == kind).any()
    assert (abroad.partner_place == abroad.place).any()
    assert (abroad.partner_insecurity > 0).any() and (abroad.partner_discrimination > 0).any()
    assert (abroad.people.occupation == SCIENTIST).any() or (abroad.people.occupation == IT).any()
    assert (world.wage_offers != 1).any()
