"""The backend that the settings describe: one object for the whole process."""

from __future__ import annotations

import inspect
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from .backends import TokenBackend
from .exceptions import TokenBackendError
from .settings import api_settings, setting_in_effect, settings_changed

# The attributes that a TokenBackend makes of its arguments.
_ATTRIBUTES = frozenset(inspect.signature(TokenBackend).parameters)


class SettingsTokenBackend(TokenBackend):
    """A TokenBackend that takes its arguments from the settings.

    It is configured by its first use, and anew by the first use after a setting has changed:
    until then its attributes do not exist, and `__getattr__` makes them. An attribute assigned
    in between holds until that change.
    """

    def __init__(self) -> None:
        """Read nothing yet: settings may not be ready when this module is imported."""

    def __getattr__(self, name: str) -> Any:
        if name not in _ATTRIBUTES:
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self
            )
        attributes = self.__dict__  # reset() puts another one in its place
        try:
            configured = TokenBackend(
                api_settings.ALGORITHM,
                api_settings.SIGNING_KEY,
                api_settings.VERIFYING_KEY,
                api_settings.AUDIENCE,
                api_settings.ISSUER,
                api_settings.JWK_URL,
                api_settings.LEEWAY,
                api_settings.JSON_ENCODER,
                cache_size=api_settings.VERIFIED_TOKEN_CACHE_SIZE,
                signing_key_fallbacks=api_settings.SIGNING_KEY_FALLBACKS,
                jwk_client_options=api_settings.JWK_CLIENT_OPTIONS,
            )
        except TokenBackendError as error:
            # As a TokenBackendError it would be the fault of each token, and nobody would see it.
            raise ImproperlyConfigured(f"{setting_in_effect('ALGORITHM')}: {error}") from error
        except (TypeError, ValueError) as error:
            source = setting_in_effect("SIGNING_KEY_FALLBACKS")
            raise ImproperlyConfigured(f"{source}: {error}") from error
        # In one step, so that another thread finds all of the attributes or none.
        attributes.update(vars(configured) | attributes)
        return getattr(configured, name)

    def _source(self, name: str) -> str:
        return f"The setting {setting_in_effect(name)}"

    def reset(self, **kwargs: Any) -> None:
        """Forget configuration, keys and verified tokens. Also a receiver of a signal."""
        object.__setattr__(self, "__dict__", {})


token_backend = SettingsTokenBackend()
settings_changed.connect(token_backend.reset)
