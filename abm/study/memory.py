"""Whether a run would fit into memory, asked before it starts."""

from __future__ import annotations

from pathlib import Path

from abm.errors import InputError
from abm.scenario import Scenario

ADULTS = 89.4e6  # of Russia, 20 to 64: the packaged people
# Measured: the peak of war-years at scales 1, 10, 100 and 1000, rounded up.
MB_AT_REST, BYTES_A_PERSON = 270, 32
LARGE = 1_000_000  # agents from which it is worth asking


def check(scenario: Scenario) -> None:
    """Refuse a run that would not fit, and name the scale that would.

    Raises
    ------
    InputError : more memory is needed than is free, where the system tells it
    """
    agents = ADULTS / scenario.scale
    free = free_mb()
    if scenario.population is not None or agents < LARGE or free is None:
        return
    needed = needed_mb(scenario.scale)
    if needed > free:
        fits = scenario.scale
        while needed_mb(fits) > free and fits < ADULTS:
            fits += max(1, fits // 10)
        raise InputError(
            f"scale {scenario.scale} needs about {needed:,.0f} MB of memory, {free:,.0f} MB are "
            f"free; scale {fits} would fit. Example: --scale {fits}"
        )


def needed_mb(scale: int) -> float:
    """Peak memory of a run of the packaged people, MB."""
    return MB_AT_REST + ADULTS / scale * BYTES_A_PERSON / 1e6


def free_mb() -> float | None:
    """Memory that a process may still take, MB; None where the system does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return None
    of = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return of["MemAvailable"] / 1000 if "MemAvailable" in of else None
