"""Every name of simplejwt is a module of ours: the same object, loaded once, still itself."""

from __future__ import annotations

import base64
import pkgutil
import sys
import textwrap

import pytest
import rest_framework_simplejwt

from tests.isolated.scripts import run_script
from tests.one_line.projects import HIDE, ONE_LINE, THE_LINE, run_project

# Migrations have numbers for names, and nobody imports them.
THEIR_MODULES = [
    module.name
    for module in pkgutil.walk_packages(
        rest_framework_simplejwt.__path__, "rest_framework_simplejwt."
    )
    if ".migrations." not in module.name
]
# The apps without which some of them cannot be imported.
ADMIN = [
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin",
    "rest_framework_simplejwt.token_blacklist",
]

one_line = pytest.mark.parametrize("way", ONE_LINE.values(), ids=ONE_LINE)


def test_the_list_of_their_modules_is_whole() -> None:
    assert {
        "rest_framework_simplejwt.tokens",
        "rest_framework_simplejwt.token_blacklist.models",
    } <= {*THEIR_MODULES}


@one_line
@pytest.mark.parametrize("first", ["theirs", "ours"])
def test_each_module_is_one_object_under_both_names(way: str, first: str) -> None:
    body = f"""
    import importlib, sys
    for theirs in {THEIR_MODULES!r}:
        ours = theirs.replace("rest_framework_simplejwt", "pyjwtfast.drf")
        specs = {{name: module.__spec__ for name, module in sys.modules.items() if name == ours}}
        first, second = (theirs, ours) if {first!r} == "theirs" else (ours, theirs)
        module = importlib.import_module(first)
        assert importlib.import_module(second) is module, theirs
        assert sys.modules[theirs] is sys.modules[ours] is module, theirs
        assert module.__name__ == module.__spec__.name == ours, module
        assert module.__spec__ is specs.get(ours, module.__spec__), theirs
        assert module.__package__ in (ours, ours.rpartition(".")[0]), module.__package__
        parent, _, child = theirs.rpartition(".")
        assert getattr(sys.modules[parent], child) is module, theirs
    files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
    assert not [file for file in files if "rest_framework_simplejwt/" in file]
    print("same")
    """
    assert run_project(way, ADMIN, textwrap.dedent(body)) == "same\n"


@one_line
def test_the_package_itself(way: str) -> None:
    body = """
    import rest_framework_simplejwt, pyjwtfast.drf
    assert rest_framework_simplejwt is pyjwtfast.drf
    print(rest_framework_simplejwt.__version__)
    """
    assert run_script(way + textwrap.dedent(body)) == f"{rest_framework_simplejwt.__version__}\n"


@one_line
def test_what_is_not_ours_is_not_found(way: str) -> None:
    """Nor is a module of an installed simplejwt: it would bring the rest of it."""
    body = """
    import importlib, importlib.util
    for name in ("rest_framework_simplejwt.nothing", "rest_framework_simplejwt.tokens.nothing",
                 "rest_framework_simplejwt_extra"):
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            print(error)
    """
    lines = run_project(way, [], textwrap.dedent(body)).splitlines()
    assert lines[0] == "No module named 'rest_framework_simplejwt.nothing'"
    assert lines[1].startswith("No module named 'rest_framework_simplejwt.tokens.nothing'")
    assert lines[2] == "No module named 'rest_framework_simplejwt_extra'"


@one_line
def test_the_tools_of_importlib(way: str) -> None:
    body = """
    import importlib, importlib.resources, importlib.util, inspect, pkgutil, sys

    # Found without being loaded, as a file of ours.
    spec = importlib.util.find_spec("rest_framework_simplejwt.token_blacklist.models")
    assert "rest_framework_simplejwt.token_blacklist.models" not in sys.modules or spec
    spec = importlib.util.find_spec("rest_framework_simplejwt.views")
    assert "rest_framework_simplejwt.views" not in sys.modules
    assert "pyjwtfast.drf.views" not in sys.modules
    assert spec.name == "rest_framework_simplejwt.views", spec
    assert spec.origin.endswith("pyjwtfast/drf/views.py"), spec
    assert not spec.loader.is_package(spec.name)
    assert "class TokenViewBase" in spec.loader.get_source(spec.name)
    assert spec.loader.get_code(spec.name).co_filename == spec.origin
    package = importlib.util.find_spec("rest_framework_simplejwt.token_blacklist.management")
    assert package.loader.is_package(package.name)
    assert package.submodule_search_locations
    assert b"" == pkgutil.get_data("rest_framework_simplejwt.token_blacklist.management",
                                   "__init__.py")

    import rest_framework_simplejwt.tokens as tokens
    from rest_framework_simplejwt import views
    assert inspect.getsource(tokens.AccessToken).startswith("class AccessToken")
    assert views is importlib.import_module("rest_framework_simplejwt.views")

    # Loaded again in place.
    assert importlib.reload(tokens) is tokens
    assert sys.modules["rest_framework_simplejwt.tokens"] is tokens
    assert importlib.reload(sys.modules["rest_framework_simplejwt"]) is sys.modules["pyjwtfast.drf"]

    # Forgotten under one name, and found again.
    del sys.modules["rest_framework_simplejwt.tokens"], sys.modules["rest_framework_simplejwt"]
    assert importlib.import_module("rest_framework_simplejwt.tokens") is tokens

    import rest_framework_simplejwt
    walked = {module.name for module in pkgutil.walk_packages(
        rest_framework_simplejwt.__path__, "rest_framework_simplejwt.")}
    assert {"rest_framework_simplejwt.tokens",
            "rest_framework_simplejwt.token_blacklist.models"} <= walked, walked
    files = importlib.resources.files("rest_framework_simplejwt.token_blacklist")
    assert files.joinpath("models.py").is_file()
    print("done")
    """
    assert run_project(way, [], textwrap.dedent(body)) == "done\n"


@one_line
def test_threads_that_import_at_once_get_one_module(way: str) -> None:
    body = """
    import importlib, sys, threading
    sys.setswitchinterval(1e-6)
    names = ["authentication", "serializers", "tokens", "views", "state", "models"]
    barrier, got, errors = threading.Barrier(12), [], []

    def load(name):
        barrier.wait()
        try:
            got.append((name.rpartition(".")[2], importlib.import_module(name)))
        except BaseException as error:
            errors.append(repr(error))

    threads = [threading.Thread(target=load, args=(f"{package}.{name}",))
               for package in ("rest_framework_simplejwt", "pyjwtfast.drf") for name in names]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert errors == [], errors
    assert len(got) == 12 and len({(name, id(module)) for name, module in got}) == 6, got
    assert all(module is sys.modules[f"pyjwtfast.drf.{name}"] for name, module in got)
    print("one")
    """
    assert run_project(way, [], textwrap.dedent(body)) == "one\n"


def test_at_the_top_of_settings_nothing_of_django_is_ready() -> None:
    body = """
    import sys
    from django.conf import settings
    from django.apps import apps
    assert not settings.configured and not apps.ready
    loaded = {name for name in sys.modules if name.startswith("pyjwtfast.drf")}
    assert loaded == {"pyjwtfast.drf"}, loaded
    assert not {"rest_framework", "django.contrib.auth"} & set(sys.modules)
    print("nothing")
    """
    assert run_script(THE_LINE + textwrap.dedent(body)) == "nothing\n"


def test_the_line_twice_is_the_line_once() -> None:
    body = """
    import importlib, sys
    from django.core.checks.registry import registry
    before = len(sys.meta_path)
    importlib.import_module("pyjwtfast.replace_simplejwt").install()
    assert len(sys.meta_path) == before
    assert len(registry.registered_checks) == len(
        {check.__qualname__ + check.__module__ for check in registry.registered_checks})
    importlib.reload(sys.modules["pyjwtfast.replace_simplejwt"])
    assert len(sys.meta_path) == before
    import rest_framework_simplejwt.exceptions as theirs, pyjwtfast.drf.exceptions as ours
    assert theirs is ours
    print("once")
    """
    assert run_script(THE_LINE + textwrap.dedent(body)) == "once\n"


@pytest.mark.parametrize("module", ["rest_framework_simplejwt", "rest_framework_simplejwt.utils"])
def test_too_late(module: str) -> None:
    body = f"""
    import {module}
    from django.core.exceptions import ImproperlyConfigured
    try:
        import pyjwtfast.replace_simplejwt
    except ImproperlyConfigured as error:
        print(error)
    import sys
    assert sys.modules["rest_framework_simplejwt"].__spec__.name == "rest_framework_simplejwt"
    assert not [f for f in sys.meta_path if type(f).__module__ == "pyjwtfast.replace_simplejwt"]
    """
    message = run_script(body)
    assert "`import pyjwtfast.replace_simplejwt` comes too late" in message
    assert "rest_framework_simplejwt is loaded already, from " in message
    assert rest_framework_simplejwt.__file__ in message
    assert "first line of the settings" in message


PICKLED = """
import base64, pickle, sys
from datetime import timedelta
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.models import TokenUser
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, SlidingToken

raw = AccessToken()
raw["user_id"] = "7"
raw["username"] = "anna"
refresh = RefreshToken()
refresh.note = "an attribute of the project's"
read = AccessToken(str(raw))
str(read), str(refresh)
# Older versions of Python ask an object for __getstate__, and simplejwt's answers None.
user = TokenUser(raw) if sys.version_info >= (3, 11) else None
things = [read, refresh, SlidingToken(), user, TokenError("no"), AccessToken]
sys.stdout.write(base64.b64encode(pickle.dumps(things)).decode())
"""


@one_line
def test_what_simplejwt_pickled_is_read(way: str) -> None:
    pickled = run_project("", [], PICKLED)
    assert b"rest_framework_simplejwt.tokens" in base64.b64decode(pickled)
    assert b"_token_backend" in base64.b64decode(pickled)
    body = f"""
    import base64, pickle
    from datetime import datetime, timedelta
    from pyjwtfast.drf import models, tokens, exceptions
    read, fresh, sliding, user, error, kind = pickle.loads(base64.b64decode({pickled!r}))
    assert kind is tokens.AccessToken
    assert type(read) is kind and type(fresh) is tokens.RefreshToken
    assert type(error) is exceptions.TokenError and read["username"] == "anna"
    if {sys.version_info >= (3, 11)}:
        assert type(user) is models.TokenUser
        assert user.username == "anna" and user.id == "7"
    assert fresh.note == "an attribute of the project's"
    assert str(error) == "no" and "exp" in repr(read)
    for token in (read, fresh, sliding):
        assert "_token_backend" not in vars(token)  # with the secret that it was made with
        assert isinstance(token.current_time, datetime)
        token.verify()
        again = type(token)(str(token))
        assert again.payload == token.payload
        copied = pickle.loads(pickle.dumps(token))
        assert copied.payload == token.payload and copied.current_time == token.current_time
    assert fresh.access_token["exp"] > fresh["iat"]
    print("read")
    """
    assert run_project(way, [], textwrap.dedent(body)) == "read\n"


def test_without_the_line_nothing_is_replaced() -> None:
    body = """
    import sys
    import rest_framework_simplejwt.tokens, pyjwtfast.drf.tokens
    from pyjwtfast.drf.utils import replaces_simplejwt
    assert rest_framework_simplejwt.tokens is not pyjwtfast.drf.tokens
    print(replaces_simplejwt())
    """
    assert run_project("", [], textwrap.dedent(body)) == "False\n"
    hidden = "import pyjwtfast.drf.tokens\ntry:\n    import rest_framework_simplejwt\n"
    hidden += "except ModuleNotFoundError as error:\n    print(error)\n"
    assert "rest_framework_simplejwt" in run_project(HIDE, [], hidden)
