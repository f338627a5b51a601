"""A Dask cluster on this machine for tests: a scheduler and workers, each a process that a test may kill."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

_WAIT = 60.0  # seconds


class DaskCluster:
    """A context manager; ``directory`` gets a log of each process."""

    def __init__(self, directory: Path, workers: int = 2) -> None:
        self.directory, self._workers = directory, workers
        self.processes: list[subprocess.Popen[bytes]] = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"

    def __enter__(self) -> DaskCluster:
        self.directory.mkdir(exist_ok=True)
        self.scheduler = self.start_scheduler()
        self.workers = [self.start_worker() for _ in range(self._workers)]
        end = time.monotonic() + _WAIT
        while sum(b"Starting established connection" in log or b"Registered to" in log for log in self.logs()) < len(
            self.workers
        ):
            assert time.monotonic() < end, self.logs()
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            process.kill()
            process.wait()

    def start_scheduler(self) -> subprocess.Popen[bytes]:
        port = self.address.rpartition(":")[2]
        return self._start("scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")

    def start_worker(self) -> subprocess.Popen[bytes]:
        local = ("--local-directory", str(self.directory))
        return self._start("worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", *local)

    def logs(self) -> list[bytes]:
        """Return what each process has written."""
        return [path.read_bytes() for path in sorted(self.directory.glob("*.log"))]

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        path = self.directory / f"{arguments[0]}-{len(self.processes):03}.log"
        root = Path(__file__).parent.parent
        variables = {**os.environ, "PYTHONPATH": str(root)}
        with path.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=variables,
            )  # fmt: skip
        self.processes.append(process)
        return process
