"""What says who, what and which version agrees, and an archive holds all that it should."""

from __future__ import annotations

import io
import json
import re
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest

from abm import __version__

HOME = Path(__file__).parents[1]
NEEDED = (
    "README.md", "LICENSE", "CITATION.cff", "codemeta.json", "CHANGELOG.md", "pyproject.toml",
    "constraints.txt", "docs/odd.md", "abm/data/README.md", "abm/data/hosts.csv",
    "abm/data/targets.csv", "abm/data/scenarios/war-years.toml", "tests/test_house.py",
    "experiments/policy-grid.toml",
)  # fmt: skip


def test_versions_and_licences_agree() -> None:
    citation = (HOME / "CITATION.cff").read_text("utf-8")
    meta = json.loads((HOME / "codemeta.json").read_text("utf-8"))
    project = tomllib.loads((HOME / "pyproject.toml").read_text("utf-8"))["project"]
    assert f"\nversion: {__version__}\n" in citation
    assert meta["version"] == __version__
    assert f"\n## {__version__}" in (HOME / "CHANGELOG.md").read_text("utf-8")
    assert "\nlicense: MIT\n" in citation
    assert project["license"] == "MIT" and meta["license"].endswith("/MIT")
    assert meta["identifier"] == project["name"]
    core = [re.split("[<>=]", each)[0] for each in project["dependencies"]]
    assert meta["softwareRequirements"] == core


def test_an_archive_holds_narrative_code_data_and_licences() -> None:
    command = ["git", "archive", "--format=zip", "HEAD"]
    done = subprocess.run(command, cwd=HOME, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("not a repository")
    names = set(zipfile.ZipFile(io.BytesIO(done.stdout)).namelist())
    assert [name for name in NEEDED if name not in names] == []
    assert not any(name.startswith((".venv/", "build/", "mutants/")) for name in names)
