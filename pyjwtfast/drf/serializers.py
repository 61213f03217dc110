"""What the views take and give: obtain, refresh and verify."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.contrib.auth import authenticate, get_user_model
from django.utils.functional import classproperty
from rest_framework import exceptions, serializers

from .exceptions import TokenError
from .settings import api_settings
from .tokens import AuthUser, RefreshToken, SlidingToken, Token, UntypedToken
from .translation import gettext_lazy as _
from .users import find_user
from .utils import get_md5_hash_password


class PasswordField(serializers.CharField):
    """A text that is never sent back, and is a password box in the browsable API."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["style"] = {**kwargs.get("style", {}), "input_type": "password"}
        kwargs["write_only"] = True
        super().__init__(*args, **kwargs)


class TokenObtainSerializer(serializers.Serializer[Any]):
    """Takes user name and password; `validate` leaves the user in `self.user`."""

    token_class: ClassVar[type[Token] | None] = None
    user: Any  # of the user model, or whatever else the authentication backends return

    default_error_messages: ClassVar[dict[str, Any]] = {
        "no_active_account": _("No active account found with the given credentials")
    }

    @classproperty
    def username_field(cls) -> str:
        return get_user_model().USERNAME_FIELD

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[self.username_field] = serializers.CharField(write_only=True)
        self.fields["password"] = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Authenticate by Django's backends; AuthenticationFailed if nobody may log in so."""
        credentials = {
            self.username_field: attrs[self.username_field],
            "password": attrs["password"],
        }
        if "request" in self.context:
            credentials["request"] = self.context["request"]
        self.user = authenticate(**credentials)
        if not api_settings.USER_AUTHENTICATION_RULE(self.user):
            raise exceptions.AuthenticationFailed(
                self.error_messages["no_active_account"], "no_active_account"
            )
        return {}

    @classmethod
    def get_token(cls, user: AuthUser) -> Token:
        """A new token of `token_class`; the place to add claims."""
        assert cls.token_class is not None, f"{cls.__name__} has no token_class"
        return cls.token_class.for_user(user)

    def _issue(self) -> Token:
        """The token of the user who has logged in, and the login recorded where that is set."""
        token = self.get_token(self.user)
        if api_settings.UPDATE_LAST_LOGIN:
            # Imported here: this module is usable without django.contrib.auth's models.
            from django.contrib.auth.models import update_last_login

            update_last_login(None, self.user)  # type: ignore[arg-type]
        return token


class TokenObtainPairSerializer(TokenObtainSerializer):
    """Gives a refresh and an access token."""

    token_class = RefreshToken

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        data = super().validate(attrs)
        refresh = cast("RefreshToken", self._issue())
        data["refresh"] = str(refresh)
        data["access"] = str(refresh.access_token)
        return data


class TokenObtainSlidingSerializer(TokenObtainSerializer):
    """Gives a sliding token."""

    token_class = SlidingToken

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        data = super().validate(attrs)
        data["token"] = str(self._issue())
        return data


class _RefreshSerializer(serializers.Serializer[Any]):
    """What the two refresh serializers share: what must hold before a token is renewed."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "no_active_account": _("No active account found for the given token."),
        "password_changed": _("The user's password has been changed."),
    }

    def check(self, token: Token) -> None:
        """Raise TokenError or AuthenticationFailed unless the token may be renewed.

        Its user must still be one who may log in; a token that names none has none to be checked.
        """
        if not isinstance(token.get("iss", ""), str):
            # Read without complaint where ISSUER is not set; but nothing signs it again.
            raise TokenError(_("Token is invalid"))
        if api_settings.USER_ID_CLAIM not in token:
            return
        user = find_user(get_user_model(), token[api_settings.USER_ID_CLAIM])
        if user is None or not api_settings.USER_AUTHENTICATION_RULE(user):
            raise exceptions.AuthenticationFailed(
                self.error_messages["no_active_account"], "no_active_account"
            )
        if api_settings.CHECK_REVOKE_TOKEN and token.get(
            api_settings.REVOKE_TOKEN_CLAIM
        ) != get_md5_hash_password(user.password):
            raise exceptions.AuthenticationFailed(
                self.error_messages["password_changed"], "password_changed"
            )


class TokenRefreshSerializer(_RefreshSerializer):
    """Takes a refresh token; gives an access token, and a new refresh token where they rotate."""

    refresh = serializers.CharField()
    access = serializers.CharField(read_only=True)
    token_class: ClassVar[type[RefreshToken]] = RefreshToken

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        refresh = self.token_class(attrs["refresh"])
        self.check(refresh)
        data = {"access": str(refresh.access_token)}
        if api_settings.ROTATE_REFRESH_TOKENS:
            data["refresh"] = str(self.rotate(refresh))
        return data

    def rotate(self, refresh: RefreshToken) -> RefreshToken:
        """Make the token a new one: other id, new times.

        The old one is blacklisted first if BLACKLIST_AFTER_ROTATION says so and the token class
        can do it; that it cannot is reported by the system checks.
        """
        if api_settings.BLACKLIST_AFTER_ROTATION and hasattr(refresh, "blacklist"):
            refresh.blacklist()
        refresh.set_jti()
        refresh.set_exp()
        refresh.set_iat()
        refresh.outstand()
        return refresh


class TokenRefreshSlidingSerializer(_RefreshSerializer):
    """Takes a sliding token that has not expired; gives the same with new times."""

    token = serializers.CharField()
    token_class: ClassVar[type[SlidingToken]] = SlidingToken

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        token = self.token_class(attrs["token"])
        self.check(token)
        token.check_exp(api_settings.SLIDING_TOKEN_REFRESH_EXP_CLAIM)
        token.set_exp()
        token.set_iat()
        return {"token": str(token)}


class TokenVerifySerializer(serializers.Serializer[Any]):
    """Takes any token, gives nothing; it says no more than that the token is valid."""

    token = serializers.CharField(write_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        UntypedToken(attrs["token"])
        return {}
