"""Pages of the documentation that follow from the code: `python docs/tables.py` writes them anew.

equations.md: every formula beside its function and its tests; tables.md: parameters, levers,
mechanisms, outcomes, hosts and scenarios; the table in targets.md.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType

from abm import elite, equations, equations_of_hosts, equations_of_society, foresight
from abm.study import markdown, targets
from abm.view import lists

HOME = Path(__file__).resolve().parents[1]
FORMULAS: tuple[tuple[ModuleType, str], ...] = (
    (equations, "What moves people"),
    (equations_of_hosts, "What hosts do, and life there"),
    (equations_of_society, "Labour, output, capital, propaganda, opposition"),
    (elite, "The elite"),
    (foresight, "Looking ahead"),
)
LISTS: tuple[tuple[Callable[[], lists.Listing], str, str], ...] = (
    (lists.parameters, "Parameters", "Every number of the model that is not data."),
    (lists.levers, "Levers", "What a scenario can set, by date and, for those of hosts, by host."),
    (lists.mechanisms, "Mechanisms", "What `--without` switches off, and how."),
    (lists.outcomes, "Outcomes", "What a run observes; flows per week, stocks at the week's end."),
    (lists.hosts, "Hosts", "In February 2022, before any event; `abm/data/hosts.csv` has it all."),
    (lists.scenarios, "Scenarios", "What comes with the package."),
)
NUMBERS = {"Number", "Floats", "Integers", "float", "int"}
MOST_TESTS = 3


def formulas(module: ModuleType) -> dict[str, Callable[..., object]]:
    """The public functions of a module that take and give numbers, in their order there."""
    found = {
        name: function
        for name, function in vars(module).items()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and not name.startswith("_")
        and {*" | ".join(function.__annotations__.values()).split(" | ")} <= NUMBERS
    }
    return dict(sorted(found.items(), key=lambda item: item[1].__code__.co_firstlineno))


@cache
def tests_by_formula() -> dict[tuple[str, str], list[tuple[str, str]]]:
    """For each (module, function): the tests, as (file, test), that call it, directly or by a
    helper of their file."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for path in sorted((HOME / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        names = _imported(tree)
        functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        used = {node.name: set(_used(node, names)) for node in functions}
        helpers = {
            node.name: {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            for node in functions
        }
        for test in used:
            if test.startswith("test_"):
                called = used[test].union(*(used[name] for name in helpers[test] & used.keys()))
                for formula in called:
                    found[formula].append((path.relative_to(HOME).as_posix(), test))
    return found


def _imported(tree: ast.Module) -> dict[str, str]:
    """What the names that a file imports stand for: {"eq": "abm.equations"}."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def _used(tree: ast.AST, names: dict[str, str]) -> Iterable[tuple[str, str]]:
    """(module, name) of all that a function uses of what its file imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield names.get(node.value.id, ""), node.attr
        elif isinstance(node, ast.Name):
            module, _, name = names.get(node.id, "").rpartition(".")
            yield module, name


def tests_of(module: ModuleType, name: str) -> list[tuple[str, str]]:
    """Some tests that call a formula, those of its own module's test file first."""
    own = f"test_{module.__name__.rpartition('.')[2]}"
    found = tests_by_formula()[module.__name__, name]
    return sorted(found, key=lambda test: (own not in test[0], test))[:MOST_TESTS]


def equations_page() -> str:
    parts = [
        "# Equations",
        "Every formula stands once, in a pure function that the model, its explanations and its "
        "tests all call. Symbols are those of the [parameters](tables.md#parameters); ids such as "
        "M8 those of the [feature table](features.md). This page is written from the code by "
        "`make docs`; a test fails when it is stale, or when a formula has no test.",
    ]
    for module, title in FORMULAS:
        path = "../" + module.__name__.replace(".", "/") + ".py"
        rows = [
            (
                f"[`{name}`]({path}#{name})",
                _one_line(function.__doc__ or ""),
                "; ".join(
                    f"[{test.removeprefix('test_').replace('_', ' ')}](../{file}#{test})"
                    for file, test in tests_of(module, name)
                ),
            )
            for name, function in formulas(module).items()
        ]
        table = _table(("function", "what, and its formula", "tested by"), rows)
        parts += [f"## {title}", f"`{path.removeprefix('../')}`", table]
    return "\n\n".join(parts) + "\n"


def tables_page() -> str:
    parts = [
        "# Parameters, levers, mechanisms, outcomes",
        "Written from the code by `make docs`; a test fails when it is stale. "
        "`abm list parameters` and so on show the same.",
    ]
    for listing, title, what in LISTS:
        columns, rows, _ = listing()
        parts += [f"## {title}", what, _table(columns, rows)]
    return "\n\n".join(parts) + "\n"


def targets_page() -> str:
    """targets.md with its two tables anew."""
    page = (HOME / "docs" / "targets.md").read_text("utf-8")
    anew = iter((targets.as_markdown(), targets.trust_as_markdown()))
    table = re.compile(r"^\| id \|.*\n(?:\|.*\n)*", re.MULTILINE)
    return table.sub(lambda _: next(anew) + "\n", page, count=2)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return markdown.table(columns, ([_cell(cell) for cell in row] for row in rows))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


def _one_line(text: str) -> str:
    return " ".join(text.replace("``", "`").split())


PAGES = {"equations.md": equations_page, "tables.md": tables_page, "targets.md": targets_page}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (HOME / "docs" / name).write_text(page(), "utf-8")
