"""A claim put to the test: effects over parameter points, and a verdict by stated thresholds.

A claim has parts, each an effect with the range in which the claim holds. At one parameter point a
part holds or fails if the whole interval of luck lies within or outside its range, else it is open;
the claim holds where all parts do, and fails where one fails. The verdict is over the points:

- "holds": in at least 90 % of the points that are decided, in each evidence scenario;
- "fails": in at most 10 %, in each evidence scenario;
- "depends on the evidence": one evidence scenario says holds and another fails;
- "depends on NAME": else, if a parameter tells points where it holds from those where it fails
  (`abm.study.dependence`);
- "cannot be told": else; or more than half of the points are open; or fewer than 10 are decided.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from abm.study.contrasts import CONFIDENCE
from abm.study.dependence import Split, best_splits
from abm.study.evidence import EVIDENCE
from abm.study.worlds import Worlds

MOST, FEW = 0.9, 0.1  # shares of decided points from which a claim holds, to which it fails
TOLD, LEAST = 0.5, 10  # share, and number, of points that must be decided
HOLDS, FAILS, OPEN = "holds", "fails", "open"


@dataclass(frozen=True)
class Part:
    """One test of a claim.

    effect : one row a parameter point, one column a replicate
    low, high : the range in which the claim holds, in the unit
    counts : whether the verdict rests on it; else it is shown beside
    """

    what: str
    unit: str
    effect: Callable[[Worlds], pd.DataFrame]
    low: float = -np.inf
    high: float = np.inf
    counts: bool = True


@dataclass(frozen=True)
class Claim:
    """What is claimed, where, how it is tested, and what was put in rather than found."""

    id: str
    title: str
    source: str
    parts: tuple[Part, ...]
    put_in: str
    study: str  # the folder of its study and page


@dataclass(frozen=True, eq=False)
class Judged:
    """A claim, or one part of it, over all parameter points.

    status : holds, fails, open or NaN (no run), by point; shares : of decided points in which it
    holds, "all" and by evidence scenario (NaN where none is decided); effect : at each point, mean
    over replicates (of a part); luck : standard error of it, pooled over points
    """

    what: str
    verdict: str
    status: pd.Series
    shares: dict[str, float]
    splits: tuple[Split, ...]
    effect: pd.Series | None = None
    luck: float = float("nan")

    @property
    def decided(self) -> int:
        """How many points are decided."""
        return int(self.status.isin([HOLDS, FAILS]).sum())


def judge(claim: Claim, worlds: Worlds, evidence: pd.Series) -> tuple[Judged, list[Judged]]:
    """The claim's verdict, and those of its parts.

    evidence : low, middle or high, by parameter point; others belong to none
    """
    parts = [_judge_part(part, worlds, evidence) for part in claim.parts]
    counted = [j for part, j in zip(claim.parts, parts, strict=True) if part.counts]
    table = pd.concat([each.status for each in counted], axis=1)
    status = _status(
        (table == HOLDS).all(axis=1), (table == FAILS).any(axis=1), table.notna().all(axis=1)
    )
    return _judged(claim.title, status, worlds.points, evidence), parts


def _judge_part(part: Part, worlds: Worlds, evidence: pd.Series) -> Judged:
    values = part.effect(worlds)
    status, luck = status_of(values, part.low, part.high)
    found = _judged(part.what, status, worlds.points, evidence)
    mean = values.mean(axis=1)
    return Judged(
        part.what, found.verdict, status, found.shares, found.splits, effect=mean, luck=luck
    )


def status_of(values: pd.DataFrame, low: float, high: float) -> tuple[pd.Series, float]:
    """Holds, fails or open at each point, and the standard error of a point's mean.

    The interval of luck is Student's, with a variance pooled over points. With one replicate it is
    not known, and nothing is open.
    """
    mean, count = values.mean(axis=1), values.count(axis=1)
    spread = values.var(axis=1, ddof=1)
    freedom = float((count - 1).clip(lower=0).sum())
    pooled = float((spread * (count - 1)).sum() / freedom) if freedom else 0.0
    error = (pooled / count.clip(lower=1)) ** 0.5
    half = error * float(stats.t.ppf(0.5 + CONFIDENCE / 2, freedom) if freedom else 0.0)
    holds = (mean - half >= low) & (mean + half <= high)
    fails = (mean + half < low) | (mean - half > high)
    luck = float(error.median()) if freedom else float("nan")
    return _status(holds, fails, mean.notna()), luck


def _status(holds: pd.Series, fails: pd.Series, known: pd.Series) -> pd.Series:
    """Holds, fails or open; NaN where nothing is known."""
    told = np.select([~known, fails, holds], ["", FAILS, HOLDS], OPEN)
    return pd.Series(told, holds.index, dtype=object).where(known)


def _judged(what: str, status: pd.Series, points: pd.DataFrame, evidence: pd.Series) -> Judged:
    decided = status[status.isin([HOLDS, FAILS])]
    shares = {"all": _share(decided)}
    for name in EVIDENCE:
        shares[name] = _share(decided[evidence.reindex(decided.index) == name])
    told = len(decided) >= max(LEAST, TOLD * status.notna().sum())
    splits = best_splits(points.loc[decided.index], decided == HOLDS) if told else ()
    return Judged(what, verdict(shares, told, splits), status, shares, splits)


def _share(decided: pd.Series) -> float:
    return float((decided == HOLDS).mean()) if len(decided) else float("nan")


def verdict(shares: dict[str, float], told: bool, splits: tuple[Split, ...]) -> str:
    """The verdict from shares of points in which a claim holds; see above.

    told : whether enough points are decided; splits : parameters that tell points apart
    """
    known = [share for share in shares.values() if not np.isnan(share)]
    if not told or not known:
        return "cannot be told"
    if all(share >= MOST for share in known):
        return HOLDS
    if all(share <= FEW for share in known):
        return FAILS
    by_evidence = [shares[name] for name in EVIDENCE if not np.isnan(shares.get(name, np.nan))]
    if by_evidence and max(by_evidence) >= MOST and min(by_evidence) <= FEW:
        return "depends on the evidence"
    return f"depends on {splits[0].name}" if splits else "cannot be told"
