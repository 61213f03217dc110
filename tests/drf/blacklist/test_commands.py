"""The commands: what they do, say and refuse, in batches that can be stopped."""

from __future__ import annotations

import hashlib
import io
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError, OperationalError, connection, models
from django.db.models.signals import post_delete, pre_delete
from django.dispatch import Signal
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from pyjwtfast.drf.token_blacklist import batches
from pyjwtfast.drf.token_blacklist.management.commands import flushexpiredtokens
from pyjwtfast.drf.token_blacklist.models import BlacklistedToken, OutstandingToken
from tests.drf.blacklist.projects import MODELS, Database, new_database
from tests.drf.blacklist.rows import TEXT, add, add_expired, left
from tests.processes import REPOSITORY, printed_by, python

HASH = "sha256:" + hashlib.sha256(TEXT.encode()).hexdigest()


def call(name: str, *words: str, **options: Any) -> str:
    output = io.StringIO()
    call_command(name, *words, stdout=output, stderr=output, **options)
    return output.getvalue()


# --- Flush: what is deleted ---


@pytest.mark.django_db
def test_expired_tokens_go_and_others_stay() -> None:
    add_expired(5)
    add_expired(2, blacklisted=False)
    good, blacklisted = add(3), add(2, blacklisted=True)
    assert call("flushexpiredtokens") == "7 tokens deleted.\n"
    assert set(OutstandingToken.objects.all()) == {*good, *blacklisted}
    assert set(BlacklistedToken.objects.values_list("token", flat=True)) == {
        row.pk for row in blacklisted
    }
    assert call("flushexpiredtokens") == "0 tokens deleted.\n"
    assert call("flushexpiredtokens", verbosity=0) == ""
    add_expired(1)
    wanted = "1 token would be deleted, 1 of them blacklisted.\n"
    assert call("flushexpiredtokens", dry_run=True) == wanted
    assert call("flushexpiredtokens") == "1 token deleted.\n"


@pytest.mark.django_db
@pytest.mark.parametrize("leeway", [600, timedelta(minutes=10)])
def test_a_token_that_leeway_lets_through_stays_blacklisted(leeway: Any) -> None:
    (row,) = add_expired(seconds=590)
    add_expired(seconds=610)
    with override_settings(SIMPLE_JWT={"LEEWAY": leeway}):
        call("flushexpiredtokens")
    assert list(OutstandingToken.objects.filter(blacklistedtoken__gt=0)) == [row]


@pytest.mark.django_db
def test_a_sliding_token_that_may_have_been_renewed_stays_blacklisted() -> None:
    """Renewed, it is under its old id: the row's expiry is that of the first one."""
    (row,) = add_expired(hours=23)
    add_expired(hours=25)
    sliding = {"AUTH_TOKEN_CLASSES": ["pyjwtfast.drf.tokens.SlidingToken"]}
    with override_settings(SIMPLE_JWT=sliding):
        call("flushexpiredtokens")
    assert list(OutstandingToken.objects.filter(blacklistedtoken__gt=0)) == [row]
    call("flushexpiredtokens")
    assert left() == (0, 0)


@pytest.mark.django_db
def test_a_sliding_token_that_was_renewed_at_the_last_moment_stays_blacklisted() -> None:
    """LEEWAY counts twice: it was renewed so late, and lives on so long."""
    (row,) = add_expired(hours=24, seconds=2 * 600 - 10)
    add_expired(hours=24, seconds=2 * 600 + 10)
    sliding = {"AUTH_TOKEN_CLASSES": ["pyjwtfast.drf.tokens.SlidingToken"], "LEEWAY": 600}
    with override_settings(SIMPLE_JWT=sliding):
        call("flushexpiredtokens")
    assert list(OutstandingToken.objects.filter(blacklistedtoken__gt=0)) == [row]


@pytest.mark.django_db
@override_settings(USE_TZ=False)
def test_without_time_zones() -> None:
    add_expired(2)
    add()
    call("flushexpiredtokens")
    assert left() == (1, 0)


# --- Flush: batches ---


def writes(captured: CaptureQueriesContext) -> list[str]:
    words = (query["sql"].split()[0] for query in captured)
    return [word for word in words if word in ("DELETE", "UPDATE", "BEGIN", "COMMIT")]


@pytest.mark.django_db(transaction=True)
def test_a_batch_is_two_statements_in_a_transaction() -> None:
    add_expired(5)
    with CaptureQueriesContext(connection) as captured:
        call("flushexpiredtokens", batch_size=2)
    words = writes(captured)
    assert words.count("DELETE") == 6
    if connection.vendor == "sqlite":  # others do not show it
        assert words == ["BEGIN", "DELETE", "DELETE", "COMMIT"] * 3
    assert left() == (0, 0)


@pytest.mark.django_db
def test_limit_and_dry_run() -> None:
    add_expired(3)
    add_expired(4, blacklisted=False)
    add()
    assert call("flushexpiredtokens", dry_run=True) == (
        "7 tokens would be deleted, 3 of them blacklisted.\n"
    )
    assert call("flushexpiredtokens", dry_run=True, limit=2) == (
        "2 tokens would be deleted, 2 of them blacklisted.\n"
    )
    assert left() == (8, 3)
    assert call("flushexpiredtokens", limit=5, batch_size=3) == "5 tokens deleted.\n"
    assert left() == (3, 0)
    assert call("flushexpiredtokens", limit=5) == "2 tokens deleted.\n"


@pytest.mark.django_db
def test_sleep_is_between_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(batches.time, "sleep", slept.append)
    add_expired(6)
    call("flushexpiredtokens", batch_size=2, sleep=0.25)
    assert slept == [0.25, 0.25]


@pytest.mark.django_db(transaction=True)
def test_an_interrupted_run_is_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    add_expired(7)
    work, calls = batches.delete_tokens, []

    def interrupted(batch: batches.Batch) -> int:
        calls.append(batch)
        number = work(batch)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return number

    monkeypatch.setattr(flushexpiredtokens, "delete_tokens", interrupted)
    with pytest.raises(CommandError, match=r"4 tokens deleted, in whole batches.*go on") as error:
        call("flushexpiredtokens", batch_size=2)
    assert error.value.returncode == 130
    assert left() == (3, 3)  # the third batch is undone, in both tables
    monkeypatch.undo()
    assert call("flushexpiredtokens", batch_size=2) == "3 tokens deleted.\n"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", [IntegrityError("in the way"), OperationalError("deadlock")])
def test_a_batch_that_met_another_transaction_is_repeated(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(batches, "_WAITS", (0, 0))
    add_expired(4)
    work, failures = batches.delete_tokens, [error, error]

    def failing(batch: batches.Batch) -> int:
        number = work(batch)
        if failures:
            raise failures.pop()
        return number

    monkeypatch.setattr(flushexpiredtokens, "delete_tokens", failing)
    assert call("flushexpiredtokens", batch_size=2) == "4 tokens deleted.\n"

    add_expired(4)
    failures += [error] * 10
    with pytest.raises(CommandError, match=rf"(?s)refused: {error}.*0 tokens deleted before"):
        call("flushexpiredtokens")
    assert left() == (4, 4)


# --- Flush: who listens, and who refers to the rows ---


@pytest.mark.django_db
@pytest.mark.parametrize("signal", [pre_delete, post_delete], ids=["pre_delete", "post_delete"])
@pytest.mark.parametrize("model", [OutstandingToken, BlacklistedToken])
def test_receivers_hear_of_each_row(signal: Signal, model: type[models.Model]) -> None:
    rows, heard = add_expired(5), []

    def receiver(instance: Any, **kwargs: Any) -> None:
        heard.append(instance.pk if model is OutstandingToken else instance.token_id)

    signal.connect(receiver, sender=model)
    try:
        assert call("flushexpiredtokens", batch_size=2) == "5 tokens deleted.\n"
    finally:
        signal.disconnect(receiver, sender=model)
    assert sorted(heard) == [row.pk for row in rows]
    assert left() == (0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("target", [OutstandingToken, BlacklistedToken])
@pytest.mark.parametrize("relation", [models.ForeignKey, models.OneToOneField])
def test_what_refers_to_the_rows_is_not_forgotten(
    target: type[models.Model], relation: Any
) -> None:
    """A model of the project's own that points at the rows, with no backward name even."""
    assert batches._can_delete_unseen()

    class Watcher(models.Model):
        token = relation(target, models.CASCADE, related_name="+")

        class Meta:
            app_label = "drf"

    try:
        assert not batches._can_delete_unseen()
    finally:
        del apps.all_models["drf"]["watcher"]
        apps.clear_cache()
    assert batches._can_delete_unseen()


@pytest.mark.django_db
def test_the_slow_way_deletes_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_can_delete_unseen", lambda: False)
    add_expired(5)
    add_expired(2, blacklisted=False)
    add(2, blacklisted=True)
    assert call("flushexpiredtokens", batch_size=3) == "7 tokens deleted.\n"
    assert left() == (2, 2)


# --- Arguments ---


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["flushexpiredtokens", "scrubtokens"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "--batch-size is 0"),
        ({"batch_size": -5}, "--batch-size is -5"),
        ({"sleep": -1.0}, "--sleep is -1.0"),
        ({"sleep": float("nan")}, "--sleep is nan"),
        ({"sleep": float("inf")}, "--sleep is inf"),
        ({"limit": 0}, "--limit is 0"),
        ({"database": "other"}, "'other' is not among DATABASES"),
    ],
)
def test_arguments_that_mean_nothing(command: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call(command, **options)


@pytest.mark.django_db
@pytest.mark.parametrize("words", [["--batch-size", "many"], ["--databse", "default"], ["all"]])
def test_arguments_that_are_none(words: list[str]) -> None:
    with pytest.raises(CommandError):
        call("flushexpiredtokens", *words)


# --- Scrub ---


@pytest.mark.django_db
@pytest.mark.parametrize(("to", "text"), [("hash", HASH), ("empty", "")])
def test_tokens_are_scrubbed(to: str, text: str) -> None:
    add(3)
    add_expired(2)
    add(token=text)  # already
    assert call("scrubtokens", to=to, dry_run=True) == "5 tokens would be scrubbed.\n"
    assert call("scrubtokens", to=to, limit=3, batch_size=2) == "3 tokens scrubbed.\n"
    with override_settings(SIMPLE_JWT={"STORE_TOKEN": to}):
        assert call("scrubtokens", batch_size=1) == "2 tokens scrubbed.\n"
        assert call("scrubtokens") == "0 tokens scrubbed.\n"
    assert set(OutstandingToken.objects.values_list("token", flat=True)) == {text}
    assert left() == (6, 2)


@pytest.mark.django_db
def test_hashes_can_be_emptied_but_not_the_other_way_round() -> None:
    add(token=HASH)
    assert call("scrubtokens", to="empty") == "1 token scrubbed.\n"
    assert call("scrubtokens", to="hash") == "0 tokens scrubbed.\n"


@pytest.mark.django_db
def test_there_is_nothing_to_scrub_to_while_tokens_are_stored() -> None:
    add()
    with pytest.raises(CommandError, match=r"SIMPLE_JWT\['STORE_TOKEN'\] is 'full'.*--to hash"):
        call("scrubtokens")
    assert OutstandingToken.objects.get().token == TEXT


# --- The index ---


def indexes() -> list[str]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(
            cursor, "token_blacklist_outstandingtoken"
        ).items()
    return [name for name, each in found if each["index"] and each["columns"] == ["expires_at"]]


@pytest.mark.django_db(transaction=True)
def test_the_index_comes_and_goes() -> None:
    name = "token_blacklist_expires_at"
    try:
        assert call("indexexpiredtokens") == f"The index {name} has been created.\n"
        assert indexes() == [name]
        assert call("indexexpiredtokens") == f"There is an index already: {name}.\n"
        call("makemigrations", "token_blacklist", check=True, dry_run=True)
        add_expired(3)
        assert call("flushexpiredtokens") == "3 tokens deleted.\n"
    finally:
        assert call("indexexpiredtokens", drop=True) == f"The index {name} has been dropped.\n"
    assert indexes() == []
    assert call("indexexpiredtokens", drop=True) == f"There is no index {name} to drop.\n"
    assert call("indexexpiredtokens", drop=True, verbosity=0) == ""


@pytest.mark.django_db(transaction=True)
def test_an_index_of_another_name_is_enough() -> None:
    index = models.Index(fields=["expires_at"], name="own")
    with connection.schema_editor() as editor:
        editor.add_index(OutstandingToken, index)
    try:
        assert call("indexexpiredtokens") == "There is an index already: own.\n"
        assert call("indexexpiredtokens", drop=True).startswith("There is no index token_")
        assert indexes() == ["own"]
    finally:
        with connection.schema_editor() as editor:
            editor.remove_index(OutstandingToken, index)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="only PostgreSQL builds indexes concurrently"
)
def test_a_half_built_index_is_built_anew() -> None:
    call("indexexpiredtokens")
    try:
        with connection.cursor() as cursor:  # as a build that was stopped leaves it
            cursor.execute(
                "UPDATE pg_index SET indisvalid = false "
                "WHERE indexrelid = 'token_blacklist_expires_at'::regclass"
            )
        assert "half-built; it has been built anew" in call("indexexpiredtokens")
        assert "There is an index already" in call("indexexpiredtokens")
    finally:
        call("indexexpiredtokens", drop=True)


# --- As a user runs them, in a process of its own ---

FILL = f"""
migrate()
{MODELS}
import uuid
from datetime import datetime, timezone
past = datetime(2020, 1, 1, tzinfo=timezone.utc)
rows = [OutstandingToken(jti=uuid.uuid4().hex, token="t", expires_at=past) for _ in range(rows)]
OutstandingToken.objects.bulk_create(rows, batch_size=1000)
BlacklistedToken.objects.bulk_create((BlacklistedToken(token=row) for row in rows), batch_size=1000)
result = None
"""
COUNT = f"{MODELS}result = OutstandingToken.objects.count(), BlacklistedToken.objects.count()"


@pytest.mark.parametrize("app", ["ours", "one-line"])
def test_on_a_terminal_and_off_it_and_until_stopped(tmp_path: Path, app: str) -> None:
    with new_database(tmp_path) as database:
        environment = database.environment(app)

        def run(*words: str) -> subprocess.CompletedProcess[str]:
            return python("-m", "django", *words, **environment)

        missing = run("flushexpiredtokens")
        assert missing.returncode == 1
        assert "has no table token_blacklist_blacklistedtoken and no table" in missing.stderr
        assert "Run 'manage.py migrate --database=default' first." in missing.stderr

        database.run(app, f"rows = 300\n{FILL}")
        plain = run("flushexpiredtokens", "--limit", "100")
        assert (plain.returncode, plain.stdout) == (0, "100 tokens deleted.\n")
        assert plain.stderr == ""
        bad = run("flushexpiredtokens", "--batch-size", "0")
        assert bad.returncode == 1
        assert "--batch-size is 0: give it a number of rows, 1 or more." in bad.stderr

        shown, status = on_a_terminal(
            "flushexpiredtokens", "--batch-size", "10", "--sleep", "0.2", **environment
        )
        assert re.search(r"\[#+\.+\] \d+ of 200, [\d,]+/s, \d+ s left", shown), shown
        interrupted = re.search(r"Interrupted: (\d+) tokens deleted, in whole batches", shown)
        assert interrupted, shown
        assert os.waitstatus_to_exitcode(status) == 130
        remaining = 200 - int(interrupted[1])
        assert 0 < remaining < 200
        assert database.run(app, COUNT) == [remaining, remaining]
        assert run("flushexpiredtokens").stdout == f"{remaining} tokens deleted.\n"


def on_a_terminal(*words: str, **environment: str) -> tuple[str, int]:
    """What it shows there, stopped by Ctrl-C once it has shown some progress; its wait status."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(REPOSITORY)
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # jobs in a shell's background ignore it
        command = [sys.executable, "-m", "django", *words]
        os.execve(command[0], command, {**os.environ, **environment, "COLUMNS": "100"})
    shown, pressed, deadline = b"", False, time.monotonic() + 120
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                chunk = os.read(terminal, 4096)
            except OSError:  # Linux: nobody has the other end any more
                break
            if not chunk:
                break
            shown += chunk
        if not pressed and shown.count(b" of 200") >= 2:
            os.write(terminal, b"\x03")
            pressed = True
    else:
        os.kill(pid, signal.SIGKILL)
    os.close(terminal)
    return shown.decode(), os.waitpid(pid, 0)[1]


@pytest.mark.parametrize("name", ["flushexpiredtokens", "scrubtokens", "indexexpiredtokens"])
def test_help_says_what_it_does_and_gives_examples(name: str) -> None:
    environment = Database({}).environment("one-line")
    shown = printed_by("-m", "django", name, "--help", COLUMNS="100", **environment)
    assert re.search(rf"\n\nexamples:\n  manage\.py {name}", shown)
    assert "--database ALIAS" in shown
    assert len(shown.split("\n\n")) >= 4  # the paragraphs are as they were written
