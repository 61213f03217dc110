"""docs/migrating-simplejwt.md, followed by hand: a project of `django-admin startproject` that uses
simplejwt, with users and tokens in its database, is moved over and back by the page's commands.

It has a virtual environment of its own, in which pip installs and uninstalls as the page says. The
page's other projects, and what it shows besides, are run by tests/test_docs.py.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.docs.pages import Block, read_runs
from tests.docs.project import glob

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/migrating-simplejwt.md"
SIMPLEJWT = "djangorestframework-simplejwt"
# What the project's environment has from the start, as the tests' own has it.
INSTALLED = ["Django", "djangorestframework", "PyJWT", "asgiref", "sqlparse", "setuptools"]
if sys.version_info < (3, 11):
    INSTALLED.append("typing_extensions")  # which PyJWT and asgiref need there

SETTINGS = """
INSTALLED_APPS += ["rest_framework", "rest_framework_simplejwt.token_blacklist"]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}
SIMPLE_JWT = {
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "TOKEN_OBTAIN_SERIALIZER": "mysite.serializers.WithName",
}
"""
SERIALIZERS = """\
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer


class WithName(TokenObtainPairSerializer):
    @classmethod
    def get_token(cls, user):
        token = super().get_token(user)
        token["name"] = user.get_username()
        return token
"""
URLS = """\
from django.contrib import admin
from django.urls import path
from rest_framework.decorators import api_view
from rest_framework.response import Response
from rest_framework_simplejwt import views


@api_view(["GET"])
def me(request):
    return Response({"user": request.user.get_username(), "name": request.auth["name"]})


urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/me/", me),
    path("api/token/", views.TokenObtainPairView.as_view()),
    path("api/token/refresh/", views.TokenRefreshView.as_view()),
    path("api/token/blacklist/", views.TokenBlacklistView.as_view()),
]
"""
# Its standard input: which package is to be in use, and the tokens of before. It goes through what
# clients do with them, and prints those for the next time.
CLIENTS = """
import json, sys
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.settings import api_settings

package, before = json.loads(input())
client = Client(headers={"host": "localhost"})

def post(path, **data):
    answer = client.post("/api/token/" + path, data, content_type="application/json")
    return answer.status_code, answer.json()

def me(access):
    answer = client.get("/api/me/", headers={"authorization": "Bearer " + access})
    return answer.status_code, answer.json()

for used in api_settings.DEFAULT_AUTHENTICATION_CLASSES:
    assert used.__module__ == package + ".authentication", used.__module__
import rest_framework_simplejwt_or_ours as tokens
assert tokens.__name__ == package + ".tokens", tokens.__name__

if not before:
    for name in ("ada", "grace"):
        User.objects.create_user(name, password="correct horse")
else:
    assert User.objects.count() == 2
    for name, kept in before["kept"].items():
        assert me(kept["access"]) == (200, {"user": name, "name": name}), name
        status, answer = post("refresh/", refresh=kept["refresh"])
        assert status == 200, answer
        assert me(answer["access"]) == (200, {"user": name, "name": name}), name
        status, answer = post("refresh/", refresh=kept["refresh"])
        assert (status, answer["code"]) == (401, "token_not_valid"), answer
    for token in before["revoked"]:
        status, answer = post("refresh/", refresh=token)
        assert (status, answer["detail"]) == (401, "Token is blacklisted"), answer

revoked = before["revoked"] if before else []
kept = {}
for name in ("ada", "grace"):
    assert post("", username=name, password="wrong horse")[0] == 401
    status, pair = post("", username=name, password="correct horse")
    assert status == 200
    assert post("blacklist/", refresh=pair["refresh"])[0] == 200
    revoked.append(pair["refresh"])
    kept[name] = post("", username=name, password="correct horse")[1]
print(json.dumps({"kept": kept, "revoked": revoked}))
"""


def wheel_of_installed(name: str, directory: Path) -> None:
    """The wheel of an installed, pure distribution, put together again of its files."""
    distribution = importlib.metadata.distribution(name)
    stem = f"{name.replace('-', '_')}-{distribution.version}"
    record = ""
    with zipfile.ZipFile(directory / f"{stem}-py3-none-any.whl", "w") as files:
        for file in distribution.files or ():
            if file.name in ("RECORD", "INSTALLER", "REQUESTED") or file.suffix == ".pyc":
                continue
            content = file.read_binary()
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
            record += f"{file},sha256={digest.decode()},{len(content)}\n"
            files.writestr(str(file), content)
            if file.name == "METADATA":
                folder = file.parent
        files.writestr(str(folder / "RECORD"), record)


class Project:
    """The project `mysite`, its environment and its checkout of pyjwtfast."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "project"
        self.checkout = directory / "checkout"
        self.tokens: dict[str, object] = {}
        for folder in (self.directory, self.checkout, directory / "wheels"):
            folder.mkdir()
        for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE", "csrc", "pyjwtfast"):
            (self.checkout / name).symlink_to(ROOT / name)
        venv.create(directory / "venv", with_pip=True)
        (packages,) = (directory / "venv/lib").glob("python3.*/site-packages")
        for name in INSTALLED:
            distribution = importlib.metadata.distribution(name)
            for top in {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
                if (packages / top).is_dir() and not (packages / top).is_symlink():
                    shutil.rmtree(packages / top)  # venv's own setuptools, before Python 3.12
                if not (packages / top).exists():
                    (packages / top).symlink_to(distribution.locate_file(top))
        wheel_of_installed(SIMPLEJWT, directory / "wheels")
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "DJANGO", "VIRTUAL_ENV"))
        } | {
            "PATH": f"{directory / 'venv/bin'}:{os.environ['PATH']}",
            # What it installs counts, not how fast that is.
            "CFLAGS": "-O0",
            "PYJWTFAST_LTO": "0",
            # No network, and nobody to ask.
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(directory / "wheels"),
            "PIP_NO_BUILD_ISOLATION": "0",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_YES": "1",
        }

    def run(self, command: str, stdin: str = "", directory: Path | None = None) -> str:
        done = subprocess.run(
            ["sh", "-ec", command],
            cwd=directory or self.directory,
            env=self.environment,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        return done.stdout

    def clients(self, package: str, python_name: str) -> None:
        """What clients do, with tokens of before and new ones; `package` is what answers."""
        code = CLIENTS.replace(
            "import rest_framework_simplejwt_or_ours", f"import {python_name}.tokens"
        )
        (self.directory / "clients.py").write_text(code)
        printed = self.run(
            "python manage.py shell -c 'exec(open(\"clients.py\").read())'",
            json.dumps([package, self.tokens]),
        )
        (self.directory / "clients.py").unlink()
        self.tokens = json.loads(printed.strip().splitlines()[-1])

    def follow(self, block: Block) -> None:
        """Do what a block of the page tells."""
        if block.language == "sh":
            checkout = (
                self.checkout if 'pip install "."' in block.text.replace("[drf]", "") else None
            )
            self.run(block.text, directory=checkout)
        elif block.language == "console":
            for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.text, re.M):
                # As the page says: with the name of the project's own settings.
                printed = self.run(command.replace("settings settings", "settings mysite.settings"))
                assert glob(shown.strip()).fullmatch(printed.strip()), f"{block.where}:\n{printed}"
        elif block.text.startswith("# settings.py\nimport pyjwtfast.replace_simplejwt"):
            settings = self.directory / "mysite/settings.py"
            line = block.text.splitlines()[1]
            settings.write_text(f"{line}\n{settings.read_text()}")


def sections() -> dict[str, list[Block]]:
    """The blocks of the page under the headings whose commands a reader types."""
    lines = PAGE.read_text().splitlines()
    found: dict[str, list[Block]] = {}
    for block in (block for run in read_runs(PAGE, PAGE.name) for block in run.blocks):
        above = [line for line in lines[: block.line] if line.startswith("## ")]
        found.setdefault(above[-1].removeprefix("## "), []).append(block)
    return found


@pytest.mark.skipif(
    not hasattr(os, "fork"), reason="the page's commands are those of a POSIX shell"
)
def test_a_project_is_moved_and_moved_back(tmp_path: Path) -> None:
    page = sections()
    project = Project(tmp_path)
    project.run(f"pip install --quiet {SIMPLEJWT}")
    project.run("python -m django startproject mysite .")  # django-admin, by another name
    with (project.directory / "mysite/settings.py").open("a") as file:
        file.write(SETTINGS)
    (project.directory / "mysite/serializers.py").write_text(SERIALIZERS)
    (project.directory / "mysite/urls.py").write_text(URLS)
    project.run("python manage.py migrate")
    project.clients("rest_framework_simplejwt", "rest_framework_simplejwt")

    typed = [block.text for block in page["The one line"] if block.language in ("sh", "console")]
    assert len(typed) == 4, typed
    for block in page["The one line"]:
        project.follow(block)
    assert SIMPLEJWT not in project.run("pip list")
    project.clients("pyjwtfast.drf", "rest_framework_simplejwt")

    assert len([b for b in page["Native"] if b.language in ("sh", "console")]) == 2
    for block in page["Native"]:
        if block.language in ("sh", "console"):
            project.follow(block)
    for name in ("settings.py", "urls.py", "serializers.py"):
        assert "rest_framework_simplejwt" not in (project.directory / "mysite" / name).read_text()
    project.clients("pyjwtfast.drf", "pyjwtfast.drf")

    assert [b.language for b in page["And back"]] == ["sh", "console"]
    for block in page["And back"]:
        project.follow(block)
    project.clients("rest_framework_simplejwt", "rest_framework_simplejwt")
