"""The example's flow, as a client of its API walks it: `pytest example --ds=project.settings`."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from pyjwtfast.drf.tokens import AccessToken

pytestmark = pytest.mark.django_db

CREDENTIALS = {"username": "ada", "password": "analytical-engine"}


@pytest.fixture(autouse=True)
def _fast_passwords(settings: Any) -> None:
    """The default hasher takes as long as it can, which is not what is tested here."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def client() -> APIClient:
    return APIClient()


def post(client: APIClient, path: str, body: dict[str, Any], token: str | None = None) -> Any:
    """The answer to a POST of `body` as JSON; `token` goes into the Authorization header."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return client.post(path, body, format="json", headers=headers)


def get(client: APIClient, path: str, token: str | None = None) -> Any:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return client.get(path, headers=headers)


def sign_up(client: APIClient, username: str = "ada") -> dict[str, str]:
    """Signs a user up; the pair of tokens of the first login."""
    credentials = {**CREDENTIALS, "username": username}
    answer = post(client, "/api/signup/", credentials)
    assert answer.status_code == 201, answer.content
    assert set(answer.json()) == {"id", "username"}
    answer = post(client, "/api/token/", credentials)
    assert answer.status_code == 200, answer.content
    pair: dict[str, str] = answer.json()
    assert set(pair) == {"access", "refresh"}
    return pair


def refusal(answer: Any) -> str:
    """The message of a 401 to an access token."""
    assert answer.status_code == 401, answer.content
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    body = answer.json()
    assert body["code"] == "token_not_valid"
    message: str = body["messages"][0]["message"]
    return message


def test_protected_endpoints_want_a_token(client: APIClient) -> None:
    for path in ("/api/notes/", "/api/whoami/"):
        answer = get(client, path)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_users_see_their_own_notes_only(client: APIClient) -> None:
    ada = sign_up(client)["access"]
    grace = sign_up(client, "grace")["access"]
    for token, text in ((ada, "weave"), (grace, "compile")):
        answer = post(client, "/api/notes/", {"text": text, "owner": 1}, token)
        assert answer.status_code == 201, answer.content
    assert [note["text"] for note in get(client, "/api/notes/", ada).json()["results"]] == ["weave"]
    assert get(client, "/api/notes/", grace).json()["count"] == 1


def test_wrong_password_gives_no_token(client: APIClient) -> None:
    sign_up(client)
    answer = post(client, "/api/token/", {**CREDENTIALS, "password": "difference-engine"})
    assert answer.status_code == 401
    assert set(answer.json()) == {"detail"}


@pytest.mark.parametrize(
    ("credentials", "field"),
    [
        ({"username": "ada", "password": "password"}, "password"),
        ({"username": "analytical", "password": "analytical1"}, "password"),
        ({"username": "no spaces", "password": "analytical-engine"}, "username"),
        ({"username": "ada"}, "password"),
    ],
)
def test_refused_sign_ups(client: APIClient, credentials: dict[str, str], field: str) -> None:
    answer = post(client, "/api/signup/", credentials)
    assert answer.status_code == 400
    assert set(answer.json()) == {field}
    assert not User.objects.exists()


def test_taken_username_is_refused(client: APIClient) -> None:
    sign_up(client)
    answer = post(client, "/api/signup/", CREDENTIALS)
    assert answer.status_code == 400
    assert set(answer.json()) == {"username"}


def test_changed_token_is_refused(client: APIClient) -> None:
    token = sign_up(client)["access"]
    header, payload, signature = token.split(".")
    first = "A" if signature[0] != "A" else "B"
    changed = f"{header}.{payload}.{first}{signature[1:]}"
    assert refusal(get(client, "/api/notes/", changed)) == "Token is invalid"


def test_expired_token_is_refused(client: APIClient) -> None:
    sign_up(client)
    token = AccessToken.for_user(User.objects.get())
    token.set_exp(lifetime=-timedelta(seconds=1))
    assert refusal(get(client, "/api/notes/", str(token))) == "Token is expired"


def test_refresh_token_opens_no_endpoint(client: APIClient) -> None:
    refresh = sign_up(client)["refresh"]
    assert refusal(get(client, "/api/notes/", refresh)) == "Token has wrong type"


def test_inactive_user_is_refused(client: APIClient) -> None:
    token = sign_up(client)["access"]
    User.objects.update(is_active=False)
    answer = get(client, "/api/notes/", token)
    assert answer.status_code == 401
    assert answer.json()["code"] == "user_inactive"


def test_refresh_gives_an_access_token_that_works(client: APIClient) -> None:
    pair = sign_up(client)
    answer = post(client, "/api/token/refresh/", {"refresh": pair["refresh"]})
    assert answer.status_code == 200, answer.content
    access = answer.json()["access"]
    assert access != pair["access"]
    assert get(client, "/api/notes/", access).status_code == 200


def test_refresh_tokens_rotate_and_are_good_for_one_refresh(client: APIClient) -> None:
    first = sign_up(client)["refresh"]
    answer = post(client, "/api/token/refresh/", {"refresh": first})
    second = answer.json()["refresh"]
    assert second != first
    answer = post(client, "/api/token/refresh/", {"refresh": first})
    assert answer.status_code == 401
    assert answer.json() == {"detail": "Token is blacklisted", "code": "token_not_valid"}
    assert post(client, "/api/token/refresh/", {"refresh": second}).status_code == 200


def test_logging_out_ends_the_refresh_token(client: APIClient) -> None:
    refresh = sign_up(client)["refresh"]
    answer = post(client, "/api/token/blacklist/", {"refresh": refresh})
    assert (answer.status_code, answer.json()) == (200, {})
    for path in ("/api/token/refresh/", "/api/token/blacklist/"):
        answer = post(client, path, {"refresh": refresh})
        assert answer.status_code == 401
        assert answer.json()["detail"] == "Token is blacklisted"


def test_verify(client: APIClient) -> None:
    token = sign_up(client)["access"]
    answer = post(client, "/api/token/verify/", {"token": token})
    assert (answer.status_code, answer.json()) == (200, {})
    answer = post(client, "/api/token/verify/", {"token": f"{token}x"})
    assert answer.status_code == 401


def test_whoami_is_answered_from_the_token_alone(
    client: APIClient, django_assert_num_queries: Callable[[int], Any]
) -> None:
    token = sign_up(client)["access"]
    with django_assert_num_queries(0):
        answer = get(client, "/api/whoami/", token)
    assert answer.status_code == 200, answer.content
    assert answer.json()["user_id"] == str(User.objects.get().pk)


def test_about_is_public(client: APIClient) -> None:
    assert get(client, "/api/about/").json() == {"service": "notes", "signed_in": False}
    token = sign_up(client)["access"]
    assert get(client, "/api/about/", token).json() == {"service": "notes", "signed_in": True}
