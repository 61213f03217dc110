"""Values that are what they are: times, flags, numbers, names of claims and of the header."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.core.checks import Error, Warning
from django.core.exceptions import ImproperlyConfigured
from rest_framework import HTTP_HEADER_ENCODING

from ..backends import is_symmetric
from ..settings import DEFAULTS, LONGEST_INTERVAL, setting_in_effect, to_seconds
from .support import Messages, entries

# Access token, what buys new ones, and for how long.
_LIFETIMES = (
    ("ACCESS_TOKEN_LIFETIME", "REFRESH_TOKEN_LIFETIME"),
    ("SLIDING_TOKEN_LIFETIME", "SLIDING_TOKEN_REFRESH_LIFETIME"),
)

# Settings that name a claim; without a name the first two switch their check off.
_OPTIONAL_CLAIMS = ("TOKEN_TYPE_CLAIM", "JTI_CLAIM")
_CLAIMS = (
    *_OPTIONAL_CLAIMS,
    "USER_ID_CLAIM",
    "SLIDING_TOKEN_REFRESH_EXP_CLAIM",
    "REVOKE_TOKEN_CLAIM",
)

_CHOICES = {
    "STORE_TOKEN": ("full", "hash", "empty"),
    "VERIFY_CHECKS_BLACKLIST": ("compatible", "always"),
    "REVOCATION_WHEN_DOWN": ("refuse", "accept"),
}


def check_leeway(name: str, values: Mapping[str, Any]) -> Messages:
    leeway = values["LEEWAY"]
    seconds = leeway.total_seconds() if isinstance(leeway, timedelta) else leeway
    if seconds is None:
        return
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, (int, float))
        or not math.isfinite(seconds)
        or seconds < 0
    ):
        yield Error(
            f"{name}['LEEWAY'] is {leeway!r}.",
            hint="Set LEEWAY to a finite number of seconds that is not negative, or a timedelta.",
            id="pyjwtfast.E006",
        )
        return
    lifetime = values["ACCESS_TOKEN_LIFETIME"]
    if isinstance(lifetime, timedelta) and 0 < lifetime.total_seconds() <= seconds:
        yield Warning(
            f"{name}['LEEWAY'] is {leeway!r}: tokens are accepted for longer after they have "
            "expired than before.",
            hint="Set LEEWAY to the seconds by which clocks may differ; a few are enough.",
            id="pyjwtfast.W013",
        )


def check_lifetimes(name: str, values: Mapping[str, Any]) -> Messages:
    right = set()
    for key in (key for pair in _LIFETIMES for key in pair):
        value = values[key]
        if isinstance(value, timedelta) and value > timedelta(0):
            right.add(key)
        else:
            yield Error(
                f"{name}['{key}'] is {value!r}.",
                hint=f"Set {key} to a timedelta greater than zero.",
                id="pyjwtfast.E009",
            )
    for access, refresh in _LIFETIMES:
        if right.issuperset((access, refresh)) and values[refresh] < values[access]:
            yield Warning(
                f"{name}['{refresh}'] ({values[refresh]}) is shorter than {access} "
                f"({values[access]}): there is nothing left to refresh with when it is needed.",
                hint=f"Set {access} to minutes, and {refresh} to the time after which users have "
                "to log in again.",
                id="pyjwtfast.W012",
            )


def check_cache_size(name: str, values: Mapping[str, Any]) -> Messages:
    size = values["VERIFIED_TOKEN_CACHE_SIZE"]
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        yield Error(
            f"{name}['VERIFIED_TOKEN_CACHE_SIZE'] is {size!r}.",
            hint="Set VERIFIED_TOKEN_CACHE_SIZE to a number of tokens; 0 remembers none.",
            id="pyjwtfast.E010",
        )


def check_user_cache(name: str, values: Mapping[str, Any]) -> Messages:
    for key in ("USER_CACHE_TTL", "USER_CACHE_POLL"):
        try:
            to_seconds(key, values[key])
        except ImproperlyConfigured:
            yield Error(
                f"{name}['{key}'] is {values[key]!r}.",
                hint=f"Set {key} to a number of seconds, or a timedelta, of at most "
                f"{LONGEST_INTERVAL} seconds"
                + ("; 0 keeps no user." if key == "USER_CACHE_TTL" else "."),
                id="pyjwtfast.E027",
            )
    size = values["USER_CACHE_SIZE"]
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        yield Error(
            f"{name}['USER_CACHE_SIZE'] is {size!r}.",
            hint="Set USER_CACHE_SIZE to a number of users; USER_CACHE_TTL = 0 keeps none.",
            id="pyjwtfast.E027",
        )


def check_flags(name: str, values: Mapping[str, Any]) -> Messages:
    """Of a text from the environment, "False" is true as well."""
    for key, default in DEFAULTS.items():
        if isinstance(default, bool) and values[key] not in (True, False, None):
            yield Error(
                f"{name}['{key}'] is {values[key]!r}, which is neither True nor False.",
                hint=f"Set {key} to True or False; a text from the environment has to be compared: "
                f"os.environ.get('{key}') == 'true'.",
                id="pyjwtfast.E021",
            )


def check_choices(name: str, values: Mapping[str, Any]) -> Messages:
    for key, choices in _CHOICES.items():
        if values[key] not in choices:
            yield Error(
                f"{name}['{key}'] is {values[key]!r}.",
                hint=f"Set {key} to one of {', '.join(map(repr, choices))}.",
                id="pyjwtfast.E023",
            )


def check_claims(name: str, values: Mapping[str, Any]) -> Messages:
    """Two things that are written into one claim: the second takes the place of the first."""
    holders = {"exp": "the time of expiry", "iat": "the time of issue", "nbf": "a time"}
    holders |= {"aud": "AUDIENCE"} if values["AUDIENCE"] is not None else {}
    holders |= {"iss": "ISSUER"} if values["ISSUER"] is not None else {}
    for key in _CLAIMS:
        claim = values[key]
        if claim is None and key in _OPTIONAL_CLAIMS:
            continue
        if key == "REVOKE_TOKEN_CLAIM" and not values["CHECK_REVOKE_TOKEN"]:
            continue
        if not isinstance(claim, str) or not claim:
            yield Error(
                f"{name}['{key}'] is {claim!r}, which is no name of a claim.",
                hint=f"Set {key} to a text, as '{DEFAULTS[key]}'.",
                id="pyjwtfast.E018",
            )
        elif claim in holders:
            yield Error(
                f"{name}['{key}'] is '{claim}', the claim of {holders[claim]} too: one would "
                "overwrite the other.",
                hint=f"Set {key} to a name of its own, as '{DEFAULTS[key]}'.",
                id="pyjwtfast.E018",
            )
        else:
            holders[claim] = key


def check_audience(name: str, values: Mapping[str, Any]) -> Messages:
    audience, issuer = values["AUDIENCE"], values["ISSUER"]
    if audience is not None and not _are_names([audience], audience):
        yield Error(
            f"{name}['AUDIENCE'] is {audience!r}.",
            hint="Set AUDIENCE to a text, or to a list of texts.",
            id="pyjwtfast.E022",
        )
    # Who only verifies may take tokens of several issuers.
    signs = is_symmetric(str(values["ALGORITHM"])) or (
        values["SIGNING_KEY"] is not None and setting_in_effect("SIGNING_KEY") != "SECRET_KEY"
    )
    if issuer is not None and not _are_names([issuer], () if signs else issuer):
        yield Error(
            f"{name}['ISSUER'] is {issuer!r}.",
            hint="Set ISSUER to a text"
            + ("." if signs else ", or, where no token is signed, to a list of texts."),
            id="pyjwtfast.E022",
        )


def _are_names(one: Iterable[object], several: object) -> bool:
    """Whether it is a text, or a list of some."""
    found = list(several) if isinstance(several, (list, tuple)) and several else one
    return all(isinstance(each, str) and each for each in found)


def check_header(name: str, values: Mapping[str, Any]) -> Messages:
    types = values["AUTH_HEADER_TYPES"]
    if not list(entries(types)) or not all(map(_is_scheme, entries(types))):
        yield Error(
            f"{name}['AUTH_HEADER_TYPES'] is {types!r}.",
            hint="Set AUTH_HEADER_TYPES to a list of words, as ['Bearer'].",
            id="pyjwtfast.E020",
        )
    header = values["AUTH_HEADER_NAME"]
    if not isinstance(header, str):
        yield Error(
            f"{name}['AUTH_HEADER_NAME'] is {header!r}.",
            hint="Set AUTH_HEADER_NAME to a key of request.META, as 'HTTP_AUTHORIZATION'.",
            id="pyjwtfast.E020",
        )
        return
    key = header.upper().replace("-", "_")
    if not key.startswith(("HTTP_", "CONTENT_")):
        key = f"HTTP_{key}"
    if header != key:
        yield Warning(
            f"{name}['AUTH_HEADER_NAME'] is '{header}', which is no header's key in request.META: "
            "no request will be authenticated.",
            hint=f"Write '{key}'.",
            id="pyjwtfast.W005",
        )


def _is_scheme(value: object) -> bool:
    """Whether it is one word that a header can hold."""
    if not isinstance(value, str) or len(value.split()) != 1 or value != value.strip():
        return False
    try:
        value.encode(HTTP_HEADER_ENCODING)
    except UnicodeEncodeError:
        return False
    return True


CHECKS = (
    check_leeway,
    check_lifetimes,
    check_cache_size,
    check_user_cache,
    check_flags,
    check_choices,
    check_claims,
    check_audience,
    check_header,
)
