"""System checks of the settings. Each message names the setting, and says what to do.

Errors stop `manage.py` commands: E001 both names set, E002 no dict, E003 removed setting,
E004 algorithm, E005 signing key, E006 leeway, E007 blacklist, E008 import, E009 lifetime,
E010 cache size. Warnings: W001 unknown setting, W002 short key, W003 key not kept secret.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.utils.module_loading import import_string

from pyjwtfast import Key
from pyjwtfast.exceptions import InvalidKeyError

from .backends import ALLOWED_ALGORITHMS, SUPPORTED_ALGORITHMS
from .settings import DEFAULTS, IMPORT_STRINGS, REMOVED_SETTINGS, SETTINGS_NAMES

# What `django-admin startproject` writes in front of the SECRET_KEY it makes up.
_STARTPROJECT_PREFIX = "django-insecure-"

_Messages = Iterator[CheckMessage]


def check_settings(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Everything that is wrong with the settings; a Django system check."""
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
    name = present[0] if present else SETTINGS_NAMES[-1]
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
    source = f"{name}['SIGNING_KEY'] (where it is not set, SECRET_KEY)"
    hint = f"Set {name}['SIGNING_KEY'] to a random secret that is kept out of the source code."
    try:
        Key.from_secret(key)
    except (InvalidKeyError, TypeError, ValueError) as error:
        yield Error(f"{source} cannot be used: {error}", hint=hint, id="pyjwtfast.E005")
        return
    algorithm = values["ALGORITHM"]
    length = len(key.encode() if isinstance(key, str) else key)
    if algorithm in SUPPORTED_ALGORITHMS and length < int(algorithm[2:]) // 8:
        yield Warning(
            f"{source} has {length} bytes; "
            f"{algorithm} wants at least {int(algorithm[2:]) // 8} (RFC 7518 section 3.2).",
            hint=hint,
            id="pyjwtfast.W002",
        )
    if isinstance(key, str) and key.startswith(_STARTPROJECT_PREFIX):
        yield Warning(
            f"{source} begins with '{_STARTPROJECT_PREFIX}': "
            "it was made by startproject. Whoever has seen it can log in as anybody.",
            hint=hint,
            id="pyjwtfast.W003",
        )


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
        if key == "TOKEN_BLACKLIST_SERIALIZER" and value == DEFAULTS[key]:
            continue  # it comes with the blacklist
        if key not in IMPORT_STRINGS and not key.endswith("_SERIALIZER"):
            continue
        for dotted in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(dotted, str):
                try:
                    import_string(dotted)
                except ImportError as error:
                    yield Error(
                        f"{name}['{key}'] names '{dotted}', which cannot be imported: {error}",
                        hint=f"Correct {key}.",
                        id="pyjwtfast.E008",
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
    _check_lifetimes,
    _check_cache_size,
)
