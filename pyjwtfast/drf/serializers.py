"""What the views take and give: obtain, refresh, verify and blacklist."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib import auth
from django.contrib.auth import authenticate, get_user_model
from django.db import DatabaseError, IntegrityError
from django.utils.functional import classproperty
from rest_framework import exceptions, serializers

from . import revocation
from .exceptions import TokenError, TokenRevoked
from .models import TokenUser  # noqa: F401  simplejwt's module has it among its names
from .settings import api_settings, wrong_setting
from .token_blacklist import is_asked
from .tokens import AuthUser, BlacklistMixin, RefreshToken, SlidingToken, Token, UntypedToken
from .translation import gettext_lazy as _
from .users import find_user
from .utils import get_md5_hash_password, logger

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from rest_framework.request import Request


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
            # Secrets masked, as in Django's signal of the same event.
            cleaned = auth._clean_credentials(attrs)  # type: ignore[attr-defined]
            api_settings.ON_LOGIN_FAILED(cleaned, self.context.get("request"))
            raise exceptions.AuthenticationFailed(
                self.error_messages["no_active_account"], "no_active_account"
            )
        return {}

    @classmethod
    def get_token(cls, user: AuthUser) -> Token:
        """A new token of `token_class`; the place to add claims."""
        assert cls.token_class is not None, f"{cls.__name__} has no token_class"
        return cls.token_class.for_user(user)

    def _logged_in(self) -> None:
        if api_settings.UPDATE_LAST_LOGIN:
            api_settings.ON_LOGIN_SUCCESS(self.user, self.context.get("request"))


class TokenObtainPairSerializer(TokenObtainSerializer):
    """Gives a refresh and an access token."""

    token_class = RefreshToken

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        data = super().validate(attrs)
        refresh = cast("RefreshToken", self.get_token(self.user))
        data["refresh"] = str(refresh)
        data["access"] = str(refresh.access_token)
        self._logged_in()
        return data


class TokenObtainSlidingSerializer(TokenObtainSerializer):
    """Gives a sliding token."""

    token_class = SlidingToken

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        data = super().validate(attrs)
        data["token"] = str(self.get_token(self.user))
        self._logged_in()
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
        user_id = token[api_settings.USER_ID_CLAIM]
        user = find_user(get_user_model(), user_id)
        if user is None or not api_settings.USER_AUTHENTICATION_RULE(user):
            raise exceptions.AuthenticationFailed(
                self.error_messages["no_active_account"], "no_active_account"
            )
        if revocation.is_on():
            revocation.check_user(token.payload, user)
        if isinstance(token, BlacklistMixin):
            token._user = user_id, user
        if api_settings.CHECK_REVOKE_TOKEN and token.get(
            api_settings.REVOKE_TOKEN_CLAIM
        ) != get_md5_hash_password(user.password):
            raise TokenRevoked(
                self.error_messages["password_changed"], "password_changed", self._revoke(token)
            )

    def _revoke(self, token: Token) -> Callable[[], None] | None:
        """Blacklist a token that is refused in any case, as a rollback may not undo it.

        What then has to be called after the rollback; None if there is none to come.
        """
        if not hasattr(token, "blacklist"):
            return None
        from .token_blacklist import store

        blacklist = token.blacklist

        def revoke() -> None:
            try:
                with store.claiming(False):
                    blacklist()
            except (DatabaseError, TokenError):
                # Refused it is all the same, for as long as the user has another password.
                logger.exception("A token could not be blacklisted after a change of password.")

        revoke()
        return revoke if store.is_within_transaction(store.database()) else None


class TokenRefreshSerializer(_RefreshSerializer):
    """Takes a refresh token; gives an access token, and a new refresh token where they rotate."""

    refresh = serializers.CharField()
    access = serializers.CharField(read_only=True)
    token_class: ClassVar[type[RefreshToken]] = RefreshToken

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        rotates = api_settings.ROTATE_REFRESH_TOKENS
        with revocation.renewing(), _claiming() if rotates else nullcontext():
            refresh = self.token_class(attrs["refresh"])
            self.check(refresh)
            data = {"access": str(refresh.access_token)}
            if rotates:
                data["refresh"] = self._renew(refresh)
        return data

    def _renew(self, refresh: RefreshToken) -> str:
        """The new refresh token. The old one stays good if it cannot be made."""
        claims = refresh.payload

        def rotated() -> str:
            refresh.payload = claims.copy()  # it may be tried again
            return str(self.rotate(refresh))

        try:
            if not (api_settings.BLACKLIST_AFTER_ROTATION and is_asked()):
                return rotated()
            from .token_blacklist import store

            return store.claim(claims.get(api_settings.JTI_CLAIM), rotated, atomic=True)
        except IntegrityError:
            refresh.payload = claims
            self.check(refresh)  # its user may have been deleted since
            raise

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
        with revocation.renewing():
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
        token = UntypedToken(attrs["token"])
        if is_asked() and api_settings.JTI_CLAIM is not None:
            self._check_blacklist(token[api_settings.JTI_CLAIM])
        return {}

    def _check_blacklist(self, jti: object) -> None:
        from .token_blacklist import store

        store.check_id(jti)
        wanted = api_settings.VERIFY_CHECKS_BLACKLIST
        if wanted not in ("compatible", "always"):
            raise wrong_setting("VERIFY_CHECKS_BLACKLIST", wanted, "'compatible' or 'always'")
        always = wanted == "always"
        if not (always or api_settings.BLACKLIST_AFTER_ROTATION):
            return
        if store.find(jti).blacklisted is not None:
            message = _("Token is blacklisted")
            raise TokenError(message) if always else serializers.ValidationError(message)


class TokenBlacklistSerializer(serializers.Serializer[Any]):
    """Takes a refresh token and blacklists it, gives nothing."""

    refresh = serializers.CharField(write_only=True)
    token_class: ClassVar[type[RefreshToken]] = RefreshToken

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        with _claiming():
            refresh = self.token_class(attrs["refresh"])
            if is_asked():
                from .token_blacklist import store

                jti = refresh.get(api_settings.JTI_CLAIM)
                store.claim(jti, refresh.blacklist, atomic=False)
            elif hasattr(refresh, "blacklist"):
                refresh.blacklist()
        return {}


def default_on_login_success(user: AbstractBaseUser, request: Request | None) -> None:
    """ON_LOGIN_SUCCESS where it is not set: write the time into `last_login`."""
    # Imported here: this module is usable without django.contrib.auth's models.
    from django.contrib.auth.models import update_last_login

    update_last_login(None, user)  # type: ignore[arg-type]


def default_on_login_failed(credentials: dict[str, Any], request: Request | None) -> None:
    """ON_LOGIN_FAILED where it is not set: nothing."""


def _claiming() -> AbstractContextManager[None]:
    """Inside, a token is read in order to be blacklisted; nothing else without the app."""
    if not is_asked():
        return nullcontext()
    from .token_blacklist import store

    return store.claiming()
