"""What people of a type earn, own, hold and fear at home: small tables from `data/people.csv`.

Axes: regions (3), education (2), occupations (10) and age groups (9) as in `composition`.
Every number's source, range and confidence stand in its row.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from .composition import (
    EDUCATIONS,
    ELITES,
    HIGHER,
    OCCUPATIONS,
    REGIONS,
    Composition,
    age_axis,
    age_margins,
    education_axis,
    persons_by_education,
    persons_by_sex_and_age,
    region_margins,
    workforce,
)
from .margins import Array, Margin, by, by_age, fit_logit, number, rake, read_only

SECTORS = tuple(name for name in OCCUPATIONS if name not in ("student", "jobless"))
EMPLOYED = np.isin(OCCUPATIONS, SECTORS)

# The occupations whose topmost are an elite, by its kind.
ELITE_WORK = {"silovik": "security", "manager": "manager", "investor": "entrepreneur"}
ELITE_AGE_GROUP = 3  # from 35 on


@cache
def home_wage_usd() -> Array:
    """Mean net wage in USD a month, early 2022, (regions, occupations); of students and the
    jobless, their income.

    wage = occupation's mean · (region's mean / national mean)^elasticity, scaled so that each
    occupation keeps its mean, and all who work in a region earn in proportion to its mean there.
    Assumes that work and region multiply; elasticity below one for IT (one market), stipends and
    pensions.
    """
    persons = workforce().sum(axis=(0, 1, 3))
    mean = by("occupation", OCCUPATIONS, "wage_usd")
    relative = by("region", REGIONS, "wage_usd") / number("wage_usd")
    elasticity = by("occupation", OCCUPATIONS, "wage_region_elasticity", absent=1.0)
    bill = persons * mean * relative[:, None] ** elasticity
    bill *= mean * persons.sum(axis=0) / bill.sum(axis=0)
    working, totals = persons[:, EMPLOYED], (mean * persons.sum(axis=0))[EMPLOYED]
    by_region = working.sum(axis=1) * relative
    by_region *= totals.sum() / by_region.sum()
    bill[:, EMPLOYED] = rake(bill[:, EMPLOYED], [by_region[:, None], totals[None, :]])
    return read_only(bill / persons)


@cache
def wage_spread() -> float:
    """Standard deviation of ln wage among people of one region and occupation (assumption)."""
    return number("wage_spread")


@cache
def savings_months_quantiles() -> tuple[Array, Array]:
    """Probabilities and savings in months of spending, for a piecewise linear inverse CDF:
    `np.interp(u, probabilities, months)`. Superjob, October 2022; the last two points guessed.

    "1-2 months" is read as up to 3, where the next answer begins.
    """
    answers = ("none", "under_1", "1_to_2", "3_to_6", "6_to_12")
    shares = [number(f"savings_share_{answer}") for answer in answers]
    probabilities = np.array([0.0, *np.cumsum(shares), 0.99, 1.0])
    longest = [number("savings_months_p99"), number("savings_months_p100")]
    months = np.array([0.0, 0.0, 1.0, 3.0, 6.0, 12.0, *longest])
    return read_only(probabilities), read_only(months)


@cache
def home_income_mean_usd() -> float:
    """Mean income at home of all adults, whether they work or not, USD a month."""
    persons = workforce().sum(axis=(0, 1, 3))
    return float((persons * home_wage_usd()).sum() / persons.sum())


@cache
def wealth_median_usd() -> float:
    """Median net wealth of an adult, USD."""
    return number("wealth_median_usd")


@cache
def wealth_most_usd() -> float:
    """Net wealth of the richest meant here, USD; those above are the elite's investors."""
    return number("wealth_most_usd")


@cache
def foreign_passport_share() -> Array:
    """Share who hold a passport for travel abroad, (education, region, age group).

    A logit of age + education + region, fitted to shares by age and to the gaps between educations
    and regions. Levada 2016, carried to February 2022.
    """
    persons = persons_by_education().sum(axis=0, keepdims=True)
    other, higher = by("education", EDUCATIONS, "foreign_passport_share")
    with_degree = education_axis == HIGHER
    margins = [
        *age_margins("foreign_passport_share"),
        *region_margins("foreign_passport_share"),
        Margin(with_degree, higher - other, against=~with_degree),
    ]
    return read_only(fit_logit(persons, margins)[0, :, :, :, 0].transpose(2, 1, 0).copy())


@cache
def children_per_woman() -> Array:
    """Mean children under 18 who live with a woman, by her age group, (9,)."""
    return read_only(by_age("children", sex="female"))


@cache
def children_per_man() -> Array:
    """Mean children under 18 who live with a man, by his age group, (9,). With a partner these
    are her children too: count each child in one parent's row."""
    return read_only(by_age("children", sex="male"))


@cache
def remote_share() -> Array:
    """Share whose work can be done from abroad, by occupation, (10,) (assumption)."""
    return read_only(by("occupation", OCCUPATIONS, "remote_share"))


@cache
def exposure_by_age() -> Array:
    """Perceived liability to mobilisation of men who served, by age group, (9,); most liable = 1.

        g(a) ∝ call-ups a man of age a / (served(a) + f (1 − served(a)))

    with f = `served_factor()`, so that over all men of an age the exposure stays
    proportional to the call-ups of September and October 2022.
    """
    served = by_age("served_share", sex="male")
    liable = served + served_factor() * (1 - served)
    exposure = by_age("call_up_probability", sex="male") / liable
    return read_only(exposure / exposure.max())


@cache
def served_factor() -> float:
    """Exposure of men who never served over that of men who did (assumption, 0.04 to 0.6)."""
    return number("never_served_exposure")


@cache
def womens_exposure() -> float:
    """Exposure of women of 18 to 50 over that of the most liable men: the share of women who are
    liable at all. Older women: none."""
    return number("women_exposure", sex="female", age="18-50")


@cache
def activist_share() -> Array:
    """Share of opponents who are activists or journalists, by occupation, (10,) (assumption)."""
    return read_only(by("occupation", OCCUPATIONS, "activist_share"))


@cache
def home_wage_mean_usd() -> tuple[float, float]:
    """Mean net wage in USD a month, early 2022: of IT specialists, and of all who work."""
    return by("occupation", OCCUPATIONS, "wage_usd")[OCCUPATIONS.index("it")], number("wage_usd")


@cache
def it_speaks_foreign_language_share() -> float:
    """Share of IT specialists who can work in a foreign language, mostly English."""
    return number("speaks_foreign_language_share", occupation="it")


@cache
def attachment_by_stage() -> Array:
    """How far attachment to home lies from its mean by life stage, standard deviations, (3,).

    Where a share p would like to emigrate attachment lies -Φ⁻¹(p), less the mean over adults
    (Levada, May 2021), averaged over each stage of three age groups. Assumes that the wish shows
    the attachment.
    """
    distance = -ndtri(by_age("would_like_to_emigrate_share"))
    persons = persons_by_sex_and_age().sum(axis=0).ravel()
    distance = distance - np.average(distance, weights=persons)
    weights = persons.reshape(-1, 3)
    return read_only((distance.reshape(-1, 3) * weights).sum(axis=1) / weights.sum(axis=1))


@cache
def elite_share() -> Array:
    """Share of those with a degree, aged 35 and more, who are of the elite, by occupation, (10,).

    Headcount / people of that kind; within it anybody is as likely as anybody else (assumption).
    """
    of_the_kind = workforce() * ((age_axis >= ELITE_AGE_GROUP) & (education_axis == HIGHER))
    headcount = by("occupation", OCCUPATIONS, "elite_headcount", absent=0.0, education="higher")
    return read_only(headcount / np.maximum(of_the_kind.sum(axis=(0, 1, 2, 3)), 1.0))


def elite_of_types(types: Composition) -> NDArray[np.int64]:
    """The kind of elite that each type of people could be of, an index into ELITES, (types,)."""
    grown = (types.age_group >= ELITE_AGE_GROUP) & (types.education == HIGHER)
    kind = np.zeros(len(grown), dtype=np.int64)
    for elite, work in ELITE_WORK.items():
        kind[grown & (types.occupation == OCCUPATIONS.index(work))] = ELITES.index(elite)
    return kind
