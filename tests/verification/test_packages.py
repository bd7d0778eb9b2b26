"""Wheel and sdist build, install in an empty environment and run the baseline; import is quick."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import time
import venv
import zipfile
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2]
EMPTY = {"PYTHONPATH": "", "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
EMPTY |= {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}


def done(*command: str | Path, cwd: Path) -> str:
    """What a command prints, which must go well."""
    ran = subprocess.run(
        list(map(str, command)), cwd=cwd, env=EMPTY, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    return ran.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel and an sdist, built in a copy."""
    copy = tmp_path_factory.mktemp("source") / "relokant"
    junk = shutil.ignore_patterns(".*", "build", "mutants", "results", "__pycache__", "*.egg-info")
    shutil.copytree(HOME, copy, ignore=junk)
    out = copy / "dist"
    done(sys.executable, "-m", "build", "--outdir", out, cwd=copy)
    return out


def test_the_wheel_holds_its_data_and_no_tests(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    data = {path.relative_to(HOME).as_posix() for path in (HOME / "abm").rglob("*")}
    data = {name for name in data if (HOME / name).is_file() and "__pycache__" not in name}
    assert data <= names, sorted(data - names)[:5]
    others = {name.split("/")[0] for name in names} - {"abm"}
    assert all(name.endswith(".dist-info") for name in others)
    assert any(name.endswith("/LICENSE") for name in names)


def test_the_sdist_holds_what_a_wheel_is_built_from(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "LICENSE", "README.md", "abm/model.py"} <= names
    assert "abm/data/scenarios/war-years.toml" in names


def test_in_an_empty_environment_the_baseline_runs_and_import_is_quick(
    built: Path, tmp_path: Path
) -> None:
    (wheel,) = built.glob("*.whl")
    venv.create(tmp_path / "there", with_pip=True)
    python = tmp_path / "there" / "bin" / "python"
    pins = HOME / "constraints.txt"
    done(python, "-m", "pip", "install", "--quiet", "--constraint", pins, wheel, cwd=tmp_path)
    abm = tmp_path / "there" / "bin" / "abm"
    shown = done(abm, "run", "war-years", "--scale", "10000", "--replicates", "1", cwd=tmp_path)
    assert "targets hit" in shown
    assert (tmp_path / "results" / "war-years" / "run.json").is_file()
    started = time.perf_counter()
    done(python, "-c", "import abm", cwd=tmp_path)
    assert time.perf_counter() - started < 1.0
