"""The documentation builds without a warning, and reads without a network."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="pip install 'relokant[docs]'")

HOME = Path(__file__).parents[2]
LOADED = re.compile(r"<(?:script|img|iframe|link)\b[^>]*?(?:src|href)=[\"']([^\"']+)")
STYLE_LOADED = re.compile(r"(?:url\(|@import\s)[\"']?(?:https?:)?//")


def build(home: Path, site: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going"]
    return subprocess.run(
        [*command, "docs", str(site)], cwd=home, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the site is made of."""
    copy = tmp_path_factory.mktemp("home")
    for name in ("abm", "docs", "experiments", "notebooks", "results", "tests"):
        junk = shutil.ignore_patterns("__pycache__", "api")
        shutil.copytree(HOME / name, copy / name, ignore=junk)
    for path in HOME.glob("*.*"):
        if path.is_file():
            shutil.copy(path, copy)
    return copy


@pytest.fixture(scope="module")
def site(home: Path) -> Path:
    done = build(home, home / "site")
    assert done.returncode == 0, done.stderr
    return home / "site"


def test_every_page_and_module_is_there(site: Path) -> None:
    for page in (HOME / "docs").glob("*.md"):
        assert (site / page.with_suffix(".html").name).is_file()
    for module in (HOME / "abm").glob("*.py"):
        if not module.name.startswith("__"):
            assert (site / "api" / f"abm.{module.stem}.html").is_file()


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 50
    for page in pages:
        remote = [at for at in LOADED.findall(page.read_text("utf-8")) if "//" in at]
        assert remote == [], page
    for style in site.rglob("*.css"):
        assert not STYLE_LOADED.search(style.read_text("utf-8")), style


def test_formulas_are_described_with_their_source(site: Path) -> None:
    page = (site / "equations.html").read_text("utf-8")
    assert 'href="api/abm.equations.html#abm.equations.weekly_chance"' in page
    source = (site / "_modules/abm/equations.html").read_text("utf-8")
    assert "-np.expm1(-rate_per_month" in re.sub(r"<[^>]+>", "", source)  # marks of its colours out


def test_links_that_lead_nowhere_fail_the_build(home: Path, site: Path) -> None:
    page = home / "docs" / "speed.md"
    kept = page.read_text("utf-8")
    wrong = "[a](no-such-page.md) [b](../abm/equations.py#no_such_formula) [c](odd.md#no-such-part)"
    page.write_text(f"{kept}\n{wrong}\n", "utf-8")
    done = build(home, site)
    page.write_text(kept, "utf-8")
    assert done.returncode != 0
    for name in ("no-such-page", "no_such_formula", "no-such-part"):
        assert name in done.stderr
