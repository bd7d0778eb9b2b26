"""The shipped studies: their files hold, and small versions run from file to figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from shipped_studies import EXPERIMENTS, SHIPPED, shipped, small

from abm.cli import main
from abm.parameters import NAMES
from abm.study import analysis, design, study_file
from abm.study.sweep import sweep

KINDS = dict(zip(SHIPPED, ("swings", "morris", "sobol", "contrasts"), strict=True))
MOST_RUNS = 3000  # of 1.2 s each on two processors: half an hour


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a small version of a shipped study, run once."""
    base = tmp_path_factory.mktemp("studies")

    def of(name: str) -> Path:
        if not (base / name).exists():
            sweep(small(name), base / name, on="serial")
        return base / name

    return of


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_study_is_read_has_a_text_and_ends_in_half_an_hour(name: str) -> None:
    study = study_file.read(EXPERIMENTS / f"{name}.toml")
    assert study.name == name
    assert (EXPERIMENTS / f"{name}.md").read_text("utf-8").startswith("# ")
    runs = design.size(study.design, study.factors) * study.replicates
    assert 500 < runs <= MOST_RUNS
    assert len(study.keep.outcomes) >= 6


@pytest.mark.parametrize("name", ["one-at-a-time", "morris-screen"])
def test_all_parameters_that_can_act_are_varied(name: str) -> None:
    assert set(shipped(name)["uncertainties"]) == set(NAMES) - {"discount_per_year"}


def test_the_sobol_study_has_at_least_eight_parameters_and_six_outcomes() -> None:
    table = shipped("sobol")
    assert len(table["uncertainties"]) >= 8
    assert len(table["keep"]["outcomes"]) >= 6


@pytest.mark.parametrize("name", SHIPPED)
def test_a_small_version_runs_from_file_to_figures(
    name: str, folders: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, kind = folders(name), KINDS[name]
    assert main(["sensitivity", str(folder), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "departures.total" in said
    table = pd.read_csv(tmp_path / "out" / f"{kind}.csv")
    study = study_file.read(small(name))
    assert table["measure"].nunique() == len(study.keep.outcomes)
    assert set(table["factor"]) == {factor.name for factor in study.factors}
    assert table["unit"].notna().all()
    pictures = sorted(path.name for path in (tmp_path / "out").glob("*.png"))
    each = 2 if name == "policy-grid" else 1
    assert len(pictures) == each * len(study.keep.outcomes)
    assert f"{kind}-departures-total.png" in pictures
    assert (tmp_path / "out" / "study.json").is_file()


def test_an_effect_that_must_be_there_is_found(folders: Callable[[str], Path]) -> None:
    from abm.study.measures import parse
    from abm.study.sweep_results import Sweep

    found = analysis.analyse(
        Sweep(folders("policy-grid")),
        [parse("stock_abroad")],
        between="renewal_strictness=0.2,0.8",
    )
    (row,) = found[0].table.to_dict("records")
    assert row["pairs"] == 8
    assert row["difference"] < 0  # stricter renewal, fewer abroad


def test_two_points_can_be_contrasted(folders: Callable[[str], Path], tmp_path: Path) -> None:
    folder = str(folders("policy-grid"))
    given = ["--between", "point=0,8", "--outcome", "stock_abroad", "--out", str(tmp_path)]
    assert main(["sensitivity", folder, *given]) == 0
    table = pd.read_csv(tmp_path / "contrasts.csv")
    assert table[["factor", "value", "against"]].to_numpy().tolist() == [["point", 8, 0]]
    assert np.isfinite(table["low"]).all()


def test_figures_of_an_earlier_analysis_go_with_its_table(
    folders: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["sensitivity", str(folders("policy-grid")), "--out", str(tmp_path), "--outcome"]
    (tmp_path / "mine.png").touch()
    assert main([*asked, "stock_abroad", "--method", "pawn"]) == 0
    assert capsys.readouterr().err.startswith("abm: slices of a factor hold only ")
    assert main([*asked, "departures.total"]) == 0
    assert main([*asked, "stock_abroad", "--between", "point=0,8"]) == 0
    assert sorted(path.name for path in tmp_path.glob("*.png")) == [
        "contrasts-stock_abroad.png", "mine.png", "pawn-stock_abroad.png",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--outcome", "departures"], "unknown outcome of this sweep"),
        (["--method", "sobol"], "needs a saltelli design, but this sweep has a grid one"),
        (["--method", "shapley"], "unknown analysis"),
        (["--between", "renewal_strictness=0.2"], "no pair of values"),
        (["--between", "renewal_strictness=0.2,0.9"], "unknown value of 'renewal_strictness'"),
        (["--between", "renewal=0.2,0.8"], "unknown factor of this sweep"),
        (["--between", "point=0,99"], "there is no point '99'; there are 0 to 15"),
    ],
)
def test_what_cannot_be_analysed(
    given: list[str],
    told: str,
    folders: Callable[[str], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["sensitivity", str(folders("policy-grid")), *given]) == 2
    assert told in capsys.readouterr().err


def test_a_folder_without_a_sweep(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sensitivity", str(tmp_path)]) == 2
    assert "holds no sweep" in capsys.readouterr().err
