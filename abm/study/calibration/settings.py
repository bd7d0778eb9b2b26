"""A calibration's TOML file: a study without a design, and how much to run. Read and checked.

docs/calibration.md shows a whole file; abm/data/calibration.toml is the packaged one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from abm import checks
from abm.errors import InputError, refuse_other_kinds, unknown
from abm.study import study_file
from abm.study.calibration import hosts
from abm.study.calibration.data import fitted
from abm.study.calibration.prediction import DRAWS
from abm.study.calibration.space import Space
from abm.study.evidence import EVIDENCE
from abm.study.factors import Uncertainty
from abm.study.keeping import day_of

PACKAGED = Path(__file__).resolve().parents[2] / "data" / "calibration.toml"
OF_STUDY = ("name", "title", "scenario", "scale", "seed", "until", "set", "limit_seconds")
SHORTLIST = 8  # points of each evidence scenario that are run anew to find its centre
TWIN_LEARNT = 300  # runs of the twin that its emulator learns from
NONE = dict.fromkeys(("screen", "recovery", "twin", "twin_recovery", "draws"), 0)
LEAST = {**NONE, "factors": 1, "check": 1, "effective": 2}
EXAMPLE = "[calibration] screen = 4, factors = 20, waves = [200, 200], table = 400"


@dataclass(frozen=True)
class Amounts:
    """How much to run.

    early_scale : people an agent in the screen and the first wave, where many worlds hold millions
        of emigrants and luck is small beside the spread; 0: as everywhere
    screen : Morris' trajectories, 0 for none; factors : most that go on from the screen
    waves : points of each wave; pool : points that the posterior is made from; table : how many
    of them are run, to check what was foretold
    effective : points that must count; recovery : made-up data sets that are fitted
    check : replicates at each centre, and at each point that could be it
    draws : single runs at draws of each posterior
    twin : runs of the twin that the search for each likeliest point may take; 0: no search
    twin_recovery : made-up data sets of the twin that are fitted
    """

    screen: int = 4
    factors: int = 20
    waves: tuple[int, ...] = (200, 200)
    pool: int = 4000
    table: int = 100
    effective: int = 100
    recovery: int = 50
    check: int = 5
    draws: int = 20
    early_scale: int = 0
    twin: int = 0
    twin_recovery: int = 0


@dataclass(frozen=True, eq=False)
class Calibration:
    """A checked calibration.

    study : the keys of a study that every stage shares, as its file has them
    space : all candidates; known_by : only figures known by then are fitted
    """

    name: str
    study: Mapping[str, Any]
    space: Space
    amounts: Amounts
    known_by: date
    seed: int
    scale: int
    until: date

    def as_dict(self) -> dict[str, Any]:
        """Plain values, by which a folder is told from another's."""
        return {
            "study": {k: str(v) if isinstance(v, date) else v for k, v in self.study.items()},
            "factors": [
                {k: v for k, v in vars(each).items() if v is not None}
                for each in self.space.factors
            ],
            "amounts": {**vars(self.amounts), "waves": list(self.amounts.waves)},
            "known_by": self.known_by.isoformat(),
        }

    def runs(self) -> dict[str, int]:
        """How many runs each stage does, at most."""
        amounts = self.amounts
        stages = {"screen": amounts.screen * (len(self.space) + 1)} if amounts.screen else {}
        stages |= {f"wave-{k}": points for k, points in enumerate(amounts.waves, 1)}
        likely = min(len(EVIDENCE) * SHORTLIST, sum(amounts.waves))
        stages |= {"table": amounts.table, "centres": likely * amounts.check}
        stages["targets"] = len(EVIDENCE) * (amounts.check + amounts.draws)
        if self.known_by < self.until:
            stages["prediction"] = len(EVIDENCE) * 2 * DRAWS
        if amounts.twin:
            stages["twin"] = len(EVIDENCE) * amounts.twin
        if amounts.twin_recovery:
            stages["twin-recovery"] = TWIN_LEARNT + amounts.twin_recovery
        return stages


def read(
    source: str | Path | Mapping[str, Any] | None = None, known_by: str | date | None = None
) -> Calibration:
    """The calibration in a TOML file, in a mapping of the same shape, or the packaged one.

    known_by : in place of the file's

    Raises InputError that names the key and a valid example.
    """
    later = {} if known_by is None else {"known_by": known_by}
    if isinstance(source, Mapping):
        return _checked({**source, **later}, "calibration", Path())
    path = Path(source) if source is not None else PACKAGED
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(
            f"cannot read {path}: {error.strerror}. Example: abm calibrate mine.toml"
        ) from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path.name} is not valid TOML: {error}. Example: {EXAMPLE}") from None
    try:
        return _checked({**table, **later}, path.stem, path.parent)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None


def _checked(table: Mapping[str, Any], name: str, folder: Path) -> Calibration:
    known = (*OF_STUDY, "uncertainties", "host_constants", "known_by", "calibration")
    refuse_other_kinds(table, "calibration")
    for key in table:
        if key not in known:
            raise unknown("key of a calibration", key, known, EXAMPLE)
    shared = {key: table[key] for key in OF_STUDY if key in table}
    if str(shared.get("scenario", "")).endswith(".toml"):
        shared["scenario"] = str((folder / shared["scenario"]).resolve())
    amounts = _amounts(checks.table("calibration", table.get("calibration", {})))
    whole = {
        **shared,
        "uncertainties": table.get("uncertainties", {}),
        "design": {"method": "latin-hypercube", "size": 1},
        "keep": {"targets": True},
    }
    study = study_file.read(whole)
    factors: tuple[Uncertainty, ...] = study.uncertainties
    if checks.flag("host_constants", table.get("host_constants", False)):
        for each in factors:
            if each.name.startswith(hosts.PREFIX):
                raise InputError(
                    f"{each.name!r} is fitted by host_constants; leave out one of them"
                )
        factors = (*factors, *hosts.factors())
    scenario = next(iter(study.scenarios.values()))
    known_by = day_of("known_by", table.get("known_by", scenario.until))
    if known_by > scenario.until:
        raise InputError(
            f"'known_by' is {known_by}, after the last day of the runs, {scenario.until}. "
            f"Example: known_by = {scenario.until}"
        )
    if not fitted(None, known_by):
        raise InputError(
            f"no target was known by {known_by}, so there is nothing to fit. "
            "Example: known_by = 2023-06-30"
        )
    return Calibration(
        name=shared.get("name", name),
        study={"name": name, **shared},
        space=Space(factors),
        amounts=amounts,
        known_by=known_by,
        seed=study.seed,
        scale=scenario.scale,
        until=scenario.until,
    )


def _amounts(table: Mapping[str, Any]) -> Amounts:
    names = [each.name for each in fields(Amounts)]
    found: dict[str, Any] = {}
    for key, value in table.items():
        if key not in names:
            raise unknown("key of [calibration]", key, names, EXAMPLE)
        if key == "waves":
            found[key] = _waves(value)
            continue
        if key == "early_scale":
            found[key] = checks.scale(f"calibration.{key}", value)
            continue
        low = LEAST.get(key, 10)
        found[key] = checks.whole(f"calibration.{key}", value, low, 100_000, 40)
    amounts = Amounts(**found)
    if amounts.screen == 1:
        raise InputError("a screen needs two trajectories or more, or none. Example: screen = 4")
    if amounts.effective > amounts.pool / 2:
        raise InputError(
            f"of {amounts.pool} points no {amounts.effective} can count; at most half. "
            f"Example: effective = {amounts.pool // 40}"
        )
    if not amounts.recovery <= amounts.table <= amounts.pool:
        raise InputError(
            f"a table of {amounts.table} must be part of the pool of {amounts.pool}, and hold the "
            f"{amounts.recovery} taken for the truth. Example: table = 100, pool = 4000"
        )
    if amounts.twin_recovery and amounts.pool < TWIN_LEARNT + amounts.twin_recovery:
        raise InputError(
            f"the twin's recovery takes {TWIN_LEARNT} + {amounts.twin_recovery} points of the "
            f"pool, which has {amounts.pool}. Example: pool = 4000, twin_recovery = 200"
        )
    return amounts


def _waves(value: object) -> tuple[int, ...]:
    if not isinstance(value, (list, tuple)) or not value:
        raise InputError(
            f"'calibration.waves' must be points of each wave, not {checks.shown(value)}. "
            "Example: waves = [200, 200]"
        )
    check = partial(checks.whole, "calibration.waves", low=10, high=100_000, example=200)
    return tuple(check(each) for each in value)
