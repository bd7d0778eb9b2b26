"""Dask launches the work: through a scheduler of the user's, or processes of this machine."""

from __future__ import annotations

import logging
import queue
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from abm.errors import InputError
from abm.study.cluster import Cluster, missing_extra
from abm.study.engines import TRIES, Work

if TYPE_CHECKING:
    from distributed import Client, Future

PATIENCE = 2.0  # seconds between looks at the workers
FIRST_WORKER = 30.0  # seconds within which a given scheduler must have one


def check(cluster: Cluster) -> None:
    """InputError where Dask is not installed, or there is no scheduler at the given address."""
    try:
        import distributed
    except ImportError as error:
        raise missing_extra(error) from None
    if cluster.scheduler is not None:
        with _client(distributed.Client, cluster.scheduler):
            pass


def engine(
    work: Work, chunks: Sequence[int], workers: int, cluster: Cluster | None = None
) -> Iterator[int]:
    """Do chunks on the workers of a scheduler, or on ``workers`` processes of this machine.

    Raises
    ------
    InputError : the scheduler has no workers, is lost, or its workers lack this package
    """
    from distributed import Client

    given = cluster.scheduler if cluster else None
    if not chunks:
        return
    if given is not None:
        with _client(Client, given) as client:
            _wait_for_a_worker(client, given)
            yield from drive(client, work, chunks)
        return
    with _processes(min(workers, len(chunks))) as own, Client(own) as client:
        yield from drive(client, work, chunks)


def drive(
    client: Client, work: Work, chunks: Sequence[int], look: Callable[[int], None] | None = None
) -> Iterator[int]:
    """Do chunks, no more at a time than the workers have threads; gives each as it ends.

    Dask itself gives a chunk whose worker was lost to another worker. A chunk that has lost as many
    workers as there are tries may have been a neighbour of the one at fault: it is done once more,
    alone, in the end.

    look : called every few seconds with how many chunks have ended
    """
    waiting, alone = deque(chunks), deque[int]()
    running: dict[Future, int] = {}
    done: queue.SimpleQueue[Future] = queue.SimpleQueue()
    count = 0
    try:
        while waiting or running or alone:
            if not (waiting or running):
                _submit(client, work, alone.popleft(), running, done)
            for _ in range(min(len(waiting), _threads(client) - len(running))):
                _submit(client, work, waiting.popleft(), running, done)
            for future in _ended(done):
                chunk = running.pop(future)
                tried_alone = future.key.startswith(ALONE)
                if _is_done(future, client):
                    count += 1
                    yield chunk
                elif not tried_alone:
                    alone.append(chunk)
            if look is not None:
                look(count)
    finally:
        client.cancel(list(running))
