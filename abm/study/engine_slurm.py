"""SLURM launches the work, attached: each worker is a job that dask-jobqueue submits.

The command that began the sweep holds the scheduler, so it must go on running, and must be seen by
the machines of the cluster, as the results folder must be. To submit and leave, see array_script.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from abm.errors import InputError
from abm.study import engine_dask
from abm.study.cluster import Cluster, missing_extra
from abm.study.engines import Work

if TYPE_CHECKING:
    from dask_jobqueue import SLURMCluster

LOOK = 15.0  # seconds between looks at the queue
NEVER = {"PartitionTimeLimit", "PartitionNodeLimit", "PartitionDown", "PartitionInactive"}
LOST_JOBS = 6  # lost one after the other, with no chunk ended: something is wrong with all


def check(cluster: Cluster) -> None:
    """InputError where dask-jobqueue or SLURM is missing, or SLURM would not take such a job."""
    try:
        import dask_jobqueue  # noqa: F401
    except ImportError as error:
        raise missing_extra(error) from None
    if shutil.which("sbatch") is None:
        raise InputError(
            "no SLURM on this machine (no sbatch): run this where jobs are submitted, or here "
            "with --on local"
        )
    asked = [f"--time={cluster.walltime}", f"--mem={cluster.megabytes}M"]
    asked += [f"--partition={cluster.queue}"] if cluster.queue else []
    asked += [f"--account={cluster.account}"] if cluster.account else []
    command = ["sbatch", "--test-only", *asked, "--wrap=true"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join(done.stderr.replace("sbatch: error:", "").split()) or "no reason given"
        raise InputError(
            f"SLURM would not take a job: {said}. Asked for {' '.join(asked)}; change it in the "
            'study\'s table [cluster]. Example: queue = "short"'
        )


def engine(
    work: Work, chunks: Sequence[int], workers: int, cluster: Cluster | None = None
) -> Iterator[int]:
    """Do chunks in ``workers`` jobs of one worker each; a job that is lost is submitted again.

    Raises
    ------
    InputError : jobs are lost one after the other and nothing gets done
    """
    from distributed import Client

    asked = cluster or Cluster()
    count = min(workers, len(chunks))
    with _jobs(asked) as jobs, Client(jobs, set_as_default=False) as client:
        jobs.scale(jobs=count)
        yield from engine_dask.drive(client, work, chunks, _Watch(jobs, count, asked))


@contextmanager
def _jobs(asked: Cluster) -> Iterator[SLURMCluster]:
    """A scheduler in this process, with no workers yet; its jobs are cancelled in the end."""
    from dask_jobqueue import SLURMCluster

    with engine_dask.settings():
        started = SLURMCluster(
            cores=1,
            processes=1,
            memory=asked.memory,
            queue=asked.queue,
            account=asked.account,
            walltime=asked.walltime,
            interface=asked.interface,
            python=sys.executable,
            job_name="relokant",
            log_directory=asked.logs and str(asked.logs),
            # SLURM sees to memory; a worker that Dask pauses for its memory would wait for ever.
            worker_extra_args=["--memory-limit", "0", "--no-dashboard"],
            scheduler_options={"dashboard": False, "dashboard_address": ":0"},
            silence_logs=logging.CRITICAL,
        )
        with started:
            yield started


class _Watch:
    """Looks at the jobs now and then, and submits those that are lost again."""

    def __init__(self, jobs: SLURMCluster, count: int, asked: Cluster) -> None:
        self.jobs, self.count, self.asked = jobs, count, asked
        self.looked = time.monotonic()
        self.ended = 0  # chunks, when a job was last lost
        self.lost = 0  # jobs since then
        self.unsubmitted: set[object] = set()

    def __call__(self, ended: int) -> None:
        if time.monotonic() < self.looked + LOOK:
            return
        self.looked = time.monotonic()
        lost = self._lost()
        if not lost:
            return
        self.lost = len(lost) + (self.lost if ended == self.ended else 0)
        self.ended = ended
        if self.lost > LOST_JOBS + self.count:
            raise InputError(
                f"SLURM's jobs end before they have done anything, {self.lost} of them so far; "
                f"what they printed is in {self.asked.logs or 'slurm-*.out'}. Often the machines "
                'cannot reach this one: say which network, for example [cluster] interface = "ib0"'
            )
        for name in lost:
            self.jobs.workers.pop(name, None)
        self.jobs.scale(jobs=self.count)  # submits those that are not among its workers

    def _lost(self) -> list[object]:
        """Names of workers that are neither at work nor in SLURM's queue."""
        at_work = {worker.name for worker in list(self.jobs.scheduler.workers.values())}
        away = {name: job for name, job in list(self.jobs.workers.items()) if name not in at_work}
        missing = set(self.jobs.worker_spec) - set(self.jobs.workers)
        if not (away or missing):
            return []
        queued = _queued()
        if queued is None:
            return []
        mine = {queued[job.job_id] for job in away.values() if job.job_id in queued}
        if mine and mine <= NEVER:
            raise InputError(
                f"SLURM keeps every job waiting ({', '.join(sorted(mine))}): ask for less, or for "
                'another queue, in [cluster]. Example: walltime = "01:00:00"'
            )
        gone = {name for name, job in away.items() if job.job_id and job.job_id not in queued}
        # Without a number: about to be submitted, or refused; refused if it was so a look before.
        bare = missing | {name for name, job in away.items() if not job.job_id}
        gone |= bare & self.unsubmitted
        self.unsubmitted = bare - gone
        return sorted(gone, key=str)


def _queued() -> dict[str, str] | None:
    """The user's jobs that wait or run: number to reason; None when SLURM does not answer."""
    command = ["squeue", "--noheader", f"--user={os.getuid()}", "--format=%A %r"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return None
    return dict(line.strip().partition(" ")[::2] for line in done.stdout.splitlines())
