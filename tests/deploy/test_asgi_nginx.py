"""Uvicorn in two instances behind NGINX with TLS: deploy/asgi-nginx; Granian beside it."""

from __future__ import annotations

import stat
import time
from collections.abc import Callable, Iterator

import pytest

from .client import Client, background_load, bad_tokens, walk_through
from .front import check_login_limit, check_static_files, check_tls
from .load import Result
from .nginx import start_nginx
from .processes import free_port, listens
from .site import HOST, Site, make_site

FOLDER = "asgi-nginx"
INSTANCES = ("1", "2")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with make_site(CONN_MAX_AGE="0") as made:
        yield made


def start_uvicorn(site: Site, instance: str) -> None:
    """The instance, in the place of the one that runs; its socket is made anew."""
    if instance in site.instances:
        site.instances[instance].stop()
        (site.run / f"notes-{instance}" / "uvicorn.sock").unlink(missing_ok=True)
    exchanges = {"/srv/notes": str(site.directory), "/run/": f"{site.run}/"}
    site.start_unit(site.render(f"{FOLDER}/notes@.service", exchanges), instance)


@pytest.fixture(scope="module")
def clients(site: Site) -> tuple[Client, Client]:
    """NGINX with TLS and without."""
    for instance in INSTANCES:
        start_uvicorn(site, instance)
    return start_nginx(site, f"{FOLDER}/nginx.conf", {"/run/notes-": f"{site.run}/notes-"})


@pytest.fixture(scope="module")
def client(clients: tuple[Client, Client]) -> Client:
    return clients[0]


def test_a_walk_through_the_api(site: Site, client: Client) -> None:
    walk_through(client, site.key)


def test_static_files(site: Site, client: Client) -> None:
    check_static_files(site, client)


def test_tls(site: Site, clients: tuple[Client, Client]) -> None:
    check_tls(site, *clients)


def test_logins_are_limited(client: Client) -> None:
    check_login_limit(client)


def test_who_gets_to_the_sockets(site: Site, client: Client) -> None:
    """Uvicorn lets everybody write to its socket: who gets to it, the directory says."""
    for instance in INSTANCES:
        directory = site.run / f"notes-{instance}"
        assert stat.S_IMODE(directory.stat().st_mode) == 0o750
        assert (directory / "uvicorn.sock").is_socket()


def test_one_after_the_other_is_restarted_under_load(site: Site, client: Client) -> None:
    with background_load(client, site.access_token(), readers=4) as load:
        for instance in INSTANCES:
            load.wait_for_more()
            before = site.instances[instance].pid
            start_uvicorn(site, instance)
            assert site.instances[instance].pid != before
            time.sleep(2.5)  # until NGINX asks it again: fail_timeout of the upstream
        load.wait_for_more()
    assert load.wrong == []


def test_load(site: Site, client: Client, load: Callable[..., Result]) -> None:
    load("NGINX, 2 x Uvicorn, TLS", client, site)


COUNT = "/api/notes/count/"


def test_an_async_view(site: Site, client: Client) -> None:
    token = site.access_token()
    answer = client.get(COUNT, token)
    assert (answer.status, set(answer.json)) == (200, {"count"})
    for bad, text in bad_tokens(token, site.key).values():
        answer = client.get(COUNT, bad)
        assert (answer.status, text in answer.text) == (401, True)


def test_load_of_an_async_view(site: Site, client: Client, load: Callable[..., Result]) -> None:
    load("NGINX, 2 x Uvicorn, TLS: an async view", client, site, target=(COUNT, '"count"'))


@pytest.fixture(scope="module")
def granian(site: Site) -> Client:
    """Granian by itself, as its command is in the page, but for the port."""
    port = free_port()
    options = f"--interface asgi --workers 2 --host 127.0.0.1 --port {port} --no-ws"
    server = site.start(
        "granian",
        [f"{site.directory}/venv/bin/granian", *options.split(), "project.asgi:application"],
        site.variables,
    )
    server.wait_for(lambda: listens(port), "listens")
    return Client(port, HOST)


def test_granian(site: Site, granian: Client) -> None:
    """Without a proxy in front that says so there is no TLS: Django redirects."""
    secure = {"X-Forwarded-Proto": "https"}
    token = site.access_token()
    assert granian.get("/api/notes/", token).status == 301
    assert granian.get("/api/notes/", token, headers=secure).status == 200
    for bad, text in bad_tokens(token, site.key).values():
        answer = granian.get("/api/notes/", bad, headers=secure)
        assert (answer.status, text in answer.text) == (401, True)
