"""The observation processes by name, and which hosts each can read."""

from __future__ import annotations

from typing import cast

from abm.errors import InputError, unknown
from abm.hosts_table import HOST_NAMES
from abm.observation import WORLD
from abm.study import observed
from abm.study.observed import Process

EVERYWHERE = (
    "border_crossings", "departures", "stock_abroad", "stable_status", "ever_discriminated",
)  # fmt: skip
OF_THE_WORLD = ("called_up", "elite_exits_a_year", "workers_left_or_called_up")
OF_ONE_HOST = (
    "permit_holders", "residents_left", "residents_left_multiple", "residents_arrived_change",
    "tax_numbers", "rent_rise",
)  # fmt: skip
READS = {  # the others have groups of their own
    **dict.fromkeys(EVERYWHERE, (WORLD, *HOST_NAMES)),
    **dict.fromkeys(OF_THE_WORLD, (WORLD,)),
    **dict.fromkeys(OF_ONE_HOST, HOST_NAMES),
}
OWN_GROUPS = ("", WORLD)


def process_named(name: str) -> Process:
    """The observation process of this name, a public function of `abm.study.observed`."""
    process = getattr(observed, name, None)
    if name.startswith("_") or getattr(process, "__module__", "") != observed.__name__:
        known = [
            found
            for found, made in vars(observed).items()
            if not found.startswith("_") and getattr(made, "__module__", "") == observed.__name__
        ]
        raise unknown("observation process", name, known, "departures")
    return cast(Process, process)


def check_host(where: str, process: str, host: str) -> None:
    """InputError where a process cannot read a host; where: the row, for the error."""
    hosts = READS.get(process, OWN_GROUPS)
    if host not in hosts:
        given = repr(host) if host else "a blank host"
        what = {
            (WORLD,): "the world alone",
            OWN_GROUPS: "groups of its own",
            HOST_NAMES: "one host",
        }.get(hosts, "a host or World")
        example = f"host {'Georgia' if 'Georgia' in hosts else WORLD}"
        raise InputError(f"{where}: {process} reads {what}, not {given}. Example: {example}")
