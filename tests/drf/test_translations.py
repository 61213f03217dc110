"""The catalogues: complete, right in form, compiled; and what a client gets of them."""

from __future__ import annotations

import ast
import gettext
import json
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import translation
from rest_framework.test import APIClient

import pyjwtfast.drf
from pyjwtfast.drf.exceptions import InvalidToken, KeysUnavailable, TokenError
from pyjwtfast.drf.tokens import AccessToken
from pyjwtfast.drf.translation import LOCALE_DIRECTORY, gettext_lazy, ngettext
from tests.drf.models import User
from tests.drf.project import Project
from tests.drf.support import claims, token

PACKAGE = Path(pyjwtfast.drf.__file__).parent
# The locales that simplejwt has, and the one that its next release will have.
LOCALES = {
    "ar",
    "cs",
    "de",
    "el",
    "es",
    "es_AR",
    "es_CL",
    "fa",
    "fa_IR",
    "fr",
    "he_IL",
    "id_ID",
    "it_IT",
    "ko_KR",
    "nl_NL",
    "pl_PL",
    "pt_BR",
    "ro",
    "ru_RU",
    "sl",
    "sv",
    "tr",
    "uk_UA",
    "zh_Hans",
}
CATALOGUES = sorted(LOCALE_DIRECTORY.glob("*/LC_MESSAGES/django.po"))
NAMED = pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])

Key = str | tuple[str, str]


def messages_of_source() -> set[Key]:
    """Every message that is given to a function of translation, by Python's own parser."""
    found: set[Key] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
            if node.func.id in ("_", "gettext", "gettext_lazy"):
                found.add(texts[0])
            elif node.func.id == "ngettext" and len(texts) >= 2:
                found.add((texts[0], texts[1]))
    return {each for each in found if isinstance(each, (str, tuple))}


def entries_of(path: Path) -> dict[Key, list[str]]:
    """A catalogue's messages and their translations, one for each plural form."""
    found: dict[Key, list[str]] = {}
    for block in path.read_text().split("\n\n"):
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if match := re.match(r"(msg\w+(?:\[\d\])?) (\".*\")$", line):
                name = match[1]
                fields[name] = json.loads(match[2])
            elif line.startswith('"'):
                fields[name] += json.loads(line)
            else:
                assert line.startswith("#"), line
                assert "fuzzy" not in line
                assert not line.startswith("#~"), "obsolete"
        key = fields["msgid"]
        translations = [text for field, text in fields.items() if field.startswith("msgstr")]
        plural = fields.get("msgid_plural")
        assert key not in found, "twice"
        found[key if plural is None else (key, plural)] = translations
    return found


def placeholders(text: str) -> list[str]:
    """Those of %-formatting and of str.format."""
    percent = re.findall(r"%(?:\(\w+\))?[a-z]", text)
    braces = [field for _, field, _, _ in string.Formatter().parse(text) if field is not None]
    return sorted([*percent, *(f"{{{field}}}" for field in braces)])


def test_the_locales() -> None:
    assert {path.parts[-3] for path in CATALOGUES} == LOCALES


def test_the_source_has_messages() -> None:
    messages = messages_of_source()
    assert "Tokens cannot be verified at present; try again later." in messages
    assert "Token '{}' claim has expired" in messages
    assert len(messages) >= 29


@NAMED
def test_a_catalogue_has_every_message(path: Path) -> None:
    entries = entries_of(path)
    assert set(entries) - {""} == messages_of_source()
    assert [key for key, texts in entries.items() if not all(texts)] == []


@NAMED
def test_placeholders_are_kept(path: Path) -> None:
    for key, texts in entries_of(path).items():
        if key:
            wanted = placeholders(key if isinstance(key, str) else key[1])
            assert {tuple(placeholders(text)) for text in texts} == {tuple(wanted)}, key


@NAMED
def test_a_sentence_ends_as_the_message_does(path: Path) -> None:
    """A full stop (or what ends a sentence in that script) where the message has one."""
    for key, texts in entries_of(path).items():
        message = key if isinstance(key, str) else key[0]
        if message:
            ends = {text[-1] in ".。" for text in texts}
            assert ends == {message.endswith(".")}, message


@NAMED
def test_a_catalogue_is_translated(path: Path) -> None:
    entries = entries_of(path)
    same = [key for key, texts in entries.items() if key and texts[0] == key]
    assert same in ([], ["jti"])


@NAMED
def test_the_compiled_catalogue_is_of_this_one(path: Path) -> None:
    """`make messages` compiles them."""
    with path.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    entries = entries_of(path)
    assert compiled.info()["language"] == path.parts[-3]
    known: dict[Any, str] = {}
    for key, texts in entries.items():
        if isinstance(key, str):
            known[key] = texts[0]
        else:
            known |= {(key[0], number): text for number, text in enumerate(texts)}
    assert {key: text for key, text in compiled._catalog.items() if key} == {  # type: ignore[attr-defined]
        key: text for key, text in known.items() if key
    }


@NAMED
def test_plural_forms(path: Path) -> None:
    with path.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    forms = {compiled.plural(number) for number in range(200)}
    for key, texts in entries_of(path).items():
        if isinstance(key, tuple):
            assert len(texts) == max(forms) + 1, key


# --- What a client gets ---


def language_of(path: Path) -> str:
    """What Django calls the language of a locale: `it` for it_IT, which has no other."""
    locale = path.parts[-3]
    code = translation.to_language(locale)
    return code if code in dict(settings.LANGUAGES) else code.partition("-")[0]


@pytest.fixture(autouse=True)
def with_languages() -> Iterator[None]:
    middleware = ["django.middleware.locale.LocaleMiddleware"]
    with override_settings(MIDDLEWARE=middleware):
        yield
    translation.deactivate()  # what the last request has activated


@NAMED
def test_a_client_is_answered_in_its_language(path: Path, client: APIClient) -> None:
    language = language_of(path)
    entries = entries_of(path)
    answered = client.post(
        "/ours/token/verify/", {"token": "x"}, headers={"Accept-Language": language}
    )
    assert answered.status_code == 401
    assert answered.json() == {
        "detail": entries["Token is invalid"][0],
        "code": "token_not_valid",  # the code is not translated
    }
    answered = client.get(
        "/ours/who/",
        headers={"Accept-Language": f"{language};q=0.9,x", "Authorization": "Bearer x"},
    )
    assert answered.json()["detail"] == entries["Given token not valid for any token type"][0]
    assert answered.json()["messages"][0]["message"] == entries["Token is invalid"][0]
    assert answered.headers["Content-Language"] == language


def test_other_clients_are_answered_in_english(client: APIClient) -> None:
    for language in ("en", "en-gb", "ja", ""):
        answered = client.post(
            "/ours/token/verify/", {"token": "x"}, headers={"Accept-Language": language}
        )
        assert answered.json()["detail"] == "Token is invalid"


@pytest.mark.django_db
def test_the_language_is_that_of_the_request_and_not_of_the_import(
    client: APIClient, user: User
) -> None:
    expired = token(claims(exp=5))
    for language, detail in (
        ("de", "Das Token ist abgelaufen"),
        ("fr", "Le jeton a expiré"),
        ("en", "Token is expired"),
    ):
        answered = client.post(
            "/ours/token/verify/", {"token": expired}, headers={"Accept-Language": language}
        )
        assert answered.json()["detail"] == detail
    wrong = {"username": "anna", "password": "wrong"}
    answered = client.post("/ours/token/", wrong, headers={"Accept-Language": "sv"})
    assert answered.json() == {"detail": "Det finns inget aktivt konto med de uppgifterna"}


@pytest.mark.django_db
def test_placeholders_are_filled_in_after_translation() -> None:
    from pyjwtfast.drf.tokens import SlidingToken

    sliding = SlidingToken(token(claims("sliding", refresh_exp=5)))
    with pytest.raises(TokenError) as raised:
        sliding.check_exp("refresh_exp")
    with translation.override("de"):
        assert str(raised.value) == "Die Angabe „refresh_exp“ des Tokens ist abgelaufen"
    with translation.override("ko"):
        assert str(raised.value) == "토큰의 'refresh_exp' 항목이 만료되었습니다"
    assert str(raised.value) == "Token 'refresh_exp' claim has expired"


def test_errors_are_told_apart_by_codes_in_every_language() -> None:
    for language in ("de", "ar", "en"):
        with translation.override(language):
            assert InvalidToken().get_codes() == {
                "detail": "token_not_valid",
                "code": "token_not_valid",
            }
            assert InvalidToken().detail["code"] == "token_not_valid"
            assert KeysUnavailable().detail["code"] == "keys_unavailable"
            with pytest.raises(TokenError) as raised:
                AccessToken("x")
    # And the text, which some compare, is the original where no language is active.
    with translation.override(None):
        assert raised.value.args[0] == "Token is invalid"


# --- Which catalogue ---


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Das Token ist abgelaufen"),
        ("de-at", "Das Token ist abgelaufen"),
        ("es-ar", "El token venció"),
        ("es-cl", "El token está vencido"),
        ("es-mx", "El token ha caducado"),
        ("it", "Il token è scaduto"),
        ("it-ch", "Il token è scaduto"),
        ("pt-br", "O token expirou"),
        ("pt", "Token is expired"),
        ("zh-hans", "令牌已过期"),
        ("zh-cn", "令牌已过期"),
        ("zh-hant", "Token is expired"),
        ("en-us", "Token is expired"),
        ("ja", "Token is expired"),
    ],
)
def test_the_catalogue_of_a_language(language: str, text: str) -> None:
    with translation.override(language):
        assert gettext_lazy("Token is expired") == text


def test_the_projects_own_language_is_the_last_resort() -> None:
    with override_settings(LANGUAGE_CODE="de"):
        for language, text in (
            ("ja", "Das Token ist abgelaufen"),
            ("en", "Token is expired"),
            ("fr", "Le jeton a expiré"),
        ):
            with translation.override(language):
                assert gettext_lazy("Token is expired") == text


@pytest.mark.parametrize(
    ("language", "number", "text"),
    [
        ("en", 1, "1 token was flushed."),
        ("en", 5, "5 tokens were flushed."),
        ("de", 1, "1 Token wurde gelöscht."),
        ("de", 5, "5 Tokens wurden gelöscht."),
        ("pl", 3, "Usunięto 3 tokeny."),
        ("pl", 5, "Usunięto 5 tokenów."),
        ("sl", 102, "102 žetona sta bila izbrisana."),
        ("ja", 5, "5 tokens were flushed."),
    ],
)
def test_numbers(language: str, number: int, text: str) -> None:
    with translation.override(language):
        assert ngettext("%d token was flushed.", "%d tokens were flushed.", number) % number == text


SCRIPT = """
import django; django.setup()
from django.utils import translation
from django.test import Client
answers = []
for language in ("de", "ko", "ja"):
    answers.append(Client().post(
        "/token/verify/", {"token": "x"}, headers={"Accept-Language": language}
    ).json()["detail"])
from django.apps import apps
with translation.override("de"):
    if apps.is_installed("pyjwtfast.drf.token_blacklist"):
        from pyjwtfast.drf.token_blacklist.models import OutstandingToken
        answers.append(str(OutstandingToken._meta.verbose_name))
print(answers)
"""
MIDDLEWARE = "MIDDLEWARE = ['django.middleware.locale.LocaleMiddleware']\nALLOWED_HOSTS = ['*']"
OURS, THEIRS = "pyjwtfast.drf.token_blacklist", "rest_framework_simplejwt.token_blacklist"
ONE_LINE = "import pyjwtfast.replace_simplejwt"
DETAILS = ["Das Token ist ungültig", "토큰이 유효하지 않습니다", "Token is invalid"]


@pytest.mark.parametrize(
    ("apps", "first_line", "more"),
    [
        ([], "", []),
        (["pyjwtfast.drf"], "", []),
        ([OURS], "", ["Ausgestelltes Token"]),
        (["pyjwtfast.drf", OURS], "", ["Ausgestelltes Token"]),
        ([], ONE_LINE, []),
        ([THEIRS], ONE_LINE, []),
        (["rest_framework_simplejwt", THEIRS], ONE_LINE, []),
    ],
)
def test_whichever_app_is_installed(
    apps: list[str], first_line: str, more: list[str], tmp_path: Path
) -> None:
    done = Project(tmp_path, apps, MIDDLEWARE, first_line).run("-c", SCRIPT)
    assert done.stderr == ""
    assert ast.literal_eval(done.stdout) == [*DETAILS, *more]


def test_without_internationalisation_nothing_is_translated(tmp_path: Path) -> None:
    more = f"{MIDDLEWARE}\nUSE_I18N = False\nLANGUAGE_CODE = 'de'"
    done = Project(tmp_path, [OURS], more).run("-c", SCRIPT)
    assert ast.literal_eval(done.stdout) == ["Token is invalid"] * 3 + ["Outstanding Token"]


def test_a_project_may_say_it_in_other_words(tmp_path: Path) -> None:
    """By a catalogue of its own, whether or not an app of ours is installed."""
    directory = tmp_path / "locale" / "de" / "LC_MESSAGES"
    directory.mkdir(parents=True)
    for number, apps in enumerate(([], ["pyjwtfast.drf"])):
        (tmp_path / str(number)).mkdir()
        project = Project(
            tmp_path / str(number), apps, f"{MIDDLEWARE}\nLOCALE_PATHS = ['{tmp_path}/locale']"
        )
        write_catalogue(directory / "django.mo", {"Token is invalid": "Bitte neu anmelden"})
        done = project.run("-c", SCRIPT)
        assert ast.literal_eval(done.stdout) == ["Bitte neu anmelden", *DETAILS[1:]]


def write_catalogue(path: Path, messages: dict[str, str]) -> None:
    """GNU's binary form of a catalogue, in little-endian order."""
    import struct

    messages = {"": "Content-Type: text/plain; charset=UTF-8\n", **messages}
    sources = [key.encode() for key in sorted(messages)]
    targets = [messages[key].encode() for key in sorted(messages)]
    offset = 28 + 16 * len(sources)
    tables, data = b"", b""
    for texts in (sources, targets):
        for text in texts:
            tables += struct.pack("<II", len(text), offset + len(data))
            data += text + b"\0"
    count = len(sources)
    header = struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 28 + 16 * count)
    path.write_bytes(header + tables + data)
