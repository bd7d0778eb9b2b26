"""A real SLURM on this machine for the tests: a controller, two nodes and munge on loopback.

Nothing needs root, systemd or a service of the system: all daemons are children of the test, with
their keys, sockets, spools and logs in one folder, and are gone when it ends.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from needed import skip_or_fail

DAEMONS = ("munged", "slurmctld", "slurmd")
COMMANDS = ("sbatch", "squeue", "scancel", "sinfo")
INSTALL = "apt-get install slurmctld slurmd slurm-client munge"
NODES = 2
PR_SET_PDEATHSIG = 1  # of prctl(2)
PATIENCE = 60.0  # seconds for anything that takes about one


@dataclass(frozen=True)
class Slurm:
    """A running SLURM; ``environment``: what makes a process talk to this one."""

    folder: Path
    environment: dict[str, str]

    def ask(self, *command: str) -> str:
        """What a command of SLURM's prints."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}\n{self.logs()}")
        return done.stdout.strip()

    def submit(self, *arguments: str) -> str:
        """Submit a script; the job's number."""
        return self.ask("sbatch", "--parsable", *arguments)

    def jobs(self, *filters: str) -> list[str]:
        """Jobs, or elements of arrays, that wait or run: "12", "13_1"."""
        return self.ask("squeue", "--noheader", "--array", "--format=%i", *filters).split()

    def wait(self, job: str) -> None:
        """Until none of the job waits or runs."""
        until(lambda: not [name for name in self.jobs() if name.split("_")[0] == job], "the job")

    def drain(self) -> None:
        """Until nothing waits or runs; patience is for each job, for a queue may be long."""
        while waiting := len(self.jobs()):
            until(lambda: len(self.jobs()) < waiting, "a job of the queue", self.logs)

    def logs(self) -> str:
        """The ends of the daemons' logs, for an error."""
        texts = (f"{path.name}:\n{path.read_text()[-2000:]}" for path in self.folder.glob("*.log"))
        return "\n".join(texts)


def missing() -> list[str]:
    """SLURM's and munge's programs that this machine lacks."""
    return [name for name in (*DAEMONS, *COMMANDS) if _program(name) is None]


@contextmanager
def running() -> Iterator[Slurm]:
    """Start SLURM, and stop it with all that runs in it. Skips where it is missing."""
    skip_or_fail("SLURM", missing(), INSTALL)
    with ExitStack() as stack:
        # A socket's path must be short: not pytest's folder.
        folder = Path(tempfile.mkdtemp(prefix="slurm-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        slurm = _configure(folder)
        stack.callback(_kill_steps, folder)
        _start_munge(folder, stack)
        _start(slurm, stack, "slurmctld", "-D", "-c")
        for node in range(1, NODES + 1):
            _start(slurm, stack, "slurmd", "-D", "-c", "-N", f"n{node}")
        stack.callback(_cancel_all, slurm)
        until(lambda: _idle(slurm) == NODES, "the nodes", slurm.logs)
        yield slurm


def until(holds: Callable[[], bool], what: str, logs: Callable[[], str] = str) -> None:
    """Poll until something holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {PATIENCE:.0f} s\n{logs()}")
        time.sleep(0.05)


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _configure(folder: Path) -> Slurm:
    for name in ("m", "state", "n1", "n2"):
        (folder / name).mkdir(mode=0o755)
    host = socket.gethostname().split(".")[0]
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    controller, *nodes = _free_ports(1 + NODES)
    lines = [
        "ClusterName=relokant",
        f"SlurmctldHost={host}(127.0.0.1)",
        f"SlurmctldPort={controller}",
        f"SlurmUser={user}",
        f"SlurmdUser={user}",
        "AuthType=auth/munge",
        f"AuthInfo=socket={folder}/m/s",
        "CredType=cred/munge",
        f"StateSaveLocation={folder}/state",
        f"SlurmdSpoolDir={folder}/%n",
        f"SlurmctldPidFile={folder}/slurmctld.pid",
        f"SlurmdPidFile={folder}/%n.pid",
        f"SlurmctldLogFile={folder}/slurmctld.log",
        f"SlurmdLogFile={folder}/%n.log",
        "ProctrackType=proctrack/linuxproc",
        "TaskPlugin=task/none",
        "JobAcctGatherType=jobacct_gather/none",
        "AccountingStorageType=accounting_storage/none",
        "JobCompType=jobcomp/none",
        "SelectType=select/cons_tres",
        "SelectTypeParameters=CR_Core_Memory",
        "SwitchType=switch/none",
        "MpiDefault=none",
        "SlurmdParameters=config_overrides",
        "SchedulerParameters=sched_min_interval=100000,bf_interval=1",
        "DefMemPerCPU=500",
        "MinJobAge=10",
        "KillWait=1",
        "ReturnToService=2",
    ]
    lines += [
        f"NodeName=n{number} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} "
        "CPUs=2 RealMemory=4000 State=UNKNOWN"
        for number, port in enumerate(nodes, start=1)
    ]
    lines.append("PartitionName=short Nodes=n[1-2] Default=YES MaxTime=1-00:00:00 State=UP")
    file = folder / "slurm.conf"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return Slurm(folder, {**os.environ, "SLURM_CONF": str(file)})


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _start_munge(folder: Path, stack: ExitStack) -> None:
    key = folder / "m" / "key"
    key.touch(mode=0o600)
    key.write_bytes(os.urandom(128))
    command = [_program("munged"), "--foreground", f"--key-file={key}", f"--socket={folder}/m/s"]
    command += [f"--pid-file={folder}/m/pid", f"--seed-file={folder}/m/seed", "--force"]
    _daemon([str(word) for word in command], dict(os.environ), folder / "munged.log", stack)
    until((folder / "m" / "s").is_socket, "munge", (folder / "munged.log").read_text)


def _start(slurm: Slurm, stack: ExitStack, name: str, *arguments: str) -> None:
    log = slurm.folder / f"{name}.out.log"
    _daemon([str(_program(name)), *arguments], slurm.environment, log, stack)


def _daemon(command: list[str], environment: dict[str, str], log: Path, stack: ExitStack) -> None:
    """Start a daemon that ends with the stack, or with this process however that ends."""
    library = ctypes.CDLL(None)
    with log.open("a") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            stdout=output,
            stderr=output,
            preexec_fn=lambda: library.prctl(PR_SET_PDEATHSIG, signal.SIGTERM),
        )
    stack.callback(_stop, process)


def _idle(slurm: Slurm) -> int:
    done = subprocess.run(
        ["sinfo", "--noheader", "--Node", "--states=idle", "--format=%N"],
        env=slurm.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return len(done.stdout.split())


def _cancel_all(slurm: Slurm) -> None:
    """Cancel what still runs, and wait for its end."""
    jobs = slurm.jobs()
    if jobs:
        slurm.ask("scancel", *jobs)
        until(lambda: not slurm.jobs(), "cancelled jobs")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _kill_steps(folder: Path) -> None:
    """Kill what a daemon may have left behind: processes that were told of this folder's SLURM."""
    mark = f"SLURM_CONF={folder}/slurm.conf".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                told = mark in (entry / "environ").read_bytes().split(b"\0")
                if told:
                    os.kill(int(entry.name), signal.SIGKILL)
            except OSError:
                continue  # it has ended, or is another user's
