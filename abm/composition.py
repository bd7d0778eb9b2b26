"""Who lives in Russia: adults of 20 to 64 as types of people, with how many there are of each.

The joint distribution is a product of conditional shares, one small function each:

    persons = N(sex, age) · P(region) · P(education | sex, age, region)
            · P(occupation | sex, age, region, education) · P(partnered | sex, age)
            · P(served | sex, age) · P(exempt | sex, age, education, occupation)
            · P(dissent | sex, age, region, education, occupation)
            · P(leaning | region, education, occupation)

Margins come from `data/people.csv` and `data/population_by_age_and_sex.csv`, each row with its
source. Beyond what a factor names, traits are independent: an assumption, since no joint survey
is at hand. Inside this module arrays have the axes (sex, age, region, education, occupation),
of length 1 where they do not matter.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from .margins import DATA, Array, Margin, by, by_age, fit_logit, number, rake, read_only

Index = NDArray[np.int8]

SEXES = ("male", "female")
AGE_GROUPS = (20, 25, 30, 35, 40, 45, 50, 55, 60)  # youngest age of each five-year group
REGIONS = ("capitals", "cities", "elsewhere")
EDUCATIONS = ("other", "higher")
OCCUPATIONS = (
    "it", "entrepreneur", "scientist", "student", "media",
    "manager", "security", "specialist", "worker", "jobless",
)  # fmt: skip
ELITES = ("none", "silovik", "manager", "investor")
LEANINGS = ("former Soviet", "Europe and the West", "elsewhere")
DISSENTS = ("supporter", "ambivalent", "opponent")
# A person's dissent, 0 to 1, is uniform within their bin.
DISSENT_EDGES = (0.0, 0.25, 0.6, 1.0)

# Open grids: (age_axis < 4) & (sex_axis == 1) is a mask that broadcasts to the five axes.
sex_axis, age_axis, region_axis, education_axis, occupation_axis = np.ogrid[:2, :9, :3, :2, :10]
SHAPE = (2, 9, 3, 2, 10)
MALE, HIGHER = 0, 1
CAPITALS, CITIES, ELSEWHERE = range(3)
STUDENT, SPECIALIST, JOBLESS = (OCCUPATIONS.index(o) for o in ("student", "specialist", "jobless"))


@dataclass(frozen=True, eq=False)
class Composition:
    """Types of people, as columns of equal length, (types,). Equal to itself alone, so a key.

    Indices into the names above; partnered, served, exempt are 0 or 1. served: has served or
    holds a military speciality; exempt: from mobilisation, by an employer or as a student; both
    for men only. persons: real people of the type.
    """

    persons: Array
    sex: Index
    age_group: Index
    region: Index
    education: Index
    occupation: Index
    partnered: Index
    served: Index
    exempt: Index
    dissent_bin: Index
    leaning: Index


@cache
def composition() -> Composition:
    """The packaged people: all types with at least somebody in them, about 89 million persons."""
    return types_of(product(workforce(), *(shares() for shares in FURTHER.values())))


def product(persons: Array, *shares: Array) -> Array:
    """Persons of every type: one more axis for each further trait, the last axis of its shares."""
    joint = persons[(..., *[None] * len(shares))]
    for trait, share in enumerate(shares):
        before, after = [None] * trait, [None] * (len(shares) - trait - 1)
        joint = joint * share[(..., *before, slice(None), *after)]
    return joint


def types_of(joint: Array) -> Composition:
    """The types with somebody in them, from persons by all ten traits; no mass is dropped."""
    types = np.nonzero(joint)
    columns = [index.astype(np.int8) for index in types]
    for column in columns:
        column.flags.writeable = False
    return Composition(read_only(joint[types]), *columns)


def persons_by_sex_and_age() -> Array:
    """Persons, (2, 9, 1, 1, 1). UN World Population Prospects 2019, mid-2020; assumed to hold
    in February 2022."""
    persons = np.zeros((len(SEXES), len(AGE_GROUPS)))
    with (DATA / "population_by_age_and_sex.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            cell = SEXES.index(row["sex"]), AGE_GROUPS.index(int(row["age_from"]))
            persons[cell] = float(row["persons"])
    return persons[:, :, None, None, None]


def persons_by_region() -> Array:
    """Persons, (2, 9, 3, 1, 1): regions' shares of all people, assumed alike at every age."""
    return persons_by_sex_and_age() * by("region", REGIONS, "region_share")[:, None, None]


@cache
def persons_by_education() -> Array:
    """Persons, (2, 9, 3, 2, 1), split by a logit of age + sex + region.

    Met: the share with a degree at each age, the gap of women over men and the capitals' share
    at 25 to 54; an assumed odds ratio sets cities apart from towns and villages.
    """
    persons = persons_by_region()
    working_ages = (age_axis >= 1) & (age_axis <= 6)
    margins = age_margins("higher_education_share")
    gap = number("higher_education_gap", sex="female", age="25-54")
    margins.append(Margin(sex_axis != MALE, gap, against=sex_axis == MALE, within=working_ages))
    share = number("higher_education_share_of_region", region="capitals", age="25-54")
    margins.append(Margin(region_axis == CAPITALS, share, within=working_ages))
    cities = np.log(number("higher_education_odds", region="cities")) * (region_axis == CITIES)
    higher = fit_logit(persons, margins, offset=cities)
    return read_only(np.concatenate([persons * (1 - higher), persons * higher], axis=3))


@cache
def workforce() -> Array:
    """Persons, (2, 9, 3, 2, 10): main occupation of everybody, by iterative proportional fitting.

    Met: the table by education; who studies, works or neither, by sex and age; headcounts; shares
    of women, of degrees and of regions where a row states them. Workers are the rest.
    """
    table = persons_by_education()
    status = _persons_by_status(table.sum(axis=(2, 3, 4), keepdims=True))
    counts = _headcounts(status)
    women = by("occupation", OCCUPATIONS, "female_share", absent=np.nan)
    degrees = by("occupation", OCCUPATIONS, "higher_education_share_of_occupation", absent=np.nan)
    regions = np.full((len(REGIONS), len(OCCUPATIONS)), np.nan)
    for region, name in enumerate(REGIONS[:ELSEWHERE]):
        regions[region] = by(
            "occupation", OCCUPATIONS, "region_share_of_occupation", absent=np.nan, region=name
        )
    regions[ELSEWHERE] = 1 - regions[:ELSEWHERE].sum(axis=0)
    young = by("occupation", OCCUPATIONS, "young_odds", absent=1.0)
    targets = [
        status,
        (counts * np.stack([1 - women, women]))[:, None, None, None, :],
        (counts * regions)[None, None, :, None, :],
        (counts * np.stack([1 - degrees, degrees]))[None, None, None, :, :],
        counts[None, None, None, None, :],
        table,
    ]
    return read_only(rake(table * np.where(age_axis < 4, young, 1.0), targets))


def _persons_by_status(persons: Array) -> Array:
    """Students and jobless, (2, 9, 1, 1, 10), NaN for those who work: jobless = all − employed
    − students. The same share studies in both sexes; nobody of 30 or more studies full-time."""
    employed = np.stack([by_age("employment_share", sex=sex) for sex in SEXES])
    students = np.zeros(len(AGE_GROUPS))
    students[:2] = [number("student_share", age=age) for age in ("20-24", "25-29")]
    status = np.full((*employed.shape, 1, 1, len(OCCUPATIONS)), np.nan)
    status[:, :, 0, 0, STUDENT] = students
    status[:, :, 0, 0, JOBLESS] = 1 - employed - students
    return status * persons


def _headcounts(status: Array) -> Array:
    """Persons by occupation, (10,), NaN for workers: stated, or a share of all who work."""
    everybody = persons_by_sex_and_age().sum()
    counts = by("occupation", OCCUPATIONS, "headcount", absent=np.nan)
    counts[[STUDENT, JOBLESS]] = status[..., [STUDENT, JOBLESS]].sum(axis=(0, 1, 2, 3))
    employed = everybody - counts[STUDENT] - counts[JOBLESS]
    shares = by("occupation", OCCUPATIONS, "share_of_employed", absent=np.nan)
    return np.where(np.isnan(shares), counts, shares * employed)


def partnered_share() -> Array:
    """Shares without and with a partner, married or not, (2, 9, 1, 1, 1, 2)."""
    share = np.stack([by_age("partnered_share", sex=sex) for sex in SEXES])
    return _no_yes(share[:, :, None, None, None])


def served_share() -> Array:
    """Shares who never served and who did or hold a military speciality, (2, 9, 1, 1, 1, 2)."""
    men = by_age("served_share", sex="male")
    return _no_yes(np.stack([men, np.zeros_like(men)])[:, :, None, None, None])


def exempt_share() -> Array:
    """Shares not exempt and exempt from mobilisation, (2, 9, 1, 2, 10, 2), men of 20 to 59 only.

    Deferments granted over men of the occupation; in IT, over those with a degree, whom the decree
    names. Students and siloviki: a stated share of the men. Lost when leaving the job.
    """
    eligible = (sex_axis == MALE) & (age_axis <= 7)
    needs_degree = (education_axis == HIGHER) | (occupation_axis != OCCUPATIONS.index("it"))
    persons = by("occupation", OCCUPATIONS, "exempt_persons", absent=0.0)
    men = (workforce() * (eligible & needs_degree)).sum(axis=(0, 1, 2, 3))
    share = persons / men + by("occupation", OCCUPATIONS, "exempt_share", absent=0.0)
    return _no_yes(np.where(eligible & needs_degree, share, 0.0)[:, :, :1])


def dissent_shares() -> Array:
    """Shares of supporters, ambivalent and opponents, (2, 9, 3, 2, 10, 3).

    Opponents: a logit of age + sex + region (Levada's margins; sexes and regions by their gaps)
    with assumed odds by education and occupation. Ambivalent: among the others, odds by age as for
    peace talks against going on, to meet those who found it hard to say (Chronicles). Polls under
    fear: read as who dares say so, hence the large ambivalent bin.
    """
    persons = workforce()
    margins = age_margins("opponent_share") + region_margins("opponent_share")
    sexes = by("sex", SEXES, "opponent_share")
    margins.append(Margin(sex_axis != MALE, sexes[1] - sexes[0], against=sex_axis == MALE))
    opponent = fit_logit(persons, margins, offset=_opponent_log_odds())
    talks = logit(by_age("peace_talks_share"))[:, None, None, None]
    others = persons * (1 - opponent)
    hesitant = number("ambivalent_share") * persons.sum() / others.sum()
    everybody = np.ones(SHAPE, dtype=bool)
    ambivalent = fit_logit(others, [Margin(everybody, hesitant)], offset=talks) * (1 - opponent)
    return np.stack([1 - opponent - ambivalent, ambivalent, opponent], axis=-1)


def _opponent_log_odds() -> Array:
    """Log-odds of opposing by education and occupation at equal age, sex and region,
    (1, 1, 1, 2, 10): those polled on cancelling the operation, shrunk, or assumed."""
    everybody = number("cancel_share")
    cancel = logit(by("occupation", OCCUPATIONS, "cancel_share", absent=everybody))
    polled = number("cancel_shrinkage") * (cancel - logit(everybody))
    assumed = np.log(by("occupation", OCCUPATIONS, "opponent_odds", absent=1.0))
    degree = np.log(number("opponent_odds", education="higher"))
    log_odds: Array = polled + assumed + degree * (education_axis == HIGHER)
    return log_odds


@cache
def speaks_foreign_language_share() -> Array:
    """Share who speak a foreign language, (education, region). Levada 2008, by a logit of
    education + region: shares by education are met, regions by their gaps. Old: likely low."""
    persons = persons_by_education().sum(axis=(0, 1), keepdims=True)
    shares = by("education", EDUCATIONS, "speaks_foreign_language_share")
    margins = [Margin(education_axis == level, share) for level, share in enumerate(shares)]
    margins += region_margins("speaks_foreign_language_share")
    return read_only(fit_logit(persons, margins)[0, 0, :, :, 0].T.copy())


def leaning_shares() -> Array:
    """Shares by the group of hosts a person leans to, (1, 1, 3, 2, 10, 3): latent classes.

    Odds against the former Soviet space rise with the share who speak a foreign language (by
    education and region) and by occupation (means, contacts); scaled to meet the overall split.
    All assumed.
    """
    persons = workforce().sum(axis=(0, 1), keepdims=True)
    speaks = speaks_foreign_language_share().T[:, :, None]
    classes = ("former_soviet", "europe", "elsewhere")
    odds = np.ones((*persons.shape, len(classes)))
    for leaning in (1, 2):
        trait = f"leaning_odds_{classes[leaning]}"
        by_work = by("occupation", OCCUPATIONS, trait, absent=1.0)
        odds[..., leaning] = by_work * (1 + (number(trait) - 1) * speaks)
    overall = np.array([number(f"leaning_share_{name}") for name in classes]) * persons.sum()
    somebody = np.maximum(persons, 1.0)[..., None]  # cells that a gate leaves empty need a share
    overall *= somebody.sum() / persons.sum()
    joint = rake(odds * somebody, [overall.reshape(1, 1, 1, 1, 1, 3), somebody])
    shares: Array = joint / joint.sum(axis=-1, keepdims=True)
    return shares


def age_margins(trait: str) -> list[Margin]:
    """Margins that meet a trait's share in every age group."""
    return [Margin(age_axis == group, share) for group, share in enumerate(by_age(trait))]


def region_margins(trait: str) -> list[Margin]:
    """Margins that meet a trait's gaps of capitals and cities over elsewhere."""
    shares = by("region", REGIONS, trait)
    return [
        Margin(region_axis == region, shares[region] - shares[ELSEWHERE], region_axis == ELSEWHERE)
        for region in (CAPITALS, CITIES)
    ]


def _no_yes(share: Array) -> Array:
    """Shares of those without and with a trait, along a new last axis."""
    return np.stack([1 - share, share], axis=-1)


# The traits beside the five axes, in the order of a Composition's columns, each with its shares.
FURTHER: dict[str, Callable[[], Array]] = {
    "partnered": partnered_share,
    "served": served_share,
    "exempt": exempt_share,
    "dissent": dissent_shares,
    "leaning": leaning_shares,
}
