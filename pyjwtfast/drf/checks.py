"""System checks of the settings. Each message names the setting, and says what to do.

Errors stop `manage.py` commands: E001 both names set, E002 no dict, E003 removed setting,
E004 algorithm, E005 signing key, E006 leeway, E007 blacklist after rotation, E008 import,
E009 lifetime, E010 cache size, E011 blacklist app. Warnings: W001 unknown setting, W002 short key,
W003 key not kept secret (with `check --deploy`), W004 class of simplejwt, W005 header name,
W006 setting without effect.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.utils.module_loading import import_string

from pyjwtfast import Key
from pyjwtfast.exceptions import InvalidKeyError

from .backends import ALLOWED_ALGORITHMS, SUPPORTED_ALGORITHMS, describe_short_key
from .settings import (
    DEFAULTS,
    IMPORT_STRINGS,
    REMOVED_SETTINGS,
    SETTINGS_NAMES,
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

# Part of simplejwt's settings, but nothing reads them with HS* and without a blacklist.
_WITHOUT_EFFECT = {
    "VERIFYING_KEY": "HS* algorithms verify with the signing key",
    "JWK_URL": "HS* algorithms have no public keys",
    "TOKEN_BLACKLIST_SERIALIZER": "this version of pyjwtfast has no blacklist",
}

_Messages = Iterator[CheckMessage]


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
    if algorithm not in SUPPORTED_ALGORITHMS:
        why = (
            "is not supported by this version of pyjwtfast"
            if algorithm in ALLOWED_ALGORITHMS
            else "is not an algorithm"
        )
        yield Error(
            f"{name}['ALGORITHM'] {algorithm!r} {why}.",
            hint=f"Set ALGORITHM to one of {', '.join(sorted(SUPPORTED_ALGORITHMS))}.",
            id="pyjwtfast.E004",
        )


def _check_signing_key(name: str, values: Mapping[str, Any]) -> _Messages:
    key = values["SIGNING_KEY"]
    source = setting_in_effect("SIGNING_KEY")
    hint = _KEY_HINT.format(source)
    try:
        Key.from_secret(key)
    except (InvalidKeyError, TypeError, ValueError) as error:
        yield Error(f"{source} cannot be used: {error}", hint=hint, id="pyjwtfast.E005")
        return
    short = describe_short_key(key, values["ALGORITHM"])
    if short is not None:
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
    if values["ALGORITHM"] not in SUPPORTED_ALGORITHMS:
        return  # E004; with that algorithm some of them may be right
    for key, why in _WITHOUT_EFFECT.items():
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
    _check_signing_key,
    _check_leeway,
    _check_blacklist,
    _check_imports,
    _check_header_name,
    _check_effect,
    _check_lifetimes,
    _check_cache_size,
)
