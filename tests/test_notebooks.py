"""Notebooks: valid, kept without outputs, thin; they run, and what moves in them works."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat", reason="pip install 'relokant[notebooks]'")

HOME = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(HOME.glob("*.ipynb"))
LONGEST = 30  # lines of a cell
PATIENCE_SECONDS = 240  # with a cell
QUICK: dict[str, Any] = {"scale": 10_000, "until": "2022-12-31", "replicates": 2, "points": 10,
                         "on": "serial"}  # fmt: skip
FIGURES = {"01": 4, "02": 2, "03": 2, "04": 4, "05": 2, "06": 2, "07": 1}  # at the least


def named(paths: list[Path]) -> Any:
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def parameters(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]


def test_there_are_seven() -> None:
    assert [path.stem[:2] for path in NOTEBOOKS] == [f"0{k}" for k in range(1, 8)]


@named(NOTEBOOKS)
def test_a_notebook_is_valid_and_kept_without_outputs(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    for cell in code(notebook):
        assert cell.outputs == []
        assert cell.execution_count is None
    assert "widgets" not in notebook.metadata


@named(NOTEBOOKS)
def test_a_notebook_is_thin_and_takes_parameters(path: Path) -> None:
    notebook = read(path)
    assert notebook.cells[0].source.startswith("# ")
    (given,) = parameters(notebook)
    assert {"scale", "seed", "until"} <= set(re.findall(r"^(\w+) =", given.source, re.MULTILINE))
    for cell in code(notebook):
        assert len(cell.source.splitlines()) <= LONGEST


@named(NOTEBOOKS)
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    text = path.read_text("utf-8")
    for link in re.findall(r"\]\(([^)]+\.ipynb)\)", text):
        assert (HOME / link).is_file(), link
    for page in re.findall(r"`((?:docs|experiments)/[^`]+)`", text):
        assert (HOME.parent / page).exists(), page


def test_the_readme_names_each() -> None:
    text = (HOME / "README.md").read_text("utf-8")
    assert all(f"]({path.name})" in text for path in NOTEBOOKS)


def executed(path: Path, out: Path, **more: Any) -> Any:
    """The notebook with what its cells gave; run once more where a cell does not end, for a kernel
    may, rarely, lose a message, and is then waited for without end (nteract/papermill#711)."""
    papermill = pytest.importorskip("papermill", reason="pip install 'relokant[notebooks]'")
    from nbclient.exceptions import CellTimeoutError

    def run() -> Any:
        return papermill.execute_notebook(
            path, out, progress_bar=False, execution_timeout=PATIENCE_SECONDS, **more
        )

    with suppress(CellTimeoutError):
        return run()
    return run()


@pytest.mark.slow
@named(NOTEBOOKS)
def test_a_notebook_runs(path: Path, tmp_path: Path) -> None:
    declared = re.findall(r"^(\w+) =", parameters(read(path))[0].source, re.MULTILINE)
    given = {name: value for name, value in QUICK.items() if name in declared}
    done = executed(path, tmp_path / path.name, parameters=given, cwd=tmp_path)
    outputs = [output for cell in code(done) for output in cell.outputs]
    shown = outputs + moved(done)
    assert [o for o in shown if o.output_type == "error" or o.get("name") == "stderr"] == []
    pictures = [o for o in shown if "image/png" in o.get("data", {})]
    assert len(pictures) >= FIGURES[path.stem[:2]]
    sliders = sum("interact(" in cell.source for cell in code(done))
    assert len(moved(done)) >= sliders


def moved(notebook: Any) -> list[Any]:
    """What the functions behind sliders showed, or the errors they met."""
    states = notebook.metadata.get("widgets", {}).get(WIDGETS, {}).get("state", {}).values()
    kept = [each["state"].get("outputs", []) for each in states]
    return [nbformat.from_dict(output) for outputs in kept for output in outputs]


WIDGETS = "application/vnd.jupyter.widget-state+json"


@pytest.mark.slow
def test_an_error_behind_a_slider_would_be_found(tmp_path: Path) -> None:
    source = "from ipywidgets import interact\ninteract(lambda x: 1 / x, x=(0, 0));"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "", "language": "python"}
    nbformat.write(notebook, tmp_path / "bad.ipynb")
    done = executed(tmp_path / "bad.ipynb", tmp_path / "out.ipynb")
    assert [output.output_type for output in moved(done)] == ["error"]
