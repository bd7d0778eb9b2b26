"""What properties are tested on: values of parameters in their ranges, and in order."""

from __future__ import annotations

from hypothesis import strategies as st

from abm.parameters import PARAMETERS

RANGES = {declared.name: (declared.low, declared.high) for declared in PARAMETERS}
TINY = 1e-12

share = st.floats(0, 1)
weeks = st.floats(0, 520)
months = st.floats(0, 120)
dollars = st.floats(1, 20_000)


def ranged(name: str) -> st.SearchStrategy[float]:
    """A parameter's values: null or anywhere in its declared range."""
    low, high = RANGES[name]
    return st.one_of(st.just(0.0), st.floats(low, high))


def ordered(strategy: st.SearchStrategy[float]) -> st.SearchStrategy[list[float]]:
    """Two values, the lower one first."""
    return st.lists(strategy, min_size=2, max_size=2).map(sorted)
