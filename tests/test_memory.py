"""A run that would not fit is refused before it starts, with the scale that would fit."""

from __future__ import annotations

import re

import pytest

import abm
import abm.scenario
from abm.study import memory


def test_too_little_memory_is_told_with_the_scale_that_fits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "free_mb", lambda: 1000.0)
    with pytest.raises(abm.InputError, match=r"scale 1 needs about .* MB") as error:
        abm.run("war-years", scale=1)
    fits = int(re.search(r"--scale (\d+)", str(error.value))[1])  # type: ignore[index]
    assert memory.needed_mb(fits) <= 1000.0 < memory.needed_mb(fits - 1)


def test_where_the_system_does_not_tell_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_mb", lambda: None)
    memory.check(abm.scenario.load("war-years", scale=1))


def test_small_runs_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_mb", lambda: 1.0)
    memory.check(abm.scenario.load("war-years", scale=1000))


def test_this_system_tells() -> None:
    free = memory.free_mb()
    assert free is None or free > 0
