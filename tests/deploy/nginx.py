"""NGINX, as Debian's package sets it up, in a directory of its own."""

from __future__ import annotations

from dataclasses import dataclass

from .client import Client
from .processes import free_port, listens
from .site import HOST, WEB_USER, Site, is_root

NGINX = """\
{user}
daemon off;
pid {site.run}/nginx.pid;
error_log {site.log}/nginx-error.log notice;
worker_processes 2;
events {{ worker_connections 1024; }}
http {{
    include /etc/nginx/mime.types;
    log_format tests '$upstream_addr|$upstream_status|$status|$request_method|$uri|$http_x_probe';
    access_log {site.log}/nginx-access.log tests;
    client_body_temp_path {site.run}/body;
    proxy_temp_path {site.run}/proxy;
    fastcgi_temp_path {site.run}/fastcgi;
    uwsgi_temp_path {site.run}/uwsgi;
    scgi_temp_path {site.run}/scgi;
    include {conf};
}}
"""


def start_nginx(site: Site, conf: str, sockets: dict[str, str]) -> tuple[Client, Client]:
    """NGINX with a file of deploy/, as Debian's includes it. Clients: with TLS and without.

    sockets: the words for the upstreams' sockets, and what stands for them here.
    """
    tls, plain = free_port(), free_port()
    path = site.render(
        conf,
        {
            "listen 80;": f"listen 127.0.0.1:{plain};",
            "listen 443 ": f"listen 127.0.0.1:{tls} ",
            f"/etc/letsencrypt/live/{HOST}": f"{site.directory}/tls",
            "/srv/notes": str(site.directory),
            **sockets,
        },
    )
    # Where names in an include are looked for.
    (site.directory / "uwsgi_params").symlink_to("/etc/nginx/uwsgi_params")
    main = site.directory / "nginx.conf"
    user = f"user {WEB_USER};" if is_root() else ""
    main.write_text(NGINX.format(user=user, site=site, conf=path))
    server = site.start("nginx", ["nginx", "-c", str(main), "-e", "stderr"])
    server.wait_for(lambda: listens(tls) and listens(plain), "listens")
    return site.client(tls), site.client(plain, tls=False)


@dataclass
class Passed:
    """A line of NGINX's log: which upstreams it asked, and what they said."""

    upstreams: list[str]
    statuses: list[str]
    status: int
    method: str
    path: str
    probe: str


def read_nginx_log(site: Site, probe: str = "") -> list[Passed]:
    """What NGINX has logged; of requests with that X-Probe header alone, if one is named."""
    lines = (site.log / "nginx-access.log").read_text().splitlines()
    entries = []
    for line in lines:
        upstreams, statuses, status, method, path, named = line.split("|")
        if not probe or named == probe:
            entries.append(
                Passed(
                    upstreams.split(", "), statuses.split(", "), int(status), method, path, named
                )
            )
    return entries
