"""Real servers that a test may kill: PostgreSQL with a cluster of its own, Redis, the web process and a worker."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from config import provision

BIN = Path(sys.executable).parent
PATIENCE = 120.0  # seconds, for a server to come up on a busy machine
MOMENT = 0.2  # seconds between two looks
HALF = 0.5
PAUSE = threading.Event()  # never set: waiting on it is waiting for a moment


def children_of(number: int) -> list[int]:
    """Return the processes that a process started and that still run."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return list(map(int, Path(f"/proc/{number}/task/{number}/children").read_text().split()))
    return []


def kill(*numbers: int) -> None:
    """End processes as a power switch would: they get no chance to do anything."""
    for number in numbers:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


@dataclass
class Cluster:
    """A PostgreSQL cluster in a temporary folder, made as `make services` makes one; fsync is on."""

    folder: Path
    passwords: Mapping[str, str]
    server: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        """The folder of its socket."""
        return self.folder / "socket"

    def address(self, role: str) -> str:
        """Return the address by which one of the roles reaches it."""
        user = "postgres" if role == "admin" else f"lamplight_{role}"
        password = self.passwords[f"LAMPLIGHT_DATABASE_{role.upper()}_PASSWORD"]
        return f"postgresql://{user}:{password}@/lamplight?host={self.socket}"

    def start(self) -> None:
        """Start it unless it runs, and wait until it takes connections; after a crash it first recovers."""
        ready = [provision.PG_BIN / "pg_isready", "-q", "-h", self.socket]
        for _ in range(int(PATIENCE / MOMENT)):
            if self.server is None or self.server.poll() is not None:
                self._run()  # refused while the last sessions of a killed server are still ending
            if subprocess.run(list(map(str, ready)), check=False).returncode == 0:
                return
            PAUSE.wait(MOMENT)
        raise AssertionError(f"PostgreSQL did not start:\n{self._log.read_text()[-2000:]}")

    def _run(self) -> None:
        command = [provision.PG_BIN / "postgres", "-D", self.folder / "data", "-k", self.socket, "-h", ""]
        user = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
        with self._log.open("ab") as log:
            self.server = subprocess.Popen(
                list(map(str, command)),
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                user=user,
                group=user,
            )

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    def crash(self, chance: random.Random) -> str:
        """Kill the whole server, or one of its processes, after which it ends all sessions and recovers by itself."""
        assert self.server is not None
        parts = children_of(self.server.pid)
        if parts and chance.random() < HALF:
            kill(chance.choice(parts))
            return "a process of PostgreSQL"
        self.stop()
        return "all of PostgreSQL"

    def restart(self) -> None:
        """Start it, as whoever operates it would."""
        self.start()

    def stop(self) -> None:
        """Kill it with everything it started."""
        if self.server is not None:
            kill(self.server.pid, *children_of(self.server.pid))
            self.server.wait(timeout=PATIENCE)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Make a cluster with roles and an empty database, and start it."""
    folder = Path(tempfile.mkdtemp(prefix="lamplight-faults-"))
    passwords = {
        f"LAMPLIGHT_DATABASE_{role}_PASSWORD": f"faults-{role}" for role in ("ADMIN", "OWNER", "APP")
    }
    made = Cluster(folder, passwords)
    made.socket.mkdir()
    if os.geteuid() == 0:
        for each in (folder, made.socket):
            shutil.chown(each, "postgres", "postgres")
    try:
        provision.make_cluster(folder / "data", passwords["LAMPLIGHT_DATABASE_ADMIN_PASSWORD"])
        made.start()
        provision.prepare_database(made.socket, passwords)
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Server:
    """A program that forks workers: what starts it, and the processes that run now."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Start it in a process group of its own."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env=dict(self.environment), stdout=log, stderr=log, cwd=provision.ROOT,
                start_new_session=True,
            )  # fmt: skip

    def crash(self, chance: random.Random) -> str:
        """Kill all of it at once, or only one of its workers, which it replaces by itself."""
        workers = children_of(self.process.pid)
        if workers and chance.random() < HALF:
            kill(chance.choice(workers))
            return f"a process of the {self.name}"
        self.stop()
        return f"all of the {self.name}"

    def restart(self) -> None:
        """Start it if it is down."""
        if self.process.poll() is not None:
            self.start()

    def stop(self) -> None:
        """Kill it with everything it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=PATIENCE)


def redis(folder: Path) -> Server:
    """Return a Redis of its own on a socket in a short folder."""
    words = ["--port", "0", "--unixsocket", str(folder / "redis"), "--save", "", "--dir", str(folder)]
    return Server("redis", ["redis-server", *words], os.environ, folder / "redis.log")


def web(port: int, environment: Mapping[str, str], folder: Path) -> Server:
    """Return the site as it is served in earnest: two processes of gunicorn."""
    words = ["config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--timeout", "60"]
    command = [str(BIN / "gunicorn"), *words, "--log-level", "warning", "--no-control-socket"]
    return Server("web", command, environment, folder / "web.log")


def worker(environment: Mapping[str, str], folder: Path) -> Server:
    """Return a Celery worker of two processes."""
    words = ["-m", "celery", "-A", "config", "worker", "--concurrency", "2", "--loglevel", "warning"]
    return Server("worker", [sys.executable, *words], environment, folder / "worker.log")


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
