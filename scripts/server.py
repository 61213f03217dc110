"""The example project under Gunicorn, as a process that is stopped again whatever happens.

Not a command: demo.py and serve.py import this. Type `make demo` or `make serve`.
"""

import argparse
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent.parent / "example"


def with_ours(environment: dict[str, str]) -> dict[str, str]:
    """This process's variables, and those of the environment; the settings for development."""
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "project.settings", **environment}


def manage(environment: dict[str, str], *arguments: str) -> str:
    """Runs manage.py; what it has printed. Raises subprocess.CalledProcessError."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=EXAMPLE,
        env=with_ours(environment),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def migrate(environment: dict[str, str]) -> None:
    """Creates or updates the tables of DATABASE_URL. Raises subprocess.CalledProcessError."""
    manage(environment, "migrate", "--verbosity=0")


@contextmanager
def gunicorn(
    environment: dict[str, str], port: int = 0, workers: int = 2
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Runs the server while the block runs; gives its URL and process.

    The socket is opened here and handed over: port 0 is a free port that nobody can take in
    between, and requests sent before the workers are up wait instead of being refused.
    """
    with socket.create_server(("127.0.0.1", port)) as listener:
        number = listener.fileno()
        command = [sys.executable, "-m", "gunicorn", "project.wsgi", f"--bind=fd://{number}"]
        server = subprocess.Popen(
            # The control socket would be a file in the user's home directory.
            [*command, f"--workers={workers}", "--log-level=warning", "--no-control-socket"],
            cwd=EXAMPLE,
            env=with_ours(environment),
            pass_fds=[number],
            # Ctrl-C reaches this process alone, which then stops the server in order.
            start_new_session=True,
        )
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        yield url, server
    finally:
        server.terminate()
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.parse_args()
    parser.error("this is not a command; see --help")
