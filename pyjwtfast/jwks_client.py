"""PyJWKClient: the keys of an issuer, from its JWKS endpoint.

PyJWT's client, and what its users miss: an outage is bridged with the set that is there, threads
share one fetch, a set is renewed before it expires, and processes can share one through a cache.
"""

from __future__ import annotations

import logging
import math
import os
import threading
import time
import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

from .api_jwk import PyJWK, PyJWKSet
from .api_jws import get_unverified_header
from .exceptions import (
    PyJWKClientConnectionError,
    PyJWKClientError,
    PyJWKSetError,
    PyJWTError,
)
from .jwk_set_cache import JWKSetCache

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ssl import SSLContext

_logger = logging.getLogger(__name__)

_FOUND_NO_KEYS = "The JWKS endpoint did not contain any signing keys"


class SharedCache(Protocol):
    """What PyJWKClient asks of a cache: two methods of Django's (`django.core.cache.cache`)."""

    def get(self, key: str) -> Any: ...

    def set(self, key: str, value: str, timeout: float) -> Any: ...


class UnknownKeyError(PyJWKClientError):
    """The set is there, and has no key of that id: the token is wrong, and not the endpoint."""


class _UnusableSetError(PyJWKClientError, PyJWKSetError):
    """A set without usable keys: PyJWT's users look for the one class or the other."""


class _Flight:
    """One fetch under way, and how it ended."""

    def __init__(self) -> None:
        self.landed = threading.Event()
        self.jwk_set: PyJWKSet | None = None
        self.error: PyJWTError | None = None


class PyJWKClient:
    """Fetches and keeps the JWK set at a URI, and finds the key of a token in it.

    uri: http or https, without user name and password (headers can carry credentials).
    cache_keys: keep single keys too, where the set is not kept; max_cached_keys of them.
    cache_jwk_set: keep the set; without it every call is a request.
    lifespan: seconds a set is fresh. A Cache-Control of the endpoint's can shorten it, not below
    5 seconds.
    headers: sent with each request. timeout: seconds, for one request as a whole.
    ssl_context: for https, instead of Python's default one.
    cooldown_duration: seconds between two requests for keys that are not in the set (tokens with
    made-up ids are no flood of requests), and between two tries during an outage.

    Not PyJWT's:
    max_stale: seconds after its lifespan for which a set serves while no newer one can be had;
    0 is PyJWT's behaviour, where an outage that outlasts the lifespan ends authentication.
    background_refresh: renew the set in a thread of its own when four fifths of its lifespan are
    over, so that no request waits for it. It takes a client that is used in between.
    cache: a cache with Django's `get` and `set`, for processes to share the set by. Only public
    JSON goes into it; whoever can write to it decides which keys are trusted.

    Raises PyJWKClientError for an argument out of range.
    """

    def __init__(
        self,
        uri: str,
        cache_keys: bool = False,
        max_cached_keys: int = 16,
        cache_jwk_set: bool = True,
        lifespan: float = 300,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30,
        ssl_context: SSLContext | None = None,
        cooldown_duration: float = 30,
        *,
        max_stale: float = 24 * 3600,
        background_refresh: bool = True,
        cache: SharedCache | None = None,
    ) -> None:
        _check_uri(uri)
        _check_number("Cooldown duration", cooldown_duration, allow_zero=True)
        _check_number("max_stale", max_stale, allow_zero=True)
        if cache_jwk_set or cache_keys:
            _check_number("Lifespan", lifespan)
        self.uri = uri
        self.headers: Mapping[str, str] = {} if headers is None else headers
        self.timeout = timeout
        self.ssl_context = ssl_context
        self.cooldown_duration = cooldown_duration
        self.background_refresh = background_refresh
        self.shared_cache = cache
        self.jwk_set_cache = JWKSetCache(lifespan, max_stale) if cache_jwk_set else None
        self._keys = _KeyCache(max_cached_keys, lifespan) if cache_keys else None
        # The last document and its ETag. One value: fetches can overlap where no set is kept, and
        # an ETag with another's document would bring a revoked key back, with every 304.
        self._known: tuple[str, dict[str, Any]] | None = None
        self._max_age: float | None = None
        self._fetched_at = -math.inf  # the last success, on the clock of time.time(): shared
        self._failed_at = -math.inf  # the last try that was in vain, on time.monotonic()
        self._lock = threading.Lock()
        self._flight: _Flight | None = None
        _clients.add(self)

    # --- the set ---

    def fetch_data(self) -> Any:
        """Ask the endpoint for its document: a dict, the JSON object as it is.

        To be overridden by who fetches it another way. Raises PyJWKClientConnectionError without
        an answer, PyJWKClientError for one that is no JSON object.
        """
        from .jwks_fetch import fetch

        known = self._known
        answer = fetch(
            self.uri,
            headers=self.headers,
            timeout=self.timeout,
            ssl_context=self.ssl_context,
            etag=None if known is None else known[0],
        )
        self._max_age = answer.max_age
        if answer.document is None:
            assert known is not None, "304 is an answer to an ETag"
            return known[1]
        self._known = None if answer.etag is None else (answer.etag, answer.document)
        return answer.document

    def get_jwk_set(self, refresh: bool = False) -> PyJWKSet:
        """The JWK set: a fresh one from memory, else from the endpoint; refresh asks that anyway.

        Raises PyJWKClientError when there is none to be had. Where a set that is not fresh any
        more may still serve (max_stale) it is the answer instead, unless refresh asked.
        """
        held = self.jwk_set_cache
        if held is None:
            return self._fetch_set()
        if refresh:
            return self._fly(wait=True, refresh=True)
        jwk_set = held.get()
        if jwk_set is not None:
            if self.background_refresh and held.is_ageing() and not self._has_just_failed():
                self._fly_in_background()
            return jwk_set
        stale = held.get_stale()
        if stale is not None and (self._flight is not None or self._has_just_failed()):
            return stale  # somebody is asking, or has just asked
        try:
            return self._fly(wait=stale is None)
        except PyJWTError as error:
            stale = held.get_stale()  # there is one now where the shared cache had it
            if stale is None:
                raise
            _logger.warning("The JWK set of %s is out of date; going on with it: %s", self, error)
            return stale

    def get_signing_keys(self, refresh: bool = False) -> list[PyJWK]:
        """The keys of the set that may sign: those with an id, whose `use` is absent or "sig".

        A set of one key needs no id for it. Raises PyJWKClientError when there is none.
        """
        return self._signing_keys(self.get_jwk_set(refresh))

    def get_signing_key(self, kid: str | None) -> PyJWK:
        """The key with this id; kid None is right for a set of one key only.

        A set that has no such key is asked for anew, once per cooldown_duration. Raises
        PyJWKClientError when there is none then either; UnknownKeyError, which is one, when that
        is certain.
        """
        if self._keys is not None and kid is not None:
            kept = self._keys.get(kid)
            if kept is not None:
                return kept
        key = self._choose(self.get_signing_keys(), kid)
        if key is None and not self._has_just_fetched():
            key = self._choose(self.get_signing_keys(refresh=True), kid)
        if key is None:
            # After a try in vain the key may well be in the set that could not be had.
            kind = PyJWKClientError if self._has_just_failed() else UnknownKeyError
            raise kind(f'Unable to find a signing key that matches: "{_printable(kid)}"')
        if self._keys is not None and kid is not None:
            self._keys.put(kid, key)
        return key

    def get_signing_key_from_jwt(self, token: str | bytes) -> PyJWK:
        """The key that the header of a token, not verified yet, names by its `kid`.

        Raises DecodeError for what is no token, PyJWKClientError as `get_signing_key`.
        """
        return self.get_signing_key(get_unverified_header(token).get("kid"))

    @staticmethod
    def match_kid(signing_keys: list[PyJWK], kid: str | None) -> PyJWK | None:
        """The first of the keys with this id, or None."""
        return next((key for key in signing_keys if key.key_id == kid), None)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.uri.partition('?')[0]}>"  # what follows may be a key

    def _choose(self, signing_keys: list[PyJWK], kid: str | None) -> PyJWK | None:
        if len(signing_keys) == 1 and (kid is None or signing_keys[0].key_id is None):
            return signing_keys[0]
        return None if kid is None else self.match_kid(signing_keys, kid)

    @staticmethod
    def _signing_keys(jwk_set: PyJWKSet) -> list[PyJWK]:
        fit = [key for key in jwk_set.keys if key.public_key_use in ("sig", None)]
        named = [key for key in fit if key.key_id]
        if not named and len(fit) == 1:
            return fit
        if not named:
            raise PyJWKClientError(_FOUND_NO_KEYS)
        return named

    # --- fetching ---

    def _has_just_failed(self) -> bool:
        """Whether a try within the cooldown was in vain: an outage is not asked about on and on."""
        return time.monotonic() - self._failed_at < self.cooldown_duration

    def _has_just_fetched(self) -> bool:
        """Whether a set was had, or tried for, within the cooldown; never where none is kept."""
        if self.jwk_set_cache is None:
            return False
        age = time.time() - self._fetched_at
        return 0 <= age < self.cooldown_duration or self._has_just_failed()

    def _fly(self, wait: bool, refresh: bool = False) -> PyJWKSet:
        """A new set, from the one fetch that is made at a time: ours, or the one under way.

        Without wait a fetch under way is not waited for, but PyJWKClientError. refresh: as for
        _fetch_set.
        """
        with self._lock:
            flight = self._flight
            leads = flight is None
            if flight is None:
                flight = self._flight = _Flight()
        if leads:
            self._lead(flight, refresh)
        elif not wait:
            raise PyJWKClientError("a fetch of the JWK set is under way")
        elif not flight.landed.wait(self.timeout + 1):
            # Its thread does not run (a server without threads): nobody will land this flight.
            with self._lock:
                if self._flight is flight:
                    self._flight = None
            return self._fly(wait=True, refresh=refresh)
        if flight.error is not None:
            # One object, raised in several threads, would collect the traceback of each.
            raise type(flight.error)(*flight.error.args) from flight.error
        assert flight.jwk_set is not None, "a flight lands with a set or an error"
        return flight.jwk_set

    def _lead(self, flight: _Flight, refresh: bool = False) -> None:
        try:
            flight.jwk_set = self._fetch_set(refresh)
        except PyJWTError as error:
            flight.error = error
        except BaseException:  # an interrupt: those who wait shall not wait for ever
            flight.error = PyJWKClientError("the fetch of the JWK set was interrupted")
            raise
        finally:
            if flight.error is not None:
                self._failed_at = time.monotonic()
            with self._lock:
                if self._flight is flight:
                    self._flight = None
            flight.landed.set()

    def _fly_in_background(self) -> None:
        with self._lock:
            if self._flight is not None:
                return
            flight = self._flight = _Flight()
        thread = threading.Thread(
            target=self._lead_in_background, args=(flight,), name="pyjwtfast-jwks", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:  # no threads here: the set is fetched when it has expired
            with self._lock:
                self._flight = None
            flight.error = PyJWKClientError("no thread could be started")
            flight.landed.set()

    def _lead_in_background(self, flight: _Flight) -> None:
        self._lead(flight)
        if flight.error is not None:
            _logger.warning("The JWK set of %s could not be renewed: %s", self, flight.error)

    def _fetch_set(self, refresh: bool = False) -> PyJWKSet:
        """A set from the shared cache, if that has a newer one than we have, or the endpoint.

        refresh: a key is missing. What was shared before the cooldown may not have it either.
        """
        shared = None if self.shared_cache is None else _SharedSet.load(self)
        is_old = refresh and shared is not None and shared.age() >= self.cooldown_duration
        if not is_old and self._take_over(shared):
            assert self.jwk_set_cache is not None
            held = self.jwk_set_cache.get()
            if held is not None:
                return held
        try:
            document, jwk_set = self._fetch_and_parse()
        except PyJWTError:
            if not is_old or not self._take_over(shared):
                raise
            self._failed_at = time.monotonic()
            assert self.jwk_set_cache is not None
            held = self.jwk_set_cache.get_stale()
            if held is None:
                raise
            return held
        self._fetched_at = time.time()
        if self._keys is not None:
            self._keys.clear()
        if self.jwk_set_cache is not None:
            self.jwk_set_cache.put(jwk_set, max_age=self._max_age)
            if self.shared_cache is not None and isinstance(document, dict):
                _SharedSet(document, self._fetched_at, self._max_age).save(self)
        return jwk_set

    def _fetch_and_parse(self) -> tuple[Any, PyJWKSet]:
        from .jwks_fetch import as_document

        try:
            document = self.fetch_data()
            if isinstance(document, PyJWKSet):  # a subclass that has parsed it
                return document, document
            document = _without_private_parts(as_document(document))
            return document, PyJWKSet.from_dict(document)
        except PyJWKClientError:
            raise
        except PyJWKSetError as error:
            raise _UnusableSetError(*error.args) from error
        except Exception as error:  # of a subclass with another HTTP client
            raise PyJWKClientConnectionError(
                f'Fail to fetch data from the url, err: "{error}"'
            ) from error

    def _take_over(self, shared: _SharedSet | None) -> bool:
        """Keep a set that another process fetched after our own; whether it was one."""
        if shared is None or self.jwk_set_cache is None or shared.fetched_at <= self._fetched_at:
            return False
        try:
            jwk_set = PyJWKSet.from_dict(_without_private_parts(shared.document))
        except PyJWTError:
            return False
        self._fetched_at = shared.fetched_at
        self._known = None
        if self._keys is not None:
            self._keys.clear()
        self.jwk_set_cache.put(jwk_set, max_age=shared.max_age, age=shared.age())
        return True

    def _after_fork(self) -> None:
        """In a child no thread goes on, and nobody lets go of the lock."""
        self._lock = threading.Lock()
        self._flight = None
        if self._keys is not None:
            self._keys.after_fork()


class _KeyCache:
    """Single keys by id, for the lifespan of a set: PyJWT keeps them past their revocation."""

    def __init__(self, size: int, lifespan: float) -> None:
        self._size = size
        self._lifespan = lifespan
        self._lock = threading.Lock()
        self._keys: OrderedDict[str, tuple[PyJWK, float]] = OrderedDict()

    def get(self, kid: str) -> PyJWK | None:
        entry = self._keys.get(kid)
        return None if entry is None or time.monotonic() > entry[1] else entry[0]

    def put(self, kid: str, key: PyJWK) -> None:
        with self._lock:
            self._keys[kid] = (key, time.monotonic() + self._lifespan)
            self._keys.move_to_end(kid)
            while len(self._keys) > self._size:
                self._keys.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._keys.clear()

    def after_fork(self) -> None:
        """In a child: nobody lets go of the lock, and what it guarded may be half done."""
        self._lock = threading.Lock()
        self._keys = OrderedDict()


class _SharedSet:
    """A document in the cache that processes share, with what they must know of it."""

    def __init__(self, document: dict[str, Any], fetched_at: float, max_age: float | None) -> None:
        self.document = document
        self.fetched_at = fetched_at  # time.time()
        self.max_age = max_age

    def age(self) -> float:
        """Seconds since it was fetched."""
        return max(0.0, time.time() - self.fetched_at)

    @classmethod
    def load(cls, client: PyJWKClient) -> _SharedSet | None:
        """The entry of a client's URI. None for none, and for one that nobody here has written."""
        import json

        assert client.shared_cache is not None
        try:
            text = client.shared_cache.get(cls._name(client))
        except Exception as error:  # whatever the cache's driver raises
            _logger.warning("The cache of the JWK set of %s failed: %r", client, error)
            return None
        if not isinstance(text, str):
            return None
        try:
            entry = json.loads(text)
            document, fetched_at, max_age = entry["jwks"], entry["fetched_at"], entry["max_age"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        if not isinstance(document, dict) or not _is_seconds(fetched_at):
            return None
        if max_age is not None and not _is_seconds(max_age):
            return None
        if fetched_at > time.time() + 60:  # no clock is that wrong
            return None
        return cls(document, fetched_at, max_age)

    def save(self, client: PyJWKClient) -> None:
        import json

        assert client.shared_cache is not None
        assert client.jwk_set_cache is not None
        held = client.jwk_set_cache
        try:
            text = json.dumps(
                {"jwks": self.document, "fetched_at": self.fetched_at, "max_age": self.max_age}
            )
            client.shared_cache.set(
                self._name(client), text, timeout=held.lifespan + held.max_stale
            )
        except Exception as error:  # whatever the cache's driver raises
            _logger.warning("The cache of the JWK set of %s failed: %r", client, error)

    @staticmethod
    def _name(client: PyJWKClient) -> str:
        """One entry per URI and headers: another credential may be shown other keys."""
        import hashlib

        told = repr((client.uri, sorted(client.headers.items())))
        return f"pyjwtfast:jwks:{hashlib.sha256(told.encode('utf-8', 'replace')).hexdigest()}"


def _printable(kid: object) -> str:
    """A stranger's text for a message: it ends up in logs, where it must not make lines."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(kid))


def _is_finite(value: object) -> TypeGuard[float]:
    try:
        return isinstance(value, (int, float)) and math.isfinite(value)
    except OverflowError:  # an int beyond every float
        return False


def _is_seconds(value: object) -> TypeGuard[float]:
    return _is_finite(value) and value >= 0


# The members of private keys (RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037 section 2).
_PRIVATE_MEMBERS = frozenset(("d", "p", "q", "dp", "dq", "qi", "oth"))


def _without_private_parts(document: dict[str, Any]) -> dict[str, Any]:
    """The document with what verifies alone. To check that a private part belongs to its public one
    can take seconds of work for each key, and whoever publishes a document chooses how many.
    """
    keys = document.get("keys")
    if not isinstance(keys, list):
        return document
    return {**document, "keys": [_public_part(jwk) for jwk in keys]}


def _public_part(jwk: Any) -> Any:
    if not isinstance(jwk, dict) or jwk.get("kty") == "oct" or _PRIVATE_MEMBERS.isdisjoint(jwk):
        return jwk
    public = {name: value for name, value in jwk.items() if name not in _PRIVATE_MEMBERS}
    if isinstance(public.get("key_ops"), list) and "sign" in public["key_ops"]:
        public["key_ops"] = ["verify"]  # who signs lets others verify
    return public


def _check_uri(uri: str) -> None:
    from urllib.parse import urlsplit

    if not isinstance(uri, str):
        raise PyJWKClientError(f"The JWKS URI must be a str, not {type(uri).__name__}")
    try:
        parts = urlsplit(uri)
        host, credentials = parts.hostname, parts.username or parts.password
    except ValueError as error:
        raise PyJWKClientError("The JWKS URI is not a URI") from error
    if parts.scheme.lower() not in ("http", "https"):
        raise PyJWKClientError(
            f"Invalid JWKS URI scheme {parts.scheme!r}: only 'http' and 'https' are supported."
        )
    if not host:
        raise PyJWKClientError("The JWKS URI names no host")
    if credentials:
        raise PyJWKClientError(
            "The JWKS URI holds a user name or password: send them in `headers` instead"
        )


def _check_number(name: str, value: object, allow_zero: bool = False) -> None:
    if not _is_finite(value):
        raise PyJWKClientError(f'{name} must be finite, the input is "{value}"')
    if value < 0 or (value == 0 and not allow_zero):
        bound = "greater than or equal to 0" if allow_zero else "greater than 0"
        raise PyJWKClientError(f'{name} must be {bound}, the input is "{value}"')


_clients: weakref.WeakSet[PyJWKClient] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for client in list(_clients):
        client._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
