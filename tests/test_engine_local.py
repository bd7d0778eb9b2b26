"""The local engine: every chunk once, lost workers made up for, no worker left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from abm.errors import InputError, OutputError
from abm.study import engines


def note(folder: Path, chunk: int) -> None:
    """Note that a chunk was done, and by whom."""
    (folder / f"done-{chunk}").write_text(f"{os.getpid()} {os.environ['OMP_NUM_THREADS']}")


def die_once(folder: Path, chunk: int) -> None:
    """The second chunk kills its worker the first time."""
    tried = folder / f"tried-{chunk}"
    if chunk == 1 and not tried.exists():
        tried.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    note(folder, chunk)


def die_always(folder: Path, chunk: int) -> None:
    """The second chunk kills every worker."""
    if chunk == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    note(folder, chunk)


def full_disk(folder: Path, chunk: int) -> None:
    raise OutputError("cannot write: no space left on device")


def wait_for_ever(folder: Path, chunk: int) -> None:
    (folder / f"pid-{chunk}").write_text(str(os.getpid()))
    while True:
        time.sleep(0.05)


def test_every_chunk_once(tmp_path: Path) -> None:
    found = list(engines.local(partial(note, tmp_path), range(5), 2))
    assert sorted(found) == list(range(5))
    said = [(tmp_path / f"done-{chunk}").read_text().split() for chunk in range(5)]
    assert {threads for _, threads in said} == {"1"}
    assert str(os.getpid()) not in {pid for pid, _ in said}
    assert "OMP_NUM_THREADS" not in os.environ or os.environ["OMP_NUM_THREADS"] != "1"


def test_a_lost_worker_is_made_up_for(tmp_path: Path) -> None:
    found = list(engines.local(partial(die_once, tmp_path), range(4), 2))
    assert sorted(found) == list(range(4))


def test_a_chunk_that_kills_its_workers_does_not_stop_the_others(tmp_path: Path) -> None:
    found = list(engines.local(partial(die_always, tmp_path), range(3), 2))
    assert sorted(found) == [0, 2]


def test_what_the_work_raises_is_raised(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no space left"):
        list(engines.local(partial(full_disk, tmp_path), range(3), 2))


def test_stopping_ends_the_workers(tmp_path: Path) -> None:
    """As with Ctrl-C: whoever takes the chunks stops in their midst."""
    code = (
        "import sys; from functools import partial; from pathlib import Path\n"
        "import test_engine_local as t; from abm.study import engines\n"
        "list(engines.local(partial(t.wait_for_ever, Path(sys.argv[1])), range(2), 2))"
    )
    for stop in (signal.SIGINT, signal.SIGKILL):
        folder = tmp_path / stop.name
        folder.mkdir()
        started = subprocess.Popen(
            [sys.executable, "-c", code, str(folder)],
            cwd=Path(__file__).parent,
            stderr=subprocess.DEVNULL,
        )
        pids = [int(wait_for_text(folder / f"pid-{chunk}")) for chunk in range(2)]
        assert all(map(alive, pids))
        started.send_signal(stop)
        started.wait(30)
        poll(lambda pids=pids: not any(map(alive, pids)))


def test_a_script_without_a_guard_is_not_run_again_by_its_workers(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from functools import partial; from pathlib import Path\n"
        "import test_engine_local as t; from abm.study import engines\n"
        "print('once')\n"
        "print(list(engines.local(partial(t.note, Path(sys.argv[2])), [3], 1)))\n"
    )
    done = subprocess.run(
        [sys.executable, script, Path(__file__).parent, tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("once\n[3]\n", "")


def test_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLURM_CPUS_PER_TASK", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {2, 5, 7}, raising=False)
    assert engines.check_workers(None) == 3
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "4")
    assert engines.check_workers(None) == 4
    assert engines.check_workers(1) == 1
    with pytest.raises(InputError, match="--workers 2"):
        engines.check_workers(0)


def test_unknown_engines() -> None:
    with pytest.raises(InputError, match="'local'"):
        engines.engine_of("locale")


def wait_for_text(path: Path) -> str:
    poll(lambda: path.exists() and path.read_text() != "")
    return path.read_text()


def poll(condition: object, seconds: float = 60) -> None:
    """Wait until it holds."""
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process runs (one that has ended and waits to be read does not)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
