"""The admin's lists, forms and actions: what they show, to whom, and at which cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection, connections
from django.db.models.signals import post_save
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from pyjwtfast.drf.token_blacklist import admin as our_admin
from pyjwtfast.drf.token_blacklist.models import BlacklistedToken, OutstandingToken
from tests.drf.blacklist.projects import MODELS, new_database
from tests.drf.blacklist.rows import TEXT, add, add_expired, left
from tests.drf.models import User

OUTSTANDING = "admin:token_blacklist_outstandingtoken_{}"
BLACKLISTED = "admin:token_blacklist_blacklistedtoken_{}"
ACTIONS = {"blacklist_selected", "blacklist_all_of_user", "flush_expired"}

pytestmark = pytest.mark.django_db


def staff(*permissions: str) -> Client:
    """A client logged in as somebody of the staff with these permissions alone."""
    user = User.objects.create_user("staff", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def root(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="x"))
    return client


def page(client: Client, name: str, *arguments: Any, **query: str) -> str:
    response = client.get(reverse(name, args=arguments), query)
    assert response.status_code == 200
    return response.content.decode()


def act(client: Client, action: str, *rows: OutstandingToken) -> Any:
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(reverse(OUTSTANDING.format("changelist")), data, follow=True)


def offered(client: Client) -> set[str]:
    response = client.get(reverse(OUTSTANDING.format("changelist")))
    form = response.context["action_form"]
    return {name for name, _ in form.fields["action"].choices if name} if form else set()


def said(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def test_lists_and_searches_are_simplejwts() -> None:
    ours, theirs = our_admin.OutstandingTokenAdmin, our_admin.BlacklistedTokenAdmin
    assert type(admin.site.get_model_admin(OutstandingToken)) is ours
    assert type(admin.site.get_model_admin(BlacklistedToken)) is theirs
    assert ours.list_display == ("jti", "user", "created_at", "expires_at")
    assert ours.search_fields == ("user__id", "jti")
    assert theirs.list_display == (
        "token_jti",
        "token_user",
        "token_created_at",
        "token_expires_at",
        "blacklisted_at",
    )
    assert theirs.search_fields == ("token__user__id", "token__jti")


@pytest.mark.parametrize("name", [OUTSTANDING, BLACKLISTED])
def test_a_search_finds_ids_of_tokens_and_users(root: Client, name: str) -> None:
    user = User.objects.create_user("anna", pk=1234567890)
    (row,) = add(user=user, blacklisted=True)
    (other,) = add(blacklisted=True)
    for words in (row.jti, "1234567890"):
        text = page(root, name.format("changelist"), q=words)
        assert row.jti in text
        assert other.jti not in text


@pytest.mark.parametrize("name", [OUTSTANDING, BLACKLISTED])
def test_a_list_takes_as_many_queries_for_many_rows_as_for_two(root: Client, name: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            text = page(root, name.format("changelist"))
        assert all('"token"."token"' not in query["sql"] for query in captured)
        assert TEXT not in text
        return len(captured)

    for number in range(2):
        add(user=User.objects.create_user(f"user{number}"), blacklisted=True)
    few = queries()
    for number in range(2, 30):
        add(user=User.objects.create_user(f"user{number}"), blacklisted=True)
    assert queries() == few


def test_the_text_of_a_token_is_nowhere(root: Client) -> None:
    (row,) = add(user=User.objects.create_user("anna"), blacklisted=True)
    entry = BlacklistedToken.objects.get()
    pages = [
        page(root, OUTSTANDING.format("changelist")),
        page(root, OUTSTANDING.format("change"), row.pk),
        page(root, OUTSTANDING.format("history"), row.pk),
        page(root, BLACKLISTED.format("changelist")),
        page(root, BLACKLISTED.format("change"), entry.pk),
        page(root, BLACKLISTED.format("delete"), entry.pk),
        page(root, BLACKLISTED.format("add")),
        page(root, "admin:drf_user_delete", row.user_id) if User in admin.site._registry else "",
    ]
    assert all(TEXT not in text for text in pages)
    assert row.jti in pages[1]


def test_the_text_of_a_token_cannot_be_guessed_by_filters() -> None:
    """A list is filtered by what its address says, which would tell the text bit by bit."""
    client = staff("view_outstandingtoken", "view_blacklistedtoken")
    [row] = add(blacklisted=True)
    for lookup in ("token", "token__startswith", "token__regex", "token__in"):
        outstanding = reverse(OUTSTANDING.format("changelist"))
        assert client.get(outstanding, {lookup: TEXT}).status_code == 400
        blacklisted = reverse(BLACKLISTED.format("changelist"))
        assert client.get(blacklisted, {f"token__{lookup}": TEXT}).status_code == 400
    assert row.jti in page(client, OUTSTANDING.format("changelist"), jti=row.jti)
    assert row.jti in page(client, BLACKLISTED.format("changelist"), token=str(row.pk))


def test_outstanding_tokens_are_read_only(root: Client) -> None:
    (row,) = add()
    change = reverse(OUTSTANDING.format("change"), args=[row.pk])
    assert root.post(change, {"jti": "other"}).status_code == 403
    assert root.get(reverse(OUTSTANDING.format("add"))).status_code == 403
    assert root.post(reverse(OUTSTANDING.format("delete"), args=[row.pk]), {}).status_code == 403
    assert "delete_selected" not in offered(root)
    act(root, "delete_selected", row)
    assert OutstandingToken.objects.get() == row


def test_the_form_that_blacklists_has_no_list_of_all_tokens(root: Client) -> None:
    rows = add(3)
    text = page(root, BLACKLISTED.format("add"))
    assert not any(row.jti in text for row in rows)
    added = root.post(reverse(BLACKLISTED.format("add")), {"token": rows[1].pk})
    assert added.status_code == 302
    assert BlacklistedToken.objects.get().token == rows[1]


def test_selected_tokens_are_blacklisted(root: Client) -> None:
    rows, (already,) = add(3), add(blacklisted=True)
    answer = act(root, "blacklist_selected", rows[0], rows[1], already)
    assert "2 tokens were blacklisted." in said(answer)
    blacklisted = set(BlacklistedToken.objects.values_list("token", flat=True))
    assert blacklisted == {rows[0].pk, rows[1].pk, already.pk}
    entries = LogEntry.objects.values_list("object_id", "change_message", "user__username")
    assert set(entries) == {(str(row.pk), "Blacklisted.", "root") for row in rows[:2]}


def test_all_tokens_of_the_users_are_blacklisted(root: Client) -> None:
    anna, berta = (User.objects.create_user(name) for name in ("anna", "berta"))
    of_anna, of_berta, of_nobody = add(3, user=anna), add(2, user=berta), add(2)
    answer = act(root, "blacklist_all_of_user", of_anna[0], of_nobody[0])
    assert "3 tokens were blacklisted." in said(answer)
    blacklisted = BlacklistedToken.objects.values_list("token", flat=True)
    assert set(blacklisted) == {row.pk for row in of_anna}
    assert of_berta


class Replica:
    """The app's tables are read from another database, in which writing has no effect."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "second" if model._meta.app_label == "token_blacklist" else "default"

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return "default"


@pytest.mark.django_db(databases=["default", "second"])
def test_actions_write_where_tokens_are_written(root: Client) -> None:
    user = User.objects.create(username="anna", badge=5)
    rows = [*add(2, user=user), *add_expired()]
    with connections["second"].constraint_checks_disabled():
        for row in rows:
            row.save(using="second", force_insert=True)
        with override_settings(DATABASE_ROUTERS=[f"{__name__}.Replica"]):
            assert said(act(root, "blacklist_selected", rows[0])) == "1 token was blacklisted."
            assert left("default") == (3, 2)
            assert said(act(root, "blacklist_all_of_user", rows[0])) == "1 token was blacklisted."
            assert left("default") == (3, 3)
            assert said(act(root, "flush_expired", rows[0])) == "1 token was flushed."
            assert left("default") == (2, 2)
        assert left("second") == (3, 0)
        OutstandingToken.objects.using("second").all().delete()


def test_receivers_hear_of_what_an_action_blacklists(root: Client) -> None:
    heard = []

    def receiver(instance: BlacklistedToken, **kwargs: Any) -> None:
        heard.append(instance.token_id)

    post_save.connect(receiver, sender=BlacklistedToken)
    try:
        rows = add(2)
        act(root, "blacklist_selected", *rows)
    finally:
        post_save.disconnect(receiver, sender=BlacklistedToken)
    assert sorted(heard) == [row.pk for row in rows]


def test_expired_tokens_are_flushed(root: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(our_admin, "FLUSH_LIMIT", 4)
    add_expired(6)
    (good,) = add(blacklisted=True)
    answer = act(root, "flush_expired", good)
    assert "4 tokens were flushed. There are more" in said(answer)
    assert left() == (3, 3)
    assert said(act(root, "flush_expired", good)) == "2 tokens were flushed."
    assert left() == (1, 1)


@pytest.mark.parametrize(
    ("permissions", "allowed"),
    [
        ({"view_outstandingtoken"}, set()),
        ({"change_outstandingtoken", "change_blacklistedtoken"}, set()),
        (
            {"view_outstandingtoken", "add_blacklistedtoken"},
            {"blacklist_selected", "blacklist_all_of_user"},
        ),
        ({"view_outstandingtoken", "delete_outstandingtoken"}, set()),
        (
            {"view_outstandingtoken", "delete_outstandingtoken", "delete_blacklistedtoken"},
            {"flush_expired"},
        ),
    ],
)
def test_actions_are_for_those_who_may(permissions: set[str], allowed: set[str]) -> None:
    client = staff(*permissions)
    user = User.objects.create_user("anna")
    (row,) = add(user=user)
    add_expired()
    assert offered(client) == allowed
    for action in sorted(ACTIONS - allowed):
        act(client, action, row)
        assert left() == (2, 1)
        assert not LogEntry.objects.exists()


def test_who_may_not_look_sees_nothing() -> None:
    client = staff("add_blacklistedtoken", "delete_outstandingtoken", "delete_blacklistedtoken")
    (row,) = add()
    assert client.get(reverse(OUTSTANDING.format("changelist"))).status_code == 403
    for action in sorted(ACTIONS):
        assert act(client, action, row).status_code == 403
    assert left() == (1, 0)


def test_deleting_an_entry_makes_the_token_good_again(root: Client) -> None:
    (row,) = add(blacklisted=True)
    entry = BlacklistedToken.objects.get()
    answer = root.post(reverse(BLACKLISTED.format("delete"), args=[entry.pk]), {"post": "yes"})
    assert answer.status_code == 302
    assert list(OutstandingToken.objects.filter(blacklistedtoken=None)) == [row]


def test_by_simplejwts_names(tmp_path: Path) -> None:
    """As projects that replace simplejwt by one line have it, some with an admin of their own."""
    code = f"""
migrate()
{MODELS}
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client, override_settings
from rest_framework_simplejwt.token_blacklist.admin import OutstandingTokenAdmin

class OwnAdmin(OutstandingTokenAdmin):
    list_display = ("jti",)

    def has_delete_permission(self, *args, **kwargs):
        return True

def listed(name):
    return client.get(f"/admin/token_blacklist/{{name}}/", HTTP_HOST="localhost").status_code

client = Client()
client.force_login(User.objects.create_superuser("root"))
result = [listed("outstandingtoken"), listed("blacklistedtoken")]
admin.site.unregister(OutstandingToken)
admin.site.register(OutstandingToken, OwnAdmin)
result += [listed("outstandingtoken"), OutstandingTokenAdmin.__module__]
"""
    ours = [200, 200, 200, "pyjwtfast.drf.token_blacklist.admin"]
    with new_database(tmp_path) as database:
        assert database.run("one-line", code) == ours
