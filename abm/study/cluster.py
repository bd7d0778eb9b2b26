"""How to reach a cluster: a study's optional table ``[cluster]``, checked at the edge.

It says where runs happen, never what they are: two sweeps that differ in it alone are one study.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from abm import checks
from abm.errors import InputError, unknown

EXTRA = "pip install 'relokant[cluster]'"


@dataclass(frozen=True)
class Cluster:
    """Where workers are and what a job asks for.

    Attributes
    ----------
    scheduler : address of a running Dask scheduler, or None: one of this machine's own
    queue : partition (SLURM) or queue (PBS, SGE), or None: the cluster's default
    account : account or project that pays, or None: the user's default
    walltime : of a job, HH:MM:SS
    memory : of a job, that is of a worker: "2GB", "800MB"
    interface : the network that the scheduler and its workers meet on, or None: the default one
    logs : folder for what the jobs print, or None: where the command was given
    """

    scheduler: str | None = None
    queue: str | None = None
    account: str | None = None
    walltime: str = "04:00:00"
    memory: str = "2GB"
    interface: str | None = None
    logs: Path | None = None

    @property
    def megabytes(self) -> int:
        """Memory of a job, MB (2^20 bytes, as batch systems count)."""
        return int(self.memory[:-2]) * (1024 if self.memory.endswith("GB") else 1)


SHAPES = {
    "scheduler": (r"[a-z]+://\S+:\d+", "tcp://10.0.0.5:8786"),
    "queue": (r"[\w.,@/+-]+", "short"),
    "account": (r"[\w.,@/+-]+", "my-lab"),
    "walltime": (r"\d{2,4}:[0-5]\d:[0-5]\d", "04:00:00"),
    "memory": (r"[1-9]\d{0,6}(MB|GB)", "2GB"),
    "interface": (r"[\w.:@-]+", "ib0"),
}


def settings(table: Mapping[str, Any]) -> Cluster:
    """The table [cluster] of a study; InputError for a key or value that cannot be."""
    checked: dict[str, Any] = {key: _checked(key, value) for key, value in table.items()}
    return Cluster(**checked)


def _checked(key: str, value: object) -> Any:
    if key not in SHAPES:
        raise unknown("key of [cluster]", key, SHAPES, 'walltime = "04:00:00"')
    shape, example = SHAPES[key]
    said = checks.text(key, value, example)
    if not re.fullmatch(shape, said):
        raise InputError(
            f'[cluster] {key} cannot be {checks.shown(said)}. Example: {key} = "{example}"'
        )
    return said


def missing_extra(error: ImportError) -> InputError:
    """The error where Dask is not installed."""
    return InputError(f"this engine needs {error.name or 'distributed'}: {EXTRA}")
