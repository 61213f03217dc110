"""The actions of the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client, override_settings

from pyjwtfast.drf.token_blacklist.models import BlacklistedToken, OutstandingToken
from pyjwtfast.drf.tokens import AccessToken, RefreshToken
from tests.drf.models import User
from tests.drf.revocation.conftest import LOCMEM, Configure
from tests.drf.revocation.test_tokens import is_good

USERS = "/admin/drf/user/"


@pytest.fixture
def root(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", "", "a password"))
    return client


def act(client: Client, path: str, action: str, *selected: Any) -> str:
    chosen = [str(each.pk) for each in selected]
    response = client.post(path, {"action": action, "_selected_action": chosen}, follow=True)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def tokens(user: User) -> list[RefreshToken]:
    return [RefreshToken.for_user(each) for each in (user, user, User.objects.create_user("otto"))]


def test_tokens_of_users(
    root: Client, user: User, tokens: list[RefreshToken], switch_on: Configure, waits: list[int]
) -> None:
    switch_on(LOCMEM)
    accesses = [str(each.access_token) for each in tokens]
    page = act(root, USERS, "revoke_tokens", user)
    assert "Users whose tokens were revoked: 1." in page
    assert [is_good(each) for each in accesses] == [False, False, True]
    assert BlacklistedToken.objects.count() == 2
    entry = LogEntry.objects.get()
    assert (entry.user.username, entry.object_id) == ("root", str(user.pk))
    assert entry.change_message == "All tokens revoked."
    assert len(waits) == 1


def test_tokens_of_the_users_of_tokens(
    root: Client, tokens: list[RefreshToken], switch_on: Configure, waits: list[int]
) -> None:
    switch_on(LOCMEM)
    accesses = [str(each.access_token) for each in tokens]
    row = OutstandingToken.objects.get(jti=tokens[0]["jti"])
    path = "/admin/token_blacklist/outstandingtoken/"
    assert "2 tokens were blacklisted." in act(root, path, "blacklist_all_of_user", row)
    assert [is_good(each) for each in accesses] == [False, False, True]
    # Off, it is the blacklist alone.
    with override_settings(SIMPLE_JWT={}):
        row = OutstandingToken.objects.get(jti=tokens[2]["jti"])
        assert "1 token was blacklisted." in act(root, path, "blacklist_all_of_user", row)
    assert is_good(accesses[2])


def test_who_may(user: User, root: Client, switch_on: Configure, waits: list[int]) -> None:
    switch_on(LOCMEM)
    viewer = User.objects.create_user("viewer", is_staff=True)
    client = Client()
    client.force_login(viewer)
    raw = str(AccessToken.for_user(user))
    data = {"action": "revoke_tokens", "_selected_action": [user.pk]}
    assert client.post(USERS, data).status_code == 403
    assert is_good(raw)


def test_when_it_cannot_work(
    root: Client, user: User, tokens: list[RefreshToken], switch_on: Configure
) -> None:
    page = act(root, USERS, "revoke_tokens", user)
    assert "is not set, so access tokens cannot be revoked" in page
    switch_on({"BACKEND": "tests.drf.revocation.backends.Careless"})
    page = act(root, USERS, "revoke_tokens", user)
    assert "could not be revoked: the cache does not answer" in page
    assert not LogEntry.objects.exists()
    row = OutstandingToken.objects.get(jti=tokens[0]["jti"])
    page = act(root, "/admin/token_blacklist/outstandingtoken/", "blacklist_all_of_user", row)
    assert "could not be revoked: the cache does not answer" in page
    # What can be done is done: a failing cache has not kept refresh tokens off the blacklist.
    assert BlacklistedToken.objects.filter(token__user=user).count() == 2
