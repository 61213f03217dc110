"""The settings: Django's SIMPLE_JWT, or PYJWTFAST in its place, over the defaults.

There is one settings object, `api_settings`, and it is refreshed in place: whoever holds it sees
`override_settings(SIMPLE_JWT=..., SECRET_KEY=...)` at once. Read it when a value is needed, never
at import.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import Signal
from rest_framework import HTTP_HEADER_ENCODING
from rest_framework.settings import APISettings as _APISettings
from rest_framework.settings import perform_import

# Where the settings are looked for in Django's; the first one that is there is taken.
SETTINGS_NAMES = ("PYJWTFAST", "SIMPLE_JWT")

DEFAULTS: dict[str, Any] = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=1),
    "ROTATE_REFRESH_TOKENS": False,
    "BLACKLIST_AFTER_ROTATION": False,
    "UPDATE_LAST_LOGIN": False,
    "ALGORITHM": "HS256",
    "SIGNING_KEY": None,  # where it is not set: Django's SECRET_KEY
    "SIGNING_KEY_FALLBACKS": None,  # ours; where it is not set: SECRET_KEY_FALLBACKS, see below
    "VERIFYING_KEY": "",
    "AUDIENCE": None,
    "ISSUER": None,
    "JSON_ENCODER": None,
    "JWK_URL": None,
    "JWK_CLIENT_OPTIONS": None,  # ours: further arguments of PyJWKClient
    "LEEWAY": 0,
    "AUTH_HEADER_TYPES": ("Bearer",),
    "AUTH_HEADER_NAME": "HTTP_AUTHORIZATION",
    "ON_LOGIN_SUCCESS": "pyjwtfast.drf.serializers.default_on_login_success",
    "ON_LOGIN_FAILED": "pyjwtfast.drf.serializers.default_on_login_failed",
    "USER_ID_FIELD": "id",
    "USER_ID_CLAIM": "user_id",
    "USER_AUTHENTICATION_RULE": "pyjwtfast.drf.authentication.default_user_authentication_rule",
    "AUTH_TOKEN_CLASSES": ("pyjwtfast.drf.tokens.AccessToken",),
    "TOKEN_TYPE_CLAIM": "token_type",
    "JTI_CLAIM": "jti",
    "TOKEN_USER_CLASS": "pyjwtfast.drf.models.TokenUser",
    "SLIDING_TOKEN_REFRESH_EXP_CLAIM": "refresh_exp",
    "SLIDING_TOKEN_LIFETIME": timedelta(minutes=5),
    "SLIDING_TOKEN_REFRESH_LIFETIME": timedelta(days=1),
    "TOKEN_OBTAIN_SERIALIZER": "pyjwtfast.drf.serializers.TokenObtainPairSerializer",
    "TOKEN_REFRESH_SERIALIZER": "pyjwtfast.drf.serializers.TokenRefreshSerializer",
    "TOKEN_VERIFY_SERIALIZER": "pyjwtfast.drf.serializers.TokenVerifySerializer",
    "TOKEN_BLACKLIST_SERIALIZER": "pyjwtfast.drf.serializers.TokenBlacklistSerializer",
    "SLIDING_TOKEN_OBTAIN_SERIALIZER": "pyjwtfast.drf.serializers.TokenObtainSlidingSerializer",
    "SLIDING_TOKEN_REFRESH_SERIALIZER": "pyjwtfast.drf.serializers.TokenRefreshSlidingSerializer",
    "CHECK_REVOKE_TOKEN": False,
    "REVOKE_TOKEN_CLAIM": "hash_password",
    "CHECK_USER_IS_ACTIVE": True,
    # Ours, not simplejwt's: what the blacklist app keeps of a token's text ("full", "hash" or
    # "empty"); whether the verify view asks the blacklist as simplejwt's does, or "always".
    "STORE_TOKEN": "full",
    "VERIFY_CHECKS_BLACKLIST": "compatible",
    # Ours, not simplejwt's: how many verified tokens the backend remembers; 0 is none.
    "VERIFIED_TOKEN_CACHE_SIZE": 4096,
    # Ours: for how many seconds a process may go on with a user's row that it has read (0: reads it
    # for each request), how many users it keeps, in which of CACHES processes tell each other whose
    # row has changed, how often they look there (seconds), and what else than the id names a row.
    "USER_CACHE_TTL": 0,
    "USER_CACHE_SIZE": 4096,
    "USER_CACHE_INVALIDATION": None,
    "USER_CACHE_POLL": 1,
    "USER_CACHE_KEY": None,
    # Ours, not simplejwt's: where revocations are kept that reach access tokens, an alias of
    # CACHES; how many seconds a process may use what it has read, 0 asks for each token; whether
    # tokens are refused (503) or accepted while that cache does not answer ("refuse", "accept").
    "REVOCATION_CACHE": None,
    "REVOCATION_POLL": 0,
    "REVOCATION_WHEN_DOWN": "refuse",
}

# Dotted names (or lists of them) that are given out as what they name.
IMPORT_STRINGS = (
    "AUTH_TOKEN_CLASSES",
    "JSON_ENCODER",
    "ON_LOGIN_FAILED",
    "ON_LOGIN_SUCCESS",
    "TOKEN_USER_CLASS",
    "USER_AUTHENTICATION_RULE",
    "USER_CACHE_KEY",
)

REMOVED_SETTINGS = (
    "AUTH_HEADER_TYPE",
    "AUTH_TOKEN_CLASS",
    "SECRET_KEY",
    "TOKEN_BACKEND_CLASS",
)

# For how many seconds, at most, a process can go on with what it has read: a day.
LONGEST_INTERVAL = 86_400

# The settings are simplejwt's, and described there.
SETTINGS_DOC = "https://django-rest-framework-simplejwt.readthedocs.io/en/latest/settings.html"


def settings_name() -> str:
    """Which of SETTINGS_NAMES is read; simplejwt's where none is set."""
    present = (name for name in SETTINGS_NAMES if getattr(settings, name, None) is not None)
    return next(present, SETTINGS_NAMES[-1])


def setting_in_effect(name: str) -> str:
    """What messages call a setting: SIMPLE_JWT['LEEWAY'], or SECRET_KEY where that one signs.

    Likewise SECRET_KEY_FALLBACKS, where those are what counts.
    """
    source = settings_name()
    project = getattr(settings, source, None) or {}
    if name == "SIGNING_KEY" and name not in project:
        return "SECRET_KEY"
    if name == "SIGNING_KEY_FALLBACKS" and project.get(name) is None:
        own = project.get("SIGNING_KEY", settings.SECRET_KEY)
        if own == settings.SECRET_KEY:
            return "SECRET_KEY_FALLBACKS"
    return f"{source}['{name}']"


def wrong_setting(name: str, value: object, what: str) -> ImproperlyConfigured:
    """The error of a setting that can't be used. what: what it must be."""
    return ImproperlyConfigured(f"{setting_in_effect(name)} is {value!r}, but must be {what}.")


def to_seconds(name: str, value: object) -> float:
    """What a setting holds that is a number of seconds, or a timedelta.

    Raises ImproperlyConfigured for what is no such time, and for more than a day.
    """
    found = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise wrong_setting(name, value, "a number of seconds")
    if not 0 <= found <= LONGEST_INTERVAL:  # NaN neither
        raise wrong_setting(name, value, f"between 0 and {LONGEST_INTERVAL} seconds")
    return float(found)


def default_fallbacks(signing_key: object, algorithm: object) -> Any:
    """SIGNING_KEY_FALLBACKS where it is not set: the former SECRET_KEYs, if SECRET_KEY signs."""
    if signing_key != settings.SECRET_KEY or not str(algorithm).startswith("HS"):
        return ()
    return settings.SECRET_KEY_FALLBACKS


# Sent by an APISettings object, without arguments, when its values may have changed.
settings_changed = Signal()


# What APISettings makes of AUTH_HEADER_TYPES.
_OF_HEADER_TYPES = ("header_types", "header_schemes", "header_starts")


class APISettings(_APISettings):
    """Settings as attributes: each is looked up once, and kept until `reload()`.

    Setting or deleting an attribute counts as a change too, so that monkeypatch and
    mock.patch.object work; a test that edits `user_settings` deletes the attribute afterwards.
    """

    @property
    def user_settings(self) -> dict[str, Any]:
        """What the project has set, as the object it was set to.

        Raises ImproperlyConfigured for what is no dict, RuntimeError for a setting that exists no
        more.
        """
        attributes = self.__dict__  # see __getattr__
        if "_user_settings" not in attributes:
            found = (getattr(settings, name, None) for name in SETTINGS_NAMES)
            project: dict[str, Any] = next((value for value in found if value is not None), {})
            if not isinstance(project, Mapping):
                raise ImproperlyConfigured(
                    f"{settings_name()} is {project!r}, but must be a dict of settings."
                )
            for name in REMOVED_SETTINGS:
                if name in project:
                    raise RuntimeError(
                        f"The '{name}' setting has been removed. "
                        f"Please refer to '{SETTINGS_DOC}' for available settings."
                    )
            attributes["_user_settings"] = project
        return cast("dict[str, Any]", attributes["_user_settings"])

    def __getattr__(self, name: str) -> Any:
        """Look a setting up and keep it; AttributeError for what is no setting.

        It is kept in the dict that was there before it was read: `reload()` puts another one in
        its place, so a value read before a change can't outlive it, whatever threads do.
        """
        attributes = self.__dict__
        if name not in attributes.get("defaults", ()):
            raise AttributeError(f"Invalid API setting: '{name}'")
        if name in self.user_settings:
            value = self.user_settings[name]
        elif name == "SIGNING_KEY":
            value = settings.SECRET_KEY
        else:
            value = cast("dict[str, Any]", self.defaults)[name]
        if name == "SIGNING_KEY_FALLBACKS" and value is None:
            return default_fallbacks(self.SIGNING_KEY, self.ALGORITHM)  # changes with them
        if name in self.import_strings:
            value = perform_import(value, name)
        attributes["_cached_attrs"].add(name)
        attributes[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        self._changed(name)

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        self._changed(name)

    def _changed(self, name: str) -> None:
        if name.isupper():
            for made in _OF_HEADER_TYPES:
                self.__dict__.pop(made, None)
            settings_changed.send(sender=type(self))

    @cached_property
    def header_types(self) -> tuple[str, ...]:
        """AUTH_HEADER_TYPES as a tuple, whichever way it was set."""
        types = self.AUTH_HEADER_TYPES
        return tuple(types) if isinstance(types, (list, tuple)) else (types,)

    @cached_property
    def header_schemes(self) -> frozenset[bytes]:
        """AUTH_HEADER_TYPES as they are compared: bytes in lower case (RFC 9110 section 11.1)."""
        return frozenset(name.encode(HTTP_HEADER_ENCODING).lower() for name in self.header_types)

    @cached_property
    def header_starts(self) -> tuple[bytes, ...]:
        """What is before the token in nearly every header: a scheme as it is set, and a space."""
        names = [name.encode(HTTP_HEADER_ENCODING) for name in self.header_types]
        return tuple(name + b" " for name in names if name.split() == [name])

    def reload(self) -> None:
        """Forget every value; the next use reads it from Django's settings."""
        forgotten = {*self._cached_attrs, "_user_settings", *_OF_HEADER_TYPES}
        kept = {name: value for name, value in vars(self).items() if name not in forgotten}
        object.__setattr__(self, "__dict__", {**kept, "_cached_attrs": set()})
        self._changed("ALL")


api_settings = APISettings(None, DEFAULTS, IMPORT_STRINGS)  # type: ignore[arg-type]


def reload_api_settings(*args: Any, **kwargs: Any) -> None:
    """Receiver of Django's `setting_changed`: refreshes `api_settings` in place."""
    if kwargs["setting"] in (*SETTINGS_NAMES, "SECRET_KEY", "SECRET_KEY_FALLBACKS"):
        api_settings.reload()


def __getattr__(name: str) -> Any:
    """USER_SETTINGS, as they are now."""
    if name == "USER_SETTINGS":
        return api_settings.user_settings
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


setting_changed.connect(reload_api_settings)
