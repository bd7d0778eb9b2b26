"""Necessity and sufficiency: published answers, populations made up, and permits as a lottery."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abm.model import EmigrationModel
from abm.scenario import Scenario, load
from abm.study import return_causes
from abm.study.necessity import bounds
from abm.study.return_causes import by_counterfactual, lottery, permit_decisions
from abm.study.runner import replicate, run


def test_bounds_of_the_published_example() -> None:
    """Pearl, Causality, 2009, section 9.3.4: of 1,000 each, experiment 16 and 14 deaths; of 1,000
    each by choice 2 and 28. The drug was the cause for certain; it would kill 0.2 to 3.1 %."""
    found = bounds(0.016, 0.014, 2 / 2000, 998 / 2000, 28 / 2000, 972 / 2000)
    assert found.necessity == pytest.approx((1.0, 1.0))
    assert found.sufficiency == pytest.approx((0.002, 0.031), abs=5e-4)


@given(st.lists(st.integers(0, 50), min_size=8, max_size=8))
def test_bounds_hold_the_truth_of_every_population(counts: list[int]) -> None:
    """People by what they do with x and without (four kinds), and whether they have x."""
    if not sum(counts):
        return
    share = np.array(counts).reshape(2, 2, 2) / sum(counts)  # has x, y with x, y without x
    y_do_x, y_do_not_x = share[:, 1, :].sum(), share[:, :, 1].sum()
    xy, x_not_y = share[1, 1, :].sum(), share[1, 0, :].sum()
    not_x_y, neither = share[0, :, 1].sum(), share[0, :, 0].sum()
    found = bounds(y_do_x, y_do_not_x, xy, x_not_y, not_x_y, neither)
    if xy:
        low, high = found.necessity
        assert low - 1e-9 <= share[1, 1, 0] / xy <= high + 1e-9
    if neither:
        low, high = found.sufficiency
        assert low - 1e-9 <= share[0, 1, 0] / neither <= high + 1e-9


def test_nobody_concerned_no_number() -> None:
    found = bounds(0.5, 0.2, 0.0, 0.0, 0.2, 0.8)
    assert np.isnan(found.necessity).all()
    assert found.sufficiency == pytest.approx((0.375, 0.625))


# --- permits -------------------------------------------------------------------------------------


def made_up_decisions(hosts: list[tuple[float, float, float, int]]) -> pd.DataFrame:
    """Decisions in hosts: chance of refusal, share returning if refused, if granted, people."""
    rows = []
    for q, if_refused, if_granted, people in hosts:
        for refused, share, count in ((True, if_refused, q), (False, if_granted, 1 - q)):
            heads = round(people * count)
            back = round(heads * share)
            rows += [(q, refused, True)] * back + [(q, refused, False)] * (heads - back)
    return pd.DataFrame(rows, columns=["chance", "refused", "returned"]).assign(people=100.0)


def test_a_lottery_is_read_without_the_bias_of_strict_hosts() -> None:
    """Where refusal is likely people return more in any case; weights take that out."""
    decisions = made_up_decisions([(0.8, 0.5, 0.4, 1000), (0.1, 0.2, 0.1, 1000)])
    found = lottery(decisions)
    assert found.returned_if_refused == pytest.approx(0.35)
    assert found.returned_if_granted == pytest.approx(0.25)
    assert found.refused == pytest.approx(0.45)
    assert found.decided == 200_000
    naive = decisions.groupby("refused")["returned"].mean()
    assert naive[True] - naive[False] > 0.2
    y = decisions["returned"].mean()
    xy = (decisions["refused"] & decisions["returned"]).mean()
    assert found.bounds.necessity[0] == pytest.approx((y - 0.25) / xy)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    easy = {"cost_of_leaving": 4.0, "renewal_strictness": 0.6}
    return load("war-years", scale=3000, until="2023-03-31", set=easy)


def test_decisions_on_permits_are_noted_and_nothing_is_changed(scenario: Scenario) -> None:
    model = return_causes._Permits(scenario)
    while model.running:
        model.step()
    plain = run(scenario)
    pd.testing.assert_frame_equal(model.moves_table(), plain.moves)
    table = pd.concat(model.decided)
    refused = table[table["refused"]]
    assert refused["people"].sum() == plain.refusals["people"].sum() > 0
    assert set(map(tuple, refused[["week", "person"]].to_numpy())) == set(
        map(tuple, plain.refusals[["week", "person"]].to_numpy())
    )
    expected = (table["chance"]).sum()
    assert abs(len(refused) - expected) < 4 * np.sqrt(
        (table["chance"] * (1 - table["chance"])).sum()
    )


def test_whom_a_host_protects_has_no_part_in_the_lottery(scenario: Scenario) -> None:
    protecting = load(scenario, set={"humanitarian_visas_draft": 0.5}, without=["M33"])
    model = return_causes._Permits(protecting)
    while model.running:
        model.step()
    table = pd.concat(model.decided)
    protected = table[table["chance"] == 0]
    assert len(protected) > 10
    assert not protected["refused"].any()
    spread = np.sqrt((table["chance"] * (1 - table["chance"])).sum())
    assert abs(table["refused"].sum() - table["chance"].sum()) < 4 * spread
    assert (permit_decisions(protecting, weeks=13)["chance"] > 0).all()


def test_each_person_has_a_first_decision_with_time_left(scenario: Scenario) -> None:
    table = permit_decisions(scenario, weeks=13)
    assert table["person"].is_unique
    assert (table["week"] + 13 < EmigrationModel(scenario).weeks).all()
    moves = run(scenario).moves
    for row in table[table["returned"]].head(10).itertuples():
        later = moves[(moves["person"] == row.person) & (moves["week"] >= row.week)].iloc[0]
        assert later["destination"] == "Russia"
        assert later["week"] < row.week + 13
    found = lottery(table)
    assert found.returned_if_refused > found.returned_if_granted  # M6
    low, high = found.bounds.necessity
    assert 0 < low <= high <= 1


# --- counterfactuals -----------------------------------------------------------------------------


def test_returns_by_counterfactual_beside_those_by_trigger(scenario: Scenario) -> None:
    table = by_counterfactual(scenario, 2, {"permit refused": "M6", "wage offers": "M12"})
    refused = table.set_index("cause").loc["permit refused"]
    base = replicate(scenario, 2)
    moves = base.moves.query("destination == 'Russia' and cause == 'permit refused'")
    assert refused["by_trigger"] == pytest.approx(moves["people"].sum() / 2)
    assert refused["needed"] > 0
    assert refused["needed"] - refused["other_way"] == pytest.approx(refused["difference"])
    assert refused["necessity_low"] <= refused["necessity"] <= 1
    low, high = refused["sufficiency_low"], refused["sufficiency_high"]
    assert low <= refused["sufficiency"] <= high
    offers = table.set_index("cause").loc["wage offers"]
    assert offers["by_trigger"] == 0  # it has no trigger, and yet may be needed


def test_where_nobody_returns_there_is_no_share() -> None:
    short = load("war-years", scale=10_000, until="2022-03-10")
    row = by_counterfactual(short, 2, {"permit refused": "M6"}).iloc[0]
    assert row["needed"] == row["difference"] == 0
    assert np.isnan([row["necessity"], row["necessity_low"]]).all()


def test_a_mechanism_that_is_off_is_no_cause(scenario: Scenario) -> None:
    off = load(scenario, without=["M6"])
    assert by_counterfactual(off, 1, {"permit refused": "M6"}).empty
