"""USER_CACHE_TTL: what the next request sees of a user who is kept, and when nobody is.

The processes that tell each other are in test_user_cache_shared.py.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections, models, transaction
from django.db.models.signals import post_delete, post_init, post_save
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient, APIRequestFactory

from pyjwtfast.drf import user_cache
from pyjwtfast.drf.authentication import JWTAuthentication
from pyjwtfast.drf.exceptions import AuthenticationFailed
from pyjwtfast.drf.tokens import AccessToken
from pyjwtfast.drf.user_cache import invalidate_all_users, invalidate_user, memory
from pyjwtfast.drf.users import find_user
from tests.drf.models import Colleague, Employee, Profile, User
from tests.drf.settings import DATABASE
from tests.drf.support import claims, get, token
from tests.drf.test_user_cache_copies import contents

pytestmark = pytest.mark.django_db(transaction=True)

# In a transaction all of SQLite's reads see what was when the first of them began.
READS_WHAT_IS_COMMITTED = DATABASE != "sqlite"

needs_threads = pytest.mark.skipif(
    DATABASE == "sqlite", reason="threads share the one connection to a database in memory"
)


@pytest.fixture
def configured() -> Iterator[Callable[..., None]]:
    with ExitStack() as stack:

        def configure(**values: Any) -> None:
            stack.enter_context(override_settings(SIMPLE_JWT={"USER_CACHE_TTL": 60, **values}))

        yield configure


@pytest.fixture
def cached(configured: Callable[..., None]) -> None:
    configured()


def bearer(user: Any) -> Any:
    raw = token(claims(user_id=str(user if isinstance(user, (str, int)) else user.pk)))
    return APIRequestFactory().get("/", HTTP_AUTHORIZATION=f"Bearer {raw}")


def who(user: Any, kind: type[JWTAuthentication] = JWTAuthentication) -> Any:
    """The user of a request with the token of this one."""
    result = kind().authenticate(bearer(user))
    assert result is not None
    return result[0]


def refusal(user: Any) -> str:
    with pytest.raises(AuthenticationFailed) as refused:
        who(user)
    return str(refused.value.detail["code"])  # type: ignore[call-overload,index]


def asked(user: Any, kind: type[JWTAuthentication] = JWTAuthentication) -> int:
    """How many queries a request costs."""
    with CaptureQueriesContext(connection) as queries:
        who(user, kind)
    return len(queries.captured_queries)


def in_thread(function: Callable[[], Any]) -> Any:
    """What a function returns in a thread of its own, with connections of its own."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(function())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    return results[0]


# --- One row for many requests ---


def test_it_is_off_by_default(user: User) -> None:
    assert user_cache.current() is None
    assert [asked(user) for _ in range(3)] == [1, 1, 1]
    assert not post_save.has_listeners(User)
    assert not post_delete.has_listeners(User)


def test_a_user_is_read_once(user: User, cached: None) -> None:
    assert [asked(user) for _ in range(3)] == [1, 0, 0]
    assert contents(who(user)) == contents(User.objects.get())


def test_each_request_has_an_instance_of_its_own(user: User, cached: None) -> None:
    first = who(user)  # the one that was read
    second = who(user)
    expected = contents(User.objects.get())
    assert contents(first) == contents(second) == expected
    for mine in (first, second):
        mine.is_active = False
        mine.username = "bert"
        mine.note = []
        mine._state.adding = True
        mine._state.fields_cache["profile"] = None
        mine.get_all_permissions()  # which keeps them in the instance
        assert contents(who(user)) == expected
    assert who(user) is not who(user)


def test_that_there_is_nobody_is_not_kept(user: User, cached: None) -> None:
    for _ in range(2):
        assert refusal(user.pk + 1) == "user_not_found"
    User.objects.create_user("bert", id=user.pk + 1)
    assert who(user.pk + 1).username == "bert"


@pytest.mark.parametrize("bad", ["", "abc", "\0", True, None, 1.0, [1], {"a": 1}, 10**30])
def test_what_names_nobody(user: User, cached: None, bad: Any) -> None:
    who(user)
    for _ in range(2):
        assert find_in_cache(bad) is None


def find_in_cache(user_id: object) -> Any:
    return JWTAuthentication()._find_user(user_id)


def test_true_is_not_the_user_with_the_number_one(cached: None) -> None:
    User.objects.create_user("anna", id=1)
    for _ in range(2):
        assert find_in_cache(1).username == find_in_cache("1").username == "anna"
        assert find_in_cache(True) is None
        assert find_in_cache(1.0) is None


def test_entries_end(user: User, cached: None, monkeypatch: pytest.MonkeyPatch) -> None:
    now = memory.monotonic()
    monkeypatch.setattr(memory, "monotonic", lambda: now)
    assert asked(user) == 1
    User.objects.update(username="bert")  # which sends no signal
    now += 59.9
    assert asked(user) == 0
    assert who(user).username == "anna"
    now += 0.1
    assert asked(user) == 1
    assert who(user).username == "bert"


def test_the_time_to_live_counts_from_before_the_read(
    user: User, cached: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = memory.monotonic()
    monkeypatch.setattr(memory, "monotonic", lambda: now)
    read = who

    def slowly(execute: Any, *args: Any) -> Any:
        nonlocal now
        now += 50
        return execute(*args)

    with connection.execute_wrapper(slowly):
        read(user)
    now += 10
    assert find_kept(user) is None


def find_kept(user: Any, kind: type[JWTAuthentication] = JWTAuthentication) -> Any:
    return kind()._find_user(str(user.pk), only_kept=True)


def test_the_number_of_entries_is_bounded(configured: Any) -> None:
    configured(USER_CACHE_SIZE=3)
    users = [User.objects.create_user(f"user{number}") for number in range(6)]
    for each in users[:3]:
        who(each)
    assert [asked(each) for each in users[1:3]] == [0, 0]
    assert asked(users[3]) == 1  # in the place of the first, who has not come again
    assert asked(users[4]) == 1  # in that of the fourth
    assert [asked(each) for each in (users[1], users[2], users[4])] == [0, 0, 0]
    cache = user_cache.current()
    assert cache is not None
    for _ in range(3):
        for each in users:
            who(each)
            assert len(cache._entries) == 3
            assert sum(map(len, cache._keys.values())) == 3


# --- Changes ---

CHANGES: dict[str, Callable[[User], Any]] = {
    "save": lambda user: user.save(),
    "save of one field": lambda user: user.save(update_fields=["username"]),
    "update": lambda user: (
        User.objects.filter(pk=user.pk).update(username=user.username),
        invalidate_user(user.pk),
    ),
    "update, by the instance": lambda user: (
        User.objects.filter(pk=user.pk).update(username=user.username),
        invalidate_user(user),
    ),
    "update of all": lambda user: (
        User.objects.update(username=user.username),
        invalidate_all_users(),
    ),
    "save of a proxy": lambda user: (
        Colleague.objects.filter(pk=user.pk).get(),
        Colleague(**{f.attname: getattr(user, f.attname) for f in User._meta.fields}).save(),
    ),
    "save of a child": lambda user: Employee(
        user_ptr_id=user.pk, number=5, **fields_of(user)
    ).save(),
}


def fields_of(user: User) -> dict[str, Any]:
    return {field.attname: getattr(user, field.attname) for field in User._meta.fields}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen_by_the_next_request(user: User, cached: None, change: str) -> None:
    other = User.objects.create_user("bert", badge=9)
    assert (who(user).username, who(other).username) == ("anna", "bert")
    user.username = "carla"
    CHANGES[change](user) if change != "update of all" else CHANGES[change](other_removed(user))
    assert who(user).username == "carla"
    if change != "update of all":
        assert asked(other) == 0  # whom nobody has changed


def other_removed(user: User) -> User:
    User.objects.exclude(pk=user.pk).delete()
    return user


def test_a_user_who_is_deleted(user: User, cached: None) -> None:
    who(user)
    user.delete()
    assert refusal(claimed := 1 if user.pk is None else user.pk) == "user_not_found", claimed


@pytest.mark.parametrize("by", ["queryset", "child", "cascade"])
def test_other_ways_of_deleting(cached: None, by: str) -> None:
    employee = Employee.objects.create_user("anna")
    pk = employee.pk
    who(pk)
    if by == "queryset":
        User.objects.filter(pk=pk).delete()
    elif by == "child":
        employee.delete()
    else:
        User.objects.get().delete()
    assert refusal(pk) == "user_not_found"


def test_what_a_request_is_refused_for(user: User, configured: Any) -> None:
    configured(CHECK_REVOKE_TOKEN=True)
    request = APIRequestFactory().get(
        "/", HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(user)}"
    )

    def code() -> str:
        try:
            JWTAuthentication().authenticate(request)
        except AuthenticationFailed as refused:
            return str(refused.detail["code"])  # type: ignore[call-overload,index]
        return ""

    assert [code(), code()] == ["", ""]
    user.set_password("another")
    user.save()
    assert [code(), code()] == ["password_changed", "password_changed"]
    user.is_active = False
    user.save()
    assert [code(), code()] == ["user_inactive", "user_inactive"]


def test_checks_are_made_on_the_row_that_is_kept(user: User, cached: None) -> None:
    """Also for a user who was inactive when he was read."""
    user.is_active = False
    user.save()
    for _ in range(2):
        assert refusal(user) == "user_inactive"
    assert find_kept(user) is not None


def test_update_alone_is_not_noticed(user: User, cached: None) -> None:
    """What the documents say: within USER_CACHE_TTL the former row is used."""
    who(user)
    User.objects.update(username="bert")
    assert who(user).username == "anna"
    invalidate_user(user.pk)
    assert who(user).username == "bert"


def test_what_is_not_in_the_row_is_asked_by_each_request(user: User, cached: None) -> None:
    from django.contrib.auth.models import Permission

    assert not who(user).has_perm("drf.add_user")
    user.user_permissions.add(Permission.objects.get(codename="add_user"))
    assert who(user).has_perm("drf.add_user")
    assert find_kept(user) is not None


def test_refreshing_reads_the_row(user: User, cached: None) -> None:
    who(user)
    User.objects.update(username="bert")
    found = find_user(User, user.pk)
    assert found is not None
    assert found.get_username() == "bert"


def test_arguments_of_invalidate_user(user: User, cached: None) -> None:
    for right in (user, user.pk, str(user.pk), Colleague.objects.get()):
        assert who(user) is not None
        invalidate_user(right)
        assert find_kept(user) is None
    for wrong in ("abc", None, True, [1], object(), User()):
        with pytest.raises(ValueError, match=r"is no primary key of drf\.User\."):
            invalidate_user(wrong)
    with pytest.raises(TypeError, match=r"is of drf\.Profile, not of drf\.User\."):
        invalidate_user(Profile(user=user))


def test_invalidating_where_nothing_is_kept(user: User) -> None:
    invalidate_user(user)
    invalidate_all_users()
    with pytest.raises(ValueError, match="is no primary key"):
        invalidate_user("abc")


# --- Transactions ---


class Rollback(Exception):
    pass


@contextmanager
def rolled_back() -> Iterator[None]:
    with suppress(Rollback), transaction.atomic():
        yield
        raise Rollback


def rename(user: User, name: str) -> None:
    user.username = name
    user.save()


def test_a_transaction_sees_its_own_row(user: User, cached: None) -> None:
    assert who(user).username == "anna"
    with transaction.atomic():
        rename(user, "bert")
        assert [who(user).username for _ in range(2)] == ["bert", "bert"]
        assert find_kept(user) is None
    assert who(user).username == "bert"
    assert asked(user) == 0


def test_what_was_read_in_the_changing_transaction_is_not_kept(user: User, cached: None) -> None:
    """Seen: is_active=True in the cache until the TTL, of a read before the commit."""
    with transaction.atomic():
        who(user)
        user.is_active = False
        user.save()
    assert refusal(user) == "user_inactive"


def test_a_rollback(user: User, cached: None) -> None:
    who(user)
    with rolled_back():
        rename(user, "bert")
        assert who(user).username == "bert"
    assert who(user).username == "anna"
    assert asked(user) == 0


def test_a_rollback_to_a_savepoint(user: User, cached: None) -> None:
    with transaction.atomic():
        with rolled_back():
            rename(user, "bert")
            assert who(user).username == "bert"
        assert who(user).username == "anna"
        rename(user, "carl")
        with rolled_back():
            rename(user, "dora")
        assert who(user).username == "carl"
    assert who(user).username == "carl"
    assert asked(user) == 0


def test_update_in_a_transaction_that_is_rolled_back(user: User, cached: None) -> None:
    """Of what sends no signal nothing is left either: what was read is kept on commit only."""
    with rolled_back():
        User.objects.update(username="bert")
        assert who(user).username == "bert"
    assert who(user).username == "anna"


def test_invalidate_user_in_a_transaction(user: User, cached: None) -> None:
    who(user)
    with transaction.atomic():
        User.objects.update(username="bert")
        invalidate_user(user.pk)
        assert who(user).username == "bert"
        assert find_kept(user) is None
    assert [who(user).username, asked(user)] == ["bert", 0]


def test_reads_in_transactions(user: User, cached: None) -> None:
    """As with ATOMIC_REQUESTS: they are kept, where each statement sees what is committed."""
    with transaction.atomic():
        assert [asked(user), asked(user)] == [1, 1]
    assert asked(user) == (0 if READS_WHAT_IS_COMMITTED else 1)


def test_reads_in_transactions_of_another_isolation(
    user: User, cached: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = connections["default"]
    monkeypatch.setattr(own, "isolation_level", "repeatable read", raising=False)
    with transaction.atomic():
        who(user)
    assert find_kept(user) is None


def test_manual_transactions(user: User, cached: None) -> None:
    """Django has no on_commit() there."""
    who(user)
    transaction.set_autocommit(False)
    try:
        rename(user, "bert")
        assert [who(user).username for _ in range(2)] == ["bert", "bert"]
        transaction.rollback()
        assert who(user).username == "anna"
        transaction.rollback()
        rename(user, "carl")
        assert who(user).username == "carl"
        transaction.commit()
        assert who(user).username == "carl"
        transaction.commit()
    finally:
        transaction.set_autocommit(True)
    assert [who(user).username for _ in range(2)] == ["carl", "carl"]
    assert asked(user) == 0


def test_tests_keep_nothing(user: User, cached: None) -> None:
    """What a TestCase reads is rolled back; hooks that it runs itself change nothing in that."""
    with rolled_back():
        with TestCase.captureOnCommitCallbacks(execute=True):
            who(user)
            rename(user, "bert")
            who(user)
        who(user)
    assert find_kept(user) is None
    assert who(user).username == "anna"


def test_a_test_case_finds_its_own_hooks(user: User, cached: None) -> None:
    class Case(TestCase):
        def runTest(self) -> None:
            seen = []
            transaction.on_commit(lambda: seen.append("before"))
            with self.captureOnCommitCallbacks(execute=True):
                rename(user, "bert")
                transaction.on_commit(lambda: seen.append("own"))
            assert seen == ["own"]

    Case().debug()


@pytest.mark.parametrize("sender", [User, None])
def test_a_receiver_that_fails(user: User, configured: Any, sender: Any) -> None:
    """One of the project's, from before ours: the row has been changed all the same."""

    def fail(**kwargs: Any) -> None:
        raise ZeroDivisionError

    for signal in (post_save, post_delete):
        signal.connect(fail, sender=sender)
    try:
        configured()
        who(user)
        user.is_active = False
        with pytest.raises(ZeroDivisionError):
            user.save()
        assert refusal(user) == "user_inactive"
    finally:
        for signal in (post_save, post_delete):
            assert signal.disconnect(fail, sender=sender)


def test_many_changes_in_one_transaction(
    user: User, cached: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_MOST_OF_ONE_TRANSACTION", 2)
    other = User.objects.create_user("zoe")
    with transaction.atomic():
        for number in range(4):
            with transaction.atomic():
                User.objects.create_user(f"user{number}")
        (mark,) = user_cache.current()._marks  # type: ignore[union-attr]
        assert mark.rows == {"*"}
        assert len(connection.run_on_commit) == 1
    who(other)
    assert asked(other) == 0


@needs_threads
def test_a_transaction_is_open_in_another_thread(user: User, cached: None) -> None:
    """Each request reads what is committed, and nothing is kept of it."""
    who(user)
    with transaction.atomic():
        rename(user, "bert")
        for _ in range(2):
            assert in_thread(lambda: who(user).username) == "anna"
            assert find_kept(user) is None
    assert in_thread(lambda: who(user).username) == "bert"
    with rolled_back():
        rename(user, "carl")
        assert in_thread(lambda: who(user).username) == "bert"
    assert in_thread(lambda: who(user).username) == "bert"
    assert find_kept(user) is not None


@needs_threads
@pytest.mark.parametrize("begins_before", ["change", "commit"])
@pytest.mark.parametrize("ends_before", ["commit", "never"])
def test_a_read_that_began_earlier(
    user: User, cached: None, begins_before: str, ends_before: str
) -> None:
    """Its row is not kept, whenever it arrives."""
    began, go_on = threading.Event(), threading.Event()

    def slowly(execute: Any, *args: Any) -> Any:
        result = execute(*args)
        began.set()
        assert go_on.wait(20)
        return result

    def read() -> Any:
        try:
            connection.ensure_connection()  # with statements of its own
            with connection.execute_wrapper(slowly):
                return who(user).username
        finally:
            connections.close_all()

    names: list[str] = []
    thread = threading.Thread(target=lambda: names.append(read()))
    if begins_before == "change":
        thread.start()
        assert began.wait(20)
    with transaction.atomic():
        rename(user, "bert")
        if begins_before == "commit":
            thread.start()
            assert began.wait(20)
        if ends_before == "commit":
            go_on.set()
            thread.join(20)
    go_on.set()
    thread.join(20)
    assert names == ["anna"]
    assert find_kept(user) is None
    assert who(user).username == "bert"


@needs_threads
def test_a_thread_that_ends_within_its_transaction(user: User, cached: None) -> None:
    who(user)

    def left_open() -> None:
        transaction.get_connection().set_autocommit(False)
        rename(User.objects.get(), "bert")

    in_thread(left_open)
    assert who(user).username == "anna"
    assert asked(user) == 0


def test_hooks_that_run_before_ours(user: User, cached: None) -> None:
    """Between the commit and our hook no former row is used."""
    seen = []
    who(user)
    with transaction.atomic():
        transaction.on_commit(lambda: seen.append(who(user).username))
        rename(user, "bert")
        transaction.on_commit(lambda: seen.append(who(user).username))
    assert seen == ["bert", "bert"]
    assert who(user).username == "bert"


def test_old_changes_are_forgotten_safely(
    user: User, cached: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read that is older than the oldest change known is not kept."""
    monkeypatch.setattr(memory, "_CHANGES_KNOWN", 3)
    cache = user_cache.current()
    assert cache is not None

    def meanwhile(changes: int) -> bool:
        def read() -> User:
            for number in range(changes):
                cache.drop([f"drf.user:{1000 + number}"])
            return user

        cache.drop(["*"])
        cache.get("key", "default", read)
        return cache.peek("key") is not None

    assert [meanwhile(changes) for changes in (0, 1, 3, 4, 10)] == [True, True, True, False, False]
    assert len(cache._changed) == 3


# --- Whose entries they are ---


class OwnQueryset(JWTAuthentication):
    def get_user_queryset(self) -> Any:
        return User.objects.only("username", "is_active")


class OwnConstantQueryset(OwnQueryset):
    user_queryset_is_constant = True


class WithProfile(JWTAuthentication):
    user_queryset_is_constant = True

    def get_user_queryset(self) -> Any:
        return User.objects.select_related("profile")


def test_querysets_of_subclasses(user: User, cached: None) -> None:
    assert [asked(user, OwnQueryset) for _ in range(3)] == [1, 1, 1]
    assert [asked(user, OwnConstantQueryset) for _ in range(3)] == [1, 0, 0]
    assert [asked(user) for _ in range(3)] == [1, 0, 0]
    assert "email" in who(user, OwnConstantQueryset).get_deferred_fields()
    assert not who(user).get_deferred_fields()
    rename(user, "bert")
    assert who(user, OwnConstantQueryset).username == who(user).username == "bert"


def test_related_objects(user: User, cached: None) -> None:
    Profile.objects.create(user=user, choices={"colour": "red"})
    assert asked(user, WithProfile) == 1
    with CaptureQueriesContext(connection) as queries:
        for _ in range(2):
            mine = who(user, WithProfile)
            assert mine.profile.choices == {"colour": "red"}
            mine.profile.choices["colour"] = "blue"
    assert not queries.captured_queries


class Everybody(models.Manager[Any]):
    def get_queryset(self) -> Any:
        return super().get_queryset().filter(username__startswith="a")


class Constant(JWTAuthentication):
    user_queryset_is_constant = True


def test_managers_of_projects(user: User, cached: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Are asked each time, unless a subclass says that they are constant."""
    manager: Any = Everybody()
    manager.model, manager.name = User, "objects"
    monkeypatch.setattr(User, "objects", manager)
    assert [asked(user) for _ in range(2)] == [1, 1]
    assert [asked(user, Constant) for _ in range(2)] == [1, 0]
    assert asked(user) == 1


def test_a_model_with_receivers_is_read_each_time(user: User, cached: None, caplog: Any) -> None:
    def receiver(**kwargs: Any) -> None:
        pass

    post_init.connect(receiver, sender=User)
    try:
        assert [asked(user) for _ in range(3)] == [1, 1, 1]
    finally:
        post_init.disconnect(receiver, sender=User)
    assert [record.getMessage() for record in caplog.records] == [
        "Users are not cached: drf.User has receivers of pre_init or post_init"
    ]
    assert [asked(user) for _ in range(2)] == [1, 0]


class ByThread:
    """A router that asks a thread-local."""

    chosen = threading.local()

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return getattr(self.chosen, "alias", None)


@pytest.mark.django_db(transaction=True, databases=["default", "second"])
def test_databases(user: User, cached: None, monkeypatch: pytest.MonkeyPatch) -> None:
    other = User(username="of the other database", pk=user.pk)
    other.save(using="second")
    with override_settings(DATABASE_ROUTERS=[f"{__name__}.ByThread"]):
        for _ in range(2):
            monkeypatch.setattr(ByThread.chosen, "alias", "second", raising=False)
            assert (who(user).username, who(user)._state.db) == (other.username, "second")
            monkeypatch.setattr(ByThread.chosen, "alias", "default")
            assert (who(user).username, who(user)._state.db) == ("anna", "default")
        assert asked(user) == 0
        # The user as such has changed, wherever he is read from: it may be a replica.
        user.save(using="default")
        assert asked(user) == 1


def test_schemas(user: User, configured: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """django-tenants' connections say in which schema they are."""
    monkeypatch.setattr(connections["default"], "schema_name", "public", raising=False)
    configured()
    assert [asked(user) for _ in range(2)] == [1, 0]
    monkeypatch.setattr(connections["default"], "schema_name", "tenant")
    assert [asked(user) for _ in range(2)] == [1, 0]
    monkeypatch.setattr(connections["default"], "schema_name", "public")
    assert asked(user) == 0
    assert find_kept(user) is None  # elsewhere the connection may be another one
    user.save()
    assert asked(user) == 1


TENANT = threading.local()


def current_tenant() -> Any:
    return getattr(TENANT, "name", None)


def test_a_key_of_the_project(user: User, configured: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    configured(USER_CACHE_KEY=f"{__name__}.current_tenant")
    for tenant in ("one", "other"):
        monkeypatch.setattr(TENANT, "name", tenant, raising=False)
        assert [asked(user) for _ in range(2)] == [1, 0]
    assert find_kept(user) is None
    monkeypatch.setattr(TENANT, "name", ["not hashable"])
    with pytest.raises(ImproperlyConfigured, match=r"\['USER_CACHE_KEY'\] returned \['not hash"):
        who(user)


def test_a_model_of_two_tables() -> None:
    employee = Employee.objects.create_user("anna", number=1)
    with override_settings(AUTH_USER_MODEL="drf.Employee", SIMPLE_JWT={"USER_CACHE_TTL": 60}):
        assert [asked(employee) for _ in range(2)] == [1, 0]
        assert (who(employee).number, who(employee).username) == (1, "anna")
        rename(User.objects.get(), "bert")  # the parent's row
        assert who(employee).username == "bert"
        Employee.objects.update(number=2)
        invalidate_user(employee.pk)
        assert who(employee).number == 2
        deferred = Employee.objects.only("number").get()
        deferred.number = 3
        deferred.save()
        assert who(employee).number == 3


# --- Without waiting ---


def test_what_needs_no_database(user: User, cached: None) -> None:
    assert find_kept(user) is None
    who(user)
    with CaptureQueriesContext(connection) as queries:
        kept = find_kept(user)
    assert not queries.captured_queries
    assert contents(kept) == contents(User.objects.get())
    assert find_kept(user) is not kept
    with override_settings(DATABASE_ROUTERS=[f"{__name__}.ByThread"]):
        who(user)
        assert find_kept(user) is None


def test_where_nothing_is_kept(user: User) -> None:
    who(user)
    assert find_kept(user) is None


# --- Settings and processes ---


def test_settings_take_effect_at_once(user: User, configured: Any) -> None:
    configured()
    assert [asked(user) for _ in range(2)] == [1, 0]
    with override_settings(SIMPLE_JWT={"USER_CACHE_TTL": 0}):
        assert [asked(user) for _ in range(2)] == [1, 1]
        assert not post_save.has_listeners(User)
    assert [asked(user) for _ in range(2)] == [1, 0]
    assert post_save.has_listeners(User)
    assert not post_save.has_listeners(Profile)
    with override_settings(SIMPLE_JWT={"USER_CACHE_TTL": 60, "USER_ID_FIELD": "badge"}):
        assert JWTAuthentication()._find_user(user.badge) == user
        assert JWTAuthentication()._find_user(str(user.pk + 100)) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("USER_CACHE_TTL", "60"),
        ("USER_CACHE_TTL", -1),
        ("USER_CACHE_TTL", True),
        ("USER_CACHE_TTL", None),
        ("USER_CACHE_TTL", float("nan")),
        ("USER_CACHE_TTL", 86_401),
        ("USER_CACHE_SIZE", 0),
        ("USER_CACHE_SIZE", "many"),
        ("USER_CACHE_SIZE", True),
        ("USER_CACHE_INVALIDATION", "none such"),
        ("USER_CACHE_INVALIDATION", 5),
        ("USER_CACHE_POLL", -1),
        ("USER_CACHE_POLL", "1"),
        ("USER_CACHE_KEY", 5),
    ],
)
def test_settings_that_cannot_be_used(user: User, configured: Any, name: str, value: Any) -> None:
    configured(**{name: value})
    for _ in range(2):
        with pytest.raises(ImproperlyConfigured, match=rf"SIMPLE_JWT\['{name}'\] is .* must be"):
            who(user)
    user.save()  # which is no request


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork()")
def test_after_a_fork(user: User, cached: None) -> None:
    """The child has nothing, and no lock that a thread of its parent's holds."""
    who(user)
    cache = user_cache.current()
    assert cache is not None
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with cache._lock, cache._looking, user_cache._configuring:
            held.set()
            release.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(20)
    child = os.fork()
    if child == 0:
        # No connection of the parent's is touched here, and no exit handler is run.
        status = 1
        try:
            assert cache.peek((User, "default", str(user.pk))) is None
            cache.drop(["drf.user:1"])
            cache.get("key", "default", lambda: None)
            with user_cache._configuring:
                status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    release.set()
    thread.join(20)
    assert os.waitstatus_to_exitcode(status) == 0
    assert asked(user) == 0


def test_through_the_views(user: User, cached: None, client: APIClient) -> None:
    authorization = f"Bearer {AccessToken.for_user(user)}"
    for expected in (1, 0, 0):
        with CaptureQueriesContext(connection) as queries:
            answer = get(client, "/ours/who/", authorization)
        assert (answer.status, answer.body["username"]) == (200, "anna")
        assert len(queries.captured_queries) == expected
    user.delete()
    assert get(client, "/ours/who/", authorization).status == 401
