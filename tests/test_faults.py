"""Faults around a run: a full disk, a moved clock, other languages, odd terminals, missing extras.

Those of single writes, kills and two writers are in test_store and test_*_interrupted.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import resource
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from abm.study import store

QUICK = ("--scale", "10000", "--until", "2022-03-31", "--replicates", "1")


def typed(
    *arguments: str,
    cwd: Path,
    code: str = "",
    before: Callable[[], None] | None = None,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """abm with some arguments in a process of its own, after some code; without a terminal."""
    program = f"import sys; {code}\nfrom abm.cli import main; sys.exit(main({list(arguments)!r}))"
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        preexec_fn=before,
        check=False,
    )


def outcomes(folder: Path) -> pd.DataFrame:
    return store.read(folder).outcomes


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an undisturbed run writes."""
    home = tmp_path_factory.mktemp("plain")
    done = typed("run", *QUICK, "--out", "mine", cwd=home)
    assert done.returncode == 0, done.stderr
    return home / "mine"


@pytest.mark.parametrize("size", [100, 5_000, 60_000])
def test_a_disk_that_is_full_leaves_nothing(size: int, tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    # Python ignores the signal, so that a write fails as on a full disk.
    done = typed("run", *QUICK, "--out", "mine", cwd=tmp_path, before=limit)
    assert done.returncode == 1
    assert done.stderr.startswith("abm: cannot write ")
    assert done.stderr.count("\n") == 1
    assert os.listdir(tmp_path) == []


def test_a_clock_that_is_moved_changes_nothing_but_the_time_told(
    plain: Path, tmp_path: Path
) -> None:
    """Back to 1980, and an hour back with every look."""
    code = (
        "import time; real = time.time; time.time = lambda: 315532800.0\n"
        "ticks = iter(range(10**9, 0, -3600)); time.perf_counter = lambda: float(next(ticks))"
    )
    done = typed("run", *QUICK, "--out", "mine", cwd=tmp_path, code=code)
    assert done.returncode == 0, done.stderr
    pd.testing.assert_frame_equal(outcomes(plain), outcomes(tmp_path / "mine"))


@pytest.mark.parametrize(
    "place",
    [
        {"LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TZ": "America/Adak"},
        {"LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "7"},
    ],
)
def test_other_languages_and_time_zones_give_the_same_bytes(
    place: dict[str, str], plain: Path, tmp_path: Path
) -> None:
    done = typed("run", *QUICK, "--out", "mine", cwd=tmp_path, **place)
    assert done.returncode == 0, done.stderr
    for name in ("outcomes.parquet", "targets.csv"):
        assert (plain / name).read_bytes() == (tmp_path / "mine" / name).read_bytes()


def in_a_terminal(columns: int, *arguments: str, cwd: Path) -> tuple[int, str]:
    """abm typed in a terminal so wide: the exit status, and what it shows without its colours."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    with subprocess.Popen(
        [sys.executable, "-m", "abm", *arguments],
        cwd=cwd,
        env={**environment, "TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # the other end is closed
            while part := os.read(ours, 65536):
                shown += part
        os.close(ours)
    return process.returncode, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode("utf-8"))


@pytest.mark.parametrize("what", ["parameters", "levers", "outcomes", "hosts", "scenarios"])
def test_forty_columns_are_enough_for_lists(what: str, tmp_path: Path) -> None:
    status, shown = in_a_terminal(40, "list", what, cwd=tmp_path)
    assert status == 0, shown
    assert len(shown) > 500
    assert max(map(len, shown.splitlines())) <= 40


def test_forty_columns_are_enough_for_targets(tmp_path: Path) -> None:
    status, shown = in_a_terminal(40, "run", *QUICK, "--out", "mine", cwd=tmp_path)
    assert status == 0, shown
    assert "targets hit" in shown
    assert max(len(line.rpartition("\r")[2]) for line in shown.splitlines()) <= 40


def test_without_a_terminal_nothing_is_coloured_and_no_bar_is_drawn(tmp_path: Path) -> None:
    done = typed("run", *QUICK, "--out", "mine", cwd=tmp_path, TERM="xterm-256color")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("module", "arguments", "extra"),
    [
        ("SALib", ("sweep", "saltelli.toml", "--dry-run"), "study"),
        ("xarray", ("export", "sweep", "--to", "netcdf"), "export"),
        ("distributed", ("sweep", "grid.toml", "--on", "dask", "--out", "other"), "cluster"),
    ],
)
def test_a_missing_extra_is_one_line_that_says_what_to_install(
    module: str, arguments: tuple[str, ...], extra: str, tmp_path: Path
) -> None:
    head = "scale = 10000\nuntil = 2022-03-31\n[levers]\nrenewal_strictness = [0.2, 0.8]\n"
    grid = f'{head}[design]\nmethod = "grid"\n'
    (tmp_path / "grid.toml").write_text(grid, "utf-8")
    uncertain = 'scale = 10000\nuntil = 2022-03-31\n[uncertainties]\nconscience = "prior"\n'
    saltelli = f'{uncertain}[design]\nmethod = "saltelli"\nsize = 4\n'
    (tmp_path / "saltelli.toml").write_text(saltelli, "utf-8")
    if "sweep" in arguments[1:2]:
        done = typed("sweep", "grid.toml", "--out", "sweep", "--workers", "1", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    done = typed(*arguments, cwd=tmp_path, code=f"sys.modules[{module!r}] = None")
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("abm: ") and done.stderr.count("\n") == 1, done.stderr
    assert f"relokant[{extra}]" in done.stderr
