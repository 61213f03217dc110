"""Runs the example under Gunicorn in the foreground until Ctrl-C. usage: serve.py [--port PORT]

The tables are kept in DATABASE_URL, by default example/db.sqlite3.
"""

import argparse
import signal
import sys

from server import gunicorn, migrate

TRY_IT = """\
The example runs at {url}. Ctrl-C stops it. Paste this into another terminal:

URL={url}
JSON='Content-Type: application/json'
USER='{{"username": "ada", "password": "analytical-engine"}}'
curl -s -H "$JSON" -d "$USER" $URL/api/signup/; echo
TOKEN=$(curl -s -H "$JSON" -d "$USER" $URL/api/token/ | sed 's/.*"access":"\\([^"]*\\)".*/\\1/')
curl -s -H "$JSON" -H "Authorization: Bearer $TOKEN" -d '{{"text": "hello"}}' $URL/api/notes/; echo
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    port: int = parser.parse_args().port
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    migrate({})
    try:
        with gunicorn({}, port) as (url, server):
            print(TRY_IT.format(url=url), flush=True)
            return server.wait()
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0


if __name__ == "__main__":
    sys.exit(main())
