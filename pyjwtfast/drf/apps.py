"""The Django app: it has no models. It registers the system checks, and our schema extension."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.utils.functional import classproperty

from .translation import gettext_lazy as _
from .utils import SIMPLEJWT, app_name


def set_up() -> None:
    """What any of our apps does when all are loaded: it may be the only one.

    Checks are registered, cached users follow what happens to them, and drf-spectacular is told of
    our classes if the project uses it.
    """
    from . import user_cache
    from .checks import register_checks

    register_checks()
    user_cache.start()
    rest_framework = getattr(settings, "REST_FRAMEWORK", None) or {}
    schema_class = str(rest_framework.get("DEFAULT_SCHEMA_CLASS"))
    if apps.is_installed("drf_spectacular") or schema_class.startswith("drf_spectacular."):
        from . import spectacular  # noqa: F401


class PyJWTFastConfig(AppConfig):
    """The app `pyjwtfast.drf`, with the label `pyjwtfast`.

    Listed as simplejwt it has simplejwt's name, and its label as well.
    """

    verbose_name = _("JWT authentication")

    @classproperty
    def name(cls) -> str:
        return app_name("pyjwtfast.drf")

    def __init__(self, app_name: str, app_module: Any) -> None:
        self.label = SIMPLEJWT if app_name == SIMPLEJWT else "pyjwtfast"
        super().__init__(app_name, app_module)

    def ready(self) -> None:
        set_up()
