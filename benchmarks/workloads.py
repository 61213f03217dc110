"""Secrets, claims and tokens that the cases work on."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pyjwtfast

Claims = dict[str, Any]

# Long enough for HS512, and no longer than a block of SHA-256.
SECRET = "a signing key of sixty-four characters, as long as HS512 demands"
OTHER_SECRET = SECRET.swapcase()

# How many different tokens the rotating cases go through.
ROTATION = 512

KB = 1024
SIZES = {"150 B": 150, "1 KB": KB, "8 KB": 8 * KB, "100 KB": 100 * KB}


def access_claims(number: int = 1, *, lifetime: int = 86400) -> Claims:
    """What simplejwt puts into the access token of a user. lifetime: seconds from now."""
    now = int(time.time())
    return {
        "token_type": "access",
        "exp": now + lifetime - number % 300,
        "iat": now - number % 300,
        "jti": uuid.uuid5(uuid.NAMESPACE_URL, str(number)).hex,
        "user_id": str(number),
    }


def json_size(claims: Claims) -> int:
    return len(json.dumps(claims, separators=(",", ":")))


def with_text(size: int) -> Claims:
    """Access claims of exactly so many bytes of JSON, most of them one long string."""
    claims = {**access_claims(), "text": ""}
    claims["text"] = "x" * (size - json_size(claims))
    return claims


def with_list(size: int) -> Claims:
    """Access claims of exactly so many bytes of JSON, most of them a list of short strings."""
    permissions = ["notes"]
    claims = {**access_claims(), "permissions": permissions}
    while json_size(claims) <= size - 1024:
        permissions += [f"notes.change_{len(permissions) + more:05}" for more in range(32)]
    while json_size(claims) <= size - 32:
        permissions.append(f"notes.change_{len(permissions):05}")
    permissions[0] += "x" * (size - json_size(claims))
    return claims


def token_of(claims: Claims, secret: str = SECRET, algorithm: str = "HS256") -> str:
    return pyjwtfast.encode(claims, secret, algorithm=algorithm)


def fresh_copies(tokens: list[str]) -> Callable[[], list[str]]:
    """Makes new str objects of the tokens each time, as requests bring them."""
    encoded = [token.encode("ascii") for token in tokens]
    return lambda: [token.decode("ascii") for token in encoded]
