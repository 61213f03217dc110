"""Users whose row is read when it is needed: they are what get() returns, and refused as late."""

from __future__ import annotations

import copy
import pickle
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.db import connection, models
from django.db.models.signals import post_init
from django.template import engines
from django.test import override_settings
from django.test.utils import CaptureQueriesContext, isolate_apps
from pytest_django import DjangoAssertNumQueries
from rest_framework.exceptions import APIException
from rest_framework.permissions import BasePermission, DjangoModelPermissions, IsAuthenticated
from rest_framework.response import Response
from rest_framework.serializers import ModelSerializer
from rest_framework.test import APIRequestFactory
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from pyjwtfast.drf.authentication import JWTAuthentication, JWTLazyUserAuthentication
from pyjwtfast.drf.exceptions import AuthenticationFailed
from pyjwtfast.drf.lazy_users import to_primary_key
from pyjwtfast.drf.tokens import AccessToken
from tests.drf.models import User
from tests.drf.support import claims, token

pytestmark = pytest.mark.django_db


def lazy(user: User, **changes: Any) -> Any:
    return JWTLazyUserAuthentication().get_user(token_of(user, **changes))


def token_of(user: User, **changes: Any) -> AccessToken:
    return AccessToken(token(claims(**{"user_id": str(user.pk), **changes})))


def attributes(instance: models.Model) -> dict[str, Any]:
    found = dict(vars(instance))
    state: Any = found.pop("_state")
    found.pop("token", None)
    return {**found, "state": (state.db, state.adding, state.fields_cache)}


def log(user: Any) -> LogEntry:
    return LogEntry.objects.create(user=user, action_flag=1, object_repr="x")


# What is known without the row.
WITHOUT_A_QUERY: list[Callable[[Any], object]] = [
    lambda user: user.pk,
    lambda user: user.id,
    lambda user: user.is_authenticated,
    lambda user: not user.is_anonymous,
    lambda user: bool(user),
    lambda user: hash(user) == hash(user.pk),
    lambda user: user in {user},
    lambda user: user == User(pk=user.pk),
    lambda user: user != User(pk=user.pk + 1),
    lambda user: user.token["jti"],
    lambda user: LogEntry(user=user).user_id == user.pk,
    lambda user: LogEntry.objects.filter(user=user).query,
    lambda user: user.groups.all().query,
    lambda user: isinstance(user, User),
    lambda user: type(user) is User,
    lambda user: user.get_deferred_fields(),
]

# What the row is read for; each is as it is of a user who was loaded.
WITH_ONE_QUERY: list[Callable[[Any], object]] = [
    lambda user: user.username,
    lambda user: (user.email, user.first_name, user.is_staff, user.uuid, user.badge),
    lambda user: user.get_username(),
    lambda user: str(user),
    lambda user: repr(user),
    lambda user: user.get_full_name(),
    lambda user: user.is_active,
    lambda user: user.check_password("a password"),
    lambda user: user.natural_key(),
    lambda user: user.get_session_auth_hash(),
    lambda user: user.serializable_value("username"),
    lambda user: user.refresh_from_db() or attributes(user),
    lambda user: user.refresh_from_db(fields=["email"]) or user.email,
    lambda user: attributes(pickle.loads(pickle.dumps(user))),
    lambda user: attributes(copy.copy(user)),
    lambda user: attributes(copy.deepcopy(user)),
]


@pytest.mark.parametrize("number", range(len(WITHOUT_A_QUERY)))
def test_without_a_query(
    user: User, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert WITHOUT_A_QUERY[number](lazy(user))


@pytest.mark.parametrize("number", range(len(WITH_ONE_QUERY)))
def test_with_one_query(
    user: User, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ask = WITH_ONE_QUERY[number]
    loaded = JWTAuthentication().get_user(token_of(user))
    found = lazy(user)
    with django_assert_num_queries(1):
        answer = ask(found)
    assert answer == ask(loaded)
    with django_assert_num_queries(0):
        assert found.email == user.email


def test_once_read_nothing_is_left_of_it(user: User) -> None:
    found = lazy(user)
    assert found.username == "anna"
    assert attributes(found) == attributes(JWTAuthentication().get_user(token_of(user)))
    assert found.save.__func__ is User.save
    copied = pickle.loads(pickle.dumps(found))
    assert (copied, copied.token.payload) == (found, found.token.payload)


def test_permissions(user: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    permission = Permission.objects.get(codename="change_user")
    user.user_permissions.add(permission)
    found = lazy(user)
    with django_assert_num_queries(3):  # the row, and ModelBackend's two
        assert found.has_perm("drf.change_user")
    assert not found.has_perm("drf.delete_user")
    assert found.has_module_perms("drf")
    User.objects.update(is_superuser=True)
    assert lazy(user).has_perms(["drf.delete_user"])


def test_relations(user: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    user.groups.add(Group.objects.create(name="readers"))
    found = lazy(user)
    with django_assert_num_queries(2):
        entry = log(found)
        assert list(LogEntry.objects.filter(user=found)) == [entry]
    with django_assert_num_queries(1):
        assert [group.name for group in found.groups.all()] == ["readers"]
    with django_assert_num_queries(1):
        assert entry.user is found
        assert entry.user.username == "anna"


class TestWriting:
    def test_what_is_assigned_stays(
        self, user: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        found = lazy(user)
        found.first_name = "Anna"
        found.note = "not a field"
        with django_assert_num_queries(2):
            found.save()
        user.refresh_from_db()
        assert (user.first_name, user.email) == ("Anna", "anna@example.com")
        assert (found.first_name, found.email, found.note) == (
            "Anna",
            "anna@example.com",
            "not a field",
        )

    def test_refresh_from_db_renews_it(self, user: User) -> None:
        for fields in (None, ["first_name"], {"first_name", "email"}, iter(["first_name"])):
            found = lazy(user)
            found.first_name = "Anna"
            found.refresh_from_db(fields=fields)
            assert found.first_name == ""
        found.refresh_from_db(using="default")
        found = lazy(user)
        found.refresh_from_db(from_queryset=User.objects.all())
        assert found.username == "anna"

    def test_update_fields(self, user: User) -> None:
        found = lazy(user)
        found.first_name = "Anna"
        found.last_name = "not this"
        found.save(update_fields=["first_name"])
        user.refresh_from_db()
        assert (user.first_name, user.last_name) == ("Anna", "")

    def test_password(self, user: User) -> None:
        with override_settings(SIMPLE_JWT={"CHECK_REVOKE_TOKEN": True}):
            found = JWTLazyUserAuthentication().get_user(AccessToken.for_user(user))
            found.set_password("another")
            found.save()
        user.refresh_from_db()
        assert user.check_password("another")

    def test_delete(self, user: User) -> None:
        lazy(user).delete()
        assert not User.objects.exists()

    def test_not_from_a_template(self, user: User) -> None:
        page = engines["django"].from_string("{{ user.delete }}{{ user.save }}")
        assert page.render({"user": lazy(user)}) == ""
        assert User.objects.exists()

    def test_not_for_those_who_are_refused(self, user: User) -> None:
        User.objects.update(is_active=False)
        for write in (
            lambda found: found.save(),
            lambda found: found.save(update_fields=["first_name"]),
            lambda found: found.delete(),
        ):
            found = lazy(user)
            found.first_name = "Anna"
            with pytest.raises(AuthenticationFailed):
                write(found)
        assert User.objects.get().first_name == ""


REFUSED = {
    "gone": ("user_not_found", "User not found"),
    "inactive": ("user_inactive", "User is inactive"),
    "password": ("password_changed", "The user's password has been changed."),
}


@pytest.fixture(params=REFUSED)
def refused(user: User, request: pytest.FixtureRequest) -> Any:
    """The header of a user who has become none since, and the code and text that says so."""
    with override_settings(SIMPLE_JWT={"CHECK_REVOKE_TOKEN": True}):
        header = f"Bearer {AccessToken.for_user(user)}"
        if request.param == "gone":
            user.delete()
        elif request.param == "inactive":
            User.objects.update(is_active=False)
        else:
            User.objects.update(password="another")
        yield header, *REFUSED[request.param]


@pytest.mark.parametrize("number", range(len(WITH_ONE_QUERY)))
def test_refused(refused: Any, number: int) -> None:
    header, code, _ = refused
    request = APIRequestFactory().get("/", headers={"Authorization": header})
    found = JWTLazyUserAuthentication().authenticate(request)
    assert found is not None
    assert found[0].is_authenticated
    request.user, request.auth = found
    with CaptureQueriesContext(connection) as captured:
        for _ in range(2):
            with pytest.raises(AuthenticationFailed) as caught:
                WITH_ONE_QUERY[number](found[0])
            assert caught.value.detail["code"] == code
    assert len(captured) == 1, "it has been refused once, and is so for good"
    assert isinstance(request.user, AnonymousUser)
    assert request.auth is None


class Names(ModelSerializer[User]):
    class Meta:
        model = User
        fields = ("username",)


class ActiveOnly(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return bool(request.user.is_active)


class ByName(UserRateThrottle):
    rate = "100/day"

    def get_cache_key(self, request: Any, view: Any) -> str:
        return str(request.user.username)


class Models(DjangoModelPermissions):
    perms_map = {"GET": ["%(app_label)s.view_%(model_name)s"]}  # noqa: RUF012


class Lazily(APIView):
    authentication_classes = (JWTLazyUserAuthentication,)
    permission_classes: Any = (IsAuthenticated,)
    queryset = User.objects.all()

    def get(self, request: Any) -> Response:
        return Response({"id": request.user.pk})


class InPermission(Lazily):
    permission_classes = (IsAuthenticated, ActiveOnly)


class InModelPermissions(Lazily):
    permission_classes = (Models,)


class InThrottle(Lazily):
    throttle_classes = (ByName,)


class InView(Lazily):
    def get(self, request: Any) -> Response:
        return Response({"name": request.user.username})


class InSerializer(Lazily):
    def get(self, request: Any) -> Response:
        return Response(Names(request.user).data)


class InTemplate(Lazily):
    def get(self, request: Any) -> Response:
        page = engines["django"].from_string("{{ request.user.email }}")
        return Response({"page": page.render(request=request._request)})


VIEWS = [InPermission, InModelPermissions, InThrottle, InView, InSerializer, InTemplate]


def answer(view: Any, header: str, **headers: str) -> Any:
    request = APIRequestFactory().get("/", headers={"Authorization": header, **headers})
    return view.as_view()(request).render()


@pytest.mark.parametrize("view", VIEWS)
def test_a_401_wherever_a_view_reads_the_row(refused: Any, view: Any) -> None:
    header, code, text = refused
    response = answer(view, header)
    assert response.status_code == 401
    assert response.data == {"detail": text, "code": code}
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'

    # The same as with a user who is loaded at once.
    eager = type("Eager", (view,), {"authentication_classes": (JWTAuthentication,)})
    other = answer(eager, header)
    assert (other.status_code, other.content) == (401, response.content)


@pytest.mark.parametrize("view", VIEWS)
def test_a_401_in_html_is_nobodys(refused: Any, view: Any) -> None:
    """What renders the answer shows the user: it does not ask for the refused one again."""
    response = answer(view, refused[0], Accept="text/html")
    assert response.status_code == 401
    assert refused[1].encode() in response.content


def test_a_view_that_reads_nothing_notices_nothing(refused: Any) -> None:
    assert answer(Lazily, refused[0]).status_code == 200


def test_after_the_view_has_returned_it_is_an_exception(refused: Any) -> None:
    """As the documents say: without the middleware nobody makes a 401 of it there."""
    with pytest.raises(AuthenticationFailed):
        answer(Lazily, refused[0], Accept="text/html")


@pytest.mark.parametrize("view", VIEWS[2:])
def test_views_cost_one_query(
    user: User, view: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    header = f"Bearer {AccessToken.for_user(user)}"
    with django_assert_num_queries(0):
        assert answer(Lazily, header).data == {"id": user.pk}
    with django_assert_num_queries(1):
        assert answer(view, header).status_code == 200


class TestIds:
    @pytest.mark.parametrize("field", ["uuid", "username", "badge"])
    def test_another_field_is_read_at_once(
        self, user: User, field: str, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        value = str(getattr(user, field))
        with override_settings(SIMPLE_JWT={"USER_ID_FIELD": field}):
            with django_assert_num_queries(1):
                found = lazy(user, user_id=value)
                assert (found.pk, found.username) == (user.pk, "anna")
            user.delete()
            with pytest.raises(AuthenticationFailed):
                lazy(user, user_id=value)

    @pytest.mark.parametrize("field", ["id", "pk"])
    def test_the_key(
        self, user: User, field: str, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with override_settings(SIMPLE_JWT={"USER_ID_FIELD": field}), django_assert_num_queries(0):
            for user_id in (user.pk, str(user.pk)):
                found = lazy(user, user_id=user_id)
                assert found.pk == user.pk
                assert type(found.pk) is int

    @pytest.mark.parametrize(
        "user_id", ["abc", "", "1.5", 1.5, True, None, [1], {}, "\0", "\ud800", 10**30, -(10**30)]
    )
    def test_nobodys(
        self, user: User, user_id: Any, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        """What no row can have is refused at once, as JWTAuthentication refuses it."""
        with django_assert_num_queries(0):
            for kind in (JWTLazyUserAuthentication, JWTAuthentication):
                with pytest.raises(AuthenticationFailed) as caught:
                    kind().get_user(token_of(user, user_id=user_id))
                assert caught.value.detail["code"] == "user_not_found"

    def test_none(self, user: User) -> None:
        nameless = token_of(user)
        del nameless["user_id"]
        with pytest.raises(AuthenticationFailed) as caught:
            JWTLazyUserAuthentication().get_user(nameless)
        assert caught.value.detail["code"] == "token_not_valid"

    @isolate_apps("tests.drf")
    def test_keys_of_other_types(self) -> None:
        class ByUUID(models.Model):
            id = models.UUIDField(primary_key=True)

        class ByName(models.Model):
            name = models.CharField(primary_key=True, max_length=5)

        class ByParent(ByUUID):
            pass

        class Small(models.Model):
            id = models.SmallAutoField(primary_key=True)

        key = uuid.uuid4()
        for model in (ByUUID, ByParent):
            assert to_primary_key(model, str(key), "default") == key
            assert to_primary_key(model, key.hex, "default") == key
            assert to_primary_key(model, "no UUID", "default") is None
        assert to_primary_key(ByName, 5, "default") == "5"
        assert to_primary_key(ByName, "anna", "default") == "anna"
        assert to_primary_key(ByName, "annabel", "default") is None
        assert to_primary_key(Small, "7", "default") == 7
        if connection.vendor == "postgresql":
            assert to_primary_key(Small, "70000", "default") is None


class TestSubclasses:
    def test_get_user_queryset(
        self, user: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        class Lean(JWTLazyUserAuthentication):
            user_queryset_is_constant = True

            def get_user_queryset(self) -> Any:
                return User.objects.only("username", "is_active")

        found = Lean().get_user(token_of(user))
        with django_assert_num_queries(1):
            assert found.username == "anna"
        with django_assert_num_queries(1):
            assert found.email == "anna@example.com"
        # What only() has left out, asked for first.
        found = Lean().get_user(token_of(user))
        with django_assert_num_queries(2):
            assert found.email == "anna@example.com"
        User.objects.update(is_active=False)
        with pytest.raises(AuthenticationFailed):
            _ = Lean().get_user(token_of(user)).email

    def test_select_related(
        self, user: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        class Annotated(JWTLazyUserAuthentication):
            def get_user_queryset(self) -> Any:
                return User.objects.annotate(double=models.F("id") * 2)

        found = Annotated().get_user(token_of(user))
        with django_assert_num_queries(1):
            assert found.username == "anna"
            assert found.double == user.pk * 2

    def test_read_user_may_be_overridden(self, user: User) -> None:
        class Picky(JWTLazyUserAuthentication):
            def read_user(self, validated_token: Any) -> Any:
                found = super().read_user(validated_token)
                if not found.is_staff:
                    raise AuthenticationFailed("Staff only", code="not_staff")
                return found

        with pytest.raises(AuthenticationFailed, match="Staff only"):
            str(Picky().get_user(token_of(user)))

    def test_a_model_with_a_token_of_its_own(
        self, user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(User, "token", "its own", raising=False)
        assert lazy(user).token == "its own"


def test_a_receiver_of_post_init_that_reads(user: User) -> None:
    """It reads before the instance is ours: a field by Django's own deferral, or nobody."""

    def look(instance: User, **kwargs: Any) -> None:
        assert instance.username

    post_init.connect(look, sender=User)
    try:
        assert lazy(user).email == user.email
        key = user.pk
        user.delete()
        with pytest.raises(AuthenticationFailed):
            JWTLazyUserAuthentication().get_user(AccessToken(token(claims(user_id=str(key)))))
    finally:
        post_init.disconnect(look, sender=User)


def test_a_from_db_that_is_no_class_method(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def from_db(*args: Any, original: Any = User.from_db) -> Any:
        seen.append("from_db")
        return original(*args)

    monkeypatch.setattr(User, "from_db", staticmethod(from_db), raising=False)
    assert lazy(user).pk == user.pk
    assert seen == ["from_db"]


def test_what_is_no_refusal_is_asked_again(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is away is an error, as ever, and not a user who is gone."""
    found = lazy(user)
    with monkeypatch.context() as patched:
        patched.setattr(connection, "cursor", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            _ = found.username
    assert found.username == "anna"
    assert not issubclass(ZeroDivisionError, APIException)


def test_permissions_of_a_user_who_is_inactive(user: User) -> None:
    """As the documents say: what only asks a relation does not ask for the row."""
    user.groups.add(Group.objects.create(name="editors"))
    User.objects.update(is_active=False)
    assert lazy(user).groups.filter(name="editors").exists()
    for ask in (
        lambda it: it.is_active and it.groups.filter(name="editors").exists(),
        lambda it: it.has_perm("drf.change_user"),
        lambda it: it.has_module_perms("drf"),
        lambda it: it.get_all_permissions(),
    ):
        with pytest.raises(AuthenticationFailed):
            ask(lazy(user))
