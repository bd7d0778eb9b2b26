"""What a calibration leaves: its posterior, its centres run anew, the check, provenance."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from abm import scenario as scenarios
from abm.chance import Floats
from abm.errors import InputError
from abm.study import parts, runner, store, study_file, targets
from abm.study.calibration import folder as folders
from abm.study.calibration import likeliest, pipeline, posterior, prediction, recovery
from abm.study.calibration.folder import Folder
from abm.study.calibration.pipeline import Fit
from abm.study.calibration.settings import Calibration
from abm.study.calibration.space import luck
from abm.study.engines import Engine
from abm.study.evidence import EVIDENCE
from abm.study.twin_points import readings_at
from abm.study.validate import Validation

LIKELIEST, BY_TWIN = "likeliest.csv", "recovery-twin.csv"
DRAWS = 100  # of each posterior, equally likely
CENTRE = 0  # the number of the row that is the centre; draws are 1 and on


@dataclass(frozen=True, eq=False)
class Calibrated:
    """A finished calibration.

    draws : evidence, draw (0 the centre), then one column a setting
    factors : evidence, factor, prior_low, prior_high, centre, low, median, high, shrinkage, status
    targets : evidence, then as of `abm.run`: each target beside replicates at the centre; then
    at_draws, spread_of_draws, foretold, spread_foretold, as in `_targets`
    recovery : as `recovery.summary`; None where it was left out
    likeliest : as `likeliest.by_the_twin`; None where it was left out
    prediction : of figures known later, by evidence scenario; empty where all were fitted
    """

    folder: Path
    fit: Fit
    draws: pd.DataFrame
    factors: pd.DataFrame
    targets: pd.DataFrame
    recovery: pd.DataFrame | None
    likeliest: pd.DataFrame | None
    prediction: Mapping[str, Validation]

    def hits(self) -> dict[str, tuple[int, int]]:
        """How many targets each centre hits, and of how many, by evidence scenario."""
        return {
            str(name): targets.hits(part.drop(columns="evidence"), name)  # type: ignore[arg-type]
            for name, part in self.targets.groupby("evidence", sort=False)
        }


def calibrate(
    calibration: Calibration,
    out: str | Path,
    *,
    on: str | Engine = "local",
    workers: int | None = None,
    progress: folders.Progress | None = None,
) -> Calibrated:
    """Run what is not yet done of a calibration, and write its results.

    Raises
    ------
    InputError : the folder holds something else; too few runs come near the data
    OutputError : the folder cannot be written. What is done is kept
    """
    path = folders.opened(out, calibration)
    stages = Folder(path, calibration, on, workers, progress)
    amounts = calibration.amounts
    data = pipeline.data_of(calibration.known_by)
    fit = pipeline.run(stages, calibration.space, data, amounts, calibration.seed)
    draws = _draws(calibration, fit)
    factors = _factors(calibration, fit)
    seen = _targets(calibration, fit, draws, progress)
    checked = None
    if amounts.recovery:
        found = recovery.check(fit, data["middle"], amounts.recovery, calibration.seed)
        checked = recovery.summary(found)
        folders.write_csv(path, "recovery.csv", found)
        folders.write_csv(path, "recovery-summary.csv", checked)
    if amounts.twin_recovery:
        by_twin = _recovery_by_twin(calibration, path, fit, progress)
        folders.write_csv(path, "recovery-twin-summary.csv", recovery.summary(by_twin))
    folders.write_csv(path, "foretold.csv", pipeline.foretold(fit))
    if fit.influence is not None:
        folders.write_csv(path, "screen.csv", fit.influence)
    for name, table in {"draws": draws, "factors": factors, "targets": seen}.items():
        folders.write_csv(path, f"{name}.csv", table)
    predicted: dict[str, Validation] = {}
    if calibration.known_by < calibration.until:
        predicted = prediction.predict(
            base_scenario(calibration), draws, calibration.known_by, progress=_named(progress)
        )
    if predicted:
        table, scores = prediction.joined(predicted)
        folders.write_csv(path, "prediction.csv", table)
        folders.write_csv(path, "prediction-scores.csv", scores)
    searched = _likeliest(calibration, path, fit, progress) if amounts.twin else None
    result = Calibrated(path, fit, draws, factors, seen, checked, searched, predicted)
    _write_about(result, calibration)
    return result


def _named(progress: folders.Progress | None) -> Callable[[int, int], None] | None:
    """The progress of predictions, of one evidence scenario after the other."""
    return None if progress is None else partial(progress, "prediction")


def _draws(calibration: Calibration, fit: Fit) -> pd.DataFrame:
    """The centre and equally likely draws of each posterior, as settings."""
    tables = []
    for key, (name, found) in enumerate(fit.posteriors.items()):
        rows = found.draw(DRAWS, luck(calibration.seed, 7, key))
        centre = fit.space.settings(fit.centres[name][None, :])
        # Hosts that are not fitted have an own part by luck, as in the runs.
        drawn = fit.space.settings(found.cube[rows], luck(calibration.seed, 8, key))
        table = pd.concat([centre, drawn], ignore_index=True)
        table.insert(0, "draw", np.arange(CENTRE, CENTRE + len(table)))
        table.insert(0, "evidence", name)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _factors(calibration: Calibration, fit: Fit) -> pd.DataFrame:
    """What each evidence scenario says of each candidate, those left out by the screen as well."""
    tables = []
    for name, found in fit.posteriors.items():
        table = posterior.table_of(fit.space, found, fit.centres[name])
        informed = table["shrinkage"] >= recovery.INFORMED
        table["status"] = np.where(informed, "informed", "not informed")
        rest = [each for each in calibration.space.factors if each.name not in fit.space.names]
        left_out = pd.DataFrame(
            {
                "factor": [each.name for each in rest],
                "prior_low": [each.low for each in rest],
                "prior_high": [each.high for each in rest],
                "status": "left out by the screen",
            }
        )
        both = pd.concat([table, left_out], ignore_index=True)
        both.insert(0, "evidence", name)
        tables.append(both)
    return pd.concat(tables, ignore_index=True)


def _targets(
    calibration: Calibration, fit: Fit, draws: pd.DataFrame, progress: folders.Progress | None
) -> pd.DataFrame:
    """Targets at the centre and at draws of each evidence scenario, and what was foretold.

    simulated, spread : mean and standard deviation over replicates at the centre, which differ by
    luck alone; at_draws, spread_of_draws : over single runs at draws, which differ by parameters
    and luck; foretold, spread_foretold : of the posterior, by the emulator; missing where the
    target was not fitted
    """
    base, amounts = base_scenario(calibration), calibration.amounts
    of = len(EVIDENCE) * (amounts.check + amounts.draws)
    done, tables = 0, []
    for name, found in fit.posteriors.items():
        own = draws[draws["evidence"] == name].drop(columns=["evidence", "draw"])
        worlds = [
            scenarios.load(base, set={str(k): float(v) for k, v in row.items()})
            for row in own.head(amounts.draws + 1).to_dict("records")
        ]
        runs = []
        for world, replicate in (
            *((worlds[CENTRE], replicate) for replicate in range(amounts.check)),
            *((world, draw) for draw, world in enumerate(worlds) if draw != CENTRE),
        ):
            runs.append(runner.run(world, replicate=replicate))
            done += 1
            if progress is not None:
                progress("targets", done, of)
        table = targets.evaluate_all(runs[: amounts.check])
        table.insert(0, "evidence", name)
        if amounts.draws:
            over = targets.evaluate_all(runs[amounts.check :])
            table["at_draws"], table["spread_of_draws"] = over["simulated"], over["spread"]
        mean, sd = fit.pool.foretold(found.weights)
        for column, values in (("foretold", mean), ("spread_foretold", sd)):
            table[column] = table["id"].map(dict(zip(fit.pool.ids, values, strict=True)))
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _likeliest(
    calibration: Calibration, path: Path, fit: Fit, progress: folders.Progress | None
) -> pd.DataFrame:
    """The likeliest points by the twin: those in the folder, or else searched for."""
    if not (path / LIKELIEST).exists():
        report = None if progress is None else partial(progress, "twin")
        table = likeliest.by_the_twin(
            fit, base_scenario(calibration), calibration.amounts.twin, report
        )
        folders.write_csv(path, LIKELIEST, table)
    return pd.read_csv(path / LIKELIEST)


def _recovery_by_twin(
    calibration: Calibration, path: Path, fit: Fit, progress: folders.Progress | None
) -> pd.DataFrame:
    """The check with the twin for the model: that in the folder, or else made."""
    if not (path / BY_TWIN).exists():
        base, amounts = base_scenario(calibration), calibration.amounts
        report = None if progress is None else partial(progress, "twin-recovery")

        def simulate(cube: Floats) -> Floats:
            points, wanted = fit.space.settings(cube), fit.every.targets
            return readings_at(points, wanted, report, scenario=base).to_numpy(float)

        table = recovery.check_by(
            simulate,
            fit,
            fit.data["middle"],
            amounts.twin_recovery,
            calibration.seed,
        )
        folders.write_csv(path, BY_TWIN, table)
    return pd.read_csv(path / BY_TWIN)


def base_scenario(calibration: Calibration) -> scenarios.Scenario:
    """The scenario that is fitted, at its scale and seed, before any setting of a point."""
    study = study_file.read(
        {
            **calibration.study,
            "uncertainties": {"conscience": {}},
            "design": {"method": "latin-hypercube", "size": 1},
        }
    )
    return next(iter(study.scenarios.values()))


def _write_about(result: Calibrated, calibration: Calibration) -> None:
    """about.json: what the posterior stands on."""
    draws = (result.folder / "draws.csv").read_bytes()
    fit = result.fit
    said: Mapping[str, Any] = {
        "calibration": calibration.as_dict(),
        "fitted_targets": {name: each.ids for name, each in fit.data.items()},
        "left_of_prior": list(fit.left),
        "runs": calibration.runs(),
        "posteriors": {
            name: {"effective_points": each.effective} for name, each in fit.posteriors.items()
        },
        "hits": result.hits(),
        "table_sha256": _sha256(fit.table.readings.tobytes() + fit.table.cube.tobytes()),
        "draws_sha256": _sha256(draws),
        **store.origin(),
        "written_utc": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    text = json.dumps(said, indent=1, ensure_ascii=False) + "\n"
    parts.write_bytes(text.encode(), result.folder / "about.json")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def seconds_a_run(calibration: Calibration) -> float:
    """Seconds of one run of the scenario as it stands, done here and thrown away."""
    return runner.run(base_scenario(calibration)).seconds


def budget(calibration: Calibration, seconds_a_run: float, core_hours: float) -> float:
    """Core-hours that the runs take; InputError where they are more than allowed."""
    hours = sum(calibration.runs().values()) * seconds_a_run / 3600
    if hours > core_hours:
        raise InputError(
            f"the runs would take {hours:.1f} core-hours, more than {core_hours:g}. Fewer runs, a "
            f"coarser scale, or --budget {np.ceil(hours):g}"
        )
    return hours
