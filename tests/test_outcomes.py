"""Outcomes: a tidy table that counts what those abroad are and have, seen from outside."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from finished_runs import explained, finished

from abm.calendar import week_start
from abm.composition import OCCUPATIONS
from abm.errors import InputError
from abm.hosts_table import HOST_NAMES
from abm.model import EmigrationModel
from abm.observation import INSECURE_FROM, OUTCOMES, STABLE_BELOW


@pytest.fixture(scope="module")
def model() -> EmigrationModel:
    """Without M11, so that insecurity of status is one's own; do not change it."""
    return finished(("M11",))


@pytest.fixture(scope="module")
def abroad(model: EmigrationModel) -> pd.DataFrame:
    """Everybody abroad at the end, as one may look at each."""
    rows = []
    weight = model.scenario.parameters.insecurity_weight
    e = model.emigrants
    for row in e.abroad():
        russian = model.russians[int(e.person[row])]
        # The week is over; the model's clock already shows the next.
        model.week -= 1
        insecurity = -explained(russian).loc[russian.host, "insecurity"] / weight
        model.week += 1
        people = model.population.scale * (1 + russian.children)
        traits = ("host", "sex", "education", "occupation", "age_years", "status")
        rows.append({name: getattr(russian, name) for name in traits})
        rows[-1] |= {"people": people, "insecurity": insecurity}
        rows[-1]["discriminated"] = bool(russian.ever_discriminated)
    return pd.DataFrame(rows)


def last(model: EmigrationModel, outcome: str, host: str = "World") -> float:
    return float(model.observations.series(outcome, host)[-1])


def test_the_table_is_tidy(model: EmigrationModel) -> None:
    table = model.outcomes()
    assert list(table) == ["date", "host", "outcome", "value", "unit"]
    assert table["value"].notna().all()
    assert not table.duplicated(["date", "host", "outcome"]).any()
    dates = [pd.Timestamp(week_start(week)) for week in range(model.weeks)]
    assert table["date"].drop_duplicates().tolist() == dates
    for outcome in OUTCOMES:
        rows = table[table["outcome"] == outcome.name]
        hosts = {
            "hosts and World": {*HOST_NAMES, "World"},
            "hosts": {*HOST_NAMES},
            "World": {"World"},
        }[outcome.where]
        assert set(rows["host"]) == hosts
        assert set(rows["unit"]) == {outcome.unit}
        assert len(rows) == len(hosts) * model.weeks


def test_the_world_is_the_sum_of_hosts(model: EmigrationModel) -> None:
    values = model.outcomes().pivot_table("value", ["outcome", "date"], "host", observed=True)
    for outcome in OUTCOMES:
        if outcome.where == "hosts and World" and outcome.unit.startswith("people"):
            block = values.loc[outcome.name]
            np.testing.assert_allclose(block[list(HOST_NAMES)].sum(axis=1), block["World"])


def test_status_by_host(model: EmigrationModel, abroad: pd.DataFrame) -> None:
    assert (abroad["insecurity"] >= INSECURE_FROM).any()
    assert (abroad["insecurity"] < STABLE_BELOW).any()
    for host in (*HOST_NAMES, "World"):
        there = abroad if host == "World" else abroad[abroad["host"] == host]
        people = there["people"]
        stock = last(model, "stock_abroad", host)
        assert people.sum() == stock
        insecure = people[there["insecurity"] >= INSECURE_FROM].sum()
        assert insecure == last(model, "insecure_status", host)
        permits = people[there["status"].isin(["permit", "long permit"])].sum()
        assert permits == last(model, "permit_holders", host)
        if stock:
            stable = people[there["insecurity"] < STABLE_BELOW].sum() / stock
            assert stable == pytest.approx(last(model, "stable_status", host))
            met = people[there["discriminated"]].sum() / stock
            assert met == pytest.approx(last(model, "ever_discriminated", host))


def test_composition_of_those_abroad(model: EmigrationModel, abroad: pd.DataFrame) -> None:
    for host, there in [("World", abroad), *abroad.groupby("host")]:
        women = (there["sex"] == "female").mean()
        assert women == pytest.approx(last(model, "share_women", host))
        learned = (there["education"] == "higher").mean()
        assert learned == pytest.approx(last(model, "share_higher_education", host))
        assert there["age_years"].mean() == pytest.approx(last(model, "mean_age_years", host))
        for occupation in OCCUPATIONS:
            share = (there["occupation"] == occupation).mean()
            assert share == pytest.approx(last(model, f"share.{occupation}", host))


def test_unknown_outcomes_and_hosts_raise(model: EmigrationModel) -> None:
    with pytest.raises(InputError, match="stock_abroad"):
        model.observations.series("stocks_abroad")
    with pytest.raises(InputError, match="Georgia"):
        model.observations.series("stock_abroad", "Gorgia")
