"""The Django app: it has no models, and registers the system checks."""

from django.apps import AppConfig


class PyJWTFastConfig(AppConfig):
    """The app `pyjwtfast.drf`, with the label `pyjwtfast`."""

    name = "pyjwtfast.drf"
    label = "pyjwtfast"
    verbose_name = "JWT authentication"

    def ready(self) -> None:
        """Register the checks; they are imported here, once every app is loaded."""
        from .checks import register_checks

        register_checks()
