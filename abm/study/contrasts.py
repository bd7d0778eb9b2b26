"""Differences between points: one at a time, between values of a lever, between two points.

Runs of the same replicate are paired: with common seeds they have the same luck, so that the
interval of a difference is far narrower than those of its sides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from abm.errors import InputError
from abm.study.factors import Choice, Factor, Value
from abm.study.measures import complete

CONFIDENCE = 0.95


def swings(points: pd.DataFrame, values: pd.DataFrame, factors: Sequence[Factor]) -> pd.DataFrame:
    """One at a time: how far the outcome goes from the scenario's as each factor alone is changed.

    The first point is the scenario. Columns: factor, value, mean, base (the scenario's mean),
    and those of `difference`.
    """
    rows = []
    base = values.iloc[0]
    for factor in factors:
        changed = points[factor.name].notna() & (points[factor.name] != points[factor.name].iloc[0])
        for row in np.flatnonzero(changed.to_numpy()):
            told = {
                "factor": factor.name,
                "value": points[factor.name].iloc[row],
                "mean": values.iloc[row].mean(),
                "base": base.mean(),
            }
            rows.append({**told, **difference(values.iloc[row], base)})
    return pd.DataFrame(rows)


def between(
    points: pd.DataFrame, values: pd.DataFrame, factor: Choice, base: Value | None = None
) -> pd.DataFrame:
    """Each value of a lever against another (the first, if not said), all else equal.

    Points are paired that differ in this factor alone; a replicate's difference is the mean over
    these pairs, and replicates are paired too. Columns: factor, value, against, pairs, and those
    of `difference`.

    Raises InputError where no two points differ in this factor alone.
    """
    others = [name for name in points.columns if name not in ("point", factor.name)]
    keys = (
        points[others].astype(str).agg("|".join, axis=1) if others else pd.Series("", points.index)
    )
    by_value = {
        value: values[(points[factor.name] == value).to_numpy()].set_axis(
            keys[points[factor.name] == value].to_numpy()
        )
        for value in factor.values
    }
    first = factor.values[0] if base is None else base
    rows = []
    for value in factor.values:
        if value != first:
            if by_value[value].index.intersection(by_value[first].index).empty:
                one, other = (f"{v:g}" if isinstance(v, float) else v for v in (first, value))
                raise InputError(
                    f"no two points of this sweep differ in {factor.name!r} alone ({one} and "
                    f"{other}): a grid has such points. Example: --between point=0,1"
                )
            here, there = _paired(by_value[value], by_value[first])
            told = {"factor": factor.name, "value": value, "against": first, "pairs": len(here)}
            rows.append({**told, **difference(here.mean(), there.mean())})
    return pd.DataFrame(rows)


def _paired(here: pd.DataFrame, there: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The points that both have, by their other factors, and the replicates that these have."""
    both = here.index.intersection(there.index)
    here, there = here.loc[both], there.loc[both]
    part = complete(here - there, fewest=1, what="pairs of points")
    return (
        here.iloc[part.kept, part.replicates],
        there.iloc[part.kept, part.replicates],
    )


def difference(
    here: pd.Series, there: pd.Series, confidence: float = CONFIDENCE
) -> dict[str, float]:
    """The mean difference of two series by replicate; as a row of `differences`."""
    rows = [pd.DataFrame([each.to_numpy()], columns=each.index) for each in (here, there)]
    return dict(differences(rows[0], rows[1], confidence).iloc[0])


def differences(
    here: pd.DataFrame, there: pd.DataFrame, confidence: float = CONFIDENCE
) -> pd.DataFrame:
    """Mean differences of two tables, row by row, with Student's interval over replicates.

    here, there : one column a replicate; only pairs of runs that both have count

    Columns: difference, low, high (in the outcome's unit; low and high are NaN below two
    replicates), replicates (pairs of runs), gain (how many times less variance than with other
    luck on both sides, so how many times fewer runs give the same interval).
    """
    here, there = here.align(there)
    apart = here - there
    unpaired = here.where(apart.notna()).var(axis=1) + there.where(apart.notna()).var(axis=1)
    n, mean, variance = apart.count(axis=1), apart.mean(axis=1), apart.var(axis=1)
    half = stats.t.ppf(0.5 + confidence / 2, (n - 1).clip(lower=1)) * np.sqrt(variance / n)
    return pd.DataFrame(
        {
            "difference": mean,
            "low": mean - half,
            "high": mean + half,
            "replicates": n,
            "gain": unpaired / variance.where(variance > 0),
        }
    )


def luck_share(values: pd.DataFrame) -> float:
    """The part of single runs' variance that comes from luck rather than the point; NaN below two
    replicates, and where nothing varies."""
    within = float(values.var(axis=1, ddof=1).mean())
    between = float(values.mean(axis=1).var()) - within / values.shape[1]
    whole = within + max(between, 0.0)
    return within / whole if whole else float("nan")
