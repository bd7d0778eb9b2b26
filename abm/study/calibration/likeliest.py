"""The likeliest point of each evidence scenario by the twin, beside the centre of its posterior.

The twin has no luck, so its posterior has a maximum that a search can find. Where the centre, which
rests on an emulator of the model, lies far from it in misses, the centre is not trusted.
"""

from __future__ import annotations

import pandas as pd

from abm.chance import Floats
from abm.scenario import Scenario
from abm.study.calibration.data import Data
from abm.study.calibration.pipeline import Fit
from abm.study.calibration.space import Space
from abm.study.identify import Simulate
from abm.study.most_likely import most_likely
from abm.study.progress import Progress
from abm.study.targets import TARGETS
from abm.study.twin import TYPES
from abm.study.twin_points import readings_at

INSIDE = 1e-3  # of the cube, how near to a range's end a search may begin


def by_the_twin(
    fit: Fit, base: Scenario, most: int, progress: Progress | None = None, types: int = TYPES
) -> pd.DataFrame:
    """Search from the centre of each posterior for the point that the twin makes likeliest.

    most : runs of the twin that each search may take; types : households of the twin

    One row an evidence scenario and factor: centre, likeliest (in the factor's unit), at_edge
    (whether the search would have gone beyond the range), and, alike in all rows of an evidence
    scenario, misfit_at_centre and misfit (sums of squared misses, in deviations, priors included),
    runs and found (whether the search ended by itself).
    """
    done = 0

    def run(points: pd.DataFrame) -> pd.DataFrame:
        nonlocal done
        settings = fit.space.of_values(points)
        wanted = [each for each in TARGETS if each.id in fit.every.ids]
        found = readings_at(settings, wanted, scenario=base, types=types)
        done += len(points)
        if progress is not None:
            progress(min(done, of - 1), of)
        return found

    of = most * len(fit.data)
    tables = []
    for name, data in fit.data.items():
        cube = fit.centres[name].clip(INSIDE, 1 - INSIDE)
        centre = fit.space.values(cube[None, :]).iloc[0]
        tables.append(_searched(fit.space, run, data, centre, most).assign(evidence=name))
    if progress is not None:
        progress(of, of)
    table = pd.concat(tables, ignore_index=True)
    return table[["evidence", *(name for name in table if name != "evidence")]]


def _searched(
    space: Space, run: Simulate, data: Data, centre: pd.Series, most: int
) -> pd.DataFrame:
    def misses(found: pd.DataFrame) -> Floats:
        return data.best(found[data.ids].to_numpy(float))

    start = {str(name): float(value) for name, value in centre.items()}
    peak = most_likely(run, space.factors, misses, start, most)
    return pd.DataFrame(
        {
            "factor": space.names,
            "centre": centre.to_numpy(),
            "likeliest": peak.point.to_numpy(),
            "at_edge": [name in peak.at_edge for name in space.names],
            "misfit_at_centre": peak.misfit_at_start,
            "misfit": peak.misfit,
            "runs": peak.evaluations,
            "found": peak.found,
        }
    )
