"""A small part of `make fuzz`: damaged inputs are accepted and right, or refused in one line."""

from __future__ import annotations

from collections.abc import Iterator

import fuzzing
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st


@pytest.fixture(scope="module", autouse=True)
def folders() -> Iterator[None]:
    yield
    fuzzing.clean()


@pytest.mark.parametrize("kind", fuzzing.KINDS, ids=lambda kind: kind.name)
@settings(
    max_examples=40,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**32))
def test_damaged_inputs(kind: fuzzing.Kind, seed: int) -> None:
    assert fuzzing.check(kind, seed)[0] in ("accepted", "refused")
