"""A bar in notebooks: one for the work that was asked for, none elsewhere, gone at the end."""

from __future__ import annotations

from typing import Any

import pytest

from abm.study import progress
from abm.study.compare import compare
from abm.study.runner import replicate, run

WEEKS = {"scale": 10_000, "until": "2022-03-30"}  # five


class Handle:
    """What a notebook shows at one place, drawing by drawing."""

    def __init__(self) -> None:
        self.drawn: list[str] = []

    def update(self, shown: Any) -> None:
        self.drawn.append(shown.data)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> list[Handle]:
    """A notebook; the bars that it was asked for."""
    import IPython.display

    handles: list[Handle] = []

    def display(shown: Any, display_id: bool) -> Handle:
        handles.append(Handle())
        return handles[-1]

    monkeypatch.setattr(IPython.display, "display", display)
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    monkeypatch.setattr(progress, "EVERY", 0.0)
    return handles


def test_a_run_draws_its_weeks_and_clears_the_bar(notebook: list[Handle]) -> None:
    run("war-years", **WEEKS)
    (handle,) = notebook
    assert len(handle.drawn) == 6
    assert handle.drawn[4].startswith("war-years <progress value='5' max='5'>")
    assert handle.drawn[-1] == ""


def test_replicates_and_comparisons_have_one_bar(notebook: list[Handle]) -> None:
    replicate("war-years", 2, **WEEKS)
    compare("war-years", "no-mobilisation", replicates=2, **WEEKS)
    assert [len(handle.drawn) for handle in notebook] == [11, 21]
    assert "max='20'" in notebook[1].drawn[0]
    assert "war-years and no-mobilisation" in notebook[1].drawn[0]


def test_a_bar_goes_when_the_work_fails(notebook: list[Handle]) -> None:
    with pytest.raises(ZeroDivisionError), progress.told(None, "work") as report:
        assert report is not None
        report(1, 0 // 1 + 2)
        _ = 1 // 0
    assert notebook[0].drawn[-1] == ""
    run("war-years", **WEEKS)
    assert len(notebook) == 2


def test_who_gives_a_function_has_no_bar(notebook: list[Handle]) -> None:
    seen: list[tuple[int, int]] = []
    run("war-years", **WEEKS, progress=lambda done, of: seen.append((done, of)))
    assert seen[-1] == (5, 5)
    assert notebook == []


def test_outside_of_a_notebook_there_is_none() -> None:
    assert not progress.in_notebook()
    with progress.told(None, "work") as report:
        assert report is None


def test_a_bar_says_how_long_it_takes() -> None:
    assert progress.bar("<b>", 1, 4, 30.2).endswith("1 of 4, 30 s left")
    assert progress.bar("<b>", 0, 4, float("nan")).startswith("&lt;b&gt; <progress")
