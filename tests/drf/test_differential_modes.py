"""The table of requests of test_differential.py, by each way to load users: the same bytes.

Status, all headers and the body are compared: with simplejwt's, and with those of our default mode.
Each request is sent twice, so that the second one finds what the first has left in a cache.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
import rest_framework_simplejwt.tokens
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

import pyjwtfast.drf.tokens
from pyjwtfast.drf.users import is_identifier
from tests.drf.conftest import PASSWORD
from tests.drf.malformed import BAD_TIMES_AND_IDS, BAD_USER_IDS
from tests.drf.models import User
from tests.drf.support import ABSENT, Raw, claims, token
from tests.drf.test_differential import CHANGED_CLAIMS, FIELD_VALUES, HEADERS, NO_CREDENTIALS

# In a transaction of the test nothing would be kept.
pytestmark = pytest.mark.django_db(transaction=True)

# Of each mode: more settings, the view, and what the second request of a user costs in queries.
MODES: dict[str, tuple[dict[str, Any], str, int]] = {
    "fresh": ({}, "who/", 1),
    "cached": ({"USER_CACHE_TTL": 60}, "who/", 0),
    "lazy": ({}, "lazy/", 1),
    "lazy and cached": ({"USER_CACHE_TTL": 60}, "lazy/", 0),
    "stateless": ({}, "stateless/", 0),
}

Configure = Callable[..., None]


class Sent(NamedTuple):
    """A response as it is sent."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def sent(response: Any) -> Sent:
    return Sent(response.status_code, tuple(response.headers.items()), response.content)


def get_twice(path: str, authorization: str | bytes | None) -> Sent:
    client = APIClient(raise_request_exception=False)
    headers = {} if authorization is None else {"HTTP_AUTHORIZATION": authorization}
    first, second = (sent(client.get(path, **headers)) for _ in range(2))
    assert first == second
    return second


def post(path: str, body: Any) -> Sent:
    client = APIClient(raise_request_exception=False)
    return sent(client.post(path, json.dumps(body), content_type="application/json"))


def headers_and_claims(user: User) -> Iterator[tuple[Any, dict[str, Any] | None]]:
    """Each header, with the changes to the claims of its token where it has one."""
    for header in HEADERS:
        yield header, None
    for changes in CHANGED_CLAIMS + BAD_TIMES_AND_IDS + BAD_USER_IDS:
        yield f"Bearer {token(claims(**{'user_id': str(user.pk), **changes}))}", changes


def is_wrong_in_simplejwt(theirs: Sent, changes: dict[str, Any] | None, mode: str) -> bool:
    """Whether simplejwt's answer is none to compare with: see test_malformed.py."""
    if theirs.status == 500:
        return True
    if theirs.status != 200 or changes is None or changes.get("user_id", ABSENT) is ABSENT:
        return False
    value = changes["user_id"]
    if mode == "stateless":  # it takes what is no id, and whose id no database can hold
        return not is_identifier(json.loads(value) if isinstance(value, Raw) else value)
    return value in (True, 1.0, 1.5)


@pytest.mark.parametrize("mode", MODES)
def test_each_request(configure: Configure, user: User, mode: str) -> None:
    settings, path, queries = MODES[mode]
    configure(**settings)
    compared = refused = 0
    for header, changes in headers_and_claims(user):
        ours, theirs = (get_twice(f"/{side}/{path}", header) for side in ("ours", "theirs"))
        if is_wrong_in_simplejwt(theirs, changes, mode):
            assert ours.status == 401, changes
        else:
            assert ours == theirs, changes or header
            compared += 1
        refused += ours.status == 401
        if path != "stateless/":
            with_default = get_twice("/ours/who/", header)
            assert ours == with_default, changes or header
    assert compared > 85
    assert refused > 75

    good = f"Bearer {token(claims(user_id=str(user.pk)))}"
    with CaptureQueriesContext(connection) as asked:
        assert APIClient().get(f"/ours/{path}", HTTP_AUTHORIZATION=good).status_code == 200
    assert len(asked.captured_queries) == queries


# What happened to the user, and with which settings.
CHANGED_USERS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"username": "berta", "is_staff": True}, {}),
    ({"is_active": False}, {}),
    ({"is_active": False}, {"CHECK_USER_IS_ACTIVE": False}),
    ({"password": "changed"}, {}),
    ({"password": "changed"}, {"CHECK_REVOKE_TOKEN": True}),
    ({"is_active": False, "password": "changed"}, {"CHECK_REVOKE_TOKEN": True}),
    ({"is_active": False}, {"USER_ID_FIELD": "uuid", "USER_ID_CLAIM": "sub"}),
    ({}, {"USER_ID_FIELD": "badge"}),
    ({}, {"AUDIENCE": "them", "ISSUER": "us"}),
    ({}, {"ALGORITHM": "HS512"}),
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("changes", "settings"), CHANGED_USERS, ids=repr)
def test_a_user_who_changed(
    configure: Configure, user: User, mode: str, changes: dict[str, Any], settings: dict[str, Any]
) -> None:
    """Before the change, after it, and once the user is gone."""
    more, path, _queries = MODES[mode]
    configure(**settings, **more)
    bearer = f"Bearer {pyjwtfast.drf.tokens.AccessToken.for_user(user)}"

    def both() -> list[Sent]:
        return [get_twice(f"/{side}/{path}", bearer) for side in ("ours", "theirs")]

    ours, theirs = both()
    assert ours == theirs
    assert ours.status == 200
    vars(user).update(changes)
    user.save()
    ours, theirs = both()
    assert ours == theirs
    user.delete()
    ours, theirs = both()
    assert ours == theirs
    assert ours.status == (200 if mode == "stateless" else 401)


@pytest.mark.parametrize("mode", MODES)
def test_several_token_classes(configure: Configure, user: User, mode: str) -> None:
    more, path, _queries = MODES[mode]
    answers = []
    for side, library in (
        ("ours", pyjwtfast.drf.tokens),
        ("theirs", rest_framework_simplejwt.tokens),
    ):
        names = [f"{library.__name__}.{name}" for name in ("SlidingToken", "AccessToken")]
        configure(AUTH_TOKEN_CLASSES=names, **more)
        bearers = [
            f"Bearer {token(claims(kind, user_id=str(user.pk), exp=4102444800))}"
            for kind in ("access", "refresh", "other")
        ]
        answers.append([get_twice(f"/{side}/{path}", bearer) for bearer in bearers])
    # The tokens differ in `iat` alone, where a second begins in between.
    for ours, theirs in zip(*answers, strict=True):
        assert ours.status == theirs.status
        assert ours.headers == theirs.headers
        assert without_iat(ours.body) == without_iat(theirs.body)


def without_iat(body: bytes) -> Any:
    found = json.loads(body)
    found.get("claims", {}).pop("iat", None)
    return json.dumps(found)


@pytest.mark.parametrize("mode", ["fresh", "cached"])
def test_views_of_tokens(configure: Configure, user: User, mode: str) -> None:
    """Obtaining, refreshing and verifying: what is answered is compared but for the new tokens."""
    configure(**MODES[mode][0])
    get_twice("/ours/who/", f"Bearer {token(claims(user_id=str(user.pk)))}")
    requests: list[tuple[str, Any]] = []
    for path, field in (
        ("token/refresh/", "refresh"),
        ("sliding/refresh/", "token"),
        ("token/verify/", "token"),
    ):
        requests += [(path, {} if each is ABSENT else {field: each}) for each in FIELD_VALUES]
        kind = {"token/refresh/": "refresh", "sliding/refresh/": "sliding"}.get(path, "access")
        requests += [
            (path, {field: token(claims(kind, **{"user_id": str(user.pk), **each}))})
            for each in CHANGED_CLAIMS
            # Of users who are gone and of other types, see test_differential.py.
            if not {"user_id", "token_type"} & each.keys()
        ]
    for path in ("token/", "sliding/"):
        requests += [(path, each) for each in NO_CREDENTIALS]
        for name, password in (("anna", PASSWORD), ("anna", "another"), ("nobody", PASSWORD)):
            requests.append((path, {"username": name, "password": password}))
    compared = 0
    for path, body in requests:
        ours, theirs = (post(f"/{side}/{path}", body) for side in ("ours", "theirs"))
        if theirs.status == 500:
            assert ours.status == 401, (path, body)
        elif theirs.status == 200:
            assert ours.status == 200
            assert ours.headers == theirs.headers
            assert list(json.loads(ours.body)) == list(json.loads(theirs.body))
        else:
            assert ours == theirs, (path, body)
            compared += 1
    assert compared > 90
