"""How targets are judged and counted; the file they stand in and the page that shows it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from math import isnan
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from made_up_runs import WEEKS, a_run, outcomes

from abm.errors import InputError
from abm.study import observed, processes, targets
from abm.study.readings import last_day
from abm.study.results import Run

PAGE = Path(__file__).resolve().parents[1] / "docs" / "targets.md"
T4_1 = next(target for target in targets.TARGETS if target.id == "T4.1")


def a_target(id: str = "T4", **changes: Any) -> targets.Target:
    """A target on a year's departures, of 7,000 a week: 100,000 to 400,000."""
    plain = replace(T4_1, id=id, low=1e5, high=4e5, date_to=date(2023, 2, 22))
    return replace(plain, **changes)


def departing(a_week: float, weeks: int = WEEKS) -> Any:
    """A run with so many departures a week; 52 weeks end on 22 February 2023."""
    return a_run(outcomes=outcomes({("World", "departures"): a_week}, weeks))


def judged(monkeypatch: pytest.MonkeyPatch, *made_up: targets.Target) -> pd.DataFrame:
    """The table of a run with 7,000 departures a week for made-up targets."""
    monkeypatch.setattr(targets, "TARGETS", made_up)
    return targets.evaluate(departing(7_000))


def test_range_includes_its_ends_and_may_be_open() -> None:
    target = a_target(low=1.0, high=2.0)
    held = [target.holds(value) for value in (0.99, 1.0, 2.0, 2.01, float("nan"))]
    assert held == [False, True, True, False, False]
    assert replace(target, low=None).holds(-9) and replace(target, high=None).holds(9)


def test_the_mean_over_runs_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "TARGETS", (a_target(low=363_000.0, high=365_000.0),))
    table = targets.evaluate_all([departing(6_000), departing(8_000)])
    assert table.at[0, "simulated"] == pytest.approx(52 * 7_000)
    assert table.at[0, "spread"] == pytest.approx(52 * 1_000 * 2**0.5)
    assert table.at[0, "hit"] and targets.hits(table) == (1, 1)
    with pytest.raises(InputError, match="no run"):
        targets.evaluate_all([])


def test_beyond_the_horizon_is_never_a_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "TARGETS", (a_target(), a_target("T5", days_after=7)))
    table = targets.evaluate(departing(7_000, weeks=52))
    assert last_day(departing(7_000, weeks=52).outcomes) == date(2023, 2, 22)
    assert list(table["status"]) == ["fit", "beyond the horizon"]
    assert isnan(table.at[1, "simulated"]) and table.at[1, "hit"] is pd.NA
    assert targets.hits(table) == (1, 1)


def test_nobody_to_count_is_neither_hit_nor_miss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "TARGETS", (a_target(), a_target("T5")))
    row = targets.judged(a_target(), [1.0, float("nan")], seen=True)
    assert row["status"] == "no value" and row["hit"] is pd.NA
    table = pd.DataFrame([row, targets.judged(a_target("T5"), [7_000.0], seen=True)])
    assert targets.hits(table)[1] == 1


def test_only_processes_are_suggested(tmp_path: Path) -> None:
    with pytest.raises(InputError) as told:
        processes.process_named("stock_at")
    assert "Did you mean 'stock_at'" not in str(told.value)


def test_all_parts_must_hold_but_only_one_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    miss = {"low": 1.0, "high": 2.0}
    both = (a_target("T4.1"), a_target("T4.2", **miss))
    readings = (a_target("T5.1", rule="any", **miss), a_target("T5.2", rule="any"))
    mixed = (a_target("T6.1", rule="any"), a_target("T6.2", **miss))
    assert targets.hits(judged(monkeypatch, *both)) == (0, 1)
    assert targets.hits(judged(monkeypatch, *readings)) == (1, 1)
    assert targets.hits(judged(monkeypatch, *mixed)) == (0, 1)
    neither = tuple(replace(part, **miss) for part in readings)
    assert targets.hits(judged(monkeypatch, *both, *readings, *mixed)) == (1, 3)
    assert targets.hits(judged(monkeypatch, *neither)) == (0, 1)


def test_what_set_a_parameter_is_no_hit(monkeypatch: pytest.MonkeyPatch) -> None:
    table = judged(
        monkeypatch,
        a_target("T2", used_to_set="input: mobilisation_quota"),
        a_target("T10.1", used_to_set="attraction of Turkey"),
        a_target("T10.2"),
        a_target("T16", process=None),
        a_target("T7", evidence="low"),
        a_target("T16.2", used_to_set="shown: beside T16.1"),
    )
    statuses = ["input", "set", "fit", "not covered", "evidence low", "shown"]
    assert list(table["status"]) == statuses
    assert list(table["hit"].isna()) == [True, True, False, True, False, True]
    assert isnan(table.at[3, "simulated"]) and table.at[0, "simulated"] > 0
    assert targets.hits(table) == (1, 1)  # T10 by its other part
    assert targets.hits(table, evidence="low") == (2, 2)


def test_all_targets_are_there() -> None:
    numbers = {target.whole for target in targets.TARGETS}
    assert numbers == {f"T{i}" for i in [*range(1, 21), 22, 23, 24]}
    status = {target.id: target.status for target in targets.TARGETS}
    assert [i for i in status if status[i] == "input"] == ["T2", "T20"]
    assert [i for i in status if status[i] == "shown"] == ["T16.2"]
    assert "not covered" not in status.values()
    assert {i: s for i, s in status.items() if s.startswith("evidence")} == {
        **{"T7": "evidence low", "T8": "evidence high"},
        **{"T9": "evidence high", "T15": "evidence middle"},
    }


@pytest.mark.parametrize(
    ("column", "wrong", "message"),
    [
        ("id", "t4", "must be like T4"),
        ("low", "9e9", "low is above high"),
        ("high", "60 000", "'T1': high is '60 000', not a finite number. Example: 60000"),
        ("date_to", "31.12.2022", "'T1': date_to is '31.12.2022', not a date. Example: 2022"),
        ("days_after", "half a year", "days_after is 'half a year', not a whole number. Example"),
        ("weight", "", "weight is '', not a finite number. Example: 1"),
        ("date_from", "2023-01-01", "date_from is after date_to"),
        ("rule", "some", "'all' or 'any'"),
        ("evidence", "lower", "'low', 'middle', 'high'"),
        ("source", " ", "must not be empty"),
        ("process", "departure", "Did you mean 'departures'"),
        ("process", "_back", "unknown observation process"),
        ("days_after", "-1", "negative"),
        ("what", "", "must not be empty"),
        ("unit", "permits", "its unit is 'permits', but border_crossings counts 'people'"),
        ("host", "Georgie", "host of target 'T1' 'Georgie'.*Did you mean 'Georgia'"),
        ("host", "", "border_crossings reads a host or World, not a blank host. Example: host"),
        ("date_from", "2021-12-31", "dates must lie from 2022-02-24 to 2035-12-31"),
        ("date_to", "2036-01-01", "dates must lie from"),
        ("value", "9e5", "its value must lie from low to high"),
        ("value", "", "a value where its range is closed"),
        ("high", "", "none where it is open"),
        ("observation_sd", "", "needs observation_sd and discrepancy_sd"),
        ("discrepancy_sd", "-1", "must not be negative"),
        ("observation_sd", "inf", "not a finite number"),
        ("weight", "2", "weight must be from 0 to 1"),
        ("reason", "", "reason must say where"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, column: str, wrong: str, message: str) -> None:
    rows = pd.read_csv(targets.FILE, dtype=str, keep_default_na=False).iloc[:1]
    rows[column] = wrong
    rows.to_csv(tmp_path / "targets.csv", index=False)
    with pytest.raises(InputError, match=f"^targets.csv, line 2: .*{message}"):
        targets.load(tmp_path / "targets.csv")


@pytest.mark.parametrize("process", observed.UNITS)
def test_a_host_that_a_process_cannot_read_is_told(process: str, small_run: Run) -> None:
    """What is let through is read without an error."""
    for host in ("", "World", "Georgia"):
        if host in processes.READS.get(process, processes.OWN_GROUPS):
            processes.check_host("row 1", process, host)
            processes.process_named(process)(small_run, host, date(2022, 9, 1), date(2023, 1, 31))
        else:
            with pytest.raises(InputError, match=f"row 1: {process} reads .* Example: host "):
                processes.check_host("row 1", process, host)


def test_a_wrong_column_or_a_double_is_named(tmp_path: Path) -> None:
    rows = pd.read_csv(targets.FILE, dtype=str, keep_default_na=False)
    file = tmp_path / "targets.csv"
    rows.assign(colour="red").to_csv(file, index=False)
    with pytest.raises(InputError, match="the columns must be id, what"):
        targets.load(file)
    pd.concat([rows, rows.iloc[:1]]).to_csv(file, index=False)
    with pytest.raises(InputError, match="'T1' stands twice"):
        targets.load(file)


def test_weights_divide_the_variance() -> None:
    target = a_target(observation_sd=3.0, discrepancy_sd=4.0, weight=0.25)
    assert target.sd == pytest.approx(10.0)
    assert replace(target, weight=0.0).sd == float("inf")
    assert isnan(replace(target, observation_sd=None, weight=0.0).sd)


def test_a_source_cannot_know_before_it_has_waited() -> None:
    assert a_target(date_to=date(2023, 12, 31), days_after=183).known_on == date(2024, 7, 1)


def test_every_process_has_a_unit_and_every_unit_a_process() -> None:
    processes = {
        name
        for name, found in vars(observed).items()
        if getattr(found, "__module__", "") == observed.__name__ and not name.startswith("_")
    }
    assert processes == set(observed.UNITS)


def test_the_page_shows_the_file_and_every_source() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert targets.as_markdown() in page, "python -m abm.study.targets prints the table anew"
    assert targets.trust_as_markdown() in page
    listed = set(re.findall(r"^\| ([SWM]\d{1,3}) \|", page, flags=re.MULTILINE))
    cited = {source for target in targets.TARGETS for source in target.source.split()}
    assert cited == listed
