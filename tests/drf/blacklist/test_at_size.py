"""A flush of more rows: memory stays, and others write meanwhile; `make bench-flush` has more."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.drf.blacklist.projects import MODELS, new_database
from tests.processes import SANITIZED

# One row by the models, and so many like it by SQL.
FILL = f"""
migrate()
{MODELS}
from datetime import datetime, timezone

def fill(rows):
    past = datetime(2020, 1, 1, tzinfo=timezone.utc)
    seed = OutstandingToken.objects.create(jti="seed", token="t" * 250, expires_at=past)
    BlacklistedToken.objects.create(token=seed)
    with connection.cursor() as cursor:
        cursor.execute(f'''
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {{rows - 1}})
            INSERT INTO token_blacklist_outstandingtoken (jti, token, expires_at)
            SELECT i, token, expires_at FROM n, token_blacklist_outstandingtoken''')
        cursor.execute('''
            INSERT INTO token_blacklist_blacklistedtoken (token_id, blacklisted_at)
            SELECT id, expires_at FROM token_blacklist_outstandingtoken WHERE jti != 'seed' ''')

def left():
    return OutstandingToken.objects.count(), BlacklistedToken.objects.count()
"""
PEAK = f"""
{FILL}
def peak():
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read())[1]) / 1024

fill(1000)
said("flushexpiredtokens", verbosity=0)
before = peak()
fill(30_000)
said("flushexpiredtokens", verbosity=0)
result = peak() - before, left()
"""
MEANWHILE = f"""
{FILL}
import threading, time
from django.db import connections

fill(10_000)
spans, stop = [], threading.Event()

def insert():
    while not stop.is_set():
        start = time.perf_counter()
        OutstandingToken.objects.create(
            jti=f"new {{len(spans)}}", expires_at=datetime(2099, 1, 1, tzinfo=timezone.utc)
        )
        spans.append((start, time.perf_counter()))
        time.sleep(0.005)
    connections.close_all()

thread = threading.Thread(target=insert)
thread.start()
start = time.perf_counter()
said("flushexpiredtokens", batch_size=500, sleep=0.02)
end = time.perf_counter()
stop.set()
thread.join()
during = [each for each in spans if start < each[0] and each[1] < end]
result = len(during), left()[0] == len(spans), left()[1]
"""

# An expired token is blacklisted in a transaction that is open when the flush begins. SQLite makes
# the flush wait for it; PostgreSQL checks the reference at its end, and may find the token gone.
IN_THE_MIDDLE = f"""
{FILL}
import threading, time
from django.db import IntegrityError, connections, transaction

fill(100)
BlacklistedToken.objects.filter(token__jti="7").delete()
inserted = threading.Event()

pk = OutstandingToken.objects.get(jti="7").pk

def blacklist():
    try:
        with transaction.atomic():
            BlacklistedToken.objects.create(token_id=pk)
            inserted.set()
            time.sleep(1)
    except IntegrityError:
        pass
    connections.close_all()

thread = threading.Thread(target=blacklist)
thread.start()
inserted.wait()
words = said("flushexpiredtokens")
thread.join()
result = words, left()
"""
AT_ONCE = f"""
{FILL}
import threading
from django.db import connections

fill(3000)
words = []

def flush():
    words.append(said("flushexpiredtokens", batch_size=50))
    connections.close_all()

threads = [threading.Thread(target=flush) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
result = [int(text.split()[0].replace(",", "")) for text in words], left()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/status")
@pytest.mark.skipif(SANITIZED, reason="AddressSanitizer keeps what is freed, to watch it")
def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    grown = {}
    for app in ("ours", "theirs"):
        directory = tmp_path / app
        directory.mkdir()
        with new_database(directory) as database:
            grown[app], left = database.run(app, PEAK)
        assert left == [0, 0]
    assert grown["ours"] < 10 < grown["theirs"], grown


def test_tokens_are_issued_meanwhile(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        during, all_there, blacklisted = database.run("ours", MEANWHILE)
    assert during >= 5
    assert all_there
    assert blacklisted == 0


def test_a_token_is_blacklisted_in_the_middle(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        words, left = database.run("ours", IN_THE_MIDDLE)
    assert words == "100 tokens deleted.\n"
    assert left == [0, 0]


def test_two_at_once_share_the_work(tmp_path: Path) -> None:
    with new_database(tmp_path) as database:
        numbers, left = database.run("ours", AT_ONCE)
    assert len(numbers) == 2
    assert sum(numbers) == 3000
    assert left == [0, 0]
