"""abm calibrate from end to end, small; what it leaves, how it goes on, what it refuses."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import known_posterior as toy
import numpy as np
import pandas as pd
import pytest
from refusals import refusal

import abm
from abm.cli import main
from abm.errors import InputError
from abm.study import runner
from abm.study.calibration import folder, pipeline, prediction, recovery, results, settings
from abm.study.calibration.data import fitted
from abm.study.calibration.settings import Amounts
from abm.study.evidence import EVIDENCE
from abm.study.validate import PREDICTORS

SMALL: dict[str, Any] = {
    "name": "small",
    "scale": 10_000,
    "until": "2022-12-31",
    "host_constants": True,
    "uncertainties": {
        "cost_of_leaving": [6.0, 8.0],
        "mobilisation_weight": {},
        "consumption_weight": {},
    },
    "calibration": {
        **{"screen": 2, "factors": 4, "waves": [16], "pool": 200, "table": 24},
        **{"effective": 2, "recovery": 6, "check": 1, "draws": 1, "twin": 10},
    },
}
TOML = """
scale = 10000
until = 2022-12-31

[uncertainties]
cost_of_leaving = [6, 8]

[calibration]
screen = 0
waves = [10]
pool = 100
table = 10
effective = 2
recovery = 0
check = 1
draws = 0
"""


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> results.Calibrated:
    """The small calibration, done; do not change its folder."""
    out = tmp_path_factory.mktemp("calibrations") / "small"
    return results.calibrate(settings.read(SMALL), out, on="serial")


def test_it_leaves_a_posterior_for_each_evidence(calibrated: results.Calibrated) -> None:
    draws = pd.read_csv(calibrated.folder / "draws.csv")
    for name in ("low", "middle", "high"):
        assert list(draws.loc[draws["evidence"] == name, "draw"]) == list(range(101))
    assert {"cost_of_leaving", "host_constant.Turkey"} & set(draws)
    factors = calibrated.factors
    middle = factors[factors["evidence"] == "middle"]
    assert set(middle["factor"]) == set(settings.read(SMALL).space.names)
    assert (middle["status"] == "left out by the screen").sum() == len(middle) - 4
    judged = calibrated.targets[calibrated.targets["evidence"] == "low"]
    assert judged.loc[judged["id"] == "T1", "simulated"].item() > 0
    likeliest = calibrated.likeliest
    assert likeliest is not None and len(likeliest) == 3 * 4
    assert (likeliest["misfit"] <= likeliest["misfit_at_centre"]).all()
    assert likeliest["misfit"].notna().all()
    about = json.loads((calibrated.folder / "about.json").read_text())
    assert {"model_sha256", "data_sha256", "table_sha256", "draws_sha256"} <= set(about)
    assert about["runs"]["screen"] == 2 * (len(settings.read(SMALL).space) + 1)
    assert set(about["fitted_targets"]) == {"low", "middle", "high"}


def test_what_it_drew_can_be_run(calibrated: results.Calibrated) -> None:
    row = calibrated.draws.drop(columns=["evidence", "draw"]).iloc[5]
    run = abm.run("war-years", scale=10_000, until="2022-03-31", set=row.to_dict())
    for name in ("cost_of_leaving", "mobilisation_weight", "consumption_weight"):
        if name in row:
            assert getattr(run.scenario.parameters, name) == pytest.approx(row[name])


def test_the_stages_are_ordinary_sweeps_with_seeds_of_their_own(
    calibrated: results.Calibrated,
) -> None:
    table: Any = abm.load(calibrated.folder / "table")
    assert len(table.runs) == 24 and (table.runs["status"] == "done").all()
    assert table.runs["seed"].nunique() == 24
    ids = calibrated.fit.every.ids
    assert np.allclose(
        table.readings()[ids].to_numpy(), calibrated.fit.table.readings, equal_nan=True
    )


def test_it_goes_on_where_it_was_stopped(
    calibrated: results.Calibrated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "small"
    shutil.copytree(calibrated.folder, here)
    for name in ("runs", "outcomes"):
        (here / "table" / name / "part-000003.parquet").unlink()
    (here / "draws.csv").unlink()
    swept: list[int] = []
    real = runner.run

    def run(*arguments: Any, **named: Any) -> Any:
        swept.append(1)
        return real(*arguments, **named)

    monkeypatch.setattr(runner, "run", run)
    again = results.calibrate(settings.read(SMALL), here, on="serial")
    one_part = abm.load(here / "table").plan.size(3)  # type: ignore[union-attr]
    assert len(swept) == one_part + 3 * 2  # and a run at each centre and each first draw
    pd.testing.assert_frame_equal(again.draws, calibrated.draws)
    pd.testing.assert_frame_equal(again.factors, calibrated.factors)


def test_a_folder_of_something_else_is_left_alone(
    calibrated: results.Calibrated, tmp_path: Path, nothing_runs: None
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="holds no calibration"):
        results.calibrate(settings.read(SMALL), other)
    assert [path.name for path in other.iterdir()] == ["thesis.txt"]
    with pytest.raises(InputError, match="results of another calibration"):
        folder.checked(calibrated.folder, settings.read({**SMALL, "seed": 2}))
    copied = tmp_path / "copied"
    copied.mkdir()
    about = json.loads((calibrated.folder / folder.ABOUT).read_text())
    for key, message in {
        "model_sha256": "other code of the model",
        "data_sha256": "other data",
        "readings_sha256": "other observation processes",
    }.items():
        (copied / folder.ABOUT).write_text(json.dumps({**about, key: "0"}))
        with pytest.raises(InputError, match=message):
            folder.checked(copied, settings.read(SMALL))
    (copied / folder.ABOUT).write_text("{")
    with pytest.raises(InputError, match="cannot read"):
        folder.checked(copied, settings.read(SMALL))


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "key": ({"colour": 1}, "unknown key of a calibration 'colour'"),
    "amount": ({"calibration": {"tabel": 100}}, "Did you mean 'table'"),
    "no amount": ({"calibration": {"table": 1.5}}, "calibration.table.*whole number"),
    "waves": ({"calibration": {"waves": 200}}, r"waves = \[200, 200\]"),
    "few": ({"calibration": {"pool": 20, "table": 10, "effective": 15}}, "at most half"),
    "no part": (
        {"calibration": {"pool": 100, "effective": 9, "table": 200}},
        "must be part of the pool",
    ),
    "all for the truth": ({"calibration": {"table": 40, "recovery": 50}}, "hold the 50 taken"),
    "one trajectory": ({"calibration": {"screen": 1}}, "two trajectories or more"),
    "twin": ({"calibration": {"pool": 400, "twin_recovery": 200}}, "takes 300 . 200 points"),
    "parameter": ({"uncertainties": {"conscence": {}}}, "Did you mean 'conscience'"),
    "range": ({"uncertainties": {"conscience": [0, 9]}}, "out of its range"),
    "known late": ({"known_by": "2023-06-30"}, "after the last day of the runs"),
    "known early": ({"known_by": "2022-03-01"}, "no target was known by 2022-03-01"),
    "beyond": ({"until": "2040-01-01"}, "outside 2022-02-24 to 2035-12-31"),
    "twice": (
        {"uncertainties": {"host_constant.Turkey": [-1, 1]}},
        "'host_constant.Turkey' is fitted by host_constants",
    ),
}


@pytest.mark.parametrize(("changes", "message"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_calibration_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        settings.read({**SMALL, **changes})


def test_the_packaged_calibration_is_one_and_keeps_its_budget() -> None:
    found = settings.read()
    assert found.amounts.waves and len(found.space) > 40
    assert results.budget(found, 1.5, 4.0) == pytest.approx(sum(found.runs().values()) * 1.5 / 3600)
    with pytest.raises(InputError, match=r"more than 0\.01"):
        results.budget(found, 1.5, 0.01)


def test_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(TOML)
    assert main(["calibrate", "mine.toml", "--dry-run"]) == 0
    assert "33 runs (wave-1 10, table 10, centres 10, targets 3)" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.toml"]
    assert main(["calibrate", "mine.toml", "--budget", "1e-9", "--quiet"]) == 2
    assert "core-hours" in refusal(capsys)
    assert main(["calibrate", "mine.toml", "--known-by", "2022-03-01", "--dry-run"]) == 2
    assert "no target was known by 2022-03-01" in refusal(capsys)
    assert main(["calibrate", "mine.toml", "--known-by", "2022-10-31", "--dry-run"]) == 0
    assert "prediction 120" in capsys.readouterr().out
    assert main(["calibrate", "none.toml"]) == 2
    assert "cannot read none.toml" in refusal(capsys)
    assert main(["calibrate", "mine.toml", "--workers", "1"]) == 0
    out = capsys.readouterr().out
    assert "evidence middle" in out and "cost_of_leaving" in out
    assert Path("results/calibration-mine/draws.csv").exists()


# --- prediction


def test_no_figure_is_both_fitted_and_predicted() -> None:
    day, until = date(2023, 6, 30), date(2024, 12, 31)
    for evidence in EVIDENCE:
        fitted_ids = {each.id for each in fitted(evidence, day)}
        to_come = {each.id for each in prediction.later(day, until, evidence)}
        assert fitted_ids and to_come and not fitted_ids & to_come
        known = prediction.earlier(day, evidence)
        assert not {each.id for each in known} & to_come
        assert all(each.date_to <= day for each in known)
    low, high = (
        {each.id for each in prediction.later(day, until, name)} for name in ("low", "high")
    )
    assert low - high == {"T7"} and high - low == {"T8"}  # T9 was known by June 2023
    assert "T11.1" not in {each.id for each in prediction.later(day, date(2024, 5, 1), "low")}


def test_later_figures_are_predicted_beside_baselines(
    calibrated: results.Calibrated, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds: list[Any] = []
    real = runner.run

    def run(scenario: Any, **named: Any) -> Any:
        worlds.append((scenario.parameters.cost_of_leaving, named.get("replicate")))
        return real(scenario, **named)

    monkeypatch.setattr(runner, "run", run)
    monkeypatch.setattr(prediction, "EVIDENCE", ("middle",))
    base = results.base_scenario(settings.read(SMALL))
    found = prediction.predict(base, calibrated.draws, date(2022, 10, 31), points=2)["middle"]
    assert {"T10.1", "T12.1", "T24.1"} <= set(found.table["id"])
    assert "T1" not in set(found.table["id"])  # known by October
    assert found.table["model"].notna().all()
    assert set(found.scores["predictor"]) == set(PREDICTORS)
    assert [luck for _, luck in worlds[:2]] == [0, 1]  # each draw has luck of its own
    table, scores = prediction.joined({"middle": found})
    assert list(table.columns[:2]) == ["evidence", "id"] and len(scores) == len(PREDICTORS)
    assert prediction.predict(base, calibrated.draws, base.until) == {}


# --- simulation-based calibration


def test_a_right_fit_recovers_what_made_the_data() -> None:
    few = Amounts(screen=0, waves=(40, 40), pool=2000, table=100, effective=30)
    fit = pipeline.run(toy.STAGES, toy.SPACE, toy.data(), few, 1)
    table = recovery.check(fit, fit.data["middle"], 60, 1)
    summary = recovery.summary(table).set_index("factor")
    assert (summary["coverage_high"] >= 0.9).all()
    assert (summary["rank_p"] > 0.001).all()
    assert (summary.loc[["x0", "x1", "x2"], "correlation"] > 0.6).all()
    assert summary.loc[["x0", "x1", "x2"], "informed"].all() and not summary.at["x3", "informed"]


def test_another_simulator_is_checked_on_the_same_pool() -> None:
    """The toy without luck, and one that is not what the fit believes it to be."""
    few = Amounts(screen=0, waves=(40, 40), pool=2000, table=100, effective=30)
    fit = pipeline.run(toy.STAGES, toy.SPACE, toy.data(), few, 1)
    asked: list[int] = []

    def simulate(cube: np.ndarray) -> np.ndarray:
        asked.append(len(cube))
        return fit.space.values(cube).to_numpy() @ toy.SLOPES.T

    table = recovery.check_by(simulate, fit, fit.data["middle"], 40, 1)
    assert asked == [settings.TWIN_LEARNT + 40]
    summary = recovery.summary(table).set_index("factor")
    assert (summary["coverage_high"] >= 0.9).all() and (summary["rank_p"] > 0.001).all()
    assert (summary.loc[["x0", "x1", "x2"], "correlation"] > 0.6).all()


def test_a_fit_that_is_too_sure_is_found_out() -> None:
    """Data with larger errors than the fit believes: intervals that miss, ranks at the ends."""
    few = Amounts(screen=0, waves=(40, 40), pool=2000, table=100, effective=30)
    fit = pipeline.run(toy.STAGES, toy.SPACE, toy.data(), few, 1)
    table = recovery.check(fit, fit.data["middle"], 60, 1)
    half = (table["high"] - table["low"]) / 8
    narrow = table.assign(
        inside=(table["truth"] - table["mean"]).abs() < half,
        rank=(table["truth"] > table["mean"]).astype(float),
    )
    summary = recovery.summary(narrow).set_index("factor")
    assert (summary.loc[["x0", "x1", "x2"], "coverage_high"] < 0.9).all()
    assert (summary["rank_p"] < 0.001).all()
