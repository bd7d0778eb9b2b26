"""abm validate: facts are read as said, wrong ones named, baselines know only what was before."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from math import isnan, nan
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_up_runs import a_run, moves, outcomes
from refusals import refusal

import abm
from abm.cli import main
from abm.errors import InputError
from abm.study import baselines, facts, observed, runner, validate

PAGE = Path(__file__).resolve().parents[1] / "docs" / "validate.md"
UNTIL = date(2024, 12, 31)
ROW = {
    "outcome": "stock_abroad",
    "host": "Georgia",
    "date_from": "",
    "date_to": "2022-12-31",
    "value": "60000",
    "unit": "people",
    "source": "made up",
}


def a_fact(**changes: str) -> facts.Fact:
    """One fact, as read from a row."""
    return facts.read(pd.DataFrame([{**ROW, **changes}]), UNTIL)[0]


def example() -> str:
    """The table on the page."""
    found = re.search(r"```csv[^\n]*\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL)
    assert found
    return found[1]


def test_flows_add_up_and_states_are_read_on_their_day() -> None:
    rising = {week: 1_000.0 * week for week in range(149)}
    values = {("Georgia", name): rising for name in ("stock_abroad", "hostility")}
    run = a_run(outcomes=outcomes({**values, ("Georgia", "departures"): 700}))
    assert a_fact().read(run) == 43_000  # the week that ended on 28 December
    flow = a_fact(outcome="departures", date_from="2022-12-01", date_to="2022-12-10")
    assert flow.read(run) == pytest.approx(1_000)
    mean = a_fact(outcome="hostility", unit="index", date_from="2022-03-03", date_to="2022-03-16")
    assert mean.read(run) == pytest.approx(1_500)
    assert isnan(replace(flow, date_to=date(2025, 1, 10)).read(run))


def test_members_of_a_union_add_up() -> None:
    values = {(host, "arrivals"): 70.0 for host in facts.checks.members("EU")}
    run = a_run(outcomes=outcomes({**values, ("Turkey", "arrivals"): 7_000.0}))
    fact = a_fact(outcome="arrivals", host="EU", date_from="2022-03-03", date_to="2022-03-09")
    assert fact.read(run) == pytest.approx(70.0 * len(values))


def test_a_process_counts_as_its_source_does() -> None:
    run = a_run(moves=moves((1, 0, "Russia", "Kazakhstan"), (2, 40, "Russia", "Kazakhstan")))
    fact = a_fact(outcome="observed.tax_numbers", host="Kazakhstan", date_from="2022-02-24")
    assert fact.read(run) == pytest.approx(300.0)
    with pytest.raises(InputError, match="no union"):
        a_fact(outcome="observed.tax_numbers", host="EU")


WRONG = {
    "outcome": ({"outcome": "stock_abord"}, "outcome of .*row 1.*Did you mean 'stock_abroad'"),
    "process": ({"outcome": "observed.tax_number"}, "Did you mean 'observed.tax_numbers'"),
    "host": ({"host": "Gorgia"}, "host of .*row 1.*Did you mean 'Georgia'"),
    "unit": ({"unit": "persons"}, "row 1: the unit is 'persons', but stock_abroad is in 'people'"),
    "unit a week": (
        {"outcome": "departures", "date_from": "2022-03-01", "unit": "people a week"},
        "departures is in 'people'",
    ),
    "late": ({"date_to": "2025-01-01"}, "after the run's last day, 2024-12-31"),
    "early": ({"date_to": "2021-12-31"}, "row 1: 'date_to' is 2021-12-31, outside 2022-02-24"),
    "no day": (
        {"date_to": "2022-02-30"},
        "row 1: 'date_to' is '2022-02-30', not a date. Example: 2023",
    ),
    "empty day": ({"date_to": ""}, "'date_to' is empty"),
    "order": ({"date_from": "2023-01-01"}, "date_from is after date_to"),
    "no number": ({"value": "many"}, "row 1: 'value' is 'many', not a number"),
    "infinite": ({"value": "inf"}, "not a number"),
    "nothing": ({"value": ""}, "no value, low or high"),
    "range": ({"low": "70000"}, "must ascend"),
    "flow of a day": ({"outcome": "arrivals"}, "adds up over days, so it needs date_from"),
    "place": ({"outcome": "called_up"}, "observed for World alone, not for Georgia"),
    "place of hosts": ({"outcome": "hostility", "unit": "index", "host": ""}, "hosts alone"),
    "share of a union": (
        {"outcome": "stable_status", "unit": "share", "host": "EU"},
        "does not add up over EU",
    ),
    "no source": ({"source": " "}, "the source is empty"),
    "column": ({"colour": "red"}, "unknown column of the table of facts 'colour'"),
}


@pytest.mark.parametrize(("changes", "message"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_row_is_named(changes: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        a_fact(**changes)


def test_wrong_files_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], nothing_runs: None
) -> None:
    assert main(["validate", str(tmp_path / "none.csv")]) == 2
    assert "cannot read the facts" in refusal(capsys)
    file = tmp_path / "facts.csv"
    for text, message in {
        "outcome,host\n": "needs the column 'outcome'",
        "outcome,host\nstock_abroad,Georgia\n": "needs the column 'date_to'",
        ",".join(ROW) + "\n" + ",".join(ROW.values()) + ",3\n": "row 1: not as many cells",
        ",".join(ROW) + "\n" + ",".join(ROW.values()) + "\n" + ",".join(ROW) + "\n": "row 2",
    }.items():
        file.write_text(text)
        assert main(["validate", str(file)]) == 2
        assert message in refusal(capsys)
    with pytest.raises(InputError, match="'a' stands twice"):
        facts.read(pd.DataFrame([{**ROW, "id": "a"}] * 2), UNTIL)
    with pytest.raises(InputError, match="leaves no interval"):
        abm.validate(file, replicates=1)


def test_persistence_sees_only_what_was_before() -> None:
    first, second = a_fact(), a_fact(date_to="2023-12-31", value="74000")
    other = a_fact(date_to="2023-06-30", host="Armenia", value="1")
    assert baselines.persistence(second, [first, second, other]) == 60_000
    assert isnan(baselines.persistence(first, [first, second, other]))
    year = {"outcome": "departures", "host": "World"}
    before = a_fact(**year, date_from="2022-06-01", date_to="2022-06-10", value="1000")
    after = a_fact(**year, date_from="2023-01-01", date_to="2023-01-31")
    assert baselines.persistence(after, [before]) == pytest.approx(3_100)
    seen = {**year, "outcome": "observed.departures"}
    counted = a_fact(**seen, date_from="2023-01-01", date_to="2023-01-31")
    assert baselines.persistence(counted, [before]) == pytest.approx(3_100)
    assert set(observed.OVER_DAYS) <= set(observed.UNITS)
    permits = a_fact(
        outcome="observed.permit_holders", host="Turkey", unit="permits", date_to="2024-04-30"
    )
    assert baselines.persistence(permits, baselines.packaged_figures()) == 132_000


def test_gravity_spreads_a_million() -> None:
    shares = baselines.gravity_shares()
    assert shares.sum() == pytest.approx(1) and (shares > 0).all()
    assert baselines.gravity(a_fact(host="World", date_to="2023-06-30")) == 1_000_000
    half = a_fact(outcome="departures", host="", date_from="2022-02-24", date_to="2022-08-27")
    assert baselines.gravity(half) == pytest.approx(500_000, rel=0.01)
    weeks = [("2022-02-24", "2022-03-02"), ("2022-03-03", "2023-02-28")]
    parts = [
        a_fact(outcome="departures", host="", date_from=first, date_to=last)
        for first, last in weeks
    ]
    assert sum(map(baselines.gravity, parts)) == pytest.approx(1_000_000)  # no day is lost
    eu = a_fact(host="EU", date_to="2023-06-30")
    parts = [a_fact(host=host, date_to="2023-06-30") for host in eu.hosts]
    assert baselines.gravity(eu) == pytest.approx(sum(map(baselines.gravity, parts)))
    assert isnan(baselines.gravity(a_fact(outcome="hostility", unit="index")))
    late = a_fact(outcome="departures", host="", date_from="2023-01-01", date_to="2023-12-31")
    assert isnan(baselines.gravity(late))


def test_without_feedbacks_as_many_leave_at_first() -> None:
    model = runner.run("war-years", scale=3000, until="2023-02-28")
    left = baselines.departures_early(model)
    quiet = baselines.without_feedbacks(model.scenario, left)
    assert set(baselines.FEEDBACKS) <= set(quiet.without)
    assert quiet.parameters.rent_elasticity == 0
    assert baselines.departures_early(runner.run(quiet)) == pytest.approx(left, rel=0.05)


def test_scores_are_over_what_each_predicts() -> None:
    found = [a_fact(), a_fact(host="Armenia", value="10000"), a_fact(value="", high="5")]
    draws = {
        "model": np.array([[50e3, 70e3], [10e3, 10e3], [1.0, 2.0]]),
        "no feedbacks": np.array([[30e3, 30e3], [5e3, 5e3], [1.0, 2.0]]),
        "persistence": np.array([[nan], [5e3], [nan]]),
        "gravity": np.array([[90e3], [nan], [nan]]),
    }
    result = validate.compared(found, draws)
    scores = result.scores.set_index("predictor")
    assert list(scores["facts"]) == [2, 1, 1, 2]
    assert scores.at["persistence", "relative_crps"] == pytest.approx(0.5)
    assert scores.at["gravity", "relative_crps"] == pytest.approx(0.5)
    assert scores.at["no feedbacks", "relative_crps"] == pytest.approx(0.5)
    # |50 - 60| and |70 - 60| less half of their distance of 20: nil; and nil.
    assert scores.at["model", "relative_crps"] == pytest.approx(0)
    assert scores.at["model", "coverage"] == 1 and scores.at["no feedbacks", "coverage"] == 0
    assert isnan(scores.at["gravity", "coverage"])
    assert isnan(result.table.at[2, "model_crps"])  # open on one side: shown, not scored


def test_the_page_works(
    write: Callable[..., Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = write(example(), "facts.csv")
    out = tmp_path / "out.csv"
    few = ["--scale", "10000", "--replicates", "2", "--out", str(out)]
    assert main(["validate", str(file), *few]) == 0
    printed = capsys.readouterr().out
    assert "georgia-2023" in printed and "at most 300k" in printed and "no feedbacks" in printed
    table = pd.read_csv(out)
    assert list(table["id"]) == ["georgia-2023", "eu-2023", "permits", "survey", "bound"]
    run = runner.run("war-years", scale=10_000, replicate=1)
    other = runner.run("war-years", scale=10_000)
    georgia = facts.read(file, UNTIL)[0]
    assert table.at[0, "model"] == pytest.approx((georgia.read(run) + georgia.read(other)) / 2)
