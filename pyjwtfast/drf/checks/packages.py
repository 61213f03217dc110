"""Packages beside ours that speak to simplejwt by its name."""

from __future__ import annotations

from collections.abc import Mapping

from django.apps import apps
from django.conf import settings
from django.core.checks import Error, Warning

from .. import token_blacklist
from ..utils import SIMPLEJWT, lists_app, replaces_simplejwt
from .support import THEIR_BLACKLIST, Messages


def check_packages() -> Messages:
    """What works only if simplejwt's names lead to ours, or are where a package looks for them."""
    replaced = replaces_simplejwt()
    if not replaced and apps.is_installed(SIMPLEJWT):
        yield Warning(
            f"INSTALLED_APPS has '{SIMPLEJWT}': simplejwt's, in the place of pyjwtfast's.",
            hint="Write 'pyjwtfast.drf'.",
            id="pyjwtfast.W004",
        )
    rest_auth = getattr(settings, "REST_AUTH", None)
    if (
        not apps.is_installed("dj_rest_auth")
        or not isinstance(rest_auth, Mapping)
        or not rest_auth.get("USE_JWT")
    ):
        return
    if not replaced:
        yield Warning(
            "dj_rest_auth makes its tokens with simplejwt, not with pyjwtfast.",
            hint="Put `import pyjwtfast.replace_simplejwt` at the top of the settings.",
            id="pyjwtfast.W014",
        )
    elif (
        token_blacklist.is_installed()
        and THEIR_BLACKLIST not in settings.INSTALLED_APPS
        and not lists_app(token_blacklist.__name__)  # E016
    ):
        yield Error(
            f"INSTALLED_APPS has no '{THEIR_BLACKLIST}': dj_rest_auth's logout looks for these "
            "very letters, and revokes no token without them.",
            hint=f"Write '{THEIR_BLACKLIST}' for the blacklist, and not the name of its AppConfig.",
            id="pyjwtfast.E026",
        )
