"""The middleware: whether it stands where the user that it has found stays."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import Error
from django.utils.module_loading import import_string

from .support import Messages


def check_order() -> Messages:
    """Whether AuthenticationMiddleware stands below ours: it sets `request.user` in any case."""
    if not apps.is_installed("django.contrib.auth"):
        return  # without which neither can be imported
    from django.contrib.auth.middleware import AuthenticationMiddleware

    from ..middleware import JWTAuthenticationMiddleware

    ours: str | None = None
    for entry in settings.MIDDLEWARE:
        named = _import(entry)
        if not isinstance(named, type):
            continue
        if issubclass(named, JWTAuthenticationMiddleware):
            ours = entry
        elif ours is not None and issubclass(named, AuthenticationMiddleware):
            yield Error(
                f"MIDDLEWARE has '{entry}' below '{ours}': it puts the session's user in the place "
                "of the token's, on each request.",
                hint=f"Move '{ours}' below '{entry}'.",
                id="pyjwtfast.E029",
            )


def _import(entry: str) -> Any:
    try:
        return import_string(entry)
    except ImportError:
        return None  # Django reports it, when the server starts
