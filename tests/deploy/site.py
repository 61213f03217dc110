"""The example as it lies on a server, in a temporary directory, and the files of deploy/ for it.

A file is used as it stands but for the words that are exchanged: names that a user changes too, and
ports. Each word must be there, so that a test does not go by a text that deploy/ has left behind.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyjwtfast import encode
from tests.processes import REPOSITORY

from .client import USER, Client
from .processes import Server, notifications

DEPLOY = REPOSITORY / "deploy"
# Debian's Python, with what the servers run: `make test-deploy` makes it.
VENV = REPOSITORY / ".venv-deploy"
HOST = "notes.example.org"
# Whom NGINX and Apache are when they are started by root.
WEB_USER = "www-data"


def is_root() -> bool:
    return os.geteuid() == 0


@dataclass
class Site:
    """One server machine. `directory` stands for /srv/notes, `run` for /run."""

    directory: Path
    servers: ExitStack
    variables: dict[str, str] = field(default_factory=dict)
    instances: dict[str, Server] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)  # of a token of USER's

    @property
    def key(self) -> str:
        """What signs the tokens."""
        return self.variables["JWT_SECRET"]

    def access_token(self) -> str:
        """USER's, valid for an hour; made here, as logins are limited."""
        new = {"jti": secrets.token_hex(16), "exp": int(time.time()) + 3600}
        return encode({**self.claims, **new}, self.key)

    @property
    def run(self) -> Path:
        return self.directory / "run"

    @property
    def log(self) -> Path:
        return self.directory / "log"

    @property
    def ca(self) -> Path:
        return self.directory / "tls" / "ca.pem"

    def render(self, name: str, exchanges: dict[str, str], target: Path | None = None) -> Path:
        """A file of deploy/ with words exchanged: the longest first, none in what another gave."""
        text = (DEPLOY / name).read_text()
        assert [word for word in exchanges if word not in text] == [], name
        words = sorted(exchanges, key=len, reverse=True)
        if words:
            text = re.sub("|".join(map(re.escape, words)), lambda found: exchanges[found[0]], text)
        target = target or self.directory / name.replace("/", "-")
        target.write_text(text)
        return target

    def python(self, *arguments: str, **variables: str) -> str:
        """What the server's Python prints in the project's directory."""
        done = subprocess.run(
            [self.directory / "venv" / "bin" / "python", *arguments],
            cwd=self.directory / "app",
            env={"PATH": os.environ["PATH"], **self.variables, **variables},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(
        self, name: str, command: list[str], environment: dict[str, str] | None = None
    ) -> Server:
        """Start a command, which is stopped when the site goes down."""
        server = Server(
            name,
            command,
            log=self.log / f"{name}.log",
            cwd=self.directory / "app",
            environment=environment or {},
        )
        self.servers.callback(server.stop)
        return server

    def start_unit(self, unit: Path, instance: str = "", **variables: str) -> Server:
        """Start what a unit of systemd starts, as far as an ordinary process can be that."""
        lines = unit.read_text().replace("\\\n", "").replace("%i", instance).splitlines()
        values = dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")
        directory = self.run / values["RuntimeDirectory"]
        directory.mkdir(exist_ok=True)
        directory.chmod(int(values.get("RuntimeDirectoryMode", "0755"), 8))
        environment = read_environment(Path(values["EnvironmentFile"]))
        command = shlex.split(values["ExecStart"])
        name = f"{Path(command[0]).name}{instance}"
        if is_root():
            shutil.chown(directory, group=values["Group"])
            # The group of the socket decides who may write to it.
            command = ["setpriv", "--regid", values["Group"], "--clear-groups", "--", *command]
        path = self.run / f"notify-{instance}"
        with notifications(path) as is_ready:
            server = self.start(
                name,
                command,
                {**environment, **variables, "NOTIFY_SOCKET": str(path)},
            )
            if values["Type"] == "notify":
                server.wait_for(is_ready, "READY=1")
            else:
                server.wait_for(lambda: any(directory.iterdir()), "has its socket")
        self.instances[instance] = server
        return server

    def client(self, port: int, *, tls: bool = True) -> Client:
        return Client(port, HOST, self.ca if tls else None)


MAKE_USER = """
import json
import django
django.setup()
from django.contrib.auth.models import User
from pyjwtfast.drf.tokens import AccessToken
user = User.objects.create_user({username!r}, password={password!r})
print(json.dumps(AccessToken.for_user(user).payload))
"""


def read_environment(path: Path) -> dict[str, str]:
    """The variables of an EnvironmentFile."""
    lines = (line for line in path.read_text().splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def make_certificates(directory: Path) -> None:
    """A certificate authority for these tests alone, and the server's certificate by it."""
    directory.mkdir()
    (directory / "extensions").write_text(
        f"subjectAltName=DNS:{HOST},IP:127.0.0.1\nkeyUsage=digitalSignature\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    new_key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    for command in (
        f"req -x509 {new_key} -days 2 -subj /CN=tests -keyout ca.key -out ca.pem "
        "-addext keyUsage=critical,keyCertSign",
        f"req -new {new_key} -subj /CN={HOST} -keyout privkey.pem -out request.pem",
        "x509 -req -days 2 -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial "
        "-extfile extensions -out fullchain.pem",
    ):
        subprocess.run(
            ["openssl", *shlex.split(command)], cwd=directory, check=True, capture_output=True
        )


@contextmanager
def make_site(**variables: str) -> Iterator[Site]:
    """A site with its certificate, tables and static files; all servers are stopped at the end.

    variables: of the environment, beside those of deploy/notes.env.
    """
    directory = Path(tempfile.mkdtemp(prefix="pyjwtfast-deploy-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, directory)
        # Whom the web server is when root starts it has to get in.
        directory.chmod(0o755)
        servers = stack.enter_context(ExitStack())
        site = Site(directory, servers)
        for name in ("run", "log", "data"):
            (directory / name).mkdir()
        (directory / "app").symlink_to(REPOSITORY / "example")
        (directory / "venv").symlink_to(VENV)
        make_certificates(directory / "tls")
        exchanges = {
            "SECRET_KEY=": f"SECRET_KEY={secrets.token_urlsafe(48)}",
            "JWT_SECRET=": f"JWT_SECRET={secrets.token_urlsafe(48)}",
            "postgresql:///notes": f"sqlite:///{directory}/data/db.sqlite3",
            "/srv/notes": str(directory),
        }
        path = site.render("notes.env", exchanges, directory / "notes.env")
        with path.open("a") as file:
            file.writelines(f"{name}={value}\n" for name, value in variables.items())
        site.variables = read_environment(path)
        site.python("manage.py", "migrate", "--verbosity=0")
        site.python("manage.py", "collectstatic", "--no-input", "--verbosity=0")
        site.claims = json.loads(site.python("-c", MAKE_USER.format(**USER)))
        if is_root():
            for each in (directory / "data", *(directory / "data").iterdir()):
                shutil.chown(each, WEB_USER, WEB_USER)
        yield site
