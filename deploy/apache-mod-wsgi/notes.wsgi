"""What mod_wsgi runs: /srv/notes/notes.wsgi. The settings' environment is read from a file."""

import os
from pathlib import Path

# Assigned, and not by setdefault(): the environment is that of the process, and another site in it
# may have set its own.
for line in Path("/srv/notes/notes.env").read_text().splitlines():
    if "=" in line and not line.startswith("#"):
        name, _, value = line.partition("=")
        os.environ[name.strip()] = value.strip()

from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()
