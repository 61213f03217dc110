"""A JWK set in memory, and how old it is."""

from __future__ import annotations

import time
from typing import Any

from .api_jwk import PyJWKSet
from .exceptions import PyJWKSetError

# However short an endpoint says its document may be kept, it is kept so many seconds: otherwise
# every token would be a request.
MIN_LIFESPAN = 5.0


class JWKSetCache:
    """Holds one JWK set for `lifespan` seconds, and remembers it for some time after.

    lifespan: seconds a set is fresh at most; what an endpoint allows can shorten it, to
    MIN_LIFESPAN at least. max_stale: seconds for which a set may serve after that, when no newer
    one can be had. Not locked: who shares one between threads replaces the set in one step.
    """

    def __init__(self, lifespan: float, max_stale: float = 0) -> None:
        self.lifespan = lifespan
        self.max_stale = max_stale
        self._entry: tuple[PyJWKSet, float, float] | None = None  # set, put at, fresh until

    def put(
        self,
        jwk_set: PyJWKSet | dict[str, Any] | None,
        *,
        max_age: float | None = None,
        age: float = 0,
    ) -> None:
        """Keep a set, parsed or not; None forgets the one that is there.

        max_age: seconds the endpoint allows. age: seconds since it was fetched.
        Raises PyJWKSetError for what is no JWK set with usable keys.
        """
        if jwk_set is None:
            self._entry = None
            return
        if not isinstance(jwk_set, PyJWKSet):
            if not isinstance(jwk_set, dict):
                raise PyJWKSetError("Invalid JWK Set value")
            jwk_set = PyJWKSet.from_dict(jwk_set)
        lifespan = self.lifespan
        if max_age is not None:
            lifespan = min(lifespan, max(max_age, MIN_LIFESPAN))
        put_at = time.monotonic() - age
        self._entry = (jwk_set, put_at, put_at + lifespan)

    def get(self) -> PyJWKSet | None:
        """The set while it is fresh, else None."""
        entry = self._entry
        return None if entry is None or time.monotonic() > entry[2] else entry[0]

    def get_stale(self) -> PyJWKSet | None:
        """The set until max_stale seconds after its lifespan, else None."""
        entry = self._entry
        return None if entry is None or time.monotonic() > entry[2] + self.max_stale else entry[0]

    def is_expired(self) -> bool:
        """Whether there is a set that is no longer fresh."""
        return self._entry is not None and self.get() is None

    def is_ageing(self) -> bool:
        """Whether four fifths of the set's lifespan are over: time to look for the next one."""
        entry = self._entry
        if entry is None:
            return False
        _, put_at, until = entry
        return time.monotonic() > put_at + (until - put_at) * 0.8
