"""The people: as many as there are, as composed, the same under a seed whatever happens."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from abm import composition, traits_tables
from abm.chance import Chance
from abm.model import EmigrationModel
from abm.people import ATTACHMENT_LIMIT, MOST_CHILDREN, WAGE_LIMIT, People
from abm.population import Population

LEAST_P = 1e-4  # the draws are fixed, so a test that passes once passes for ever
SCALE = 1000
TRAITS = (
    "sex", "age_group", "age_years", "region", "education", "occupation", "leaning", "risk_class",
    "attachment_standard", "dissent", "activist", "wage_usd", "savings_usd", "foreign_passport",
    "speaks_foreign_language", "remote", "skilled", "children",
)  # fmt: skip


@pytest.fixture(scope="module")
def population() -> Population:
    return Population(SCALE, Chance(1))


@pytest.fixture(scope="module")
def everybody(population: Population) -> People:
    return population.people(np.arange(population.size))


def near(found: int, expected: float) -> bool:
    """A count of agents as close as independent draws would be; strata are closer still."""
    return abs(found - expected) <= 4.5 * np.sqrt(expected) + 1


# --- how many --------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1, 7, 100, 1000, 10_000])
def test_nobody_is_lost_at_any_scale(scale: int) -> None:
    population = Population(scale, Chance(1))
    adults = composition.composition().persons.sum()
    assert abs(population.size * scale - adults) <= scale / 2
    assert population.strata.start[0] == 0
    assert np.all(population.strata.size > 0)
    assert population.strata.size.sum() == population.size
    assert population.class_size.sum() == population.size


def test_ages_and_sexes_are_met(everybody: People) -> None:
    types = composition.composition()
    for sex in range(2):
        for age in range(len(composition.AGE_GROUPS)):
            persons = types.persons[(types.sex == sex) & (types.age_group == age)].sum()
            found = np.sum((everybody.sex == sex) & (everybody.age_group == age))
            assert near(found, persons / SCALE), (sex, age)


@pytest.mark.parametrize(
    ("trait", "kinds"),
    [("region", 3), ("education", 2), ("occupation", 10), ("leaning", 3), ("sex", 2)],
)
def test_what_people_are_is_met(everybody: People, trait: str, kinds: int) -> None:
    types = composition.composition()
    expected = np.bincount(getattr(types, trait), weights=types.persons, minlength=kinds) / SCALE
    found = np.bincount(getattr(everybody, trait), minlength=kinds)
    assert all(map(near, found, expected))


def test_joint_traits_are_those_of_one_type(everybody: People) -> None:
    """Who is a student is young; who studies or works where is met jointly, not only each alone."""
    types = composition.composition()
    key = (types.occupation.astype(int) * 9 + types.age_group) * 2 + types.education
    expected = np.bincount(key, weights=types.persons, minlength=180) / SCALE
    found = np.bincount((everybody.occupation * 9 + everybody.age_group) * 2 + everybody.education)
    found = np.append(found, np.zeros(180 - len(found), dtype=int))
    assert all(map(near, found, expected))
    assert not np.any(found[expected == 0])


def test_classes_of_exposure_count_people(population: Population, everybody: People) -> None:
    counted = np.zeros_like(population.class_size)
    np.add.at(counted, (everybody.region, everybody.risk_class), 1)
    assert np.array_equal(counted, population.class_size)


# --- the same people -------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_people_whatever_the_scenario(
    finished: Callable[..., EmigrationModel],
) -> None:
    harsh = {"mobilisation": 1.0, "attachment_spread": 3.0, "cost_of_leaving": 4.0, "entry_ban": 1}
    quick = {"scale": 10_000, "until": "2022-03-20"}
    models = [finished(**quick), finished(set=harsh, without=("M4",), screened=False, **quick)]
    ids = np.arange(models[0].population.size)
    one, other = (model.population.people(ids) for model in models)
    for trait in TRAITS:
        assert np.array_equal(getattr(one, trait), getattr(other, trait)), trait
    assert np.array_equal(models[0].ties.partner(ids), models[1].ties.partner(ids))
    assert np.array_equal(models[0].ties.contacts(ids), models[1].ties.contacts(ids))


def test_another_seed_or_replicate_gives_other_people(everybody: People) -> None:
    for chance in (Chance(2), Chance(1, replicate=1)):
        others = Population(SCALE, chance).people(everybody.ids)
        for trait in ("age_years", "wage_usd", "attachment_standard", "dissent"):
            assert np.mean(getattr(others, trait) == getattr(everybody, trait)) < 0.9, trait


@pytest.mark.parametrize("trait", TRAITS)
def test_traits_do_not_depend_on_the_batch(
    population: Population, everybody: People, trait: str
) -> None:
    shuffled = np.random.default_rng(1).permutation(population.size)[:5000]
    whole = getattr(everybody, trait)
    assert np.array_equal(getattr(population.people(shuffled), trait), whole[shuffled])
    for person in (0, 17, population.size - 1):
        assert getattr(population.people(np.array([person])), trait)[0] == whole[person]


# --- their traits ----------------------------------------------------------------------------


def test_attachment_is_a_truncated_standard_normal(everybody: People) -> None:
    z = everybody.attachment_standard
    assert np.abs(z).max() <= ATTACHMENT_LIMIT
    normal = stats.truncnorm(-ATTACHMENT_LIMIT, ATTACHMENT_LIMIT)
    assert stats.kstest(z, normal.cdf).pvalue > LEAST_P
    for column in (everybody.sex, everybody.age_group, everybody.region, everybody.dissent):
        assert abs(np.corrcoef(z, column)[0, 1]) < 4.5 / np.sqrt(len(z))


def test_dissent_lies_within_its_bin(population: Population, everybody: People) -> None:
    edges = np.array(composition.DISSENT_EDGES)
    cell = population.groups.dissent_bin[everybody.group]
    assert np.all((edges[cell] <= everybody.dissent) & (everybody.dissent <= edges[cell + 1]))
    for k in range(len(edges) - 1):
        within = (everybody.dissent[cell == k] - edges[k]) / (edges[k + 1] - edges[k])
        assert stats.kstest(within, "uniform").pvalue > LEAST_P
        assert near(
            len(within), population.groups.persons[population.groups.dissent_bin == k].sum() / SCALE
        )
    assert np.all(cell[everybody.activist] == composition.DISSENTS.index("opponent"))


def test_ages_are_whole_years_of_their_group(everybody: People) -> None:
    within = everybody.age_years - np.array(composition.AGE_GROUPS)[everybody.age_group]
    counts = np.bincount(within, minlength=5)
    assert len(counts) == 5
    assert stats.chisquare(counts).pvalue > LEAST_P


def test_wages_have_their_mean_and_limits(everybody: People) -> None:
    mean = traits_tables.home_wage_usd()[everybody.region, everybody.occupation]
    ratio = everybody.wage_usd / mean
    sigma = traits_tables.wage_spread()
    assert np.abs(np.log(ratio) + sigma**2 / 2).max() <= WAGE_LIMIT * sigma * (1 + 1e-9)
    assert ratio.mean() == pytest.approx(1.0, abs=0.01 + 4.5 * ratio.std() / np.sqrt(len(ratio)))
    assert np.all(everybody.savings_usd >= 0)


def test_children_live_in_their_mothers_rows(everybody: People) -> None:
    children, number = everybody.children, np.arange(MOST_CHILDREN + 1)
    assert not np.any(children[everybody.sex == 0])
    assert 0 <= children.min() and children.max() <= MOST_CHILDREN
    for age, mean in enumerate(traits_tables.children_per_woman()):
        of_age = children[(everybody.sex == 1) & (everybody.age_group == age)]
        chances = stats.poisson(mean).pmf(number)
        chances[-1] += stats.poisson(mean).sf(MOST_CHILDREN)
        error = of_age.std() / np.sqrt(len(of_age))
        assert abs(of_age.mean() - chances @ number) <= 4.5 * error + 1e-3


def test_the_summary_is_that_of_the_people(population: Population, everybody: People) -> None:
    summary = population.summary()
    assert summary["adults"] == pytest.approx(population.size * SCALE, abs=SCALE)
    jobs = composition.OCCUPATIONS
    seen = {
        "mean_age_years": everybody.age_years + 0.5,
        "share_higher_education": everybody.education == 1,
        "share_entrepreneurs": everybody.occupation == jobs.index("entrepreneur"),
        "share_it": everybody.occupation == jobs.index("it"),
    }
    for name, column in seen.items():
        error = 4.5 * column.std() / np.sqrt(len(column))
        assert summary[name] == pytest.approx(column.mean(), abs=error), name
    assert summary["wage_median_usd"] == pytest.approx(np.median(everybody.wage_usd), rel=0.05)
