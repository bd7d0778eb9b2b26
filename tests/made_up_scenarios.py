"""A made-up scenario file, and how a scenario is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from abm.errors import InputError
from abm.scenario import load

Write = Callable[..., Path]
WHOLE = {
    "name": '"mine"',
    "title": '"Mine"',
    "until": "2023-12-31",
    "scale": "500",
    "seed": "3",
    "without": '["M8"]',
}
EVENT = {
    "date": "2022-09-30",
    "until": "2022-12-01",
    "host": '"Finland"',
    "lever": '"entry_ban"',
    "value": "1",
    "kind": '"imposed"',
    "source": '"S041"',
    "note": '"work, study, family"',
}


def written(top: dict[str, str] = WHOLE, *events: dict[str, str], more: str = "") -> str:
    """A scenario's TOML."""
    lines = [f"{key} = {value}" for key, value in top.items()]
    for event in events:
        lines += ["[[events]]", *(f"{key} = {value}" for key, value in event.items())]
    return "\n".join([*lines, more, ""])


def refusal(scenario: Any, **arguments: Any) -> str:
    """The one sentence or two that refuse a scenario."""
    with pytest.raises(InputError) as error:
        load(scenario, **arguments)
    message = str(error.value)
    assert "\n" not in message
    assert len(message) < 500
    return message
