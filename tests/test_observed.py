"""Every observation process on made-up tables whose answer can be worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from math import isnan
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_runs import WEEKS, a_run, emigrants, moves, outcomes

from abm.calendar import first_week_on_or_after, week_start
from abm.errors import InputError
from abm.hosts_table import HOST_NAMES, host_column
from abm.study import observed
from abm.study.readings import place_at, residences, share_of_week, stays, sum_over
from abm.study.targets import TARGETS

ORDER_WEEK = 30  # begins on 22 September 2022
BY_ID = {target.id: target for target in TARGETS}


def read(id: str, run: Any) -> float:
    """What the target's source would have counted in the run."""
    return BY_ID[id].simulate(run)


def test_crossings_are_trips_and_prorated_departures() -> None:
    # 21 September is the last day of week 29; 29 September to 4 October are six days of week 31.
    run = a_run(outcomes=outcomes({("World", "departures"): {29: 70e3, 30: 70e3, 31: 70e3}}))
    trips = 14 * 8_500 + 2 * 66_000 / 1.3
    assert read("T1", run) == pytest.approx(trips + 10e3 + 70e3 + 60e3)


def test_eu_entries_rise_by_what_leaves_more_than_the_week_before() -> None:
    flows = {(host, "departures"): 0 for host in observed.EU}
    flows |= {("Finland", "departures"): {29: 700, ORDER_WEEK: 7_000}}
    flows |= {("Germany", "departures"): {ORDER_WEEK: 3_500}}
    flows |= {("Estonia", "departures"): {ORDER_WEEK: 1_750}}
    run = a_run(outcomes=outcomes(flows))
    # 19-25 September: three days of week 29, four of week 30; 12-18: four days of week 29.
    finland, germany, estonia = 4_000 + 300 - 400, 2_000, 1_000
    before = 66_000 / 1.3
    assert read("T3.1", run) == pytest.approx((finland + germany + estonia) / before)
    through_finland = 0.48 * 66_000 / 1.64 + finland + germany
    share = through_finland / (before + finland + germany + estonia)
    assert read("T3.2", run) == pytest.approx(share)


def test_cumulative_departures_and_stocks() -> None:
    values = {
        ("World", "departures"): 7_000,
        ("World", "stock_abroad"): {week: 1_000.0 * week for week in range(WEEKS)},
        ("World", "called_up"): {31: 300_000},
    }
    run = a_run(outcomes=outcomes(values))
    days = (date(2023, 2, 28) - date(2022, 2, 24)).days + 1
    assert read("T4.1", run) == pytest.approx(1_000 * days)
    last_week = (date(2023, 7, 28) - date(2022, 2, 24)).days // 7 - 1  # week 74 is not over
    assert read("T5.2", run) == 1_000 * last_week
    assert read("T2", run) == 300_000


def test_a_stock_is_read_at_the_end_of_the_last_complete_week() -> None:
    stock = {("Turkey", "permit_holders"): {43: 5.0, 44: 9.0}}
    run = a_run(outcomes=outcomes(stock))
    # Week 43 ends on 28 December 2022, week 44 on 4 January 2023.
    before = host_column("diaspora_2021")[HOST_NAMES.index("Turkey")]  # hold permits as well
    assert observed.permit_holders(run, "Turkey", date.min, date(2022, 12, 28)) == before + 5
    assert read("T10.1", run) == before + 5
    assert observed.permit_holders(run, "Turkey", date.min, date(2023, 1, 4)) == before + 9


def test_workers_lost_leave_out_students_and_the_jobless() -> None:
    people = emigrants(
        (1, 0, "it", "higher", 30, 1000),
        (2, 44, "worker", "other", 30, 300),  # three of week 44's days are in 2022
        (3, 1, "student", "other", 20, 0),
        (4, 1, "jobless", "other", 20, 0),
        (5, 60, "it", "higher", 30, 1000),
    )
    called_up = outcomes({("World", "called_up"): {31: 1_000}})
    run = a_run(emigrants=people, outcomes=called_up)
    assert read("T6.1", run) == pytest.approx(100 * (1 + 3 / 7))
    assert read("T6.2", run) == pytest.approx(100 * (1 + 3 / 7) + 1_000)


def returned_some() -> Any:
    """Four who left: one came back early, one came back and left again, one late, one never."""
    return a_run(
        moves=moves(
            (1, 0, "Russia", "Turkey"),
            (1, 20, "Turkey", "Russia"),
            (2, 1, "Russia", "Georgia"),
            (2, 30, "Georgia", "Russia"),
            (2, 40, "Russia", "Serbia"),
            (3, 31, "Russia", "Kazakhstan"),
            (3, 100, "Kazakhstan", "Russia"),
            (4, 31, "Russia", "Germany"),
        ),
        emigrants=emigrants(
            (1, 0, "it", "higher", 30, 1000),
            (2, 1, "manager", "higher", 30, 1000),
            (3, 31, "worker", "other", 30, 300),
            (4, 31, "student", "higher", 20, 0),
        ),
    )


def test_shares_returned_differ_by_whom_the_source_asks() -> None:
    run = returned_some()
    assert read("T7", run) == 2 / 4  # persons 1 and 2 had been back by October 2023
    assert read("T8", run) == 1 / 2  # of the clients 1 and 2, person 2 had left again
    assert read("T9", run) == 1 / 2  # of the early leavers 1 and 2, likewise
    assert read("T15", run) == pytest.approx(100 / 73.6e6)  # 3 comes back only in 2024
    later = date(2024, 6, 1)
    both = observed.returnees_among_employed(run, "World", later, later)
    assert both == pytest.approx(200 / 73.6e6)
    assert isnan(read("T9", a_run()))  # nobody left


def test_growth_owed_to_returns_is_the_rise_from_one_year_to_the_next() -> None:
    weeks_of_2023 = range(45, 97)  # from 5 January 2023 on
    added = {("World", "gdp_contribution"): {week: 0.9 for week in weeks_of_2023}}
    at_work = {("World", "returnees_at_work"): {week: 0.003 * 73.6e6 for week in weeks_of_2023}}
    run = a_run(outcomes=outcomes(added | at_work))
    days = 361 / 365  # of 2023, from the fifth of January
    assert read("T16.1", run) == pytest.approx(0.9 * days / 3.6)
    assert read("T16.2", run) == pytest.approx(0.2 * 3.6 / 0.3 / days)


def test_a_stay_lasts_until_the_next_move_and_absences_join() -> None:
    table = moves(
        (1, 0, "Russia", "Georgia"),
        (1, 10, "Georgia", "Russia"),
        (1, 12, "Russia", "Georgia"),
        (2, 5, "Russia", "Georgia"),
        (2, 6, "Georgia", "Turkey"),
        (2, 60, "Turkey", "Georgia"),
    )
    spells = stays(table, "Georgia")
    assert list(spells["person"]) == [1, 1, 2, 2]
    homes = residences(spells, timedelta(days=183))
    assert list(homes["person"]) == [1, 2, 2]  # two weeks away do not end a residence
    assert list(homes["since"].dt.date) == [week_start(0), week_start(5), week_start(60)]
    assert list(homes["until"].isna()) == [True, False, True]
    assert homes["until"].iloc[1].date() == week_start(6)


def test_georgia_counts_by_half_a_year_there_and_half_a_year_away() -> None:
    table = moves(
        (1, 0, "Russia", "Georgia"),  # arrived 2022
        (1, 60, "Georgia", "Turkey"),  # left 2023
        (2, 2, "Russia", "Georgia"),  # arrived 2022
        (2, 40, "Georgia", "Russia"),  # left 2022
        (3, 30, "Russia", "Georgia"),  # too short a stay to count either way
        (3, 50, "Georgia", "Serbia"),
        (4, 30, "Russia", "Georgia"),  # arrived 2022
        (4, 60, "Georgia", "Russia"),  # a holiday of two weeks
        (4, 62, "Russia", "Georgia"),
        (5, 60, "Russia", "Georgia"),  # arrived 2023
        (6, 61, "Russia", "Georgia"),  # arrived 2023
        (6, 90, "Georgia", "Turkey"),  # left 2023, after 29 weeks
    )
    run = a_run(moves=table)
    assert read("T11.1", run) == 2 * 150
    assert read("T11.2", run) == 2
    assert read("T11.3", run) == pytest.approx(2 / 3 - 1)


def test_a_tax_number_needs_two_weeks_and_is_issued_once() -> None:
    table = moves(
        (1, 30, "Russia", "Kazakhstan"),
        (1, 33, "Kazakhstan", "Russia"),
        (1, 35, "Russia", "Kazakhstan"),  # has one already
        (2, 31, "Russia", "Kazakhstan"),
        (2, 32, "Kazakhstan", "Uzbekistan"),  # passes through
        (3, 42, "Russia", "Kazakhstan"),  # registers in week 44, three days of it in 2022
    )
    assert read("T12.1", a_run(moves=table)) == pytest.approx(150 * (1 + 3 / 7))


def test_surveys_ask_those_still_abroad() -> None:
    first, after = first_week_on_or_after(date(2023, 5, 1)), 75
    wave = {week: 0.4 for week in range(first - 1, after + 1)}
    values = {
        ("World", "stable_status"): wave,
        ("World", "ever_discriminated"): wave,
        ("World", "stock_abroad"): 800_000,
        ("Turkey", "stable_status"): 0.2,
        ("Turkey", "stock_abroad"): 90_000,
        ("Mongolia", "stable_status"): 0.1,
        ("Mongolia", "stock_abroad"): 900,
    }
    run = a_run(outcomes=outcomes(values))
    assert read("T13.1", run) == pytest.approx(0.4)
    assert read("T14", run) == pytest.approx(0.4)
    assert read("T13.2", run) == pytest.approx(0.2)  # Mongolia is too small to report on


def test_return_rates_are_a_person_year() -> None:
    values = {
        (host, outcome): 0
        for host in (*observed.EU, *observed.CIS_TURKEY_SOUTH_EAST_ASIA)
        for outcome in ("returns", "stock_abroad")
    }
    values |= {("Turkey", "returns"): 30, ("Turkey", "stock_abroad"): 1_000}
    values |= {("Germany", "returns"): 20, ("Germany", "stock_abroad"): 2_000}
    assert read("T17", a_run(outcomes=outcomes(values))) == pytest.approx(3)


def test_refused_count_as_returned_when_home_is_their_next_move() -> None:
    table = moves(
        (1, 0, "Russia", "Turkey"),
        (1, 50, "Turkey", "Russia"),  # in the week of the refusal
        (2, 0, "Russia", "Turkey"),
        (2, 51, "Turkey", "Serbia"),  # moves on first
        (2, 52, "Serbia", "Russia"),
        (3, 0, "Russia", "Turkey"),  # stays without papers
        (4, 0, "Russia", "Turkey"),
        (4, 80, "Turkey", "Russia"),  # later than half a year
        (5, 60, "Russia", "Turkey"),  # refused a visa while still at home
    )
    weeks = [50, 50, 50, 50, 50, 55]
    people = [1, 2, 3, 4, 5, 1]
    refusals = pd.DataFrame(
        {
            "date": pd.to_datetime([week_start(week) for week in weeks]),
            "person": people,
            "host": "Turkey",
            "renewal": True,
        }
    )
    first_permits = refusals.assign(person=9, renewal=False)  # are not meant
    refusals = pd.concat([refusals, first_permits])
    assert read("T18", a_run(moves=table, refusals=refusals)) == 1 / 4
    assert isnan(read("T18", a_run(moves=table)))
    assert isnan(read("T18", a_run(moves=table, refusals=refusals[:0])))  # of a run, with dates


def test_departures_by_wage_compare_two_equal_halves() -> None:
    people = emigrants(
        (1, 1, "it", "higher", 30, 900),
        (2, 1, "it", "higher", 30, 600),
        (3, 1, "worker", "other", 30, 500),
        (4, 70, "worker", "other", 30, 100),  # left in 2023
    )
    assert read("T19", a_run(emigrants=people)) == 2


def test_those_in_europe_against_the_average_russian() -> None:
    run = a_run(
        moves=moves(
            (1, 0, "Russia", "Germany"),
            (2, 0, "Russia", "Turkey"),
            (2, 50, "Turkey", "Spain"),
            (3, 0, "Russia", "France"),
            (3, 50, "France", "Russia"),
        ),
        emigrants=emigrants(
            (1, 0, "entrepreneur", "higher", 30, 900),
            (2, 0, "it", "other", 36, 900),
            (3, 0, "it", "higher", 60, 900),
        ),
    )
    assert read("T22.1", run) == pytest.approx(33 - 43)
    assert read("T22.4", run) == pytest.approx(33 - 40.1)
    assert read("T22.2", run) == pytest.approx(0.5 / 0.3)
    assert read("T22.3", run) == pytest.approx(5)


def test_rents_rise_over_february_2022() -> None:
    values = {("Georgia", "rent_index"): 2.0, ("Armenia", "rent_index"): 1.5}
    run = a_run(outcomes=outcomes(values))
    assert (read("T24.1", run), read("T24.2", run)) == (pytest.approx(1), pytest.approx(0.5))


def test_a_missing_outcome_raises() -> None:
    with pytest.raises(InputError, match="no outcome 'stock_abroad' for Kazakhstan"):
        read("T12.2", a_run())


@given(st.integers(0, 900), st.integers(1, 60), st.integers(1, 60))
def test_flows_of_adjoining_days_add_up(start: int, days: int, more: int) -> None:
    table = outcomes({("World", "departures"): {week: week + 1.0 for week in range(WEEKS)}})
    first = week_start(0) + timedelta(days=start)
    middle, last = first + timedelta(days=days), first + timedelta(days=days + more)

    def between(begin: date, end: date) -> float:
        return sum_over(table, ["World"], "departures", begin, end)

    after = middle + timedelta(days=1)
    assert between(first, middle) + between(after, last) == pytest.approx(between(first, last))


def test_a_week_counts_by_its_days_inside() -> None:
    begin = pd.Series(pd.to_datetime(["2022-09-15", "2022-09-22", "2022-09-29", None]))
    shares = share_of_week(begin, date(2022, 9, 21), date(2022, 10, 4))
    assert list(shares) == pytest.approx([1 / 7, 1, 6 / 7, 0])


def test_a_place_is_known_when_its_week_is_over() -> None:
    table = moves((1, 0, "Russia", "Turkey"), (1, 2, "Turkey", "Serbia"))
    assert place_at(table, week_start(2))[1] == "Turkey"
    assert place_at(table, week_start(3) - timedelta(days=1))[1] == "Serbia"
    assert place_at(table, week_start(0)).empty
