"""Sweeps on a real SLURM, attached and as an array: failed runs are rows, no job stays lost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from slurm import Slurm, running, until

from abm.study.parts import VARYING
from abm.study.sweep import sweep
from abm.study.sweep_results import Sweep

pytest.importorskip("dask_jobqueue", reason="pip install 'relokant[cluster]'")

HERE = Path(__file__).parent
STUDY = HERE / "studies" / "small-grid.toml"


@pytest.fixture(scope="module")
def slurm() -> Iterator[Slurm]:
    with running() as started:
        yield started


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Small chunks, so that there is something to share out."""
    path = tmp_path / "study.toml"
    text = STUDY.read_text("utf-8")
    path.write_text(
        text + '\n[cluster]\ninterface = "lo"\nmemory = "400MB"\nwalltime = "00:10:00"\n', "utf-8"
    )
    return path


def abm(slurm: Slurm, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "abm", *arguments],
        env=slurm.environment,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )


def assert_equal(one: Sweep, other: Sweep) -> None:
    columns = list(VARYING)
    pd.testing.assert_frame_equal(one.runs.drop(columns=columns), other.runs.drop(columns=columns))
    pd.testing.assert_frame_equal(one.outcomes, other.outcomes)


def test_attached_and_as_an_array_the_tables_are_those_of_one_process(
    slurm: Slurm, study: Path, tmp_path: Path
) -> None:
    alone = sweep(study, out=tmp_path / "a" / "alone", on="serial")
    out = tmp_path / "b" / "attached"
    done = abm(
        slurm, "sweep", str(study), "--out", str(out), "--on", "slurm", "--workers", "2",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert_equal(alone, Sweep(out))

    out = tmp_path / "c" / "array"
    printed = abm(
        slurm, "sweep", str(study), "--out", str(out), "--script", "slurm", "--workers", "2",
        cwd=tmp_path,
    )  # fmt: skip
    script = tmp_path / "sweep.sh"
    script.write_text(printed.stdout, "utf-8")
    job = slurm.submit(f"--chdir={tmp_path}", str(script))
    until(lambda: out.exists(), "the first element", slurm.logs)
    slurm.ask("scancel", f"{job}_2")  # an element is lost
    slurm.wait(job)
    done = abm(slurm, "sweep", str(study), "--out", str(out), cwd=tmp_path)  # what is missing
    assert done.returncode == 0, done.stderr
    assert_equal(alone, Sweep(out))


def die(folder: Path, chunk: int) -> None:
    """The second chunk's worker is killed the first time; the first chunk fails by plan."""
    tried = folder / f"tried-{chunk}"
    if chunk == 1 and not tried.exists():
        tried.touch()
        os.kill(os.getpid(), 9)
    (folder / f"done-{chunk}").touch()


DRIVER = """
import sys
from functools import partial
from pathlib import Path
sys.path.insert(0, {here!r})
import test_engine_slurm
from abm.study.cluster import Cluster
from abm.study.engines import engine_of
work = partial(test_engine_slurm.die, Path({folder!r}))
cluster = Cluster(interface="lo", memory="400MB", walltime="00:10:00")
print(sorted(engine_of("slurm", cluster)(work, range(4), 2)))
"""


def test_a_killed_worker_is_made_up_for(slurm: Slurm, tmp_path: Path) -> None:
    script = DRIVER.format(here=str(HERE), folder=str(tmp_path))
    environment = {**slurm.environment, "PYTHONPATH": str(HERE)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.stdout.strip() == "[0, 1, 2, 3]", done.stderr
    assert (tmp_path / "tried-1").exists()


def test_a_run_that_fails_is_a_row(slurm: Slurm, study: Path, tmp_path: Path) -> None:
    text = study.read_text("utf-8")
    study.write_text(
        text.replace("replicates = 2", "replicates = 1\nlimit_seconds = 0.001"), "utf-8"
    )
    out = tmp_path / "limited"
    done = abm(
        slurm, "sweep", str(study), "--out", str(out), "--on", "slurm", "--workers", "2",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert set(Sweep(out).runs["status"]) == {"timed out"}
