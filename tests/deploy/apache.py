"""Apache, as Debian's packages set it up, in a directory of its own."""

from __future__ import annotations

from pathlib import Path

from .client import Client
from .processes import Server, free_port, listens
from .site import HOST, WEB_USER, Site, is_root

MODULES = Path("/usr/lib/apache2/modules")
# What is loaded: Debian's defaults as far as they are needed, and what the file says itself.
USUAL = "mpm_event authz_core authn_core authz_host alias mime env setenvif"

APACHE = """\
ServerRoot {site.directory}
ServerName localhost
PidFile {run}/apache.pid
Mutex file:{run}
ErrorLog {site.log}/apache-error.log
LogLevel warn
{modules}
TypesConfig /etc/mime.types
LogFormat "%{{BALANCER_WORKER_NAME}}e|%>s|%m|%U|%{{X-Probe}}i" tests
CustomLog {site.log}/apache-access.log tests
StartServers 2
ServerLimit 2
ThreadsPerChild 25
MaxRequestWorkers 50
{user}
{listen}
<Directory />
    AllowOverride None
    Require all denied
</Directory>
WSGISocketPrefix {run}/wsgi
{more}
"""


def module_lines(names: str) -> str:
    """What loads the modules; those that are compiled in are left out."""
    return "\n".join(
        f"LoadModule {name}_module {MODULES}/mod_{name}.so"
        for name in names.split()
        if (MODULES / f"mod_{name}.so").exists()
    )


def run_apache(site: Site, more: str, modules: str, ports: list[int]) -> Server:
    """Start it with so many lines more of configuration."""
    names = f"{USUAL} wsgi {modules}"
    lines = [f"User {WEB_USER}", f"Group {WEB_USER}"] if is_root() else []
    run = site.run / f"apache-{ports[0]}"
    run.mkdir()
    main = run / "apache.conf"
    main.write_text(
        APACHE.format(
            site=site,
            run=run,
            modules=module_lines(" ".join(dict.fromkeys(names.split()))),
            user="\n".join(lines),
            listen="\n".join(f"Listen 127.0.0.1:{port}" for port in ports),
            more=more,
        )
    )
    server = site.start("apache", ["apache2", "-D", "FOREGROUND", "-f", str(main)])
    server.wait_for(lambda: all(map(listens, ports)), "listens")
    return server


def start_apache(
    site: Site, conf: str, exchanges: dict[str, str] | None = None
) -> tuple[Server, Client, Client]:
    """Apache with a file of deploy/; clients with TLS and without.

    exchanges: words of the file, and what stands for them, beside the usual ones.
    """
    tls, plain = free_port(), free_port()
    words = {
        "<VirtualHost *:80>": f"<VirtualHost *:{plain}>",
        "<VirtualHost *:443>": f"<VirtualHost *:{tls}>",
        f"/etc/letsencrypt/live/{HOST}": f"{site.directory}/tls",
        "/srv/notes": str(site.directory),
    }
    path = site.render(conf, {**words, **(exchanges or {})})
    (line,) = (line for line in path.read_text().splitlines() if "a2enmod" in line)
    modules = line.partition("a2enmod")[2]
    # What a2enmod enables beside them, as they need it.
    modules += " socache_shmcb slotmem_shm" if "proxy" in modules else " socache_shmcb"
    server = run_apache(site, f"Include {path}", modules, [tls, plain])
    return server, site.client(tls), site.client(plain, tls=False)


def read_error_log(site: Site) -> str:
    path = site.log / "apache-error.log"
    return path.read_text(errors="replace") if path.exists() else ""
