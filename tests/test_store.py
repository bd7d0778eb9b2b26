"""Results folders: whole or not at all, the same bytes for the same results."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from abm import __version__
from abm.errors import InputError, OutputError
from abm.study import store
from abm.study.results import Run


@pytest.fixture
def results(outcomes: pd.DataFrame) -> store.Results:
    targets = pd.DataFrame({"id": ["T1", "T4.1"], "simulated": [400_000.0, float("nan")]})
    return store.Results(outcomes, targets, {"scenario": {"name": "made-up"}, "seed": 0})


def draw(outcomes: pd.DataFrame, folder: Path) -> None:
    (folder / "one.png").write_bytes(b"a picture")


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in files(folder)}


WHOLE = {"run.json", "outcomes.parquet", "targets.csv", "figures/one.png"}


def test_what_a_folder_holds(results: store.Results, tmp_path: Path) -> None:
    folder = store.write(results, tmp_path / "new" / "mine", draw=draw)
    assert files(folder) == WHOLE
    assert os.listdir(tmp_path / "new") == ["mine"]
    kept = pd.read_parquet(folder / "outcomes.parquet")
    pd.testing.assert_frame_equal(
        kept, results.outcomes[kept.columns], check_dtype=False, check_index_type=False
    )
    pd.testing.assert_frame_equal(pd.read_csv(folder / "targets.csv"), results.targets)
    provenance = json.loads((folder / "run.json").read_text("utf-8"))
    assert provenance["seed"] == 0
    assert provenance["version"] == __version__
    assert re.fullmatch("[0-9a-f]{64}", provenance["code_sha256"])
    assert provenance["data_sha256"] != provenance["code_sha256"]
    assert provenance["libraries"].keys() == set(store.LIBRARIES)


def test_the_same_outcomes_give_the_same_bytes(results: store.Results, tmp_path: Path) -> None:
    other = store.Results(results.outcomes.copy(), results.targets, {"seed": 5, "started": "later"})
    shuffled_columns = results.outcomes[list(results.outcomes.columns[::-1])]
    third = store.Results(shuffled_columns.astype({"host": "category"}), results.targets, {})
    contents = [
        (store.write(each, tmp_path / str(i)) / "outcomes.parquet").read_bytes()
        for i, each in enumerate((results, other, third))
    ]
    assert contents[0] == contents[1] == contents[2]
    assert pq.read_schema(tmp_path / "0" / "outcomes.parquet").metadata is None


def test_moves_and_emigrants_are_kept_where_there_are_some(
    small_run: Run, results: store.Results, tmp_path: Path
) -> None:
    kept = store.read(small_run.save(tmp_path / "mine"))
    for name in store.PEOPLE:
        table = getattr(small_run, name)
        again = getattr(kept, name)
        assert again["replicate"].eq(0).all()
        pd.testing.assert_frame_equal(
            again.drop(columns="replicate"), table, check_dtype=False, check_index_type=False
        )
    without = store.read(store.write(results, tmp_path / "other"))
    assert without.moves is None
    assert without.emigrants is None


def test_a_missing_column_is_an_error_and_leaves_nothing(
    results: store.Results, tmp_path: Path
) -> None:
    broken = store.Results(results.outcomes.drop(columns="unit"), results.targets, {})
    with pytest.raises(KeyError, match="unit"):
        store.write(broken, tmp_path / "mine")
    assert os.listdir(tmp_path) == []


def test_an_existing_folder_is_refused(results: store.Results, tmp_path: Path) -> None:
    folder = store.write(results, tmp_path / "mine")
    before = (folder / "run.json").read_bytes()
    with pytest.raises(InputError, match=r"exists.*--overwrite"):
        store.write(results, folder)
    assert (folder / "run.json").read_bytes() == before


def test_an_empty_folder_is_filled(results: store.Results, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    folder = store.write(results, tmp_path / "mine", draw=draw)
    assert files(folder) == WHOLE
    assert os.listdir(tmp_path) == ["mine"]


def test_overwriting_leaves_only_the_new(results: store.Results, tmp_path: Path) -> None:
    folder = store.write(results, tmp_path / "mine", draw=draw)
    other = store.Results(results.outcomes, results.targets, {"seed": 8})
    store.write(other, folder, overwrite=True)
    assert json.loads((folder / "run.json").read_text("utf-8"))["seed"] == 8
    assert not (folder / "figures").exists()
    assert os.listdir(tmp_path) == ["mine"]


def test_what_no_run_has_written_is_never_overwritten(
    results: store.Results, tmp_path: Path
) -> None:
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "chapter.txt").write_text("years of work")
    with pytest.raises(InputError, match=r"no run\.json"):
        store.write(results, thesis, overwrite=True)
    with pytest.raises(InputError, match="is a file"):
        store.write(results, thesis / "chapter.txt", overwrite=True)
    with pytest.raises(InputError, match="no place for results"):
        store.check("/", overwrite=True)
    assert (thesis / "chapter.txt").read_text() == "years of work"


def test_a_link_is_followed_not_replaced(results: store.Results, tmp_path: Path) -> None:
    folder = store.write(results, tmp_path / "far" / "mine")
    link = tmp_path / "near"
    link.symlink_to(folder)
    assert store.write(results, link, overwrite=True) == folder
    assert link.is_symlink()
    assert files(folder) == {"run.json", "outcomes.parquet", "targets.csv"}


def test_checking_leaves_nothing(tmp_path: Path) -> None:
    assert store.check(tmp_path / "a" / "b") == (tmp_path / "a" / "b").resolve()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "bad",
    ["/proc/relokant/mine", "/dev/null/mine", "x" * 300, "circle/mine"],
    ids=["unwritable", "under a file", "too long a name", "circle of links"],
)
def test_an_impossible_folder_is_one_clear_sentence(bad: str, tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(OutputError, match=r"^cannot write .*for example results/mine$"):
        store.check(tmp_path / bad)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(OutputError, match="permission denied"):
            store.check(tmp_path / "mine")
    finally:
        tmp_path.chmod(0o755)


class Killed(BaseException):
    """Stands for the death of the process: nothing may catch it for good."""


Fault = Callable[[], BaseException]
FAULTS: dict[str, Fault] = {
    "full disk": lambda: OSError(28, "No space left on device"),
    "killed": Killed,
}
STEPS = [
    (store.pq, "write_table"),
    (pd.DataFrame, "to_csv"),
    (Path, "write_text"),
    (store.os, "fsync"),
    (store, "_put_in_place"),
    (Path, "rename"),
]


@pytest.mark.parametrize("overwrite", [False, True], ids=["new", "overwrite"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("owner", "step"), STEPS, ids=[step for _, step in STEPS])
def test_a_fault_at_any_write_leaves_all_or_nothing(
    owner: object,
    step: str,
    fault: str,
    overwrite: bool,
    results: store.Results,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "mine"
    if overwrite:
        store.write(results, folder)
    before = contents(folder)
    for times in range(1, 20):
        fail_at_call(times, owner, step, FAULTS[fault], monkeypatch)
        try:
            store.write(results, folder, overwrite, draw)
            return  # the step is not reached so often: all went well
        except (OutputError, Killed):
            if contents(folder) != before:
                assert files(folder) == WHOLE  # a fault after the new folder was in place
                return
            assert os.listdir(tmp_path) == (["mine"] if overwrite else [])
        finally:
            monkeypatch.undo()
    raise AssertionError("no write came through")


def fail_at_call(
    times: int, owner: object, step: str, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let the n-th call of a function fail."""
    real, called = getattr(owner, step), [0]

    def failing(*arguments: object, **named: object) -> object:
        called[0] += 1
        if called[0] == times:
            raise fault()
        return real(*arguments, **named)

    monkeypatch.setattr(owner, step, failing)


def test_a_figure_that_fails_leaves_nothing(results: store.Results, tmp_path: Path) -> None:
    def broken(outcomes: pd.DataFrame, folder: Path) -> None:
        raise KeyError("no outcome 'departures' in the table")

    with pytest.raises(KeyError):
        store.write(results, tmp_path / "mine", draw=broken)
    assert os.listdir(tmp_path) == []


def test_leftovers_of_a_killed_process_are_ignored(results: store.Results, tmp_path: Path) -> None:
    leftover = tmp_path / ".mine.0123456789ab.partial"
    leftover.mkdir()
    (leftover / "run.json").write_text("{")
    assert store.write(results, tmp_path / "mine") == (tmp_path / "mine").resolve()
    assert leftover.exists()


def test_two_writers_at_once_do_not_mix(results: store.Results, tmp_path: Path) -> None:
    """The second finds the folder taken only when it wants to put its own in place."""

    def other_process(outcomes: pd.DataFrame, folder: Path) -> None:
        store.write(store.Results(results.outcomes, results.targets, {"seed": 9}), target)

    target = tmp_path / "mine"
    with pytest.raises(InputError, match="exists"):
        store.write(results, target, draw=other_process)
    assert json.loads((target / "run.json").read_text("utf-8"))["seed"] == 9
    assert os.listdir(tmp_path) == ["mine"]
