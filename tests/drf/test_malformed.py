"""Well signed tokens with nonsense inside: each view says 401, and none asks for a user.

The refresh views ask the blacklist, whose question comes before those of exp and user.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient, APIRequestFactory

from pyjwtfast.drf import views
from pyjwtfast.drf.authentication import JWTAuthentication, JWTStatelessUserAuthentication
from tests.drf.malformed import BAD_TIMES_AND_IDS, BAD_USER_IDS
from tests.drf.models import User
from tests.drf.support import ABSENT, Raw, claims, get, post, token
from tests.drf.views import WhoAmI

pytestmark = pytest.mark.django_db

REFRESH = [
    ("refresh", "/ours/token/refresh/", "refresh"),
    ("sliding", "/ours/sliding/refresh/", "token"),
]


@pytest.mark.parametrize("changes", BAD_TIMES_AND_IDS, ids=repr)
def test_bad_times_and_ids(
    client: APIClient,
    user: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    changes: dict[str, Any],
) -> None:
    in_blacklist = len(REFRESH) if "exp" in changes else 0
    changes = {"user_id": str(user.pk), **changes}
    with django_assert_max_num_queries(in_blacklist):
        for path in ("/ours/who/", "/ours/stateless/"):
            got = get(client, path, f"Bearer {token(claims(**changes))}")
            assert got.status == 401
            assert got.body["code"] == "token_not_valid"
        for kind, path, field in [*REFRESH, ("access", "/ours/token/verify/", "token")]:
            got = post(client, path, {field: token(claims(kind, **changes))})
            assert got.status == 401
            assert got.body["code"] == "token_not_valid"
            assert got.headers["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("field", ["id", "pk", "uuid", "badge"])
@pytest.mark.parametrize("changes", BAD_USER_IDS, ids=repr)
def test_bad_user_ids(
    client: APIClient,
    user: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    changes: dict[str, Any],
    field: str,
) -> None:
    # An integer of the right size may be somebody's id: that is for the database to say.
    value = changes["user_id"]
    is_possible = type(value) is int and (0 <= value < 2**128 if field == "uuid" else value == -1)
    with (
        override_settings(SIMPLE_JWT={"USER_ID_FIELD": field}),
        django_assert_max_num_queries(5 if is_possible else 2),
    ):
        got = get(client, "/ours/who/", f"Bearer {token(claims(**changes))}")
        assert got.status == 401
        assert got.body == {"detail": "User not found", "code": "user_not_found"}
        for kind, path, name in REFRESH:
            got = post(client, path, {name: token(claims(kind, **changes))})
            assert got.status == 401
            assert got.body == {"detail": "No active account found for the given token."}


@pytest.mark.parametrize("field", ["username", "groups", "groups__id", "groups__name"])
@pytest.mark.parametrize("changes", BAD_USER_IDS, ids=repr)
def test_bad_user_names(client: APIClient, user: User, changes: dict[str, Any], field: str) -> None:
    with override_settings(SIMPLE_JWT={"USER_ID_FIELD": field}):
        assert get(client, "/ours/who/", f"Bearer {token(claims(**changes))}").status == 401
        for kind, path, name in REFRESH:
            assert post(client, path, {name: token(claims(kind, **changes))}).status == 401


@pytest.mark.parametrize("value", [None, True, 1.5, [], {}, "\0", Raw(r'"\ud800"'), ABSENT])
def test_stateless_user_needs_an_id(client: APIClient, value: Any) -> None:
    got = get(client, "/ours/stateless/", f"Bearer {token(claims(user_id=value))}")
    assert got.status == 401
    assert got.body["code"] == "token_not_valid"
    if not isinstance(value, Raw):  # which may be refused as JSON already
        assert got.body["detail"] == "Token contained no recognizable user identification"


def test_null_is_nobody_even_where_a_user_has_null(client: APIClient, user: User) -> None:
    User.objects.update(badge=None)
    with override_settings(SIMPLE_JWT={"USER_ID_FIELD": "badge"}):
        raw = token(claims(user_id=None))
        assert get(client, "/ours/who/", f"Bearer {raw}").status == 401


@pytest.mark.parametrize(
    "value",
    [
        *(change["exp"] for change in BAD_TIMES_AND_IDS if "exp" in change),
        Raw('"\\u0000"'),
    ],
    ids=repr,
)
def test_bad_refresh_exp(client: APIClient, user: User, value: Any) -> None:
    payload = claims("sliding", user_id=str(user.pk), refresh_exp=value)
    got = post(client, "/ours/sliding/refresh/", {"token": token(payload)})
    assert got.status == 401
    assert got.body["code"] == "token_not_valid"


@pytest.mark.parametrize("value", [5, [], {}, None, True])
def test_an_issuer_that_nothing_signs_again(client: APIClient, user: User, value: Any) -> None:
    for kind, path, field in REFRESH:
        raw = token(claims(kind, user_id=str(user.pk), iss=value))
        got = post(client, path, {field: raw})
        assert got.status == 401
        assert got.body == {"detail": "Token is invalid", "code": "token_not_valid"}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()))
    | st.sampled_from([2**63, 1e308, "1", "access", "refresh", "9" * 30, "\0", "1970-01-01"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = [
    "token_type",
    "exp",
    "iat",
    "nbf",
    "jti",
    "user_id",
    "refresh_exp",
    "sub",
    "iss",
    "aud",
    "hash_password",
    "username",
    "extra",
]


@given(data=st.data())
def test_no_claim_makes_a_server_error(data: st.DataObject) -> None:
    """The views and authenticators themselves: whatever is signed, the answer is 200 or 401."""
    User.objects.get_or_create(pk=1, username="anna")
    kind = data.draw(st.sampled_from(["access", "refresh", "sliding"]))
    changes = data.draw(st.dictionaries(st.sampled_from(NAMES), JSON | st.just(ABSENT), max_size=3))
    raw = token(claims(kind, **changes))
    factory = APIRequestFactory()
    for authenticator in (JWTAuthentication, JWTStatelessUserAuthentication):
        view = WhoAmI.as_view(authentication_classes=[authenticator])
        assert view(factory.get("/", HTTP_AUTHORIZATION=f"Bearer {raw}")).status_code in (200, 401)
    for view, field in (
        (views.token_refresh, "refresh"),
        (views.token_refresh_sliding, "token"),
        (views.token_verify, "token"),
    ):
        body = json.dumps({field: raw})
        request = factory.post("/", body, content_type="application/json")
        response = view(request)
        response.render()
        assert response.status_code in (200, 401)


@given(header=st.text() | st.binary() | st.builds("Bearer {}".format, st.text()))
def test_no_header_makes_a_server_error(header: str | bytes) -> None:
    request = APIRequestFactory().get("/")
    request.META["HTTP_AUTHORIZATION"] = header
    response = WhoAmI.as_view(authentication_classes=[JWTAuthentication])(request)
    assert response.status_code == 401


@pytest.mark.parametrize(
    "header", ["Bearer \u20ac", "\u20ac", "Bearer \ud800", "B\u00e9arer x", b"\xff \xfe"]
)
def test_headers_outside_latin_1(header: str | bytes) -> None:
    request = APIRequestFactory().get("/")
    request.META["HTTP_AUTHORIZATION"] = header
    view = WhoAmI.as_view(authentication_classes=[JWTAuthentication])
    assert view(request).status_code == 401
