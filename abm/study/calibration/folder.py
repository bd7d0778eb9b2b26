"""A calibration's folder: what was asked, the points of each stage, and their runs as sweeps.

Layout: calibration.json (what was asked, and what code and data answer), points/STAGE.parquet
(where in the cube) and points/STAGE.csv (the settings), STAGE/ (an ordinary sweep), then the
results. What is there is not done again; a folder of something else is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from abm.chance import Floats
from abm.errors import InputError, OutputError
from abm.study import observed, parts, readings, store, study_file, sweep, target
from abm.study.calibration.settings import Calibration
from abm.study.calibration.space import Space, luck
from abm.study.calibration.waves import Drawn
from abm.study.engines import Engine

ABOUT = "calibration.json"
FORMAT = 1
LOG_DENSITY = "log_density"
OTHER = "choose another folder, for example --out results/my-calibration"
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Folder:
    """Stages run as sweeps in a folder.

    progress : called with the stage, the runs done and the runs in all
    """

    path: Path
    calibration: Calibration
    on: str | Engine = "local"
    workers: int | None = None
    progress: Progress | None = None

    def points(self, stage: str, space: Space, make: Callable[[], Drawn]) -> Drawn:
        """The points of a stage: those in the folder, or else those that it makes."""
        file = self.path / "points" / f"{stage}.parquet"
        if not file.exists():
            drawn = make()
            columns = {name: drawn.cube[:, k] for k, name in enumerate(space.names)}
            table = pa.table({**columns, LOG_DENSITY: drawn.log_density})
            about = {b"left": repr(drawn.left).encode()}
            parts.write_table(table.replace_schema_metadata(about), file)
        table = self._read(file)
        if table.column_names != [*space.names, LOG_DENSITY]:
            raise InputError(f"{file} holds points of other factors; {OTHER}")
        cube = np.column_stack([table[name].to_numpy() for name in space.names])
        left = float((table.schema.metadata or {}).get(b"left", b"nan"))
        return Drawn(cube, table[LOG_DENSITY].to_numpy(), left)

    def simulate(self, stage: str, cube: Floats, space: Space) -> pd.DataFrame:
        """Run the points of a stage, as far as they are not run yet; their readings."""
        settings = self.settings(stage, cube, space)
        report = None if self.progress is None else self._report(stage)
        found = sweep.sweep(
            study_file.read(self._study(stage, settings)),
            self.path / stage,
            on=self.on,
            workers=self.workers,
            progress=report,
        )
        table = found.readings().set_index("point").reindex(range(len(cube)))
        return table.drop(columns="replicate")

    def settings(self, stage: str, cube: Floats, space: Space) -> pd.DataFrame:
        """What each run of a stage sets, one row a point; kept as a CSV file."""
        file = self.path / "points" / f"{stage}.csv"
        if not file.exists():
            # The screen looks at the fitted factors alone, and a centre is these alone.
            others = None if stage in ALONE else luck(self.calibration.seed, 5, _key(stage))
            text = space.settings(cube, others).to_csv(index=False, lineterminator="\n")
            parts.write_bytes(text.encode(), file)
        table = pd.read_csv(file)
        if len(table) != len(cube):
            raise InputError(f"{file} has {len(table)} points, not {len(cube)}; {OTHER}")
        return table

    def _study(self, stage: str, settings: pd.DataFrame) -> dict[str, Any]:
        """The sweep of a stage: an ordinary study, of points in a file."""
        early = self.calibration.amounts.early_scale if stage in EARLY else 0
        return {
            **self.calibration.study,
            **({"scale": early} if early else {}),
            "name": f"{self.calibration.name}-{stage}",
            "title": f"Runs of a calibration: {stage}",
            "uncertainties": {name: {} for name in settings},
            "design": {"method": "file", "file": str(self.path / "points" / f"{stage}.csv")},
            "seeds": "independent",
            "keep": {"targets": True, "outcomes": KEPT},
        }

    def _report(self, stage: str) -> Callable[[int, int], None]:
        def report(done: int, of: int) -> None:
            assert self.progress is not None
            self.progress(stage, done, of)

        return report

    def _read(self, file: Path) -> pa.Table:
        try:
            return pq.read_table(file, partitioning=None)
        except (OSError, pa.ArrowException) as error:
            raise InputError(f"cannot read {file}: {error}; {OTHER}") from None


EARLY = ("screen", "wave-1")
ALONE = ("screen", "centres")  # there hosts that are not fitted have no own part
KEPT = ["departures.total", "returns.total", "stock_abroad"]


def opened(path: str | Path, calibration: Calibration) -> Path:
    """The folder of a calibration, made if need be; nothing of another is touched.

    Raises
    ------
    InputError : it holds something else, another calibration, or one of other code or data
    OutputError : it cannot be written
    """
    folder = checked(path, calibration)
    if not (folder / ABOUT).exists():
        said = {
            **_said(calibration),
            "started_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        text = json.dumps(said, indent=1, ensure_ascii=False) + "\n"
        parts.write_bytes(text.encode(), folder / ABOUT, exclusive=True)
    return folder


def checked(path: str | Path, calibration: Calibration) -> Path:
    """As `opened`, but writes nothing."""
    folder = store.resolved(path)
    if not (folder / ABOUT).exists():
        if folder.exists() and any(folder.iterdir()):
            raise InputError(f"{folder} holds no calibration (no {ABOUT}); {OTHER}")
        return store.check(folder)
    try:
        before = json.loads((folder / ABOUT).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {folder / ABOUT}: {error}; {OTHER}") from None
    now = _said(calibration)
    for key, what in {
        "format": "another version of the format",
        "model_sha256": "other code of the model",
        "data_sha256": "other data",
        "readings_sha256": "other observation processes",
        "calibration": "another calibration",
    }.items():
        if before.get(key) != now[key]:
            raise InputError(f"{folder} holds results of {what}; {OTHER}")
    return folder


def _said(calibration: Calibration) -> dict[str, Any]:
    """What a folder is told by: as JSON has it."""
    said = {
        "format": FORMAT,
        "calibration": calibration.as_dict(),
        **store.origin(),
        "readings_sha256": _readings_hash(),
    }
    plain: dict[str, Any] = json.loads(json.dumps(said))
    return plain


def _readings_hash() -> str:
    """SHA-256 of the code that counts a run as the sources did."""
    digest = hashlib.sha256()
    for module in (observed, readings, target):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()


def _key(stage: str) -> int:
    return crc32(stage.encode())


def write_csv(folder: Path, name: str, table: pd.DataFrame) -> Path:
    """Write a table of results; OutputError if the disk does not."""
    path = folder / name
    text = table.to_csv(index=False, lineterminator="\n", float_format="%.8g")
    parts.write_bytes(text.encode(), path)
    return path


__all__ = ["ABOUT", "Folder", "OutputError", "checked", "opened", "write_csv"]
