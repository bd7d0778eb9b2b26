"""What the sources observed, and whether a run gives the same when it is counted as they did."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from math import isnan
from pathlib import Path
from typing import Literal, cast

import pandas as pd

from abm.errors import InputError, unknown
from abm.study import observed
from abm.study.observed import Process
from abm.study.readings import Tables, last_day

FILE = Path(__file__).resolve().parents[1] / "data" / "targets.csv"
ID = re.compile(r"T[1-9]\d?(\.[1-9])?")
SOURCE = re.compile(r"S[0-4]|[SWM]\d{3}")

Rule = Literal["all", "any"]
Evidence = Literal["low", "middle", "high"]


@dataclass(frozen=True)
class Target:
    """One part of a target: what was observed, when, by whom, and how it is read from a run.

    low, high : the observed range in ``unit``; None where it is open
    date_from, date_to : first and last day that the source speaks of
    days_after : how many days after date_to the source must have waited to count
    source : ids of facts.csv or of the seeds; counts : what the source counts
    process : the function of `abm.study.observed`; None where no outcome covers it yet
    host : the host that the process reads; empty where it reads groups of its own
    rule : "all" parts of the target must hold, or "any" one of the parts so marked
    used_to_set : the parameter or lever that this figure set, so that it is no hit; "shown" where
        it is no observation; or empty
    evidence : the only evidence scenario in which the figure is expected; or None
    """

    id: str
    what: str
    low: float | None
    high: float | None
    unit: str
    date_from: date
    date_to: date
    days_after: int
    source: str
    counts: str
    host: str
    process: str | None
    rule: Rule
    used_to_set: str
    evidence: Evidence | None
    note: str

    @property
    def whole(self) -> str:
        """The id of the target that this is a part of: T11 for T11.2."""
        return self.id.partition(".")[0]

    @property
    def status(self) -> str:
        """fit, input, shown, set, evidence low/middle/high, or not covered.

        Inputs, and what is shown beside a target but is no observation, are marked so in the file.
        """
        mark = self.used_to_set.partition(":")[0]
        if mark in ("input", "shown"):
            return mark
        if self.used_to_set:
            return "set"
        if self.process is None:
            return "not covered"
        return f"evidence {self.evidence}" if self.evidence else "fit"

    def holds(self, value: float) -> bool:
        """Whether a value lies in the observed range, its ends included; NaN never does."""
        above = self.low is None or value >= self.low
        below = self.high is None or value <= self.high
        return above and below and not isnan(value)

    def seen_by(self, run: Tables) -> bool:
        """Whether the run lasts until all that the source counts has happened."""
        return last_day(run.outcomes) >= self.date_to + timedelta(days=self.days_after)

    def simulate(self, run: Tables) -> float:
        """What the source would have counted in this run; NaN beyond its horizon."""
        if self.process is None or not self.seen_by(run):
            return float("nan")
        return process_named(self.process)(run, self.host, self.date_from, self.date_to)


def process_named(name: str) -> Process:
    """The observation process of this name, a public function of `abm.study.observed`."""
    process = getattr(observed, name, None)
    if name.startswith("_") or getattr(process, "__module__", "") != observed.__name__:
        known = [n for n, f in vars(observed).items() if not n.startswith("_") and callable(f)]
        raise unknown("observation process", name, known, "departures")
    return cast(Process, process)


def load(path: Path = FILE) -> tuple[Target, ...]:
    """The targets of a csv file, checked.

    Raises
    ------
    InputError : a wrong column, id, number, date, source, rule or process; names the row
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns = list(Target.__dataclass_fields__)
        if reader.fieldnames is None or sorted(reader.fieldnames) != sorted(columns):
            raise InputError(f"{path.name}: the columns must be {', '.join(columns)}")
        targets = tuple(_parse(row) for row in reader)
    ids = [target.id for target in targets]
    for twice in sorted({id for id in ids if ids.count(id) > 1}):
        raise InputError(f"target {twice!r} stands twice; give its parts numbers, like T4.1, T4.2")
    return targets


def _parse(row: Mapping[str, str]) -> Target:
    """One row of the file as a target."""
    try:
        target = Target(
            id=row["id"],
            what=row["what"],
            low=float(row["low"]) if row["low"] else None,
            high=float(row["high"]) if row["high"] else None,
            unit=row["unit"],
            date_from=date.fromisoformat(row["date_from"]),
            date_to=date.fromisoformat(row["date_to"]),
            days_after=int(row["days_after"]),
            source=row["source"],
            counts=row["counts"],
            host=row["host"],
            process=row["process"] or None,
            rule=cast(Rule, row["rule"]),
            used_to_set=row["used_to_set"],
            evidence=cast(Evidence, row["evidence"]) if row["evidence"] else None,
            note=row["note"],
        )
    except (TypeError, ValueError) as error:
        raise InputError(
            f"target {row['id']!r}: {error}; numbers like 0.15, dates like 2022-12-31"
        ) from None
    _check(target)
    return target


def _check(target: Target) -> None:
    """Raise InputError at the first thing wrong with a target."""
    low, high = target.low, target.high
    wrong = {
        "its id must be like T4 or T4.1": not ID.fullmatch(target.id),
        "it needs low, high or both, for example 0.1 and 0.2": low is None and high is None,
        "low is above high; for example 0.1 and 0.2": (
            low is not None and high is not None and low > high
        ),
        "date_from is after date_to; for example 2022-02-24 and 2022-12-31": (
            target.date_from > target.date_to
        ),
        "days_after is negative; for example 183": target.days_after < 0,
        "rule must be 'all' or 'any'": target.rule not in ("all", "any"),
        "evidence must be 'low', 'middle', 'high' or empty": (
            target.evidence not in (None, "low", "middle", "high")
        ),
        "source must be ids like 'S017 W015'": not all(
            SOURCE.fullmatch(source) for source in target.source.split() or [""]
        ),
        "what, unit and counts must not be empty": not (
            target.what and target.unit and target.counts
        ),
    }
    for problem in (problem for problem, is_so in wrong.items() if is_so):
        raise InputError(f"target {target.id!r}: {problem}")
    if target.process is not None:
        process_named(target.process)


TARGETS = load()


def evaluate(run: Tables) -> pd.DataFrame:
    """What sources observed beside one run: one row a part of a target.

    Columns: id, what, observed_low, observed_high, unit, simulated, hit, source, status. hit is
    missing where there is nothing to judge: inputs, set by it, not covered, beyond the horizon.
    """
    return evaluate_all([run]).drop(columns="spread")


def evaluate_all(runs: Sequence[Tables]) -> pd.DataFrame:
    """As `evaluate`: simulated is the mean over runs, spread their standard deviation.

    A part is hit when the mean over replicates lies within its range.
    """
    if not runs:
        raise InputError("there is no run to read targets from; for example [abm.run()]")
    return pd.DataFrame([_judge(target, runs) for target in TARGETS]).astype({"hit": "boolean"})


def _judge(target: Target, runs: Sequence[Tables]) -> dict[str, object]:
    """One row of the table of targets."""
    values = pd.Series([target.simulate(run) for run in runs], dtype=float)
    mean = float(values.mean(skipna=False))
    status = target.status
    judged = status == "fit" or status.startswith("evidence")
    if judged and not all(target.seen_by(run) for run in runs):
        status, judged = "beyond the horizon", False
    return {
        "id": target.id,
        "what": target.what,
        "observed_low": float("nan") if target.low is None else target.low,
        "observed_high": float("nan") if target.high is None else target.high,
        "unit": target.unit,
        "simulated": mean,
        "spread": float(values.std(skipna=False)),
        "hit": target.holds(mean) if judged else pd.NA,
        "source": target.source,
        "status": status,
    }


def hits(table: pd.DataFrame, evidence: Evidence = "middle") -> tuple[int, int]:
    """How many whole targets are hit, and of how many.

    A target is hit when all its parts marked "all" are, and one of those marked "any" if it has
    such. Left out are inputs, what was used to set a parameter, what is not covered, what ends
    beyond the horizon, and what belongs to another evidence scenario than the given one.

    table : as given by `evaluate` or `evaluate_all`
    """
    rows = table.set_index("id")
    counted = {"fit", f"evidence {evidence}"}
    judged = []
    for _, group in groupby(TARGETS, key=lambda target: target.whole):
        parts = list(group)
        statuses = [rows.at[part.id, "status"] for part in parts]
        if "beyond the horizon" in statuses:
            continue
        kept = [part for part, status in zip(parts, statuses, strict=True) if status in counted]
        if kept:
            judged.append(_is_hit({part.id: bool(rows.at[part.id, "hit"]) for part in kept}, kept))
    return sum(judged), len(judged)


def _is_hit(hit: Mapping[str, bool], parts: Sequence[Target]) -> bool:
    """Whether a whole target is hit, from its parts' hits by id."""
    either = [hit[part.id] for part in parts if part.rule == "any"]
    return all(hit[part.id] for part in parts if part.rule == "all") and (not either or any(either))


def as_markdown() -> str:
    """The table of docs/targets.md; ``python -m abm.study.targets`` prints it."""
    columns = ("id", "what", "observed", "when", "what the source counts", "source", "status")
    rows = [columns, ("---",) * len(columns), *(_row(target) for target in TARGETS)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _row(target: Target) -> tuple[str, ...]:
    days = dict.fromkeys((target.date_from.isoformat(), target.date_to.isoformat()))
    status = target.status if target.rule == "all" else f"{target.status}, either reading"
    return (
        target.id,
        f"{target.what}. {target.note}",
        f"{_range(target)} {target.unit}",
        " to ".join(days),
        target.counts,
        target.source,
        status,
    )


def _range(target: Target) -> str:
    """The observed range in words."""
    if target.low is None:
        return f"at most {target.high:,.10g}"
    if target.high is None:
        return f"at least {target.low:,.10g}"
    return f"{target.low:,.10g} to {target.high:,.10g}"


if __name__ == "__main__":
    print(as_markdown())
