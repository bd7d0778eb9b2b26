"""A sweep's folder as tables, also while it runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from abm import html
from abm.errors import InputError, OutputError, unknown
from abm.observation import WORLD
from abm.study import parts, store, sweep_store
from abm.study.keeping import TARGET, day_of, week_of
from abm.study.plan import Plan
from abm.study.study_file import Study
from abm.study.targets import TARGETS

ORDER = ["point", "replicate"]
SHOWN_POINTS = 10


@dataclass(frozen=True, eq=False)
class Sweep:
    """The folder of a sweep. Each table is read anew, so it holds what is there by then."""

    folder: Path

    @property
    def plan(self) -> Plan:
        """Which runs there are to be."""
        return sweep_store.plan_of(self.folder)

    @property
    def study(self) -> Study:
        """The study, with its scenarios resolved."""
        return self.plan.study

    @property
    def points(self) -> pd.DataFrame:
        """One row a point: point, then one column a factor, in natural units."""
        return self.plan.points.copy()

    @property
    def runs(self) -> pd.DataFrame:
        """One row a run that has ended: run (its id), point, replicate, one column a factor,
        seed, status (done, failed, timed out), error (with traceback), seconds, started_utc,
        machine."""
        schema = parts.runs_schema(self.plan.factors)
        return _sorted(self._read(parts.RUNS, schema), ORDER)

    @property
    def outcomes(self) -> pd.DataFrame:
        """What is kept of each run: run, point, replicate, date (first day of the week), host,
        outcome, value, unit."""
        return _sorted(self._read(parts.OUTCOMES, parts.OUTCOMES_SCHEMA), ORDER)

    @property
    def planned(self) -> pd.DataFrame:
        """Every run of the plan: run, point, replicate, chunk, status (or "to do")."""
        table = self.plan.table()
        ended = self._read(parts.RUNS, STATUS_SCHEMA)
        keyed = ended.drop_duplicates(ORDER).set_index(ORDER)["status"].astype(object)
        status = keyed.reindex(pd.MultiIndex.from_frame(table[ORDER])).fillna("to do")
        return table.assign(status=status.to_numpy())

    def values(
        self, outcome: str, host: str = WORLD, date: str | date | None = None
    ) -> pd.DataFrame:
        """One outcome at one place and week: point, replicate, value; reads only those rows.

        date : any day of the week; may be left out where only one week is kept
        """
        keep = self.study.keep
        for kind, name, known in (
            ("kept outcome", outcome, keep.outcomes),
            ("kept host", host, keep.hosts),
        ):
            if name not in known:
                raise unknown(kind, name, known, known[0])
        chosen = [("outcome", "==", outcome), ("host", "==", host)]
        if date is None and (keep.dates is None or len(keep.dates) > 1):
            raise InputError("several weeks are kept; say which. Example: date = '2022-12-31'")
        if date is not None:
            day = week_of(day_of("date", date))
            if keep.dates is not None and day not in keep.dates:
                kept = ", ".join(map(str, keep.dates))
                raise InputError(f"the week of {date} is not kept. Example: one of {kept}")
            chosen.append(("date", "==", pd.Timestamp(day)))  # type: ignore[arg-type]
        schema = pa.schema([parts.OUTCOMES_SCHEMA.field(c) for c in (*ORDER, "value")])
        return _sorted(self._read(parts.OUTCOMES, schema, chosen), ORDER)

    def readings(self) -> pd.DataFrame:
        """What each target's source would have counted: point, replicate, then one column a
        target; one row a run that is done. InputError where the study does not keep them."""
        if not self.study.keep.targets:
            raise InputError("the sweep keeps no targets. Example: [keep] targets = true")
        chosen = [("outcome", "in", [TARGET + each.id for each in TARGETS])]
        schema = pa.schema([parts.OUTCOMES_SCHEMA.field(c) for c in (*ORDER, "outcome", "value")])
        rows = self._read(parts.OUTCOMES, schema, chosen)
        rows["outcome"] = rows["outcome"].astype(str).str.removeprefix(TARGET)
        table = rows.pivot(index=ORDER, columns="outcome", values="value")
        ids = [each.id for each in TARGETS if each.process is not None]
        return table.reindex(columns=ids).rename_axis(columns=None).reset_index()

    def status(self) -> dict[str, Any]:
        """How far it is: planned, done, failed, timed out, to do (runs), torn (parts), seconds
        (of all runs together), points, chunks, replicates (of the points, from least to most)."""
        plan = self.plan
        ended = self._read(parts.RUNS, STATUS_SCHEMA)
        counts = ended["status"].value_counts()
        have = plan.planned_replicates()
        return {
            "planned": len(plan),
            **{status: int(counts.get(status, 0)) for status in parts.STATUSES},
            "to do": len(plan) - len(ended),
            "torn": sum(
                parts.rows_in(path) is None for kind in KINDS for path in _files(self.folder, kind)
            ),
            "seconds": float(ended["seconds"].sum()),
            "points": len(plan.points),
            "chunks": plan.chunks,
            "replicates": (int(have.min()), int(have.max())),
        }

    def missing(self) -> list[int]:
        """The chunks that are not there, or not whole."""
        plan = self.plan
        sizes = [plan.size(chunk) for chunk in range(plan.chunks)]
        there = set(parts.whole(self.folder, sizes))
        return [chunk for chunk in range(plan.chunks) if chunk not in there]

    def provenance(self) -> dict[str, Any]:
        """What study.json says."""
        return sweep_store.read_json(self.folder)

    def to_csv(self, out: str | Path | None = None) -> Path:
        """Write points.csv, runs.csv and outcomes.csv into a folder, part by part; its path."""
        target = Path(out) if out else self.folder / "csv"
        try:
            target.mkdir(parents=True, exist_ok=True)
            self.points.to_csv(target / "points.csv", index=False, lineterminator="\n")
            for kind in KINDS:
                first = True
                with (target / f"{kind}.csv").open("w", encoding="utf-8", newline="") as file:
                    for table in self._parts(kind):
                        rows = table.to_pandas()
                        rows.to_csv(file, index=False, header=first, lineterminator="\n")
                        first = False
        except OSError as error:
            raise OutputError(store.cannot_write(target, error)) from error
        return target

    def to_xarray(self) -> Any:
        """The outcomes as an xarray.Dataset: one variable an outcome, over point, replicate, date
        and host, with the factors as coordinates of point; NaN where a run is not done."""
        xarray = _xarray()
        rows = self.outcomes
        index = ["point", "replicate", "date", "host"]
        dataset = xarray.Dataset()
        for name, table in rows.groupby("outcome", observed=True):
            series = table.astype({"host": str}).set_index(index)["value"]
            variable = series.to_xarray().assign_attrs(units=str(table["unit"].iloc[0]))
            dataset[str(name)] = variable
        points = self.points.set_index("point").reindex(dataset["point"].to_numpy())
        coordinates = {name: ("point", points[name].to_numpy()) for name in points}
        provenance = json.dumps(self.provenance()["origin"])
        return dataset.assign_coords(coordinates).assign_attrs(origin=provenance)

    def to_netcdf(self, out: str | Path | None = None) -> Path:
        """Write `to_xarray` as one NetCDF file; its path."""
        target = Path(out) if out else self.folder / "outcomes.nc"
        dataset = self.to_xarray()
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            dataset.to_netcdf(target, engine="scipy")
        except OSError as error:
            raise OutputError(store.cannot_write(target.parent, error)) from error
        return target

    def _parts(
        self,
        kind: str,
        chosen: list[tuple[str, str, Any]] | None = None,
        columns: list[str] | None = None,
    ) -> Iterator[pa.Table]:
        """The parts' tables, where a chunk has both; what is torn is as good as not there."""
        other = parts.OUTCOMES if kind == parts.RUNS else parts.RUNS
        for path in _files(self.folder, kind):
            if parts.rows_in(self.folder / other / path.name) is None:
                continue
            table = parts.table_in(path, chosen, columns)
            if table is not None:
                yield table

    def _read(
        self, kind: str, schema: pa.Schema, chosen: list[tuple[str, str, Any]] | None = None
    ) -> pd.DataFrame:
        tables = [_coded(schema.empty_table())]
        tables += [_coded(table) for table in self._parts(kind, chosen, schema.names)]
        try:
            return pa.concat_tables(tables).unify_dictionaries().to_pandas()
        except pa.ArrowException:  # a part is whole but of another shape
            raise InputError(
                f"a part in {self.folder / kind} is damaged; remove it and give abm sweep again. "
                "Example: abm sweep STUDY.toml"
            ) from None

    def _repr_html_(self) -> str:
        status, study = self.status(), self.study
        low, high = status["replicates"]
        facts = {
            "runs": ", ".join(
                f"{status[name]:,} {name}" for name in ("planned", *parts.STATUSES, "to do")
            ),
            "points": f"{status['points']:,}, each with "
            f"{low if low == high else f'{low} to {high}'} replicates",
            "kept": ", ".join(study.keep.outcomes),
            "hosts": ", ".join(study.keep.hosts),
            "folder": self.folder,
            "tables": "points, runs, outcomes, planned",
        }
        shown = html.table(self.points.head(SHOWN_POINTS), f"the first {SHOWN_POINTS} points")
        return html.card(f"Sweep of {study.name}: {study.title}", facts, shown)

    def __repr__(self) -> str:
        status = self.status()
        return f"<Sweep of {self.study.name}, {status['done']} of {status['planned']} runs done>"


KINDS = (parts.RUNS, parts.OUTCOMES)
STATUS_SCHEMA = pa.schema(
    [
        ("point", pa.int32()),
        ("replicate", pa.int32()),
        ("status", pa.string()),
        ("seconds", pa.float64()),
    ]
)
CODED = ("host", "outcome", "unit")


def load(directory: str | Path) -> Sweep | store.Results:
    """What a folder holds: a `Sweep`, also while it runs, or the `Results` of `abm run`.

    Raises InputError if it holds neither.
    """
    folder = Path(directory).expanduser()
    if (folder / store.RUN).is_file():
        return store.read(folder)
    sweep_store.plan_of(folder)
    return Sweep(folder)


def _files(folder: Path, kind: str) -> list[Path]:
    return sorted((folder / kind).glob("part-*.parquet"))


def _coded(table: pa.Table) -> pa.Table:
    """The table with names as categories, which take a fraction of the memory."""
    for name in CODED:
        if name in table.column_names:
            place = table.column_names.index(name)
            table = table.set_column(place, name, pc.dictionary_encode(table[name]))
    return table


def _sorted(table: pd.DataFrame, by: Iterable[str]) -> pd.DataFrame:
    return table.sort_values(list(by), kind="stable", ignore_index=True)


def _xarray() -> Any:
    try:
        import xarray
    except ImportError:
        raise InputError("NetCDF needs xarray. Example: pip install 'relokant[export]'") from None
    return xarray
