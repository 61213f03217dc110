"""Copies of instances: equal to what reading again gives, and nobody sees what is done to one."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, models
from django.db.models import Value
from django.db.models.functions import Upper
from django.db.models.signals import post_init, pre_init
from django.test.utils import CaptureQueriesContext

from pyjwtfast.drf.user_cache.copies import NotCopiableError, copier
from tests.drf.models import Employee, Profile, User

pytestmark = pytest.mark.django_db


def contents(instance: Any, known: dict[int, int] | None = None) -> Any:
    """All that an instance is made of, and those that it leads to."""
    known = {} if known is None else known
    if id(instance) in known:
        return known[id(instance)]
    known[id(instance)] = len(known)
    attributes = dict(vars(instance))
    state = dict(vars(attributes.pop("_state")))
    attributes = deepcopy(attributes)
    state.pop("peers", None)
    related = {
        name: contents(each, known) if isinstance(each, models.Model) else each
        for name, each in state.pop("fields_cache", {}).items()
    }
    return type(instance), attributes, state, related


QUERYSETS = {
    "all": lambda: User.objects.all(),
    "only": lambda: User.objects.only("username"),
    "annotated": lambda: User.objects.annotate(shout=Upper("username"), one=Value(1)),
    "inherited": lambda: Employee.objects.all(),
    "related": lambda: User.objects.select_related("profile"),
    "related, both ways": lambda: Profile.objects.select_related("user", "user__employee"),
}


@pytest.fixture
def profile() -> Profile:
    employee = Employee.objects.create_user("anna", "anna@example.com", "p", badge=7, number=3)
    return Profile.objects.create(user=employee, choices={"colours": ["red", {"a": 1}]})


@pytest.mark.parametrize("name", QUERYSETS)
def test_a_copy_is_what_reading_gives(profile: Profile, name: str) -> None:
    read = QUERYSETS[name]().get()
    expected = contents(read)
    copy = copier(read)
    del read
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            made = copy()
            assert contents(made) == expected
        assert not queries.captured_queries
        made.refresh_from_db()
        assert made.pk == expected[1].get("id", made.pk)


def test_nothing_that_is_done_to_a_copy_is_seen_in_another(profile: Profile) -> None:
    read = User.objects.select_related("profile").get()
    expected = contents(read)
    copy = copier(read)
    read.profile.choices["colours"].clear()
    read.profile = None
    made = copy()
    made.username = "bert"
    made.is_active = False
    made.extra = 1
    made._state.adding, made._state.db = True, "other"
    made._state.fields_cache["more"] = made
    made.profile.choices["colours"][1]["a"] = 2
    made.profile.choices["more"] = 1
    made.profile.user.username = "carl"  # which is made itself
    assert contents(copy()) == expected
    assert contents(made) != expected


def test_related_objects_point_to_the_copy(profile: Profile) -> None:
    copy = copier(User.objects.select_related("profile").get())
    one, other = copy(), copy()
    assert one.profile.user is one
    assert other.profile.user is other
    assert one.profile is not other.profile


def test_what_is_deferred_is_read_by_each(profile: Profile) -> None:
    copy = copier(User.objects.only("username").get())
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert copy().email == "anna@example.com"
        assert len(queries.captured_queries) == 1


def test_fields_that_are_no_plain_values(profile: Profile) -> None:
    """An object is copied by Python; what can't be, is not."""

    class Tracker:
        def __init__(self, instance: Any) -> None:
            self.instance, self.seen = instance, {"username": instance.username}

    read: Any = User.objects.get()
    read.tracker = Tracker(read)
    copy = copier(read)
    one, other = copy(), copy()
    one.tracker.seen["username"] = "bert"
    assert other.tracker.seen == {"username": "anna"}
    assert one.tracker.instance is one
    assert other.tracker.instance is other
    assert copy().username == "anna"

    read = User.objects.get()
    read.blob = memoryview(b"abc")  # as PostgreSQL's driver may give
    copy = copier(read)
    copy().blob.release()
    assert bytes(copy().blob) == b"abc"

    read.lock = threading.Lock()
    with pytest.raises(NotCopiableError, match=r"drf\.User: cannot pickle"):
        copier(read)


@pytest.mark.parametrize(
    "value", [[1], {"a": [1]}, {1, 2}, ([1],), {"a": {"b": ({"c": 1},)}}], ids=repr
)
def test_plain_containers(profile: Profile, value: Any) -> None:
    read: Any = User.objects.get()
    read.value = value
    copy = copier(read)
    one, other = copy().value, copy().value
    assert one == other == value
    assert type(one) is type(value)
    assert one is not other
    assert one is not value


@pytest.fixture(params=[pre_init, post_init])
def listening(request: pytest.FixtureRequest) -> Iterator[None]:
    def receiver(**kwargs: Any) -> None:
        pass

    request.param.connect(receiver, sender=Profile)
    yield
    request.param.disconnect(receiver, sender=Profile)


def test_receivers_are_not_left_out(profile: Profile, listening: None) -> None:
    copier(User.objects.get())
    with pytest.raises(NotCopiableError, match=r"drf\.Profile has receivers"):
        copier(User.objects.select_related("profile").get())


def test_what_was_prefetched(profile: Profile) -> None:
    profile.user.groups.add(Group.objects.create(name="staff"))
    with pytest.raises(NotCopiableError, match="prefetch_related"):
        copier(User.objects.prefetch_related("groups").get())


def test_it_keeps_no_hold_of_what_was_read(profile: Profile) -> None:

    read = User.objects.select_related("profile").get()
    gone = weakref.ref(read)
    copy = copier(read)
    made = copy()
    del read
    gc.collect()
    assert gone() is None
    assert copy().profile == made.profile
