"""Which tokens are refused after a revocation, and where."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from rest_framework.test import APIClient

from pyjwtfast.drf import revocation
from pyjwtfast.drf.authentication import JWTLazyUserAuthentication
from pyjwtfast.drf.exceptions import InvalidToken, TokenError
from pyjwtfast.drf.models import TokenUser
from pyjwtfast.drf.revocation.store import ALL, Store
from pyjwtfast.drf.token_blacklist.models import BlacklistedToken, OutstandingToken
from pyjwtfast.drf.tokens import AccessToken, RefreshToken, SlidingToken, UntypedToken
from tests.drf.conftest import PASSWORD
from tests.drf.models import User
from tests.drf.revocation.conftest import LOCMEM, Configure
from tests.drf.support import ABSENT, Raw, claims, get, post, token

BOTH = ["pyjwtfast.drf.tokens.AccessToken", "pyjwtfast.drf.tokens.SlidingToken"]
pytestmark = pytest.mark.django_db

REVOKED = {"detail": "Token is revoked", "code": "token_not_valid"}


@pytest.fixture(params=[0, 60], ids=["each", "poll"])
def on(request: pytest.FixtureRequest, switch_on: Configure, cache: dict[str, Any]) -> Configure:
    """Switched on, in either way and with either cache. To be called for other settings."""

    def switch(**values: Any) -> None:
        switch_on(cache, REVOCATION_POLL=request.param, **values)

    switch()
    return switch


def old(kind: str = "access", **changes: Any) -> str:
    """A token of ten seconds ago."""
    return token(claims(kind, **changes))


def is_good(raw: str, kind: type = AccessToken) -> bool:
    reason = None
    try:
        kind(raw)
    except TokenError as error:
        reason = str(error)
    assert reason in (None, "Token is revoked")
    return reason is None


def test_one_token(on: Configure) -> None:
    raw, other = old(), old(jti="f" * 32)
    assert is_good(raw)
    revocation.revoke_token(AccessToken(raw))
    assert not is_good(raw)
    assert not is_good(raw, UntypedToken)
    assert is_good(other)
    revocation.revoke_token("f" * 32, exp=time.time() + 300)
    assert not is_good(other)
    revocation.unrevoke_token("f" * 32)
    assert is_good(other)
    assert not is_good(raw)


def test_all_of_a_user(on: Configure, waits: list[int]) -> None:
    raw, of_other = old(), old(user_id="2")
    before = int(time.time())
    revocation.revoke_user(1)
    assert before <= waits[0] - 1 <= int(time.time())
    assert not is_good(raw)
    assert not is_good(old(user_id=1))
    assert not is_good(old("refresh"), RefreshToken)
    assert not is_good(old("sliding"), SlidingToken)
    assert is_good(of_other)
    revocation.revoke_user("2")
    assert not is_good(of_other)
    revocation.unrevoke_user("2")
    assert is_good(of_other)
    assert not is_good(raw)


def test_everything(on: Configure, waits: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    raws = [old(), old(user_id="2"), old(user_id=ABSENT), old(jti="x")]
    assert all(map(is_good, raws))
    revocation.revoke_all()
    assert not any(map(is_good, raws))
    monkeypatch.setattr(time, "time", lambda: waits[0])
    assert is_good(token(claims(iat=waits[0])))
    revocation.unrevoke_all()
    assert all(map(is_good, raws))


@pytest.mark.parametrize(
    ("iat", "good"),
    [
        (-1, False),
        (0, False),  # the very second: it cannot be told when
        (0.9, False),
        (1, True),
        (1.5, True),
        (ABSENT, False),
        (None, False),
        ("soon", False),
        (True, False),
        ([], False),
        (Raw("NaN"), False),
        (Raw("1e400"), False),
        (100, False),  # of the future, beyond the leeway
        (-(10**400), False),  # no float holds it
    ],
)
@pytest.mark.parametrize("which", ["user", "all"])
def test_time_of_issue(
    switch_on: Configure,
    waits: list[int],
    monkeypatch: pytest.MonkeyPatch,
    iat: Any,
    good: bool,
    which: str,
) -> None:
    switch_on(LOCMEM)
    now = int(time.time())
    monkeypatch.setattr(time, "time", lambda: now + 0.7)
    if which == "user":
        revocation.revoke_user("7", blacklist=False)
    else:
        revocation.revoke_all()
    if isinstance(iat, (int, float)) and not isinstance(iat, bool):
        iat += now
    if isinstance(iat, Raw):
        iat = float(iat)
    monkeypatch.setattr(time, "time", lambda: now + 2.0)
    payload = claims(user_id="7", iat=iat)
    if good:
        revocation.check(payload)
    else:
        with pytest.raises(TokenError, match="Token is revoked"):
            revocation.check(payload)


def test_what_is_issued_next_is_good(on: Configure, user: User) -> None:
    """Without any trick: until `revoke_user` returns, a new second has begun."""
    for _ in range(2):
        before = AccessToken.for_user(user)
        revocation.revoke_user(user)
        assert not is_good(str(before))
        after = RefreshToken.for_user(user)
        assert is_good(str(after), RefreshToken)
        assert is_good(str(after.access_token))


def test_a_slow_write_revokes_what_was_issued_meanwhile(
    switch_on: Configure, waits: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refresh that was judged before the entry could be read has issued a token after it."""
    switch_on(LOCMEM)
    clock = [int(time.time()) + 0.9]
    monkeypatch.setattr(time, "time", lambda: clock[-1])
    call = Store._call

    def slow(self: Store, method: str, *args: Any) -> Any:
        if args[0] == ALL:
            clock.append(clock[0] + 0.3)
        return call(self, method, *args)

    monkeypatch.setattr(Store, "_call", slow)
    revocation.revoke_all()
    assert waits == [int(clock[0]) + 2]
    with pytest.raises(TokenError, match="Token is revoked"):
        revocation.check(claims(iat=int(clock[0]) + 1))


def test_views_and_views_for_tokens(
    on: Configure, client: APIClient, user: User, waits: list[int]
) -> None:
    on(AUTH_TOKEN_CLASSES=BOTH)
    pair = post(client, "/ours/token/", {"username": "anna", "password": PASSWORD}).body
    sliding = post(client, "/ours/sliding/", {"username": "anna", "password": PASSWORD}).body
    header = f"Bearer {pair['access']}"
    assert get(client, "/ours/who/", header).status == 200
    revocation.revoke_user(user, blacklist=False)
    for path in ("/ours/who/", "/ours/stateless/"):
        refused = get(client, path, header)
        assert refused.status == 401
        assert refused.headers["WWW-Authenticate"] == 'Bearer realm="api"'
        assert refused.body["code"] == "token_not_valid"
        assert refused.body["detail"] == "Given token not valid for any token type"
        assert refused.body["messages"][0] == {
            "token_class": "AccessToken",
            "token_type": "access",
            "message": "Token is revoked",
        }
    for path, body in (
        ("/ours/token/refresh/", {"refresh": pair["refresh"]}),
        ("/ours/token/blacklist/", {"refresh": pair["refresh"]}),
        ("/ours/token/verify/", {"token": pair["access"]}),
        ("/ours/token/verify/", {"token": pair["refresh"]}),
        ("/ours/sliding/refresh/", sliding),
    ):
        answer = post(client, path, body)
        assert (answer.status, answer.body) == (401, REVOKED), path


class Loose(AccessToken):
    """Overrides verify(), and leaves out what it should call."""

    def verify(self) -> None:
        pass


def test_an_own_verify_does_not_lose_it(on: Configure) -> None:
    raw = old()
    assert Loose(raw)
    revocation.revoke_token(AccessToken(raw))
    with pytest.raises(TokenError, match="Token is revoked"):
        Loose(raw)
    # Unverified, nothing is asked.
    assert AccessToken(raw, verify=False)["jti"]  # type: ignore[arg-type]


def test_the_user_however_given(on: Configure, user: User, waits: list[int]) -> None:
    raw = token(claims(user_id=str(user.pk)))
    revocation.revoke_user(TokenUser(AccessToken(raw)))
    assert not is_good(raw)
    on(USER_ID_FIELD="uuid")
    for given in (user, user.uuid, str(user.uuid)):
        revocation.unrevoke_user(user)
        raw = token(claims(user_id=str(user.uuid)))
        assert is_good(raw)
        revocation.revoke_user(given)
        assert not is_good(raw)
    on(USER_ID_FIELD="badge")
    user.badge = None
    with pytest.raises(ValueError, match="has no badge"):
        revocation.revoke_user(user)


def test_claims_of_other_names(on: Configure, user: User, waits: list[int]) -> None:
    on(USER_ID_CLAIM="sub", JTI_CLAIM="token_id")
    raw = token(claims(user_id=ABSENT, jti=ABSENT, sub="Zoë \0 \ud800", token_id=5))
    assert is_good(raw)
    revocation.revoke_token(AccessToken(raw))
    assert not is_good(raw)
    revocation.unrevoke_token("5")
    assert is_good(raw)
    revocation.revoke_user("Zoë \0 \ud800")
    assert not is_good(raw)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("id", "{0:012}"),
        ("id", " {0}"),
        ("id", "{0}\n"),
        ("id", "+{0}"),
        ("uuid", "{0.hex}"),
        ("uuid", "{{{0}}}"),
        ("uuid", "urn:uuid:{0}"),
        ("pk", "{0:09}"),
    ],
)
def test_a_user_however_a_token_names_him(
    on: Configure, user: User, waits: list[int], client: APIClient, field: str, text: str
) -> None:
    """A field takes more than one text for an id, and an issuer that is not ours may use another
    one than revoke_user() does.
    """
    on(USER_ID_FIELD=field)
    user_id = text.format(getattr(user, field))
    header = f"Bearer {old(user_id=user_id)}"
    refresh = {"refresh": old("refresh", user_id=user_id)}
    lazily = JWTLazyUserAuthentication()
    assert get(client, "/ours/who/", header).status == 200
    assert post(client, "/ours/token/refresh/", refresh).status == 200
    for ttl in (0, 60):
        on(USER_ID_FIELD=field, USER_CACHE_TTL=ttl)
        revocation.unrevoke_user(user)
        assert get(client, "/ours/who/", header).status == 200
        revocation.revoke_user(user, blacklist=False)
        refused = get(client, "/ours/who/", header)
        assert (refused.status, refused.body) == (401, REVOKED)
        with pytest.raises(InvalidToken):
            str(lazily.get_user(AccessToken(header.removeprefix("Bearer "))))
        assert post(client, "/ours/token/refresh/", refresh).status == 401


def test_errors_of_use(on: Configure) -> None:
    raw = old()
    with pytest.raises(ValueError, match="the text of a token, not its id"):
        revocation.revoke_token(raw)
    nameless = AccessToken(raw)
    del nameless["jti"]
    with pytest.raises(
        ValueError, match=r"SIMPLE_JWT\['JTI_CLAIM'\].* cannot be revoked by itself"
    ):
        revocation.revoke_token(nameless)
    with pytest.raises(ValueError, match="has no id"):
        revocation.revoke_token("")
    for exp in ("tomorrow", float("nan"), True):
        with pytest.raises(ValueError, match="no time of expiry"):
            revocation.revoke_token("x", exp)  # type: ignore[arg-type]
    revocation.revoke_token("x", datetime.now(tz=timezone.utc) - timedelta(hours=1))
    assert revocation.list_revocations().listing.entries == {}


@override_settings(SIMPLE_JWT={})
def test_off() -> None:
    assert not revocation.is_on()
    assert not revocation.needs_io()
    for function in (revocation.revoke_user, revocation.revoke_token, revocation.unrevoke_user):
        with pytest.raises(
            ImproperlyConfigured, match=r"SIMPLE_JWT\['REVOCATION_CACHE'\] is not set"
        ):
            function("1")
    assert is_good(old())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"REVOCATION_WHEN_DOWN": "panic"}, "must be 'refuse' or 'accept'"),
        ({"REVOCATION_POLL": -1}, "must be between 0 and 86400 seconds"),
        ({"REVOCATION_POLL": "5"}, "must be a number of seconds"),
        ({"REVOCATION_CACHE": "nowhere"}, r"SIMPLE_JWT\['REVOCATION_CACHE'\] is 'nowhere'"),
    ],
)
def test_settings_that_cannot_be(
    switch_on: Configure, values: dict[str, Any], message: str
) -> None:
    switch_on(LOCMEM, **values)
    with pytest.raises(ImproperlyConfigured, match=message):
        AccessToken(old())


# --- How long an entry lives ---


def until_of(identifier: str) -> int:
    (found,) = (
        each
        for each in revocation.list_revocations().listing.entries.values()
        if each.id == identifier
    )
    return found.until


def test_lives(on: Configure, waits: list[int]) -> None:
    def about(seconds: float) -> Any:
        return pytest.approx(time.time() + seconds, abs=20)

    on(LEEWAY=30, REFRESH_TOKEN_LIFETIME=timedelta(days=40))
    revocation.revoke_token(AccessToken(old()))
    assert until_of("0123456789abcdef0123456789abcdef") == about(300 + 30)
    revocation.revoke_token("short", time.time() + 60)
    assert until_of("short") == about(60 + 30)
    revocation.revoke_token("unknown")
    assert until_of("unknown") == about(40 * 86_400 + 30)
    revocation.revoke_user("1")
    assert 40 * 86_400 + 30 < until_of("1") - time.time() <= 40 * 86_400 + 30 + 7200
    # A shorter lifetime now does not make old tokens shorter.
    on(LEEWAY=30)
    revocation.revoke_user("2")
    assert 40 * 86_400 + 30 < until_of("2") - time.time() <= 40 * 86_400 + 30 + 7200
    # An entry never becomes shorter.
    revocation.revoke_token("unknown", time.time() + 60)
    assert until_of("unknown") == about(40 * 86_400 + 30)


def test_a_sliding_token_may_have_been_renewed(on: Configure) -> None:
    revocation.revoke_token(SlidingToken(old("sliding", exp=int(time.time()) + 5)))
    assert until_of("0123456789abcdef0123456789abcdef") == pytest.approx(time.time() + 300, abs=20)
    on(AUTH_TOKEN_CLASSES=BOTH)
    revocation.revoke_token("other", time.time() + 5)
    assert until_of("other") == pytest.approx(time.time() + 300, abs=20)


class Yearly(AccessToken):
    lifetime = timedelta(days=365)  # type: ignore[assignment]


def test_a_class_with_a_lifetime_of_its_own(on: Configure) -> None:
    on(AUTH_TOKEN_CLASSES=["tests.drf.revocation.test_tokens.Yearly"])
    revocation.revoke_token("yearly")
    assert until_of("yearly") == pytest.approx(time.time() + 365 * 86_400, abs=20)


# --- The blacklist ---


def test_refresh_tokens_are_blacklisted_too(on: Configure, user: User, waits: list[int]) -> None:
    other = User.objects.create_user("otto")
    theirs = RefreshToken.for_user(other)
    tokens = [RefreshToken.for_user(user) for _ in range(3)]
    revocation.revoke_token(tokens[0])
    assert [each.token.jti for each in BlacklistedToken.objects.all()] == [tokens[0]["jti"]]
    revocation.revoke_user(str(user.pk))
    assert BlacklistedToken.objects.count() == 3
    revocation.unrevoke_user(user)
    with override_settings(SIMPLE_JWT={}), pytest.raises(TokenError, match="Token is blacklisted"):
        RefreshToken(str(tokens[1]))
    revocation.revoke_users([other], blacklist=False)
    assert BlacklistedToken.objects.count() == 3
    revocation.revoke_all()
    assert BlacklistedToken.objects.count() == 3
    revocation.revoke_all(blacklist=True)
    assert BlacklistedToken.objects.count() == 4
    assert OutstandingToken.objects.get(jti=theirs["jti"]).blacklistedtoken


# --- A refresh at the moment of a revocation ---


@pytest.mark.parametrize("path", ["/ours/token/refresh/", "/ours/sliding/refresh/"])
def test_a_refresh_that_was_judged_before(
    on: Configure,
    client: APIClient,
    user: User,
    waits: list[int],
    monkeypatch: pytest.MonkeyPatch,
    path: str,
) -> None:
    """Revoked after the old token was judged, and the new ones are of the next second."""
    kind, name = (RefreshToken, "refresh") if "token" in path else (SlidingToken, "token")
    raw = str(kind.for_user(user))
    serializer = "pyjwtfast.drf.serializers._RefreshSerializer.check"
    calls = []

    def slow(self: object, token: object) -> None:
        calls.append(token)
        revocation.revoke_user(user, blacklist=False)
        time.sleep(waits[-1] - time.time() + 0.01)

    monkeypatch.setattr(serializer, slow)
    answer = post(client, path, {name: raw})
    assert calls
    assert (answer.status, answer.body) == (401, REVOKED)


def test_the_list_does_not_judge_a_refresh(
    switch_on: Configure, redis: Any, client: APIClient, user: User, waits: list[int]
) -> None:
    """Another process has revoked it, and this one has not polled since."""

    switch_on(redis.cache(), REVOCATION_POLL=3600)
    pair = RefreshToken.for_user(user)
    sliding, access = SlidingToken.for_user(user), str(pair.access_token)
    assert is_good(access)
    mine = revocation._current
    switch_on(redis.cache(), REVOCATION_POLL=3600)
    revocation.revoke_user(user, blacklist=False)
    revocation._current = mine
    assert is_good(access)  # what the interval leaves open
    assert post(client, "/ours/token/refresh/", {"refresh": str(pair)}).body == REVOKED
    assert post(client, "/ours/sliding/refresh/", {"token": str(sliding)}).body == REVOKED
    assert not is_good(str(pair), RefreshToken)


def test_ids_of_any_text(on: Configure) -> None:
    for jti in ("a" * 300, "a b", "é", "a\n", "\x7f", "x:y", "", uuid4().hex, "sha256", "a.b"):
        raw = token(claims(jti=jti))
        assert is_good(raw)
        if jti:
            revocation.revoke_token(jti)
            assert not is_good(raw)
