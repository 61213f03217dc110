"""Apache with mod_wsgi: deploy/apache-mod-wsgi, and what sub-interpreters are to the libraries."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pyjwtfast import Key, encode
from tests.drf.peers import environment
from tests.processes import REPOSITORY

from .apache import read_error_log, run_apache, start_apache
from .client import Client, background_load, walk_through
from .front import check_static_files, check_tls
from .load import Result
from .processes import Server, free_port, loads
from .site import HOST, Site, make_site

FOLDER = "apache-mod-wsgi"
MODES = ("daemon", "embedded")
# Daemons have a user of their own, who is not on this machine.
USER_OF = {"daemon": {"user=notes group=notes ": ""}, "embedded": {}}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Apache itself ends TLS, and tells Django: no header is believed."""
    with make_site(BEHIND_PROXY="0", ALLOWED_HOSTS=f"{HOST},127.0.0.1") as made:
        exchanges = {"/srv/notes": str(made.directory)}
        made.render(f"{FOLDER}/notes.wsgi", exchanges, made.directory / "notes.wsgi")
        yield made


@pytest.fixture(scope="module", params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def apache(site: Site, mode: str) -> Iterator[tuple[Server, Client, Client]]:
    started = start_apache(site, f"{FOLDER}/{mode}.conf", USER_OF[mode])
    yield started
    started[0].stop()


@pytest.fixture(scope="module")
def client(apache: tuple[Server, Client, Client]) -> Client:
    return apache[1]


def test_a_walk_through_the_api(site: Site, client: Client) -> None:
    walk_through(client, site.key)


def test_throttles_believe_no_header(site: Site) -> None:
    code = "import django; django.setup(); from rest_framework.settings import api_settings as a"
    assert site.python("-c", f"{code}; print(a.NUM_PROXIES)") == "0\n"


def test_static_files(site: Site, client: Client) -> None:
    check_static_files(site, client)


def test_tls(site: Site, apache: tuple[Server, Client, Client]) -> None:
    check_tls(site, *apache[1:])


def daemons(server: Server) -> set[int]:
    """mod_wsgi's processes, of which the first letters of the name are there."""
    lines = {pid: Path(f"/proc/{pid}/cmdline") for pid in server.workers()}
    return {pid for pid, path in lines.items() if path.exists() and "(wsgi" in path.read_text()}


def ask_the_doctor(site: Site, client: Client) -> str:
    """What it says of the deployment, from outside."""
    command = ["venv/bin/python", "app/manage.py", "jwt_doctor", f"--url={client.url}/api/notes/"]
    return subprocess.run(
        command,
        cwd=site.directory,
        env={**site.variables, "SSL_CERT_FILE": str(site.ca)},
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def test_the_header_arrives(site: Site, client: Client) -> None:
    assert "ok  header  Authorization arrives" in ask_the_doctor(site, client)


def test_who_runs_python(site: Site, mode: str, apache: tuple[Server, Client, Client]) -> None:
    server, client, _ = apache
    for _ in range(20):
        assert client.get("/api/about/").status == 200
    with_python = {pid for pid in server.workers() if loads(pid, "_core.cpython")}
    assert with_python
    assert with_python <= daemons(server) if mode == "daemon" else not daemons(server)


def test_new_code_under_load(site: Site, apache: tuple[Server, Client, Client], mode: str) -> None:
    """Daemons end in order when the file that they run is touched, and new ones take over."""
    if mode == "embedded":
        pytest.skip("Apache's own processes have no such reload")
    server, client, _ = apache
    with background_load(client, site.access_token(), readers=4, writers=1) as load:
        load.wait_for_more()
        before = daemons(server)
        (site.directory / "notes.wsgi").touch()
        server.wait_for(
            lambda: len(daemons(server)) == 2 and not daemons(server) & before, "new daemons"
        )
        load.wait_for_more()
    assert load.wrong == []
    assert {("GET", "200"), ("POST", "201")} == set(load.answers)


def test_load(site: Site, client: Client, mode: str, load: Callable[..., Result]) -> None:
    load(f"Apache, mod_wsgi {mode}, TLS", client, site)


def test_without_wsgi_pass_authorization(site: Site, mode: str) -> None:
    """What a client sees then: its token is good, and not there."""
    off = {**USER_OF[mode], "WSGIPassAuthorization On": "WSGIPassAuthorization Off"}
    server, client, _ = start_apache(site, f"{FOLDER}/{mode}.conf", off)
    answer = client.get("/api/notes/", site.access_token())
    said = ask_the_doctor(site, client)
    server.stop()
    assert answer.status == 401
    assert answer.json == {"detail": "Authentication credentials were not provided."}
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert "NO  header  Authorization does not arrive" in said


# --- Two sites in one process, each in the interpreter that mod_wsgi gives it by default ---

SCRIPT = """
import os
os.environ.update({variables!r})
from tests.drf.peers.wsgi import application
import logging
logging.getLogger("django").addHandler(logging.StreamHandler())
"""
HOSTS = """
<VirtualHost *:{port}>
    WSGIScriptAlias / {script}
    WSGIPassAuthorization On
    {group}
</VirtualHost>
"""
ALGORITHMS = ("RS256", "ES256")


@pytest.fixture(scope="module")
def keys() -> dict[str, Key]:
    return {
        "RS256": Key.generate("RS256"),
        "ES256": Key.generate("ES256"),
    }


def start_two_sites(
    directory: Path, site: Site, library: str, mode: str, keys: dict[str, Key]
) -> tuple[Server, dict[str, Client]]:
    """A site for each algorithm, in one process; by the algorithms' names."""
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(directory / "db.sqlite3")}
    clients = {}
    hosts = []
    path = f"python-path={REPOSITORY} python-home={site.directory}/venv"
    lines = f"WSGIDaemonProcess two processes=1 threads=4 {path}"
    group = "WSGIProcessGroup two"
    if mode == "embedded":
        lines = f"WSGIPythonHome {site.directory}/venv\nWSGIPythonPath {REPOSITORY}\nServerLimit 1"
        lines += "\nStartServers 1\nMaxRequestWorkers 25"
        group = ""
    for algorithm, key in keys.items():
        settings = {
            "ALGORITHM": algorithm,
            "SIGNING_KEY": key.to_pem(private=True),
            "VERIFYING_KEY": key.public().to_pem(),
        }
        variables = environment(library, database, settings)
        script = directory / f"{algorithm}.wsgi"
        script.write_text(SCRIPT.format(variables=variables))
        port = free_port()
        clients[algorithm] = Client(port, "localhost")
        hosts.append(HOSTS.format(port=port, script=script, group=group))
    site.python(
        "-m", "django", "migrate", "--run-syncdb", "-v0", PYTHONPATH=str(REPOSITORY), **variables
    )
    site.python("-c", MAKE_ADA, PYTHONPATH=str(REPOSITORY), **variables)
    granted = f"<Directory {directory}>\nRequire all granted\n</Directory>"
    ports = [client.port for client in clients.values()]
    server = run_apache(site, "\n".join([lines, granted, *hosts]), "", ports)
    return server, clients


MAKE_ADA = """
import django
django.setup()
from django.contrib.auth.models import User
User.objects.create_user("ada", password="analytical-engine")
"""


@pytest.mark.parametrize("way", MODES)
@pytest.mark.parametrize("order", [ALGORITHMS, ALGORITHMS[::-1]])
@pytest.mark.parametrize("library", ["pyjwtfast", "simplejwt"])
def test_two_sites_in_one_process(
    site: Site, keys: dict[str, Key], library: str, order: tuple[str, ...], way: str
) -> None:
    """PyJWT needs cryptography for these algorithms, and that can be imported only once in a
    process (jpadilla/pyjwt#1092, GrahamDumpleton/mod_wsgi#940).
    """
    directory = site.directory / f"two-{library}-{order[0]}-{way}"
    directory.mkdir()
    log = len(read_error_log(site))
    server, clients = start_two_sites(directory, site, library, way, keys)
    claims = {"token_type": "access", "jti": "1", "user_id": "1", "exp": int(time.time()) + 300}
    said = {}
    for _ in range(3):
        for algorithm in order:
            token = encode(claims, keys[algorithm], algorithm)
            answer = clients[algorithm].get("/who/", token)
            said.setdefault(algorithm, []).append((answer.status, answer.text))
    wrong = {
        algorithm: clients[algorithm].get(
            "/who/", encode(claims, keys[other], other, {"kid": "other"})
        )
        for algorithm, other in zip(ALGORITHMS, ALGORITHMS[::-1], strict=True)
    }
    server.stop()
    good = (200, '{"user":"ada"}')
    first, second = order
    assert said[first] == [good] * 3
    if library == "pyjwtfast":
        assert said[second] == [good] * 3
        assert {answer.status for answer in wrong.values()} == {401}
    else:
        assert {status for status, _ in said[second]} == {500}
        assert "ImportError: PyO3 modules" in read_error_log(site)[log:]
