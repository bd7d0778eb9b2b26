"""Who launches the work: each engine starts chunks somewhere and tells which ones have ended.

An engine is a function of the work, the chunks and the number of workers. It gives each chunk's
number as it ends, tries chunks whose worker was lost a few times again, and leaves out those that
it gave up. What the work raises (a full disk, another version) it raises.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor
from concurrent.futures import wait as wait_for
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from multiprocessing.connection import wait
from typing import Any, Protocol

from abm.errors import InputError, unknown
from abm.study.cluster import Cluster

Work = Callable[[int], None]
TRIES = 4  # of a chunk, before it is given up
ONE_THREAD = {
    name: "1"
    for name in (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "RELOKANT_THREADS",
    )
}


class Engine(Protocol):
    """What an engine is."""

    def __call__(self, work: Work, chunks: Sequence[int], workers: int) -> Iterator[int]: ...


def serial(work: Work, chunks: Sequence[int], workers: int) -> Iterator[int]:
    """One chunk after the other in this process, to look into what happens."""
    for chunk in chunks:
        work(chunk)
        yield chunk


def local(work: Work, chunks: Sequence[int], workers: int) -> Iterator[int]:
    """Processes of this machine. A pool whose worker was killed is made anew."""
    waiting = deque(chunks)
    tries: Counter[int] = Counter()
    while waiting:
        running: dict[Future[None], int] = {}
        try:
            yield from _in_a_pool(work, waiting, running, workers)
        except BrokenProcessPool:
            # Which of those running had the lost worker is not told, so each counts a try.
            ended = [future for future in running if future.done() and not future.exception()]
            yield from [running.pop(future) for future in ended]
            tries.update(running.values())
            waiting.extendleft(chunk for chunk in running.values() if tries[chunk] < TRIES)
    for chunk in [chunk for chunk, count in tries.items() if count >= TRIES]:
        with suppress(BrokenProcessPool):  # alone, for the fault may have been a neighbour's
            yield from _in_a_pool(work, deque([chunk]), {}, 1)


def _in_a_pool(
    work: Work, waiting: deque[int], running: dict[Future[None], int], workers: int
) -> Iterator[int]:
    """Do those waiting, as many at a time as there are workers; keeps account of who runs."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(workers, len(waiting)), context, initializer=_begin_worker)
    try:
        while waiting or running:
            with fit_to_start_workers():
                while waiting and len(running) < workers:
                    chunk = waiting[0]
                    running[pool.submit(work, chunk)] = chunk  # a broken pool leaves it waiting
                    waiting.popleft()
            ended, _ = wait_for(running, return_when=FIRST_COMPLETED)
            for future in ended:
                future.result()
                yield running.pop(future)
    except BaseException:
        _stop(pool)
        raise
    pool.shutdown()


def _stop(pool: ProcessPoolExecutor) -> None:
    """End the pool now, in the midst of its work, which is left as it is."""
    processes = list((pool._processes or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.kill()
    for process in processes:
        process.join()


def _begin_worker() -> None:
    """In a new worker: leave Ctrl-C to who started it, and end when that one is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


@contextmanager
def fit_to_start_workers() -> Iterator[None]:
    """Workers started within keep to one thread, and do not run the user's script again.

    Python would import ``__main__`` in each, for functions defined there; ours are not.
    """
    main = sys.modules["__main__"]
    hidden: dict[str, Any] = {
        key: vars(main)[key] for key in ("__spec__", "__file__") if key in vars(main)
    }
    with one_thread_each():
        vars(main)["__spec__"] = None
        vars(main).pop("__file__", None)
        try:
            yield
        finally:
            vars(main).update(hidden)


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Processes started within keep their linear algebra to one thread."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def processors() -> int:
    """How many processors this process may use: SLURM's word, else the affinity mask."""
    said = os.environ.get("SLURM_CPUS_PER_TASK", "")
    if said.isdecimal() and int(said) > 0:
        return int(said)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


ENGINES: dict[str, Engine | str] = {  # or the module of one that needs more than is installed
    "local": local,
    "dask": "abm.study.engine_dask",
    "slurm": "abm.study.engine_slurm",
    "serial": serial,
}


def engine_of(name: str, cluster: Cluster | None = None) -> Engine:
    """An engine by name, ready to use.

    Raises InputError if there is none, or what it needs (a package, a scheduler, SLURM) is missing.
    """
    if name not in ENGINES:
        raise unknown("engine", name, ENGINES, "--on local")
    engine = ENGINES[name]
    if not isinstance(engine, str):
        return engine
    module = import_module(engine)
    asked = cluster or Cluster()
    module.check(asked)
    return partial(module.engine, cluster=asked)


def check_workers(workers: int | None) -> int:
    """A number of workers; by default as many as there are processors to use."""
    if workers is None:
        return processors()
    if workers < 1:
        raise InputError(f"workers: {workers} is no number of workers. Example: --workers 2")
    return workers
