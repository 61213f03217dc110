"""Servers as processes that are stopped again whatever happens, and what can be seen of them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Seconds in which a server has to be up, and to be gone. The machine may be busy.
PATIENCE = 60


def wait_for(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Return as soon as the condition is true. Raises TimeoutError, which says what is missing."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def listens(port: int) -> bool:
    """Whether somebody does."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Server:
    """A command that serves until it is stopped, with the processes that it starts.

    Start it in the main thread: it is told to end when the thread that started it does.
    """

    def __init__(
        self, name: str, command: list[str], *, log: Path, cwd: Path, environment: dict[str, str]
    ) -> None:
        self.name = name
        self.log = log
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                # So that nothing is left when the tests themselves are killed.
                ["setpriv", "--pdeathsig", "TERM", "--", *command],
                cwd=cwd,
                env={**kept, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        """As the function does; a server that has ended, or its log, says why it failed."""

        def met() -> object:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended: {self.read_log()}")
            return condition()

        try:
            wait_for(met, f"{self.name}: {what}")
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.read_log()}") from None

    def read_log(self) -> str:
        return self.log.read_text(errors="replace")[-6000:]

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """Kill it and all that it started, in an instant: kill -9."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Stop it in order; what is not gone after a while is killed."""
        if self.process.poll() is None:
            self.send(number)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=PATIENCE)
        self.kill()

    def workers(self) -> set[int]:
        """The processes that it has started."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return {int(word) for word in children.read_text().split()}


def is_alive(pid: int) -> bool:
    """Whether a process runs."""
    return Path(f"/proc/{pid}/cmdline").exists() and bool(Path(f"/proc/{pid}/cmdline").read_bytes())


def loads(pid: int, name: str) -> bool:
    """Whether a process has a file of that name, or the start of one, in its memory."""
    try:
        return f"/{name}" in Path(f"/proc/{pid}/maps").read_text()
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        return False


def threads(pid: int) -> int:
    """How many threads a process has."""
    try:
        return len(list(Path(f"/proc/{pid}/task").iterdir()))
    except FileNotFoundError:
        return 0


@contextmanager
def notifications(path: Path) -> Iterator[Callable[[], bool]]:
    """A socket as systemd gives it to a service of Type=notify; tells whether READY=1 has come."""
    heard = set()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(path))
        receiver.setblocking(False)

        def is_ready() -> bool:
            with suppress(BlockingIOError):
                while True:
                    heard.update(receiver.recv(4096).decode().splitlines())
            return "READY=1" in heard

        try:
            yield is_ready
        finally:
            path.unlink()
