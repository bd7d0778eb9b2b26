"""The script of an array job: a sweep cut into parts, submitted to a batch system and left alone.

Each element of the array does one part and knows of no other. Elements that were cancelled, lost
or out of time are made up for by submitting the same script again: what is done is not redone.
"""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from abm.errors import InputError, unknown
from abm.study.cluster import Cluster
from abm.study.store import resolved


@dataclass(frozen=True)
class Batch:
    """How a batch system is spoken to.

    mark : what begins a directive; lines : directives of every script; array : that of an array;
    queue, account : directives for what a user may have to say; index, cpus : the shell's names
    for the element's number and its processors; submit : the command
    """

    mark: str
    lines: tuple[str, ...]
    array: str
    queue: str
    account: str
    index: str
    cpus: str
    submit: str


SLURM = Batch(
    mark="#SBATCH",
    lines=(
        "--job-name={name}",
        "--cpus-per-task=1",
        "--time={walltime}",
        "--mem={mb}M",
        "--requeue",
        "--open-mode=append",
    ),
    array="--array=1-{parts}",
    queue="--partition={queue}",
    account="--account={account}",
    index="SLURM_ARRAY_TASK_ID",
    cpus="SLURM_CPUS_PER_TASK",
    submit="sbatch",
)
PBS = Batch(
    mark="#PBS",
    lines=(
        "-N {name}",
        "-l select=1:ncpus=1:mem={mb}mb",
        "-l walltime={walltime}",
        "-r y",
        "-j oe",
    ),
    array="-J 1-{parts}",
    queue="-q {queue}",
    account="-A {account}",
    index="PBS_ARRAY_INDEX",
    cpus="NCPUS",
    submit="qsub",
)
SGE = Batch(
    mark="#$",
    lines=(
        "-N {name}",
        "-S /bin/bash",
        "-cwd",
        "-l h_rt={walltime}",
        "-l h_vmem={mb}M",
        "-r y",
        "-j y",
    ),
    array="-t 1-{parts}",
    queue="-q {queue}",
    account="-P {account}",
    index="SGE_TASK_ID",
    cpus="NSLOTS",
    submit="qsub",
)
BATCHES = {"slurm": SLURM, "pbs": PBS, "sge": SGE}


def script(
    kind: str, study: str | Path, out: str | Path, parts: int, cluster: Cluster | None = None
) -> str:
    """The text of a bash script that does a study in an array of ``parts`` jobs.

    Paths are written absolute, and Python is the one that runs now: both must be seen by the
    machines of the cluster.

    kind : "slurm", "pbs" or "sge"; study : the TOML file; out : the results folder

    Raises
    ------
    InputError : another kind, or fewer parts than one
    """
    if kind not in BATCHES:
        raise unknown("batch system", kind, BATCHES, "--script slurm")
    if parts < 1:
        raise InputError(f"{parts} is no number of parts. Example: --script {kind} --workers 20")
    batch, asked = BATCHES[kind], cluster or Cluster()
    words = [sys.executable, "-m", "abm", "sweep", Path(study).resolve(), "--out"]
    command = " ".join(shlex.quote(str(word)) for word in (*words, resolved(out)))
    return TEXT.format(
        directives="\n".join(_directives(batch, parts, asked)),
        submit=batch.submit,
        folder=shlex.quote(str(Path.cwd())),
        command=command,
        part=ELEMENT.format(batch.index, parts) if parts > 1 else "1/1",
        cpus=batch.cpus,
        parts=parts,
    )


def _directives(batch: Batch, parts: int, asked: Cluster) -> list[str]:
    said = {"parts": parts, "walltime": asked.walltime, "mb": asked.megabytes, "name": "relokant"}
    lines = list(batch.lines)
    if parts > 1:  # PBS takes no array of one
        lines.insert(0, batch.array)
    directives = [f"{batch.mark} {line.format(**said)}" for line in lines]
    for name, line in (("queue", batch.queue), ("account", batch.account)):
        value = getattr(asked, name)
        # A second # makes a remark of a directive.
        mark = batch.mark if value else f"#{batch.mark}"
        directives.append(f"{mark} {line.format(**{name: value or f'YOUR-{name.upper()}'})}")
    return directives


ELEMENT = '"${{{0}:?is not set: submit this script as an array}}/{1}"'
TEXT = """\
#!/bin/bash
# A sweep in parts: {parts}. EDIT what your cluster asks for: the time that an element of the array
# may take, its memory, and, with one # taken away, the queue and the account.
{directives}
# Then: {submit} THIS-FILE. Submit it again for elements that were lost: what is done is not redone.
set -euo pipefail
# EDIT: whatever your cluster needs before Python starts, such as: module load python
cd {folder}
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
exec {command} \\
  --part {part} --workers "${{{cpus}:-1}}"
"""
