"""The algorithm and its keys: are they there, do they fit, are they long and secret enough?"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.cache import InvalidCacheBackendError
from django.core.checks import Error, Warning

from pyjwtfast import Key
from pyjwtfast.exceptions import InvalidKeyError, PyJWKClientError

from ..backends import (
    ALLOWED_ALGORITHMS,
    describe_short_key,
    is_symmetric,
    make_jwks_client,
    prepare_key,
    validate_fallbacks,
)
from ..settings import DEFAULTS, setting_in_effect
from .support import Messages, is_algorithm

# What `django-admin startproject` writes in front of the SECRET_KEY it makes up.
_STARTPROJECT_PREFIX = "django-insecure-"

# Keys that stand in documents, and have been copied from there into servers.
_PUBLISHED = frozenset(
    {
        "a-string-secret-at-least-256-bits-long",
        "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
        "for development only: whoever reads this line can sign tokens",
        "your-256-bit-secret",
        "your-384-bit-secret",
        "your-512-bit-secret",
    }
)
# A key of so few different characters was typed, and not drawn. Django asks as many of SECRET_KEY.
_LEAST_CHARACTERS = 5

_KEY_HINT = (
    "Set {} to a random secret that is kept out of the source code. A new key ends every session: "
    "no token signed with the old one is valid any more."
)
_LENGTH_HINT = (
    "Set {} to a longer key. Put the old one into {} until its last token has expired; without "
    "that every session ends."
)
_PEM_HINT = "Set {} to the text of the {} key, as PEM."


def check_algorithm(name: str, values: Mapping[str, Any]) -> Messages:
    algorithm = values["ALGORITHM"]
    if not is_algorithm(algorithm):
        yield Error(
            f"{name}['ALGORITHM'] {algorithm!r} is not an algorithm.",
            hint=f"{_meant(algorithm)}Set ALGORITHM to one of "
            f"{', '.join(sorted(ALLOWED_ALGORITHMS))}.",
            id="pyjwtfast.E004",
        )


def _meant(algorithm: object) -> str:
    """A question with the name that is nearly this one; "" if there is none."""
    names = {known.upper(): known for known in sorted(ALLOWED_ALGORITHMS)}
    return next(
        (
            f"Did you mean {names[near]}? "
            for near in difflib.get_close_matches(str(algorithm).upper(), names, n=1)
        ),
        "",
    )


def check_keys(name: str, values: Mapping[str, Any]) -> Messages:
    algorithm = values["ALGORITHM"]
    if not is_algorithm(algorithm):
        return  # E004
    if is_symmetric(algorithm):
        yield from _check_secret(values["SIGNING_KEY"], algorithm)
    else:
        yield from _check_key_pair(name, values)
    if is_symmetric(algorithm) or not values["JWK_URL"]:
        yield from _check_fallbacks(values["SIGNING_KEY_FALLBACKS"], algorithm)


def _check_secret(secret: Any, algorithm: str) -> Messages:
    source = setting_in_effect("SIGNING_KEY")
    try:
        key = prepare_key(secret, algorithm)
    except (InvalidKeyError, TypeError, ValueError) as error:
        hint = _KEY_HINT.format(source)
        if secret and isinstance(error, InvalidKeyError):  # a key, which is no secret
            hint = f"If this key is meant, set ALGORITHM to what it is for. Or: {hint}"
        yield Error(f"{source} cannot be used: {error}", hint=hint, id="pyjwtfast.E005")
        return
    yield from _check_length(source, key, algorithm)


def _check_key_pair(name: str, values: Mapping[str, Any]) -> Messages:
    algorithm, url = values["ALGORITHM"], values["JWK_URL"]
    private = public = None
    source = setting_in_effect("SIGNING_KEY")
    if source != "SECRET_KEY" and values["SIGNING_KEY"] is not None:
        try:
            private = prepare_key(values["SIGNING_KEY"], algorithm)
            if not private.is_private:
                raise InvalidKeyError("it is a public key; the private one signs.")
        except InvalidKeyError as error:
            yield Error(
                f"{source} cannot be used: {error}",
                hint=f"{_PEM_HINT.format(source, 'private')} A project that only verifies tokens "
                "sets it to None.",
                id="pyjwtfast.E005",
            )
            return
        yield from _check_length(source, private, algorithm)

    source = setting_in_effect("VERIFYING_KEY")
    if url:
        yield from _check_jwk_url(name, values)
        return
    if values["VERIFYING_KEY"] in ("", b"", None):
        message = f"{source} is not set: tokens can be signed, but not verified."
        hint = f"{_PEM_HINT.format(source, 'public')} Or set JWK_URL."
        if private is None:
            message = f"{algorithm} has no key: SIGNING_KEY, VERIFYING_KEY and JWK_URL are not set."
            yield Error(message, hint=hint, id="pyjwtfast.E012")
        else:
            hint += " Silence this where another service verifies them."
            yield Warning(message, hint=hint, id="pyjwtfast.W007")
        return
    try:
        public = prepare_key(values["VERIFYING_KEY"], algorithm)
    except InvalidKeyError as error:
        yield Error(
            f"{source} cannot be used: {error}",
            hint=_PEM_HINT.format(source, "public"),
            id="pyjwtfast.E012",
        )
        return
    if private is not None and _public_half(private) != _public_half(public):
        yield Error(
            f"{source} is not the public half of SIGNING_KEY: no token of this project is valid.",
            hint=f"Set {source} to the public key of SIGNING_KEY, and put a former one into "
            "SIGNING_KEY_FALLBACKS.",
            id="pyjwtfast.E013",
        )
    if public.is_private:
        yield Warning(
            f"{source} holds a private key, where the public one is enough.",
            hint=_PEM_HINT.format(source, "public"),
            id="pyjwtfast.W008",
        )
    if private is None:  # else it has the same length
        yield from _check_length(source, public, algorithm)


def _public_half(key: Key) -> str:
    return key.public().thumbprint()


def _check_jwk_url(name: str, values: Mapping[str, Any]) -> Messages:
    options = values["JWK_CLIENT_OPTIONS"]
    if options is not None and not isinstance(options, Mapping):
        yield Error(
            f"{name}['JWK_CLIENT_OPTIONS'] is of type {type(options).__name__}.",
            hint="Make JWK_CLIENT_OPTIONS a dict of arguments of PyJWKClient.",
            id="pyjwtfast.E014",
        )
        return
    try:
        make_jwks_client(values["JWK_URL"], options)
    except (PyJWKClientError, TypeError, ValueError, InvalidCacheBackendError) as error:
        yield Error(
            f"{name}['JWK_URL'], or its JWK_CLIENT_OPTIONS, cannot be used: {error}",
            hint="Set JWK_URL to the http or https address of a JWK set, and JWK_CLIENT_OPTIONS "
            "to arguments of PyJWKClient.",
            id="pyjwtfast.E014",
        )


def _check_fallbacks(fallbacks: Any, algorithm: str) -> Messages:
    source = setting_in_effect("SIGNING_KEY_FALLBACKS")
    try:
        validate_fallbacks(fallbacks)
    except (TypeError, ValueError) as error:
        yield Error(
            f"{source} cannot be used: {error}",
            hint=f"Make {source} a list of former keys, without those whose tokens have all "
            "expired.",
            id="pyjwtfast.E015",
        )
        return
    for number, given in enumerate(fallbacks):
        try:
            key = prepare_key(given, algorithm)
        except (InvalidKeyError, TypeError, ValueError) as error:
            what = "secret" if is_symmetric(algorithm) else "public key (PEM)"
            yield Error(
                f"{source}[{number}] cannot be used: {error}",
                hint=f"Delete it, or make it the former {what}.",
                id="pyjwtfast.E015",
            )
            continue
        short = describe_short_key(key, algorithm)
        if short is not None:
            yield Warning(
                f"{source}[{number}] {short}",
                hint="Delete it as soon as the last token signed with it has expired.",
                id="pyjwtfast.W002",
            )
        if key.is_private and not is_symmetric(algorithm):
            yield Warning(
                f"{source}[{number}] holds a private key, where the public one is enough.",
                hint="Keep the public key in its place.",
                id="pyjwtfast.W008",
            )


def _check_length(source: str, key: Key, algorithm: str) -> Messages:
    short = describe_short_key(key, algorithm)
    if short is not None:
        hint = _LENGTH_HINT.format(source, setting_in_effect("SIGNING_KEY_FALLBACKS"))
        yield Warning(f"{source} {short}", hint=hint, id="pyjwtfast.W002")


def check_deployment(project: Mapping[str, Any]) -> Messages:
    """What a server's keys must not be; project: the settings that are set."""
    algorithm = project.get("ALGORITHM", DEFAULTS["ALGORITHM"])
    if not is_algorithm(algorithm):
        return  # E004
    if not is_symmetric(algorithm):
        yield from _check_transport(project.get("JWK_URL"))
        return
    key = project.get("SIGNING_KEY", settings.SECRET_KEY)
    if isinstance(key, bytes):
        key = key.decode(errors="replace")
    if isinstance(key, str) and (fault := _why_it_is_known(key)):
        source = setting_in_effect("SIGNING_KEY")
        yield Warning(
            f"{source} {fault}",
            hint=_KEY_HINT.format(source),
            id="pyjwtfast.W003",
        )


def _why_it_is_known(secret: str) -> str:
    """Why others may have a secret, too; "" if nothing speaks for it."""
    if secret.startswith(_STARTPROJECT_PREFIX):
        return (
            f"begins with '{_STARTPROJECT_PREFIX}': it was made by startproject. Whoever has seen "
            "it can log in as anybody."
        )
    if secret in _PUBLISHED:
        return "stands in documents as an example: anybody can log in as anybody."
    different = len(set(secret))
    if 0 < different < _LEAST_CHARACTERS:
        return (
            f"has {different} different characters: it can be guessed, and whoever does can log "
            "in as anybody."
        )
    return ""


def _check_transport(url: object) -> Messages:
    if isinstance(url, str) and url.lower().startswith("http:"):
        source = setting_in_effect("JWK_URL")
        yield Warning(
            f"{source} is fetched without TLS: whoever is on the way can put in keys of their own, "
            "and log in as anybody.",
            hint=f"Set {source} to an address that begins with https.",
            id="pyjwtfast.W009",
        )


CHECKS = (check_algorithm, check_keys)
