"""Prepare and run what Lamplight needs on one machine: system packages, environment, database, Redis.

Standard library only: it runs before anything is installed. Everything it makes lives under `var/`.
Each step looks first and repeats nothing, so a second run is quick.
"""

import argparse
import contextlib
import hashlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
VENV = VAR / "venv"
ENV_FILE = VAR / "lamplight.env"
PG_BIN = Path("/usr/lib/postgresql/15/bin")
LOCK = ROOT / "requirements.lock"
LONGEST_SOCKET_FOLDER = 90  # a unix socket's whole path may hold 107 bytes


def say(text: str) -> None:
    """Print one line at once, also into a pipe."""
    print(text, flush=True)


def stop_with(text: str) -> NoReturn:
    """End with a plain sentence instead of a traceback."""
    sys.exit(f"Lamplight: {text}")


def run(command: Sequence[str | Path], **options: object) -> subprocess.CompletedProcess[str]:
    """Run a command; on failure show what it said."""
    done = subprocess.run(list(map(str, command)), text=True, capture_output=True, check=False, **options)  # type: ignore[call-overload]
    if done.returncode:
        stop_with(f"`{' '.join(map(str, command[:3]))} …` failed:\n{done.stdout}{done.stderr}")
    return done  # type: ignore[no-any-return]


# --- system packages ---------------------------------------------------------------------------------


def packages(section: str) -> list[str]:
    """Names listed in one section of apt-packages.txt."""
    names: list[str] = []
    current = ""
    for raw in (ROOT / "config" / "apt-packages.txt").read_text().splitlines():
        line = raw.split("#")[0].strip()
        if line.startswith("["):
            current = line.strip("[]")
        elif line and current == section:
            names.append(line)
    return names


def missing_packages(sections: Sequence[str]) -> list[str]:
    """Packages of these sections that dpkg does not report as installed."""
    wanted = [name for section in sections for name in packages(section)]
    if not shutil.which("dpkg-query"):
        return wanted
    shown = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Status}\n", *wanted],
        text=True,
        capture_output=True,
        check=False,
    ).stdout
    installed = {line.split()[0] for line in shown.splitlines() if line.endswith("install ok installed")}
    return [name for name in wanted if name not in installed]


def ensure_packages(sections: Sequence[str]) -> None:
    """Install what is missing with apt, or say exactly what to install."""
    lacking = missing_packages(sections)
    if not lacking:
        return
    command = [
        "apt-get",
        "-o",
        "DPkg::Lock::Timeout=600",
        "install",
        "-y",
        "--no-install-recommends",
        *lacking,
    ]
    elevate: list[str] = [] if os.geteuid() == 0 else ["sudo", "-n"]
    allowed = os.geteuid() == 0 or (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    )
    if not shutil.which("apt-get") or not allowed:
        stop_with(
            "these system packages are missing and cannot be installed from here:\n  "
            + " ".join(lacking)
            + "\nAsk somebody with the right to install them (Debian 12: apt-get install …), then run this again."
        )
    say(f"Installing {len(lacking)} system packages: {' '.join(lacking)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run([*elevate, "apt-get", "update"], env=quiet)
    run([*elevate, "env", "DEBIAN_FRONTEND=noninteractive", *command], env=quiet)


# --- virtual environment -----------------------------------------------------------------------------


def ensure_environment() -> None:
    """Make `var/venv` agree with requirements.lock; every file is checked against its hash."""
    stamp = VENV / "lock.sha256"
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    say("Installing the Python environment from requirements.lock (hashes checked)")
    python, uv = VENV / "bin" / "python", VENV / "bin" / "uv"
    if not uv.exists():
        run([sys.executable, "-m", "venv", "--clear", VENV])
        install_uv(python)
    run([uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", LOCK])
    stamp.write_text(digest)


def install_uv(python: Path) -> None:
    """Let pip install uv alone, with the hash that the lock gives it; uv does the rest, and takes pip away."""
    block = re.search(r"^uv==(?:.*\\\n)*.*\n?", LOCK.read_text(), re.MULTILINE)
    if block is None:
        stop_with("requirements.lock does not name uv; make it again with `make lock`.")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as only_uv:
        only_uv.write(block.group(0))
        only_uv.flush()
        run([python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", only_uv.name])


# --- the private database ----------------------------------------------------------------------------


def as_server_user() -> list[str]:
    """PostgreSQL refuses to run as root: a root caller lends it to the postgres account."""
    return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


def can_traverse(folder: Path) -> bool:
    """Whether the postgres account can reach a folder (a clone below /root it cannot)."""
    return subprocess.run([*as_server_user(), "test", "-x", folder], check=False, cwd="/").returncode == 0


def short_name() -> str:
    """A name for what has to live outside this clone, its own for each clone."""
    return f"lamplight-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]}"


def data_folder() -> Path:
    """`var/postgres`, or a folder it points to where the server's account cannot reach the clone."""
    folder = VAR / "postgres"
    if os.geteuid() == 0 and not folder.exists():
        target = folder
        if not can_traverse(VAR):
            target = Path("/var/lib") / short_name()
            say(f"The postgres account cannot reach {VAR}; the database lives in {target}")
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.chown(target, "postgres", "postgres")
        if target != folder:
            folder.symlink_to(target)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder.resolve()  # the server's account may not be able to walk the way through the clone


def socket_folder() -> Path:
    """Where the server listens: beside its data, or in a short temporary folder when that path is too long."""
    beside = VAR / "postgres" / "socket"
    folder = beside.resolve()
    if len(str(folder)) > LONGEST_SOCKET_FOLDER:
        folder = Path(tempfile.gettempdir()) / short_name()
    if not folder.exists():
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
    return folder


def server_is_up(folder: Path) -> bool:
    """Whether something answers on the private socket."""
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as client:
        try:
            client.connect(str(folder / ".s.PGSQL.5432"))
        except OSError:
            return False
    return True


def start_database() -> None:
    """Make the cluster when there is none, start it when it is down, and see that roles and database exist."""
    if not (PG_BIN / "initdb").exists():
        stop_with(
            "PostgreSQL 15 is not installed; run `make setup` or install the list in config/apt-packages.txt."
        )
    data = data_folder()
    cluster = data / "data"
    values = read_env()
    if not (cluster / "PG_VERSION").exists():
        make_cluster(cluster, values["LAMPLIGHT_DATABASE_ADMIN_PASSWORD"])
    folder = socket_folder()
    if not server_is_up(folder):
        options = (
            f"-k {folder} -h '' -c unix_socket_permissions=0700 -c shared_buffers=256MB -c max_wal_size=4GB"
        )
        start: list[str | Path] = [
            PG_BIN / "pg_ctl",
            "-D",
            cluster,
            "-l",
            data / "server.log",
            "-w",
            "-o",
            options,
            "start",
        ]
        run([*as_server_user(), *start], cwd="/")
    prepare_database(folder, values)


def make_cluster(cluster: Path, password: str) -> None:
    """Make an empty cluster whose administrator signs in with a password."""
    say("Making a private PostGIS cluster under var/")
    with tempfile.NamedTemporaryFile("w", dir="/tmp") as secret:
        secret.write(password)
        secret.flush()
        if os.geteuid() == 0:
            shutil.chown(secret.name, "postgres")
        terms = ["-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"]
        run([*as_server_user(), PG_BIN / "initdb", "-D", cluster, *terms, f"--pwfile={secret.name}"], cwd="/")


def psql(folder: Path, values: Mapping[str, str], database: str, sql: str) -> str:
    """Run SQL as the cluster's administrator."""
    environment = {**os.environ, "PGPASSWORD": values["LAMPLIGHT_DATABASE_ADMIN_PASSWORD"]}
    command = [
        f"{PG_BIN}/psql",
        *["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres"],
        "-h",
        str(folder),
    ]
    return run([*command, "-d", database, "-c", sql], env=environment).stdout.strip()


def prepare_database(folder: Path, values: Mapping[str, str]) -> None:
    """Two roles (the owner migrates, the application works), PostGIS in the template, one database."""
    if psql(folder, values, "postgres", "SELECT 1 FROM pg_database WHERE datname = 'lamplight'"):
        return
    for role, right in (("owner", "CREATEDB"), ("app", "NOCREATEDB")):
        password = values[f"LAMPLIGHT_DATABASE_{role.upper()}_PASSWORD"]
        psql(folder, values, "postgres", f"CREATE ROLE lamplight_{role} LOGIN {right} PASSWORD '{password}'")
    psql(folder, values, "template1", "CREATE EXTENSION IF NOT EXISTS postgis")
    psql(folder, values, "postgres", "CREATE DATABASE lamplight OWNER lamplight_owner")


def stop_database() -> None:
    """Stop the private server if it runs."""
    cluster = (VAR / "postgres").resolve() / "data"
    if (cluster / "postmaster.pid").exists():
        run([*as_server_user(), PG_BIN / "pg_ctl", "-D", cluster, "-m", "fast", "-w", "stop"], cwd="/")
        say("Stopped the private database")


# --- Redis --------------------------------------------------------------------------------------------


def start_redis() -> None:
    """Start a private Redis on a unix socket (the worker tests and a multi-worker set-up use it)."""
    if not shutil.which("redis-server"):
        stop_with("redis-server is not installed; run `make setup-test`.")
    folder, path = VAR / "redis", redis_socket()
    folder.mkdir(exist_ok=True)
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as client:
        if client.connect_ex(str(path)) == 0:
            return
    listen: list[str | Path] = ["--port", "0", "--unixsocket", path, "--unixsocketperm", "700"]
    keep: list[str | Path] = [
        "--dir",
        folder,
        "--pidfile",
        folder / "pid",
        "--save",
        "",
        "--logfile",
        folder / "log",
    ]
    run(["redis-server", "--daemonize", "yes", *listen, *keep])


def redis_socket() -> Path:
    """Path of the private Redis socket, short enough for the kernel."""
    path = VAR / "redis" / "socket"
    if len(str(path)) > LONGEST_SOCKET_FOLDER:
        path = Path(tempfile.gettempdir()) / f"{short_name()}-redis"
    return path


def stop_redis() -> None:
    """Stop the private Redis if it runs."""
    pid = VAR / "redis" / "pid"
    if pid.exists():
        with contextlib.suppress(ProcessLookupError, ValueError):
            os.kill(int(pid.read_text()), 15)
            say("Stopped the private Redis")
        pid.unlink(missing_ok=True)


# --- settings -----------------------------------------------------------------------------------------


def read_env() -> dict[str, str]:
    """Values of var/lamplight.env."""
    return dict(line.split("=", 1) for line in ENV_FILE.read_text().splitlines() if "=" in line)


def ensure_env_file() -> None:
    """Draw every secret once, into a file that only its owner may read."""
    (VAR / "static").mkdir(parents=True, exist_ok=True)
    values = read_env() if ENV_FILE.exists() else {}
    for name in ("ADMIN", "OWNER", "APP"):
        values.setdefault(f"LAMPLIGHT_DATABASE_{name}_PASSWORD", secrets.token_urlsafe(24))
    for name in ("LAMPLIGHT_SECRET_KEY", "LAMPLIGHT_ID_KEY", "LAMPLIGHT_LOG_SEED"):
        values.setdefault(name, secrets.token_hex(32))
    text = "".join(f"{name}={value}\n" for name, value in sorted(values.items()))
    if not ENV_FILE.exists() or ENV_FILE.read_text() != text:
        ENV_FILE.touch(mode=0o600)
        ENV_FILE.write_text(text)


def write_addresses() -> None:
    """Record where the private services listen, so that manage.py finds them from any shell."""
    values = read_env()
    folder = socket_folder()
    for name, role, key in (
        ("DATABASE_URL", "lamplight_app", "APP"),
        ("DATABASE_OWNER_URL", "lamplight_owner", "OWNER"),
        ("DATABASE_ADMIN_URL", "postgres", "ADMIN"),
    ):
        values[name] = (
            f"postgresql://{role}:{values[f'LAMPLIGHT_DATABASE_{key}_PASSWORD']}@/lamplight?host={folder}"
        )
    values["REDIS_URL"] = f"redis+socket://{redis_socket()}"
    ENV_FILE.write_text("".join(f"{name}={value}\n" for name, value in sorted(values.items())))


def start(*, redis: bool) -> None:
    """Start the private services; with DATABASE_URL in the environment the database is somebody else's."""
    ensure_env_file()
    if "DATABASE_URL" in os.environ:
        say("Using the database that DATABASE_URL names")
    else:
        start_database()
        write_addresses()
    if redis:
        start_redis()


def services_are_up() -> bool:
    """Whether the private database already runs (then whoever needs it briefly leaves it running)."""
    return ENV_FILE.exists() and (VAR / "postgres").exists() and server_is_up(socket_folder())


def stop() -> None:
    """Stop the private services."""
    stop_redis()
    stop_database()


def main() -> None:
    """Parse the step's name and run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["setup", "setup-test", "start", "start-test", "stop"])
    step = parser.parse_args().step
    if step.startswith("setup"):
        ensure_packages(["run", "test"] if step == "setup-test" else ["run"])
        VAR.mkdir(exist_ok=True)
        ensure_environment()
    elif step == "stop":
        stop()
    else:
        start(redis=step == "start-test")


if __name__ == "__main__":
    main()
