"""One GET of a JWKS document (RFC 7517 section 5) over HTTP, bounded in size and time.

Everything that can go wrong is a PyJWKClientError; what the client does about it is decided in
jwks_client.
"""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage, HTTPResponse
from typing import IO, TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import (
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    Request,
    build_opener,
)

from ._version import __version__
from .exceptions import PyJWKClientConnectionError, PyJWKClientError

if TYPE_CHECKING:
    from socket import socket
    from ssl import SSLContext

USER_AGENT = f"pyjwtfast/{__version__}"

# The largest document that is read, in bytes: some 1,500 RSA keys.
MAX_DOCUMENT_BYTES = 1024 * 1024

_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True)
class Answer:
    """What an endpoint said. document is None where it said that nothing has changed (304).

    etag: the document's validator, or None. max_age: seconds for which it may be kept by
    Cache-Control (RFC 9111 section 5.2.2), or None where that says nothing.
    """

    document: dict[str, Any] | None
    etag: str | None
    max_age: float | None


class NoRedirects(HTTPRedirectHandler):
    """Leaves a redirect as the HTTP error it then is: it could lead to any host or scheme."""

    def redirect_request(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        return None


class _TimedReader(io.RawIOBase):
    """Reads from a socket until a moment of time.monotonic(), however little comes at a time."""

    def __init__(self, raw: Any, sock: socket, deadline: float) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedConnections:
    """For HTTPHandler and HTTPSHandler: connections whose every read ends at a deadline."""

    deadline: float

    def do_open(self, http_class: Any, req: Request, **http_conn_args: Any) -> Any:
        def respond(sock: socket, *args: Any, **kwargs: Any) -> HTTPResponse:
            response = HTTPResponse(sock, *args, **kwargs)
            raw = response.fp.detach()
            response.fp = io.BufferedReader(_TimedReader(raw, sock, self.deadline))
            return response

        def connect(host: str, **kwargs: Any) -> Any:
            connection = http_class(host, **kwargs)
            connection.response_class = respond
            return connection

        return super().do_open(connect, req, **http_conn_args)  # type: ignore[misc]


class _TimedHTTPHandler(_TimedConnections, HTTPHandler):
    pass


class _TimedHTTPSHandler(_TimedConnections, HTTPSHandler):
    pass


def fetch(
    uri: str,
    *,
    headers: Mapping[str, str],
    timeout: float,
    ssl_context: SSLContext | None = None,
    etag: str | None = None,
) -> Answer:
    """Get the document at an http or https URI.

    headers: sent as they are, after a User-Agent of ours. timeout: seconds, for connecting, and for
    the whole. etag: of the document that is already there; an endpoint may then answer that it is
    still the same.

    Raises PyJWKClientConnectionError when there is no answer, or one that says of an error or
    elsewhere; PyJWKClientError for one that is too large or no JSON object.
    """
    deadline = time.monotonic() + timeout
    sent = {"User-Agent": USER_AGENT, "Accept": "application/jwk-set+json, application/json"}
    if etag is not None:
        sent["If-None-Match"] = etag
    given = {name.lower() for name in headers}
    sent = {name: value for name, value in sent.items() if name.lower() not in given}
    timed = (_TimedHTTPHandler(), _TimedHTTPSHandler(context=ssl_context))
    for handler in timed:
        handler.deadline = deadline
    unsendable = False
    try:
        request = Request(uri, headers={**sent, **headers})
        with build_opener(NoRedirects(), *timed).open(request, timeout=timeout) as response:
            body = _read(response)
            received: HTTPMessage = response.headers
    except HTTPError as error:
        with error:
            if error.code == 304 and etag is not None:
                return Answer(None, etag, max_age(error.headers.get("Cache-Control")))
        raise _no_answer(error) from error
    except (OSError, HTTPException) as error:  # URLError and TimeoutError are OSErrors
        raise _no_answer(error) from error
    except ValueError:  # it shows the field's value, which may be a credential
        unsendable = True
    if unsendable:
        raise PyJWKClientConnectionError(
            "Fail to fetch data from the url: it, or a header field, holds what can't be sent"
        )
    if received.get("Content-Encoding", "identity").lower() != "identity":
        raise PyJWKClientError("The JWKS endpoint answered in a content encoding not asked for")
    return Answer(_parse(body), _etag(received), max_age(received.get("Cache-Control")))


def _no_answer(error: Exception) -> PyJWKClientConnectionError:
    return PyJWKClientConnectionError(f'Fail to fetch data from the url, err: "{error}"')


def _etag(headers: HTTPMessage) -> str | None:
    """The document's validator (RFC 9110 section 8.8.3). One of another form, say of several lines,
    is passed over: sent back, it could be refused for ever.
    """
    etag = headers.get("ETag")
    well_formed = etag and re.fullmatch(r'(?:W/)?"[!#-~\x80-\xff]{0,255}"', etag)
    return etag if well_formed else None


def _read(response: Any) -> bytes:
    """The whole body."""
    body = bytearray()
    while chunk := response.read1(_CHUNK_BYTES):
        body += chunk
        if len(body) > MAX_DOCUMENT_BYTES:
            raise PyJWKClientError(
                f"The JWKS endpoint answered with more than {MAX_DOCUMENT_BYTES} bytes"
            )
    missing = getattr(response, "length", None)
    if missing:
        raise HTTPException(f"the answer ends {missing} bytes early")
    return bytes(body)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        # Without the body's text: it may be a page of somebody else's.
        raise PyJWKClientError("The JWKS endpoint did not return JSON") from error
    return as_document(document)


def as_document(data: object) -> dict[str, Any]:
    """The data itself when it is a JSON object, else PyJWKClientError."""
    if not isinstance(data, dict):
        raise PyJWKClientError("The JWKS endpoint did not return a JSON object")
    return data


def max_age(cache_control: str | None) -> float | None:
    """Seconds that a Cache-Control field allows; 0 for no-store and no-cache; None without any."""
    if cache_control is None:
        return None
    directives = [part.strip().lower() for part in cache_control.split(",")]
    if "no-store" in directives or "no-cache" in directives:
        return 0.0
    for directive in directives:
        found = re.fullmatch(r'max-age="?([0-9]{1,9})"?', directive)
        if found:
            return float(found[1])
    return None
