"""The views, where simplejwt 5.5.1 does not do what we do, and what their subclasses may change."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings
from django.urls import path
from rest_framework.test import APIClient

from pyjwtfast.drf import serializers, views
from pyjwtfast.drf.state import token_backend
from pyjwtfast.drf.tokens import RefreshToken, SlidingToken, Token
from tests.drf.conftest import PASSWORD
from tests.drf.models import User
from tests.drf.support import claims, post, token
from tests.drf.urls import urlpatterns as base_urls

pytestmark = pytest.mark.django_db

NO_ACTIVE_ACCOUNT = {"detail": "No active account found for the given token."}
PASSWORD_CHANGED = {"detail": "The user's password has been changed."}


def renewals(user: User) -> list[tuple[str, dict[str, str]]]:
    return [
        ("/ours/token/refresh/", {"refresh": str(RefreshToken.for_user(user))}),
        ("/ours/sliding/refresh/", {"token": str(SlidingToken.for_user(user))}),
    ]


def test_renewal_of_a_deleted_user(client: APIClient, user: User) -> None:
    requests = renewals(user)
    user.delete()
    for url, body in requests:
        got = post(client, url, body)
        assert (got.status, got.body) == (401, NO_ACTIVE_ACCOUNT)


def test_renewal_of_an_inactive_user(client: APIClient, user: User) -> None:
    requests = renewals(user)
    User.objects.update(is_active=False)
    for url, body in requests:
        got = post(client, url, body)
        assert (got.status, got.body) == (401, NO_ACTIVE_ACCOUNT)
        with override_settings(SIMPLE_JWT={"CHECK_USER_IS_ACTIVE": False}):
            assert post(client, url, body).status == 200


@override_settings(SIMPLE_JWT={"CHECK_REVOKE_TOKEN": True})
def test_renewal_after_a_change_of_password(client: APIClient, user: User) -> None:
    requests = renewals(user)
    for url, body in requests:
        assert post(client, url, body).status == 200
    user.set_password("another")
    user.save()
    for url, body in requests:
        got = post(client, url, body)
        assert (got.status, got.body) == (401, PASSWORD_CHANGED)


def test_renewal_without_a_user(client: APIClient) -> None:
    for url, body in (
        ("/ours/token/refresh/", {"refresh": str(RefreshToken())}),
        ("/ours/sliding/refresh/", {"token": str(SlidingToken())}),
    ):
        assert post(client, url, body).status == 200


def refuse_everybody(user: Any) -> bool:
    return False


@override_settings(SIMPLE_JWT={"USER_AUTHENTICATION_RULE": "tests.drf.test_views.refuse_everybody"})
def test_rule_of_ones_own(client: APIClient, user: User) -> None:
    for url, body in renewals(user):
        assert post(client, url, body).body == NO_ACTIVE_ACCOUNT
    got = post(client, "/ours/token/", {"username": "anna", "password": PASSWORD})
    assert got.status == 401


@override_settings(SIMPLE_JWT={"ROTATE_REFRESH_TOKENS": True})
def test_rotation(client: APIClient, user: User) -> None:
    payload = claims("refresh", user_id=str(user.pk), extra="kept", iat=1000)
    got = post(client, "/ours/token/refresh/", {"refresh": token(payload)})
    assert list(got.body) == ["access", "refresh"]
    rotated = token_backend.decode(got.body["refresh"])
    assert rotated["extra"] == "kept"
    assert rotated["jti"] != payload["jti"]
    assert rotated["iat"] > payload["iat"]
    assert rotated["exp"] > payload["exp"]
    assert list(rotated) == list(payload)
    assert post(client, "/ours/token/refresh/", {"refresh": got.body["refresh"]}).status == 200


class RememberingToken(RefreshToken):
    """A refresh token that can blacklist itself, and is recorded when issued."""

    blacklisted: list[str] = []  # noqa: RUF012
    issued: list[str] = []  # noqa: RUF012

    def blacklist(self) -> None:
        self.blacklisted.append(self["jti"])

    def outstand(self) -> None:
        self.issued.append(self["jti"])


class RememberingSerializer(serializers.TokenRefreshSerializer):
    token_class = RememberingToken


@pytest.mark.parametrize("blacklist", [True, False])
def test_rotation_tells_the_token_class(client: APIClient, user: User, blacklist: bool) -> None:
    RememberingToken.blacklisted.clear()
    RememberingToken.issued.clear()
    payload = claims("refresh", user_id=str(user.pk))
    with override_settings(
        SIMPLE_JWT={
            "ROTATE_REFRESH_TOKENS": True,
            "BLACKLIST_AFTER_ROTATION": blacklist,
            "TOKEN_REFRESH_SERIALIZER": "tests.drf.test_views.RememberingSerializer",
        }
    ):
        got = post(client, "/ours/token/refresh/", {"refresh": token(payload)})
    assert RememberingToken.blacklisted == ([payload["jti"]] if blacklist else [])
    assert RememberingToken.issued == [token_backend.decode(got.body["refresh"])["jti"]]


def test_last_login(client: APIClient, user: User) -> None:
    credentials = {"username": "anna", "password": PASSWORD}
    for url in ("/ours/token/", "/ours/sliding/"):
        User.objects.update(last_login=None)
        post(client, url, credentials)
        assert User.objects.get().last_login is None
        with override_settings(SIMPLE_JWT={"UPDATE_LAST_LOGIN": True}):
            post(client, url, credentials)
        assert User.objects.get().last_login is not None


class EmailSerializer(serializers.TokenObtainPairSerializer):
    """The customisation that simplejwt's documentation shows, and one of the user name."""

    username_field = "email"
    default_error_messages = {"no_active_account": "no such pair"}  # noqa: RUF012

    @classmethod
    def get_token(cls, user: Any) -> Token:
        made = super().get_token(user)
        made["name"] = user.username
        return made

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        self.user = User.objects.filter(email=attrs["email"]).first()
        if self.user is None or not self.user.check_password(attrs["password"]):
            self.fail("no_active_account")
        refresh = self.get_token(self.user)
        return {"refresh": str(refresh), "who": attrs["email"]}


class EmailView(views.TokenObtainPairView):
    serializer_class = EmailSerializer


urlpatterns = [*base_urls, path("email/", EmailView.as_view())]


@override_settings(ROOT_URLCONF="tests.drf.test_views")
def test_a_serializer_of_ones_own(client: APIClient, user: User) -> None:
    got = post(client, "/email/", {"email": user.email, "password": PASSWORD})
    assert got.body["who"] == user.email
    assert token_backend.decode(got.body["refresh"])["name"] == "anna"
    assert post(client, "/email/", {"email": user.email, "password": "x"}).status == 400
    assert post(client, "/email/", {"username": "anna", "password": "x"}).body == {
        "email": ["This field is required."]
    }


def test_the_username_field_is_the_user_models(monkeypatch: pytest.MonkeyPatch) -> None:
    assert serializers.TokenObtainPairSerializer.username_field == "username"
    monkeypatch.setattr(User, "USERNAME_FIELD", "email")
    assert serializers.TokenObtainPairSerializer.username_field == "email"
    assert list(serializers.TokenObtainPairSerializer().fields) == ["email", "password"]


def test_password_field() -> None:
    field = serializers.PasswordField(style={"a": 1})
    assert field.style == {"a": 1, "input_type": "password"}
    assert field.write_only is True


def test_passwords_are_not_sent_back(client: APIClient, user: User) -> None:
    got = post(client, "/ours/token/", {"username": "anna", "password": "the wrong one"})
    assert "the wrong one" not in str(got)
