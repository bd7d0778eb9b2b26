"""What a user types: the exit status, one clear line when it is wrong, nothing half-written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from refusals import refusal

import abm
from abm import __version__
from abm.cli import LISTS, _parser, main
from abm.study import runner
from abm.study.targets import FILE, observed_stocks
from abm.view import figures

Folder = Path
QUICK = ["--scale", "10000", "--until", "2022-03-31", "--replicates", "1"]
GOOD = 'name = "mine"\ntitle = "Mine"\nbase = "war-years"\n'
EVENT = """
[[events]]
date = 2022-09-30
host = "Finland"
lever = "entry_ban"
value = 1
kind = "imposed"
source = "S041"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


BAD_ARGUMENTS = {
    "unknown scenario": (["run", "war-year"], ["'war-year'", "war-years"]),
    "unknown parameter": (["run", "--set", "consumption_wait=1"], ["consumption_weight"]),
    "unknown lever": (["run", "--set", "entry_bann.Finland=1"], ["entry_bann", "Turkey=0.2"]),
    "unknown host": (["run", "--set", "entry_ban.Finnland=1"], ["'Finnland'", "'Finland'"]),
    "lever of the Kremlin at a host": (["run", "--set", "repression.Georgia=0"], ["repression=0"]),
    "parameter out of range": (
        ["run", "--set", "consumption_weight=99"],
        ["consumption_weight", "0.4 to 2"],
    ),
    "lever out of range": (["run", "--set", "entry_ban.Finland=2"], ["entry_ban", "0 to 1"]),
    "wrong unit": (["run", "--set", "visa_free_days.Turkey=60d"], ["visa_free_days.Turkey=60d"]),
    "not a number": (["run", "--set", "consumption_weight=nan"], ["NAME=NUMBER", "Turkey=0.2"]),
    "infinite": (["run", "--set", "weekly_places.Turkey=inf"], ["NAME=NUMBER"]),
    "no value": (["run", "--set", "consumption_weight"], ["NAME=NUMBER"]),
    "no name": (["run", "--set", "=1"], ["NAME=NUMBER"]),
    "two values": (["run", "--set", "conscience=0", "--set", "conscience=1"], ["conscience"]),
    "unknown mechanism": (["run", "--without", "M99"], ["'M99'", "--without M"]),
    "no such mechanism": (["run", "--without", "response"], ["'responses'"]),
    "negative scale": (["run", "--scale", "-100"], ["scale", "100"]),
    "no scale": (["run", "--scale", "0"], ["scale", "100"]),
    "scale in words": (["run", "--scale", "many"], ["--scale", "'many'", "100"]),
    "half a person": (["run", "--scale", "0.5"], ["--scale", "100"]),
    "negative seed": (["run", "--seed", "-1"], ["seed"]),
    "replicates in words": (["run", "--replicates", "two"], ["'two'", "for example 5"]),
    "no replicates": (["run", "--replicates", "0"], ["--replicates", "5"]),
    "date before the war": (["run", "--until", "2021-12-31"], ["until", "2022-02-24"]),
    "date too late": (["run", "--until", "2099-12-31"], ["until", "2024-12-31"]),
    "no date": (["run", "--until", "Christmas"], ["until", "'Christmas'", "2024-12-31"]),
    "year alone": (["run", "--until", "2023"], ["a date, not '2023'. Example: 2024-12-31\n"]),
    "no such day": (["run", "--until", "2023-02-30"], ["until", "2024-12-31"]),
    "no such file": (["run", "mine.toml"], ["mine.toml", "war-years"]),
    "unknown option": (["run", "--colour"], ["--colour", "--help"]),
    "unknown command": (["walk"], ["walk", "--help"]),
    "no command": ([], ["COMMAND", "--help"]),
    "unknown list": (["list", "towns"], ["towns", "hosts"]),
    "list in the singular": (["list", "lever"], ["mean 'levers'?", "abm list levers"]),
    "no list": (["list"], ["for example: abm list levers"]),
    "root as results": (["run", "--out", "/"], ["results/mine"]),
}


@pytest.mark.parametrize("case", BAD_ARGUMENTS)
def test_bad_arguments(
    case: str, folder: Folder, nothing_runs: None, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, expected = BAD_ARGUMENTS[case]
    assert main(arguments) == 2
    error = refusal(capsys)
    assert all(part in error for part in expected), error
    assert os.listdir(folder) == []


BAD_FILES = {
    "half-written": ('name = "mine"\nuntil = 2024-', ["mine.toml", "line 2"]),
    "not TOML": ("scenario: war-years\n", ["mine.toml", "line 1"]),
    "half an event": (GOOD + EVENT[:60], ["mine.toml"]),
    "not text": ("\udcff", ["mine.toml"]),
    "unknown key": (GOOD + "horizon = 2024-12-31\n", ["mine.toml", "'horizon'", "until ="]),
    "unknown base": (GOOD.replace("war-years", "peace"), ["'peace'", "war-years"]),
    "itself as base": (GOOD.replace("war-years", "mine.toml"), ["mine.toml", "base"]),
    "unknown parameter": (GOOD + "[parameters]\nconsience = 1\n", ["'consience'", "'conscience'"]),
    "parameter out of range": (GOOD + "[parameters]\nconscience = 7\n", ["conscience", "0 to 1"]),
    "parameter as text": (GOOD + '[parameters]\nconscience = "1"\n', ["conscience", "number"]),
    "parameters not a table": ("parameters = 1\n" + GOOD, ["parameters"]),
    "scale as text": (GOOD + 'scale = "100"\n', ["scale", "100"]),
    "scale below one": (GOOD + "scale = -100\n", ["scale", "100"]),
    "seed not whole": (GOOD + "seed = 1.5\n", ["seed"]),
    "name not text": (GOOD.replace('"mine"', "1"), ["name"]),
    "without not a list": (GOOD + "without = 5\n", ["without"]),
    "unknown mechanism": (GOOD + 'without = ["M99"]\n', ["M99"]),
    "events not a list": (GOOD + "events = 1\n", ["[[events]]"]),
    "unknown event key": (GOOD + EVENT + 'land = "Finland"\n', ["'land'", "host"]),
    "unknown lever": (GOOD + EVENT.replace("entry_ban", "entry_bann"), ["'entry_ban'"]),
    "lever not a name": (GOOD + EVENT.replace('"entry_ban"', "[1]"), ["lever"]),
    "unknown host": (GOOD + EVENT.replace("Finland", "Finnland"), ["'Finland'"]),
    "no host": (GOOD + EVENT.replace('host = "Finland"\n', ""), ["host"]),
    "host not a name": (GOOD + EVENT.replace('"Finland"', "[1]"), ["host"]),
    "event out of range": (GOOD + EVENT.replace("value = 1", "value = 7"), ["entry_ban"]),
    "event before the war": (GOOD + EVENT.replace("2022-09-30", "2021-09-30"), ["2021-09-30"]),
    "event after the end": (GOOD + EVENT.replace("2022-09-30", "2031-09-30"), ["2031-09-30"]),
    "event ends too early": (GOOD + EVENT + "until = 2022-09-01\n", ["until", "2022-09-01"]),
    "date as text": (GOOD + EVENT.replace("2022-09-30", '"autumn"'), ["date", "autumn"]),
    "no source": (GOOD + EVENT.replace('source = "S041"\n', ""), ["'source'"]),
    "neither kind nor source": (
        GOOD + EVENT.partition("kind")[0],
        ["no 'kind', 'source'.", 'kind = "imposed", source = "S041"'],
    ),
    "unknown kind": (GOOD + EVENT.replace("imposed", "natural"), ["imposed", "response"]),
    "note not text": (GOOD + EVENT + "note = 5\n", ["note"]),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files(
    case: str, folder: Folder, nothing_runs: None, capsys: pytest.CaptureFixture[str]
) -> None:
    text, expected = BAD_FILES[case]
    (folder / "mine.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert main(["run", "mine.toml"]) == 2
    error = refusal(capsys)
    assert all(part in error for part in expected), error
    assert os.listdir(folder) == ["mine.toml"]


@pytest.mark.parametrize(
    ("command", "file", "kind", "runs"),
    [
        ("run", "experiments/policy-grid.toml", "study", "sweep"),
        ("run", "abm/data/calibration.toml", "calibration", "calibrate"),
        ("sweep", "abm/data/scenarios/war-years.toml", "scenario", "run"),
        ("sweep", "abm/data/calibration.toml", "calibration", "calibrate"),
        ("calibrate", "experiments/policy-grid.toml", "study", "sweep"),
    ],
)
def test_another_kind_of_file_is_told_what_runs_it(
    command: str,
    file: str,
    kind: str,
    runs: str,
    capsys: pytest.CaptureFixture[str],
    nothing_runs: None,
) -> None:
    assert main([command, str(Path(__file__).parents[1] / file)]) == 2
    told = capsys.readouterr().err
    assert f"this is a {kind}, not a " in told and f": run it by abm {runs} " in told


def test_a_folder_as_scenario(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mine.toml").mkdir()
    assert main(["run", "mine.toml"]) == 2
    assert "mine.toml" in refusal(capsys)


def test_an_unwritable_folder(
    folder: Folder, nothing_runs: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--out", "/dev/null/mine"]) == 1
    assert "cannot write /dev/null/mine" in refusal(capsys)


@pytest.mark.parametrize("arguments", [[], ["--out", "results/war-years"]])
def test_an_existing_folder(
    arguments: list[str], folder: Folder, nothing_runs: None, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "results" / "war-years").mkdir(parents=True)
    (folder / "results" / "war-years" / "run.json").touch()
    assert main(["run", *arguments]) == 2
    assert "--overwrite" in refusal(capsys)


def test_what_is_no_results_folder_is_never_overwritten(
    folder: Folder, nothing_runs: None, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "thesis.txt").write_text("years of work")
    assert main(["run", "--out", ".", "--overwrite"]) == 2
    assert "run.json" in refusal(capsys)
    assert os.listdir(folder) == ["thesis.txt"]


def test_a_run(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["run", *QUICK, "--seed", "0", "--without", "M15", "--without", "M8", "war-years"])
        == 0
    )
    out, error = capsys.readouterr()
    assert error == ""
    assert "T1" in out
    assert "results/war-years" in out
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    figures = {"departures-and-returns", "stock-abroad", "returns-by-cause"}
    tables = ("outcomes.parquet", "moves.parquet", "emigrants.parquet", "targets.csv")
    assert found == {
        *(f"results/war-years/{name}" for name in ("run.json", *tables)),
        *(f"results/war-years/figures/{name}.png" for name in figures),
    }
    provenance = pd.read_json(folder / "results" / "war-years" / "run.json", typ="series")
    assert provenance["seed"] == 0
    assert provenance["replicates"] == [0]
    assert provenance["scenario"]["without"] == ["M15", "M8"]


def test_the_figure_of_stocks_shows_what_speaks_of_the_run(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = []
    monkeypatch.setattr(figures, "draw_all", lambda *_, observed, **__: shown.append(observed))
    targets = pd.read_csv(FILE, dtype=str)
    targets[targets["id"] == "T10.1"].to_csv("mine.csv", index=False)
    abm.packaged_people().to_csv("people.csv", index=False)
    people = ["--population", "people.csv"]
    for more in ([], ["--targets", "mine.csv"], people, [*people, "--targets", "mine.csv"]):
        assert main(["run", *QUICK, "--quiet", "--overwrite", *more]) == 0
    assert [len(observed) for observed in shown] == [len(observed_stocks()), 1, 0, 1]
    kept = folder / "results" / "war-years" / "own-targets.csv"
    assert kept.read_bytes() == (folder / "mine.csv").read_bytes()


def test_quiet_and_overwriting(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mine.toml").write_text(GOOD + EVENT)
    command = ["run", "mine.toml", *QUICK, "--out", "mine", "--quiet"]
    assert main(command) == 0
    assert main(command) == 2
    refusal(capsys)
    assert main([*command, "--overwrite"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["war-years", "../../mine"])
def test_results_are_named_after_the_file(
    name: str, folder: Folder, nothing_runs: None, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "mine.toml").write_text(GOOD.replace('"mine"', f'"{name}"'))
    (folder / "results" / "mine").mkdir(parents=True)
    (folder / "results" / "mine" / "run.json").touch()
    assert main(["run", "mine.toml"]) == 2
    assert f"{Path('results', 'mine')} exists" in refusal(capsys)


def test_a_file_is_no_folder_name(
    folder: Folder, nothing_runs: None, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "-x.toml").write_text(GOOD)
    assert main(["run", "./-x.toml"]) == 2
    assert "--out results/mine" in refusal(capsys)


def test_settings_leave_the_scenario_alone() -> None:
    command = ["run", "--set", "A=1", "--set", "B=2", "--without", "M8", "mine.toml"]
    asked = _parser().parse_args(command)
    assert asked.set == [("A", 1.0), ("B", 2.0)]
    assert (asked.without, asked.scenario) == (["M8"], "mine.toml")


def test_a_world_without_war_is_told(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mine.toml").write_text("")
    assert main(["run", "mine.toml", *QUICK]) == 0
    error = capsys.readouterr().err
    assert error.startswith("abm: mine sets no lever of the Kremlin's")
    assert 'base = "war-years"' in error
    assert error.count("\n") == 1


def test_a_full_disk(
    folder: Folder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("abm.study.store.pq.write_table", fail)
    assert main(["run", *QUICK, "--out", "mine"]) == 1
    assert "no space left on device" in refusal(capsys)
    assert os.listdir(folder) == []


def test_stopped_by_hand(
    folder: Folder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*arguments: object, **named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "EmigrationModel", stop)
    assert main(["run", *QUICK]) == 130
    assert "stopped" in refusal(capsys)
    assert os.listdir(folder) == []


@pytest.mark.parametrize("what", LISTS)
def test_lists(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", what]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 1
    assert all(line == line.rstrip() for line in lines)
    assert not any("\x1b" in line or "…" in line for line in lines)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"relokant {__version__}\n"


def test_a_closed_pipe_is_no_error() -> None:
    command = f"{sys.executable} -m abm list parameters | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("python", [sys.executable, f"{sys.executable} -u"])
@pytest.mark.parametrize(
    ("what", "status", "told"),
    [
        ("list parameters > /dev/full", 1, "abm: cannot print: no space left on device\n"),
        ("--help > /dev/full", 1, "abm: cannot print: no space left on device\n"),
        ("list parameters 1</dev/null", 1, "abm: cannot print: bad file descriptor\n"),
        ("list parameters >&-", 0, ""),
    ],
)
def test_output_that_cannot_be_printed_is_told_in_a_line(
    python: str, what: str, status: int, told: str
) -> None:
    command = ["bash", "-c", f"{python} -m abm {what}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (status, told)


def test_an_error_that_is_not_of_printing_is_not_taken_for_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> None:
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr("abm.view.lists.levers", fail)
    with pytest.raises(ConnectionRefusedError):
        main(["list", "levers"])


def test_an_ascii_terminal_is_no_error() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "abm", "list", "parameters"]
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_no_bar_without_a_terminal(capsys: pytest.CaptureFixture[str], folder: Folder) -> None:
    assert main(["run", *QUICK]) == 0
    assert capsys.readouterr().err == ""
