"""Relokant: who of Russia's people leaves, stays abroad, moves on or comes back, and why.

    import abm
    run = abm.run("war-years", scale=1000, seed=7)
    run.outcomes        # tidy table: date, host, outcome, value, unit
    run.targets()       # what sources observed beside what the model gives

The public names are imported when first used, so that ``import abm`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from abm.errors import InputError, OutputError
    from abm.model import EmigrationModel
    from abm.own_mechanism import OwnMechanism
    from abm.own_people import packaged_people
    from abm.study.compare import Pair, compare
    from abm.study.results import Replicates, Run
    from abm.study.runner import replicate, run
    from abm.study.sweep import sweep
    from abm.study.sweep_results import Sweep, load
    from abm.study.validate import Validation, validate
    from abm.view.figures import draw_all

__version__ = "0.1.0"

__all__ = [
    "EmigrationModel",
    "InputError",
    "OutputError",
    "OwnMechanism",
    "Pair",
    "Replicates",
    "Run",
    "Sweep",
    "Validation",
    "compare",
    "draw_all",
    "load",
    "packaged_people",
    "replicate",
    "run",
    "sweep",
    "validate",
]

_HOME = {
    "EmigrationModel": "abm.model",
    "InputError": "abm.errors",
    "OutputError": "abm.errors",
    "OwnMechanism": "abm.own_mechanism",
    "Pair": "abm.study.compare",
    "Replicates": "abm.study.results",
    "Run": "abm.study.results",
    "Sweep": "abm.study.sweep_results",
    "compare": "abm.study.compare",
    "draw_all": "abm.view.figures",
    "load": "abm.study.sweep_results",
    "packaged_people": "abm.own_people",
    "replicate": "abm.study.runner",
    "run": "abm.study.runner",
    "sweep": "abm.study.sweep",
    "validate": "abm.study.validate",
    "Validation": "abm.study.validate",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
        globals()[name] = value
        return value
    try:  # abm.scenario, abm.study and so on, without an import of their own
        return import_module(f"abm.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"abm.{name}":
            raise
    raise AttributeError(f"module 'abm' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
