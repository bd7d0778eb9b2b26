"""`abm dashboard` in a process of its own, whose every connection is written down."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

PATIENCE = 60.0  # seconds for what takes a few
WATCH = """
import os, sys


def watch(event, given):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo"):
        address = given[0] if event == "socket.getaddrinfo" else given[1]
        host = address[0] if isinstance(address, tuple) else address
        with open(os.environ["WATCHED"], "a") as file:
            print(event, host, file=file)


sys.addaudithook(watch)
"""


@dataclass(frozen=True)
class Server:
    """A running dashboard: its address, and where it connects and listens."""

    address: str
    process: subprocess.Popen[str]
    watched: Path

    def sockets(self) -> list[str]:
        """What it did with sockets: "socket.bind 127.0.0.1", a line each."""
        return self.watched.read_text("utf-8").splitlines()

    def listens(self) -> list[str]:
        """The addresses on which others may reach it."""
        connections = psutil.Process(self.process.pid).net_connections("inet")
        return [each.laddr.ip for each in connections if each.status == psutil.CONN_LISTEN]

    def cpu_seconds(self) -> float:
        """Time that it has computed so far."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    def stop(self) -> tuple[int, str]:
        """Press Ctrl-C: its status, and what it said on standard error."""
        self.process.send_signal(signal.SIGINT)
        _, error = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, error


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[Server]:
    """Start `abm dashboard` on a free port, and end it whatever happens."""
    (folder / "sitecustomize.py").write_text(WATCH, "utf-8")
    watched = folder / "watched.txt"
    watched.touch()
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), *sys.path]),
        "WATCHED": str(watched),
        "HOME": str(folder),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "abm", "dashboard", "--port", "0", *arguments],
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", said)
        if address is None:
            process.kill()
            raise AssertionError(f"no address: {said!r} {process.communicate()[1]}")
        yield Server(address[0], process, watched)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
