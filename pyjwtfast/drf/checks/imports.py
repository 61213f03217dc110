"""Classes and callables that settings name: whether they can be imported, what they are, whose."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.checks import Error, Warning
from django.utils.module_loading import import_string
from rest_framework.serializers import BaseSerializer

from ..settings import DEFAULTS, IMPORT_STRINGS
from ..utils import SIMPLEJWT, replaces_simplejwt
from .support import Messages, describe, entries, is_of_simplejwt, replacement


def _is_token_class(named: object) -> bool:
    return isinstance(named, type) and isinstance(getattr(named, "token_type", None), str)


def _is_serializer(named: object) -> bool:
    return isinstance(named, type) and issubclass(named, BaseSerializer)


def _is_json_encoder(named: object) -> bool:
    return isinstance(named, type) and issubclass(named, json.JSONEncoder)


# What a setting's entries must be, in words; any other setting's are callables.
_KINDS: dict[str, tuple[Callable[[object], bool], str]] = {
    "AUTH_TOKEN_CLASSES": (_is_token_class, "a token class with a token_type"),
    "JSON_ENCODER": (_is_json_encoder, "a subclass of json.JSONEncoder"),
    "TOKEN_USER_CLASS": (callable, "a class that is made from a token"),
}
_SERIALIZER = (_is_serializer, "a serializer class")
_CALLABLE = (callable, "a callable")


def check_imports(name: str, values: Mapping[str, Any]) -> Messages:
    for key, value in values.items():
        is_serializer = key in DEFAULTS and key.endswith("_SERIALIZER")
        if (not is_serializer and key not in IMPORT_STRINGS) or value == DEFAULTS[key]:
            continue
        source = f"{name}['{key}']"
        if is_serializer and not isinstance(value, str):
            yield Error(
                f"{source} is {value!r}: the views import it by its name.",
                hint=f"Set {key} to the dotted name of a serializer class.",
                id="pyjwtfast.E017",
            )
        elif key == "AUTH_TOKEN_CLASSES" and (not isinstance(value, (list, tuple)) or not value):
            yield Error(
                f"{source} is {value!r}: no token would be accepted.",
                hint=f"Set {key} to a list of dotted names, as {list(DEFAULTS[key])}.",
                id="pyjwtfast.E017",
            )
        elif value is None and DEFAULTS[key] is not None:
            yield Error(
                f"{source} is None.",
                hint=f"Delete {key} from {name}: then it is {DEFAULTS[key]!r}.",
                id="pyjwtfast.E017",
            )
        else:
            kind = _SERIALIZER if is_serializer else _KINDS.get(key, _CALLABLE)
            for entry in entries(value):
                yield from _check_entry(source, key, entry, *kind)


def _check_entry(
    source: str, key: str, entry: object, is_right: Callable[[object], bool], what: str
) -> Messages:
    try:
        named = import_string(entry) if isinstance(entry, str) else entry
    except ImportError as error:
        assert isinstance(entry, str)
        yield Error(
            f"{source} names '{entry}', which cannot be imported: {error}",
            hint=f"Write '{replacement(entry)}'."
            if is_of_simplejwt(entry) and not replaces_simplejwt()
            else f"Correct {key}.",
            id="pyjwtfast.E008",
        )
        return
    if not is_right(named):
        yield Error(
            f"{source} holds {describe(entry)}, which is not {what}.",
            hint=f"Set {key} to {what}, or to its dotted name.",
            id="pyjwtfast.E017",
        )
        return
    yield from _check_origin(source, entry, named)


def check_authentication_classes() -> Messages:
    """Whether DRF authenticates by classes of simplejwt."""
    rest_framework = getattr(settings, "REST_FRAMEWORK", None)
    if not isinstance(rest_framework, Mapping):
        return
    name = "DEFAULT_AUTHENTICATION_CLASSES"
    for entry in entries(rest_framework.get(name)):
        try:
            named = import_string(entry) if isinstance(entry, str) else entry
        except ImportError:
            named = entry  # DRF reports it
        yield from _check_origin(f"REST_FRAMEWORK['{name}']", entry, named)


def _check_origin(source: str, entry: object, named: object) -> Messages:
    """Whether a setting's entry, and what it names, is simplejwt's or inherits from it."""
    if isinstance(entry, str) and is_of_simplejwt(entry) and not replaces_simplejwt():
        yield Warning(
            f"{source} names '{entry}': simplejwt's, in the place of pyjwtfast's.",
            hint=f"Write '{replacement(entry)}'.",
            id="pyjwtfast.W004",
        )
        return
    for base in named.__mro__ if isinstance(named, type) else ():
        if base.__module__.startswith(f"{SIMPLEJWT}."):
            dotted = f"{base.__module__}.{base.__qualname__}"
            subject = dotted if base is named else f"a subclass of {dotted}"
            yield Warning(
                f"{source} holds {describe(entry)}, {subject}: simplejwt's, in the place of "
                "pyjwtfast's.",
                hint=f"Import '{replacement(dotted)}' in its place.",
                id="pyjwtfast.W004",
            )
            return


CHECKS = (check_imports,)
