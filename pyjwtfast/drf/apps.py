"""The Django app: it has no models, and registers the system checks."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.utils.functional import classproperty

from .utils import SIMPLEJWT, app_name


class PyJWTFastConfig(AppConfig):
    """The app `pyjwtfast.drf`, with the label `pyjwtfast`.

    Listed as simplejwt it has simplejwt's name, and its label as well.
    """

    verbose_name = "JWT authentication"

    @classproperty
    def name(cls) -> str:
        return app_name("pyjwtfast.drf")

    def __init__(self, app_name: str, app_module: Any) -> None:
        self.label = SIMPLEJWT if app_name == SIMPLEJWT else "pyjwtfast"
        super().__init__(app_name, app_module)

    def ready(self) -> None:
        """Register the checks; they are imported here, once every app is loaded."""
        from .checks import register_checks

        register_checks()
