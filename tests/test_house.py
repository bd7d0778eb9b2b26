"""The storeys: who may import whom, no cycles, no file too long."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import abm

PACKAGE = Path(abm.__file__).parent
MODULES = {
    ".".join(("abm", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
TOP = {"abm", "abm.__main__", "abm.cli"}
LONGEST = 400


def storey(module: str) -> int:
    """0 the model, 1 study, 2 view, 3 what users touch."""
    if module in TOP:
        return 3
    return {"study": 1, "view": 2, "commands": 3}.get(module.split(".")[1], 0)


def imported(path: Path, module: str) -> set[str]:
    """The modules of the package that a file imports, wherever in it, for types apart.

    ``from abm import __version__`` is free to all: the package itself holds only the version and
    names that are looked up when used.
    """
    found: set[str] = set()
    for node in walk_but_types(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = module.split(".")
            if path.name == "__init__.py":
                parts.append("__init__")
            base = ".".join((*parts[: -node.level], node.module or "")).rstrip(".")
            base = base if node.level else str(node.module)
            for alias in node.names:
                name = f"{base}.{alias.name}"
                if name != "abm.__version__":
                    found.add(name if name in MODULES else base)
    return {name for name in found if name.split(".")[0] == "abm"}


def walk_but_types(tree: ast.AST) -> list[ast.AST]:
    """All nodes but those under ``if TYPE_CHECKING``, which never run."""
    nodes, found = [tree], []
    while nodes:
        node = nodes.pop()
        found.append(node)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and getattr(child.test, "id", "") == "TYPE_CHECKING":
                nodes.extend(child.orelse)
            else:
                nodes.append(child)
    return found


IMPORTS = {module: imported(path, module) for module, path in MODULES.items()}


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module: str) -> None:
    upward = {name for name in IMPORTS[module] if storey(name) > storey(module)}
    assert not upward, f"{module} imports from a storey above it: {', '.join(sorted(upward))}"


def test_what_is_imported_exists() -> None:
    unknown = {name for names in IMPORTS.values() for name in names} - MODULES.keys()
    assert not unknown


def test_no_cycles() -> None:
    TopologicalSorter(IMPORTS).prepare()  # raises CycleError, which names the cycle


def test_a_cycle_and_a_relative_import_would_be_found(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text("from .margins import by\nfrom . import chance\nimport abm.study.runner\n")
    assert imported(file, "abm.composition") == {"abm.margins", "abm.chance", "abm.study.runner"}


@pytest.mark.parametrize("module", MODULES)
def test_no_file_is_too_long(module: str) -> None:
    assert len(MODULES[module].read_text("utf-8").splitlines()) <= LONGEST


def test_import_is_light() -> None:
    """`import abm` brings in nothing heavy; names come when used."""
    code = "import abm, sys; print(*{'numpy', 'pandas', 'mesa', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_public_names() -> None:
    assert all(getattr(abm, name) is not None for name in abm.__all__)
    assert set(abm.__all__) <= set(dir(abm))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = abm.nothing  # type: ignore[attr-defined]


def test_modules_are_there_without_an_import_of_their_own() -> None:
    said = "import abm; abm.scenario.load; abm.equations; print(hasattr(abm, 'nothing'))"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
