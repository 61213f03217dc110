"""The blacklist: whether its app is there where a setting needs it, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.core.checks import Error, Warning

from .. import token_blacklist
from ..utils import lists_app, replaces_simplejwt
from .support import THEIR_BLACKLIST, Messages, is_of_simplejwt

_APP = token_blacklist.__name__


def check_apps() -> Messages:
    """Whether the blacklist that is installed is the one that is asked."""
    for app in apps.get_app_configs():
        module = app.module.__name__ if app.module is not None else app.name
        theirs = is_of_simplejwt(module) and module.endswith(".token_blacklist")
        if theirs or (app.label == token_blacklist.LABEL and module != _APP):
            yield Error(
                f"The app '{app.name}' is installed, but it is not the blacklist that pyjwtfast "
                "asks: tokens that were blacklisted would be accepted again until they expire.",
                hint=f"Write '{_APP}' in its place in INSTALLED_APPS: label and tables are the "
                "same. Or keep it, and put `import pyjwtfast.replace_simplejwt` at the top of the "
                "settings.",
                id="pyjwtfast.E011",
            )
    if replaces_simplejwt() and lists_app(_APP):
        yield Error(
            f"INSTALLED_APPS has '{_APP}' beside `import pyjwtfast.replace_simplejwt`: other "
            f"packages look there for '{THEIR_BLACKLIST}', and without it do not revoke tokens at "
            "logout.",
            hint=f"Write '{THEIR_BLACKLIST}' in its place: it is the same app.",
            id="pyjwtfast.E016",
        )


def check_ids(name: str, values: Mapping[str, Any]) -> Messages:
    if values["JTI_CLAIM"] is None and token_blacklist.is_installed():
        yield Error(
            f"{name}['JTI_CLAIM'] is None, but it is by their ids that tokens are blacklisted: no "
            "refresh or sliding token can be issued, or is accepted.",
            hint=f"Set JTI_CLAIM to a claim's name, or remove '{_APP}' from INSTALLED_APPS.",
            id="pyjwtfast.E025",
        )


def check_rotation(name: str, values: Mapping[str, Any]) -> Messages:
    if not values["BLACKLIST_AFTER_ROTATION"]:
        return
    if not token_blacklist.is_installed():
        app = THEIR_BLACKLIST if replaces_simplejwt() else _APP
        yield Error(
            f"{name}['BLACKLIST_AFTER_ROTATION'] is set, but there is no blacklist: refresh tokens "
            "would stay valid after they have been rotated.",
            hint=f"Add '{app}' to INSTALLED_APPS and run `manage.py migrate`, or set "
            "BLACKLIST_AFTER_ROTATION to False.",
            id="pyjwtfast.E007",
        )
    elif not values["ROTATE_REFRESH_TOKENS"]:
        yield Warning(
            f"{name}['BLACKLIST_AFTER_ROTATION'] is set, but refresh tokens are not rotated: all "
            "it does is to let the verify view ask the blacklist.",
            hint="Set ROTATE_REFRESH_TOKENS to True, or BLACKLIST_AFTER_ROTATION to False.",
            id="pyjwtfast.W010",
        )


CHECKS = (check_rotation, check_ids)
