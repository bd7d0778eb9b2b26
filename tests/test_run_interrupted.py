"""A long run that is stopped leaves no half-written result, and an earlier one as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from abm.cli import STOPPED, main

RUN = ["run", "war-years", "--replicates", "1", "--out", "mine"]
SMALL = ["--scale", "10000", "--until", "2022-04-30"]
MOST_SECONDS = 120


def long_run(folder: Path, *more: str) -> subprocess.Popen[str]:
    """A run of many people on several threads, begun in a process of its own."""
    environment = {**os.environ, "RELOKANT_THREADS": "2"}
    command = [sys.executable, "-u", "-c", STARTED, *RUN, "--scale", "20", *more]
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "in the midst\n"
    return process


# Says when the third week begins, which is past building and well before the end.
STARTED = """
import sys
from abm import cli
from abm.model import EmigrationModel

week = EmigrationModel.step

def step(model):
    if model.week == 3:
        print("in the midst", flush=True)
    week(model)

EmigrationModel.step = step
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_half_written(how: signal.Signals, tmp_path: Path) -> None:
    process = long_run(tmp_path)
    time.sleep(0.3)
    process.send_signal(how)
    _, error = process.communicate(timeout=MOST_SECONDS)
    assert os.listdir(tmp_path) == []
    if how is signal.SIGINT:
        assert process.returncode == STOPPED
        assert error.splitlines()[-1] == "abm: stopped; no results were written"
    else:
        assert process.returncode == -how


def test_an_earlier_result_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*RUN, *SMALL]) == 0
    before = contents(tmp_path)
    process = long_run(tmp_path, "--overwrite")
    process.kill()
    process.communicate(timeout=MOST_SECONDS)
    assert contents(tmp_path) == before


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, with its bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
