"""What a test puts before a server, to cut it off or to hold up what passes."""

from __future__ import annotations

import contextlib
import socket
import threading
import time


class Proxy:
    """Passes connections on to a port of this machine.

    It can be cut, which ends them all and refuses new ones; and it can stall: then it takes
    connections and bytes, and passes nothing on.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self.port = 0
        self._stalls = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.restore()

    def cut(self) -> None:
        with self._lock:
            listening, self._listening = self._listening, None
            connections = list(self._open)
        if listening is not None:
            _close(listening)
        for each in connections:
            _close(each)

    def restore(self) -> None:
        """Listen again, on the same port, and pass on."""
        self._stalls.clear()
        self._listening: socket.socket | None = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def stall(self) -> None:
        self._stalls.set()

    def flow(self) -> None:
        self._stalls.clear()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._to))
            with self._lock:
                if self._listening is not listening:
                    _close(client)
                    _close(server)
                    return
                self._open |= {client, server}
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                while self._stalls.is_set():
                    time.sleep(0.005)
                target.sendall(data)
        with self._lock:
            self._open -= {source, target}
        _close(source)
        _close(target)


def _close(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
