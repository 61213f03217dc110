"""Tokens and the blacklist: what is recorded, what is refused, what the views answer."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models.signals import post_save, pre_save
from django.http import JsonResponse
from django.test import modify_settings, override_settings
from django.test.utils import CaptureQueriesContext
from rest_framework.settings import api_settings
from rest_framework.test import APIClient
from rest_framework.views import exception_handler

from pyjwtfast.drf import tokens
from pyjwtfast.drf.exceptions import TokenError
from pyjwtfast.drf.token_blacklist import store
from pyjwtfast.drf.token_blacklist.models import BlacklistedToken, OutstandingToken
from pyjwtfast.drf.tokens import (
    AccessToken,
    BlacklistMixin,
    RefreshToken,
    SlidingToken,
    UntypedToken,
)
from tests.drf.conftest import PASSWORD
from tests.drf.models import User
from tests.drf.support import ABSENT, claims, get, post, token

pytestmark = pytest.mark.django_db

ROTATING = {"ROTATE_REFRESH_TOKENS": True, "BLACKLIST_AFTER_ROTATION": True}
BLACKLISTED = {"detail": "Token is blacklisted", "code": "token_not_valid"}
KINDS = [RefreshToken, SlidingToken]
APP = "pyjwtfast.drf.token_blacklist"


# --- Token classes ---


@pytest.mark.parametrize("token_class", KINDS)
def test_a_token_is_recorded_when_it_is_issued(user: User, token_class: Any) -> None:
    made = token_class.for_user(user)
    row = OutstandingToken.objects.get()
    assert (row.user, row.jti, row.token) == (user, made["jti"], str(made))
    assert row.created_at == made.current_time
    assert row.expires_at.timestamp() == made["exp"]


def test_other_tokens_are_not_recorded(user: User) -> None:
    AccessToken.for_user(user)
    RefreshToken()
    assert RefreshToken.for_user(user).access_token
    assert OutstandingToken.objects.count() == 1
    assert AccessToken().outstand() is None
    assert not hasattr(AccessToken, "blacklist")
    assert not hasattr(UntypedToken, "blacklist")


@pytest.mark.parametrize("token_class", KINDS)
def test_blacklist(user: User, token_class: Any) -> None:
    made = token_class.for_user(user)
    raw = str(made)
    token_class(raw)
    row, created = made.blacklist()
    assert created is True
    assert row.pk == BlacklistedToken.objects.get().pk
    assert row.token == OutstandingToken.objects.get()
    with pytest.raises(TokenError, match="Token is blacklisted"):
        token_class(raw)
    with pytest.raises(TokenError, match="Token is blacklisted"):
        made.check_blacklist()
    again, created = made.blacklist()
    assert (again, created) == (row, False)
    # Not looked at: whoever says verify=False wants the claims.
    assert token_class(raw, verify=False).blacklist() == (row, False)


@pytest.mark.parametrize("token_class", KINDS)
def test_a_token_of_which_there_is_no_record(user: User, token_class: Any) -> None:
    """Issued before the app was installed."""
    made = token_class.for_user(user)
    OutstandingToken.objects.all().delete()
    read = token_class(str(made))
    row, created = read.blacklist()
    assert created is True
    assert (row.token.user, row.token.jti, row.token.token) == (user, made["jti"], str(made))
    with pytest.raises(TokenError, match="Token is blacklisted"):
        token_class(str(made))


def test_outstand(user: User) -> None:
    made = RefreshToken()
    made["user_id"] = str(user.pk)
    row, created = made.outstand() or (None, None)
    assert (row, created) == (OutstandingToken.objects.get(user=user, jti=made["jti"]), True)
    made["jti"] = made["jti"]
    read = RefreshToken(str(made))
    assert read.outstand() == (row, False)
    read["jti"] = "another"
    assert (read.outstand() or ())[1] is True
    assert OutstandingToken.objects.filter(jti="another", user=user).exists()


def test_the_record_of_a_token_with_another_lifetime(user: User) -> None:
    """Else the flush would take a blacklisted token out of the blacklist before it expires."""
    made = RefreshToken.for_user(user)
    made.set_exp(lifetime=timedelta(days=30))
    with CaptureQueriesContext(connection) as queries:
        raw = str(made)
        assert str(made) == raw
    assert len(queries) == 1
    assert OutstandingToken.objects.get().expires_at.timestamp() == made["exp"]
    del made["exp"]  # it is signed as it is, and refused
    assert str(made)
    successor = RefreshToken(raw)
    successor.set_jti()
    successor.outstand()
    successor["exp"] += 60
    assert str(successor)
    times = OutstandingToken.objects.order_by("pk").values_list("expires_at", flat=True)
    assert [each.timestamp() for each in times] == [successor["exp"] - 60, successor["exp"]]


@pytest.mark.parametrize("token_class", KINDS)
@pytest.mark.parametrize("claiming", [False, True])
def test_a_blacklisted_token_stays_so_until_it_expires(
    user: User, token_class: Any, claiming: bool
) -> None:
    """Whatever its record says: of a sliding token that was renewed, the first one's time."""
    soon, later = int(time.time()) + 60, int(time.time()) + 3600
    first, last = (token(claims(token_class.token_type, exp=exp)) for exp in (soon, later))
    token_class(first).outstand()
    with store.claiming(claiming), transaction.atomic():
        token_class(last).blacklist()
    assert OutstandingToken.objects.get().expires_at.timestamp() == later
    BlacklistedToken.objects.all().delete()
    token_class(first).blacklist()
    assert OutstandingToken.objects.get().expires_at.timestamp() == later


@pytest.mark.parametrize("user_id", [ABSENT, None, 5.5, "nobody", [1], 10**30, "\0", "999"])
def test_a_token_of_nobody(user_id: Any) -> None:
    read = RefreshToken(token(claims("refresh", user_id=user_id)))
    row, created = read.blacklist()
    assert (row.token.user, created) == (None, True)


def test_users_that_are_not_in_the_table() -> None:
    stateless = tokens.api_settings.TOKEN_USER_CLASS(AccessToken(token(claims(user_id="77"))))
    assert RefreshToken.for_user(stateless)["user_id"] == "77"
    assert OutstandingToken.objects.get().user is None


@pytest.mark.parametrize("changes", [{"jti": ABSENT}, {"exp": ABSENT}, {"exp": "x"}])
def test_tokens_that_cannot_be_recorded(changes: dict[str, Any]) -> None:
    read = RefreshToken(token(claims("refresh", **changes)), verify=False)
    for method in (read.blacklist, read.outstand):
        with pytest.raises(TokenError):
            method()


def test_within_a_transaction_of_the_callers_a_race_breaks_nothing(user: User) -> None:
    """simplejwt's get_or_create() does as much: the other one's row is returned."""
    made = RefreshToken(str(RefreshToken.for_user(user)))
    BlacklistedToken.objects.create(token=OutstandingToken.objects.get())  # by somebody else
    with transaction.atomic():
        assert made.blacklist()[1] is False
        assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("record", [False, True])
def test_without_autocommit_a_race_breaks_nothing(user: User, record: bool) -> None:
    """Each statement is then in a transaction that nobody has begun by name."""
    made = RefreshToken.for_user(user)
    read = RefreshToken(str(made))
    if not record:
        OutstandingToken.objects.all().delete()
        read.check_blacklist()
        RefreshToken(str(made)).outstand()
    connection.set_autocommit(False)
    try:
        BlacklistedToken.objects.create(token=OutstandingToken.objects.get())
        assert read.blacklist()[1] is False
        connection.commit()
    finally:
        connection.rollback()
        connection.set_autocommit(True)
    assert BlacklistedToken.objects.count() == 1
    User.objects.all().delete()


def test_both_tables_missed(user: User) -> None:
    made = RefreshToken.for_user(user)
    OutstandingToken.objects.all().delete()
    read = RefreshToken(str(made))
    made.outstand()  # by somebody else
    assert read.blacklist()[1] is True


@pytest.mark.parametrize("kind", KINDS)
def test_without_the_app(user: User, kind: Any) -> None:
    """Whenever tokens.py was imported: the methods are there or not as the settings say now."""
    raw = str(kind.for_user(user))
    kind(raw).blacklist()
    assert hasattr(kind, "blacklist")
    with modify_settings(INSTALLED_APPS={"remove": APP}):
        made = kind.for_user(user)
        for name in ("blacklist", "check_blacklist"):
            assert not hasattr(made, name)
            assert not hasattr(kind, name)
        with pytest.raises(AttributeError, match="INSTALLED_APPS"):
            made.blacklist()
        assert made.outstand() is None
        kind(raw)
    assert OutstandingToken.objects.count() == 1
    assert hasattr(kind.for_user(user), "check_blacklist")


class BlacklistableAccess(BlacklistMixin["BlacklistableAccess"], AccessToken):
    """As projects make them, to end access tokens too."""


class CountingToken(RefreshToken):
    """Overrides a step."""

    calls = 0

    def check_blacklist(self) -> None:
        type(self).calls += 1

    def blacklist(self) -> Any:
        return super().blacklist()


def test_mixed_into_other_tokens(client: APIClient, user: User) -> None:
    with override_settings(SIMPLE_JWT={"AUTH_TOKEN_CLASSES": [f"{__name__}.BlacklistableAccess"]}):
        raw = str(BlacklistableAccess.for_user(user))
        assert get(client, "/ours/who/", f"Bearer {raw}").status == 200
        BlacklistableAccess(raw).blacklist()
        got = get(client, "/ours/who/", f"Bearer {raw}")
    assert got.status == 401
    assert [each["message"] for each in got.body["messages"]] == ["Token is blacklisted"]


def test_steps_can_be_overridden(user: User) -> None:
    read = CountingToken(str(CountingToken.for_user(user)))
    assert CountingToken.calls == 1
    assert read.blacklist()[1] is True
    assert CountingToken(str(read)).blacklist()[1] is False
    with modify_settings(INSTALLED_APPS={"remove": APP}), pytest.raises(AttributeError):
        read.blacklist()


def test_names_that_simplejwts_module_has() -> None:
    assert tokens.OutstandingToken is OutstandingToken
    assert tokens.BlacklistedToken is BlacklistedToken
    with pytest.raises(AttributeError):
        tokens.NoSuch  # noqa: B018


def test_another_claim_for_the_id(client: APIClient, user: User) -> None:
    with override_settings(SIMPLE_JWT={"JTI_CLAIM": "tid"}):
        raw = str(RefreshToken.for_user(user))
        assert post(client, "/ours/token/blacklist/", {"refresh": raw}).status == 200
        assert post(client, "/ours/token/refresh/", {"refresh": raw}).body == BLACKLISTED


def test_no_claim_for_the_id(client: APIClient, user: User) -> None:
    """What has no id is not recorded, and to blacklist it is refused."""
    with override_settings(SIMPLE_JWT={"JTI_CLAIM": None}):
        raw = str(RefreshToken.for_user(user))
        assert post(client, "/ours/token/refresh/", {"refresh": raw}).status == 200
        assert post(client, "/ours/token/verify/", {"token": raw}).status == 200
        assert post(client, "/ours/token/blacklist/", {"refresh": raw}).status == 401
    assert not OutstandingToken.objects.exists()


# --- What is stored of a token ---


@pytest.mark.parametrize("kind", ["full", "hash", "empty"])
def test_store_token(client: APIClient, user: User, kind: str) -> None:
    with override_settings(SIMPLE_JWT={**ROTATING, "STORE_TOKEN": kind}):
        first = str(RefreshToken.for_user(user))
        second = post(client, "/ours/token/refresh/", {"refresh": first}).body["refresh"]
        third = token(claims("refresh", user_id=str(user.pk)))  # not recorded yet
        assert post(client, "/ours/token/blacklist/", {"refresh": third}).status == 200
        assert post(client, "/ours/token/refresh/", {"refresh": third}).body == BLACKLISTED
    stored = OutstandingToken.objects.order_by("pk").values_list("token", flat=True)
    assert list(stored) == [
        {
            "full": raw,
            "hash": f"sha256:{hashlib.sha256(raw.encode()).hexdigest()}",
            "empty": "",
        }[kind]
        for raw in (first, second, third)
    ]


@override_settings(SIMPLE_JWT={"STORE_TOKEN": "some"})
def test_store_token_otherwise(user: User) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"SIMPLE_JWT\['STORE_TOKEN'\] is 'some'"):
        RefreshToken.for_user(user)


# --- Views ---


def test_the_blacklist_view(client: APIClient, user: User) -> None:
    raw = str(RefreshToken.for_user(user))
    got = post(client, "/ours/token/blacklist/", {"refresh": raw})
    assert (got.status, got.body) == (200, {})
    for path in ("/ours/token/blacklist/", "/ours/token/refresh/"):
        got = post(client, path, {"refresh": raw})
        assert (got.status, got.body) == (401, BLACKLISTED)
        assert got.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert post(client, "/ours/token/blacklist/", {}).status == 400
    with modify_settings(INSTALLED_APPS={"remove": APP}):
        assert post(client, "/ours/token/blacklist/", {"refresh": raw}).status == 200


def test_rotation(client: APIClient, user: User) -> None:
    first = str(RefreshToken.for_user(user))
    with override_settings(SIMPLE_JWT=ROTATING):
        got = post(client, "/ours/token/refresh/", {"refresh": first})
        assert got.status == 200
        second = got.body["refresh"]
        got = post(client, "/ours/token/refresh/", {"refresh": first})
        assert (got.status, got.body) == (401, BLACKLISTED)
        assert post(client, "/ours/token/refresh/", {"refresh": second}).status == 200
    row = OutstandingToken.objects.get(jti=UntypedToken(second)["jti"])
    assert (row.user, row.token) == (user, second)
    assert BlacklistedToken.objects.count() == 2


def delete_and_allow(user: User) -> bool:
    User.objects.filter(pk=user.pk).delete()
    return user.is_active


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("blacklists", [False, True])
def test_a_user_who_is_deleted_meanwhile(client: APIClient, user: User, blacklists: bool) -> None:
    raw = str(RefreshToken.for_user(user))
    rule = {"USER_AUTHENTICATION_RULE": f"{__name__}.delete_and_allow"}
    rotating = {**ROTATING, "BLACKLIST_AFTER_ROTATION": blacklists}
    with override_settings(SIMPLE_JWT={**rotating, **rule}):
        got = post(client, "/ours/token/refresh/", {"refresh": raw})
    assert got.status == 401
    assert got.body == {"detail": "No active account found for the given token."}
    assert OutstandingToken.objects.get().jti == RefreshToken(raw)["jti"]


def test_rotation_without_blacklisting(client: APIClient, user: User) -> None:
    first = str(RefreshToken.for_user(user))
    with override_settings(SIMPLE_JWT={"ROTATE_REFRESH_TOKENS": True}):
        for _ in range(2):
            assert post(client, "/ours/token/refresh/", {"refresh": first}).status == 200
    assert OutstandingToken.objects.filter(user=user).count() == 3
    assert not BlacklistedToken.objects.exists()


@pytest.mark.parametrize("atomic", [False, True])
@pytest.mark.parametrize("broken", ["access_token", "__str__", "outstand"])
def test_what_fails_blacklists_nothing(
    client: APIClient, user: User, monkeypatch: pytest.MonkeyPatch, broken: str, atomic: bool
) -> None:
    """Whatever cannot be made of a token, its owner still has it."""
    raw = str(RefreshToken.for_user(user))

    def fail(self: Any) -> Any:
        raise ValueError("no")

    with override_settings(SIMPLE_JWT=ROTATING), monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", atomic)
        patch.setattr(RefreshToken, broken, property(fail) if broken == "access_token" else fail)
        assert post(client, "/ours/token/refresh/", {"refresh": raw}).status == 500
    assert not BlacklistedToken.objects.exists()
    assert OutstandingToken.objects.count() == 1
    assert post(client, "/ours/token/refresh/", {"refresh": raw}).status == 200


def test_a_database_that_fails_logs_nobody_out(
    client: APIClient, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error stays an error: as a 401 it would send the client to the login page."""
    raw = str(RefreshToken.for_user(user))
    attempts = []

    def fail(self: Any, *args: Any, **kwargs: Any) -> None:
        attempts.append(self)
        raise DatabaseError("the disk is full")

    with override_settings(SIMPLE_JWT=ROTATING), monkeypatch.context() as patch:
        patch.setattr(BlacklistedToken, "save", fail)
        for path in ("refresh", "blacklist"):
            assert post(client, f"/ours/token/{path}/", {"refresh": raw}).status == 500
    assert len(attempts) == 2
    with monkeypatch.context() as patch:
        patch.setattr(store, "_read", fail)
        assert post(client, "/ours/token/refresh/", {"refresh": raw}).status == 500
    assert post(client, "/ours/token/refresh/", {"refresh": raw}).status == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("failures", "somebody_else", "status", "attempts"),
    [(1, False, 200, 2), (2, False, 200, 3), (9, False, 500, 3), (9, True, 401, 1)],
)
@pytest.mark.parametrize("path", ["refresh", "blacklist"])
def test_what_the_database_could_not_put_in_order(
    client: APIClient,
    user: User,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    failures: int,
    somebody_else: bool,
    status: int,
    attempts: int,
) -> None:
    """A deadlock, a lock or a serialization that failed: it is tried again, and only whoever has
    lost the token to somebody else is told that it is blacklisted."""
    raw = str(RefreshToken.for_user(user))
    row = OutstandingToken.objects.get()
    seen = []
    save = BlacklistedToken.save

    def fail(self: Any, *args: Any, **kwargs: Any) -> None:
        seen.append(self)
        if len(seen) > failures:
            return save(self, *args, **kwargs)
        raise OperationalError("could not serialize access")

    read = store._read

    def read_later(alias: str, jti: str) -> Any:
        if seen and somebody_else and not BlacklistedToken.objects.exists():
            save(BlacklistedToken(token=row))
        return read(alias, jti)

    monkeypatch.setattr(BlacklistedToken, "save", fail)
    monkeypatch.setattr(store, "_read", read_later)
    with override_settings(SIMPLE_JWT=ROTATING):
        got = post(client, f"/ours/token/{path}/", {"refresh": raw})
    assert (got.status, len(seen)) == (status, attempts)
    assert BlacklistedToken.objects.count() == (0 if status == 500 else 1)
    if status == 401:
        assert got.body == BLACKLISTED
    issued = 2 if path == "refresh" and status == 200 else 1
    assert OutstandingToken.objects.count() == issued


@pytest.mark.parametrize(
    ("settings", "status", "body"),
    [
        ({}, 200, {}),
        ({"BLACKLIST_AFTER_ROTATION": True}, 400, {"non_field_errors": ["Token is blacklisted"]}),
        ({"VERIFY_CHECKS_BLACKLIST": "always"}, 401, BLACKLISTED),
        (
            {"VERIFY_CHECKS_BLACKLIST": "always", "BLACKLIST_AFTER_ROTATION": True},
            401,
            BLACKLISTED,
        ),
        ({"VERIFY_CHECKS_BLACKLIST": "compatible"}, 200, {}),
    ],
)
@pytest.mark.parametrize("token_class", KINDS)
def test_verify(
    client: APIClient, user: User, token_class: Any, settings: Any, status: int, body: Any
) -> None:
    made = token_class.for_user(user)
    with override_settings(SIMPLE_JWT=settings):
        assert post(client, "/ours/token/verify/", {"token": str(made)}).status == 200
        made.blacklist()
        got = post(client, "/ours/token/verify/", {"token": str(made)})
        assert (got.status, got.body) == (status, body)
        assert post(client, "/ours/token/verify/", {"token": str(AccessToken())}).status == 200


def test_verify_otherwise(client: APIClient, user: User) -> None:
    with override_settings(SIMPLE_JWT={"VERIFY_CHECKS_BLACKLIST": True}):
        assert post(client, "/ours/token/verify/", {"token": str(AccessToken())}).status == 500


def test_sliding_tokens_are_looked_up_on_each_request(client: APIClient, user: User) -> None:
    with override_settings(
        SIMPLE_JWT={"AUTH_TOKEN_CLASSES": ["pyjwtfast.drf.tokens.SlidingToken"]}
    ):
        raw = str(SlidingToken.for_user(user))
        assert get(client, "/ours/who/", f"Bearer {raw}").status == 200
        SlidingToken(raw).blacklist()
        got = get(client, "/ours/who/", f"Bearer {raw}")
        assert got.status == 401
        assert got.body["messages"] == [
            {
                "token_class": "SlidingToken",
                "token_type": "sliding",
                "message": "Token is blacklisted",
            }
        ]
        assert post(client, "/ours/sliding/refresh/", {"token": raw}).body == BLACKLISTED


# --- What a 401 writes ---


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("atomic", [False, True])
@pytest.mark.parametrize("rotate", [False, True])
@pytest.mark.parametrize(
    ("path", "field", "token_class"),
    [("token", "refresh", RefreshToken), ("sliding", "token", SlidingToken)],
)
def test_a_changed_password_blacklists(
    client: APIClient,
    user: User,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    field: str,
    token_class: Any,
    rotate: bool,
    atomic: bool,
) -> None:
    """Although DRF's handler of exceptions rolls back with ATOMIC_REQUESTS."""
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", atomic)
    with override_settings(SIMPLE_JWT={"CHECK_REVOKE_TOKEN": True, **(ROTATING if rotate else {})}):
        raw = str(token_class.for_user(user))
        old = user.password
        user.set_password("another")
        user.save()
        got = post(client, f"/ours/{path}/refresh/", {field: raw})
        assert got.status == 401
        assert got.body == {"detail": "The user's password has been changed."}
        assert BlacklistedToken.objects.get().token.token == raw
        User.objects.update(password=old)
        assert post(client, f"/ours/{path}/refresh/", {field: raw}).body == BLACKLISTED
        User.objects.all().delete()


@pytest.mark.parametrize("atomic", [False, True])
def test_it_does_so_in_the_transaction_of_a_test(
    client: APIClient, user: User, monkeypatch: pytest.MonkeyPatch, atomic: bool
) -> None:
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", atomic)
    with override_settings(SIMPLE_JWT={"CHECK_REVOKE_TOKEN": True}):
        raw = str(RefreshToken.for_user(user))
        User.objects.update(password="another")
        assert post(client, "/ours/token/refresh/", {"refresh": raw}).status == 401
    assert BlacklistedToken.objects.count() == 1


def plain_answer(error: Exception, context: Any) -> Any:
    """An EXCEPTION_HANDLER whose answer is not rendered."""
    response: Any = exception_handler(error, context)
    return JsonResponse(response.data, status=response.status_code)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("atomic", [False, True])
def test_it_does_so_whatever_handles_exceptions(
    client: APIClient, user: User, monkeypatch: pytest.MonkeyPatch, atomic: bool
) -> None:
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", atomic)
    monkeypatch.setattr(api_settings, "EXCEPTION_HANDLER", plain_answer)
    with override_settings(SIMPLE_JWT={"CHECK_REVOKE_TOKEN": True}):
        raw = str(RefreshToken.for_user(user))
        User.objects.update(password="another")
        got = post(client, "/ours/token/refresh/", {"refresh": raw})
    assert (got.status, BlacklistedToken.objects.count()) == (401, 1)
    User.objects.all().delete()


def test_a_changed_password_is_refused_even_if_nothing_can_be_written(
    client: APIClient, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Any, *args: Any, **kwargs: Any) -> None:
        raise DatabaseError("read only")

    monkeypatch.setattr(BlacklistedToken, "save", fail)
    with override_settings(SIMPLE_JWT={"CHECK_REVOKE_TOKEN": True}):
        raw = str(RefreshToken.for_user(user))
        User.objects.update(password="another")
        assert post(client, "/ours/token/refresh/", {"refresh": raw}).status == 401


# --- Signals, routers ---


@pytest.fixture
def saved() -> Iterator[list[str]]:
    seen: list[str] = []

    def before(sender: type, instance: Any, raw: bool, using: str, **kwargs: Any) -> None:
        assert instance.pk is None
        seen.append(f"pre {sender.__name__} {using}")

    def after(sender: type, instance: Any, created: bool, using: str, **kwargs: Any) -> None:
        assert created is True
        assert instance.pk is not None
        seen.append(f"post {sender.__name__} {using}")

    for model in (OutstandingToken, BlacklistedToken):
        pre_save.connect(before, sender=model)
        post_save.connect(after, sender=model)
    yield seen
    for model in (OutstandingToken, BlacklistedToken):
        pre_save.disconnect(before, sender=model)
        post_save.disconnect(after, sender=model)


def signals(*names: str) -> list[str]:
    return [f"{when} {name}Token default" for name in names for when in ("pre", "post")]


def test_signals(client: APIClient, user: User, saved: list[str]) -> None:
    raw = str(RefreshToken.for_user(user))
    assert saved == signals("Outstanding")
    saved.clear()
    with override_settings(SIMPLE_JWT=ROTATING):
        rotated = post(client, "/ours/token/refresh/", {"refresh": raw}).body["refresh"]
    assert saved == signals("Blacklisted", "Outstanding")
    saved.clear()
    post(client, "/ours/token/blacklist/", {"refresh": rotated})
    assert saved == signals("Blacklisted")
    saved.clear()
    post(client, "/ours/token/blacklist/", {"refresh": token(claims("refresh"))})
    assert saved == signals("Outstanding", "Blacklisted")


class LaggingReplica:
    """Reads from a database in which nothing has arrived yet; users are found in the first."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "default" if model is User else "second"

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return "default"

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return False  # as some routers do for objects of two databases


@pytest.mark.django_db(databases=["default", "second"])
@override_settings(DATABASE_ROUTERS=[f"{__name__}.LaggingReplica"])
def test_a_replica_that_lags_behind_is_not_asked(
    client: APIClient, user: User, saved: list[str]
) -> None:
    raw = str(RefreshToken.for_user(user))
    with override_settings(SIMPLE_JWT=ROTATING):
        second = post(client, "/ours/token/refresh/", {"refresh": raw}).body["refresh"]
        for path in ("refresh", "blacklist"):
            assert post(client, f"/ours/token/{path}/", {"refresh": raw}).body == BLACKLISTED
        assert post(client, "/ours/token/verify/", {"token": raw}).status == 400
        assert post(client, "/ours/token/blacklist/", {"refresh": second}).status == 200
        assert RefreshToken(second, verify=False).blacklist()[1] is False
        assert (RefreshToken(second, verify=False).outstand() or ())[1] is False
    assert OutstandingToken.objects.using("second").count() == 0
    assert BlacklistedToken.objects.using("default").count() == 2


class ElsewhereRouter:
    """The tables of the app are in another database than the users."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return "second" if model._meta.app_label == "token_blacklist" else None

    db_for_write = db_for_read


@pytest.mark.django_db(databases=["default", "second"])
@override_settings(DATABASE_ROUTERS=[f"{__name__}.ElsewhereRouter"])
def test_tables_in_another_database(client: APIClient, user: User) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("a foreign key to a table of another database is for SQLite to bear")
    with connection.constraint_checks_disabled():
        raw = token(claims("refresh", user_id="77"))
        with override_settings(SIMPLE_JWT={"CHECK_USER_IS_ACTIVE": False}):
            RefreshToken(raw).blacklist()
    with pytest.raises(TokenError, match="Token is blacklisted"):
        RefreshToken(raw)
    assert BlacklistedToken.objects.using("second").count() == 1
    assert BlacklistedToken.objects.using("default").count() == 0


# --- Login hooks ---

LOGINS: list[tuple[str, Any, Any]] = []


def on_success(user: Any, request: Any) -> None:
    LOGINS.append(("success", user, request))


def on_failure(credentials: Any, request: Any) -> None:
    LOGINS.append(("failure", credentials, request))


@pytest.mark.parametrize("path", ["/ours/token/", "/ours/sliding/"])
def test_login_hooks(client: APIClient, user: User, path: str) -> None:
    hooks = {
        "ON_LOGIN_SUCCESS": f"{__name__}.on_success",
        "ON_LOGIN_FAILED": f"{__name__}.on_failure",
    }
    LOGINS.clear()
    with override_settings(SIMPLE_JWT={**hooks, "UPDATE_LAST_LOGIN": True}):
        assert post(client, path, {"username": "anna", "password": PASSWORD}).status == 200
        assert post(client, path, {"username": "anna", "password": "hush"}).status == 401
    (success, who, request), (failure, credentials, other) = LOGINS
    assert (success, who, failure) == ("success", user, "failure")
    assert request.path == other.path == path
    assert credentials["username"] == "anna"
    assert "hush" not in json.dumps(credentials)
    user.refresh_from_db()
    assert user.last_login is None  # the default hook would write it
    LOGINS.clear()
    with override_settings(SIMPLE_JWT=hooks):
        post(client, path, {"username": "anna", "password": PASSWORD})
    assert LOGINS == []  # as in simplejwt, the one of success depends on UPDATE_LAST_LOGIN
