"""The documentation as a site, by Sphinx: `make docs`. A broken link or reference is an error.

Nothing is loaded from elsewhere when the site is read: no fonts, scripts or styles.
"""

from __future__ import annotations

import re

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

import abm

project = "Relokant"
copyright = author = "The Relokant contributors"
release = version = abm.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.apidoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
myst_heading_anchors = 3
default_role = "code"  # docstrings put names between single backticks
napoleon_google_docstring = False
apidoc_modules = [
    {
        "path": "../abm",
        "destination": "api",
        "separate_modules": True,
        "module_first": True,
        "automodule_options": {"members", "show-inheritance"},
    }
]
autodoc_default_options = {"ignore-module-all": True}  # public names are described at home
autodoc_member_order = "bysource"
nitpicky = True
suppress_warnings = ["ref.python"]  # two classes of one name
nitpick_ignore_regex = [("py:.*", r"(?!abm\.[a-z_.]+$).*")]  # names of other packages, aliases

html_theme = "furo"
html_title = f"Relokant {release}"
html_copy_source = False

_CODE = re.compile(r"\[`?([^\]`]+)`?\]\(\.\./(abm/[\w/]+)\.py#([\w.]+)\)")
_PAGE = re.compile(r"\[([^\]]+)\]\((\.\./[\w/.-]+\.(?:md|toml|cff))\)")
_TEST = re.compile(r"(\]\(\.\./tests/[\w/]+\.py)#\w+\)")


def _links_to_code(app: Sphinx, page: str, source: list[str]) -> None:
    """Links to code and tests, as the repository's pages have them, in the site's terms."""

    def reference(link: re.Match[str]) -> str:
        text, path, name = link.groups()
        return f"{{py:obj}}`{text} <{path.replace('/', '.')}.{name}>`"

    text = _TEST.sub(r"\1)", _CODE.sub(reference, source[0]))
    source[0] = _PAGE.sub(r"{download}`\1 <\2>`", text)  # of the repository, not of the site


def _plain_text(
    app: Sphinx, what: str, name: str, described: object, options: object, lines: list[str]
) -> None:
    """Bars and stars outside code mean themselves: docstrings are plain text, with formulas."""
    for number, line in enumerate(lines):
        parts = line.split("`")
        parts[::2] = [re.sub(r"([|*])", r"\\\1", part) for part in parts[::2]]
        lines[number] = "`".join(parts)


def _named_lines(
    app: Sphinx, what: str, name: str, described: object, options: object, lines: list[str]
) -> None:
    """Lines such as `scale : people an agent`, indented where they go on, become a list."""
    found: list[str] = []
    listed = False
    for line in lines:
        if re.match(r"\w[\w., ]* : \S", line):
            found += [*([] if listed else [""]), f"- {line}"]
            listed = True
        elif listed and re.match(r"\s+\S", line):
            found.append(f"  {line.strip()}")
        else:
            found += [*([""] if listed else []), line]
            listed = False
    lines[:] = found


def setup(app: Sphinx) -> None:
    app.add_lexer("csv", TextLexer)
    app.connect("source-read", _links_to_code)
    app.connect("autodoc-process-docstring", _plain_text, priority=400)  # before napoleon
    app.connect("autodoc-process-docstring", _named_lines, priority=600)  # after napoleon
