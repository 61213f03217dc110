"""The middleware: whose a request is, for plain views; and nothing changes for DRF's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory, override_settings
from pytest_django import DjangoAssertNumQueries

from pyjwtfast.drf import middleware
from pyjwtfast.drf.authentication import (
    JWTAuthentication,
    JWTLazyUserAuthentication,
    JWTStatelessUserAuthentication,
)
from pyjwtfast.drf.exceptions import AuthenticationFailed, KeysUnavailable
from pyjwtfast.drf.middleware import JWTAuthenticationMiddleware
from pyjwtfast.drf.per_request import find_attempt
from pyjwtfast.drf.tokens import AccessToken
from tests.drf.conftest import PASSWORD
from tests.drf.looped.requests import ask, ask_async, headers
from tests.drf.models import User
from tests.drf.support import claims, token

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.drf.looped.urls")]

OURS = "pyjwtfast.drf.middleware.JWTAuthenticationMiddleware"
ALONE = [*settings.MIDDLEWARE, OURS]
WAYS: list[Any] = [pytest.param(ask, id="sync"), pytest.param(ask_async, id="async")]


@pytest.fixture
def installed() -> Iterator[None]:
    with override_settings(MIDDLEWARE=ALONE):
        yield


@pytest.fixture
def header(user: User) -> str:
    return f"Bearer {AccessToken.for_user(user)}"


class Touches:
    """A middleware that looks at the user before the view and after."""

    sync_capable = True
    async_capable = False
    seen: list[str] = []  # noqa: RUF012

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.seen.append(str(request.user))
        response = self.get_response(request)
        self.seen.append(str(request.user))
        return response


TOUCHING = [*settings.MIDDLEWARE, OURS, f"{__name__}.Touches"]


@pytest.mark.parametrize("path", ["/who/", "/stateless/", "/lazy/", "/open/", "/session/"])
@pytest.mark.parametrize(
    ("chain", "way"),
    [
        pytest.param(ALONE, ask, id="alone"),
        pytest.param(ALONE, ask_async, id="alone, async"),
        pytest.param(TOUCHING, ask, id="touched by another"),
    ],
)
def test_drf_answers_as_without_it(user: User, path: str, chain: list[str], way: Any) -> None:
    table = headers(user)
    without = [name for name in chain if name != OURS]
    with override_settings(MIDDLEWARE=without):
        expected = [ask(path, header) for header in table]
    with override_settings(MIDDLEWARE=chain):
        for header, answer in zip(table, expected, strict=True):
            got = way(path, header)
            varies = set(got.headers["Vary"].split(", "))
            assert varies >= {"Authorization"}
            if chain is not TOUCHING:
                # Whoever finds a token's user has not asked for the session.
                assert varies - {"Authorization"} == set(answer.headers["Vary"].split(", "))
            got.headers["Vary"] = answer.headers["Vary"]
            assert got == answer, header
    assert {answer.status for answer in expected} == {200, 403 if path == "/session/" else 401}


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("path", ["/plain/", "/plain-async/"])
def test_plain_views(user: User, path: str, way: Any) -> None:
    """The user where DRF has one; else nobody, and the error that DRF answers."""
    for header in headers(user):
        expected = ask("/who/", header)
        got = way(path, header)
        assert got.status == 200, header
        if expected.status == 200:
            assert got.body == {
                "user": "anna",
                "is_authenticated": True,
                "claims": expected.body["claims"],
                "error": None,
            }
            continue
        brings_none = expected.body == {"detail": "Authentication credentials were not provided."}
        assert got.body == {
            "user": "AnonymousUser",
            "is_authenticated": False,
            "claims": None,
            "error": None if brings_none else expected.body,
        }, header


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("way", WAYS)
class TestUsers:
    def test_who_changed(self, user: User, header: str, way: Any) -> None:
        for change, error in (
            ({"is_active": False}, {"detail": "User is inactive", "code": "user_inactive"}),
            (None, {"detail": "User not found", "code": "user_not_found"}),
        ):
            User.objects.update(**change) if change else user.delete()
            for path in ("/plain/", "/plain-async/"):
                body = way(path, header).body
                assert (body["is_authenticated"], body["claims"]) == (False, None)
                assert body["error"] == error
            raised = way("/raises/", header)
            assert (raised.status, raised.body) == (401, error)
            assert raised.headers["WWW-Authenticate"] == 'Bearer realm="api"'

    def test_template(self, header: str, way: Any) -> None:
        assert way("/template/", header).body == b"True anna"
        assert way("/template/", "Bearer x").body == b"False "
        assert way("/template/").body == b"False "

    def test_login_required(self, header: str, way: Any) -> None:
        assert way("/members/", header).body == b"inside"
        assert way("/members/", "Bearer x").status == 302
        assert way("/members/").status == 302

    def test_nobody_asks(
        self, header: str, way: Any, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(0):
            assert way("/untouched/", header).status == 200

    def test_an_error_of_a_renderer_is_a_401(self, user: User, header: str, way: Any) -> None:
        """The page of the browsable API reads the lazy user after the view has returned."""
        assert way("/browsable/", header, Accept="text/html").status == 200
        User.objects.update(is_active=False)
        accept = {"HTTP_ACCEPT": "text/html"} if way is ask else {"Accept": "text/html"}
        got = way("/browsable/", header, **accept)
        assert (got.status, got.body["code"]) == (401, "user_inactive")
        assert way("/browsable/", header).status == 200


def counted(chain: list[str], *requests: tuple[Any, ...]) -> tuple[int, int]:
    """How many tokens are verified, and how many users loaded."""
    verify = JWTAuthentication.get_validated_token
    load = JWTAuthentication._find_user
    with (
        override_settings(MIDDLEWARE=chain),
        mock.patch.object(
            JWTAuthentication, "get_validated_token", autospec=True, side_effect=verify
        ) as verified,
        mock.patch.object(
            JWTAuthentication, "_find_user", autospec=True, side_effect=load
        ) as loaded,
    ):
        for way, path, header in requests:
            way(path, header)
    asked = [call for call in loaded.call_args_list if not call.kwargs.get("only_kept")]
    return verified.call_count, len(asked)


@pytest.mark.parametrize("way", WAYS)
def test_once_per_request(user: User, header: str, way: Any) -> None:
    for chain in (ALONE, TOUCHING):
        for path in ("/who/", "/lazy/", "/by-hand/who/", "/plain/", "/plain-async/", "/open/"):
            assert counted(chain, (way, path, header)) == (1, 1), path
    # A stateless view shares the token; whoever has touched request.user has loaded the user.
    assert counted(ALONE, (way, "/stateless/", header)) == (1, 0)
    assert counted(TOUCHING, (way, "/stateless/", header)) == (1, 1)
    # What is refused is so once.
    assert counted(TOUCHING, (way, "/who/", "Bearer x.y.z")) == (1, 0)
    User.objects.update(is_active=False)
    for path in ("/who/", "/lazy/", "/plain/"):
        assert counted(TOUCHING, (way, path, header)) == (1, 1), path
    # And nothing is kept from one request to the next.
    assert counted(TOUCHING, (way, "/who/", header), (way, "/who/", header)) == (2, 2)


@pytest.mark.parametrize("way", WAYS)
def test_one_statement(
    header: str, way: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with override_settings(MIDDLEWARE=TOUCHING):
        for path in ("/who/", "/lazy/", "/plain/", "/plain-async/"):
            with django_assert_num_queries(1):
                assert way(path, header).status == 200


def test_what_others_see_before_and_after(user: User, header: str) -> None:
    Touches.seen.clear()
    with override_settings(MIDDLEWARE=TOUCHING):
        ask("/who/", header)
        ask("/who/", "Bearer x")
        ask("/who/")
    assert Touches.seen == ["anna", "anna", *["AnonymousUser"] * 4]


class TestSessions:
    @pytest.fixture
    def client(self, user: User) -> Client:
        other = User.objects.create_user("bert", "bert@example.com", PASSWORD)
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        client.force_login(other)
        return client

    @pytest.mark.usefixtures("installed")
    def test_no_token_leaves_the_sessions_user(self, client: Client, header: str) -> None:
        for path in ("/plain/", "/plain-async/"):
            assert client.get(path).json()["user"] == "bert"
            assert client.get(path, HTTP_AUTHORIZATION="Basic x").json()["user"] == "bert"
            assert client.get(path, HTTP_AUTHORIZATION=header).json()["user"] == "anna"
            assert client.get(path).json()["user"] == "bert"

    @pytest.mark.usefixtures("installed")
    def test_a_bad_token_is_nobodys(self, client: Client) -> None:
        for path in ("/plain/", "/plain-async/"):
            body = client.get(path, HTTP_AUTHORIZATION="Bearer x").json()
            assert (body["user"], body["error"]["code"]) == ("AnonymousUser", "token_not_valid")

    def test_session_authentication_sees_the_sessions_user(
        self, client: Client, header: str
    ) -> None:
        """DRF takes request.user for the session's: with the token's it would want a CSRF token."""
        answers = []
        for chain in (settings.MIDDLEWARE, ALONE, TOUCHING):
            with override_settings(MIDDLEWARE=chain):
                got = [
                    getattr(each, method)(path, **extra)
                    for path in ("/session/", "/session-given/")
                    for each in (client, Client(enforce_csrf_checks=True))
                    for method in ("get", "post")
                    for extra in ({}, {"HTTP_AUTHORIZATION": header})
                ]
                got += [
                    async_to_sync(AsyncClient(enforce_csrf_checks=True).post)(
                        "/session/", headers={"Authorization": header}
                    )
                ]
                answers.append([(each.status_code, each.content) for each in got])
        assert answers[0] == answers[1] == answers[2]
        statuses = [status for status, _ in answers[0]]
        # The last of each client: a token, and for bert's the session, which comes first.
        assert statuses[3] == statuses[11] == 403
        assert [statuses[7], *statuses[15:]] == [200, 200, 200]

    @pytest.mark.usefixtures("installed")
    def test_log_in_within_a_request_with_a_token(self, client: Client, header: str) -> None:
        client.get("/plain/", HTTP_AUTHORIZATION=header)
        assert client.session["_auth_user_id"] == str(User.objects.get(username="bert").pk)


def run(request: HttpRequest, kind: type[JWTAuthenticationMiddleware]) -> Any:
    kind(lambda request: HttpResponse())(request)
    return request


def request_with(authorization: str) -> Any:
    return RequestFactory().get("/", headers={"Authorization": authorization})


def test_without_other_middleware(user: User, header: str) -> None:
    request = run(request_with(header), JWTAuthenticationMiddleware)
    assert request.user == user
    assert request.auth["user_id"] == str(user.pk)
    request = run(RequestFactory().get("/"), JWTAuthenticationMiddleware)
    assert not hasattr(request, "user")
    assert (request.auth, request.auth_error) == (None, None)


@pytest.mark.parametrize("kind", [JWTStatelessUserAuthentication, JWTLazyUserAuthentication])
def test_other_classes(
    user: User,
    header: str,
    kind: type[JWTAuthentication],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    class Other(JWTAuthenticationMiddleware):
        authentication_class = kind

    with django_assert_num_queries(0):
        request = run(request_with(header), Other)
        assert str(request.user.pk) == str(user.pk)
    with django_assert_num_queries(int(kind is JWTLazyUserAuthentication)):
        assert request.user.is_active
        assert request.user.username in ("anna", "")
    User.objects.update(is_active=False)
    request = run(request_with(header), Other)
    if kind is JWTLazyUserAuthentication:
        with pytest.raises(AuthenticationFailed):
            str(request.user)
        assert isinstance(request.user, AnonymousUser)
        assert request.auth_error.detail["code"] == "user_inactive"


def test_a_view_with_steps_of_its_own_takes_them(user: User, header: str) -> None:
    seen: list[str] = []

    class OwnToken(JWTAuthentication):
        def get_validated_token(self, raw_token: Any) -> Any:
            seen.append("token")
            return super().get_validated_token(raw_token)

    class OwnUser(JWTAuthentication):
        def get_user(self, validated_token: Any) -> Any:
            seen.append("user")
            return super().get_user(validated_token)

    class OwnQueryset(JWTAuthentication):
        def get_user_queryset(self) -> Any:
            seen.append("queryset")
            return User.objects.filter(is_staff=True)

    class OwnHeader(JWTAuthentication):
        def get_header(self, request: Any) -> bytes:
            return f"Bearer {token(claims(user_id='77'))}".encode()

    request = run(request_with(header), JWTAuthenticationMiddleware)
    assert request.user == user
    for kind in (OwnToken, OwnUser):
        found: Any = kind().authenticate(request)
        assert found[0] == user
    with pytest.raises(AuthenticationFailed):
        OwnQueryset().authenticate(request)
    with pytest.raises(AuthenticationFailed):
        OwnHeader().authenticate(request)
    assert seen == ["token", "user", "queryset"]
    shared: Any = JWTAuthentication().authenticate(request)
    assert shared[0] is find_attempt(request).user  # type: ignore[union-attr]


class Banning(JWTLazyUserAuthentication):
    def get_user(self, validated_token: Any) -> Any:
        super().get_user(validated_token)
        raise AuthenticationFailed("banned", code="banned")


class BanningWithRow(Banning):
    def read_user(self, validated_token: Any) -> Any:
        return super().read_user(validated_token)


@pytest.mark.parametrize("kind", [Banning, BanningWithRow])
@pytest.mark.parametrize("first", [JWTAuthentication, JWTLazyUserAuthentication])
def test_a_lazy_class_that_refuses_is_asked(
    user: User, header: str, kind: type[JWTAuthentication], first: type[JWTAuthentication]
) -> None:
    """Whoever has loaded the user before, and where the row is read at once."""

    class First(JWTAuthenticationMiddleware):
        authentication_class = first

    class Its(JWTAuthenticationMiddleware):
        authentication_class = kind

    request = run(request_with(header), First)
    assert async_to_sync(request.auser)() == user
    with pytest.raises(AuthenticationFailed, match="banned"):
        kind().authenticate(request)
    for ask_for in (lambda it: it.user, lambda it: async_to_sync(it.auser)()):
        request = run(request_with(header), Its)
        assert not ask_for(request).is_authenticated
        assert request.auth_error.detail["code"] == "banned"


def test_a_lazy_class_that_adds_something(user: User, header: str) -> None:
    class Adding(JWTLazyUserAuthentication):
        def get_user(self, validated_token: Any) -> Any:
            found = super().get_user(validated_token)
            found.added = True
            return found

    class Its(JWTAuthenticationMiddleware):
        authentication_class = Adding

    for ask_for in (lambda it: it.user, lambda it: async_to_sync(it.auser)()):
        request = run(request_with(header), Its)
        found = ask_for(request)
        assert (found.username, found.added) == ("anna", True)
    shared: Any = Adding().authenticate(request)
    assert shared[0] is find_attempt(request).user  # type: ignore[union-attr]


def test_an_instance_with_a_model_of_its_own(
    user: User, header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As simplejwt's __init__ sets it: the id of a user of another model is another one's."""
    monkeypatch.setattr(Group, "is_active", True, raising=False)
    group = Group.objects.create(pk=user.pk, name="a customer, say")

    class OfGroups(JWTAuthentication):
        def __init__(self) -> None:
            self.user_model = Group  # type: ignore[assignment]

    class OfUsers(JWTAuthentication):
        def __init__(self) -> None:
            self.user_model = User

    request = run(request_with(header), JWTAuthenticationMiddleware)
    assert request.user == user
    found: Any = OfGroups().authenticate(request)
    assert found[0] == group
    shared: Any = OfUsers().authenticate(request)
    assert shared[0] is find_attempt(request).user  # type: ignore[union-attr]


def test_a_cache_in_front_keeps_users_apart(user: User, header: str) -> None:
    """As it does for sessions, whose middleware says Vary: Cookie."""
    other = User.objects.create_user("bert", "bert@example.com", PASSWORD)
    cached = [
        "django.middleware.cache.UpdateCacheMiddleware",
        *ALONE,
        "django.middleware.cache.FetchFromCacheMiddleware",
    ]
    with override_settings(MIDDLEWARE=cached):
        for path in ("/plain/", "/plain-async/", "/open/"):
            told = [
                ask(path, each).body["user"]
                for each in (None, header, f"Bearer {AccessToken.for_user(other)}", header, None)
            ]
            assert told == ["AnonymousUser", "anna", "bert", "anna", "AnonymousUser"], path


def test_what_a_response_depends_on(header: str) -> None:
    class InCookie(JWTAuthentication):
        def get_header(self, request: Any) -> Any:
            return request.COOKIES.get("header", "").encode()

    class Cookies(JWTAuthenticationMiddleware):
        authentication_class = InCookie

    def varies(kind: type[JWTAuthenticationMiddleware]) -> str:
        response: Any = kind(lambda request: HttpResponse())(request_with(header))
        return str(response.headers["Vary"])

    assert varies(JWTAuthenticationMiddleware) == "Authorization"
    assert varies(Cookies) == "Authorization, Cookie"
    with override_settings(SIMPLE_JWT={"AUTH_HEADER_NAME": "HTTP_X_ACCESS_TOKEN"}):
        assert varies(JWTAuthenticationMiddleware) == "X-Access-Token"


def test_a_header_that_was_changed_since_is_read_anew(user: User, header: str) -> None:
    request = run(request_with(header), JWTAuthenticationMiddleware)
    request.META["HTTP_AUTHORIZATION"] = "Bearer another"
    with pytest.raises(AuthenticationFailed):
        JWTAuthentication().authenticate(request)


def test_keys_that_cannot_be_had(header: str) -> None:
    request = request_with(header)
    with mock.patch.object(JWTAuthentication, "get_validated_token", side_effect=KeysUnavailable):
        run(request, JWTAuthenticationMiddleware)
        assert isinstance(request.auth_error, KeysUnavailable)
        assert not request.user.is_authenticated
        response: Any = JWTAuthenticationMiddleware(lambda request: None).process_exception(
            request, request.auth_error
        )
    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    assert "WWW-Authenticate" not in response.headers


def test_errors_of_others_are_theirs() -> None:
    ours = JWTAuthenticationMiddleware(lambda request: None)
    assert ours.process_exception(HttpRequest(), ValueError()) is None


def test_an_error_that_is_no_refusal_is_raised(header: str) -> None:
    with (
        mock.patch.object(JWTAuthentication, "_find_user", side_effect=ZeroDivisionError),
        pytest.raises(ZeroDivisionError),
    ):
        str(run(request_with(header), JWTAuthenticationMiddleware).user)
    assert middleware.JWTAuthenticationMiddleware.async_capable
