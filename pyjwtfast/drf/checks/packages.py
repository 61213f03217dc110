"""Packages beside ours that speak to simplejwt by its name."""

from __future__ import annotations

from collections.abc import Mapping

from django.apps import apps
from django.conf import settings
from django.core.checks import Warning

from ..utils import SIMPLEJWT, replaces_simplejwt
from .support import Messages


def check_packages() -> Messages:
    """What works only if simplejwt's names lead to ours, and is used where they do not."""
    if replaces_simplejwt():
        return
    if apps.is_installed(SIMPLEJWT):
        yield Warning(
            f"INSTALLED_APPS has '{SIMPLEJWT}': simplejwt's, in the place of pyjwtfast's.",
            hint="Write 'pyjwtfast.drf'.",
            id="pyjwtfast.W004",
        )
    rest_auth = getattr(settings, "REST_AUTH", None)
    if (
        apps.is_installed("dj_rest_auth")
        and isinstance(rest_auth, Mapping)
        and rest_auth.get("USE_JWT")
    ):
        yield Warning(
            "dj_rest_auth makes its tokens with simplejwt, not with pyjwtfast.",
            hint="Put `import pyjwtfast.replace_simplejwt` at the top of the settings.",
            id="pyjwtfast.W014",
        )
