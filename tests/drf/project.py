"""Small Django projects, each in a process of its own: what is installed cannot change in one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.processes import REPOSITORY, python

SETTINGS = """\
{first_line}
SECRET_KEY = "the secret of a small project, with enough bytes for HS512: sixty-four"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", *{apps!r}]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": {database!r}}}}}
ROOT_URLCONF = "small.urls"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
{more}
"""
URLS = """\
from django.urls import path
from pyjwtfast.drf import views

urlpatterns = [
    path("token/", views.token_obtain_pair),
    path("token/verify/", views.token_verify),
]
"""


class Project:
    """A package `small` of settings and urls in a directory."""

    def __init__(
        self, directory: Path, apps: Sequence[str] = (), more: str = "", first_line: str = ""
    ) -> None:
        self.directory = directory
        package = directory / "small"
        package.mkdir()
        (package / "__init__.py").touch()
        database = str(directory / "db.sqlite3")
        (package / "settings.py").write_text(
            SETTINGS.format(first_line=first_line, apps=list(apps), database=database, more=more)
        )
        (package / "urls.py").write_text(URLS)

    def run(self, *arguments: str, **options: str) -> subprocess.CompletedProcess[str]:
        """What `python ...` does and says there. options: environment variables, and `stdin`."""
        modules = {
            "PYTHONPATH": f"{self.directory}{os.pathsep}{REPOSITORY}",
            "DJANGO_SETTINGS_MODULE": "small.settings",
        }
        return python(*arguments, directory=self.directory, **{**modules, **options})

    def manage(self, *arguments: str, **options: str) -> subprocess.CompletedProcess[str]:
        """`manage.py ...`"""
        return self.run("-m", "django", *arguments, **options)
