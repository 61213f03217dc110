"""Every module can be imported before Django's apps are ready, and without django.contrib.auth."""

from __future__ import annotations

import pkgutil

import pytest

import pyjwtfast.drf
from tests.processes import printed_by

MODULES = sorted(module.name for module in pkgutil.iter_modules(pyjwtfast.drf.__path__))
SCRIPT = """
import importlib, sys
from django.conf import settings
settings.configure(SECRET_KEY="x" * 64, INSTALLED_APPS=["rest_framework", "pyjwtfast.drf"])
if {set_up}:
    import django
    django.setup()
importlib.import_module("pyjwtfast.drf.{module}")
unwanted = {{"django.test", "django.contrib.auth.models", "jwt", "rest_framework_simplejwt"}}
assert not unwanted & set(sys.modules), unwanted & set(sys.modules)
"""


def run(module: str, set_up: bool) -> None:
    printed_by("-c", SCRIPT.format(module=module, set_up=set_up))


@pytest.mark.parametrize("module", ["settings", "authentication", "views", "checks"])
def test_before_the_apps_are_ready(module: str) -> None:
    """What URL configurations, settings and other apps import first."""
    assert module in MODULES
    run(module, set_up=False)


def test_without_django_contrib_auth() -> None:
    run("views", set_up=True)
