"""Who can be where in the twin: pairs of a person and a host, so that no others cost anything."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.chance import Floats
from abm.hosts_table import HOST_NAMES
from abm.options import Options
from abm.people import Flags

HOSTS = len(HOST_NAMES)


class Reach:
    """Pairs of a person and a host where that person can be, in order of persons.

    Columns come in two shapes. (pairs,): one entry a pair. (cells,): every pair for who is there
    without a partner, then the pairs of couples once more, for who is there with the partner.
    Persons of couples come first, and both of a couple reach the same hosts.

    person, host: of the pairs; shared: how many pairs are of couples, the first ones; mate: the
    partner's pair, (shared,). alone, together: cells of couples, without and with the partner.
    """

    def __init__(self, within: Flags, couples: int) -> None:
        both = within[: 2 * couples].reshape(couples, 2, HOSTS).any(axis=1)
        self.within: Flags = np.concatenate([np.repeat(both, 2, axis=0), within[2 * couples :]])
        self.couples, self.persons = couples, len(within)
        self.person, self.host = np.nonzero(self.within)
        start = np.searchsorted(self.person, np.arange(self.persons + 1))
        self.shared = int(start[2 * couples])
        mine = self.person[: self.shared]
        self.mate = np.arange(self.shared) - start[mine] + start[mine ^ 1]
        self.cells = len(self.person) + self.shared
        self.alone, self.together = slice(0, self.shared), slice(len(self.person), self.cells)
        self.options = Options(self.person, self.host)
        self.host_of_cell = self.for_all(self.host)
        self.row_of_cell = np.concatenate([self.person, self.persons + mine])
        self.rows = self.persons + 2 * couples
        self._filled, self._starts = np.unique(self.row_of_cell, return_index=True)

    def pairs(self, matrix: NDArray[Any]) -> NDArray[Any]:
        """Of a matrix by person and host, what is within reach, (pairs,)."""
        return matrix[self.person, self.host]

    def for_all(self, of_pairs: NDArray[Any]) -> NDArray[Any]:
        """A column by pair, (…, pairs), for every cell."""
        return np.concatenate([of_pairs, of_pairs[..., : self.shared]], axis=-1)

    def of_pairs(self, of_cells: Floats) -> Floats:
        """A sum by cell, (…, cells), over who is there with and without a partner, (…, pairs)."""
        result = of_cells[..., : len(self.person)].copy()
        result[..., : self.shared] += of_cells[..., self.together]
        return result

    def over_hosts(self, of_cells: Floats) -> Floats:
        """Sums over hosts by row, (…, rows): persons alone, then those of couples together."""
        sums = np.zeros((*of_cells.shape[:-1], self.rows))
        sums[..., self._filled] = np.add.reduceat(of_cells, self._starts, axis=-1)
        return sums

    def by_person(self, of_pairs: Floats) -> Floats:
        """Sums over hosts by person, (persons,)."""
        return np.asarray(np.bincount(self.person[: len(of_pairs)], of_pairs, self.persons))

    def by_host(self, of_cells: Floats) -> Floats:
        """Sums by host, (hosts,), of a column by cell or by pair."""
        return np.asarray(np.bincount(self.host_of_cell[: len(of_cells)], of_cells, HOSTS))

    def positions(self, wider: Reach) -> tuple[NDArray[Any], NDArray[Any]]:
        """Where these pairs and these cells are within a wider reach."""
        number = np.cumsum(wider.within.ravel()) - 1
        pairs = number[self.person * HOSTS + self.host]
        together = wider.together.start + pairs[: self.shared]
        return pairs, np.concatenate([pairs, together])


def part_of(part: Floats, whole: Floats) -> Floats:
    """part / whole, and nothing where there is nobody."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
