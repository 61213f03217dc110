"""What `check --deploy` says of a server's surroundings."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import checks
from django.core.cache import caches
from django.test import override_settings
from django.urls import include, path
from rest_framework.settings import api_settings as rest_settings
from rest_framework.throttling import AnonRateThrottle, BaseThrottle

from pyjwtfast.drf.checks import check_deployment, check_server
from pyjwtfast.drf.views import TokenObtainPairView

SECURE = {"SECURE_SSL_REDIRECT": True}
LOCAL = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
DUMMY = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
SHARED = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "rows"}


class OfItsOwn(AnonRateThrottle):
    """Counts in a cache of its own, caches["other"], which the tests set."""


class ByKey(AnonRateThrottle):
    """Takes the client for whom its key says."""

    def get_ident(self, request: Any) -> str:
        raise NotImplementedError


class Counts(BaseThrottle):
    """In a way of its own."""


class Login(TokenObtainPairView):
    throttle_classes = (AnonRateThrottle,)


urlpatterns = [path("api/", include([path("in/", Login.as_view())]))]


def found(**overrides: Any) -> list[checks.CheckMessage]:
    with override_settings(**{**SECURE, **overrides}):
        return check_server()


def test_a_right_server_has_nothing_to_hear() -> None:
    assert found() == []


def test_they_are_registered_for_deployment() -> None:
    with override_settings(DEBUG=True):
        assert "pyjwtfast.W030" not in [each.id for each in checks.run_checks()]
        deployed = checks.run_checks(include_deployment_checks=True)
    assert "pyjwtfast.W030" in [each.id for each in deployed]


def test_debug() -> None:
    (message,) = found(DEBUG=True)
    assert (message.id, message.hint) == ("pyjwtfast.W030", "Set DEBUG to False.")
    assert "DEBUG is on" in message.msg


@pytest.mark.parametrize(
    ("overrides", "identifiers"),
    [
        ({"SECURE_SSL_REDIRECT": False}, ["pyjwtfast.W031"]),
        ({"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}, []),
        ({"SECURE_HSTS_SECONDS": 60}, []),
        ({"SECURE_SSL_REDIRECT": True}, []),
    ],
)
def test_tokens_without_tls(overrides: dict[str, Any], identifiers: list[str]) -> None:
    given = {"SECURE_SSL_REDIRECT": False, **overrides}
    assert [message.id for message in found(**given)] == identifiers


def throttled(throttle: type[BaseThrottle], **overrides: Any) -> dict[str, Any]:
    return {
        "REST_FRAMEWORK": {
            "DEFAULT_THROTTLE_CLASSES": [f"{throttle.__module__}.{throttle.__name__}"],
            "NUM_PROXIES": 0,
        },
        **overrides,
    }


@pytest.mark.parametrize(
    ("throttle", "default", "other", "says"),
    [
        (AnonRateThrottle, LOCAL, SHARED, "AnonRateThrottle counts in LocMemCache: each process"),
        (AnonRateThrottle, DUMMY, SHARED, "AnonRateThrottle counts in DummyCache: nothing is"),
        (AnonRateThrottle, SHARED, LOCAL, None),
        (OfItsOwn, SHARED, LOCAL, "OfItsOwn counts in LocMemCache"),
        (OfItsOwn, LOCAL, SHARED, None),
        (Counts, LOCAL, LOCAL, None),
    ],
)
def test_a_cache_that_processes_do_not_share(
    throttle: type[BaseThrottle],
    default: dict[str, str],
    other: dict[str, str],
    says: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with override_settings(CACHES={"default": default, "other": other}):
        monkeypatch.setattr(OfItsOwn, "cache", caches["other"], raising=False)
        messages = found(**throttled(throttle))
    assert [message.id for message in messages] == (["pyjwtfast.W032"] if says else [])
    assert all(says in message.msg for message in messages)
    assert rest_settings.DEFAULT_THROTTLE_CLASSES == []


@pytest.mark.parametrize(("cache", "number"), [(LOCAL, 1), (SHARED, 0)])
def test_a_login_that_has_a_throttle_of_its_own(cache: dict[str, str], number: int) -> None:
    given = {"REST_FRAMEWORK": {"NUM_PROXIES": 1}, "ROOT_URLCONF": __name__}
    messages = found(CACHES={"default": cache}, **given)
    assert [message.id for message in messages] == ["pyjwtfast.W032"] * number


@pytest.mark.parametrize(
    ("throttle", "proxies", "number"),
    [
        (AnonRateThrottle, None, 1),
        (AnonRateThrottle, 0, 0),
        (AnonRateThrottle, 1, 0),
        (ByKey, None, 0),
        (Counts, None, 0),
    ],
)
def test_throttles_that_believe_a_client_about_its_address(
    throttle: type[BaseThrottle], proxies: int | None, number: int
) -> None:
    given = throttled(throttle, CACHES={"default": SHARED})
    given["REST_FRAMEWORK"]["NUM_PROXIES"] = proxies
    messages = found(**given)
    assert [message.id for message in messages] == ["pyjwtfast.W033"] * number
    assert all("REST_FRAMEWORK['NUM_PROXIES']" in message.msg for message in messages)


def test_routes_that_do_not_load_are_not_ours_to_report() -> None:
    assert found(ROOT_URLCONF="no.such.module") == []


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("a-string-secret-at-least-256-bits-long", "stands in documents"),
        (b"a-string-secret-at-least-256-bits-long", "stands in documents"),
        ("abcd" * 16, "has 4 different characters"),
        ("abcde" * 16, None),
    ],
)
def test_a_key_that_others_may_have(key: str | bytes, says: str | None) -> None:
    with override_settings(SIMPLE_JWT={"SIGNING_KEY": key}):
        messages = check_deployment()
    assert [message.id for message in messages] == (["pyjwtfast.W003"] if says else [])
    assert all(says in message.msg for message in messages)
