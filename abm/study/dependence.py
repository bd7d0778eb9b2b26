"""What a claim hangs on: the parameter, and its value, that tells where it holds from where not.

For each parameter the cut that tells best is sought: balanced accuracy, the mean of the shares of
both kinds that lie on their own side. Many parameters and cuts are tried, so the best is held
against the best of shuffled labels (a permutation test of the maximum).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from abm.chance import Floats

ACCURATE = 0.75  # balanced accuracy from which a parameter is said to decide
CHANCE = 0.05  # most that as good a cut may turn up by shuffling
SHUFFLES = 500
SHOWN = 3
SIDE = 3  # points at the least on each side of a cut


@dataclass(frozen=True)
class Split:
    """A cut of a parameter: the claim holds above its value, or below.

    accuracy : balanced, 0.5 to 1; chance : that as good a cut turns up when labels are shuffled
    """

    name: str
    value: float
    above: bool
    accuracy: float
    chance: float

    def told(self) -> str:
        """The cut in words."""
        return f"{self.name} {'above' if self.above else 'below'} {self.value:.3g}"


def best_splits(points: pd.DataFrame, holds: pd.Series, seed: int = 1) -> tuple[Split, ...]:
    """The parameters that decide, the best first, at most three; none where nothing does.

    points : one row a point, one column a parameter; holds : whether the claim does there
    """
    labels = holds.to_numpy(bool)
    varied = [name for name in points if points[name].nunique() > 1]
    if labels.all() or not labels.any() or not varied:
        return ()
    values = points[varied].to_numpy(float)
    order = np.argsort(values, axis=0, kind="stable")
    ranked = np.take_along_axis(values, order, axis=0)
    allowed = _allowed(ranked)
    gain = _gains(labels, order)
    shuffled = np.random.default_rng(seed)
    most = np.array(
        [
            np.abs(np.where(allowed, _gains(shuffled.permutation(labels), order), 0)).max()
            for _ in range(SHUFFLES)
        ]
    )
    found = []
    for k, name in enumerate(varied):
        size = np.where(allowed[:, k], np.abs(gain[:, k]), 0)
        cut = int(size.argmax())
        accuracy = (1 + float(size[cut])) / 2
        chance = float((1 + (most >= size[cut] - 1e-12).sum()) / (1 + SHUFFLES))
        if accuracy >= ACCURATE and chance <= CHANCE:
            value = float((ranked[cut, k] + ranked[cut + 1, k]) / 2)
            found.append(Split(str(name), value, bool(gain[cut, k] < 0), accuracy, chance))
    return tuple(sorted(found, key=lambda each: -each.accuracy)[:SHOWN])


def _gains(labels: np.ndarray, order: np.ndarray) -> Floats:
    """Of every cut of every parameter: share of those that hold, less of the others, below it."""
    ranked = labels[order]
    below = np.cumsum(ranked, axis=0) / labels.sum()
    others = np.cumsum(~ranked, axis=0) / (~labels).sum()
    return np.asarray(below - others)[:-1]


def _allowed(ranked: Floats) -> np.ndarray:
    """Cuts between unequal values with enough points on each side, (points - 1, parameters)."""
    cut = np.arange(1, len(ranked))[:, None]
    wide = (cut >= SIDE) & (len(ranked) - cut >= SIDE)
    return np.asarray((np.diff(ranked, axis=0) > 0) & wide)
