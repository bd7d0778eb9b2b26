"""Every example in the documentation runs as it stands: Python, shell, files, edits of the package.

Edits are made in a copy of the package. Runs are made small (`small_examples/sitecustomize.py`);
`make` only says what it would do, since the targets themselves are what runs these tests.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from slurm import Slurm, running

from abm.errors import InputError
from abm.scenario_file import read as read_scenario
from abm.study.study_file import read as read_study

HOME = Path(__file__).parents[1]
SMALL = Path(__file__).parent / "small_examples"
BLOCK = re.compile(r"^```(\S*) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EDIT = re.compile(r"In `([^`]+)`, (before|after) `([^`]+)`:\n\n\Z")
NOT_RUN = re.compile(r"<!-- not run here: (.+?) -->\n\Z")
RUN_CODE, SHOWN = ("python", "sh"), ("text", "{toctree}")
FILES = ("toml", "csv")
# Pages whose examples take more than some seconds.
INSTALL = "docs/install.md"  # in a copy of the project, without what makes runs small
SLOW = (
    INSTALL,
    "README.md",
    "experiments/",
    "docs/compare.md",
    "docs/from-question-to-figure.md",
    "docs/hosts-that-answer.md",
    "docs/identifiability.md",
    "docs/looking-ahead.md",
    "docs/scenarios.md",
    "docs/slurm.md",
    "docs/sweeps.md",
    "docs/validate.md",
)
PAGES = sorted(
    path.relative_to(HOME).as_posix()
    for path in (HOME / "README.md", *HOME.glob("docs/*.md"), *HOME.glob("experiments/*.md"))
    if "```" in path.read_text("utf-8")
)


class Block(NamedTuple):
    """A fenced block: its language, the name after it, its text, what stands before it."""

    language: str
    name: str
    text: str
    before: str


class Section(NamedTuple):
    """A part of a page: files it shows, edits (file, before or after, anchor, text), its code."""

    title: str
    files: dict[str, str]
    edits: list[tuple[str, str, str, str]]
    code: list[tuple[str, str]]


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a text; those of no language are typed in a shell."""
    found = [(*each.groups(), text[: each.start()]) for each in BLOCK.finditer(text)]
    return [Block(language or "sh", *rest) for language, *rest in found]


def sections(page: str) -> Iterator[Section]:
    """The parts of a page under each heading; examples outside headings go with the first."""
    for text in re.split(r"^## ", (HOME / page).read_text("utf-8"), flags=re.MULTILINE):
        section = Section(f"{page}: {text.splitlines()[0]}", {}, [], [])
        for block in blocks(text):
            if block.language == "diff":
                edit = EDIT.search(block.before)
                assert edit, f"an edit without its place: {block.text}"
                added = re.sub(r"^\+", "", block.text, flags=re.MULTILINE)
                section.edits.append((*edit.groups(), added))
            elif block.language in RUN_CODE and not NOT_RUN.search(block.before):
                code = section.code
                if code and code[-1][0] == block.language == "python":
                    code[-1] = ("python", f"{code[-1][1]}\n{block.text}")
                else:
                    code.append((block.language, block.text))
            elif block.name:
                section.files[block.name] = block.text
        yield section


def edited(folder: Path, edits: list[tuple[str, str, str, str]]) -> None:
    """Put a copy of the package there and make the edits, each at the one line that begins so."""
    shutil.copytree(HOME / "abm", folder / "abm", ignore=shutil.ignore_patterns("__pycache__"))
    for path, where, anchor, text in edits:
        lines = (folder / path).read_text("utf-8").splitlines(keepends=True)
        at = [number for number, line in enumerate(lines) if line.strip().startswith(anchor)]
        assert len(at) == 1, f"{path} has {len(at)} lines that begin with {anchor!r}"
        lines.insert(at[0] + (where == "after"), text)
        (folder / path).write_text("".join(lines), "utf-8")


def run(
    language: str, code: str, folder: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run code in a folder, with its own copy of the package if it has one; small."""
    package = folder if (folder / "abm").is_dir() else HOME
    environment = {
        **os.environ,
        "PYTHONPATH": f"{SMALL}:{package}",
        **(environment or {}),
    }
    commands = folder / "bin"
    commands.mkdir(exist_ok=True)
    for name, does in (
        ("abm", f'exec "{sys.executable}" -m abm "$@"'),
        ("python", f'exec "{sys.executable}" "$@"'),
        ("make", f'exec /usr/bin/env -u MAKEFLAGS {shutil.which("make")} -n -C "{HOME}" "$@"'),
    ):
        (commands / name).write_text(f"#!/bin/sh\n{does}\n", "utf-8")
        (commands / name).chmod(0o755)
    environment["PATH"] = f"{commands}:{environment['PATH']}"
    argv = [sys.executable, "-c", code] if language == "python" else ["bash", "-euc", code]
    done = subprocess.run(
        argv, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert "Error in sitecustomize" not in done.stderr or not environment["PYTHONPATH"], done.stderr
    return done


def marks_of(page: str) -> list[pytest.MarkDecorator]:
    """Pages that take minutes together run by `make examples`; the README in every check."""
    slow, examples = pytest.mark.slow, pytest.mark.examples
    if not page.startswith(SLOW):
        return []
    return [slow] if page == "README.md" else [slow, examples]


@pytest.mark.parametrize("page", [pytest.param(page, marks=marks_of(page)) for page in PAGES])
def test_examples_run_as_they_stand(page: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        environment, slurm = None, None
        if page == INSTALL:
            environment = {"PYTHONPATH": ""}
            whole_project(tmp_path)
        elif "sbatch" in (HOME / page).read_text("utf-8"):
            slurm = stack.enter_context(running())
            environment = dict(slurm.environment)
            environment.pop("PYTHONPATH", None)
        shutil.copytree(HOME / "experiments", tmp_path / "experiments", dirs_exist_ok=True)
        run_page(page, tmp_path, environment, slurm)


def whole_project(folder: Path) -> None:
    """A copy of what a download holds."""
    for name in ("abm", "docs"):
        shutil.copytree(HOME / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in HOME.iterdir():
        if path.is_file():
            shutil.copy(path, folder)


def run_page(
    page: str, tmp_path: Path, environment: dict[str, str] | None, slurm: Slurm | None
) -> None:
    """Run a page's examples, part by part; wait for what they submit."""
    for section in sections(page):
        for name, content in section.files.items():
            (tmp_path / name).write_text(content, "utf-8")
    for number, section in enumerate(sections(page)):
        folder = tmp_path
        if section.edits:
            folder = tmp_path / str(number)
            folder.mkdir()
            edited(folder, section.edits)
        for language, code in section.code:
            # Each part of a page stands alone but for the names of its imports.
            code = f"import abm\n{code}" if language == "python" else code
            done = run(language, code, folder, environment)
            assert done.returncode == 0, f"{section.title}\n{code}\n{done.stderr}"
            if slurm is not None:
                slurm.drain()


@pytest.mark.parametrize("page", PAGES)
def test_every_block_is_of_a_kind_that_is_run_or_plainly_shown(page: str) -> None:
    for block in blocks((HOME / page).read_text("utf-8")):
        assert block.language in (*RUN_CODE, *FILES, *SHOWN, "diff"), f"{page}: {block}"
        if block.language == "text":
            typed = re.findall(r"^(?:\$ )?(?:abm|make|python\d?|pip) ", block.text, re.MULTILINE)
            assert not typed, f"{page}: commands belong in a block that runs: {block.text}"


@pytest.mark.parametrize("page", PAGES)
def test_files_are_such_as_the_package_takes(page: str, tmp_path: Path) -> None:
    """Those without a name are parts of a scenario or a study."""
    for block in blocks((HOME / page).read_text("utf-8")):
        if block.language == "toml" and not block.name:
            tomllib.loads(block.text)
            assert is_part_of_a_scenario(block.text, tmp_path) or is_part_of_a_study(
                block.text, tmp_path
            ), f"{page}: {block.text}"


def is_part_of_a_scenario(text: str, folder: Path) -> bool:
    path = folder / "part.toml"
    for head in ("", 'name = "part"\ntitle = "Part"\nbase = "war-years"\n'):
        path.write_text(head + text, "utf-8")
        try:
            read_scenario(path)
        except InputError:
            continue
        return True
    return False


def is_part_of_a_study(text: str, folder: Path) -> bool:
    path = folder / "part.toml"
    rest = {
        "uncertainties": '[uncertainties]\nhope_weight = "prior"\n',
        "design": '[design]\nmethod = "latin-hypercube"\nsize = 4\n',
    }
    given = tomllib.loads(text)
    path.write_text(text + "\n".join(rest[key] for key in rest.keys() - given.keys()), "utf-8")
    try:
        read_study(path)
    except InputError:
        return False
    return True


def test_what_is_not_run_is_said_with_its_reason() -> None:
    reasons = [
        NOT_RUN.search(block.before)
        for page in PAGES
        for block in blocks((HOME / page).read_text("utf-8"))
    ]
    found = [reason.group(1) for reason in reasons if reason]
    assert found == [
        "an hour of two processors and more; tests/test_calibrate.py runs a small one",
        "half a core-hour; tests/test_cli_claims.py runs a small one",
        "it reads sweeps that cost a quarter of a core-hour; tests/test_cli_claims.py",
        "it serves until Ctrl-C; tests/test_dashboard_browser.py opens it in a browser",
        "there is no conda where the tests run",
    ]


def test_an_example_that_fails_would_be_found(tmp_path: Path) -> None:
    assert run("python", "import abm; abm.run(set={'nothing': 1})", tmp_path).returncode != 0
    assert run("sh", "abm run no-such-scenario\ntrue", tmp_path).returncode == 2
    assert run("sh", "make no-such-target", tmp_path).returncode != 0


def test_examples_are_made_small(tmp_path: Path) -> None:
    done = run("sh", "abm run war-years --scale 100 --replicates 1 --out mine", tmp_path)
    assert "10,000 people an agent" in done.stdout, done.stderr


def test_adding_a_mechanism_takes_some_twenty_lines() -> None:
    for section in sections("docs/add-a-mechanism.md"):
        lines = "".join(text for *_, text in section.edits).split("\n")
        assert len([line for line in lines if line.strip()]) <= 20
