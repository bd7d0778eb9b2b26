"""Killed, stopped by hand, or on a full disk: the same command goes on to the same tables."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_studies import assert_same

from abm.study import parts
from abm.study.sweep import sweep
from abm.study.sweep_results import Sweep

KILLS = 10
STUDY = """
name = "many"
scale = 10000
until = 2022-03-31
replicates = 11
chunk = 1

[levers]
renewal_strictness.Turkey = [0.2, 0.8]
publicity = [0.0, 1.0]

[design]
method = "grid"

[keep]
outcomes = ["departures", "departures.total"]
dates = "weeks"
"""
RUNS = 44


def started(study: Path, out: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "abm", "sweep", str(study), "--out", str(out)]
    return subprocess.Popen(
        [*command, "--workers", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_parts(folder: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Until there are so many parts."""
    end = time.monotonic() + 120
    while len(parts.numbers(folder)) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "many.toml"
    path.write_text(STUDY)
    return path


def test_killed_ten_times(study: Path, tmp_path: Path) -> None:
    luck = random.Random(5)
    folder = tmp_path / "killed" / "many"
    for number in range(KILLS):
        process = started(study, folder)
        wait_for_parts(folder, number * 4, process)
        time.sleep(luck.uniform(0, 0.3))  # the moment is what is tested
        process.kill()
        process.communicate()
        assert len(parts.numbers(folder)) < RUNS  # it was killed in its midst
    process = started(study, folder)
    assert process.wait(120) == 0, process.communicate()
    undisturbed = sweep(study, tmp_path / "undisturbed" / "many", on="serial")
    assert undisturbed.status()["done"] == RUNS
    assert_same(Sweep(folder), undisturbed)


def test_stopped_by_hand(study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    process = started(study, folder)
    wait_for_parts(folder, 2, process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert error.startswith("abm: stopped; what is done is kept")
    assert error.count("\n") == 1
    assert 2 <= len(Sweep(folder).runs) < RUNS


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for the study and a few parts."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no mount here")
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(study: Path, small_disk: Path, tmp_path: Path) -> None:
    folder = small_disk / "out"
    process = started(study, folder)
    out, error = process.communicate(timeout=120)
    assert process.returncode == 1, (out, error)
    assert "no space left on device" in error
    assert error.count("\n") == 1
    kept = len(Sweep(folder).runs)
    assert 0 < kept < RUNS
    assert parts.tidy_up(folder) == 0  # nothing is torn
    remount = ["mount", "-o", "remount,size=16m", str(small_disk)]
    subprocess.run(remount, check=True)
    process = started(study, folder)
    assert process.wait(120) == 0, process.communicate()
    assert_same(Sweep(folder), sweep(study, tmp_path / "undisturbed" / "many", on="serial"))
