"""What commands that run scenarios take: scale, seed, settings, replicates, where results go."""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abm.errors import InputError
from abm.scenario_notes import notes
from abm.view import terminal

if TYPE_CHECKING:
    from abm.scenario import Scenario

REPLICATES = 5


def add(add: Callable[..., object], folder: str) -> None:
    """Add the options to a parser; folder: where results go if not said."""
    add("--scale", type=partial(whole, 100), metavar="N", help="people an agent; 100 in war-years")
    add("--seed", type=partial(whole, 1), metavar="N", help="of all luck")
    add("--until", metavar="DATE", help="the last day, for example 2023-12-31")
    add(
        "--set",
        type=_setting,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter or lever: renewal_strictness.Turkey=0.2, resettlement.EU=0.5 (a union), "
        "publicity=1 (all hosts); from the first week on; can be repeated",
    )
    add(
        "--without",
        action="append",
        default=[],
        metavar="ID",
        help="a mechanism to switch off, responses or feedback; for example M15; can be repeated",
    )
    add("--population", metavar="FILE.csv", help="your own people; docs/your-own-people.md")
    add(
        "--replicates",
        type=partial(whole, REPLICATES),
        default=REPLICATES,
        metavar="N",
        help=f"runs that differ by luck alone, {REPLICATES} if not said",
    )
    add(
        "--looking-ahead",
        action="store_true",
        default=None,
        help="people weigh what lies ahead, not today alone",
    )
    add("--out", metavar="DIR", help=f"the folder for results; {folder} if not said")
    add("--overwrite", action="store_true", help="replace an earlier results folder")
    add("--quiet", action="store_true", help="print nothing but errors")


def whole(example: int, text: str) -> int:
    """A whole number from text."""
    try:
        return int(text)
    except ValueError:
        message = f"{text!r} is not a whole number; for example {example}"
        raise argparse.ArgumentTypeError(message) from None


def _setting(text: str) -> tuple[str, float]:
    """NAME=VALUE, the value a finite number."""
    name, equals, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not (name.strip() and equals and math.isfinite(number)):
        message = f"{text!r} is not NAME=NUMBER; for example renewal_strictness.Turkey=0.2"
        raise argparse.ArgumentTypeError(message)
    return name.strip(), number


def changes(asked: argparse.Namespace) -> dict[str, Any]:
    """What is to be changed of a scenario, as `abm.scenario.load` takes it; checks replicates."""
    settings: dict[str, float] = {}
    for name, value in asked.set:
        if settings.setdefault(name, value) != value:
            raise InputError(f"--set {name} is given twice, with different values; give it once")
    if asked.replicates < 1:
        raise InputError(f"--replicates {asked.replicates} is no count of runs; for example 5")
    return {
        "scale": asked.scale,
        "seed": asked.seed,
        "until": asked.until,
        "set": settings,
        "without": tuple(dict.fromkeys(asked.without)),
        "population": asked.population,
        "looking_ahead": asked.looking_ahead,
    }


def add_evidence(add: Callable[..., object]) -> None:
    """Add the option to run with fitted parameters."""
    add(
        "--evidence",
        metavar="low|middle|high",
        help="fitted parameters, by what is believed of how many returned",
    )


def default_folder(*scenarios: str, fitted: Sequence[str | None] = ()) -> Path:
    """results/NAME, after packaged scenarios or files, whatever names the files hold.

    fitted: of a fit, its evidence and whether draws; such results lie beside the others.
    """
    names = [Path(scenario).stem for scenario in scenarios]
    for name in names:
        if not re.fullmatch(r"[\w][\w .-]*", name):
            raise InputError(f"{name!r} is no name for a folder; say where: --out results/mine")
    return Path("results") / "-".join(["-and-".join(names), *filter(None, fitted)])


def tell(asked: argparse.Namespace, *scenarios: Scenario) -> None:
    """Print what is to be known of scenarios before they run, a line each on standard error."""
    told = [note for scenario in scenarios for note in notes(scenario)]
    for note in () if asked.quiet else dict.fromkeys(told):
        print(f"abm: {note}", file=sys.stderr)


def progress(
    what: str, asked: argparse.Namespace, unit: str = ""
) -> AbstractContextManager[Callable[[int, int], None] | None]:
    """A bar on standard error, where somebody looks at it; unit: as `terminal.progress`."""
    errors = terminal.console(sys.stderr)
    if asked.quiet or not errors.is_terminal:
        return nullcontext()
    return terminal.progress(what, errors, unit)
