"""System checks of the settings. Each message names the setting, and says what to do.

Errors stop `manage.py` commands. The numbers, by the module that gives them:

names: E001 both names set, E002 no dict, E003 removed setting; W001 unknown setting, W006 setting
without effect.
keys: E004 algorithm, E005 signing key, E012 verifying key, E013 keys that are no pair,
E014 JWK_URL, E015 former keys; W002 short key, W007 tokens can be signed but not verified,
W008 private key where the public one is enough; with `check --deploy` W003 key not kept secret,
W009 JWK_URL without TLS.
values: E006 leeway, E009 lifetime, E010 cache size, E018 claim names, E020 header, E021 flag,
E022 audience and issuer, E023 choice; W005 header name, W012 refresh shorter than access,
W013 leeway longer than a token's life.
imports: E008 import, E017 kind of class or callable; W004 class of simplejwt.
blacklist: E007 blacklist after rotation without the app, E011 a blacklist app that is not ours,
E016 the app's new name beside the one line, E025 tokens without ids; W010 blacklist after rotation
without rotation.
users: E019 USER_ID_FIELD, E024 user model without a field that a setting needs; W011 USER_ID_FIELD
not unique.
user_cache: E027 a time or a number (in values), E028 cache; W015 cache of one process, W016 no user
is kept; with `check --deploy` W017 other processes are not told.
deployment: with `check --deploy` W030 DEBUG, W031 tokens without TLS, W032 throttles whose cache
the processes do not share, W033 throttles that believe a client about its address.
middleware: E029 AuthenticationMiddleware below ours.
revocation: E030 no cache, E031 interval; W020 cache of one process, W021 cache that throws away,
W022 cache that may hang, W023 interval longer than a token's life.
packages: E026 the blacklist under a name that a package does not look for; W014 a package that
needs the one line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Tags, register

from ..settings import DEFAULTS, default_fallbacks, settings_name
from . import (
    blacklist,
    deployment,
    imports,
    keys,
    middleware,
    names,
    packages,
    revocation,
    user_cache,
    users,
    values,
)
from .support import Messages

# Each takes the name under which the project's settings are read, and all of their values.
_CHECKS: tuple[Callable[[str, Mapping[str, Any]], Messages], ...] = (
    *keys.CHECKS,
    *values.CHECKS,
    *blacklist.CHECKS,
    *revocation.CHECKS,
    *imports.CHECKS,
    *users.CHECKS,
    *user_cache.CHECKS,
    names.check_effect,
)


def register_checks() -> None:
    """Let `manage.py check` run them. Whoever can may call it, also before there are settings;
    once more does nothing.
    """
    register(check_settings, Tags.security)
    register(check_deployment, Tags.security, deploy=True)
    register(check_server, Tags.security, deploy=True)


def check_settings(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """What is wrong with the settings anywhere; a Django system check."""
    messages = [
        *names.check_source(),
        *blacklist.check_apps(),
        *imports.check_authentication_classes(),
        *packages.check_packages(),
        *middleware.check_order(),
    ]
    name = settings_name()
    project = getattr(settings, name, None) or {}
    if not isinstance(project, Mapping):
        return messages  # E002
    in_effect = {**DEFAULTS, **project}
    if "SIGNING_KEY" not in project:
        in_effect["SIGNING_KEY"] = settings.SECRET_KEY
    if in_effect["SIGNING_KEY_FALLBACKS"] is None:
        in_effect["SIGNING_KEY_FALLBACKS"] = default_fallbacks(
            in_effect["SIGNING_KEY"], in_effect["ALGORITHM"]
        )
    messages += names.check_names(name, project)
    for check in _CHECKS:
        messages += check(name, in_effect)
    return messages


def check_deployment(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """What is wrong with the settings of a server; a Django system check for deployment."""
    name = settings_name()
    project = getattr(settings, name, None) or {}
    if not isinstance(project, Mapping):
        return []  # E002
    return [*keys.check_deployment(project), *user_cache.check_deployment(name, project)]


def check_server(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """What is wrong with a server's surroundings; a Django system check for deployment."""
    return [message for check in deployment.CHECKS for message in check()]
