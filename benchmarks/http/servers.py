"""Gunicorn and pgbouncer, as processes that are stopped again whatever happens."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic, sleep

from benchmarks import postgres
from benchmarks.timing import WrongResultError

from .project import DATABASE, Server

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS, STOP_SECONDS = 60, 15


@contextmanager
def stopped_at_the_end(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def gunicorn(server: Server) -> Iterator[int]:
    """Runs the server while the block runs; gives its port.

    Requests that are sent before its workers are up wait. What it logs, which is errors alone,
    comes to this process's standard error.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        number = listener.fileno()
        command = [sys.executable, "-m", "gunicorn", "benchmarks.http.wsgi"]
        kind = "gthread" if server.threads else "sync"
        process = subprocess.Popen(
            [
                *command,
                f"--bind=fd://{number}",
                f"--workers={server.workers}",
                f"--threads={server.threads or 1}",
                f"--worker-class={kind}",
                "--log-level=error",
                "--no-control-socket",
            ],
            cwd=ROOT,
            env={**os.environ, **server.environment()},
            pass_fds=[number],
            start_new_session=True,  # Ctrl-C reaches this process alone
        )
        port = listener.getsockname()[1]
    with stopped_at_the_end(process):
        yield port


def get(port: int, path: str, token: str | None) -> tuple[int, str]:
    """Status and body of one request. Raises WrongResultError when there is no answer."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    connection = HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
    except (OSError, HTTPException) as error:
        raise WrongResultError(f"no answer: {error!r}") from error
    finally:
        connection.close()


def has_pgbouncer() -> bool:
    return shutil.which("pgbouncer") is not None


PGBOUNCER = """\
[databases]
{name} = host={host} port={port} user={user}{password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
log_connections = 0
log_disconnections = 0
log_stats = 0
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def pgbouncer() -> Iterator[int]:
    """Runs it in front of the project's database, pooling by transaction; gives its port."""
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        config = Path(directory) / "pgbouncer.ini"
        quoted = postgres.PASSWORD.replace("'", "''")
        text = PGBOUNCER.format(
            name=DATABASE,
            host=postgres.HOST,
            port=postgres.PORT,
            user=postgres.USER,
            password=f" password='{quoted}'" if quoted else "",  # it takes no empty one
            listen=port,
        )
        config.write_text(text)
        # It refuses to be root.
        other = {"user": "nobody", "extra_groups": []} if os.geteuid() == 0 else {}
        if other:
            os.chmod(directory, 0o755)
        log = Path(directory) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["pgbouncer", str(config)],
                stdout=output,
                stderr=output,
                start_new_session=True,
                **other,  # type: ignore[arg-type]
            )
        with stopped_at_the_end(process):
            wait_for(port, process, log)
            yield port


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until someone listens there. Raises WrongResultError when the process has ended."""
    end = monotonic() + START_SECONDS
    while process.poll() is None and monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            sleep(0.05)
        else:
            return
    raise WrongResultError(f"{process.args} does not listen: {log.read_text('utf-8')}")
