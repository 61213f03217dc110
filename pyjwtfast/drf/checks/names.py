"""Which settings there are: under which name, which of them are unknown, or without effect."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.checks import Error, Warning

from .. import token_blacklist
from ..backends import is_symmetric
from ..settings import DEFAULTS, REMOVED_SETTINGS, SETTINGS_NAMES, settings_name
from .support import Messages, is_algorithm

# What nothing reads, and why: of the keys' settings with HS*, and where the keys are fetched.
_ON_SECRETS = {
    "VERIFYING_KEY": "HS* algorithms verify with the signing key",
    "JWK_URL": "HS* algorithms have no public keys",
    "JWK_CLIENT_OPTIONS": "HS* algorithms have no public keys",
}
_BESIDE_URL = {
    "VERIFYING_KEY": "the keys at JWK_URL verify",
    "SIGNING_KEY_FALLBACKS": "the keys at JWK_URL verify, and former ones belong there",
}
_WITHOUT_URL = {"JWK_CLIENT_OPTIONS": "there is no JWK_URL"}
_WITHOUT_BLACKLIST = dict.fromkeys(
    ("STORE_TOKEN", "VERIFY_CHECKS_BLACKLIST"),
    f"'{token_blacklist.__name__}' is not in INSTALLED_APPS",
)
_WITHOUT_LAST_LOGIN = {"ON_LOGIN_SUCCESS": "UPDATE_LAST_LOGIN is not set"}
_WITHOUT_REVOCATION = dict.fromkeys(
    ("REVOCATION_POLL", "REVOCATION_WHEN_DOWN"), "REVOCATION_CACHE is not set"
)
_WITHOUT_REVOKING = {"REVOKE_TOKEN_CLAIM": "CHECK_REVOKE_TOKEN is not set"}
_WITHOUT_USER_CACHE = dict.fromkeys(
    ("USER_CACHE_SIZE", "USER_CACHE_INVALIDATION", "USER_CACHE_POLL", "USER_CACHE_KEY"),
    "USER_CACHE_TTL is not set",
)
_WITHOUT_INVALIDATION = {"USER_CACHE_POLL": "there is no USER_CACHE_INVALIDATION"}


def check_source() -> Messages:
    """Whether the settings are to be found under one name, as a dict."""
    present = [name for name in SETTINGS_NAMES if getattr(settings, name, None) is not None]
    if len(present) > 1:
        yield Error(
            f"{' and '.join(present)} are both set; {present[0]} is read, and the other not.",
            hint=f"Keep one of {' and '.join(present)}, and delete the other.",
            id="pyjwtfast.E001",
        )
    name = settings_name()
    project = getattr(settings, name, None) or {}
    if not isinstance(project, Mapping):
        yield Error(
            f"{name} is of type {type(project).__name__}.",
            hint=f"Make {name} a dict of settings.",
            id="pyjwtfast.E002",
        )


def check_names(name: str, project: Mapping[str, Any]) -> Messages:
    """Settings that are removed or unknown; the latter have no effect, as in simplejwt."""
    for key in project:
        if key in REMOVED_SETTINGS:
            yield Error(
                f"{name}['{key}'] is no longer a setting.",
                hint=f"Delete {key} from {name}.",
                id="pyjwtfast.E003",
            )
        elif key not in DEFAULTS:
            near = nearest(key)
            yield Warning(
                f"{name}['{key}'] is not a known setting, and has no effect.",
                hint=f"Did you mean {near}?" if near else f"Delete {key} from {name}.",
                id="pyjwtfast.W001",
            )


def nearest(key: object) -> str | None:
    """The setting that an unknown name was probably meant for."""
    return next(iter(difflib.get_close_matches(str(key).upper(), DEFAULTS, n=1)), None)


def check_effect(name: str, values: Mapping[str, Any]) -> Messages:
    """Settings that are known and that nothing reads, given the others."""
    for key, why in _without_effect(values).items():
        if values[key] and values[key] != DEFAULTS[key]:
            yield Warning(
                f"{name}['{key}'] has no effect: {why}.",
                hint=f"Delete {key} from {name}.",
                id="pyjwtfast.W006",
            )


def _without_effect(values: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    if not token_blacklist.is_installed():
        found |= _WITHOUT_BLACKLIST
    if not values["UPDATE_LAST_LOGIN"]:
        found |= _WITHOUT_LAST_LOGIN
    if values["REVOCATION_CACHE"] is None:
        found |= _WITHOUT_REVOCATION
    if not values["CHECK_REVOKE_TOKEN"]:
        found |= _WITHOUT_REVOKING
    if not values["USER_CACHE_TTL"]:
        found |= _WITHOUT_USER_CACHE
    elif values["USER_CACHE_INVALIDATION"] is None:
        found |= _WITHOUT_INVALIDATION
    if not is_algorithm(values["ALGORITHM"]):
        return found  # E004; with the right one some of the keys' settings may count
    if is_symmetric(values["ALGORITHM"]):
        return found | _ON_SECRETS
    return found | (_BESIDE_URL if values["JWK_URL"] else _WITHOUT_URL)
