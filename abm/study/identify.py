"""What data can tell of parameters: directions they inform, trade-offs, and what would tell more.

All of it is linear about one point: a quantity moves by J per prior standard deviation of each
factor, data bind their quantities with known deviations, and the prior is normal with its own.
Then the information is F = Σ J J' / deviation², and the posterior covariance (1 + F)⁻¹, in prior
standard deviations. An eigenvector of F is a direction: a combination of factors of which the data
leave 1 / (1 + λ) of the prior's variance. It is called informed when that is less than half.

A range that is even over an interval is read as normal of the same deviation, and far from the
point the derivatives may be others: docs/identifiability.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from abm.chance import Floats
from abm.errors import InputError
from abm.study import design
from abm.study.factors import Uncertainty, uncertainty
from abm.study.target import Evidence, Target
from abm.study.targets import TARGETS

# The behavioural parameters marked for calibration in the model's description.
CALIBRATED = (
    "consumption_weight", "mobilisation_weight", "repression_weight", "insecurity_weight",
    "diaspora_weight", "leaning_weight", "cost_of_leaving", "cost_of_onward_move",
    "cost_of_return", "attachment_spread", "risk_decay_per_month", "strictness_to_refusal",
)  # fmt: skip
STEP = 0.2  # prior standard deviations, to either side

Simulate = Callable[[pd.DataFrame], pd.DataFrame]  # points in natural units to quantities, by row


def calibrated() -> tuple[Uncertainty, ...]:
    """The parameters marked for calibration, with their prior ranges."""
    return tuple(uncertainty(name, "prior") for name in CALIBRATED)


def deviations(evidence: Evidence, targets: Sequence[Target] = TARGETS) -> pd.Series:
    """Standard deviations of the targets that bind in an evidence scenario, by id.

    "At most" and "at least" bind on one side and then only near their end, so they are left out; of
    two readings of one figure the first is taken.
    """
    bound = [each for each in targets if each.weight > 0 and each.value is not None]
    bound = [each for each in bound if each.evidence in (None, evidence) and each.process]
    first = {each.whole: each.id for each in reversed(bound) if each.rule == "any"}
    kept = [each for each in bound if each.rule == "all" or first[each.whole] == each.id]
    return pd.Series({each.id: each.sd for each in kept}, dtype=float)


def prior_sd(factor: Uncertainty) -> float:
    """Standard deviation of a factor's prior, in its unit."""
    quantiles = (np.arange(2000) + 0.5) / 2000
    return float(np.std(design.at(factor, quantiles).astype(float)))


def jacobian(
    simulate: Simulate,
    factors: Sequence[Uncertainty],
    at: Mapping[str, float],
    step: float = STEP,
) -> pd.DataFrame:
    """Change of every quantity per prior standard deviation of every factor, about a point.

    By central differences; where the range ends, to one side. One row a quantity, one column a
    factor. at : the factors' values, in their units

    Raises InputError where a factor has no value, or one out of its range.
    """
    rows, widths = [], []
    for factor in factors:
        value = at.get(factor.name)
        if value is None or not factor.low <= value <= factor.high:
            raise InputError(
                f"factor {factor.name!r} needs a value from {factor.low:g} to {factor.high:g}, not "
                f"{value}. Example: {factor.name} = {(factor.low + factor.high) / 2:g}"
            )
        sd = prior_sd(factor)
        ends = [max(factor.low, value - step * sd), min(factor.high, value + step * sd)]
        rows += [{**at, factor.name: end} for end in ends]
        widths.append((ends[1] - ends[0]) / sd)
    found = simulate(pd.DataFrame(rows))
    values = found.to_numpy(float)
    slopes = (values[1::2] - values[::2]) / np.array(widths)[:, None]
    return pd.DataFrame(slopes.T, index=found.columns, columns=[f.name for f in factors])


@dataclass(frozen=True, eq=False)
class Information:
    """What data tell of factors.

    jacobian : of the data's quantities, per prior standard deviation; one row each
    sd : standard deviations of the data about their quantities, by the same index
    """

    jacobian: pd.DataFrame
    sd: pd.Series

    @property
    def factors(self) -> list[str]:
        return list(self.jacobian.columns)

    @cached_property
    def matrix(self) -> Floats:
        """F, in prior standard deviations, (factors, factors)."""
        scaled = self.jacobian.to_numpy(float) / self.sd.to_numpy(float)[:, None]
        return np.asarray(scaled.T @ scaled)

    @cached_property
    def covariance(self) -> pd.DataFrame:
        """Of the posterior, in prior standard deviations."""
        inverse = np.linalg.inv(np.eye(len(self.factors)) + self.matrix)
        return pd.DataFrame(inverse, self.factors, self.factors)

    @cached_property
    def directions(self) -> pd.DataFrame:
        """One row an eigen-direction, the best informed first.

        information : λ, the prior's variance over the data's; variance_left : 1 / (1 + λ);
        informed : whether that is less than half; then one column a factor, the direction's parts.
        """
        values, vectors = np.linalg.eigh(self.matrix)
        order = np.argsort(values)[::-1]
        values, vectors = np.maximum(values[order], 0.0), vectors[:, order]
        vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), range(len(values))])
        table = pd.DataFrame({"information": values, "variance_left": 1.0 / (1.0 + values)})
        table["informed"] = table["variance_left"] < 0.5
        parts = pd.DataFrame(vectors.T, columns=self.factors)
        return table.join(parts).rename_axis("direction")

    @property
    def informed(self) -> int:
        """How many directions are informed."""
        return int(self.directions["informed"].sum())

    @cached_property
    def parameters(self) -> pd.DataFrame:
        """By factor: variance_left of its prior's, and best_told_by, the datum that alone would
        leave the least of it."""
        left = np.diag(self.covariance)
        alone = (self.jacobian.div(self.sd, axis=0) ** 2).fillna(0.0)
        best = alone.idxmax().where(alone.max() > 0)
        table = pd.DataFrame({"variance_left": left, "best_told_by": best}, index=self.factors)
        return table.sort_values("variance_left").rename_axis("factor")

    @cached_property
    def trade_offs(self) -> pd.DataFrame:
        """Pairs of factors that the data hold together, by the size of their correlation."""
        sd = np.sqrt(np.diag(self.covariance))
        correlation = self.covariance.to_numpy() / np.outer(sd, sd)
        one, other = np.triu_indices(len(sd), 1)
        table = pd.DataFrame(
            {
                "factor": np.array(self.factors)[one],
                "other": np.array(self.factors)[other],
                "correlation": correlation[one, other],
            }
        )
        order = table["correlation"].abs().sort_values(ascending=False, kind="stable").index
        return table.loc[order].reset_index(drop=True)

    def sd_of(self, conclusions: pd.DataFrame) -> pd.Series:
        """Standard deviations that the posterior leaves to conclusions, by their Jacobian."""
        slopes = conclusions[self.factors].to_numpy(float)
        variance = np.einsum("ij,jk,ik->i", slopes, self.covariance.to_numpy(), slopes)
        return pd.Series(np.sqrt(variance), conclusions.index, name="sd")

    def and_also(self, jacobian: pd.DataFrame, sd: pd.Series) -> Information:
        """The information of these data and some more."""
        both = pd.concat([self.jacobian, jacobian[self.factors]])
        return Information(both, pd.concat([self.sd, sd]))


def information(jacobian: pd.DataFrame, sd: pd.Series) -> Information:
    """What data tell of the factors of a Jacobian.

    sd : by quantity; those without one, or with no derivative, are left out

    Raises InputError where nothing is left.
    """
    known = jacobian.notna().all(axis=1) & (sd.reindex(jacobian.index) > 0)
    known &= np.isfinite(sd.reindex(jacobian.index))
    if not known.any():
        raise InputError(
            "no quantity has both derivatives and a deviation, so the data tell nothing. "
            "Example: run until 2024-12-31"
        )
    return Information(jacobian[known], sd.reindex(jacobian.index)[known])


def value_of_information(
    known: Information, candidates: pd.DataFrame, sd: pd.Series, conclusions: pd.DataFrame
) -> pd.DataFrame:
    """By how much each further observation would narrow each conclusion.

    candidates, conclusions : Jacobians; sd : of each candidate, as it would be measured

    One row a candidate and conclusion, the most telling first: sd_now, sd_then, narrowed, the share
    of the deviation that goes.
    """
    now = known.sd_of(conclusions)
    rows = []
    for name in candidates.index:
        then = known.and_also(candidates.loc[[name]], sd.loc[[name]]).sd_of(conclusions)
        for conclusion in conclusions.index:
            rows.append((name, conclusion, now[conclusion], then[conclusion]))
    table = pd.DataFrame(rows, columns=["candidate", "conclusion", "sd_now", "sd_then"])
    table["narrowed"] = 1.0 - table["sd_then"] / table["sd_now"].where(table["sd_now"] > 0)
    order = table["narrowed"].fillna(0.0).sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)
