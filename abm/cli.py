"""The command ``abm``: what a user types, checked before anything runs.

Exit status: 0 well, 2 bad input, 1 a folder that cannot be written, 130 stopped by Ctrl-C. Each
error is one line on standard error.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from abm import __version__
from abm.commands import export, rerun, sensitivity, sweep, validate
from abm.errors import InputError, OutputError, unknown
from abm.view import terminal

if TYPE_CHECKING:
    from abm.scenario import Scenario

BAD_INPUT, BAD_OUTPUT, STOPPED = 2, 1, 130
REPLICATES = 5
COMMANDS = (
    sweep,
    sensitivity,
    rerun,
    export,
    validate,
)  # each a module with `add`, in order of the help
EXAMPLES = {
    "list": "abm list levers",
    "sweep": "abm sweep study.toml --out results/mine",
    "sensitivity": "abm sensitivity results/mine",
    "rerun": "abm rerun results/mine 0123456789abcdef",
    "export": "abm export results/mine --to csv",
    "validate": "abm validate facts.csv",
}
LISTS = ("scenarios", "parameters", "levers", "mechanisms", "outcomes", "hosts")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say (by default, those of the command line); the exit status."""
    terminal.plain_output()
    try:
        asked = _parser().parse_args(arguments)
        status: int = asked.do(asked) or 0
        sys.stdout.flush()
    except BrokenPipeError:
        terminal.close_output()
        status = 0
    except InputError as error:
        return _failed(str(error), BAD_INPUT)
    except OutputError as error:
        return _failed(str(error), BAD_OUTPUT)
    except KeyboardInterrupt as stopped:
        return _failed(str(stopped) or "stopped; no results were written", STOPPED)
    return status


def _failed(message: str, status: int) -> int:
    print(f"abm: {' '.join(message.split())}", file=sys.stderr)
    return status


class _Parser(argparse.ArgumentParser):
    """Tells of a bad argument in one line."""

    def error(self, message: str) -> NoReturn:
        example = EXAMPLES.get(self.prog.rpartition(" ")[2], "abm run war-years")
        raise InputError(f"{message}. See {self.prog} --help, for example: {example}")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="abm", description="Who leaves Russia, stays abroad, moves on, returns.")
    parser.add_argument("--version", action="version", version=f"relokant {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser(
        "run",
        help="simulate a scenario",
        description="Simulate a scenario, print the targets beside the results, write a folder.",
    )
    _add_run_arguments(run.add_argument)
    run.set_defaults(do=_run)
    for command in COMMANDS:
        command.add(commands)
    lists = commands.add_parser("list", help="show what there is to choose from")
    lists.add_argument("what", metavar=" | ".join(LISTS))
    lists.set_defaults(do=_listed)
    return parser


def _add_run_arguments(add: Callable[..., object]) -> None:
    add("scenario", nargs="?", default="war-years", metavar="SCENARIO", help="a name or TOML file")
    add("--scale", type=partial(_whole, 100), metavar="N", help="people an agent; 100 in war-years")
    add("--seed", type=partial(_whole, 1), metavar="N", help="of all luck")
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
        help="a mechanism to switch off, or responses; for example M15; can be repeated",
    )
    add("--population", metavar="FILE.csv", help="your own people; docs/your-own-people.md")
    add(
        "--replicates",
        type=partial(_whole, REPLICATES),
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
    add("--out", metavar="DIR", help="the folder for results; results/SCENARIO if not said")
    add("--overwrite", action="store_true", help="replace an earlier results folder")
    add("--quiet", action="store_true", help="print nothing but errors")


def _whole(example: int, text: str) -> int:
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


def _run(asked: argparse.Namespace) -> None:
    from abm.study import runner, store
    from abm.study.targets import observed_stocks
    from abm.view import dated_events, figures

    scenario = _scenario(asked)
    if asked.replicates < 1:
        raise InputError(f"--replicates {asked.replicates} is no count of runs; for example 5")
    out = asked.out or _default_folder(asked.scenario)
    folder = store.check(out, asked.overwrite)
    if not (scenario.events or asked.quiet):
        print(
            f"abm: {scenario.name} has no events, of its own or of a base: "
            "no war, no order, no policy change",
            file=sys.stderr,
        )
    with _progress(scenario, asked) as progress:
        runs = runner.replicate(scenario, asked.replicates, progress=progress)
    draw = partial(
        figures.draw_all,
        events=dated_events.table_of(scenario.events),
        observed=observed_stocks(),
    )
    targets = runs.targets()
    runs.save(folder, asked.overwrite, draw)
    if not asked.quiet:
        screen = terminal.console()
        terminal.targets_table(targets, screen)
        screen.print(f"{runs!r}".strip("<>"), markup=False)
        screen.print(f"results in {out}", markup=False)


def _scenario(asked: argparse.Namespace) -> Scenario:
    from abm import scenario

    settings: dict[str, float] = {}
    for name, value in asked.set:
        if settings.setdefault(name, value) != value:
            raise InputError(f"--set {name} is given twice, with different values; give it once")
    return scenario.load(
        asked.scenario,
        scale=asked.scale,
        seed=asked.seed,
        until=asked.until,
        set=settings,
        without=tuple(dict.fromkeys(asked.without)),
        population=asked.population,
        looking_ahead=asked.looking_ahead,
    )


def _default_folder(scenario: str) -> Path:
    """results/NAME, after the packaged scenario or the file, whatever name the file holds."""
    name = Path(scenario).stem
    if not re.fullmatch(r"[\w][\w .-]*", name):
        raise InputError(f"{name!r} is no name for a folder; say where: --out results/mine")
    return Path("results") / name


def _progress(
    scenario: Scenario, asked: argparse.Namespace
) -> AbstractContextManager[Callable[[int, int], None] | None]:
    errors = terminal.console(sys.stderr)
    if asked.quiet or not errors.is_terminal:
        return nullcontext()
    return terminal.progress(scenario.name, errors)


def _listed(asked: argparse.Namespace) -> None:
    from abm.view import lists

    what = asked.what
    if what not in LISTS:
        example = f"abm list levers; there are {', '.join(LISTS)}"
        raise unknown("list", what, LISTS, example)
    columns, rows, right = getattr(lists, what)()
    terminal.table(columns, rows, terminal.console(), right)
