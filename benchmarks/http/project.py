"""The Django project that every contestant's server runs, and what tells one from another."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.postgres import PREFIX, django_database

DATABASE = f"{PREFIX}_http"
SPEC = "PYJWTFAST_BENCH_SERVER"

# `django-admin startproject` writes these two.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
MIDDLEWARE_APPS = ["django.contrib.sessions", "django.contrib.messages"]


@dataclass(frozen=True)
class Server:
    """How a server is started.

    authenticator: of authenticators.NAMES.
    simple_jwt: the project's SIMPLE_JWT, which both libraries read.
    database: more of DATABASES["default"]; connections are kept where it does not say otherwise.
    middleware: whether startproject's is there, or none.
    threads: of each worker, which is a gthread one then; 0 is a sync worker.
    """

    authenticator: str
    simple_jwt: dict[str, Any] = field(default_factory=dict)
    database: dict[str, Any] = field(default_factory=dict)
    middleware: bool = False
    workers: int = 1
    threads: int = 0

    def environment(self) -> dict[str, str]:
        return {SPEC: json.dumps(asdict(self))}

    @classmethod
    def of_environment(cls) -> Server:
        """The server that this process is."""
        return cls(**json.loads(os.environ[SPEC]))


def configure(server: Server) -> None:
    """Sets Django up."""
    import django
    from django.conf import settings

    ours = ["pyjwtfast.drf"] if server.authenticator.startswith("pyjwtfast") else []
    settings.configure(
        SECRET_KEY="not used: SIMPLE_JWT has the keys, of more than 32 bytes",
        DEBUG=False,
        ALLOWED_HOSTS=["*"],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        ROOT_URLCONF="benchmarks.http.urls",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            *(MIDDLEWARE_APPS if server.middleware else []),
            "rest_framework",
            *ours,
        ],
        MIDDLEWARE=MIDDLEWARE if server.middleware else [],
        DATABASES={
            "default": django_database(DATABASE, **{"CONN_MAX_AGE": None, **server.database})
        },
        REST_FRAMEWORK={"DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]},
        SIMPLE_JWT=server.simple_jwt,
        # A fault of a server is to be seen.
        LOGGING={
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {"stderr": {"class": "logging.StreamHandler"}},
            "loggers": {
                "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False}
            },
        },
    )
    django.setup()


def make_users(count: int) -> None:
    """Tables, and users with the ids 1 to count."""
    from django.contrib.auth.models import User
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    User.objects.bulk_create(User(pk=n, username=f"user {n}") for n in range(1, count + 1))
