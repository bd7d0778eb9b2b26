"""The same scenario, seed and version give the same bytes: here, elsewhere, in whatever order."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import abm
from abm import bounds, composition, hosts_table, population, traits_tables
from abm.hosts_table import HOST_NAMES
from abm.model import EmigrationModel

Finish = Callable[..., EmigrationModel]
PACKAGE = Path(abm.__file__).parent
EASY = {"cost_of_leaving": 4.0}  # so that much happens at a coarse scale
DIGEST = """
import hashlib, abm
model = abm.EmigrationModel(scale=3000, seed=5, until="2022-12-31", set={"cost_of_leaving": 4.0})
while model.running:
    model.step()
for table in (model.outcomes(), model.moves_table(), model.refusals_table()):
    print(hashlib.sha256(table.to_csv().encode()).hexdigest())
"""
REVERSED = "\nHOST_NAMES = tuple(reversed(HOST_NAMES))\n"
MOVES = """
import sys, abm
model = abm.EmigrationModel(scale=3000, seed=5, until="2022-12-31", set={"cost_of_leaving": 4.0})
while model.running:
    model.step()
assert list(model.host_columns.names)[0] == "United States", "the hosts are not reversed"
model.moves_table().to_pickle(sys.argv[1])
"""


def digests(model: EmigrationModel) -> list[str]:
    tables = (model.outcomes(), model.moves_table(), model.refusals_table())
    return [hashlib.sha256(t.to_csv().encode()).hexdigest() for t in tables]


def python(code: str, *arguments: str, folder: Path, **environment: str) -> str:
    """What a fresh Python prints; its folder comes first on the path."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def here(finished: Finish) -> EmigrationModel:
    return finished(seed=5, set=EASY)


# --- elsewhere -------------------------------------------------------------------------------


@pytest.mark.parametrize(("hash_seed", "threads"), [("0", "1"), ("123", "4")])
def test_another_process_gives_the_same_bytes(
    here: EmigrationModel, tmp_path: Path, hash_seed: str, threads: str
) -> None:
    printed = python(
        DIGEST, folder=tmp_path, PYTHONHASHSEED=hash_seed, OMP_NUM_THREADS=threads, TZ="Asia/Tokyo"
    )
    assert len(here.moves_table()) > 0
    assert printed.split() == digests(here)


def test_the_order_of_hosts_does_not_matter(here: EmigrationModel, tmp_path: Path) -> None:
    """A copy of the package whose table of hosts is upside down moves the same people."""
    copy = tmp_path / "abm"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    table = copy / "hosts_table.py"
    table.write_text(table.read_text("utf-8") + REVERSED, "utf-8")
    python(MOVES, str(tmp_path / "moves.pkl"), folder=tmp_path)
    upside_down = pd.read_pickle(tmp_path / "moves.pkl")
    pd.testing.assert_frame_equal(here.moves_table(), upside_down)


# --- in one process --------------------------------------------------------------------------


def test_runs_leave_no_trace_on_later_ones(here: EmigrationModel, finished: Finish) -> None:
    finished(seed=6, scale=10_000, set={"entry_ban": 1, "rent_elasticity": 0, "host_constant": 1})
    finished(seed=5, set={**EASY, "payment_access": 0}, until="2022-04-30", screened=False)
    assert digests(finished(seed=5, set=EASY)) == digests(here)


def test_two_models_at_once_do_not_disturb_each_other(
    here: EmigrationModel, finished: Finish
) -> None:
    other = {"seed": 6, "scale": 10_000, "until": "2022-12-31"}
    settings = {"scale": 3000, "seed": 5, "until": "2022-12-31", "set": EASY}
    pair = EmigrationModel(**settings), EmigrationModel(**other)
    while pair[0].running:
        for model in pair:
            model.step()
    assert digests(pair[0]) == digests(here)
    assert digests(pair[1]) == digests(finished(**other))


def test_who_watches_does_not_steer(finished: Finish) -> None:
    settings = {"scale": 10_000, "seed": 5, "until": "2022-10-31", "set": EASY}
    model = EmigrationModel(**settings)
    looked_at = 0
    while model.running:
        for host in ("Russia", "Turkey"):
            for russian in model.russians.select(host=host, at_most=2):
                russian.explain()
                looked_at += 1
        model.outcomes()
        model.moves_table()
        model.emigrants_table()
        model.population.summary()
        model.step()
    assert looked_at > 2 * model.weeks
    assert digests(model) == digests(finished(**settings))


def test_global_random_numbers_are_neither_used_nor_touched(finished: Finish) -> None:
    quick = {"scale": 10_000, "set": EASY, "until": "2022-04-30"}
    found = []
    for seed in (1, 2):
        np.random.seed(seed)
        random.seed(seed)
        before = np.random.get_state()[1].copy(), random.getstate()
        found.append(digests(finished(**quick)))
        assert np.array_equal(np.random.get_state()[1], before[0])
        assert random.getstate() == before[1]
    assert found[0] == found[1]


def kept_tables() -> dict[str, bytes]:
    """What is read or worked out once and shared by all runs."""
    found: dict[str, bytes] = {}
    types = composition.composition()
    for table in (types, population.groups(types), population.strata_at(types, 3000)):
        for field in fields(table):
            column = np.asarray(getattr(table, field.name))
            found[f"{type(table).__name__}.{field.name}"] = column.tobytes()
    for field in ("price_level", "visa_free_days", "rent_usd", "descent_share", "right_to_work"):
        found[field] = hosts_table.host_column(field).tobytes()
    arrays = {
        "host_constants": hosts_table.host_constants(),
        "luck_weights": bounds.luck_weights(),
        "wages": traits_tables.home_wage_usd(),
    }
    return found | {name: array.tobytes() for name, array in arrays.items()}


def test_no_run_changes_what_all_runs_share(finished: Finish) -> None:
    before = kept_tables()
    levers = {"right_to_work": 0, "visa_free_days": 30, "host_constant": 2, "incident": 1}
    finished(set={**EASY, **levers}, until="2022-10-20")
    after = kept_tables()
    assert before.keys() == after.keys()
    assert [name for name in before if before[name] != after[name]] == []


def test_a_seed_of_zero_is_a_seed(finished: Finish) -> None:
    runs = [finished(seed=seed, set=EASY, scale=10_000) for seed in (0, 0, 1)]
    assert runs[0].scenario.seed == 0
    assert digests(runs[0]) == digests(runs[1])
    assert digests(runs[0])[1] != digests(runs[2])[1]


def test_replicates_of_a_seed_differ(finished: Finish) -> None:
    runs = [finished(replicate=k, set=EASY, scale=10_000).moves_table() for k in (0, 1, 1)]
    assert not runs[0].equals(runs[1])
    pd.testing.assert_frame_equal(runs[1], runs[2])


def test_every_host_is_named_once() -> None:
    """Luck is keyed by name, so two hosts of one name would share it."""
    assert len(set(HOST_NAMES)) == len(HOST_NAMES)
    assert hosts_table.HOME not in HOST_NAMES
