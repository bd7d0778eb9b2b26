"""Counts and times in words."""

from __future__ import annotations

from abm.study.wording import counted, duration


def test_one_is_singular() -> None:
    assert [counted(each, "run") for each in (0, 1, 2, 2000)] == [
        *("0 runs", "1 run", "2 runs", "2,000 runs"),
    ]


def test_times_are_told_in_the_unit_that_suits_them() -> None:
    assert [duration(each) for each in (0.1234, 12.4, 119, 120, 5400, 7200 * 3)] == [
        *("0.12 s", "12 s", "119 s", "2 minutes", "90 minutes", "6 hours"),
    ]
