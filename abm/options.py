"""Which hosts some people weigh: every host, or for each person a few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from abm.chance import Floats, Integers
from abm.hosts_table import HOST_NAMES

Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True)
class Options:
    """Pairs of a person and a host, in one of two shapes.

    Every host for everybody: who is None, columns have the shape (people, hosts). Or one row a
    pair: who is the person's row, in rising order, host the host's row, both (pairs,). The same
    formulas serve both, on columns that `of_person` and `of_host` bring to the shape.
    """

    who: Integers | None
    host: Integers

    def of_person(self, column: NDArray[Scalar]) -> NDArray[Scalar]:
        """A column by person, (people,), to be combined with others of the options' shape."""
        return column[:, None] if self.who is None else column[self.who]

    def of_host(self, column: NDArray[Scalar]) -> NDArray[Scalar]:
        """A column by host, (hosts,), to be combined with others of the options' shape."""
        return column if self.who is None else column[self.host]

    def earliest(self, arrival: Floats) -> Integers:
        """Of each person, the one of their options that arrives first: rows of the raveled columns.

        arrival: of the options' shape; each person weighs one option at least.
        """
        if self.who is None:
            people = np.arange(len(arrival)) * len(self.host)
            return people + np.argmin(arrival, axis=1)
        if not len(self.who):
            return np.empty(0, dtype=np.int64)
        least = np.minimum.reduceat(arrival, np.flatnonzero(np.diff(self.who, prepend=-1)))
        rows = np.flatnonzero(arrival == least[self.who])
        return rows[np.diff(self.who[rows], prepend=-1) > 0]

    def row_among(self, some: Integers, people: int) -> Integers:
        """Of each pair, where its person stands among some of so many people; -1 if not there."""
        row = np.full(people, -1)
        row[some] = np.arange(len(some))
        return row[self.who]

    def hosts_at(self, rows: Integers) -> Integers:
        """The hosts of some rows of the raveled columns."""
        return rows % len(self.host) if self.who is None else self.host[rows]

    def shape(self, people: int) -> tuple[int, ...]:
        """The shape of columns for so many people."""
        return (people, len(self.host)) if self.who is None else self.host.shape


MOST_WHO_WEIGH_ALL = 2**14  # people who weigh every host at a time, to spare memory
EVERY_HOST = Options(None, np.arange(len(HOST_NAMES)))


def one_each(host: Integers) -> Options:
    """One host for each person, (people,)."""
    return Options(np.arange(len(host)), host)
