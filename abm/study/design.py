"""Points of a design: one row a point, one column a factor."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pandas as pd

from abm.errors import InputError
from abm.study.factors import Choice, Design, Factor


def points(design: Design, factors: Sequence[Factor], seed: int) -> pd.DataFrame:
    """The points: column ``point`` from 0 on, then one column a factor, in natural units."""
    if design.method != "grid":
        raise InputError(f'no design {design.method!r} yet. Example: method = "grid"')
    values = []
    for each in factors:
        if isinstance(each, Choice):
            values.append(list(each.values))
        else:
            n = design.levels or 3
            values.append([each.low + (each.high - each.low) * k / (n - 1) for k in range(n)])
    rows = list(product(*values))
    table = pd.DataFrame(rows, columns=[each.name for each in factors])
    table.insert(0, "point", range(len(table)))
    return table
