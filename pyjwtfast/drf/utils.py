"""Small helpers without settings of our own: times, the password hash, lazy texts, names."""

from __future__ import annotations

import hashlib
import logging
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from django.conf import settings
from django.utils.functional import lazy

# simplejwt's logger: a project's LOGGING configuration keeps working when it changes over.
logger = logging.getLogger("rest_framework_simplejwt")

SIMPLEJWT = "rest_framework_simplejwt"
_PACKAGE = "pyjwtfast.drf"

_EPOCH = datetime(1970, 1, 1)
_EPOCH_IN_UTC = _EPOCH.replace(tzinfo=timezone.utc)


def get_md5_hash_password(password: str) -> str:
    """The MD5 of a password's stored hash, in upper-case hexadecimal.

    It only tells whether the password has changed since a token was issued. The format is
    simplejwt's, so that tokens stay valid from one library to the other; as it protects nothing,
    it is declared so, and works where FIPS mode forbids MD5.
    """
    return hashlib.md5(password.encode(), usedforsecurity=False).hexdigest().upper()


def make_utc(dt: datetime) -> datetime:
    """A naive datetime taken as UTC when USE_TZ is on; any other as it is."""
    if settings.USE_TZ and dt.tzinfo is None:
        return dt.replace(tzinfo=timezone.utc)
    return dt


def aware_utcnow() -> datetime:
    """The current time in UTC; naive when USE_TZ is off."""
    now = datetime.now(tz=timezone.utc)
    return now if settings.USE_TZ else now.replace(tzinfo=None)


def datetime_to_epoch(dt: datetime) -> int:
    """Whole seconds since 1970 (RFC 7519 section 2, NumericDate); naive times count as UTC."""
    since = dt - (_EPOCH if dt.tzinfo is None else _EPOCH_IN_UTC)
    return since.days * 86_400 + since.seconds


def datetime_from_epoch(ts: float) -> datetime:
    """The UTC time of seconds since 1970; naive when USE_TZ is off.

    Raises TypeError, ValueError, OverflowError or OSError for what is no time of a datetime.
    """
    dt = datetime.fromtimestamp(ts, tz=timezone.utc)
    return dt if settings.USE_TZ else dt.replace(tzinfo=None)


def _format(text: str, *args: Any, **kwargs: Any) -> str:
    return text.format(*args, **kwargs)


# str.format of a lazily translated text, done when the language of the request is known.
format_lazy: Callable[..., Any] = lazy(_format, str)


def replaces_simplejwt() -> bool:
    """Whether simplejwt's names are ours in this process, by pyjwtfast.replace_simplejwt."""
    return sys.modules.get(SIMPLEJWT) is sys.modules[_PACKAGE]


def lists_app(package: str) -> bool:
    """Whether INSTALLED_APPS has an app by the name of its package, or of an AppConfig in it."""
    return any(
        entry == package or entry.startswith(f"{package}.apps.")
        for entry in settings.INSTALLED_APPS
    )


def app_name(package: str) -> str:
    """What Django is to call an app of ours: as INSTALLED_APPS does, so that is_installed() agrees.

    That is its own name, or simplejwt's where the names of simplejwt are ours.
    """
    if not replaces_simplejwt() or lists_app(package):
        return package
    return SIMPLEJWT + package.removeprefix(_PACKAGE)
