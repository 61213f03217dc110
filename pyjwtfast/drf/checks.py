"""System checks of the settings. Each message names the setting, and says what to do.

Errors stop `manage.py` commands: E001 both names set, E002 no dict, E003 removed setting,
E004 algorithm, E005 signing key, E006 leeway, E007 blacklist after rotation, E008 import,
E009 lifetime, E010 cache size, E011 blacklist app, E012 verifying key, E013 keys that are no pair,
E014 JWK_URL, E015 former keys. Warnings: W001 unknown setting, W002 short key,
W003 key not kept secret (with `check --deploy`), W004 class of simplejwt, W005 header name,
W006 setting without effect, W007 tokens can be signed but not verified, W008 private key where the
public one is enough, W009 JWK_URL without TLS (with `check --deploy`).
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.cache import InvalidCacheBackendError
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.utils.module_loading import import_string

from pyjwtfast import Key
from pyjwtfast.exceptions import InvalidKeyError, PyJWKClientError

from .backends import (
    ALLOWED_ALGORITHMS,
    describe_short_key,
    is_symmetric,
    make_jwks_client,
    prepare_key,
    validate_fallbacks,
)
from .settings import (
    DEFAULTS,
    IMPORT_STRINGS,
    REMOVED_SETTINGS,
    SETTINGS_NAMES,
    default_fallbacks,
    setting_in_effect,
    settings_name,
)

# What `django-admin startproject` writes in front of the SECRET_KEY it makes up.
_STARTPROJECT_PREFIX = "django-insecure-"

_SIMPLEJWT = "rest_framework_simplejwt."

_KEY_HINT = (
    "Set {} to a random secret that is kept out of the source code. A new key ends every session: "
    "no token signed with the old one is valid any more."
)
_LENGTH_HINT = (
    "Set {} to a longer key. Put the old one into {} until its last token has expired; without "
    "that every session ends."
)
_PEM_HINT = "Set {} to the text of the {} key, as PEM."

# Part of simplejwt's settings, but nothing reads them without a blacklist.
_WITHOUT_EFFECT = {
    "TOKEN_BLACKLIST_SERIALIZER": "this version of pyjwtfast has no blacklist",
}

# What of the keys' settings nothing reads: with HS*, and where the keys are fetched.
_WITHOUT_EFFECT_ON_SECRETS = {
    "VERIFYING_KEY": "HS* algorithms verify with the signing key",
    "JWK_URL": "HS* algorithms have no public keys",
    "JWK_CLIENT_OPTIONS": "HS* algorithms have no public keys",
}
_WITHOUT_EFFECT_BESIDE_URL = {
    "VERIFYING_KEY": "the keys at JWK_URL verify",
    "SIGNING_KEY_FALLBACKS": "the keys at JWK_URL verify, and former ones belong there",
}

_Messages = Iterator[CheckMessage]


def register_checks() -> None:
    """Let `manage.py check` run them; any of our apps may, and once more does nothing."""
    register(check_settings, Tags.security)
    register(check_deployment, Tags.security, deploy=True)


def check_settings(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """What is wrong with the settings anywhere; a Django system check."""
    present = [name for name in SETTINGS_NAMES if getattr(settings, name, None) is not None]
    messages: list[CheckMessage] = []
    if len(present) > 1:
        messages.append(
            Error(
                f"{' and '.join(present)} are both set; {present[0]} is read, and the other not.",
                hint=f"Keep one of {' and '.join(present)}, and delete the other.",
                id="pyjwtfast.E001",
            )
        )
    messages += _check_blacklist_app()
    messages += _check_authentication_classes()
    name = settings_name()
    project = getattr(settings, name, None) or {}
    if not isinstance(project, Mapping):
        messages.append(
            Error(
                f"{name} is of type {type(project).__name__}.",
                hint=f"Make {name} a dict of settings.",
                id="pyjwtfast.E002",
            )
        )
        return messages
    values = {**DEFAULTS, **project}
    if "SIGNING_KEY" not in project:
        values["SIGNING_KEY"] = settings.SECRET_KEY
    if values["SIGNING_KEY_FALLBACKS"] is None:
        values["SIGNING_KEY_FALLBACKS"] = default_fallbacks(
            values["SIGNING_KEY"], values["ALGORITHM"]
        )
    messages += _check_names(name, project)
    for check in _CHECKS:
        messages += check(name, values)
    return messages


def check_deployment(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """What is wrong with the settings of a server; a Django system check for deployment."""
    project = getattr(settings, settings_name(), None) or {}
    if not isinstance(project, Mapping):
        return []  # E002
    algorithm = project.get("ALGORITHM", DEFAULTS["ALGORITHM"])
    if algorithm not in ALLOWED_ALGORITHMS:
        return []  # E004
    if not is_symmetric(algorithm):
        return list(_check_transport(project.get("JWK_URL")))
    key = project.get("SIGNING_KEY", settings.SECRET_KEY)
    if not isinstance(key, str) or not key.startswith(_STARTPROJECT_PREFIX):
        return []
    source = setting_in_effect("SIGNING_KEY")
    return [
        Warning(
            f"{source} begins with '{_STARTPROJECT_PREFIX}': "
            "it was made by startproject. Whoever has seen it can log in as anybody.",
            hint=_KEY_HINT.format(source),
            id="pyjwtfast.W003",
        )
    ]


def _check_transport(url: object) -> _Messages:
    if isinstance(url, str) and url.lower().startswith("http:"):
        source = setting_in_effect("JWK_URL")
        yield Warning(
            f"{source} is fetched without TLS: whoever is on the way can put in keys of their own, "
            "and log in as anybody.",
            hint=f"Set {source} to an address that begins with https.",
            id="pyjwtfast.W009",
        )


def _check_blacklist_app() -> _Messages:
    for app in apps.get_app_configs():
        if app.label == "token_blacklist" or app.name.endswith(".token_blacklist"):
            yield Error(
                f"The app '{app.name}' is installed, but this version of pyjwtfast does not ask a "
                "blacklist: tokens that were blacklisted would be accepted again until they "
                "expire.",
                hint="Stay with djangorestframework-simplejwt until pyjwtfast has the blacklist; "
                f"or, if revoked tokens may live on, remove '{app.name}' from INSTALLED_APPS.",
                id="pyjwtfast.E011",
            )


def _check_authentication_classes() -> _Messages:
    rest_framework = getattr(settings, "REST_FRAMEWORK", None)
    if not isinstance(rest_framework, Mapping):
        return
    name = "DEFAULT_AUTHENTICATION_CLASSES"
    for entry in _entries(rest_framework.get(name)):
        try:
            named = import_string(entry) if isinstance(entry, str) else entry
        except ImportError:
            named = entry  # DRF reports it
        yield from _check_origin(f"REST_FRAMEWORK['{name}']", entry, named)


def _check_names(name: str, project: Mapping[str, Any]) -> _Messages:
    for key in project:
        if key in REMOVED_SETTINGS:
            yield Error(
                f"{name}['{key}'] is no longer a setting.",
                hint=f"Delete {key} from {name}.",
                id="pyjwtfast.E003",
            )
        elif key not in DEFAULTS:
            near = difflib.get_close_matches(str(key).upper(), DEFAULTS, n=1)
            yield Warning(
                f"{name}['{key}'] is not a known setting, and has no effect.",
                hint=f"Did you mean {near[0]}?" if near else f"Delete {key} from {name}.",
                id="pyjwtfast.W001",
            )


def _check_algorithm(name: str, values: Mapping[str, Any]) -> _Messages:
    algorithm = values["ALGORITHM"]
    if algorithm not in ALLOWED_ALGORITHMS:
        yield Error(
            f"{name}['ALGORITHM'] {algorithm!r} is not an algorithm.",
            hint=f"Set ALGORITHM to one of {', '.join(sorted(ALLOWED_ALGORITHMS))}.",
            id="pyjwtfast.E004",
        )


def _check_keys(name: str, values: Mapping[str, Any]) -> _Messages:
    algorithm = values["ALGORITHM"]
    if algorithm not in ALLOWED_ALGORITHMS:
        return  # E004
    if is_symmetric(algorithm):
        yield from _check_secret(values["SIGNING_KEY"], algorithm)
    else:
        yield from _check_key_pair(name, values)
    if is_symmetric(algorithm) or not values["JWK_URL"]:
        yield from _check_fallbacks(values["SIGNING_KEY_FALLBACKS"], algorithm)


def _check_secret(secret: Any, algorithm: str) -> _Messages:
    source = setting_in_effect("SIGNING_KEY")
    try:
        key = prepare_key(secret, algorithm)
    except (InvalidKeyError, TypeError, ValueError) as error:
        hint = _KEY_HINT.format(source)
        yield Error(f"{source} cannot be used: {error}", hint=hint, id="pyjwtfast.E005")
        return
    yield from _check_length(source, key, algorithm)


def _check_key_pair(name: str, values: Mapping[str, Any]) -> _Messages:
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


def _check_jwk_url(name: str, values: Mapping[str, Any]) -> _Messages:
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


def _check_fallbacks(fallbacks: Any, algorithm: str) -> _Messages:
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


def _check_length(source: str, key: Key, algorithm: str) -> _Messages:
    short = describe_short_key(key, algorithm)
    if short is not None:
        hint = _LENGTH_HINT.format(source, setting_in_effect("SIGNING_KEY_FALLBACKS"))
        yield Warning(f"{source} {short}", hint=hint, id="pyjwtfast.W002")


def _check_leeway(name: str, values: Mapping[str, Any]) -> _Messages:
    leeway = values["LEEWAY"]
    seconds = leeway.total_seconds() if isinstance(leeway, timedelta) else leeway
    if seconds is not None and (
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


def _check_blacklist(name: str, values: Mapping[str, Any]) -> _Messages:
    if values["BLACKLIST_AFTER_ROTATION"]:
        yield Error(
            f"{name}['BLACKLIST_AFTER_ROTATION'] is set, but this version of pyjwtfast has no "
            "blacklist: refresh tokens would stay valid after they have been rotated.",
            hint="Set BLACKLIST_AFTER_ROTATION to False.",
            id="pyjwtfast.E007",
        )


def _check_imports(name: str, values: Mapping[str, Any]) -> _Messages:
    for key, value in values.items():
        if key in _WITHOUT_EFFECT or (
            key not in IMPORT_STRINGS and not str(key).endswith("_SERIALIZER")
        ):
            continue
        for entry in _entries(value):
            try:
                named = import_string(entry) if isinstance(entry, str) else entry
            except ImportError as error:
                yield Error(
                    f"{name}['{key}'] names '{entry}', which cannot be imported: {error}",
                    hint=f"Write '{_replacement(entry)}'."
                    if entry.startswith(_SIMPLEJWT)
                    else f"Correct {key}.",
                    id="pyjwtfast.E008",
                )
            else:
                yield from _check_origin(f"{name}['{key}']", entry, named)


def _check_origin(source: str, entry: object, named: object) -> _Messages:
    """Whether a setting's entry, and what it names, is simplejwt's or inherits from it."""
    if isinstance(entry, str) and entry.startswith(_SIMPLEJWT):
        yield Warning(
            f"{source} names '{entry}': simplejwt's, in the place of pyjwtfast's.",
            hint=f"Write '{_replacement(entry)}'.",
            id="pyjwtfast.W004",
        )
        return
    for base in named.__mro__ if isinstance(named, type) else ():
        if base.__module__.startswith(_SIMPLEJWT):
            dotted = f"{base.__module__}.{base.__qualname__}"
            subject = dotted if base is named else f"a subclass of {dotted}"
            yield Warning(
                f"{source} holds {_describe(entry)}, {subject}: simplejwt's, in the place of "
                "pyjwtfast's.",
                hint=f"Import '{_replacement(dotted)}' in its place.",
                id="pyjwtfast.W004",
            )
            return


def _replacement(dotted: str) -> str:
    return "pyjwtfast.drf." + dotted.removeprefix(_SIMPLEJWT)


def _describe(entry: object) -> str:
    return f"'{entry}'" if isinstance(entry, str) else getattr(entry, "__qualname__", repr(entry))


def _entries(value: object) -> Iterable[Any]:
    if value is None:
        return ()
    return value if isinstance(value, (list, tuple)) else (value,)


def _check_header_name(name: str, values: Mapping[str, Any]) -> _Messages:
    header = str(values["AUTH_HEADER_NAME"])
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


def _check_effect(name: str, values: Mapping[str, Any]) -> _Messages:
    if values["ALGORITHM"] not in ALLOWED_ALGORITHMS:
        return  # E004; with that algorithm some of them may be right
    without_effect = dict(_WITHOUT_EFFECT)
    if is_symmetric(values["ALGORITHM"]):
        without_effect |= _WITHOUT_EFFECT_ON_SECRETS
    elif values["JWK_URL"]:
        without_effect |= _WITHOUT_EFFECT_BESIDE_URL
    else:
        without_effect["JWK_CLIENT_OPTIONS"] = "there is no JWK_URL"
    for key, why in without_effect.items():
        if values[key] and values[key] != DEFAULTS[key]:
            yield Warning(
                f"{name}['{key}'] has no effect: {why}.",
                hint=f"Delete {key} from {name}.",
                id="pyjwtfast.W006",
            )


def _check_lifetimes(name: str, values: Mapping[str, Any]) -> _Messages:
    for key, value in values.items():
        if key not in DEFAULTS or not key.endswith("_LIFETIME"):
            continue
        if not isinstance(value, timedelta) or value <= timedelta(0):
            yield Error(
                f"{name}['{key}'] is {value!r}.",
                hint=f"Set {key} to a timedelta greater than zero.",
                id="pyjwtfast.E009",
            )


def _check_cache_size(name: str, values: Mapping[str, Any]) -> _Messages:
    size = values["VERIFIED_TOKEN_CACHE_SIZE"]
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        yield Error(
            f"{name}['VERIFIED_TOKEN_CACHE_SIZE'] is {size!r}.",
            hint="Set VERIFIED_TOKEN_CACHE_SIZE to a number of tokens; 0 remembers none.",
            id="pyjwtfast.E010",
        )


_CHECKS: tuple[Callable[[str, Mapping[str, Any]], _Messages], ...] = (
    _check_algorithm,
    _check_keys,
    _check_leeway,
    _check_blacklist,
    _check_imports,
    _check_header_name,
    _check_effect,
    _check_lifetimes,
    _check_cache_size,
)
