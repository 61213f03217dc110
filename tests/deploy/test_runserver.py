"""Django's runserver, which is for development: to compare with, and why not to serve by it."""

from __future__ import annotations

from collections.abc import Callable

from .client import Client
from .load import Result
from .processes import free_port, listens
from .site import HOST, Site


def test_load(site: Site, load: Callable[..., Result]) -> None:
    """With the development settings, and without its reloader."""
    port = free_port()
    python = str(site.directory / "venv" / "bin" / "python")
    command = [python, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    settings = {"DJANGO_SETTINGS_MODULE": "project.settings", "DEBUG": "1"}
    # These sign with SECRET_KEY, and tokens are made with what the servers sign with.
    environment = {**site.variables, **settings, "SECRET_KEY": site.key}
    server = site.start("runserver", command, environment)
    server.wait_for(lambda: listens(port), "listens")
    load("runserver", Client(port, HOST), site)
