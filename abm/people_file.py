"""The table of a user's own people, read from CSV: every cell is checked and becomes a bin."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np

from abm import composition as source
from abm.chance import Floats, Integers
from abm.checks import shown
from abm.composition import DISSENT_EDGES, FURTHER
from abm.errors import InputError, unknown
from abm.margins import AGE_WIDTH, OLDEST, YOUNGEST

NAMES = {
    "sex": source.SEXES,
    "region": source.REGIONS,
    "education": source.EDUCATIONS,
    "occupation": source.OCCUPATIONS,
    "leaning": source.LEANINGS,
}
AXES = ("sex", "age", "region", "education", "occupation")
NEEDED = ("age", "sex", "region", "education", "occupation", "weight")
COLUMNS = (*NEEDED, *FURTHER)
EXAMPLE = {
    "age": "34", "sex": "female", "region": "capitals", "education": "higher",
    "occupation": "it", "weight": "12000", "partnered": "1", "served": "0", "exempt": "0",
    "dissent": "0.7", "leaning": "Europe and the West",
}  # fmt: skip
HEADER = ",".join(NEEDED)
MOST_PERSONS = 1e9  # in one row
UNKNOWN = -1  # the bin of what a row leaves out


class Table:
    """The cells of a CSV file by column, as text, with its name for errors.

    in_memory: it was a DataFrame, whose rows are counted from 0, and not lines of a file.
    """

    def __init__(self, name: str, content: bytes, in_memory: bool = False) -> None:
        self.name = name
        self._in_memory = in_memory
        header, rows, self._lines = self._parsed(content)
        self._check_header(header)
        for number, row in enumerate(rows):
            if len(row) != len(header):
                what = f"{len(header)} cells are needed, not {len(row)}"
                raise self.error(what, ",".join(EXAMPLE[name] for name in header), number)
        self._columns = dict(zip(header, zip(*rows, strict=True), strict=True))

    def weights(self) -> Floats:
        """Persons of each row."""
        must = f"more than 0 and at most {MOST_PERSONS:g} persons"
        values = self._numbers("weight")
        self._refuse("weight", ~((values > 0) & (values <= MOST_PERSONS)), must)
        return values

    def bins(self, column: str) -> Integers:
        """A trait of each row as an index into its names or bins, or UNKNOWN."""
        if column not in self._columns:
            return np.full(len(self._lines), UNKNOWN)
        if column in NAMES:
            return self._named(column)
        values = self._numbers(column)
        said = ~np.isnan(values)
        if column == "age":
            must = f"{YOUNGEST} to {OLDEST} years"
            self._refuse(column, ~((values >= YOUNGEST) & (values < OLDEST + 1)), must)
            return (values.astype(np.int64) - YOUNGEST) // AGE_WIDTH
        if column == "dissent":
            self._refuse(column, said & ~((values >= 0) & (values <= 1)), "a number from 0 to 1")
            return np.where(said, np.searchsorted(DISSENT_EDGES[1:-1], values), UNKNOWN)
        self._refuse(column, said & ~np.isin(values, (0, 1)), "0 or 1")
        if column in ("served", "exempt"):
            women = self.bins("sex") != source.MALE
            self._refuse(column, women & (values == 1), "0 or blank for women")
        return np.where(said, values, UNKNOWN).astype(np.int64)

    def error(self, what: str, example: str, row: int | None = None) -> InputError:
        """The error for the table, or for one of its rows."""
        place = f"population {self.name!r}"
        if row is not None:
            place += f", row {row}" if self._in_memory else f", line {self._lines[row]}"
        return InputError(f"{place}: {what}. Example: {example}")

    def _refuse(self, column: str, bad: np.ndarray, must: str) -> None:
        """InputError for the first row that is bad in a column, if there is one."""
        if bad.any():
            row = int(np.argmax(bad))
            what = f"{column!r} must be {must}, not {shown(self._columns[column][row])}"
            raise self.error(what, f"{column} = {EXAMPLE[column]}", row)

    def _named(self, column: str) -> Integers:
        bin_of = {name: number for number, name in enumerate(NAMES[column])}
        if column not in NEEDED:
            bin_of[""] = UNKNOWN
        cells = self._columns[column]
        for row, cell in enumerate(cells):
            if cell not in bin_of:
                what = f"{column!r} must be one of {', '.join(NAMES[column])}, not {shown(cell)}"
                raise self.error(what, f"{column} = {EXAMPLE[column]}", row)
        return np.array([bin_of[cell] for cell in cells], dtype=np.int64)

    def _numbers(self, column: str) -> Floats:
        """Numbers of a column, NaN where it is blank; infinite, so never valid, if it is none."""
        return np.array([_number(cell) if cell else np.nan for cell in self._columns[column]])

    def _parsed(self, content: bytes) -> tuple[list[str], list[list[str]], list[int]]:
        """The header, the rows and the line on which each row ends."""
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise self.error(f"line {line} is not UTF-8", "save it as 'CSV UTF-8'") from None
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            read = [([cell.strip() for cell in row], reader.line_num) for row in reader if row]
        except csv.Error as error:
            raise self.error(f"line {reader.line_num} is not CSV ({error})", HEADER) from None
        if len(read) < 2:
            example = f"{HEADER}, and below it a row for each kind of people"
            raise self.error("no rows", example)
        rows, lines = zip(*read, strict=True)
        return rows[0], list(rows[1:]), list(lines[1:])

    def _check_header(self, header: Sequence[str]) -> None:
        for name in header:
            if name not in COLUMNS:
                told = unknown("column", name, COLUMNS, HEADER)
                raise InputError(f"population {self.name!r}: {told}")
            if header.count(name) > 1:
                raise self.error(f"column {name!r} is there twice", HEADER)
        for name in NEEDED:
            if name not in header:
                raise self.error(f"no column {name!r}", HEADER)


def _number(cell: str) -> float:
    try:
        value = float({"True": "1", "False": "0"}.get(cell, cell))
    except ValueError:
        return np.inf
    return np.inf if np.isnan(value) else value
