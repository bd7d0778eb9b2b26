"""From a study to single runs: which ones, in which order, with which ids, in which chunks.

A plan only grows. Its rounds say which points get which replicates; a later round (a larger design,
more replicates, a stopping rule not yet content) comes after the earlier ones, so that chunks keep
their numbers. Within a round, replicates come first: whatever is cut off, all points have equally
many runs, give or take one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from abm.parameters import NAMES
from abm.study.factors import NAMED, SCENARIO, WITHOUT
from abm.study.study_file import Study

Integers = npt.NDArray[np.int64]
Row = dict[str, float | str]
ID_DIGITS = 20  # hexadecimal; 80 bits
MOST_RUNS_A_CHUNK = 64


@dataclass(frozen=True)
class Round:
    """Points that get the replicates from `first` to before `last`; points ascend."""

    points: tuple[int, ...]
    first: int
    last: int

    def as_dict(self) -> dict[str, Any]:
        """Plain values; consecutive points as their first and last."""
        low, high = self.points[0], self.points[-1]
        whole = len(self.points) == high - low + 1
        points = {"from": low, "to": high} if whole else list(self.points)
        return {"points": points, "replicates": [self.first, self.last - 1]}

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Round:
        """The round that `as_dict` wrote."""
        points, (first, last) = given["points"], given["replicates"]
        if isinstance(points, Mapping):
            points = range(points["from"], points["to"] + 1)
        return cls(tuple(points), first, last + 1)

    @property
    def runs(self) -> int:
        return len(self.points) * (self.last - self.first)


@dataclass(frozen=True)
class PlannedRun:
    """One run before it is run.

    id: hash of all that makes its result; factors: the point's values by name, without those that
    it leaves as the scenario has them.
    """

    id: str
    point: int
    replicate: int
    seed: int
    factors: Row


@dataclass(frozen=True, eq=False)
class Plan:
    """The runs of a study.

    points: one row a point, column ``point`` and one a factor; chunk: runs in a part, at most;
    made_by: hashes of the model's code and data, which the ids stand on.
    """

    study: Study
    points: pd.DataFrame
    rounds: tuple[Round, ...]
    chunk: int
    made_by: tuple[str, str]

    def __len__(self) -> int:
        return sum(each.runs for each in self.rounds)

    @cached_property
    def _first_chunks(self) -> list[int]:
        """The first chunk of each round, and one past the last."""
        counts = [-(-each.runs // self.chunk) for each in self.rounds]
        return [0, *np.cumsum(counts, dtype=int).tolist()]

    @property
    def factors(self) -> list[str]:
        """Names of what varies."""
        return [str(name) for name in self.points.columns[1:]]

    @property
    def chunks(self) -> int:
        """How many there are."""
        return self._first_chunks[-1]

    def size(self, chunk: int) -> int:
        """Runs in a chunk."""
        number, start = self._locate(chunk)
        return min(self.chunk, self.rounds[number].runs - start)

    def runs_of(self, chunk: int) -> list[PlannedRun]:
        """The runs of one chunk, in order."""
        number, start = self._locate(chunk)
        each = self.rounds[number]
        places = range(start, start + self.size(chunk))
        return [
            self.run(each.points[place % len(each.points)], each.first + place // len(each.points))
            for place in places
        ]

    def run(self, point: int, replicate: int) -> PlannedRun:
        """One run of the plan."""
        seed = self._seed(point)
        return PlannedRun(self._id(point, replicate), point, replicate, seed, self._rows[point])

    def _locate(self, chunk: int) -> tuple[int, int]:
        """The round of a chunk, and where in it the chunk starts."""
        if not 0 <= chunk < self.chunks:
            raise IndexError(f"no chunk {chunk}; there are {self.chunks}")
        number = int(np.searchsorted(self._first_chunks, chunk, side="right")) - 1
        return number, (chunk - self._first_chunks[number]) * self.chunk

    def table(self) -> pd.DataFrame:
        """Every run, in order: run, point, replicate, chunk."""
        points = [
            np.tile(np.array(r.points, dtype=np.int64), r.last - r.first) for r in self.rounds
        ]
        replicates = [
            np.repeat(np.arange(each.first, each.last), len(each.points)) for each in self.rounds
        ]
        chunks = [
            first + np.arange(each.runs) // self.chunk
            for first, each in zip(self._first_chunks, self.rounds, strict=False)
        ]
        point, replicate = np.concatenate(points), np.concatenate(replicates)
        ids = [self._id(p, r) for p, r in zip(point.tolist(), replicate.tolist(), strict=True)]
        columns = {"run": ids, "point": point, "replicate": replicate}
        return pd.DataFrame({**columns, "chunk": np.concatenate(chunks)})

    def planned_replicates(self) -> Integers:
        """How many replicates each point has so far."""
        return replicates_in(self.rounds, len(self.points))

    @cached_property
    def _rows(self) -> list[Row]:
        """The factors' values of each point, without those left as the scenario has them."""
        names = self.factors
        return [
            {name: value for name, value in zip(names, values, strict=True) if value is not None}
            for values in plain_rows(self.points[names])
        ]

    @cached_property
    def _digests(self) -> dict[str, str]:
        """A hash of each base scenario."""
        return {
            name: _hash(_canonical(_what_acts(scenario.as_dict())))
            for name, scenario in self.study.scenarios.items()
        }

    @cached_property
    def _values(self) -> dict[str, dict[str, float]]:
        return {name: asdict(s.parameters) for name, s in self.study.scenarios.items()}

    @cached_property
    def _point_hashes(self) -> dict[int, Any]:
        return {}

    def _id(self, point: int, replicate: int) -> str:
        digest = self._point_hash(point).copy()
        code, data = self.made_by
        digest.update(f"\0{code}\0{data}\0{self._seed(point)}\0{replicate}".encode())
        return str(digest.hexdigest()[:ID_DIGITS])

    def _seed(self, point: int) -> int:
        """The study's; or, with independent seeds, one for what the point is, not where it is.

        Other code or data draw the same, so that results differ by what was changed alone.
        """
        if self.study.seeds == "common":
            return self.study.seed
        digest = self._point_hash(point).copy()
        digest.update(f"\0seed\0{self.study.seed}".encode())
        return int(digest.hexdigest()[:15], 16)

    def _point_hash(self, point: int) -> Any:
        """Hash of a scenario with a point's settings, those left out that change nothing."""
        if point not in self._point_hashes:
            row = self._rows[point]
            name = str(row.get(SCENARIO, next(iter(self.study.scenarios))))
            off = sorted(filter(None, str(row.get(WITHOUT, "")).split("+")))
            base = {} if off else self._values[name]
            settings = sorted(
                [key, repr(float(value))]
                for key, value in row.items()
                if key not in NAMED and not (key in NAMES and base.get(key) == value)
            )
            text = f"{self._digests[name]}\0{_canonical([off, settings])}"
            self._point_hashes[point] = hashlib.sha256(text.encode())
        return self._point_hashes[point]


def plain_rows(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    """The rows of a table as tuples of numbers and texts, with None for what is missing."""
    objects = table.astype(object)
    return list(objects.where(objects.notna(), None).itertuples(index=False, name=None))


def rounds_until(have: Integers, target: Integers) -> tuple[Round, ...]:
    """Rounds by which each point gets from the replicates that it has to its target, fewest first.

    have, target : replicates of each point
    """
    rounds: list[Round] = []
    for replicate in range(int(target.max(initial=0))):
        points = tuple(np.flatnonzero((have <= replicate) & (replicate < target)).tolist())
        if not points:
            continue
        if rounds and rounds[-1].points == points and rounds[-1].last == replicate:
            rounds[-1] = Round(points, rounds[-1].first, replicate + 1)
        else:
            rounds.append(Round(points, replicate, replicate + 1))
    return tuple(rounds)


def replicates_in(rounds: Sequence[Round], points: int) -> Integers:
    """How many replicates each point has in rounds."""
    have = np.zeros(points, dtype=np.int64)
    for each in rounds:
        have[list(each.points)] = each.last
    return have


def chunk_size(study: Study, runs: int) -> int:
    """Runs in a part: as the study says, else few where runs are long or not many.

    A part is what is lost when a worker dies, and what a worker is given at a time.
    """
    if study.chunk is not None:
        return study.chunk
    scale = min(scenario.scale for scenario in study.scenarios.values())
    return max(1, min(MOST_RUNS_A_CHUNK, scale // 50, runs // 32))


def _what_acts(scenario: dict[str, Any]) -> dict[str, Any]:
    """What of a scenario makes a run's result, beside its seed and replicate."""
    dropped = ("name", "title", "seed", "replicate")
    acts = {key: value for key, value in scenario.items() if key not in dropped}
    acts["events"] = [
        {key: value for key, value in event.items() if key not in ("source", "note")}
        for event in acts["events"]
    ]
    if acts["population"]:
        acts["population"] = acts["population"]["sha256"]
    return acts


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _hash(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
