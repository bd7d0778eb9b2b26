"""Levers and parameters at the ends of their ranges, all pairs of them; mechanisms off."""

from __future__ import annotations

import pytest
from extremes import BOUNDS, LEVER_ENDS, PARAMETER_ENDS, Ends, check, covering, lived, missing_pairs
from hypothesis import given
from hypothesis import strategies as st

from abm.mechanisms import MECHANISMS
from abm.observation import OUTCOMES

MECHANISM_IDS = [each.id for each in MECHANISMS]


def at_ends(ends: Ends, row: dict[str, bool]) -> dict[str, float]:
    return {name: ends[name][high] for name, high in row.items()}


@given(st.integers(2, 150))
def test_few_rows_hold_all_pairs(count: int) -> None:
    rows = covering(f"lever {k}" for k in range(count))
    assert not missing_pairs(rows, (False, True))
    assert len(rows) <= 11


def test_a_missing_pair_would_be_found() -> None:
    rows = covering(LEVER_ENDS)
    assert not missing_pairs(rows, (False, True))
    assert len(missing_pairs(rows[:-1], (False, True))) > 0


@pytest.mark.parametrize("row", covering(LEVER_ENDS), ids=range(len(covering(LEVER_ENDS))))
def test_all_pairs_of_levers_at_their_ends(row: dict[str, bool]) -> None:
    check(lived(**at_ends(LEVER_ENDS, row)))


@pytest.mark.parametrize("row", covering(PARAMETER_ENDS), ids=range(len(covering(PARAMETER_ENDS))))
def test_all_pairs_of_parameters_at_their_ends(row: dict[str, bool]) -> None:
    check(lived(**at_ends(PARAMETER_ENDS, row)))


@pytest.mark.parametrize("row", covering(MECHANISM_IDS), ids=range(len(covering(MECHANISM_IDS))))
def test_all_pairs_of_mechanisms_on_or_off(row: dict[str, bool]) -> None:
    check(lived(without=tuple(id for id, off in row.items() if off)))


def test_bounds_hold_for_most_outcomes() -> None:
    """Those of another unit need only be finite."""
    units = [outcome.unit for outcome in OUTCOMES]
    assert set(BOUNDS) <= set(units)
    assert sum(unit in BOUNDS for unit in units) > 0.8 * len(units)
