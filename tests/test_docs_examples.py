"""Examples in the documentation run as they stand, those that edit the package in a copy of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

HOME = Path(__file__).parents[1]
PAGES = ("your-own-people.md", "add-a-mechanism.md")
BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EDIT = re.compile(r"In `([^`]+)`, (before|after) `([^`]+)`:\n\n\Z")


class Section(NamedTuple):
    """A part of a page: files it shows, edits (file, before or after, anchor, text), its code."""

    title: str
    files: dict[str, str]
    edits: list[tuple[str, str, str, str]]
    code: str


def sections(page: str) -> list[Section]:
    """The parts of a page under each heading; examples outside headings go with the first."""
    found = []
    for text in re.split(r"^## ", (HOME / "docs" / page).read_text("utf-8"), flags=re.MULTILINE):
        section = Section(f"{page}: {text.splitlines()[0]}", {}, [], "")
        code = []
        for block in BLOCK.finditer(text):
            language, name, content = block.groups()
            if language == "diff":
                edit = EDIT.search(text[: block.start()])
                assert edit, f"an edit without its place: {content}"
                added = re.sub(r"^\+", "", content, flags=re.MULTILINE)
                section.edits.append((*edit.groups(), added))
            elif language == "python":
                code.append(content)
            else:
                section.files[name] = content
        found.append(section._replace(code="\n".join(code)))
    return found


def edited(folder: Path, edits: list[tuple[str, str, str, str]]) -> None:
    """Put a copy of the package there and make the edits, each at the one line that begins so."""
    shutil.copytree(HOME / "abm", folder / "abm", ignore=shutil.ignore_patterns("__pycache__"))
    for path, where, anchor, text in edits:
        lines = (folder / path).read_text("utf-8").splitlines(keepends=True)
        at = [number for number, line in enumerate(lines) if line.strip().startswith(anchor)]
        assert len(at) == 1, f"{path} has {len(at)} lines that begin with {anchor!r}"
        lines.insert(at[0] + (where == "after"), text)
        (folder / path).write_text("".join(lines), "utf-8")


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a folder, with its own copy of the package if it has one."""
    environment = {**os.environ, "PYTHONPATH": str(folder if (folder / "abm").is_dir() else HOME)}
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("page", PAGES)
def test_examples_run_as_they_stand(page: str, tmp_path: Path) -> None:
    ran = 0
    for number, section in enumerate(sections(page)):
        for name, content in section.files.items():
            (tmp_path / name).write_text(content, "utf-8")
        folder = tmp_path
        if section.edits:
            folder = tmp_path / str(number)
            folder.mkdir()
            edited(folder, section.edits)
        if section.code:
            # Each part of a page stands alone but for the names of its imports.
            done = run(f"import abm\n{section.code}", folder)
            assert done.returncode == 0, f"{section.title}\n{done.stderr}"
            ran += 1
    assert ran >= 2


def test_every_run_in_the_examples_is_small() -> None:
    for page in PAGES:
        for section in sections(page):
            if "abm.run(" in section.code:
                assert "2022-06-30" in section.code


def test_an_example_that_fails_would_be_found(tmp_path: Path) -> None:
    assert run("import abm; abm.run(set={'nothing': 1})", tmp_path).returncode != 0


def test_adding_a_mechanism_takes_some_twenty_lines() -> None:
    for section in sections("add-a-mechanism.md"):
        lines = "".join(text for *_, text in section.edits).split("\n")
        assert len([line for line in lines if line.strip()]) <= 20
