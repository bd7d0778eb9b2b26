"""What the sources observed, and whether a run gives the same when it is counted as they did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from math import isnan
from pathlib import Path

import pandas as pd

from abm.errors import InputError
from abm.study import markdown
from abm.study.readings import Tables
from abm.study.target import FILE, Evidence, Target, load

__all__ = ["FILE", "TARGETS", "Target", "chosen", "evaluate", "evaluate_all", "hits", "load"]

TARGETS = load()


def chosen(file: str | Path | None) -> tuple[Target, ...]:
    """The packaged targets, or those of a file of one's own; InputError as in `load`."""
    return TARGETS if file is None else load(Path(file))


def evaluate(run: Tables, file: str | Path | None = None) -> pd.DataFrame:
    """What sources observed beside one run: one row a part of a target.

    file : targets of one's own (docs/your-own-targets.md) in place of the packaged ones

    Columns: id, what, observed_low, observed_high, unit, simulated, hit, source, status. hit is
    missing where there is nothing to judge: inputs, set by it, not covered, beyond the horizon,
    nobody to count.
    """
    return evaluate_all([run], file).drop(columns="spread")


def evaluate_all(runs: Sequence[Tables], file: str | Path | None = None) -> pd.DataFrame:
    """As `evaluate`: simulated is the mean over runs, spread their standard deviation.

    A part is hit when the mean over replicates lies within its range.
    """
    if not runs:
        raise InputError("there is no run to read targets from; for example [abm.run()]")
    rows = [_judge(target, runs) for target in chosen(file)]
    return pd.DataFrame(rows).astype({"hit": "boolean"})


def _judge(target: Target, runs: Sequence[Tables]) -> dict[str, object]:
    """One row of the table of targets."""
    seen = all(target.seen_by(run) for run in runs)
    return judged(target, [target.simulate(run) for run in runs], seen)


def judged(target: Target, readings: Sequence[float], seen: bool) -> dict[str, object]:
    """One row of the table of targets, from its readings; seen: whether the runs last so long."""
    values = pd.Series(readings, dtype=float)
    mean = float(values.mean(skipna=False))
    status = target.status
    judged = status == "fit" or status.startswith("evidence")
    if judged and not seen:
        status, judged = "beyond the horizon", False
    elif judged and isnan(mean):
        status, judged = "no value", False
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


COUNTED_AS = {
    "stock_abroad": "people",
    "permit_holders": "permits",
    "tax_numbers": "tax numbers",
}


STOCKS = ("id", "host", "date", "low", "high", "counts")


def observed_stocks(file: str | Path | None = None, own_people: bool = False) -> pd.DataFrame:
    """What sources counted in a place on a day: id, host, date, low, high, counts.

    counts: people, or what stands for them (permits, tax numbers); an open end is NaN.

    file : targets of one's own; own_people : of whom the packaged targets do not speak
    """
    rows = [
        (
            target.id,
            target.host,
            pd.Timestamp(target.date_to),
            float("nan") if target.low is None else target.low,
            float("nan") if target.high is None else target.high,
            COUNTED_AS[target.process],
        )
        for target in (() if own_people and file is None else chosen(file))
        if target.process in COUNTED_AS
    ]
    return pd.DataFrame(rows, columns=list(STOCKS))


def hits(
    table: pd.DataFrame, evidence: Evidence = "middle", file: str | Path | None = None
) -> tuple[int, int]:
    """How many whole targets are hit, and of how many.

    A target is hit when all its parts marked "all" are, and one of those marked "any" if it has
    such. Left out are inputs, what was used to set a parameter, what is not covered, what ends
    beyond the horizon, and what belongs to another evidence scenario than the given one.

    table : as given by `evaluate` or `evaluate_all`, for the same file
    """
    rows = table.set_index("id")
    counted = {"fit", f"evidence {evidence}"}
    judged = []
    for _, group in groupby(chosen(file), key=lambda target: target.whole):
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
    """The table of docs/targets.md; ``python -m abm.study.targets`` prints both."""
    columns = ("id", "what", "observed", "when", "what the source counts", "source", "status")
    return markdown.table(columns, (_row(target) for target in TARGETS))


def trust_as_markdown() -> str:
    """The second table of docs/targets.md: how far each figure is trusted, and why."""
    columns = ("id", "value", "of the figure", "of what it counts", "weight", "why")
    rows = []
    for target in TARGETS:
        numbers = (target.value, target.observation_sd, target.discrepancy_sd, target.weight)
        shown = ["" if each is None else f"{each:,.10g}" for each in numbers]
        rows.append((target.id, *shown, target.reason))
    return markdown.table(columns, rows)


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
    print(as_markdown(), trust_as_markdown(), sep="\n\n")
