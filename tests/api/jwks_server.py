"""A real HTTPS server for JWKS documents, which fails in whatever way a test asks for."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers as its server's `behave` says, and counts."""

    protocol_version = "HTTP/1.1"
    server: JWKSServer

    def do_GET(self) -> None:
        with self.server.lock:
            self.server.requests.append(dict(self.headers.items()))
        self.server.behave(self)

    def answer(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the test's output is for the test."""


class JWKSServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, certificate: Path | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.requests: list[dict[str, str]] = []
        self.behave: Behaviour = says({"keys": []})
        self.scheme = "http" if certificate is None else "https"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)

    @property
    def uri(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}/keys"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: clients that hang up, or dislike the certificate, are what tests are about."""


@contextlib.contextmanager
def serving(certificate: Path | None = None) -> Iterator[JWKSServer]:
    server = JWKSServer(certificate)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# --- behaviours ---


def says(document: object, status: int = 200, **headers: str) -> Behaviour:
    """Answers with a JSON document; header names with _ for -."""
    body = json.dumps(document).encode()
    return lambda handler: handler.answer(body, status, **headers)


def sends(body: bytes, status: int = 200, **headers: str) -> Behaviour:
    return lambda handler: handler.answer(body, status, **headers)


def breaks_off(body: bytes, promised: int) -> Behaviour:
    """Sends less than its Content-Length says, and hangs up."""

    def behave(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(promised))
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = True

    return behave


def hangs_up(handler: Handler) -> None:
    """Closes the connection without a word; with a reset where the system allows it."""
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.close_connection = True


def dawdles(until: threading.Event) -> Behaviour:
    """Says nothing until the event is set."""

    def behave(handler: Handler) -> None:
        until.wait(10)
        handler.answer(b"{}")

    return behave


def drips(until: threading.Event) -> Behaviour:
    """Sends a byte now and then, so that no single read ever times out."""

    def behave(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        handler.close_connection = True
        with contextlib.suppress(OSError):
            while not until.wait(0.05):
                handler.wfile.write(b" ")
                handler.wfile.flush()

    return behave


def drips_header(until: threading.Event) -> Behaviour:
    """The same in the middle of a header field, where there is no body to be read yet."""

    def behave(handler: Handler) -> None:
        handler.close_connection = True
        with contextlib.suppress(OSError):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not until.wait(0.05):
                handler.wfile.write(b"a")

    return behave


def drips_chunk(until: threading.Event) -> Behaviour:
    """The same in the line that says how long a chunk is."""

    def behave(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.close_connection = True
        with contextlib.suppress(OSError):
            handler.wfile.write(b"1;")
            while not until.wait(0.05):
                handler.wfile.write(b"a")

    return behave


# --- certificates ---


_KEY_USES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def make_certificate(directory: Path, host: str = "127.0.0.1") -> tuple[Path, Path]:
    """A throw-away CA and a certificate for an address: paths of the key with its chain, and CA."""
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)

    def build(subject: str, issuer: str, key: Any, signer: Any, *extensions: Any) -> Any:
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - day)
            .not_valid_after(now + day)
        )
        for extension in extensions:
            # From 3.13 on Python checks certificates strictly: RFC 5280 §4.2.1.9, §4.2.1.3.
            critical = isinstance(extension, (x509.BasicConstraints, x509.KeyUsage))
            builder = builder.add_extension(extension, critical)
        return builder.sign(signer, hashes.SHA256())

    ca_key = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    ca = build(
        "Test CA",
        "Test CA",
        ca_key,
        ca_key,
        x509.BasicConstraints(ca=True, path_length=None),
        x509.KeyUsage(**dict.fromkeys(_KEY_USES, False) | {"key_cert_sign": True}),
        x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()),
    )
    certificate = build(
        host,
        "Test CA",
        key,
        ca_key,
        x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]),
        x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()),
    )
    pem = serialization.Encoding.PEM
    chain, root = directory / f"server-{host}.pem", directory / f"ca-{host}.pem"
    chain.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    root.write_bytes(ca.public_bytes(pem))
    return chain, root
