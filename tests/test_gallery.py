"""The gallery shows every figure that its script draws, and each picture is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from PIL import Image

HOME = Path(__file__).parents[1]
PAGE = (HOME / "docs" / "gallery.md").read_text("utf-8")
SHOWN = [HOME / "docs" / path for path in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", PAGE)]


def test_every_picture_is_there_and_can_be_read() -> None:
    assert len(SHOWN) >= 16
    for path in SHOWN:
        with Image.open(path) as picture:
            picture.verify()


def test_every_picture_of_the_gallery_is_shown() -> None:
    kept = {path.name for path in (HOME / "results" / "gallery").iterdir()}
    assert {path.name for path in SHOWN if path.parent.name == "gallery"} == kept


def test_functions_that_the_page_names_exist() -> None:
    named = re.findall(r"`([a-z_]+)\.([a-z_]+)`", PAGE)
    assert len(named) >= 14
    for module, function in named:
        source = (HOME / "abm" / "view" / f"{module}.py").read_text("utf-8")
        defined = {n.name for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)}
        assert function in defined, f"{module}.{function}"
