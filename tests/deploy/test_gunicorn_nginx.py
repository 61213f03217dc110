"""Gunicorn in two instances behind NGINX with TLS: deploy/gunicorn-nginx."""

from __future__ import annotations

import grp
import os
import signal
import stat
import time
from collections.abc import Callable

import pytest

from .client import Client, background_load, walk_through
from .front import check_login_limit, check_static_files, check_tls
from .gunicorn import FOLDER, start_gunicorn, unit
from .load import Result
from .nginx import read_nginx_log, start_nginx
from .processes import is_alive, loads, threads, wait_for
from .site import Site, is_root


@pytest.fixture(scope="module")
def clients(site: Site) -> tuple[Client, Client]:
    """NGINX with TLS and without; what is behind it comes and goes."""
    return start_nginx(site, f"{FOLDER}/nginx.conf", {"/run/notes-": f"{site.run}/notes-"})


@pytest.fixture(scope="module")
def client(site: Site, clients: tuple[Client, Client]) -> Client:
    start_gunicorn(site)
    return clients[0]


def pids(site: Site) -> set[int]:
    """The workers of both instances."""
    return {pid for server in site.instances.values() for pid in server.workers()}


@pytest.fixture(scope="module")
def token(site: Site) -> str:
    return site.access_token()


def test_a_walk_through_the_api(site: Site, client: Client) -> None:
    walk_through(client, site.key)


def test_both_instances_in_turn(site: Site, client: Client) -> None:
    for _ in range(10):
        assert client.get("/api/about/", headers={"X-Probe": "turn"}).status == 200
    asked = [entry.upstreams for entry in read_nginx_log(site, "turn")]
    sockets = {f"unix:{site.run}/notes-{number}/gunicorn.sock" for number in (1, 2)}
    assert {socket for (socket,) in asked} == sockets


@pytest.mark.skipif(not is_root(), reason="the group of the socket is set by root")
def test_who_may_write_to_the_sockets(site: Site, client: Client) -> None:
    for number in (1, 2):
        status = (site.run / f"notes-{number}" / "gunicorn.sock").stat()
        assert (stat.S_IMODE(status.st_mode), grp.getgrgid(status.st_gid).gr_name) == (
            0o770,
            "www-data",
        )


def test_static_files(site: Site, client: Client) -> None:
    check_static_files(site, client)
    assert client.get("/static/none.css", headers={"X-Probe": "static"}).status == 404
    assert read_nginx_log(site, "static") == []  # of which there is no log: they are NGINX's


def test_tls(site: Site, clients: tuple[Client, Client], client: Client) -> None:
    check_tls(site, client, clients[1])


def test_logins_are_limited(client: Client) -> None:
    check_login_limit(client)


@pytest.mark.parametrize("all_at_once", [False, True])
def test_an_instance_is_killed_under_load_and_comes_back(
    site: Site, client: Client, token: str, all_at_once: bool
) -> None:
    """kill -9 of the master alone, as the kernel does it when memory is short: its workers see
    that it is gone, and end in order. Or of all its processes in one instant.
    """
    with background_load(client, token, readers=6, writers=2) as load:
        for instance in ("1", "2"):
            load.wait_for_more()
            server = site.instances[instance]
            workers = server.workers()
            if all_at_once:
                server.kill()
            else:
                os.kill(server.pid, signal.SIGKILL)
            # Until then systemd does not start it again.
            wait_for(lambda pids=workers: not any(map(is_alive, pids)), "workers end")
            load.wait_for_more()
            site.start_unit(unit(site), instance)
            time.sleep(2.5)  # fail_timeout of the upstream
        load.wait_for_more()
    retried = [entry for entry in read_nginx_log(site) if len(entry.upstreams) == 2]
    assert retried, "the death was not noticed: the test shows nothing"
    assert {entry.status for entry in retried} <= {200, 201}
    said = {"GET": {"200"}, "POST": {"201", "502"}}
    if all_at_once:
        # An answer of which the client has the headers already can't be asked for again.
        said = {method: {*each, "IncompleteRead"} for method, each in said.items()}
    assert [wrong for method, wrong in load.wrong if wrong.split()[0] not in said[method]] == []
    assert len(load.wrong) <= 2 * 8  # what was in hand

    # What changes something is not sent twice: it has an error, or was done once.
    code = "import django; django.setup(); from notes.models import Note; print(*%s, sep='\\n')"
    rows = f"Note.objects.filter(text__startswith={load.prefix!r}).values_list('text', flat=True)"
    texts = site.python("-c", code % rows).splitlines()
    assert len(texts) == len(set(texts))
    assert set(load.created) <= set(texts)
    assert len(texts) <= load.posted


@pytest.mark.parametrize("preload", [False, True])
@pytest.mark.parametrize("worker_class", ["sync", "gthread"])
def test_graceful_reload_under_load(
    site: Site, client: Client, token: str, worker_class: str, preload: bool
) -> None:
    changes = {
        'worker_class = "gthread"': f'worker_class = "{worker_class}"',
        "preload_app = True": f"preload_app = {preload}",
    }
    for server in start_gunicorn(site, changes):
        # Preloaded is what the master has, and the workers have by fork.
        assert loads(server.pid, "_core.cpython") is preload
        server.wait_for(
            lambda server=server: all(loads(pid, "_core.cpython") for pid in server.workers()),
            "workers have the extension",
        )
    with background_load(client, token, readers=4, writers=1) as load:
        for server in site.instances.values():
            before = server.workers()
            load.wait_for_more()
            server.send(signal.SIGHUP)
            server.wait_for(
                lambda server=server, before=before: (
                    len(server.workers() - before) == len(before) and not server.workers() & before
                ),
                "new workers in the place of the old ones",
            )
        if worker_class == "gthread":
            assert max(map(threads, pids(site))) > 2
        load.wait_for_more()
    assert load.wrong == []
    assert {("GET", "200"), ("POST", "201")} == set(load.answers)


@pytest.mark.parametrize("worker_class", ["sync", "gthread"])
def test_load(site: Site, client: Client, worker_class: str, load: Callable[..., Result]) -> None:
    start_gunicorn(site, {'worker_class = "gthread"': f'worker_class = "{worker_class}"'})
    load(f"NGINX, 2 x Gunicorn {worker_class}, TLS", client, site)
