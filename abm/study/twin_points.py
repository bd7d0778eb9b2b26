"""The twin at many points of its parameters: readings, further figures and conclusions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from abm.study import twin, twin_readings
from abm.study.observables import CONCLUSIONS, Conclusion, Observable, observables
from abm.study.target import Target
from abm.study.targets import TARGETS

Progress = Callable[[int, int], None]


def readings_at(
    points: pd.DataFrame,
    targets: Sequence[Target] = TARGETS,
    progress: Progress | None = None,
    **run: Any,
) -> pd.DataFrame:
    """What sources would have counted at each point, one row a point, one column a target.

    points : settings, one column a parameter or lever as `abm.run(set=...)` takes them; run : the
    other arguments of `twin.run`; progress : called with points done and in all
    """
    rows = []
    for number, (_, settings) in enumerate(points.iterrows()):
        found = twin.run(**{**run, "set": _joined(run, settings)})
        rows.append(twin_readings.readings(found, targets))
        if progress is not None:
            progress(number + 1, len(points))
    return pd.DataFrame(rows, index=points.index)


def quantities_at(
    points: pd.DataFrame,
    targets: Sequence[Target] = TARGETS,
    further: Sequence[Observable] | None = None,
    conclusions: Sequence[Conclusion] = CONCLUSIONS,
    progress: Progress | None = None,
    **run: Any,
) -> pd.DataFrame:
    """As `readings_at`, and by their ids further figures, and conclusions by what they say.

    A conclusion on a scenario is what that changes, so that scenario is run at each point as well.
    """
    further = observables() if further is None else further
    others = list(dict.fromkeys(each.scenario for each in conclusions if each.scenario))
    rows = []
    for number, (_, settings) in enumerate(points.iterrows()):
        given = {**run, "set": _joined(run, settings)}
        base = twin.run(**given)
        runs = {name: twin.run(**{**given, "scenario": name}) for name in others}
        row = twin_readings.readings(base, targets).to_dict()
        row |= {each.id: each.quantity.of(base) for each in further}
        for each in conclusions:
            value = each.quantity.of(runs[each.scenario] if each.scenario else base)
            row[each.what] = value - (each.quantity.of(base) if each.scenario else 0.0)
        rows.append(row)
        if progress is not None:
            progress(number + 1, len(points))
    return pd.DataFrame(rows, index=points.index)


def _joined(run: Mapping[str, Any], settings: pd.Series) -> dict[str, float]:
    """What all points share and what this one sets."""
    return {**(run.get("set") or {}), **settings.to_dict()}
