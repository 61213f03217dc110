"""The check of MIDDLEWARE, and that what it reports is so."""

from __future__ import annotations

import pytest
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings

from pyjwtfast.drf.checks import check_settings
from pyjwtfast.drf.middleware import JWTAuthenticationMiddleware
from pyjwtfast.drf.tokens import AccessToken
from tests.drf.models import User

THEIRS = "django.contrib.auth.middleware.AuthenticationMiddleware"
OURS = "pyjwtfast.drf.middleware.JWTAuthenticationMiddleware"
SESSION = "django.contrib.sessions.middleware.SessionMiddleware"


class OwnAuthentication(AuthenticationMiddleware):
    """For MIDDLEWARE."""


class OwnJWT(JWTAuthenticationMiddleware):
    """For MIDDLEWARE."""


OWN_THEIRS, OWN_OURS = f"{__name__}.OwnAuthentication", f"{__name__}.OwnJWT"


@pytest.mark.parametrize(
    "middleware",
    [
        [],
        [SESSION, THEIRS],
        [OURS],
        [SESSION, THEIRS, OURS],
        [SESSION, OWN_THEIRS, OWN_OURS],
        [OURS, "no.Such", "django.views.decorators.gzip.gzip_page"],
    ],
    ids=repr,
)
def test_a_right_order(middleware: list[str]) -> None:
    with override_settings(MIDDLEWARE=middleware):
        assert check_settings() == []


@pytest.mark.parametrize("ours", [OURS, OWN_OURS])
@pytest.mark.parametrize("theirs", [THEIRS, OWN_THEIRS])
def test_a_wrong_order(ours: str, theirs: str) -> None:
    with override_settings(MIDDLEWARE=[SESSION, ours, "no.Such", theirs]):
        (message,) = check_settings()
    assert message.id == "pyjwtfast.E029"
    assert f"'{theirs}' below '{ours}'" in message.msg
    assert message.hint == f"Move '{ours}' below '{theirs}'."


@pytest.mark.django_db
@pytest.mark.parametrize("is_right", [True, False])
def test_whose_the_request_is(is_right: bool) -> None:
    user = User.objects.create_user("ada", password="x")
    seen: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(str(request.user))
        return HttpResponse()

    order = [JWTAuthenticationMiddleware, AuthenticationMiddleware]
    handler = view
    for middleware in (*order[:: 1 if is_right else -1], SessionMiddleware):
        handler = middleware(handler)  # type: ignore[assignment, arg-type]
    headers = {"Authorization": f"Bearer {AccessToken.for_user(user)}"}
    handler(RequestFactory().get("/", headers=headers))
    assert seen == ["ada" if is_right else "AnonymousUser"]
