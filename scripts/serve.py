"""Runs the example under Gunicorn in the foreground until Ctrl-C, with its page and a demo user.

Users and notes are kept in DATABASE_URL, by default the file example/db.sqlite3, and are there
again the next time. Tokens are good for a minute; ACCESS_TOKEN_SECONDS changes that. `make serve`
builds the extension and runs this.
"""

import argparse
import errno
import os
import signal
import subprocess
import sys

from server import gunicorn, manage, migrate

TRY_IT = """\
The example runs. Ctrl-C stops it.

  {url}/           log in, and follow a token through its life
  {url}/api/docs/  the API, with Swagger UI

{user}
What it is told stays in {database}. Or paste this into another terminal:

URL={url}
JSON='Content-Type: application/json'
LOGIN='{{"username": "ada", "password": "analytical-engine"}}'
TOKEN=$(curl -s -H "$JSON" -d "$LOGIN" $URL/api/token/ | sed 's/.*"access":"\\([^"]*\\)".*/\\1/')
curl -s -H "$JSON" -H "Authorization: Bearer $TOKEN" -d '{{"text": "hello"}}' $URL/api/notes/; echo
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    port: int = parser.parse_args().port
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    environment = {"DEMO": "1"}
    try:
        migrate(environment)
        user = manage(environment, "make_demo_user").strip()
    except subprocess.CalledProcessError:
        return 1  # it has said why
    try:
        with gunicorn(environment, port) as (url, server):
            # Not the URL itself: a password may be part of it.
            given = os.environ.get("DATABASE_URL")
            database = "the database of DATABASE_URL" if given else "example/db.sqlite3"
            print(TRY_IT.format(url=url, user=user, database=database), flush=True)
            return server.wait()
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        reason = os.strerror(error.errno).lower()
        print(f"Port {port}: {reason}. Try another one: make serve PORT=8001", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0


if __name__ == "__main__":
    sys.exit(main())
