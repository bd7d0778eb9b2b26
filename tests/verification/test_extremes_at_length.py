"""Extremes for longer, with more luck; each mechanism off alone."""

from __future__ import annotations

import numpy as np
import pytest
from extremes import LEVER_ENDS, PARAMETER_ENDS, check, lived, mixed, settings_of

from abm.levers import KREMLIN_LEVERS
from abm.mechanisms import BY_ID


@pytest.mark.parametrize("luck", range(100, 112))
def test_levers_and_parameters_at_their_ends_for_a_year(luck: int) -> None:
    """Every host its own mixture, and each parameter at one end or the other."""
    coin = np.random.default_rng(luck).integers
    ends = LEVER_ENDS | PARAMETER_ENDS
    drawn = {name: ends[name][coin(2)] for name in (*PARAMETER_ENDS, *KREMLIN_LEVERS)}
    check(lived({**settings_of(mixed(luck)), **drawn}, weeks=60))


@pytest.mark.parametrize("mechanism", BY_ID)
def test_each_mechanism_off_alone(mechanism: str) -> None:
    check(lived({"cost_of_return": 1.0}, (mechanism,), weeks=45))


def test_both_ends_of_each_parameter_alone() -> None:
    for name, ends in PARAMETER_ENDS.items():
        for end in ends:
            check(lived({name: end}, weeks=8))
