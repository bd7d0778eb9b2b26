"""Whether a results folder is what it says: its code and data, and the same numbers again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from abm.errors import InputError
from abm.study import evidence, runner, store, study_json, sweep_store
from abm.study.rerun import rerun
from abm.study.sweep_results import Sweep

SAME_CODE = ("version", "model_sha256", "code_sha256", "data_sha256")
SAME_MACHINE = ("python", "platform")
KEY = ["replicate", "date", "host", "outcome"]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Verdict:
    """What was found of a folder.

    origin : (what, stored, here) where code, data, libraries or machine differ from those here
    again : (run, rows that differ, rows) of each run that was repeated
    skipped : why runs were not repeated, if they were not
    """

    folder: Path
    origin: list[tuple[str, str, str]]
    again: list[tuple[str, int, int]] = field(default_factory=list)
    skipped: str = ""

    @property
    def same(self) -> bool:
        """Whether runs were repeated and every row is the same."""
        return bool(self.again) and not any(differing for _, differing, _ in self.again)


def verify(directory: str | Path, runs: int = 1, progress: Progress | None = None) -> Verdict:
    """Compare a folder's provenance with what is installed, repeat runs of it and compare rows.

    runs : how many, from the first on; 0: none. A sweep's runs are taken from its table.
    Raises InputError if the folder holds no results of abm run or abm sweep, or torn ones.
    """
    folder = store.resolved(directory)
    if (folder / store.RUN).is_file():
        return _of_run(folder, runs, progress)
    if (folder / sweep_store.STUDY).is_file():
        return _of_sweep(folder, runs, progress)
    raise InputError(
        f"{folder} holds no results of abm run or abm sweep (no {store.RUN}, no "
        f"{sweep_store.STUDY}). Example: abm verify results/war-years"
    )


def differences(stored: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Where the provenance of a result differs from code, data, libraries and machine here."""
    here = store.origin()
    libraries, ours = stored.get("libraries", {}), here["libraries"]
    pairs = [(name, stored.get(name), here[name]) for name in (*SAME_CODE, *SAME_MACHINE)]
    pairs += [(name, libraries.get(name), ours[name]) for name in ours]
    return [(name, str(then), str(now)) for name, then, now in pairs if then != now]


def _of_run(folder: Path, runs: int, progress: Progress | None) -> Verdict:
    results = store.read(folder)
    provenance = results.provenance
    try:
        origin = differences(provenance)
        given = {**provenance["scenario"], "replicate": 0}
        replicates = [int(number) for number in provenance["replicates"]][:runs]
        own = [name for name in ("population", "mechanisms") if given[name]]
        scenario = None if own else study_json.scenario(given)
        drawn = provenance.get("posterior")
        texts = results.outcomes.astype({name: str for name in ("host", "outcome", "unit")})
        stored = texts.set_index(KEY)["value"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"{folder / store.RUN} is not as abm run writes it: {error!r}. Example: a folder of "
            "abm run war-years"
        ) from None
    if scenario is None:
        return Verdict(folder, origin, [], f"{' and '.join(own)} of the user's own are not kept")
    again = []
    for place, number in enumerate(replicates):
        world = scenario
        if drawn:
            draw = drawn["draws"][place]
            world = evidence.world(scenario, drawn["evidence"], draw, drawn["kept"])
        run = runner.run(world, replicate=number, progress=progress)
        part = run.outcomes.assign(replicate=number)
        fresh = part.astype({name: str for name in ("host", "outcome")}).set_index(KEY)["value"]
        was = stored[stored.index.get_level_values("replicate") == number]
        again.append((f"replicate {number}", _unlike(was, fresh), len(fresh)))
    return Verdict(folder, origin, again, "" if again else "none was asked for")


def _unlike(stored: pd.Series, fresh: pd.Series) -> int:
    """How many rows are in one alone, or have another value."""
    pair = pd.concat([stored.rename("stored"), fresh.rename("fresh")], axis=1)
    same = (pair["stored"] == pair["fresh"]) | pair.isna().all(axis=1)
    missing = len(stored.index.symmetric_difference(fresh.index))
    return max(int((~same).sum()), missing)


def _of_sweep(folder: Path, runs: int, progress: Progress | None) -> Verdict:
    try:
        said = json.loads((folder / sweep_store.STUDY).read_text("utf-8"))
        origin = differences(said["origin"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"cannot read {folder / sweep_store.STUDY}: {error!r}") from None
    if any(name in ("model_sha256", "data_sha256") for name, *_ in origin):
        return Verdict(folder, origin, [], "the model or its data are others than then")
    if not (folder / "runs").is_dir():
        return Verdict(folder, origin, [], "its raw runs are not kept here, only what they gave")
    again = []
    ended = Sweep(folder).runs
    for at, run in enumerate(ended["run"][:runs]):
        repeated = rerun(folder, run)
        again.append((f"run {run}", len(repeated.differing), len(repeated.outcomes)))
        if progress is not None:
            progress(at + 1, min(runs, len(ended)))
    return Verdict(folder, origin, again, "" if again else "none has ended, or none was asked for")
