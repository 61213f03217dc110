"""Two instances of Gunicorn, as the unit of systemd in deploy/gunicorn-nginx starts them."""

from __future__ import annotations

from pathlib import Path

from .processes import Server
from .site import Site

FOLDER = "gunicorn-nginx"
INSTANCES = ("1", "2")


def unit(site: Site, changes: dict[str, str] | None = None) -> Path:
    """The unit, for this site; changes: words of gunicorn.conf.py, and what is in their place."""
    directory = str(site.directory)
    site.render(f"{FOLDER}/gunicorn.conf.py", changes or {}, site.directory / "gunicorn.conf.py")
    exchanges = {"/srv/notes": directory, "/run/": f"{site.run}/"}
    return site.render(f"{FOLDER}/notes@.service", exchanges)


def start_gunicorn(site: Site, changes: dict[str, str] | None = None) -> list[Server]:
    """Both instances, in the place of those that run."""
    for server in site.instances.values():
        server.stop()
    path = unit(site, changes)
    return [site.start_unit(path, instance) for instance in INSTANCES]
