"""What a user types to put claims to the test, on a small folder; and the shipped folder."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from refusals import refusal

from abm.cli import main
from abm.study import claim_points, study_file, worlds
from abm.study.claims_run import BOXES, GOALS, POLICIES, POLICY_STUDY, chosen, studies
from abm.study.design import apart
from abm.study.evidence import EVIDENCE
from abm.study.nine_claims import CLAIMS
from abm.study.study_file import Study
from abm.study.sweep import sweep
from abm.study.targets import TARGETS
from abm.study.worlds import Worlds

SHIPPED = Path(__file__).parents[1] / "experiments" / "claims"
POINTS = 12
STUDY = """
name = "claim-C3"
scale = 10_000
seed = 1
until = 2022-05-31
replicates = 1

[levers]
scenario = ["war-years", "tighten-everywhere"]

[design]
method = "file"
file = "../points.csv"
crossed = true

[keep]
outcomes = ["manpower_denied.total", "labour_force_change", "capital_outflow.total",
            "propaganda_strength", "opposition_capacity"]
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the study of one claim, a dozen points, and its verdict."""
    home = tmp_path_factory.mktemp("claims")
    folder = home / "claims"
    (folder / CLAIMS["C3"].study).mkdir(parents=True)
    (folder / CLAIMS["C3"].study / "study.toml").write_text(STUDY)
    luck = np.random.default_rng(1)
    points = {"cost_of_leaving": 6 + luck.random(POINTS), "conscience": luck.random(POINTS)}
    facts = {"left": 1e6, "returned": 0.2, "evidence": [EVIDENCE[k % 3] for k in range(POINTS)]}
    claim_points.write(pd.DataFrame({**points, **facts}), folder)
    assert main(arguments(home, "--quiet")) == 0
    return home


def arguments(home: Path, *more: str) -> list[str]:
    places = {"folder": "claims", "runs": "runs", "out": "out"}
    said = [part for name, place in places.items() for part in (f"--{name}", str(home / place))]
    return ["claims", "C3", "--workers", "1", *said, *more]


def test_a_claim_is_run_and_judged(small: Path) -> None:
    verdicts = pd.read_csv(small / "out" / "verdicts.csv")
    assert verdicts["id"].tolist() == ["C3"]
    assert verdicts["points"].tolist() == [POINTS]
    assert verdicts["put_in"].str.len().min() > 40
    parts = pd.read_csv(small / "out" / "parts.csv")
    assert len(parts) == len(CLAIMS["C3"].parts)
    assert (parts["q05"] <= parts["median"]).all()
    assert (small / "out" / "figures" / "C3.png").stat().st_size > 10_000
    assert {"version", "model_sha256"} <= set(
        json.loads((small / "out" / "claims.json").read_text())
    )


def test_what_is_done_is_not_done_again(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.stat().st_mtime_ns for path in (small / "runs").rglob("*.parquet")}
    assert main(arguments(small, "--dry-run")) == 0
    assert "0 of 24 runs to do" in capsys.readouterr().out
    assert main(arguments(small)) == 0
    said = capsys.readouterr().out
    assert "C3" in said
    assert "holds in: share of decided parameter points" in said
    assert before == {path: path.stat().st_mtime_ns for path in (small / "runs").rglob("*.parquet")}


def test_worlds_are_read_off_a_sweep_point_by_point(small: Path) -> None:
    folder = small / "runs" / CLAIMS["C3"].study
    read = worlds.of(sweep(folder, on="serial"))
    assert read.names == ["tighten-everywhere", "war-years"]
    assert len(read.points) == POINTS
    given = pd.read_csv(small / "claims" / "points.csv")
    np.testing.assert_allclose(read.points[list(given)], given)
    raw = sweep(folder, on="serial")
    values = raw.values("propaganda_strength").set_index("point")["value"]
    at = raw.points.set_index("point")
    for world in read.names:
        mine = values[at["scenario"] == world].to_numpy()
        assert read.read("propaganda_strength", world)[0].tolist() == mine.tolist()


BAD = {
    "unknown claim": (["C33"], ["'C33'", "abm claims C4"]),
    "no folder": (["--folder", "nowhere"], ["no study", "experiments/claims"]),
    "no workers": (["--workers", "0"], ["'0'", "2"]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_arguments(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    given, expected = BAD[case]
    assert main(["claims", *given]) == 2
    error = refusal(capsys)
    assert all(part in error for part in expected), error


# --- what is shipped -------------------------------------------------------------------------


def made_up(study: Study) -> Worlds:
    """Worlds that hold one for all that a study keeps."""
    _, choices = apart(study.factors)
    levers = [dict(zip([c.name for c in choices], each, strict=True)) for each in product(
        *(choice.values for choice in choices))]  # fmt: skip
    names = [worlds._name(each, next(iter(study.scenarios))) for each in levers]
    keep = study.keep
    outcomes = [*keep.outcomes, *(f"target.{t.id}" for t in TARGETS if keep.targets and t.process)]
    rows = product([0, 1], names, [0], outcomes, keep.hosts, keep.dates or (), [1.0])
    table = pd.DataFrame(list(rows), columns=worlds.COLUMNS)
    return Worlds(pd.DataFrame({"x": [0.0, 1.0]}), table.astype({"date": "datetime64[ns]"}))


@pytest.mark.parametrize("id", CLAIMS)
def test_shipped_studies_keep_what_their_claims_read(id: str) -> None:
    claim = CLAIMS[id]
    found = studies([claim], SHIPPED)
    read = made_up(study_file.read(found[claim.study]))
    for part in claim.parts:
        assert part.effect(read).shape == (2, 1)
        assert part.low < part.high
    assert any(part.counts for part in claim.parts)


def test_shipped_policies_keep_what_regret_reads() -> None:
    read = made_up(study_file.read(SHIPPED / POLICY_STUDY / "study.toml"))
    assert set(POLICIES.values()) == set(read.names)
    for goal in GOALS:
        assert read.read(goal, "war-years").notna().all().all()


@pytest.mark.parametrize("id", CLAIMS)
def test_each_claim_has_a_page(id: str) -> None:
    claim = CLAIMS[id]
    page = (SHIPPED / claim.study / "README.md").read_text("utf-8")
    assert f"# {id}: {claim.title}" in page
    for heading in ("## Test", "## Result", "## What would flip it", "## What was put in"):
        assert heading in page
    for part in claim.parts:
        assert part.what in page
    assert f"<!-- kept: claim {id} -->" in page
    assert (SHIPPED.parents[1] / "results" / "claims" / "figures" / f"{id}.png").is_file()


def test_all_nine_claims_are_there() -> None:
    assert [claim.id for claim in chosen([])] == [f"C{k}" for k in range(1, 10)]
    assert set(BOXES) <= set(CLAIMS)
    assert len(studies(chosen([]), SHIPPED)) == 10


def test_shipped_points_have_evidence_and_lie_within_priors() -> None:
    points, evidence = pd.read_csv(SHIPPED / "points.csv"), claim_points.read_evidence(SHIPPED)
    assert len(points) == len(evidence)
    assert evidence.head(24).value_counts().to_dict() == dict.fromkeys(EVIDENCE, 8)


def test_survivors_are_those_that_the_plainest_facts_allow() -> None:
    class Made:
        points = pd.DataFrame({"point": range(4), "x": [1.0, 2.0, 3.0, 4.0]})

        def values(self, outcome: str, date: str) -> pd.DataFrame:
            left = [1e6, 1e6, 5e6, 1e6]
            back = [0.15, 0.4, 0.15, 0.02]
            value = left if outcome == "departures.total" else np.multiply(left, back)
            return pd.DataFrame({"point": range(4), "replicate": 0, "value": value})

    survived = claim_points.survivors(Made())  # type: ignore[arg-type]
    assert survived["x"].tolist() == [1.0, 2.0]  # the third has too many, the fourth no evidence
    assert survived["evidence"].tolist() == ["low", "high"]
    table = claim_points.in_turn([survived, survived.assign(evidence="low")])
    assert table["evidence"].tolist() == ["low", "high", "low", "low"]
