"""The command ``abm``: what a user types, checked before anything runs.

Exit status: 0 well, 2 bad input, 1 a folder that cannot be written or output that cannot be
printed, 130 stopped by Ctrl-C. Each error is one line on standard error.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from typing import NoReturn

from abm import __version__
from abm.commands import (
    attribute,
    calibrate,
    claims,
    compare,
    dashboard,
    export,
    report,
    rerun,
    sensitivity,
    settings,
    sweep,
    validate,
    verify,
)
from abm.errors import InputError, OutputError, unknown
from abm.view import terminal

BAD_INPUT, BAD_OUTPUT, STOPPED = 2, 1, 130
COMMANDS = (
    compare,
    attribute,
    claims,
    sweep,
    sensitivity,
    rerun,
    verify,
    export,
    report,
    validate,
    calibrate,
    dashboard,
)  # each a module with `add`, in order of the help
EXAMPLES = {
    "list": "abm list levers",
    "compare": "abm compare war-years lenient-renewal",
    "attribute": "abm attribute war-years --scale 3000",
    "claims": "abm claims --dry-run",
    "sweep": "abm sweep study.toml --out results/mine",
    "sensitivity": "abm sensitivity results/mine",
    "rerun": "abm rerun results/mine 0123456789abcdef",
    "verify": "abm verify results/mine",
    "export": "abm export results/mine --to csv",
    "report": "abm report results/mine",
    "validate": "abm validate facts.csv",
    "calibrate": "abm calibrate --dry-run",
    "dashboard": "abm dashboard war-years --scale 1000",
}
LISTS = ("scenarios", "parameters", "levers", "mechanisms", "outcomes", "hosts")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say (by default, those of the command line); the exit status."""
    terminal.plain_output()
    try:
        with terminal.guarded_output():
            asked = _parser().parse_args(arguments)
            status: int = asked.do(asked) or 0
    except BrokenPipeError:
        return 0
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
    run.add_argument(
        "scenario",
        nargs="?",
        default="war-years",
        metavar="SCENARIO",
        help="a name or TOML file",
    )
    settings.add(
        run.add_argument, "results/SCENARIO, or results/SCENARIO-middle and so on of a fit"
    )
    help = "your own targets; docs/your-own-targets.md"
    run.add_argument("--targets", metavar="FILE.csv", help=help)
    settings.add_evidence(run.add_argument)
    run.add_argument(
        "--posterior",
        type=partial(settings.whole, 20),
        metavar="N",
        help="not the centre of the fit but N draws of it (middle, if --evidence is not said), "
        "--replicates runs at each",
    )
    run.set_defaults(do=_run)
    for command in COMMANDS:
        command.add(commands)
    lists = commands.add_parser("list", help="show what there is to choose from")
    lists.add_argument("what", metavar=" | ".join(LISTS))
    lists.set_defaults(do=_listed)
    return parser


def _run(asked: argparse.Namespace) -> None:
    from abm.scenario import load
    from abm.study import evidence as posterior
    from abm.study import runner, store
    from abm.study.targets import chosen, observed_stocks
    from abm.view import dated_events, figures

    changes = settings.changes(asked)
    scenario = load(asked.scenario, **changes)
    evidence = asked.evidence or ("middle" if asked.posterior is not None else None)
    if evidence is not None:
        posterior.numbers(posterior.checked(evidence), asked.posterior)
    chosen(asked.targets)  # what is wrong is told before anything runs
    fitted = (evidence, "draws" if asked.posterior else None)
    out = asked.out or settings.default_folder(asked.scenario, fitted=fitted)
    folder = store.check(out, asked.overwrite)
    settings.tell(asked, scenario)
    with settings.progress(scenario.name, asked) as progress:
        runs = runner.replicate(
            scenario,
            asked.replicates,
            progress=progress,
            evidence=evidence,
            points=asked.posterior,
            set=changes["set"],
        )
    draw = partial(
        figures.draw_all,
        events=dated_events.table_of(scenario.events),
        observed=observed_stocks(asked.targets, scenario.population is not None),
        fitted=str(runs.drawn or ""),
    )
    targets = runs.targets(asked.targets)
    runs.save(folder, asked.overwrite, draw, asked.targets)
    if not asked.quiet:
        screen = terminal.console()
        terminal.targets_table(targets, screen, asked.targets, evidence or "middle")
        screen.print(f"{runs!r}".strip("<>"), markup=False)
        screen.print(f"results in {out}", markup=False)


def _listed(asked: argparse.Namespace) -> None:
    from abm.view import lists

    what = asked.what
    if what not in LISTS:
        example = f"abm list levers; there are {', '.join(LISTS)}"
        raise unknown("list", what, LISTS, example)
    columns, rows, right = getattr(lists, what)()
    terminal.table(columns, rows, terminal.console(), right)
