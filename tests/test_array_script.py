"""Scripts of array jobs are bash, and each does its part of the study."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from abm.cli import main

STUDY = Path(__file__).parent / "studies" / "small-grid.toml"


@pytest.mark.parametrize(("batch", "mark"), [("slurm", "#SBATCH"), ("pbs", "#PBS"), ("sge", "#$")])
def test_a_script_is_bash_and_names_study_and_folder(
    batch: str, mark: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a folder"
    assert main(["sweep", str(STUDY), "--out", str(out), "--script", batch, "--workers", "3"]) == 0
    script = capsys.readouterr().out
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    assert mark in script and str(STUDY) in script and str(out) in script
    assert sys.executable in script and "--part" in script
    assert not out.exists()


def test_an_unknown_batch_system_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", str(STUDY), "--script", "lsf"]) == 2
    assert "--script slurm" in capsys.readouterr().err
