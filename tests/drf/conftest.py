"""Configures Django for the tests of this folder, and pairs us with simplejwt."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from unittest import mock

import django
import pytest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.drf.settings")
django.setup()

import rest_framework_simplejwt.authentication  # noqa: E402
import rest_framework_simplejwt.backends  # noqa: E402
import rest_framework_simplejwt.settings  # noqa: E402
import rest_framework_simplejwt.state  # noqa: E402 - its backend is made now
from django.conf import settings  # noqa: E402
from django.core.signals import setting_changed  # noqa: E402
from django.test import override_settings  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402

from tests.drf.models import User  # noqa: E402
from tests.drf.settings import DATABASE  # noqa: E402

# The object simplejwt's modules hold; its own settings module binds a new one now and then.
THEIR_SETTINGS: Any = rest_framework_simplejwt.authentication.api_settings

# It would bind simplejwt's `settings.api_settings` to new objects, which nothing uses.
setting_changed.disconnect(rest_framework_simplejwt.settings.reload_api_settings)

PASSWORD = "a password"

# What asks no database, or makes projects of its own on SQLite, is run in one of the two runs; what
# cuts a server off, where there is one.
collect_ignore = ["test_checks_of_apps.py", "test_imports.py", "test_settings_page.py"]
if DATABASE == "sqlite":
    collect_ignore = []
if DATABASE != "postgresql":
    collect_ignore.append("outages")


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("anna", "anna@example.com", PASSWORD, badge=7)


@pytest.fixture
def client() -> APIClient:
    """A client to which an exception in a view is a 500, as it is to the world."""
    return APIClient(raise_request_exception=False)


@pytest.fixture
def configure() -> Iterator[Callable[..., None]]:
    """Sets SIMPLE_JWT for the rest of the test: ours by `override_settings`, theirs by force."""
    with ExitStack() as stack:

        def set_both(**values: Any) -> None:
            stack.enter_context(override_settings(SIMPLE_JWT=values))
            _set_theirs(values)
            backend = rest_framework_simplejwt.backends.TokenBackend(
                THEIR_SETTINGS.ALGORITHM,
                THEIR_SETTINGS.SIGNING_KEY,
                THEIR_SETTINGS.VERIFYING_KEY,
                audience=THEIR_SETTINGS.AUDIENCE,
                issuer=THEIR_SETTINGS.ISSUER,
                jwk_url=THEIR_SETTINGS.JWK_URL,
                leeway=THEIR_SETTINGS.LEEWAY,
                json_encoder=THEIR_SETTINGS.JSON_ENCODER,
            )
            stack.enter_context(mock.patch("rest_framework_simplejwt.state.token_backend", backend))

        yield set_both
    _set_theirs(settings.SIMPLE_JWT)


def _set_theirs(values: dict[str, Any]) -> None:
    THEIR_SETTINGS.reload()
    THEIR_SETTINGS._user_settings = values
