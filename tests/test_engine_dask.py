"""The engine dask, on a real LocalCluster: the same tables, and lost workers made up for."""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from abm.study.engines import engine_of
from abm.study.parts import VARYING
from abm.study.sweep import sweep

pytest.importorskip("distributed", reason="Dask is not installed: pip install 'relokant[cluster]'")

STUDY = Path(__file__).parent / "studies" / "small-grid.toml"


def die_once(folder: Path, chunk: int) -> None:
    """The second chunk kills its worker the first time."""
    tried = folder / f"tried-{chunk}"
    if chunk == 1 and not tried.exists():
        tried.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    (folder / f"done-{chunk}").touch()


def test_a_worker_killed_midway_is_made_up_for(tmp_path: Path) -> None:
    ended = list(engine_of("dask")(partial(die_once, tmp_path), range(4), 2))
    assert sorted(ended) == [0, 1, 2, 3]
    assert (tmp_path / "tried-1").exists()
    assert {path.name for path in tmp_path.glob("done-*")} == {f"done-{k}" for k in range(4)}


def test_a_sweep_on_dask_equals_one_in_this_process(tmp_path: Path) -> None:
    alone, dask = (sweep(STUDY, out=tmp_path / on, on=on, workers=2) for on in ("serial", "dask"))
    pd.testing.assert_frame_equal(
        alone.runs.drop(columns=list(VARYING)), dask.runs.drop(columns=list(VARYING))
    )
    pd.testing.assert_frame_equal(alone.outcomes, dask.outcomes)
