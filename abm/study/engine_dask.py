"""Dask launches the work: through a scheduler of the user's, or processes of this machine."""

from __future__ import annotations

import logging
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from abm.errors import InputError
from abm.study.cluster import Cluster, missing_extra
from abm.study.engines import TRIES, Work, fit_to_start_workers

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

PATIENCE = 2.0  # seconds between looks at the workers
FIRST_WORKER = 30.0  # seconds within which a given scheduler must have one
ALONE = "alone-"


def check(cluster: Cluster) -> None:
    """InputError where Dask is not installed, or no scheduler is at the given address."""
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise missing_extra(error) from None
    if cluster.scheduler is not None:
        with _client_of(cluster.scheduler):
            pass


def engine(
    work: Work, chunks: Sequence[int], workers: int, cluster: Cluster | None = None
) -> Iterator[int]:
    """Do chunks on the workers of a given scheduler, or on ``workers`` processes of this machine.

    Raises
    ------
    InputError : the scheduler has no workers, is lost, or its workers lack this package
    """
    with ExitStack() as stack:
        if cluster is not None and cluster.scheduler is not None:
            client = stack.enter_context(_client_of(cluster.scheduler))
            _wait_for_a_worker(client, cluster.scheduler)
        else:
            client = stack.enter_context(_own(min(workers, len(chunks))))
        yield from drive(client, work, chunks)


def drive(
    client: Client, work: Work, chunks: Sequence[int], look: Callable[[int], None] | None = None
) -> Iterator[int]:
    """Do chunks, no more at a time than the workers have threads; gives each as it ends.

    Dask itself hands a chunk whose worker was lost to another worker, a few times. A chunk that
    loses them all may only have had a bad neighbour: it is done once more in the end, alone, and
    left out if that fails.

    look : called every few seconds with how many chunks have ended
    """
    waiting, alone = deque(chunks), deque[int]()
    running: dict[Future[Any], int] = {}
    ended: SimpleQueue[Future[Any]] = SimpleQueue()
    batch = uuid.uuid4().hex
    count = 0

    def submit(chunk: int, prefix: str) -> None:
        future = client.submit(work, chunk, key=f"{prefix}{batch}-{chunk}", pure=False)
        running[future] = chunk
        future.add_done_callback(ended.put)

    try:
        while waiting or running or alone:
            for _ in range(min(len(waiting), _threads(client) - len(running))):
                submit(waiting.popleft(), "chunk-")
            if not (waiting or running):
                submit(alone.popleft(), ALONE)
            future = _next(ended)
            if future is not None:
                chunk = running.pop(future)
                if _is_done(future):
                    count += 1
                    yield chunk
                elif not str(future.key).startswith(ALONE):
                    alone.append(chunk)
            if look is not None:
                look(count)
    finally:
        client.cancel(list(running))


@contextmanager
def settings(**more: object) -> Iterator[None]:
    """Dask's settings for a scheduler of our own."""
    import dask

    allowed = {"distributed.scheduler.allowed-failures": TRIES - 1}
    with dask.config.set({**allowed, **more}):
        yield


@contextmanager
def _own(workers: int) -> Iterator[Client]:
    """A client of so many processes of this machine, which Dask starts anew when they are lost."""
    from distributed import Client, LocalCluster

    def start() -> LocalCluster:
        return LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            memory_limit=0,  # a worker that is paused for its memory would wait for ever
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        )

    with fit_to_start_workers(), settings(), start() as cluster, Client(cluster) as client:
        yield client


@contextmanager
def _client_of(address: str) -> Iterator[Client]:
    from distributed import Client

    try:
        client = Client(address, timeout=10, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(
            f"no Dask scheduler answers at {address} ({type(error).__name__}). Start one there: "
            "dask scheduler"
        ) from None
    with client:
        yield client


def _wait_for_a_worker(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=FIRST_WORKER)
    except TimeoutError:
        raise InputError(
            f"the Dask scheduler at {address} has no workers. Start some that see the results "
            f"folder: dask worker {address} --nthreads 1"
        ) from None


def _threads(client: Client) -> int:
    """How many chunks can run at once; at least one, for the next worker to begin with."""
    return max(1, sum(client.nthreads().values()))


def _next(ended: SimpleQueue[Future[Any]]) -> Future[Any] | None:
    try:
        return ended.get(timeout=PATIENCE)
    except Empty:
        return None


def _is_done(future: Future[Any]) -> bool:
    """Whether a chunk is done; not, if its workers were lost. Raises what the work raised."""
    from distributed import KilledWorker

    if future.cancelled():
        raise InputError(
            "the Dask scheduler is gone; when it is back, the same command goes on"
        ) from None
    error = future.exception()
    if isinstance(error, ImportError):
        raise InputError(
            f"a worker of Dask cannot do the work ({error}): install the same version of relokant "
            "where the workers are"
        ) from error
    if error is not None and not isinstance(error, KilledWorker):
        raise error
    return error is None
