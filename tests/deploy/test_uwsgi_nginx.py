"""uWSGI behind NGINX over its own protocol: deploy/uwsgi-nginx."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from .client import Client, background_load, walk_through
from .front import check_login_limit, check_static_files, check_tls
from .load import Result
from .nginx import start_nginx
from .processes import Server, loads, threads
from .site import Site

FOLDER = "uwsgi-nginx"


def start_uwsgi(site: Site, *, lazy: bool = False) -> Server:
    """The service, in the place of the one that runs."""
    for server in site.instances.values():
        server.stop()
    exchanges = {"/srv/notes": str(site.directory), "/run/": f"{site.run}/"}
    exchanges["lazy-apps = false"] = f"lazy-apps = {str(lazy).lower()}"
    site.render(f"{FOLDER}/uwsgi.ini", exchanges, site.directory / "uwsgi.ini")
    unit = site.render(f"{FOLDER}/notes.service", {"/srv/notes": str(site.directory)})
    return site.start_unit(unit)


@pytest.fixture(scope="module")
def clients(site: Site) -> tuple[Client, Client]:
    """NGINX with TLS and without."""
    start_uwsgi(site)
    return start_nginx(site, f"{FOLDER}/nginx.conf", {"/run/": f"{site.run}/"})


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


def workers_of(master: Server) -> set[int]:
    """Its two processes, when they have the project and their threads."""
    master.wait_for(
        lambda: (
            [loads(pid, "_core.cpython") and threads(pid) >= 4 for pid in sorted(master.workers())]
            == [True, True]
        ),
        "two processes with the project, of four threads each",
    )
    return master.workers()


@pytest.mark.parametrize("lazy", [False, True])
def test_fork_and_reload_under_load(site: Site, client: Client, lazy: bool) -> None:
    """The project in the master before the fork, or in each process after it; threads in both."""
    master = start_uwsgi(site, lazy=lazy)
    before = workers_of(master)
    assert loads(master.pid, "_core.cpython") is not lazy
    with background_load(client, site.access_token(), readers=4, writers=1) as load:
        load.wait_for_more()
        master.send(signal.SIGHUP)
        master.wait_for(
            lambda: len(master.workers()) == 2 and not master.workers() & before,
            "new processes in the place of the old ones",
        )
        load.wait_for_more(100)
    assert load.wrong == []
    assert {("GET", "200"), ("POST", "201")} == set(load.answers)


def test_a_worker_is_killed_and_replaced(site: Site, client: Client) -> None:
    master = start_uwsgi(site)
    before = workers_of(master)
    os.kill(min(before), signal.SIGKILL)
    master.wait_for(lambda: len(master.workers() - before) == 1, "a new process")
    for _ in range(20):
        assert client.get("/api/notes/", site.access_token()).status == 200


def test_load(site: Site, client: Client, load: Callable[..., Result]) -> None:
    start_uwsgi(site)
    load("NGINX, uWSGI, TLS", client, site)
