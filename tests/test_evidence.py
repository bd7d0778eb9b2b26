"""Evidence scenarios: a draw of the posterior is set, and what the user says goes before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from refusals import refusal

import abm
from abm import scenario as scenarios
from abm.cli import main
from abm.errors import InputError
from abm.hosts_table import HOST_NAMES
from abm.parameters import Parameters
from abm.scenario import load
from abm.study import evidence, verify


@pytest.fixture(autouse=True)
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A posterior of three rows for each evidence scenario, in place of the packaged one."""
    rows = [
        {
            "evidence": name,
            "draw": draw,
            "cost_of_leaving": 6.0 + k + draw / 10,
            "discrimination_weight": 1.0,
            "host_constant.Turkey": 0.5,
        }
        for k, name in enumerate(("low", "middle", "high"))
        for draw in (0, 1, 2)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "draws.csv", index=False)
    monkeypatch.setattr(evidence, "FOLDER", tmp_path)
    evidence.draws.cache_clear()
    yield tmp_path
    evidence.draws.cache_clear()


def constant(world: scenarios.Scenario, host: str) -> float | None:
    """The host constant that a scenario holds."""
    return next((h.value for h in world.held if (h.lever, h.host) == ("host_constant", host)), None)


def test_the_centre_is_set() -> None:
    world = evidence.world(load("war-years"), "middle")
    assert world.parameters.cost_of_leaving == 7.0
    assert constant(world, "Turkey") == 0.5 and constant(world, "Georgia") is None
    assert world.parameters.conscience == Parameters().conscience
    assert evidence.world(load("war-years"), "high").parameters.cost_of_leaving == 8.0


def test_draws_come_in_order() -> None:
    assert evidence.numbers("low", None) == [0] and evidence.numbers("low", 2) == [1, 2]
    assert evidence.settings("low", 2)["cost_of_leaving"] == 6.2
    for points in (0, 3):
        with pytest.raises(InputError, match="1 to 2 draws"):
            evidence.numbers("low", points)
    with pytest.raises(InputError, match="no draw 7"):
        evidence.settings("low", 7)


def test_what_the_user_or_the_scenario_says_goes_before() -> None:
    mine = load("war-years", set={"cost_of_leaving": 6.85, "host_constant": -1.0})
    world = evidence.world(mine, "middle", kept={"cost_of_leaving"})
    assert world.parameters.cost_of_leaving == 6.85  # the package's own value, asked for
    assert constant(world, "Turkey") is None  # all hosts are held
    one = load("war-years", set={"host_constant.Turkey": -1.0})
    assert constant(evidence.world(one, "middle"), "Turkey") == -1.0


def test_a_mechanism_that_is_off_stays_off() -> None:
    world = evidence.world(load("war-years", without=["M8"]), "middle")
    assert world.parameters.discrimination_weight == 0
    assert world.parameters.cost_of_leaving == 7.0


def test_an_unknown_evidence_and_a_missing_posterior_are_told(made_up: Path) -> None:
    assert evidence.checked("middle") == "middle"
    with pytest.raises(InputError, match="Did you mean 'middle'"):
        evidence.checked("midle")
    (made_up / "draws.csv").unlink()
    evidence.draws.cache_clear()
    with pytest.raises(InputError, match="no posterior is packaged"):
        evidence.checked("low")


def test_every_setting_of_a_draw_is_a_name_that_runs_take() -> None:
    names = evidence.settings("middle")
    assert all(n in Parameters.__dataclass_fields__ or n.split(".")[1] in HOST_NAMES for n in names)


def test_runs_at_draws_differ_by_draw_and_luck_and_can_be_verified(tmp_path: Path) -> None:
    runs = abm.replicate("war-years", 2, points=2, evidence="low", scale=10_000, until="2022-03-31")
    assert [run.scenario.replicate for run in runs.runs] == [0, 1, 2, 3]
    costs = [run.scenario.parameters.cost_of_leaving for run in runs.runs]
    assert costs == [6.1, 6.1, 6.2, 6.2]
    folder = runs.save(tmp_path / "drawn")
    said = json.loads((folder / "run.json").read_text())
    assert said["posterior"] == {"evidence": "low", "draws": [1, 1, 2, 2], "kept": []}
    assert said["scenario"]["parameters"]["cost_of_leaving"] == Parameters().cost_of_leaving
    assert verify.verify(folder, runs=3).same
    one = abm.run("war-years", evidence="low", scale=10_000, until="2022-03-31")
    assert one.scenario.parameters.cost_of_leaving == 6.0


def test_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    small = ["run", "--scale", "10000", "--until", "2022-03-31", "--replicates", "1"]
    assert main([*small, "--evidence", "high", "--set", "cost_of_leaving=6.85", "--quiet"]) == 0
    said = json.loads(Path("results/war-years-high/run.json").read_text())
    assert said["posterior"] == {"evidence": "high", "draws": [0], "kept": ["cost_of_leaving"]}
    assert main([*small, "--posterior", "2"]) == 0
    said = json.loads(Path("results/war-years-middle-draws/run.json").read_text())
    assert said["posterior"]["evidence"] == "middle" and said["posterior"]["draws"] == [1, 2]
    assert "middle evidence, draws 1 to 2" in " ".join(capsys.readouterr().out.split())
    for wrong in (["--evidence", "none"], ["--posterior", "9"], ["--posterior", "0"]):
        assert main([*small, "--overwrite", *wrong]) == 2
        assert refusal(capsys)
