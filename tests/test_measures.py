"""Measures: one number a run, of the week meant; gaps are seen, never filled."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from abm.errors import InputError
from abm.study import measures
from abm.study.measures import Measure, parse

WEEKS = 4


@pytest.fixture
def outcomes() -> pd.DataFrame:
    """Made-up outcomes of 3 points and 2 replicates over 4 weeks; point 1 failed in replicate 1."""
    rows = []
    for point in range(3):
        for replicate in range(2):
            if (point, replicate) == (1, 1):
                continue
            for week in range(WEEKS):
                day = pd.Timestamp("2022-02-24") + pd.Timedelta(weeks=week)
                for outcome, host, unit in (
                    ("stock_abroad", "World", "people"),
                    ("stock_abroad", "Georgia", "people"),
                    ("departures", "World", "people a week"),
                    ("rent_index", "Georgia", "multiple"),
                    ("rent_index", "Armenia", "multiple"),
                ):
                    value = 100.0 * point + 10 * replicate + week
                    rows.append(("x", point, replicate, day, host, outcome, value, unit))
    columns = ["run", "point", "replicate", "date", "host", "outcome", "value", "unit"]
    return pd.DataFrame(rows, columns=columns).sample(frac=1, random_state=1)


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("stock_abroad", Measure("stock_abroad")),
        ("stock_abroad@Georgia", Measure("stock_abroad", "Georgia")),
        ("rent_index@Georgia:mean", Measure("rent_index", "Georgia", "mean")),
        ("departures.total:2022-12-31", Measure("departures.total", when=date(2022, 12, 31))),
        (
            "return_causes.permit ended@United States:highest",
            Measure("return_causes.permit ended", "United States", "highest"),
        ),
    ],
)
def test_a_measure_is_its_text(text: str, measure: Measure) -> None:
    assert parse(text) == measure
    assert parse(str(measure)) == measure
    assert set(measure.slug) <= set("abcdefghijklmnopqrstuvwxyzGUS_-0123456789")


@pytest.mark.parametrize("text", ["", "@Georgia", ":mean", "departures:median", "x:2022-02-30"])
def test_what_is_no_measure(text: str) -> None:
    with pytest.raises(InputError, match="Example: stock_abroad"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "expected", "label"),
    [
        ("stock_abroad", 213, "stock_abroad, week from 2022-03-17"),
        ("stock_abroad@Georgia:2022-03-09", 211, "stock_abroad, Georgia, week from 2022-03-03"),
        ("departures:sum", 846, "departures, sum of all weeks"),
        ("departures:mean", 211.5, "departures, mean of 4 weeks"),
        ("departures:lowest", 210, "departures, lowest of 4 weeks"),
        ("departures:highest", 213, "departures, highest of 4 weeks"),
    ],
)
def test_values_by_point_and_replicate(
    outcomes: pd.DataFrame, text: str, expected: float, label: str
) -> None:
    found = measures.read(outcomes, parse(text), range(4))
    assert found.values.loc[2, 1] == expected
    assert found.label == label
    assert found.unit == ("people" if "stock" in text else "people a week")
    missing = found.values.isna()
    assert missing.to_numpy().tolist() == [
        [False, False], [False, True], [False, False], [True, True],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("stock_abrod", "unknown outcome of this sweep.*'stock_abroad'"),
        ("stock_abroad@Gorgia", "unknown host of 'stock_abroad' in this sweep.*'Georgia'"),
        ("rent_index", "unknown host.*rent_index@Armenia"),
        ("stock_abroad:2022-03-24", "kept no week with this day.*2022-03-17"),
    ],
)
def test_what_was_not_kept(outcomes: pd.DataFrame, text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        measures.read(outcomes, parse(text), range(3))


def test_a_sum_without_all_weeks_is_refused(outcomes: pd.DataFrame) -> None:
    some = outcomes[outcomes["date"] != pd.Timestamp("2022-03-03")]
    with pytest.raises(InputError, match=r'kept 3 of 4 weeks.*"departures.total"'):
        measures.read(some, parse("departures:sum"), range(3))


def test_measures_when_none_is_named(outcomes: pd.DataFrame) -> None:
    chosen = {str(measure) for measure in measures.unasked(outcomes)}
    assert chosen == {"stock_abroad", "departures", "rent_index@Georgia", "rent_index@Armenia"}


def test_what_no_run_has_a_value_of(outcomes: pd.DataFrame) -> None:
    later = outcomes[outcomes["outcome"] == "stock_abroad"].assign(
        outcome="target.T8", value=np.nan
    )
    both = pd.concat([outcomes, later])
    assert measures.unasked(both) == measures.unasked(outcomes)
    with pytest.raises(InputError, match="no run has a value"):
        measures.read(both, parse("target.T8"), range(3))


def gaps(*missing: tuple[int, int]) -> pd.DataFrame:
    values = pd.DataFrame(np.arange(60.0).reshape(20, 3))
    for point, replicate in missing:
        values.loc[point, replicate] = np.nan
    return values


def test_a_failed_run_takes_its_block_along() -> None:
    part = measures.complete(gaps((7, 1)), together=2)
    assert part.values.shape == (9, 2, 3)
    assert part.missing == 2
    assert not set(part.kept) & {6, 7}


def test_a_replicate_under_way_does_not_count() -> None:
    part = measures.complete(gaps(*((point, 2) for point in range(5, 20))), together=2)
    assert part.values.shape == (10, 2, 2)
    assert part.missing == 0


@pytest.mark.parametrize("replicates", [0, 1])
def test_a_sweep_that_has_hardly_begun_is_an_error(replicates: int) -> None:
    values = pd.DataFrame(np.full((20, replicates), np.nan))
    with pytest.raises(InputError, match="only 0 of 10 blocks of 2 points are done"):
        measures.complete(values, together=2)
