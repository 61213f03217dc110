"""Gunicorn in two instances behind Apache with TLS: deploy/gunicorn-apache."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable

import pytest

from .apache import start_apache
from .client import Client, background_load, walk_through
from .front import check_static_files, check_tls
from .gunicorn import start_gunicorn, unit
from .load import Result
from .processes import wait_for
from .site import Site


@pytest.fixture(scope="module")
def clients(site: Site) -> tuple[Client, Client]:
    """Apache with TLS and without."""
    start_gunicorn(site)
    words = {"/run/notes-": f"{site.run}/notes-"}
    return start_apache(site, "gunicorn-apache/apache.conf", words)[1:]


@pytest.fixture(scope="module")
def client(clients: tuple[Client, Client]) -> Client:
    return clients[0]


def asked(site: Site, probe: str) -> Counter[str]:
    """How often each member of the balancer answered requests with that X-Probe header."""
    lines = (site.log / "apache-access.log").read_text().splitlines()
    entries = (line.split("|") for line in lines if line.endswith(f"|{probe}"))
    return Counter(entry[0] for entry in entries)


def test_a_walk_through_the_api(site: Site, client: Client) -> None:
    walk_through(client, site.key)


def test_static_files(site: Site, client: Client) -> None:
    check_static_files(site, client)


def test_tls(site: Site, clients: tuple[Client, Client]) -> None:
    check_tls(site, *clients)


def test_both_instances_in_turn(site: Site, client: Client) -> None:
    for _ in range(20):
        assert client.get("/api/about/", headers={"X-Probe": "turn"}).status == 200
    counts = asked(site, "turn")
    assert set(counts) == {"http://notes-1", "http://notes-2"}
    assert min(counts.values()) >= 5


def test_an_instance_is_killed_under_load_and_comes_back(site: Site, client: Client) -> None:
    """What was in its hands is lost with it; nothing else is."""
    with background_load(client, site.access_token(), readers=6) as load:
        load.wait_for_more()
        site.instances["1"].kill()
        load.wait_for_more()
        lost = len(load.wrong)
        load.wait_for_more(100)
        assert len(load.wrong) == lost
        site.start_unit(unit(site), "1")
        load.wait_for_more()
        wait_for(lambda: comes_back(site, client), "the instance is asked again")
    assert lost <= 6
    assert {wrong.split()[0] for _, wrong in load.wrong} <= {"502", "IncompleteRead"}, load.wrong


def comes_back(site: Site, client: Client) -> bool:
    assert client.get("/api/about/", headers={"X-Probe": "back"}).status == 200
    return "http://notes-1" in asked(site, "back")


def test_graceful_reload_under_load(site: Site, client: Client) -> None:
    with background_load(client, site.access_token(), readers=4, writers=1) as load:
        for server in site.instances.values():
            before = server.workers()
            load.wait_for_more()
            server.send(signal.SIGHUP)
            server.wait_for(
                lambda server=server, before=before: (
                    server.workers() and not server.workers() & before
                ),
                "new workers",
            )
        load.wait_for_more()
    assert load.wrong == []


def test_load(site: Site, client: Client, load: Callable[..., Result]) -> None:
    load("Apache, 2 x Gunicorn gthread, TLS", client, site)
