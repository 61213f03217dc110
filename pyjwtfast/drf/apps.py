"""The Django app: it has no models, and registers the system checks."""

from django.apps import AppConfig
from django.core.checks import Tags, register


class PyJWTFastConfig(AppConfig):
    """The app `pyjwtfast.drf`, with the label `pyjwtfast`."""

    name = "pyjwtfast.drf"
    label = "pyjwtfast"
    verbose_name = "JWT authentication"

    def ready(self) -> None:
        """Register the checks; they are imported here, once every app is loaded."""
        from . import checks

        register(checks.check_settings, Tags.security)
        register(checks.check_deployment, Tags.security, deploy=True)
