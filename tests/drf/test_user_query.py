"""The compiled look-up of users: it gives what get() gives, by the same statement.

But for the limit, which get() sends where there is but one row, too.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import connection, connections, models
from django.db.models import Value
from django.db.models.functions import Length, Upper
from django.db.models.lookups import Exact
from django.db.models.query import MAX_GET_RESULTS
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import post_init, pre_init
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIRequestFactory

from pyjwtfast.drf import instances, user_query
from pyjwtfast.drf.authentication import JWTAuthentication, JWTLazyUserAuthentication
from pyjwtfast.drf.tokens import AccessToken
from pyjwtfast.drf.user_query import (
    FrozenGet,
    NotFreezableError,
    database_of,
    get_frozen,
    is_djangos_own,
)
from pyjwtfast.drf.users import find_user, load_user
from tests.drf.models import User

pytestmark = pytest.mark.django_db

TO_PARAMETER = FrozenGet._to_parameter
LIMIT = f" LIMIT {MAX_GET_RESULTS}"
FIELDS = ["id", "pk", "uuid", "badge", "username"]


@pytest.fixture(autouse=True)
def nothing_compiled() -> Iterator[None]:
    instances.are_plain.cache_clear()
    user_query._frozen.clear()
    yield
    user_query._frozen.clear()
    instances.are_plain.cache_clear()


def state(instance: models.Model) -> dict[str, Any]:
    """All that an instance is made of."""
    attributes = dict(vars(instance))
    made_by: Any = attributes.pop("_state")
    return {**attributes, "state": {k: v for k, v in vars(made_by).items() if k != "peers"}}


def statements(function: Any, *args: Any, **options: Any) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        function(*args, **options)
    return [query["sql"] for query in captured.captured_queries]


def without_limit(sent: list[str]) -> list[str]:
    (statement,) = sent
    assert statement.endswith(LIMIT)
    return [statement.removesuffix(LIMIT)]


@pytest.mark.parametrize("field", FIELDS)
def test_it_is_what_get_returns(user: User, field: str) -> None:
    other = User.objects.create_user("bert", "bert@example.com", "b", badge=8)
    for who in (user, other, user):
        value = getattr(who, field)
        for given in (value, str(value)):
            expected = User.objects.get(**{field: given})
            assert state(get_frozen(User.objects, field, given)) == state(expected)
    assert len(user_query._frozen) == 1
    assert None not in user_query._frozen.values()


@pytest.mark.parametrize("field", [*FIELDS, "email"])
def test_it_sends_the_statement_that_get_sends(user: User, field: str) -> None:
    value = getattr(user, field)
    expected = statements(lambda: User.objects.get(**{field: value}))
    if field != "email":  # there is one row at most
        expected = without_limit(expected)
    for _ in range(2):
        assert statements(get_frozen, User.objects, field, value) == expected
    assert len(expected) == 1


def test_nobody(user: User) -> None:
    for _ in range(2):
        with pytest.raises(User.DoesNotExist):
            get_frozen(User.objects, "id", user.id + 1)
        assert get_frozen(User.objects, "id", user.id) == user


def test_more_than_one(user: User) -> None:
    User.objects.create_user("bert", user.email, "b")
    with pytest.raises(User.MultipleObjectsReturned) as theirs:
        User.objects.get(email=user.email)
    with pytest.raises(User.MultipleObjectsReturned) as ours:
        get_frozen(User.objects, "email", user.email)
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize("first", [True, False])
def test_what_no_row_can_have_costs_no_query(user: User, first: bool) -> None:
    """Also when it is the first value that is asked for: it is then no example."""
    if not first:
        find_user(User, user.id)
    for value in (
        10**30,
        -(10**30),
        str(10**30),
        "abc",
        "",
        "1.5",
        True,
        None,
        [1],
        "\0",
        "\ud800",
    ):
        assert statements(lambda value=value: find_user(User, value)) == []
        assert find_user(User, value) is None
    assert find_user(User, str(user.id)) == user
    assert find_user(User, user.id) == user


def test_signals_and_from_db(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def receiver(signal: Any, **kwargs: Any) -> None:
        seen.append("pre_init" if signal is pre_init else "post_init")

    def from_db(cls: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append("from_db")
        return super(User, cls).from_db(*args, **kwargs)

    monkeypatch.setattr(User, "from_db", classmethod(from_db), raising=False)
    for signal in (pre_init, post_init):
        signal.connect(receiver, sender=User)
    try:
        for _ in range(2):
            seen.clear()
            get_frozen(User.objects, "id", user.id)
            assert seen == ["from_db", "pre_init", "post_init"]
    finally:
        for signal in (pre_init, post_init):
            signal.disconnect(receiver, sender=User)


@pytest.mark.parametrize("method", ["__init__", "__setattr__", "from_db"])
def test_whatever_of_the_model_makes_instances_is_called(
    user: User, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Also when it is replaced after the statement was compiled."""
    get_frozen(User.objects, "id", user.id)
    seen: list[str] = []
    original: Any = getattr(User, method)

    def replaced(*args: Any, **kwargs: Any) -> Any:
        seen.append(method)
        if method == "from_db":
            return original(*args[1:], **kwargs)
        return original(*args, **kwargs)

    made: Any = classmethod(replaced) if method == "from_db" else replaced
    monkeypatch.setattr(User, method, made, raising=False)
    assert get_frozen(User.objects, "id", user.id) == user
    assert seen


def test_an_attribute_of_its_own_is_set_as_it_wants(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Shouted(DeferredAttribute):
        def __set__(self, instance: Any, value: Any) -> None:
            vars(instance)[self.field.attname] = value.upper()

    field = User._meta.get_field("username")
    monkeypatch.setattr(User, "username", Shouted(field))
    expected = User.objects.get(pk=user.pk)
    assert expected.username == user.username.upper()
    assert state(get_frozen(User.objects, "id", user.id)) == state(expected)


def test_an_attribute_that_hides_behind_djangos(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The class shows the one of Django's that it stands for."""

    class Wrapped:
        def __init__(self, inner: DeferredAttribute) -> None:
            self.inner: Any = inner

        def __get__(self, instance: Any, owner: Any = None) -> Any:
            return self.inner.__get__(instance, owner)

        def __set__(self, instance: Any, value: Any) -> None:
            vars(instance)[self.inner.field.attname] = value.upper()

    monkeypatch.setattr(User, "username", Wrapped(vars(AbstractUser)["username"]))
    expected = User.objects.get(pk=user.pk)
    assert expected.username == user.username.upper()
    assert state(get_frozen(User.objects, "id", user.id)) == state(expected)


def test_a_metaclass_that_makes_instances_is_called(user: User) -> None:
    """Also one that comes after the statement was compiled."""
    kind: Any = type(User)
    seen: list[Any] = []

    class Own(kind):  # type: ignore[misc]
        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            seen.append(cls)
            return super().__call__(*args, **kwargs)

    get_frozen(User.objects, "id", user.id)
    try:
        User.__class__ = Own
        assert get_frozen(User.objects, "id", user.id) == user
        assert seen == [User]
        assert JWTLazyUserAuthentication().get_user(AccessToken.for_user(user)).pk == user.pk
        assert seen == [User, User]
    finally:
        User.__class__ = kind


def test_each_caller_has_an_instance_of_its_own(user: User) -> None:
    first, second = (get_frozen(User.objects, "id", user.id) for _ in range(2))
    first.is_active = False
    assert first is not second
    assert second.is_active
    assert get_frozen(User.objects, "id", user.id).is_active


def test_the_row_is_read_each_time(user: User) -> None:
    get_frozen(User.objects, "id", user.id)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert not get_frozen(User.objects, "id", user.id).is_active
    user.delete()
    assert find_user(User, user.id) is None


@pytest.mark.django_db(transaction=True)
def test_each_thread_uses_its_own_connection(user: User) -> None:
    """And an ended thread's connection is not kept."""
    if connection.vendor == "sqlite":
        pytest.skip("threads share the one connection to a database in memory")
    get_frozen(User.objects, "id", user.id)
    used: list[int] = []

    def look_up() -> None:
        try:
            assert len(statements_of_thread(user)) == 1
            used.append(id(connections["default"]))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=look_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(used)) == 4
    assert statements(get_frozen, User.objects, "id", user.id) != []


def statements_of_thread(user: User) -> list[Any]:
    with CaptureQueriesContext(connections["default"]) as captured:
        assert get_frozen(User.objects, "id", user.id) == user
    return list(captured.captured_queries)


# --- Lookups of a field's own ---


class Asking(Exact):  # type: ignore[type-arg]
    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        assert compiler.connection is connection
        return super().process_rhs(compiler, connection)


class Remembering(Exact):  # type: ignore[type-arg]
    def get_prep_lookup(self) -> Any:
        if not hasattr(self, "prepared"):
            self.prepared = super().get_prep_lookup()
        return self.prepared


@pytest.mark.parametrize("lookup", [Asking, Remembering])
def test_a_lookup_of_the_fields_own(user: User, lookup: Any) -> None:
    other = User.objects.create_user("bert", "bert@example.com", "b")
    kind: Any = type(User._meta.get_field("username"))
    kind.register_lookup(lookup)
    try:
        for who in (user, other, user):
            assert get_frozen(User.objects, "username", who.username) == who
    finally:
        kind._unregister_lookup(lookup)


# --- What is remembered of values ---


@pytest.mark.parametrize("field", FIELDS)
def test_django_is_asked_once_what_a_value_is_sent_as(user: User, field: str) -> None:
    other = User.objects.create_user("bert", "bert@example.com", "b", badge=8)
    expected = {
        str(getattr(who, field)): statements(User.objects.get, **{field: str(getattr(who, field))})
        for who in (user, other)
    }
    with mock.patch.object(FrozenGet, "_to_parameter", autospec=True) as asked:
        asked.side_effect = TO_PARAMETER
        for _ in range(3):
            for who in (user, other):
                text = str(getattr(who, field))
                assert get_frozen(User.objects, field, text) == who
                sent = statements(get_frozen, User.objects, field, text)
                assert sent == without_limit(expected[text])
    assert asked.call_count == 2


def found_and_sent(get: Any, *args: Any, **options: Any) -> tuple[User | None, list[str]]:
    found = []

    def look_up() -> None:
        with contextlib.suppress(User.DoesNotExist):
            found.append(get(*args, **options))

    sent = statements(look_up)
    return (found[0] if found else None), sent


def test_an_integer_and_its_text_are_two_values(user: User) -> None:
    User.objects.filter(pk=user.pk).update(username=str(user.id))
    for value in (user.id, str(user.id), True, float(user.id)):
        for field in ("id", "username"):
            theirs, expected = found_and_sent(User.objects.get, **{field: value})
            for _ in range(2):
                ours, sent = found_and_sent(get_frozen, User.objects, field, value)
                assert ours == theirs
                assert sent == without_limit(expected)


def test_only_so_many_values_and_no_huge_ones(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_query, "_REMEMBERED", 3)
    assert get_frozen(User.objects, "username", user.username) == user
    (frozen,) = user_query._frozen.values()
    assert frozen is not None
    assert frozen._remembered
    for number in range(20):
        assert frozen(f"nobody{number}") == []
        assert 0 < len(frozen._remembered) <= 3
    before = dict(frozen._remembered)
    assert frozen("x" * 65) == frozen(2**64) == []
    assert frozen._remembered == before


class Changing(models.CharField):  # type: ignore[type-arg]
    prefix = ""

    def get_prep_value(self, value: Any) -> Any:
        return f"{self.prefix}{value}"


def test_a_field_that_is_not_djangos_is_asked_each_time(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.create_user("x-" + user.username, "x@example.com", "x")
    monkeypatch.setattr(User._meta.get_field("username"), "__class__", Changing)
    for prefix in ("", "x-", ""):
        monkeypatch.setattr(Changing, "prefix", prefix)
        found = get_frozen(User.objects, "username", user.username)
        assert found.username == prefix + user.username


# --- The database ---


class Elsewhere(models.QuerySet[Any]):
    @property
    def db(self) -> str:
        return "elsewhere"


def test_the_database_of_a_source() -> None:
    assert database_of(User.objects) == database_of(User.objects.all()) == "default"
    assert database_of(User.objects.using("other")) == "other"
    assert database_of(made(UserManager()).db_manager("other")) == "other"
    assert database_of(Elsewhere(User)) == "elsewhere"
    with override_settings(DATABASE_ROUTERS=[mock.Mock(db_for_read=lambda *args: "routed")]):
        assert database_of(User.objects) == database_of(User.objects.all()) == "routed"
    assert database_of(User.objects) == "default"


# --- What is not Django's own takes the ordinary way ---

TENANT = threading.local()


class OfTenant(models.Manager[Any]):
    def get_queryset(self) -> Any:
        return super().get_queryset().filter(username=getattr(TENANT, "name", "anna"))


class Chatty(models.QuerySet[Any]):
    pass


def made(manager: Any) -> Any:
    manager.model, manager.name = User, "objects"
    return manager


class GetsStaff(UserManager[User]):
    def get(self, *args: Any, **kwargs: Any) -> Any:
        return super().get(*args, is_staff=True, **kwargs)


def test_a_get_of_a_managers_own_is_called(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(User, "objects", made(GetsStaff()))
    with override_settings(SIMPLE_JWT={"USER_CACHE_TTL": 60}):
        assert find_user(User, user.id) is None
        assert load_user(User, user.id) is None
        User.objects.update(is_staff=True)
        assert load_user(User, user.id) == user


def test_djangos_own_managers() -> None:
    assert is_djangos_own(User.objects)
    assert is_djangos_own(made(models.Manager()))
    assert not is_djangos_own(made(OfTenant()))
    assert not is_djangos_own(made(models.Manager.from_queryset(Chatty)()))
    assert not is_djangos_own(made(Chatty.as_manager()))
    assert not is_djangos_own(made(GetsStaff()))


def test_a_manager_that_asks_a_thread_local_is_asked_each_time(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(User, "objects", made(OfTenant()))
    assert find_user(User, user.id) == user
    monkeypatch.setattr(TENANT, "name", "somebody else", raising=False)
    assert find_user(User, user.id) is None
    assert user_query._frozen == {}


@pytest.mark.parametrize(
    "queryset",
    [
        lambda: User.objects.union(User.objects.all()),
        lambda: User.objects.select_for_update(),
        lambda: User.objects.values("id"),
        lambda: User.objects.prefetch_related("groups"),
    ],
)
def test_what_cannot_be_frozen(user: User, queryset: Any) -> None:
    with pytest.raises(NotFreezableError):
        user_query.FrozenGet(queryset(), "id", user.id)


@pytest.mark.parametrize("field", ["groups", "groups__name", "username__iexact", "email__in"])
def test_what_is_no_field_takes_the_ordinary_way(user: User, field: str) -> None:
    assert user_query._freeze(User.objects.all(), field, 1) is None


FIRST = "django_content_type.id = (SELECT min(id) FROM django_content_type)"


@pytest.mark.parametrize(
    ("queryset", "limited"),
    [
        (lambda: User.objects.only("username", "is_active"), False),
        (lambda: User.objects.defer("password"), False),
        (lambda: User.objects.annotate(shout=Upper("username"), size=Length("email")), True),
        (lambda: User.objects.annotate(one=Value(1)).filter(is_active=True), True),
        (lambda: User.objects.filter(groups=None).distinct(), True),
        (lambda: User.objects.order_by("-username"), False),
        (lambda: User.objects.extra(select={"one": "1"}), False),
        (lambda: User.objects.extra(tables=["django_content_type"], where=[FIRST]), True),
    ],
)
def test_querysets_that_a_project_calls_constant(user: User, queryset: Any, limited: bool) -> None:
    """A limit is sent where anything could add rows to the one of a unique field."""
    expected = state(queryset().get(id=user.id))
    sent = statements(lambda: queryset().get(id=user.id))
    if not limited:
        sent = without_limit(sent)
    for _ in range(2):
        assert state(get_frozen(queryset(), "id", user.id, owner="test")) == expected
        assert statements(lambda: get_frozen(queryset(), "id", user.id, owner="test")) == sent
    assert None not in user_query._frozen.values()


# --- The hook of the authentication class ---


class Lean(JWTAuthentication):
    asked = 0

    def get_user_queryset(self) -> Any:
        type(self).asked += 1
        return User.objects.only("username", "is_active")


class LeanConstant(Lean):
    user_queryset_is_constant = True


@pytest.mark.parametrize("kind", [Lean, LeanConstant])
def test_get_user_queryset(user: User, kind: Any) -> None:
    request: Any = APIRequestFactory().get(
        "/", HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(user)}"
    )
    kind.asked = 0
    for _ in range(3):
        found, _ = kind().authenticate(request)
        assert found == user
        assert "email" in found.get_deferred_fields()
    assert kind.asked == 3
    assert len(user_query._frozen) == (1 if kind is LeanConstant else 0)


def test_settings_that_change_it(user: User) -> None:
    find_user(get_user_model(), user.id)
    assert user_query._frozen != {}
    with override_settings(AUTH_USER_MODEL="auth.User"):
        assert user_query._frozen == {}
