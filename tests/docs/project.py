"""Runs the blocks of one run (see pages.py), which come as JSON by standard input.

This is a process of its own, and its working directory is an empty one: there the project is made.
The first thing that is not as the page shows it ends it, with the place in the page.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .pages import Block

# What a reader has who did `django-admin startproject`, with its settings and urls in one folder.
SETTINGS = """\
SECRET_KEY = "the key of the documents' projects, long enough for HS512: 64 bytes or more"
DEBUG = False
ALLOWED_HOSTS = ["*"]
USE_TZ = True
ROOT_URLCONF = "urls"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
STATIC_URL = "static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": "db.sqlite3",
        "OPTIONS": {"init_command": "PRAGMA synchronous=OFF"},  # quick; it need not last
    }
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick; no secret is here
REST_FRAMEWORK = {}
"""

# For pages that say nothing of it: what docs/drf.md has its readers set up; with the one line the
# name is simplejwt's.
SET_UP = """\
INSTALLED_APPS += ["rest_framework", "pyjwtfast.drf"]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["pyjwtfast.drf.authentication.JWTAuthentication"],
}
"""
ONE_LINE = "import pyjwtfast.replace_simplejwt"

URLS = """\
from django.contrib import admin
from django.urls import include, path

urlpatterns = []
"""

URLS_SET_UP = """
from rest_framework.decorators import api_view
from rest_framework.response import Response

from pyjwtfast.drf import views


@api_view(["GET"])
def hello(request):
    return Response({"hello": request.user.get_username()})


urlpatterns += [
    path("api/hello/", hello),
    path("api/token/", views.TokenObtainPairView.as_view(), name="token_obtain_pair"),
    path("api/token/refresh/", views.TokenRefreshView.as_view(), name="token_refresh"),
    path("api/token/verify/", views.TokenVerifyView.as_view(), name="token_verify"),
]
"""

MANAGE = """\
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)
"""

PASSWORD = "correct horse"
# Pages read it from the environment without a default: a default would be copied to servers.
JWT_SECRET = "the key of the documents' tokens, long enough for HS512: 64 bytes or more"

_FILE = re.compile(r"^# ([\w/]+\.py)\b")
_MORE = re.compile(r"^(?P<name>\w+) = (?P<value>[\[{]\n(?:.*\n)*?[\]}])$", re.MULTILINE)
_EXTEND = """\
def _extended(old, new):
    if isinstance(new, dict):
        return {**old, **new}
    return [*old, *(item for item in new if item not in old)]

"""


class Failure(Exception):
    """Something is not as the page shows it."""


def file_of(block: Block) -> str:
    """The file that a block is, by its first line; empty: it is none."""
    match = _FILE.match(block.text) if block.language == "python" else None
    return match[1] if match else ""


def with_more(text: str) -> str:
    """The text, with `# ...` in lists and dicts meaning what was in them before."""

    def extended(match: re.Match[str]) -> str:
        if "# ...\n" not in match["value"]:
            return match[0]
        return f"{match['name']} = _extended({match['name']}, {match['value']})"

    return _MORE.sub(extended, text)


def execute(block: Block, text: str, namespace: dict[str, Any]) -> None:
    """Run Python so that a traceback shows the page and its lines."""
    exec(compile("\n" * (block.line - 1) + text, block.page, "exec"), namespace)


def glob(shown: str) -> re.Pattern[str]:
    """The pattern of a text in which `…` is any text."""
    return re.compile(".*?".join(map(re.escape, shown.split("…"))), re.DOTALL)


class Console:
    """Commands, as they are typed in the project's folder."""

    def __init__(self, project: Project | None) -> None:
        self.project = project

    def run_block(self, block: Block) -> None:
        if block.language == "sh":
            self.run(block, block.text)
            return
        command, shown = "", ""
        for line in [*block.text.splitlines(keepends=True), "$ "]:
            if line.startswith("$ "):
                if command:
                    self.compare(block, command, shown)
                command, shown = line[2:], ""
            elif command.endswith("\\\n"):
                command += line
            elif not command:
                raise Failure("a console block begins with a command: `$ ...`")
            else:
                shown += line

    def compare(self, block: Block, command: str, shown: str) -> None:
        printed = self.run(block, command)
        wanted = "\n".join(line.rstrip() for line in shown.strip().splitlines())
        got = "\n".join(line.rstrip() for line in printed.strip().splitlines())
        if not glob(wanted).fullmatch(got):
            raise Failure(f"{command}printed\n{got}\nand not\n{wanted}")
        if self.project is not None and got.startswith("{"):
            self.project.tokens |= json.loads(got)

    def run(self, block: Block, command: str) -> str:
        python = f'"{sys.executable}"'
        functions = (
            f'python() {{ {python} "$@"; }}\npyjwtfast() {{ {python} -m pyjwtfast "$@"; }}\n'
        )
        if re.search(r"^curl\b", command):
            if shutil.which("curl") is None:
                return "…"
            assert self.project is not None
            server = self.project.server()
            command = command.replace("http://localhost:8000", server)
            command = re.sub(
                r"eyJ\S*…", lambda token: self.project.token(token[0], "access"), command
            )
            # Without what is preloaded into Python: under a sanitizer's library curl may hang.
            functions += 'curl() { LD_PRELOAD= command curl --silent --noproxy "*" "$@"; }\n'
        done = subprocess.run(
            ["sh", "-ec", functions + command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        if (done.returncode != 0) != block.fails:
            raise Failure(f"{command}ended with {done.returncode}:\n{done.stdout}")
        return done.stdout


class Project:
    """A Django project in the working directory, of the files that the page shows."""

    def __init__(self, blocks: list[Block]) -> None:
        self.blocks = blocks
        self.tokens: dict[str, str] = {}  # by what an answer showed of them, and by name
        self.response: Any = None
        self.asked: Block | None = None  # the request that has no answer yet
        self.live: Any = None
        self.namespace: dict[str, Any] = {"__name__": "__main__"}
        self.console = Console(self)
        self.start = self._blocks_before_the_start()

    def _blocks_before_the_start(self) -> list[Block]:
        """The settings that Django starts with: the first, and up to the last with apps.

        Those after them take effect where they stand in the page, as if it were changed then.
        """
        settings = []
        for block in self.blocks:
            if file_of(block) == "settings.py":
                settings.append(block)
            elif not file_of(block) and block.language != "text":
                break
        last = max(
            (i for i, block in enumerate(settings) if "INSTALLED_APPS" in block.text), default=0
        )
        return settings[: last + 1]

    def write(self) -> None:
        """Make the files. They are whole from the start, but for the settings that come later."""
        texts = [block.text for block in self.start]
        everything = "".join(block.text for block in self.blocks)
        package = "rest_framework_simplejwt" if ONE_LINE in everything else "pyjwtfast.drf"
        settings = SETTINGS
        if "INSTALLED_APPS" not in "".join(texts):
            settings += SET_UP.replace("pyjwtfast.drf", package)
        settings += _EXTEND + "".join(map(with_more, texts))
        Path("settings.py").write_text(settings)
        Path("manage.py").write_text(MANAGE)
        urls = URLS
        if not re.search(r"^# urls\.py", everything, re.MULTILINE):
            urls += URLS_SET_UP.replace("pyjwtfast.drf", package)
        Path("urls.py").write_text(urls + _EXTEND)
        for block in self.blocks:
            name = file_of(block)
            if name and name != "settings.py":
                path = Path(name)
                path.parent.mkdir(parents=True, exist_ok=True)
                for package in path.parents[:-1]:
                    (package / "__init__.py").touch()
                with path.open("a") as file:
                    file.write(with_more(block.text) if name == "urls.py" else block.text)

    def set_up(self) -> None:
        import django

        os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
        os.environ["JWT_SECRET"] = JWT_SECRET
        django.setup()
        from django.contrib.auth import get_user_model
        from django.core.management import call_command

        with contextlib.redirect_stdout(io.StringIO()):
            for models in Path().glob("*/models.py"):
                call_command("makemigrations", models.parent.name)
            call_command("migrate", verbosity=0)
        user_model = get_user_model()
        name = user_model.USERNAME_FIELD
        user_model._default_manager.create_user(
            **{name: "ada@example.org" if name == "email" else "ada"}, password=PASSWORD
        )
        self.namespace |= {"later": self.later, "User": user_model}

    def run(self) -> None:
        self.write()
        with self.at(self.start[0] if self.start else self.blocks[0]):
            self.set_up()
        if self.start:
            with self.at(self.start[-1]):
                self.check(self.start[-1])
        for block in self.blocks:
            if block.language != "http" or not block.text.startswith("HTTP/"):
                self.all_answered()
            with self.at(block):
                self.run_block(block)
        self.all_answered()

    @contextlib.contextmanager
    def at(self, block: Block) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            if not isinstance(error, Failure):
                traceback.print_exc()
            sys.exit(f"{block.where}: {error}")

    def all_answered(self) -> None:
        if self.asked is not None:
            sys.exit(f"{self.asked.where}: this request has no answer")

    def run_block(self, block: Block) -> None:
        name = file_of(block)
        if name == "settings.py":
            if block not in self.start:
                self.change_settings(block)
        elif name:
            pass  # written before the start
        elif block.language in ("python", "hidden"):
            execute(block, block.text, self.namespace)
        elif block.language == "http":
            (self.answer if block.text.startswith("HTTP/") else self.request)(block)
        else:
            self.console.run_block(block)

    # Settings

    def change_settings(self, block: Block) -> None:
        """What the block sets takes the place of what was set before, until the next one."""
        import settings as module
        from django.test import override_settings

        with Path("settings.py").open("a") as file:
            file.write(with_more(block.text))
        before = dict(vars(module))
        execute(block, with_more(block.text), vars(module))
        changed = {
            name: value
            for name, value in vars(module).items()
            if name.isupper() and before.get(name) != value
        }
        if "INSTALLED_APPS" in changed:
            raise Failure("other apps need a new <!-- project -->")
        override_settings(**changed).enable()
        self.check(block)

    def check(self, block: Block) -> None:
        """The system checks say what the page says they say; usually nothing."""
        from django.core.checks import ERROR, run_checks

        messages = [
            message
            for message in run_checks()
            if message.level >= ERROR or (message.id or "").startswith("pyjwtfast.")
        ]
        if sorted({message.id for message in messages}) != sorted(block.reports):
            raise Failure(f"the system checks report {messages}, and not {block.reports}")

    # Requests and answers

    def request(self, block: Block) -> None:
        from django.test import Client

        head, _, body = block.text.partition("\n\n")
        line, *fields = head.strip().splitlines()
        method, path, *_ = line.split()
        headers = dict(field.split(": ", 1) for field in fields)
        if "Authorization" in headers:
            headers["Authorization"] = re.sub(
                r"\S*…\S*", lambda match: self.token(match[0], "access"), headers["Authorization"]
            )
        if body.strip().startswith("{"):
            data = json.loads(body)
            for name, value in data.items():
                if isinstance(value, str) and "…" in value:
                    data[name] = self.token(value, name)
            body = json.dumps(data)
        content_type = headers.pop("Content-Type", "application/json")
        self.response = Client(raise_request_exception=False).generic(
            method, path, body.strip(), content_type, headers=headers
        )
        self.asked = block

    def token(self, shown: str, name: str) -> str:
        """The token that an answer gave: by what it showed of it, or the latest of that name."""
        for key in (shown, name, "access", "token"):
            if key in self.tokens:
                return self.tokens[key]
        raise Failure(
            f"no answer before this has shown a token as {shown!r}, or called it {name!r}"
        )

    def answer(self, block: Block) -> None:
        if self.asked is None:
            raise Failure("there is no request before this answer")
        self.asked = None
        response = self.response
        head, _, body = block.text.partition("\n\n")
        line, *fields = head.strip().splitlines()
        got = f"HTTP/1.1 {response.status_code} {response.reason_phrase}"
        if line != got:
            raise Failure(f"the answer is {got}\n\n{response.text}")
        for field in fields:
            name, value = field.split(": ", 1)
            if not glob(value).fullmatch(response.headers.get(name, "")):
                raise Failure(f"the header {name} is {response.headers.get(name)!r}")
        if body.strip()[:1] in ("{", "["):
            self.compare(json.loads(body), response.json(), response.text)
        elif not glob(body.strip()).fullmatch(response.text.strip()):
            raise Failure(f"the answer's body is\n{response.text}")

    def compare(self, shown: Any, got: Any, whole: str, name: str = "") -> None:
        if isinstance(shown, dict) and isinstance(got, dict) and list(shown) == list(got):
            for key in shown:
                self.compare(shown[key], got[key], whole, key)
        elif isinstance(shown, list) and isinstance(got, list) and len(shown) == len(got):
            for one, other in zip(shown, got, strict=True):
                self.compare(one, other, whole)
        elif isinstance(shown, str) and "…" in shown and (shown == "…" or isinstance(got, str)):
            # The ending of a token is its name for later, see pages.py.
            pattern = shown.partition("…")[0] + "…" if shown.startswith("eyJ") else shown
            if shown != "…" and not glob(pattern).fullmatch(got):
                self.differs(shown, got, whole)
            self.tokens[name] = got
            if pattern != shown and self.tokens.setdefault(shown, got) != got:
                raise Failure(f"{shown!r} is another token than before:\n{whole}")
        elif shown != got or type(shown) is not type(got):
            self.differs(shown, got, whole)

    def differs(self, shown: object, got: object, whole: str) -> None:
        raise Failure(f"the answer has {got!r}, and not {shown!r}:\n{whole}")

    # The world around

    def later(self, **duration: float) -> None:
        """Let so much time pass, for the library and for Django."""
        import datetime

        import time_machine

        now = datetime.datetime.now(datetime.timezone.utc)
        time_machine.travel(now + datetime.timedelta(**duration)).start()

    def server(self) -> str:
        """The address of a server of this project; started when it is first asked for."""
        from django.test.testcases import LiveServerThread, _StaticFilesHandler

        if self.live is None:
            self.live = LiveServerThread("127.0.0.1", _StaticFilesHandler)
            self.live.daemon = True
            self.live.start()
            self.live.is_ready.wait()
            if self.live.error:
                raise self.live.error
        return f"http://127.0.0.1:{self.live.port}"


def main() -> None:
    run = json.load(sys.stdin)
    blocks = [Block(**block) for block in run["blocks"] if not block["not_run"]]
    sys.path.insert(0, os.getcwd())
    if run["django"]:
        Project(blocks).run()
        return
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks:
        if block.language in ("python", "hidden"):
            execute(block, block.text, namespace)
        else:
            Console(None).run_block(block)


if __name__ == "__main__":
    main()
