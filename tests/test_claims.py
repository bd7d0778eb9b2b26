"""Verdicts follow from stated thresholds: a claim known true, one known false, and all between."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from abm.errors import InputError
from abm.study.claim import (
    EVIDENCE,
    FAILS,
    HOLDS,
    OPEN,
    Claim,
    Judged,
    Part,
    judge,
    status_of,
    verdict,
)
from abm.study.dependence import Split, best_splits
from abm.study.worlds import Worlds, merged

POINTS = 60


def toy(noise: float = 0.05, replicates: int = 3, points: int = POINTS) -> Worlds:
    """A world whose stock falls by 2 where strict, and by 4 a with a cost above a half."""
    luck = np.random.default_rng(7)
    table = pd.DataFrame(luck.random((points, 4)), columns=["cost", "b", "c", "d"])
    table.index.name = "base"
    rows = []
    for base, cost in table["cost"].items():
        for replicate in range(replicates):
            common = luck.normal(0, 1)
            for world, shift in (("open", 0.0), ("strict", -2.0), ("by cost", 4.0 * (cost > 0.5))):
                value = 10 + common + shift + luck.normal(0, noise)
                rows.append((base, world, replicate, "stock", "World", "2024-06-27", value))
    columns = ["base", "world", "replicate", "outcome", "host", "date", "value"]
    return Worlds(table, pd.DataFrame(rows, columns=columns).astype({"date": "datetime64[ns]"}))


WORLDS = toy()
SPREAD_EVIDENCE = pd.Series([EVIDENCE[k % 3] for k in range(POINTS)])


def against_open(world: str) -> Callable[[Worlds], pd.DataFrame]:
    return lambda worlds: worlds.read("stock", world) - worlds.read("stock", "open")


def judged(*parts: Part, worlds: Worlds = WORLDS, evidence: pd.Series = SPREAD_EVIDENCE) -> Judged:
    return judge(Claim("T", "toy", "", parts, "", ""), worlds, evidence)[0]


TRUE = Part("strictness takes one at least", "people", against_open("strict"), high=-1.0)
FALSE = Part("strictness adds one at least", "people", against_open("strict"), low=1.0)
AT_TIMES = Part("cost adds one at least", "people", against_open("by cost"), low=1.0)


def test_a_claim_known_true_holds() -> None:
    found = judged(TRUE)
    assert found.verdict == "holds"
    assert found.shares == {"all": 1, "low": 1, "middle": 1, "high": 1}
    assert found.decided == POINTS


def test_a_claim_known_false_fails() -> None:
    found = judged(FALSE)
    assert found.verdict == "fails"
    assert set(found.shares.values()) == {0}


def test_a_claim_that_hangs_on_a_parameter_says_which_and_where() -> None:
    found = judged(AT_TIMES)
    assert found.verdict == "depends on cost"
    assert found.splits[0].above
    assert found.splits[0].value == pytest.approx(0.5, abs=0.05)
    assert found.splits[0].told().startswith("cost above 0.")


def test_a_claim_that_hangs_on_the_evidence_says_so() -> None:
    evidence = pd.Series(np.where(WORLDS.points["cost"] > 0.5, "high", "low"))
    assert judged(AT_TIMES, evidence=evidence).verdict == "depends on the evidence"


def test_all_parts_must_hold_and_one_that_fails_is_enough() -> None:
    assert judged(TRUE, TRUE).verdict == "holds"
    assert judged(TRUE, FALSE).verdict == "fails"
    assert judged(TRUE, AT_TIMES).verdict == "depends on cost"
    shown = Part(FALSE.what, FALSE.unit, FALSE.effect, low=1.0, counts=False)
    assert judged(TRUE, shown).verdict == "holds"


def test_what_luck_hides_cannot_be_told() -> None:
    noisy = toy(noise=8.0)
    assert judged(TRUE, worlds=noisy).verdict == "cannot be told"
    assert judged(TRUE, worlds=toy(points=9)).verdict == "cannot be told"  # too few


def test_what_no_parameter_tells_cannot_be_told() -> None:
    coin = pd.Series(np.random.default_rng(3).random(POINTS) < 0.5, WORLDS.points.index)

    def effect(worlds: Worlds) -> pd.DataFrame:
        signs = np.where(coin, 1.0, -1.0)[:, None] * np.ones(2)
        return pd.DataFrame(signs, worlds.points.index)

    found = judged(Part("a coin", "people", effect, low=0.5))
    assert 0.1 < found.shares["all"] < 0.9
    assert found.verdict == "cannot be told"


def test_effects_and_luck_of_parts_are_told() -> None:
    _, parts = judge(Claim("T", "toy", "", (TRUE,), "", ""), WORLDS, SPREAD_EVIDENCE)
    assert parts[0].effect is not None
    assert parts[0].effect.median() == pytest.approx(-2, abs=0.05)
    assert parts[0].luck == pytest.approx(0.05 * np.sqrt(2 / 3), rel=0.2)


@pytest.mark.parametrize(
    ("shares", "told", "expected"),
    [
        ([0.95, 0.9, 1, 0.92], True, "holds"),
        ([0.95, 0.89, 1, 0.92], True, "depends on x"),
        ([0.05, 0.1, 0, 0.1], True, "fails"),
        ([0.05, 0.11, 0, 0.1], True, "depends on x"),
        ([0.5, 0.95, 0.5, 0.05], True, "depends on the evidence"),
        ([0.5, np.nan, 0.5, 0.5], True, "depends on x"),
        ([1, 1, 1, 1], False, "cannot be told"),
        ([np.nan] * 4, True, "cannot be told"),
    ],
)
def test_thresholds_are_those_stated(shares: list[float], told: bool, expected: str) -> None:
    split = (Split("x", 0.5, True, 0.9, 0.01),)
    found = dict(zip(("all", *EVIDENCE), shares, strict=True))
    assert verdict(found, told, split) == expected
    if expected == "depends on x":
        assert verdict(found, told, ()) == "cannot be told"


def test_status_is_by_the_whole_interval() -> None:
    values = pd.DataFrame([[1.0, 3.0], [9.0, 11.0], [-9.0, -11.0], [np.nan, np.nan]])
    status, luck = status_of(values, low=0.0, high=np.inf)
    assert status.tolist()[:3] == [OPEN, HOLDS, FAILS]
    assert pd.isna(status.iloc[3])
    assert luck == pytest.approx(1.0)  # variance 2, two replicates
    alone, unknown = status_of(values[[0]], low=0.0, high=np.inf)
    assert alone.tolist()[:3] == [HOLDS, HOLDS, FAILS]
    assert np.isnan(unknown)


def test_labels_of_chance_are_seldom_taken_for_a_parameter_that_decides() -> None:
    luck = np.random.default_rng(11)
    found = 0
    for seed in range(40):
        points = pd.DataFrame(luck.random((30, 20)), columns=[f"p{k}" for k in range(20)])
        found += bool(best_splits(points, pd.Series(luck.random(30) < 0.5), seed=seed))
    assert found <= 6  # 5 % of 40 are 2


# --- worlds ------------------------------------------------------------------------------------


def test_unknown_worlds_and_weeks_are_told() -> None:
    with pytest.raises(InputError, match=r"unknown world of this study 'opem'.*'open'"):
        WORLDS.read("stock", "opem")
    with pytest.raises(InputError, match=r"keeps no week with this day.*2024-06-27"):
        WORLDS.read("stock:2023-01-01", "open")
    with pytest.raises(InputError, match="keeps no flow"):
        WORLDS.read("flow", "open")


def test_worlds_of_other_points_are_not_merged() -> None:
    assert len(merged([WORLDS, WORLDS]).outcomes) == 2 * len(WORLDS.outcomes)
    other = Worlds(WORLDS.points + 1, WORLDS.outcomes)
    with pytest.raises(InputError, match="other parameter points"):
        merged([WORLDS, other])
