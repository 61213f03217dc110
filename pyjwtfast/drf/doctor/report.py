"""What is in use: versions, settings, keys, classes, views; all of it as JSON could hold it."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import django
import rest_framework
from django.apps import apps
from django.conf import settings
from django.core.cache import InvalidCacheBackendError
from django.core.checks import CheckMessage, Error, Warning
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.functional import Promise

from pyjwtfast import Key, __version__
from pyjwtfast._core import BASE64URL_PATH, OPENSSL_VERSION
from pyjwtfast.exceptions import InvalidKeyError, PyJWKClientError

from .. import __version__ as names_of
from .. import token_blacklist
from ..authentication import JWTAuthentication
from ..backends import is_symmetric, make_jwks_client, prepare_key
from ..checks import check_deployment, check_settings
from ..checks.names import nearest
from ..checks.support import entries, is_algorithm
from ..settings import (
    DEFAULTS,
    REMOVED_SETTINGS,
    default_fallbacks,
    setting_in_effect,
    settings_name,
)
from ..utils import SIMPLEJWT, replaces_simplejwt
from ..views import TokenViewBase
from .database import look_at_blacklist

# Settings whose values are keys, or may hold a password; how they are set is told, not to what.
_SECRET = frozenset({"SIGNING_KEY", "VERIFYING_KEY", "SIGNING_KEY_FALLBACKS", "JWK_CLIENT_OPTIONS"})

_LONGEST_VALUE = 200


def make_report(
    *, fetch: bool = False, rows: bool = False, database: bool = True
) -> tuple[dict[str, Any], list[CheckMessage]]:
    """What is in use, and what the checks and the doctor have to say about it.

    fetch: also fetch the keys at JWK_URL. rows: also count the blacklist's rows, which takes time
    where there are many. database: look at the blacklist's tables at all.
    """
    name = settings_name()
    project = getattr(settings, name, None) or {}
    is_dict = isinstance(project, Mapping)
    values: dict[str, Any] = {**DEFAULTS, **(project if is_dict else {})}
    problems: list[CheckMessage] = []
    report = {
        "versions": _versions(),
        "use": _use(problems),
        "settings": _settings(name, project if is_dict else {}),
        "keys": _keys(values, problems, fetch=fetch) if is_dict else {},
        "authentication": _authentication(values),
        "endpoints": _endpoints(),
        "blacklist": {"app": None},
    }
    if token_blacklist.is_installed():
        report["blacklist"] = look_at_blacklist(problems, rows=rows, database=database)
    return report, [*check_settings(), *check_deployment(), *problems]


def _versions() -> dict[str, Any]:
    return {
        "pyjwtfast": __version__,
        "compatible_with_simplejwt": names_of,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "django": django.get_version(),
        "djangorestframework": rest_framework.VERSION,
        "openssl": OPENSSL_VERSION,
        "fips": _is_fips(),
        "base64url": BASE64URL_PATH,
        "simplejwt": _version_of("djangorestframework-simplejwt"),
        "pyjwt": _version_of("PyJWT"),
    }


def _version_of(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _is_fips() -> bool | None:
    """Whether OpenSSL is told to use FIPS's algorithms alone; None where nobody can say."""
    try:
        from _hashlib import get_fips_mode
        from ssl import OPENSSL_VERSION as OPENSSL_OF_PYTHON
    except ImportError:  # a Python without OpenSSL
        return None
    return bool(get_fips_mode()) if OPENSSL_OF_PYTHON == OPENSSL_VERSION else None


def _use(problems: list[CheckMessage]) -> dict[str, Any]:
    replaced = replaces_simplejwt()
    loaded = not replaced and SIMPLEJWT in sys.modules
    if loaded:
        problems.append(
            Warning(
                "rest_framework_simplejwt is loaded beside pyjwtfast: something imports it.",
                hint="Write pyjwtfast.drf where the project imports it; where another package "
                "does, put `import pyjwtfast.replace_simplejwt` at the top of the settings.",
                id="pyjwtfast.W101",
            )
        )
    ours = [
        config.name
        for config in apps.get_app_configs()
        if config.module is not None
        and config.module.__name__ in ("pyjwtfast.drf", token_blacklist.__name__)
    ]
    return {
        "way": "one line (pyjwtfast.replace_simplejwt)" if replaced else "native",
        "apps": ours,
        "simplejwt_loaded_too": loaded,
    }


def _settings(name: str, project: Mapping[Any, Any]) -> dict[str, Any]:
    changed = {
        key: {"value": _shown(key, value), "default": _shown(key, DEFAULTS[key])}
        for key, value in project.items()
        if key in DEFAULTS and value != DEFAULTS[key]
    }
    return {
        "read_from": name if getattr(settings, name, None) is not None else f"{name} (not set)",
        "changed": changed,
        "unknown": {
            str(key): {"nearest": nearest(key)}
            for key in project
            if key not in DEFAULTS and key not in REMOVED_SETTINGS
        },
        "removed": [key for key in project if key in REMOVED_SETTINGS],
    }


def _shown(key: str, value: Any) -> str:
    """A value as a page may show it: no key, no password, not too long."""
    if key in _SECRET:
        if value in (None, "", b"", (), []):
            return repr(value)
        if isinstance(value, Mapping):
            return f"{{{', '.join(f'{name!r}: ...' for name in value)}}}"
        return f"{len(value)} of them" if isinstance(value, (list, tuple)) else "set"
    if key == "JWK_URL" and isinstance(value, str):
        return repr(_without_credentials(value))
    if isinstance(value, (list, tuple)):
        text = f"[{', '.join(_shown('', each) for each in value)}]"
    elif isinstance(value, type) or callable(value):
        text = _name(value)
    else:
        text = str(value) if isinstance(value, Promise) else repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def _name(entry: Any) -> str:
    """The dotted name of a class or callable, given as one or as the name."""
    if isinstance(entry, str):
        return entry
    return f"{getattr(entry, '__module__', '')}.{getattr(entry, '__qualname__', repr(entry))}"


def _without_credentials(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "no URL"
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "..." if parts.query else "", ""))


def _keys(
    values: Mapping[str, Any], problems: list[CheckMessage], *, fetch: bool
) -> dict[str, Any]:
    algorithm = values["ALGORITHM"]
    keys: dict[str, Any] = {"algorithm": str(algorithm)}
    if not is_algorithm(algorithm):
        return keys  # E004
    symmetric = is_symmetric(algorithm)
    source = setting_in_effect("SIGNING_KEY")
    signing = settings.SECRET_KEY if source == "SECRET_KEY" else values["SIGNING_KEY"]
    if symmetric or (source != "SECRET_KEY" and signing is not None):
        keys["signing_key"] = {"from": source, **_key(signing, algorithm)}
    if not symmetric and values["JWK_URL"]:
        keys["JWK_URL"] = _jwk_url(values, problems, fetch=fetch)
        return keys
    if not symmetric and values["VERIFYING_KEY"]:
        source = setting_in_effect("VERIFYING_KEY")
        keys["verifying_key"] = {"from": source, **_key(values["VERIFYING_KEY"], algorithm)}
    former = values["SIGNING_KEY_FALLBACKS"]
    if former is None:
        former = default_fallbacks(signing, algorithm)
    source = setting_in_effect("SIGNING_KEY_FALLBACKS")
    keys["former_keys"] = [
        {"from": f"{source}[{number}]", **_key(given, algorithm)}
        for number, given in enumerate(entries(former))
    ]
    return keys


def _key(given: Any, algorithm: str) -> dict[str, Any]:
    """Kind and length of a key, and the RFC 7638 thumbprint of its public half, if it has one."""
    try:
        key: Key = prepare_key(given, algorithm)
    except (InvalidKeyError, TypeError, ValueError) as error:
        return {"error": str(error)}
    if key.kty == "oct":
        return {"kind": "secret", "length": f"{key.bits // 8} bytes"}
    kind = f"{'private' if key.is_private else 'public'} {key.kty}"
    found = {"kind": f"{kind} {key.crv}" if key.crv else kind, "length": f"{key.bits} bits"}
    return {**found, "thumbprint": key.public().thumbprint()}


def _jwk_url(
    values: Mapping[str, Any], problems: list[CheckMessage], *, fetch: bool
) -> dict[str, Any]:
    found: dict[str, Any] = {"url": _shown("JWK_URL", values["JWK_URL"]).strip("'")}
    if not fetch:
        return found
    start = time.monotonic()
    try:
        client = make_jwks_client(values["JWK_URL"], values["JWK_CLIENT_OPTIONS"])
        found["keys"] = [
            {"kid": each.key_id, **_key(each, values["ALGORITHM"])}
            for each in client.get_signing_keys(refresh=True)
        ]
    except (PyJWKClientError, InvalidCacheBackendError, TypeError, ValueError) as error:
        found["error"] = str(error)
        problems.append(
            Error(
                f"{setting_in_effect('JWK_URL')} does not give keys: {error}",
                hint="Correct it, or see to its server; until then requests are answered with 503.",
                id="pyjwtfast.E103",
            )
        )
    found["milliseconds"] = round((time.monotonic() - start) * 1000)
    return found


def _authentication(values: Mapping[str, Any]) -> dict[str, Any]:
    from rest_framework.settings import api_settings

    found: dict[str, Any] = {
        "token_classes": [_name(each) for each in entries(values["AUTH_TOKEN_CLASSES"])],
        "header": f"{values['AUTH_HEADER_NAME']}: "
        + " or ".join(map(str, entries(values["AUTH_HEADER_TYPES"]))),
    }
    try:
        classes: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    except ImportError as error:
        return {**found, "error": str(error)}
    found["classes"] = [_name(each) for each in classes]
    found["takes_our_tokens"] = any(issubclass(each, JWTAuthentication) for each in classes)
    return found


def _endpoints() -> dict[str, Any]:
    """The routes that lead to our views, or to views that inherit from them."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return {}
    try:
        return {
            route: _name(view)
            for route, view in _routes(get_resolver())
            if isinstance(view, type) and issubclass(view, TokenViewBase)
        }
    except Exception as error:  # whatever the project's own modules raise; it is no fault of ours
        return {"error": f"{type(error).__name__}: {error}"}


def _routes(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, object]]:
    for each in resolver.url_patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLPattern):
            view = each.callback
            yield f"/{route}", getattr(view, "view_class", getattr(view, "cls", None))
        else:
            yield from _routes(each, route)
