"""Sweeps: rows for all runs, whatever happens; the same rows however they came about."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from small_studies import GRID, assert_same, plan, small, tables

import abm
from abm.errors import InputError, OutputError
from abm.study import engines, parts, runner, sweep_results, sweep_store, targets
from abm.study.engines import Work
from abm.study.rerun import rerun
from abm.study.sweep import sweep
from abm.study.sweep_results import Sweep


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """The small study, done; do not change its folder."""
    return sweep(small(), tmp_path_factory.mktemp("sweeps") / "done", on="serial")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The replicates of the runs done from now on, in this process."""
    seen: list[int] = []
    real = runner.run

    def run(*arguments: Any, **named: Any) -> Any:
        seen.append(named["replicate"])
        return real(*arguments, **named)

    monkeypatch.setattr(runner, "run", run)
    return seen


def test_its_rows_are_those_of_single_runs(done: Sweep) -> None:
    runs, outcomes = done.runs, done.outcomes
    assert runs["status"].tolist() == ["done"] * 4
    assert runs["error"].isna().all()
    for _, row in runs.iterrows():
        alone = abm.run(
            scale=10_000,
            until="2022-03-31",
            seed=row["seed"],
            replicate=row["replicate"],
            set={"renewal_strictness.Turkey": row["renewal_strictness.Turkey"]},
        ).outcomes.astype({"host": str, "outcome": str})
        flows = alone[(alone["outcome"] == "departures") & (alone["host"] == "Turkey")]
        kept = outcomes[(outcomes["run"] == row["run"]) & (outcomes["host"] == "Turkey")]
        values = kept.set_index("outcome")["value"]
        assert values["departures"] == flows["value"].iloc[-1]
        assert values["departures.total"] == flows["value"].sum()
        assert set(kept["date"]) == {flows["date"].max()}
    units = outcomes.astype(str).groupby("outcome")["unit"].unique()
    assert [list(each) for each in units] == [["people a week"], ["people"]]


def test_a_sweep_leaves_what_re_creates_it(done: Sweep) -> None:
    said = json.loads((done.folder / "study.json").read_text("utf-8"))
    assert said["origin"]["code_sha256"]
    assert said["study"]["scenarios"]["war-years"]["parameters"]["conscience"] == 0.1
    assert done.provenance() == said
    assert done.points["renewal_strictness.Turkey"].tolist() == [0.2, 0.8]
    assert done.study.scenarios["war-years"].scale == 10_000


def test_several_workers_give_the_same(done: Sweep, tmp_path: Path) -> None:
    assert_same(sweep(small(chunk=2), tmp_path / "two", workers=2), done)


def test_nothing_is_done_twice(done: Sweep, counted: list[int]) -> None:
    before = {path: path.stat().st_mtime_ns for path in done.folder.rglob("*")}
    assert_same(sweep(small(), done.folder, on="serial"), done)
    assert_same(sweep(done.folder, on="serial"), done)
    assert counted == []
    assert {path: path.stat().st_mtime_ns for path in done.folder.rglob("*")} == before


class Interrupted(BaseException):
    """Stands for whatever ends a process."""


def stopping_after(count: int) -> engines.Engine:
    """The serial engine, which ends after some chunks."""

    def engine(work: Work, chunks: Sequence[int], workers: int) -> Iterator[int]:
        for chunk in chunks[:count]:
            work(chunk)
            yield chunk
        raise Interrupted

    return engine


def test_an_interrupted_sweep_is_balanced_and_goes_on(
    done: Sweep, tmp_path: Path, counted: list[int]
) -> None:
    folder = tmp_path / "mine"
    for _ in range(2):
        with pytest.raises(Interrupted):
            sweep(small(), folder, on=stopping_after(1))
    half = Sweep(folder)
    assert half.runs["replicate"].tolist() == [0, 0]  # all points once before any twice
    assert half.planned["status"].tolist() == ["done", "done", "to do", "to do"]
    status = half.status()
    assert (status["done"], status["to do"], status["planned"]) == (2, 2, 4)
    assert_same(sweep(small(), folder, on="serial"), done)
    assert counted == [0, 0, 1, 1]


@pytest.mark.parametrize("kind", [parts.RUNS, parts.OUTCOMES])
def test_a_torn_part_is_done_again(
    kind: str, done: Sweep, tmp_path: Path, counted: list[int]
) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(done.folder, folder)
    path = parts.path_of(folder, kind, 1)
    path.write_bytes(path.read_bytes()[:-9])
    torn = Sweep(folder)
    assert torn.status()["torn"] == 1
    assert len(torn.runs) == 3  # what is whole can be read
    assert torn.missing() == [1]
    assert_same(sweep(small(), folder, on="serial"), done)
    assert counted == [0]


def test_parts_of_the_work_on_one_folder(done: Sweep, tmp_path: Path, counted: list[int]) -> None:
    folder = tmp_path / "mine"
    first = sweep(small(), folder, on="serial", part="1/3")
    assert first.planned["status"].tolist() == ["done", "to do", "to do", "done"]
    sweep(small(), folder, on="serial", part="3/3")
    sweep(small(), folder, on="serial", part="2/3")
    assert len(counted) == 4
    assert_same(sweep(small(), folder, on="serial"), done)
    assert len(counted) == 4


@pytest.mark.parametrize("part", ["0/3", "4/3", "1", "a/b", "1/0", "-1/3", "1.5/3", ""])
def test_bad_parts(part: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--part 3/8"):
        sweep(small(), tmp_path / "mine", part=part)
    assert os.listdir(tmp_path) == []


def failing_where(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    """From now on runs with the stricter Turkey fail."""
    real = runner.run

    def run(*arguments: Any, **named: Any) -> Any:
        if named["set"]["renewal_strictness.Turkey"] > 0.5:
            raise fault
        return real(*arguments, **named)

    monkeypatch.setattr(runner, "run", run)


def test_a_run_that_fails_is_a_row(
    done: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        failing_where(patch, ZeroDivisionError("no people left"))
        result = sweep(small(), tmp_path / "mine", on="serial")
    runs = result.runs
    assert runs["status"].tolist() == ["done", "done", "failed", "failed"]
    errors = runs.loc[runs["status"] == "failed", "error"]
    assert errors.str.startswith("Traceback").all()
    assert errors.str.contains("ZeroDivisionError: no people left").all()
    assert set(result.outcomes["point"]) == {0}
    assert result.status()["failed"] == 2
    monkeypatch.undo()
    assert len(sweep(small(), tmp_path / "mine", on="serial").runs.query("status == 'failed'")) == 2
    assert_same(sweep(small(), tmp_path / "mine", on="serial", retry=True), done)


def test_a_run_has_its_time(tmp_path: Path) -> None:
    result = sweep(small(limit_seconds=1e-6, replicates=1), tmp_path / "mine", on="serial")
    assert set(result.runs["status"]) == {"timed out"}
    assert set(result.runs["error"]) == {"more than 1e-06 seconds"}
    assert result.outcomes.empty
    again = sweep(
        small(limit_seconds=600, replicates=1), tmp_path / "mine", on="serial", retry=True
    )
    assert set(again.runs["status"]) == {"done"}


def test_contradictory_settings_fail_alone(tmp_path: Path) -> None:
    table = small(
        levers={"without": [[], ["M8"]], "discrimination_weight": [0.0, 1.0]}, replicates=1
    )
    runs = sweep(table, tmp_path / "mine", on="serial").runs
    failed = runs[runs["status"] == "failed"]
    assert failed[["without", "discrimination_weight"]].to_numpy().tolist() == [["M8", 1.0]]
    assert failed["error"].str.contains("leave out one of them").all()


def test_a_full_disk_keeps_what_is_done(
    done: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mine"
    with pytest.raises(Interrupted):
        sweep(small(), folder, on=stopping_after(2))
    real = os.fsync

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(parts.os, "fsync", full)
    with pytest.raises(OutputError, match="no space left on device"):
        sweep(small(), folder, on="serial")
    monkeypatch.setattr(parts.os, "fsync", real)
    assert len(Sweep(folder).runs) == 2
    assert not list(folder.rglob("*.tmp"))
    assert_same(sweep(small(), folder, on="serial"), done)


def test_an_uncertainty_is_null_where_its_mechanism_is_off(tmp_path: Path) -> None:
    study = small(
        levers={"without": [[], ["M8"]]},
        uncertainties={"discrimination_weight": [1.0, 2.0]},
        design={"method": "latin-hypercube", "size": 1, "crossed": True},
        replicates=1,
    )
    runs = sweep(study, tmp_path / "s", on="serial").runs
    assert (runs["status"] == "done").all() and len(runs) == 2
    assert runs["discrimination_weight"].between(1.0, 2.0).all()


def test_chunks_without_end_are_told(tmp_path: Path) -> None:
    def lost(work: Work, chunks: Sequence[int], workers: int) -> Iterator[int]:
        for chunk in chunks:
            if chunk != 2:
                work(chunk)
                yield chunk

    with pytest.raises(OutputError, match=r"1 chunks \(such as 2\) lost their worker"):
        sweep(small(), tmp_path / "mine", on=lost)
    assert len(Sweep(tmp_path / "mine").runs) == 3


# --- growing, and sharing runs


def test_a_larger_study_goes_on_in_its_folder(
    done: Sweep, tmp_path: Path, counted: list[int]
) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(done.folder, folder)
    larger = small(levers={"renewal_strictness.Turkey": [0.2, 0.5, 0.8]}, replicates=3)
    grown = sweep(larger, folder, on="serial")
    assert sorted(counted) == [0, 1, 2, 2, 2]  # one new point, and one more replicate of all
    assert grown.points["renewal_strictness.Turkey"].tolist() == [0.2, 0.8, 0.5]
    kept = ["run", "point", "replicate", "date", "host", "outcome", "value"]
    before = done.outcomes[kept].astype(str)
    after = grown.outcomes[kept].astype(str)
    pd.testing.assert_frame_equal(after.merge(before)[kept], before)
    assert grown.status()["replicates"] == (3, 3)
    assert set(grown.runs["status"]) == {"done"}


def test_a_sobol_sequence_grows(tmp_path: Path, counted: list[int]) -> None:
    def study(size: int) -> dict[str, Any]:
        ranges = {"conscience": {}, "fear_weight": {}}
        design = {"method": "sobol", "size": size}
        return small(levers=None, uncertainties=ranges, design=design, replicates=1)

    sweep(study(4), tmp_path / "mine", on="serial")
    grown = sweep(study(8), tmp_path / "mine", on="serial")
    assert len(counted) == len(grown.runs) == 8
    counted.clear()
    assert_same(sweep(study(8), tmp_path / "elsewhere" / "new", on="serial"), grown)
    assert len(counted) == 8


def test_neighbours_share_runs(done: Sweep, tmp_path: Path, counted: list[int]) -> None:
    shutil.copytree(done.folder, tmp_path / "first")
    beside = tmp_path / "second"
    less = {"outcomes": ["departures"], "hosts": ["World"]}
    larger = small(levers={"renewal_strictness.Turkey": [0.5, 0.8]}, keep=less)
    found = sweep(larger, beside, on="serial")
    assert counted == [0, 1]  # of 0.5 alone
    shutil.rmtree(tmp_path / "first")
    assert_same(sweep(larger, tmp_path / "far" / "third", on="serial"), found)
    shutil.copytree(beside, tmp_path / "far" / "fourth")
    counted.clear()
    sweep(small(), tmp_path / "far" / "fifth", on="serial")
    assert len(counted) == 4  # the others keep too little


def test_a_neighbour_that_fell_to_pieces_is_no_hindrance(
    done: Sweep, tmp_path: Path, counted: list[int]
) -> None:
    shutil.copytree(done.folder, tmp_path / "first")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "study.json").write_text("{")
    path = parts.path_of(tmp_path / "first", parts.OUTCOMES, 3)
    path.write_bytes(b"")
    assert_same(sweep(small(), tmp_path / "mine", on="serial"), done)
    assert len(counted) == 1


def test_targets_are_read_of_each_run(tmp_path: Path) -> None:
    table = small(until="2022-10-06", keep={"targets": True}, replicates=1)
    found = sweep(table, tmp_path / "read" / "mine", on="serial")
    readings = found.readings()
    assert list(readings.columns[:3]) == ["point", "replicate", "T1"] and len(readings) == 2
    row = found.runs.iloc[1]
    turkey = {"renewal_strictness.Turkey": row["renewal_strictness.Turkey"]}
    again = runner.run("war-years", scale=10_000, until="2022-10-06", set=turkey, seed=row["seed"])
    for target in targets.TARGETS:
        if target.process is not None:
            value = readings.at[1, target.id]
            assert value == pytest.approx(target.simulate(again), nan_ok=True), target.id
    assert readings["T1"].notna().all() and readings["T5.2"].isna().all()  # beyond the horizon
    assert sweep_results.load(found.folder).study.keep.targets  # type: ignore[union-attr]
    with pytest.raises(InputError, match="targets = true"):
        sweep(small(), tmp_path / "other", on="serial").readings()


def test_what_keeps_targets_serves_who_does_not(tmp_path: Path, counted: list[int]) -> None:
    keep = {**small()["keep"], "targets": True}
    sweep(small(keep=keep), tmp_path / "first", on="serial")
    beside = sweep(small(), tmp_path / "second", on="serial")
    assert len(counted) == 4
    assert not beside.outcomes["outcome"].astype(str).str.startswith("target.").any()
    sweep(small(keep=keep), tmp_path / "third", on="serial")
    assert len(counted) == 4
    assert rerun(tmp_path / "third", beside.runs["run"].iloc[0]).same


def test_seeds_apart_or_in_common(tmp_path: Path) -> None:
    def first_departures(seeds: str) -> list[float]:
        table = small(levers={"publicity": [0.0, 1e-9]}, seeds=seeds, replicates=1)
        result = sweep(table, tmp_path / seeds, on="serial")
        return result.values("departures.total")["value"].tolist()

    one, other = first_departures("common")
    assert one == other  # as good as the same world: the same luck
    one, other = first_departures("independent")
    assert one != other


# --- a folder of something else


OTHERS = {
    "another last day": ({"until": "2022-04-07"}, "keep differs"),
    "another scale": ({"scale": 9000}, "scenario differs"),
    "another seed": ({"seed": 2}, "seed differs"),
    "seeds of another kind": ({"seeds": "independent"}, "seeds differs"),
    "other factors": ({"levers": {"conscience": [0.2, 0.8]}}, "factors differ"),
    "fewer points": ({"levers": {"renewal_strictness.Turkey": [0.2]}}, "Turkey = 0.8"),
    "other outcomes": ({"keep": {"outcomes": ["returns"]}}, "keep differs"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_the_folder_of_another_study(case: str, done: Sweep, counted: list[int]) -> None:
    changes, said = OTHERS[case]
    before = {path: path.stat().st_mtime_ns for path in done.folder.rglob("*")}
    with pytest.raises(InputError, match=f"{said}.*|holds another study.*{said}"):
        sweep(small(**changes), done.folder, on="serial")
    assert counted == []
    assert {path: path.stat().st_mtime_ns for path in done.folder.rglob("*")} == before


def test_another_version(done: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_store, "this_model", lambda: ("other", done.plan.made_by[1]))
    with pytest.raises(InputError, match=r"other code of the model; .*--out results/mine"):
        sweep(small(), done.folder, on="serial")
    monkeypatch.setattr(sweep_store, "this_model", lambda: (done.plan.made_by[0], "other"))
    with pytest.raises(InputError, match="other data"):
        sweep(small(), done.folder, on="serial")


def test_another_format(done: Sweep, tmp_path: Path) -> None:
    said = json.loads((done.folder / "study.json").read_text("utf-8"))
    for text, told in ((json.dumps(said | {"format": 99}), "format 99"), ("{", "cannot read")):
        folder = tmp_path / told
        folder.mkdir()
        (folder / "study.json").write_text(text)
        with pytest.raises(InputError, match=told):
            sweep(small(), folder, on="serial")


def test_what_is_no_sweep_is_left_alone(tmp_path: Path, counted: list[int]) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="results/mine"):
        sweep(small(), tmp_path, on="serial")
    assert os.listdir(tmp_path) == ["thesis.txt"]
    with pytest.raises(InputError, match="no sweep"):
        sweep(tmp_path, on="serial")
    assert counted == []


def test_a_folder_that_somebody_began_is_gone_on_with(done: Sweep, tmp_path: Path) -> None:
    """Killed, or another process in the middle of it, before study.json was there."""
    (tmp_path / "mine").mkdir()
    shutil.copy(done.folder / "points.parquet", tmp_path / "mine")
    assert_same(sweep(small(), tmp_path / "mine", on="serial"), done)


# --- the stopping rule


def test_replicates_are_added_until_precise_enough(tmp_path: Path) -> None:
    rule = {"outcome": "departures.total", "half_width": 1.0, "at_most": 5}
    table = small(levers={"publicity": [0.0, 1.0]}, stop=rule)
    result = sweep(table, tmp_path / "never", on="serial")
    assert result.status()["replicates"] == (5, 5)
    wide = {**rule, "half_width": 1e12}
    assert sweep({**table, "stop": wide}, tmp_path / "soon", on="serial").status()["done"] == 4
    with pytest.raises(Interrupted):
        sweep(table, tmp_path / "a" / "stopped", on=stopping_after(3))
    assert_same(sweep(table, tmp_path / "a" / "stopped", on="serial"), result)


# --- reading


def test_loading(done: Sweep, small_run: abm.Run, tmp_path: Path) -> None:
    loaded = abm.load(done.folder)
    assert isinstance(loaded, Sweep)
    assert_same(loaded, done)
    assert "4 of 4 runs done" in repr(loaded)
    single = abm.load(small_run.save(tmp_path / "run"))
    assert len(single.outcomes) == len(small_run.outcomes)
    with pytest.raises(InputError, match="no sweep"):
        abm.load(tmp_path)


def test_single_values(done: Sweep) -> None:
    values = done.values("departures", "Turkey")
    assert list(values) == ["point", "replicate", "value"]
    assert len(values) == 4
    assert values.equals(done.values("departures", "Turkey", "2022-04-01"))
    for bad, said in (
        (("returns",), "'returns'"),
        (("departures", "Georgia"), "'Georgia'"),
        (("departures", "World", "2022-02-24"), "2022-03-31"),
    ):
        with pytest.raises(InputError, match=said):
            done.values(*bad)


def test_a_whole_sweep_can_be_read_at_once(done: Sweep) -> None:
    """As DuckDB's globs do: every part has the same columns."""
    from pyarrow import dataset

    rows = dataset.dataset(done.folder / "outcomes", format="parquet").to_table().to_pandas()
    assert len(rows) == len(done.outcomes)
    assert rows["value"].sum() == done.outcomes["value"].sum()


def test_csv(done: Sweep, tmp_path: Path) -> None:
    folder = done.to_csv(tmp_path / "csv")
    assert sorted(os.listdir(folder)) == ["outcomes.csv", "points.csv", "runs.csv"]
    outcomes = pd.read_csv(folder / "outcomes.csv")
    assert outcomes["value"].tolist() == tables(done)[1]["value"].tolist() or len(outcomes) == 16
    assert set(pd.read_csv(folder / "runs.csv")["run"]) == set(done.runs["run"])


def test_netcdf(done: Sweep, tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    with xarray.open_dataset(done.to_netcdf(tmp_path / "mine.nc")) as found:
        assert dict(found.sizes) == {"point": 2, "replicate": 2, "date": 1, "host": 2}
        value = found["departures.total"].sel(point=1, replicate=1, host="Turkey").item()
        expected = done.values("departures.total", "Turkey").query("point == 1 and replicate == 1")
        assert value == expected["value"].item()
        assert found["renewal_strictness.Turkey"].values.tolist() == [0.2, 0.8]
        assert found["departures"].attrs["units"] == "people a week"


def test_progress(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    sweep(
        small(chunk=3), tmp_path / "mine", on="serial", progress=lambda *counts: told.append(counts)
    )
    assert told == [(0, 4), (3, 4), (4, 4)]


def test_the_file_of_the_tests(tmp_path: Path) -> None:
    result = sweep(GRID, tmp_path / "mine", workers=2)
    assert result.status()["done"] == 8


def test_own_people(tmp_path: Path) -> None:
    people = abm.packaged_people()
    people.to_csv(tmp_path / "people.csv", index=False)
    table = small(population=str(tmp_path / "people.csv"), scale=5000, replicates=1)
    result = sweep(table, tmp_path / "out" / "mine", on="serial")
    os.remove(tmp_path / "people.csv")  # the folder has its own
    assert set(result.runs["status"]) == {"done"}
    assert_same(sweep(result.folder, on="serial"), result)
    assert set(result.runs["run"]).isdisjoint(
        plan(scale=5000, replicates=1).table()["run"]
    )  # other people are another world
