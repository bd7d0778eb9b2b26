"""Tables and progress in a terminal: 40 columns or more, and plain when piped."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any, TextIO, cast

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from abm.errors import OutputError

if TYPE_CHECKING:
    import pandas as pd

PIPED_WIDTH = 10_000  # one row stays one line, for grep and awk
SPEED_SECONDS = 1800  # over which the time left is judged; parts of a sweep take minutes
SUFFIXES = ((1e6, 1e6, "M"), (1e4, 1e3, "k"), (0.0, 1.0, ""))  # from which size on: unit, suffix
UNJUDGED = {  # status of a target: how it shows, and why
    "input": ("input", "given to the model"),
    "shown": ("shown", "no observation, but what a target would need"),
    "set": ("set", "used to set a number of the model"),
    "not covered": ("none", "no outcome covers it yet"),
    "beyond the horizon": ("later", "beyond the last day of the run"),
    "no value": ("no value", "nobody to count in some of the runs"),
}
EVIDENCE = ("evidence low", "evidence middle", "evidence high")


def console(stream: TextIO | None = None) -> Console:
    """A console for a stream (standard output by default); without colours when piped."""
    stream = stream or sys.stdout
    width = None if stream.isatty() else PIPED_WIDTH
    return Console(file=stream, width=width, highlight=False, soft_wrap=False)


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    out: Console,
    right: Sequence[str] = (),
    styles: Callable[[str], str] = lambda cell: "",
) -> None:
    """Print rows as a table where they fit, else as one short record a row.

    right: columns aligned to the right; styles: from a cell's text to its style.
    """
    if not rows:
        out.print("none")
        return
    if not out.is_terminal:
        with out.capture() as captured:
            _print_table(columns, rows, out, right, styles)
        lines = captured.get().splitlines()
        out.file.writelines(f"{line.rstrip()}\n" for line in lines)
    elif _fits(columns, rows, out.width):
        _print_table(columns, rows, out, right, styles)
    else:
        _print_records(columns, rows, out, styles)


def targets_table(
    targets: pd.DataFrame, out: Console, file: str | None = None, evidence: str = "middle"
) -> None:
    """Print each target's observed range beside what the model gives, and count the hits.

    targets: as from `Run.targets` or `Replicates.targets` (then with ``spread``), of that file;
    evidence: the scenario whose shares of returnees are counted
    """
    from abm.study.targets import hits

    columns = ("id", "what", "observed", "simulated", "")
    rows = [
        (
            str(row["id"]),
            f"{row['what']} ({row['unit']})",
            span(row["observed_low"], row["observed_high"]),
            _simulated(row),
            _verdict(row["status"], row["hit"], evidence),
        )
        for _, row in targets.iterrows()
    ]
    colours = {"hit": "green", "miss": "red"}
    table(columns, rows, out, ("observed", "simulated"), lambda cell: colours.get(cell, ""))
    hit, judged = hits(targets, evidence, file)  # type: ignore[arg-type]
    out.print(Text(f"\n{hit} of {judged} targets hit", style="bold"))
    notes = _notes(targets["status"], evidence)
    if notes:
        out.print(Text(f"Not counted are {'; '.join(notes)}.", style="dim"))
    if "spread" in targets and targets["spread"].notna().any():
        out.print(Text("± is the standard deviation over runs.", style="dim"))


@contextmanager
def progress(what: str, out: Console, unit: str = "") -> Iterator[Callable[[int, int], None]]:
    """A bar with the time left, drawn as the function it gives is called with (done, of).

    unit: of what is counted, if the counts are to be shown
    """
    counts = f"{{task.completed:.0f}}/{{task.total}} {unit}"
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn(counts) if unit else TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
        console=out,
        transient=True,
        expand=False,
        speed_estimate_period=SPEED_SECONDS,
    )
    with bar:
        task = bar.add_task(what, total=None, visible=not unit)
        yield lambda done, of: bar.update(task, completed=done, total=of, visible=True)


def number(value: float) -> str:
    """A number for people to read, to three digits that count: 402k, 1.32M, 0.257."""
    return with_spread(value, math.nan)


def with_spread(mean: float, spread: float, significant: int = 3) -> str:
    """A mean and its standard deviation in the same unit and decimals: 402k ± 12k."""
    if math.isnan(mean):
        return "–"
    size = abs(float(f"{mean:.{significant}g}"))
    unit, suffix = next((unit, suffix) for least, unit, suffix in SUFFIXES if size >= least)
    digits = 0 if size == 0 else max(0, significant - 1 - math.floor(math.log10(size / unit)))
    text = f"{mean / unit:.{digits}f}"
    if math.isnan(spread):
        return (text.rstrip("0").rstrip(".") if "." in text else text) + suffix
    return f"{text}{suffix} ± {spread / unit:.{digits}f}{suffix}"


def plain_output() -> None:
    """Replace what an odd terminal encoding cannot show, rather than fail on it."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started this
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


@contextmanager
def guarded_output() -> Iterator[None]:
    """Printing that fails raises OutputError; BrokenPipeError where the reader of a pipe has gone.

    Other OSErrors stay what they are, so that none is taken for one of printing.
    """
    with redirect_stdout(cast(TextIO, _Output(sys.stdout))):
        try:
            yield
        finally:
            sys.stdout.flush()


class _Output:
    """A stream that tells its own failure, and again at each use: argparse swallows the first."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._failure: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._told():
            return self._stream.write(text)

    def writelines(self, lines: Iterable[str]) -> None:
        with self._told():
            self._stream.writelines(lines)

    def flush(self) -> None:
        with self._told():
            self._stream.flush()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            broken = isinstance(error, BrokenPipeError)
            self._failure = error if broken else OutputError(f"cannot print: {why}")
            # Else the interpreter would complain of what is left to print, when it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
        if self._failure is not None:
            raise self._failure


def _fits(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> bool:
    """Whether the table fits when its longest column may fold, into three lines or so."""
    longest = _longest(columns, rows)
    narrowest = min(max(longest), max(24, max(longest) // 3))
    return sum(longest) - max(longest) + narrowest + 2 * (len(longest) - 1) <= width


def _longest(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(len(cell) for cell in cells) for cells in zip(columns, *rows, strict=True)]


def _print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    out: Console,
    right: Sequence[str],
    styles: Callable[[str], str],
) -> None:
    grid = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    longest = _longest(columns, rows)
    for name, cells in zip(columns, longest, strict=True):
        grid.add_column(
            name,
            justify="right" if name in right else "left",
            no_wrap=cells < max(longest),
            overflow="fold",
        )
    for row in rows:
        grid.add_row(*(Text(cell, style=styles(cell)) for cell in row))
    out.print(grid)


def _print_records(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    out: Console,
    styles: Callable[[str], str],
) -> None:
    for row in rows:
        cells = list(zip(columns[1:], row[1:], strict=True))
        described = columns.count("what") == 1  # else they are facts like any other
        about = next((cell for name, cell in cells if described and name == "what"), "")
        name, what = Text(row[0], style="bold"), Text(about)
        apart = len(name) + 2 + len(what) > out.width
        out.print(name if apart else Text("  ").join([name, what]))
        facts = [what] if apart else []
        facts += [
            Text.assemble((f"{name} " if name else "", "dim"), (cell, styles(cell)))
            for name, cell in cells
            if cell and not (described and name == "what")
        ]
        for line in _packed(facts, out.width - 2):
            out.print(Padding(line, (0, 0, 0, 2)))


def _packed(facts: Sequence[Text], width: int) -> list[Text]:
    """Facts in lines, as many in each as fit, so that no short one is torn apart."""
    lines: list[Text] = []
    for fact in filter(len, facts):
        if lines and len(lines[-1]) + 3 + len(fact) <= width:
            lines[-1] = Text(" · ").join([lines[-1], fact])
        else:
            lines.append(fact)
    return lines


def _simulated(row: pd.Series[Any]) -> str:
    """What the model gives, with as many digits as tell a miss from the bound that is shown."""
    mean, significant = row["simulated"], 3
    bounds = {float(f"{row[bound]:.3g}") for bound in ("observed_low", "observed_high")}
    if _verdict(row["status"], row["hit"]).strip("()") == "miss":
        apart = (n for n in range(3, 8) if float(f"{mean:.{n}g}") not in bounds)
        significant = next(apart, 3)
    return with_spread(mean, row.get("spread", math.nan), significant)


def span(low: float, high: float) -> str:
    """From one number to another; an end that is NaN or infinite is open."""
    if low == high:
        return number(low)
    if math.isnan(low) or low == -math.inf:
        return f"at most {number(high)}"
    if math.isnan(high) or high == math.inf:
        return f"at least {number(low)}"
    return f"{number(low)} to {number(high)}"


def _verdict(status: str, hit: object, evidence: str = "middle") -> str:
    """hit or miss; in brackets what is judged but not counted; why, where nothing is judged."""
    if status in UNJUDGED:
        return UNJUDGED[status][0]
    verdict = "hit" if str(hit) == "True" else "miss"
    return f"({verdict})" if _is_other(status, evidence) else verdict


def _is_other(status: str, evidence: str) -> bool:
    """Whether a target belongs to another evidence scenario."""
    return status in EVIDENCE and status != f"evidence {evidence}"


def _notes(statuses: Iterable[str], evidence: str) -> list[str]:
    """What the marks in the last column of the targets mean, those which occur."""
    seen = set(statuses)
    notes = [f"{short}: {why}" for status, (short, why) in UNJUDGED.items() if status in seen]
    if any(_is_other(status, evidence) for status in seen):
        notes.append("in brackets: expected with other evidence on returns")
    return notes
