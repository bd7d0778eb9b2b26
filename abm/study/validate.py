"""Predicted beside observed: figures that no fit has seen, scored beside three baselines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from abm import scenario as scenarios
from abm.chance import Floats
from abm.errors import InputError
from abm.scenario import Scenario
from abm.study import baselines, facts, runner, scores
from abm.study.facts import Fact
from abm.study.progress import Progress
from abm.study.results import Run

PREDICTORS = ("model", "persistence", "gravity", "no feedbacks")
SIMULATED = ("model", "no feedbacks")


@dataclass(frozen=True, eq=False)
class Validation:
    """Facts beside what the model predicts.

    table : one row a fact; id, outcome, host, date_from, date_to, unit, observed, observed_low,
        observed_high, then of each predictor its prediction, and of those simulated their _low and
        _high (central 90 % over runs) and of each its _crps, in the fact's unit
    scores : one row a predictor; facts (how many it predicts), relative_crps (mean over these of
        CRPS over the observed size), model_on_same (the model's on the same facts), coverage (share
        of facts in the 90 % interval)
    """

    table: pd.DataFrame
    scores: pd.DataFrame

    def _repr_html_(self) -> str:
        return "".join(each.to_html(index=False, border=0) for each in (self.table, self.scores))


def validate(
    source: str | Path | pd.DataFrame,
    scenario: str | Path | Scenario = "war-years",
    *,
    replicates: int = 10,
    progress: Progress | None = None,
    **changes: Any,
) -> Validation:
    """Predict the figures of a table of facts, and score the prediction.

    Parameters
    ----------
    source : a CSV file or a table of the shape of docs/validate.md
    replicates : runs of the model, and as many of the model without feedbacks
    progress : called with the runs done and the runs in all
    changes : scale, seed, until, set, without and so on, as in `abm.run`

    Raises
    ------
    InputError : a wrong row, scenario or setting, before anything runs
    """
    if replicates < 2:
        raise InputError(f"replicates: {replicates} leaves no interval; for example 10")
    resolved = scenarios.load(scenario, **changes)
    found = facts.read(source, resolved.until)
    return of_scenarios(found, [resolved], replicates, progress=progress)


def of_scenarios(
    found: Sequence[Fact],
    worlds: Sequence[Scenario],
    replicates: int,
    *,
    known: Iterable[Fact] | None = None,
    progress: Progress | None = None,
) -> Validation:
    """As `validate`, for one resolved scenario or several, such as the points of a posterior.

    replicates : runs in all, shared out among the scenarios in turn, each of other luck
    known : earlier figures for persistence; the facts themselves and the targets if not said
    """
    in_all = 2 * replicates
    counted = 0

    def one(world: Scenario, replicate: int) -> Run:
        nonlocal counted
        run = runner.run(world, replicate=replicate)
        counted += 1
        if progress is not None:
            progress(counted, in_all)
        return run

    draws: dict[str, Floats] = {}
    runs = [one(worlds[k % len(worlds)], k) for k in range(replicates)]
    draws["model"] = _readings(found, runs)
    quiet = [
        baselines.without_feedbacks(world, baselines.departures_early(run))
        for world, run in zip(worlds, runs, strict=False)  # the first run of each
    ]
    quiet_runs = [one(quiet[k % len(quiet)], k) for k in range(replicates)]
    draws["no feedbacks"] = _readings(found, quiet_runs)
    earlier = list(known) if known is not None else [*baselines.packaged_figures(), *found]
    draws["persistence"] = np.array([[baselines.persistence(each, earlier)] for each in found])
    draws["gravity"] = np.array([[baselines.gravity(each)] for each in found])
    return compared(found, draws)


def compared(found: Sequence[Fact], draws: Mapping[str, Floats]) -> Validation:
    """Facts beside draws of each predictor, shape (facts, draws)."""
    columns: dict[str, object] = {
        name: [getattr(each, name) for each in found]
        for name in ("id", "outcome", "host", "date_from", "date_to", "unit")
    }
    centre = np.array([each.centre for each in found])
    columns |= {
        "observed": centre,
        "observed_low": [each.low for each in found],
        "observed_high": [each.high for each in found],
    }
    for name in PREDICTORS:
        x = draws[name]
        columns[name] = x.mean(axis=1)
        if name in SIMULATED:
            ends = np.array([scores.interval(row) for row in x])
            columns[f"{name}_low"], columns[f"{name}_high"] = ends[:, 0], ends[:, 1]
        columns[f"{name}_crps"] = [scores.crps(x[k], centre[k]) for k in range(len(found))]
    table = pd.DataFrame(columns)
    return Validation(table, _scores(table))


def _scores(table: pd.DataFrame) -> pd.DataFrame:
    size = table["observed"].abs().replace(0, np.nan)
    relative = {name: table[f"{name}_crps"] / size for name in PREDICTORS}
    rows = []
    for name in PREDICTORS:
        scored = relative[name].notna() & relative["model"].notna()
        row: dict[str, object] = {"predictor": name, "facts": int(scored.sum())}
        row["relative_crps"] = relative[name][scored].mean()
        row["model_on_same"] = relative["model"][scored].mean()
        ends = [table.get(f"{name}_{end}", table["observed"] * np.nan) for end in ("low", "high")]
        arrays = [each.to_numpy(float) for each in (*ends, table["observed"])]
        row["coverage"] = scores.coverage(arrays[0], arrays[1], arrays[2])
        rows.append(row)
    return pd.DataFrame(rows)


def _readings(found: Sequence[Fact], runs: Sequence[Run]) -> Floats:
    return np.array([[each.read(run) for run in runs] for each in found])
