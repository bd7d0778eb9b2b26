"""Programs that some tests need: skipped without them, unless they are required."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest


def skip_or_fail(what: str, lacking: Sequence[str], how: str) -> None:
    """Skip the test if something is lacking; fail it where RELOKANT_REQUIRE_WHAT is 1.

    how : to install it
    """
    if lacking:
        required = f"RELOKANT_REQUIRE_{what.upper()}"
        reason = f"no {what} here: {', '.join(lacking)} missing; on Debian: {how}"
        if os.environ.get(required) == "1":
            pytest.fail(f"{reason} ({required}=1)")
        pytest.skip(reason)
