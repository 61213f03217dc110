"""Who takes part in what: servers, and the tokens that they are sent."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from benchmarks.materials import Material, material
from benchmarks.workloads import access_claims

from . import servers, wrk
from .authenticators import READ_TOKENS
from .project import Server

USERS = 64
USER_CACHE_TTL = 60
CONNECTIONS_PER_POOL = 4

DRF, THEIRS, OURS = "DRF", "simplejwt", "pyjwtfast"
UNAUTHENTICATED, CONSTANT = "without authentication", "a constant user"
FRESH, STATELESS = "JWTAuthentication", "JWTStatelessUserAuthentication"
CACHED, LAZY = f"{FRESH}, USER_CACHE_TTL", "JWTLazyUserAuthentication"
STUB, CACHED_STUB = f"{FRESH}, nothing verified", f"{CACHED}, nothing verified"


@dataclass(frozen=True)
class Contestant:
    """A server and what it is sent. Its name is as in benchmarks.timing."""

    library: str
    way: str
    server: Server
    tokens: list[str]

    @property
    def name(self) -> str:
        return f"{self.library} {self.way}"

    @property
    def reads_tokens(self) -> bool:
        return self.server.authenticator in READ_TOKENS


@dataclass(frozen=True)
class Case:
    """Contestants whose servers run at the same time, and of which one at a time is asked.

    references: as in benchmarks.timing.
    half: whether half the rounds do.
    connections: how many requests wrk has under way at once.
    """

    name: str
    title: str
    contestants: list[Contestant]
    references: dict[str, str] = field(default_factory=dict)
    half: bool = True
    connections: int = wrk.CONNECTIONS


def tokens_of(key: Material, count: int) -> list[str]:
    """Access tokens of the users 1 to count."""
    return [key.token_of(access_claims(number)) for number in range(1, count + 1)]


def simple_jwt(key: Material, **more: Any) -> dict[str, Any]:
    settings = {"ALGORITHM": key.algorithm, "SIGNING_KEY": key.signing_text}
    if key.signing_text != key.verifying_text:
        settings["VERIFYING_KEY"] = key.verifying_text
    return settings | more


@dataclass(frozen=True)
class Kind:
    """A contestant without its token, for a key."""

    library: str
    way: str
    authenticator: str
    more: dict[str, Any] = field(default_factory=dict)

    def contestant(
        self, key: Material | None = None, tokens: int = 1, suffix: str = "", **server: Any
    ) -> Contestant:
        """suffix: of the way. server: more arguments of Server."""
        used = key or material("HS256")
        settings = simple_jwt(used, **self.more)
        made = Server(self.authenticator, settings, **server)
        return Contestant(self.library, f"{self.way}{suffix}", made, tokens_of(used, tokens))


CACHE = {"USER_CACHE_TTL": USER_CACHE_TTL}
ALL = (
    Kind(DRF, UNAUTHENTICATED, "none"),
    Kind(DRF, CONSTANT, "constant"),
    Kind(THEIRS, FRESH, "simplejwt"),
    Kind(THEIRS, STATELESS, "simplejwt stateless"),
    Kind(OURS, FRESH, "pyjwtfast"),
    Kind(OURS, CACHED, "pyjwtfast", CACHE),
    Kind(OURS, LAZY, "pyjwtfast lazy"),
    Kind(OURS, STATELESS, "pyjwtfast stateless"),
    Kind(OURS, STUB, "pyjwtfast stub"),
    Kind(OURS, CACHED_STUB, "pyjwtfast stub", CACHE),
)


BY_NAME = {(kind.library, kind.way): kind for kind in ALL}
# What stands for the whole where something else is varied.
COMMON = [
    BY_NAME[name]
    for name in (
        (DRF, UNAUTHENTICATED),
        (THEIRS, FRESH),
        (THEIRS, STATELESS),
        (OURS, FRESH),
        (OURS, CACHED),
        (OURS, STATELESS),
    )
]
REFERENCES = {
    "simplejwt": f"{THEIRS} {FRESH}",
    "simplejwt stateless": f"{THEIRS} {STATELESS}",
    "unauthenticated": f"{DRF} {UNAUTHENTICATED}",
}


def requests_case() -> Case:
    references = REFERENCES | {
        "a constant user": f"{DRF} {CONSTANT}",
        "pyjwtfast stateless": f"{OURS} {STATELESS}",
    }
    contestants = [kind.contestant() for kind in ALL]
    title = "One synchronous worker, no middleware, the same token each time"
    return Case("requests", title, contestants, references, half=False)


def algorithms_case() -> Case:
    """Each of our classes with each algorithm; simplejwt's for comparison."""
    contestants = []
    for library, way in ((OURS, FRESH), (OURS, STATELESS), (THEIRS, STATELESS)):
        for name in ("HS256", "RS256", "ES256"):
            kind = BY_NAME[library, way]
            contestants.append(kind.contestant(material(name), suffix=f", {name}"))
    references = {
        "HS256, user read": f"{OURS} {FRESH}, HS256",
        "HS256, stateless": f"{OURS} {STATELESS}, HS256",
    }
    return Case("algorithms", "The same token each time, by algorithm", contestants, references)


def tokens_case() -> Case:
    contestants = [kind.contestant(tokens=USERS) for kind in COMMON]
    return Case("tokens", f"Tokens of {USERS} users in turn", contestants, REFERENCES)


def workers_case() -> Case:
    contestants = [kind.contestant(workers=2) for kind in COMMON]
    return Case("workers", "Two workers", contestants, REFERENCES)


def middleware_case() -> Case:
    contestants = [kind.contestant(middleware=True) for kind in COMMON]
    return Case("middleware", "With startproject's middleware", contestants, REFERENCES)


# How a connection is had, and DATABASES["default"] for it. Behind pgbouncer, PORT is its own.
PER_REQUEST = "CONN_MAX_AGE=0"
CONNECTIONS: dict[str, dict[str, Any]] = {
    PER_REQUEST: {"CONN_MAX_AGE": 0},
    f"{PER_REQUEST}, pgbouncer": {"CONN_MAX_AGE": 0, "DISABLE_SERVER_SIDE_CURSORS": True},
    "pool": {
        "CONN_MAX_AGE": 0,
        "OPTIONS": {"pool": {"min_size": 1, "max_size": CONNECTIONS_PER_POOL}},
    },
    "CONN_MAX_AGE=None, CONN_HEALTH_CHECKS": {"CONN_HEALTH_CHECKS": True},
    "CONN_MAX_AGE=None": {},
}


def connections_case(pgbouncer: int | None) -> Case:
    """pgbouncer: its port, if it runs."""
    contestants = []
    for library, way in ((THEIRS, FRESH), (OURS, FRESH), (OURS, CACHED)):
        for how, database in CONNECTIONS.items():
            settings = database
            if "pgbouncer" in how:
                if pgbouncer is None:
                    continue
                settings = {**database, "HOST": "127.0.0.1", "PORT": pgbouncer}
            if way == CACHED and how not in (PER_REQUEST, "CONN_MAX_AGE=None"):
                continue  # it reads nothing most of the time: there is nothing to see
            if library == THEIRS and "HEALTH" in how:
                continue
            kind = BY_NAME[library, way]
            contestants.append(kind.contestant(suffix=f", {how}", database=settings))
    references = {
        "simplejwt, CONN_MAX_AGE=0": f"{THEIRS} {FRESH}, {PER_REQUEST}",
        "CONN_MAX_AGE=0": f"{OURS} {FRESH}, {PER_REQUEST}",
    }
    return Case("connections", "By how the connection is had", contestants, references)


CASES: dict[str, Callable[[], Case]] = {
    "requests": requests_case,
    "algorithms": algorithms_case,
    "tokens": tokens_case,
    "workers": workers_case,
    "middleware": middleware_case,
}


def cases(group: str, stack: ExitStack) -> Iterator[Case]:
    """Those of a group; what they need besides their servers runs until the stack is closed."""
    if group in CASES:
        yield CASES[group]()
        return
    pgbouncer = None
    if servers.has_pgbouncer():
        pgbouncer = stack.enter_context(servers.pgbouncer())
    else:
        print("\nWithout pgbouncer: it is not installed", file=sys.stderr)
    yield connections_case(pgbouncer)
