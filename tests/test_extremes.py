"""Levers and parameters at the ends of their ranges, all pairs of them; mechanisms off."""

from __future__ import annotations

import pytest
from extremes import (
    AS_IT_IS,
    BOUNDS,
    HIGH,
    LEVER_ENDS,
    LOW,
    PARAMETER_ENDS,
    Ends,
    check,
    covering,
    lived,
    missing_pairs,
    mixed,
    settings_of,
)

from abm.levers import HOST_LEVERS, KREMLIN_LEVERS
from abm.mechanisms import BY_ID
from abm.observation import OUTCOMES


def at_ends(ends: Ends, row: dict[str, bool]) -> dict[str, float]:
    return {name: ends[name][high] for name, high in row.items()}


@pytest.mark.parametrize("count", [2, 3, 10, 56, 120])
def test_few_rows_hold_all_pairs(count: int) -> None:
    rows = covering(f"lever {k}" for k in range(count))
    assert not missing_pairs(rows, (False, True))
    assert len(rows) <= 10


def test_a_missing_pair_would_be_found() -> None:
    rows = covering(LEVER_ENDS)
    assert not missing_pairs(rows, (False, True))
    assert len(missing_pairs(rows[:-1], (False, True))) > 0


@pytest.mark.parametrize("row", covering(LEVER_ENDS))
def test_all_pairs_of_levers_at_their_ends_in_all_hosts(row: dict[str, bool]) -> None:
    """Often nobody can enter anywhere, or everybody."""
    check(lived(at_ends(LEVER_ENDS, row)))


OF_THE_KREMLIN = covering(KREMLIN_LEVERS)


@pytest.mark.parametrize("luck", range(len(OF_THE_KREMLIN)))
def test_all_pairs_of_levers_at_their_ends_host_by_host(luck: int) -> None:
    """Every host has its own mixture, so that people move whatever is shut."""
    kremlin = at_ends(LEVER_ENDS, OF_THE_KREMLIN[luck])
    model = lived({**settings_of(mixed(luck)), **kremlin})
    check(model)
    assert model.observations.series("departures").sum() > 1e5


def test_host_by_host_all_pairs_of_levers_occur() -> None:
    rows = [
        {**levels, **{name: HIGH if high else LOW for name, high in kremlin.items()}}
        for luck, kremlin in enumerate(OF_THE_KREMLIN)
        for levels in mixed(luck).values()
    ]
    assert not missing_pairs(rows, (LOW, HIGH))
    of_hosts = [{name: row[name] for name in HOST_LEVERS} for row in rows]
    assert not missing_pairs(of_hosts, (LOW, AS_IT_IS, HIGH))


@pytest.mark.parametrize("host_constant", [0.0, 5.0])  # few move, or most
@pytest.mark.parametrize("row", covering(PARAMETER_ENDS))
def test_all_pairs_of_parameters_at_their_ends(row: dict[str, bool], host_constant: float) -> None:
    check(lived({**at_ends(PARAMETER_ENDS, row), "host_constant": host_constant}))


@pytest.mark.parametrize("row", covering(BY_ID))
def test_all_pairs_of_mechanisms_on_or_off(row: dict[str, bool]) -> None:
    off = tuple(id for id, off in row.items() if off)
    called = {} if "M28" in off else {"return_offer": 1.0}
    check(lived({"cost_of_return": 1.0, **called}, off))


def test_bounds_hold_for_most_outcomes() -> None:
    """Those of another unit need only be finite."""
    units = [outcome.unit for outcome in OUTCOMES]
    assert set(BOUNDS) <= set(units)
    assert sum(unit in BOUNDS for unit in units) > 0.8 * len(units)
