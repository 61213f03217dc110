"""System checks of what is installed, and that they run whichever of our apps is, or none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.drf.project import Project

OURS, THEIRS = "pyjwtfast.drf.token_blacklist", "rest_framework_simplejwt.token_blacklist"
BASE = "pyjwtfast.drf"
ONE_LINE = "import pyjwtfast.replace_simplejwt"

RENAMED = """
from rest_framework_simplejwt.token_blacklist.apps import TokenBlacklistConfig

class RevokedConfig(TokenBlacklistConfig):
    label = "revoked"
"""

REVOKE = """
import django
django.setup()
from django.core.exceptions import ImproperlyConfigured
from pyjwtfast.drf.serializers import TokenBlacklistSerializer, TokenVerifySerializer
from pyjwtfast.drf.tokens import AccessToken, RefreshToken
raw = str(RefreshToken())
for work in (
    lambda: AccessToken(str(AccessToken())),  # these are in no blacklist
    lambda: RefreshToken(raw),
    lambda: RefreshToken().blacklist(),
    lambda: RefreshToken().outstand(),
    lambda: TokenBlacklistSerializer(data={"refresh": raw}).is_valid(),
    lambda: TokenVerifySerializer(data={"token": raw}).is_valid(),
):
    try:
        work()
        print("done")
    except ImproperlyConfigured as error:
        print(error)
"""


def check(project: Project) -> str:
    """What `manage.py check` says, on one line."""
    return " ".join(project.manage("check").stderr.split())


@pytest.mark.parametrize("apps", [[BASE], [OURS], [BASE, OURS]])
def test_each_of_our_apps_brings_the_checks(apps: list[str], tmp_path: Path) -> None:
    said = check(Project(tmp_path, apps, "SIMPLE_JWT = {'LEEWAY': -1}"))
    assert said.count("pyjwtfast.E006") == 1


def test_they_can_be_registered_without_an_app_before_there_are_settings(tmp_path: Path) -> None:
    first_line = "from pyjwtfast.drf.checks import register_checks; register_checks()"
    said = check(Project(tmp_path, [], "SIMPLE_JWT = {'LEEWAY': -1}", first_line))
    assert said.count("pyjwtfast.E006") == 1


@pytest.mark.parametrize("apps", [[BASE], [OURS], [BASE, OURS]])
def test_a_right_project(apps: list[str], tmp_path: Path) -> None:
    more = "SIMPLE_JWT = {'ROTATE_REFRESH_TOKENS': True, 'BLACKLIST_AFTER_ROTATION': %s}"
    done = Project(tmp_path, apps, more % (OURS in apps)).manage("check")
    assert (done.returncode, done.stderr) == (0, "")


def test_blacklist_after_rotation(tmp_path: Path) -> None:
    said = check(Project(tmp_path, [BASE], "SIMPLE_JWT = {'BLACKLIST_AFTER_ROTATION': True}"))
    assert "pyjwtfast.E007) SIMPLE_JWT['BLACKLIST_AFTER_ROTATION'] is set, but there is no" in said
    assert f"HINT: Add '{OURS}' to INSTALLED_APPS and run `manage.py migrate`" in said


def test_blacklist_after_a_rotation_that_does_not_take_place(tmp_path: Path) -> None:
    said = check(Project(tmp_path, [OURS], "SIMPLE_JWT = {'BLACKLIST_AFTER_ROTATION': True}"))
    assert "WARNINGS: ?: (pyjwtfast.W010) SIMPLE_JWT['BLACKLIST_AFTER_ROTATION'] is set" in said


@pytest.mark.parametrize(
    "entry", [THEIRS, f"{THEIRS}.apps.TokenBlacklistConfig", "own.apps.RevokedConfig"]
)
def test_the_blacklist_of_simplejwt(entry: str, tmp_path: Path) -> None:
    """Its revoked tokens would come back to life without a word."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "__init__.py").touch()
    (tmp_path / "own" / "apps.py").write_text(RENAMED)
    said = check(Project(tmp_path, [BASE, entry]))
    assert said.count("(pyjwtfast.E") == 1
    assert f"(pyjwtfast.E011) The app '{THEIRS}' is installed, but it is not the blacklist" in said
    assert f"HINT: Write '{OURS}' in its place in INSTALLED_APPS" in said


@pytest.mark.parametrize(
    ("entry", "label"), [(THEIRS, "token_blacklist"), ("own.apps.RevokedConfig", "revoked")]
)
def test_a_blacklist_that_is_not_asked_where_nothing_checks_the_settings(
    entry: str, label: str, tmp_path: Path
) -> None:
    """With none of our apps: the view would say 200, and revoke nothing."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "__init__.py").touch()
    ours = RENAMED.replace("rest_framework_simplejwt", "pyjwtfast.drf")
    (tmp_path / "own" / "apps.py").write_text(ours)
    done = Project(tmp_path, [entry]).run("-c", REVOKE)
    assert done.stderr == ""
    assert done.stdout.count(f"with the label '{label}', but not the blacklist that pyjwtf") == 5
    assert done.stdout.count("done") == 1


def test_another_app_with_the_label(tmp_path: Path) -> None:
    (tmp_path / "token_blacklist").mkdir()
    (tmp_path / "token_blacklist" / "__init__.py").touch()
    assert "(pyjwtfast.E011) The app 'token_blacklist'" in check(
        Project(tmp_path, [BASE, "token_blacklist"])
    )


def test_simplejwt_itself_among_the_apps(tmp_path: Path) -> None:
    said = check(Project(tmp_path, [BASE, "rest_framework_simplejwt"]))
    assert "(pyjwtfast.W004) INSTALLED_APPS has 'rest_framework_simplejwt': simplejwt's" in said
    assert "HINT: Write 'pyjwtfast.drf'." in said


REST_AUTH = "REST_AUTH = {'USE_JWT': %s}"


@pytest.mark.parametrize("use_jwt", [True, False])
def test_a_package_that_needs_the_one_line(use_jwt: bool, tmp_path: Path) -> None:
    (tmp_path / "dj_rest_auth").mkdir()  # as far as INSTALLED_APPS is concerned
    (tmp_path / "dj_rest_auth" / "__init__.py").touch()
    said = check(Project(tmp_path, [BASE, "dj_rest_auth"], REST_AUTH % use_jwt))
    assert ("(pyjwtfast.W014) dj_rest_auth makes its tokens with simplejwt" in said) is use_jwt


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        (THEIRS, []),
        (f"{THEIRS}.apps.TokenBlacklistConfig", ["pyjwtfast.E026"]),
        (OURS, ["pyjwtfast.E016"]),
    ],
)
@pytest.mark.parametrize("use_jwt", [True, False])
def test_the_name_that_a_package_looks_for(
    entry: str, found: list[str], use_jwt: bool, tmp_path: Path
) -> None:
    (tmp_path / "dj_rest_auth").mkdir()
    (tmp_path / "dj_rest_auth" / "__init__.py").touch()
    project = Project(tmp_path, [entry, "dj_rest_auth"], REST_AUTH % use_jwt, ONE_LINE)
    said = re.findall(r"pyjwtfast\.[EW]\d+", check(project))
    assert said == [name for name in found if use_jwt or name != "pyjwtfast.E026"]


@pytest.mark.parametrize("entry", [OURS, f"{OURS}.apps.TokenBlacklistConfig"])
def test_the_new_name_beside_the_one_line(entry: str, tmp_path: Path) -> None:
    said = check(Project(tmp_path, [entry], first_line=ONE_LINE))
    assert f"(pyjwtfast.E016) INSTALLED_APPS has '{OURS}' beside `import pyjwtfast.replace" in said
    assert f"HINT: Write '{THEIRS}' in its place: it is the same app." in said


OLD_NAMES = """
SIMPLE_JWT = {
    "BLACKLIST_AFTER_ROTATION": True,
    "ROTATE_REFRESH_TOKENS": True,
    "AUTH_TOKEN_CLASSES": ("rest_framework_simplejwt.tokens.AccessToken",),
    "TOKEN_OBTAIN_SERIALIZER": "rest_framework_simplejwt.serializers.TokenObtainPairSerializer",
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"]
}
"""


@pytest.mark.parametrize("apps", [[THEIRS], ["rest_framework_simplejwt", THEIRS], [BASE, THEIRS]])
def test_the_old_names_behind_the_one_line(apps: list[str], tmp_path: Path) -> None:
    done = Project(tmp_path, apps, OLD_NAMES, ONE_LINE).manage("check")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("apps", [[], [THEIRS], ["rest_framework_simplejwt"]])
def test_the_one_line_brings_the_checks(apps: list[str], tmp_path: Path) -> None:
    said = check(Project(tmp_path, apps, "SIMPLE_JWT = {'LEEWAY': -1}", ONE_LINE))
    assert said.count("pyjwtfast.E006") == 1


def test_the_app_that_a_hint_names_behind_the_one_line(tmp_path: Path) -> None:
    more = "SIMPLE_JWT = {'BLACKLIST_AFTER_ROTATION': True}"
    said = check(Project(tmp_path, [], more, ONE_LINE))
    assert "pyjwtfast.E007) SIMPLE_JWT['BLACKLIST_AFTER_ROTATION']" in said
    assert f"HINT: Add '{THEIRS}' to INSTALLED_APPS" in said


def test_tokens_without_ids_beside_a_blacklist(tmp_path: Path) -> None:
    more = "SIMPLE_JWT = {'JTI_CLAIM': None}"
    assert "(pyjwtfast.E025) SIMPLE_JWT['JTI_CLAIM'] is None" in check(
        Project(tmp_path, [OURS], more)
    )


def test_tokens_without_ids_or_types_where_there_is_no_blacklist(tmp_path: Path) -> None:
    more = "SIMPLE_JWT = {'JTI_CLAIM': None, 'TOKEN_TYPE_CLAIM': None}"
    assert Project(tmp_path, [BASE], more).manage("check").stderr == ""


@pytest.mark.parametrize("setting", ["STORE_TOKEN", "VERIFY_CHECKS_BLACKLIST"])
def test_choices(setting: str, tmp_path: Path) -> None:
    said = check(Project(tmp_path, [OURS], f"SIMPLE_JWT = {{'{setting}': 'hashed'}}"))
    assert f"(pyjwtfast.E023) SIMPLE_JWT['{setting}'] is 'hashed'. HINT: Set {setting} to" in said


@pytest.mark.parametrize(
    ("setting", "value"), [("STORE_TOKEN", "hash"), ("VERIFY_CHECKS_BLACKLIST", "always")]
)
def test_settings_of_a_blacklist_that_is_not_there(
    setting: str, value: str, tmp_path: Path
) -> None:
    said = check(Project(tmp_path, [BASE], f"SIMPLE_JWT = {{'{setting}': '{value}'}}"))
    assert f"(pyjwtfast.W006) SIMPLE_JWT['{setting}'] has no effect: '{OURS}' is not in" in said
