"""The people of Russia: types add up, and every margin lies within its row's range."""

from __future__ import annotations

import csv
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from abm import composition as people
from abm import traits_tables as traits
from abm.composition import AGE_GROUPS, EDUCATIONS, OCCUPATIONS, REGIONS, SEXES, composition
from abm.errors import InputError
from abm.margins import DATA, Margin, by_age, fit_logit, number, people_rows, rake, rows_of

Chosen = NDArray[np.bool_]


@cache
def _names() -> dict[str, tuple[str, ...]]:
    return {"sex": SEXES, "region": REGIONS, "education": EDUCATIONS, "occupation": OCCUPATIONS}


def chosen(row: dict[str, str]) -> Chosen:
    """Types that a row of people.csv speaks of: age groups that lie wholly within its ages."""
    types = composition()
    kept = np.ones(types.persons.shape, dtype=bool)
    for name, labels in _names().items():
        if row[name]:
            kept &= getattr(types, name) == labels.index(row[name])
    if row["age"]:
        first, _, last = row["age"].rstrip("+").partition("-")
        lowest = np.array(AGE_GROUPS)[types.age_group]
        kept &= (lowest >= int(first)) & (lowest + 4 <= int(last or 64))
    return kept


def share(holders: Chosen, among: Chosen | None = None) -> float:
    persons = composition().persons
    everybody = np.ones_like(holders) if among is None else among
    return float(persons[holders & everybody].sum() / persons[everybody].sum())


def assert_within(row: dict[str, str], value: float) -> None:
    low, high = float(row["low"]), float(row["high"])
    assert low - 1e-6 <= value <= high + 1e-6, f"{value:.4g} is outside the row {row}"


def rows(trait: str, **group: str) -> list[dict[str, str]]:
    found = rows_of(trait, **group) if group else [r for r in people_rows() if r["trait"] == trait]
    assert found, trait
    return found


def test_every_row_has_a_range_a_unit_and_a_source() -> None:
    for row in people_rows():
        assert float(row["low"]) <= float(row["value"]) <= float(row["high"]), row
        assert row["unit"] and row["source"] and row["date"], row
        assert row["confidence"] in {"high", "medium", "low"}, row
    keys = [tuple(row[k] for k in ("trait", *_names(), "age")) for row in people_rows()]
    assert len(keys) == len(set(keys))


def test_types_are_few_and_nobody_is_lost() -> None:
    types = composition()
    assert len(types.persons) < 40_000
    assert (types.persons > 0).all()
    with (DATA / "population_by_age_and_sex.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert types.persons.sum() == pytest.approx(sum(int(r["persons"]) for r in table))
    assert types.persons.sum() == pytest.approx(89.4e6, rel=0.01)
    for row in table:
        group = AGE_GROUPS.index(int(row["age_from"]))
        cell = (types.sex == SEXES.index(row["sex"])) & (types.age_group == group)
        assert types.persons[cell].sum() == pytest.approx(int(row["persons"]), rel=1e-9)


def test_composition_is_made_once_and_cannot_be_written() -> None:
    assert composition() is composition()
    with pytest.raises(ValueError, match="read-only"):
        composition().persons[0] = 0.0


def test_regions_and_education_are_met() -> None:
    types = composition()
    higher = types.education == 1
    for row in rows("region_share"):
        assert_within(row, share(chosen(row)))
    for trait in ("higher_education_share", "higher_education_share_of_region"):
        for row in rows(trait):
            assert_within(row, share(higher, chosen(row)))
    ages = (types.age_group >= 1) & (types.age_group <= 6)
    gap = share(higher, ages & (types.sex == 1)) - share(higher, ages & (types.sex == 0))
    assert_within(rows("higher_education_gap")[0], gap)


def test_occupations_are_met() -> None:
    types = composition()
    for row in rows("headcount"):
        assert_within(row, float(types.persons[chosen(row)].sum()))
    working = ~np.isin(types.occupation, [OCCUPATIONS.index(o) for o in ("student", "jobless")])
    assert types.persons[working].sum() == pytest.approx(67.5e6, rel=0.01)
    for row in rows("share_of_employed"):
        assert_within(row, share(chosen(row), working))
    for row in rows("employment_share"):
        assert_within(row, share(working, chosen(row)))
    for row in rows("student_share"):
        assert_within(row, share(types.occupation == OCCUPATIONS.index("student"), chosen(row)))
    for row in rows("higher_education_share_of_occupation"):
        assert_within(row, share(types.education == 1, chosen(row)))
    for row in rows("female_share"):
        assert_within(row, share(types.sex == 1, chosen(row)))
    for row in rows("region_share_of_occupation"):
        occupation = types.occupation == OCCUPATIONS.index(row["occupation"])
        assert_within(row, share(types.region == REGIONS.index(row["region"]), occupation))


def test_partners_and_service_are_met() -> None:
    types = composition()
    for row in rows("partnered_share"):
        assert_within(row, share(types.partnered == 1, chosen(row)))
    persons = types.persons * types.partnered
    men, women = persons[types.sex == 0].sum(), persons[types.sex == 1].sum()
    assert men == pytest.approx(women, rel=0.05), "partners must be able to find each other"
    served = [share(types.served == 1, (types.sex == 0) & (types.age_group == a)) for a in range(9)]
    assert served == pytest.approx(by_age("served_share", sex="male"))
    assert not types.served[types.sex == 1].any()


def test_exemptions_are_those_granted() -> None:
    types = composition()
    exempt = types.exempt == 1
    for row in rows("exempt_persons"):
        assert_within(row, float(types.persons[chosen(row) & exempt].sum()))
    for row in rows("exempt_share"):
        assert_within(row, share(exempt, chosen(row) & (types.sex == 0) & (types.age_group < 8)))
    assert not exempt[(types.sex == 1) | (types.occupation == OCCUPATIONS.index("jobless"))].any()


def test_dissent_follows_the_polls() -> None:
    types = composition()
    opponent = types.dissent_bin == 2
    assert 0.11 <= share(opponent) <= 0.17
    assert_within(rows("ambivalent_share")[0], share(types.dissent_bin == 1))
    for row in rows("opponent_share"):
        assert_within(row, share(opponent, chosen(row)))

    def opposing(occupation: str) -> float:
        return share(opponent, types.occupation == OCCUPATIONS.index(occupation))

    assert opposing("scientist") > opposing("media") > opposing("it") > opposing("worker")
    assert opposing("worker") > opposing("security")


def test_leanings_are_met_and_follow_language_and_work() -> None:
    types = composition()
    for leaning, name in enumerate(("former_soviet", "europe", "elsewhere")):
        assert_within(rows(f"leaning_share_{name}")[0], share(types.leaning == leaning))
    west = types.leaning == 1
    assert share(west, types.education == 1) > share(west, types.education == 0)
    assert share(west, types.region == 0) > share(west, types.region == 2)
    assert share(west, types.occupation == 0) > share(west, types.occupation == 8)


def test_conditional_shares_sum_to_one() -> None:
    for shares in (
        people.partnered_share(),
        people.served_share(),
        people.exempt_share(),
        people.dissent_shares(),
        people.leaning_shares(),
    ):
        assert ((shares >= 0) & (shares <= 1)).all()
        assert shares.sum(axis=-1) == pytest.approx(1.0)


def test_wages_are_within_their_ranges() -> None:
    wage, working = traits.home_wage_usd(), traits.EMPLOYED
    persons = people.workforce().sum(axis=(0, 1, 3))
    bill = wage * persons
    national = bill[:, working].sum() / persons[:, working].sum()
    assert_within(rows("wage_usd", region="", occupation="")[0], national)
    for r, name in enumerate(REGIONS):
        mean = bill[r, working].sum() / persons[r, working].sum()
        assert_within(rows("wage_usd", region=name)[0], mean)
    for o, name in enumerate(OCCUPATIONS):
        assert_within(rows("wage_usd", occupation=name)[0], bill[:, o].sum() / persons[:, o].sum())
    assert (np.diff(wage, axis=0) < 0).all(), "capitals pay more than cities, cities more than rest"
    assert 0.3 <= traits.wage_spread() <= 0.6


def test_savings_are_the_surveys() -> None:
    probabilities, months = traits.savings_months_quantiles()
    assert (np.diff(probabilities) > 0).all() and (np.diff(months) >= 0).all()
    assert probabilities[0] == 0 and probabilities[-1] == 1
    medians = np.interp([0.25, 0.5, 0.75, 0.9, 0.95], probabilities, months)
    assert (medians >= [0, 0, 1.2, 4, 7]).all() and (medians <= [0, 1, 3, 9, 18]).all()


def test_passports_and_languages_rise_with_education_and_city() -> None:
    passport = traits.foreign_passport_share()
    speaks = people.speaks_foreign_language_share()
    assert passport.shape == (2, 3, 9) and speaks.shape == (2, 3)
    for table in (passport, speaks):
        assert ((table > 0) & (table < 1)).all()
        assert (table[1] > table[0]).all() and (np.diff(table, axis=1) < 0).all()
    persons = people.persons_by_education().sum(axis=0)[..., 0].transpose(2, 1, 0)
    holders = passport * persons
    for level, name in enumerate(EDUCATIONS):
        row = rows("foreign_passport_share", education=name)[0]
        assert_within(row, holders[level].sum() / persons[level].sum())
    for region, name in enumerate(REGIONS):
        row = rows("foreign_passport_share", region=name)[0]
        assert_within(row, holders[:, region].sum() / persons[:, region].sum())


def test_children_exposure_remote_work_and_activists() -> None:
    for children in (traits.children_per_woman(), traits.children_per_man()):
        assert children.shape == (9,) and children.argmax() == 3
    exposure = traits.exposure_by_age()
    assert exposure.max() == 1 and exposure.argmax() == 2 and (exposure[6:] < 0.15).all()
    assert 0 < traits.womens_exposure() < traits.served_factor() < 1
    assert traits.remote_share().argmax() == OCCUPATIONS.index("it")
    opponents = (people.workforce() * people.dissent_shares()[..., 2]).sum(axis=(0, 1, 2, 3))
    activists = float((opponents * traits.activist_share()).sum())
    assert_within(rows("activist_persons")[0], activists)


def test_fits_meet_their_targets_or_say_that_they_cannot() -> None:
    weights = np.array([1.0, 3.0])
    first = np.array([True, False])
    shares = fit_logit(weights, [Margin(first | ~first, 0.3), Margin(first, 0.1, against=~first)])
    assert weights @ shares / 4 == pytest.approx(0.3)
    assert shares[0] - shares[1] == pytest.approx(0.1)
    table = rake(
        np.array([[1.0, 2.0], [3.0, 4.0]]), [np.array([[4.0], [6.0]]), np.array([[5.0, 5]])]
    )
    assert table.sum(axis=0) == pytest.approx([5, 5]) and table.sum(axis=1) == pytest.approx([4, 6])
    with pytest.raises(InputError, match="contradict"):
        rake(np.ones((2, 2)), [np.array([[4.0], [6.0]]), np.array([[5.0, 9.0]])])
    with pytest.raises(InputError, match="contradict"):
        fit_logit(weights, [Margin(first, 1.2), Margin(~first, 0.5)])


def test_a_row_that_is_missing_is_named() -> None:
    with pytest.raises(InputError, match="'region_share'"):
        number("region_share", region="Mars")
    with pytest.raises(InputError, match="for age 20"):
        by_age("no_such_trait")
