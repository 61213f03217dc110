"""docs/settings.md and docs/checks.md: every setting with its default, and every check, no more.

That their examples run is tested with those of the other pages, in tests/test_docs.py.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from rest_framework_simplejwt.settings import DEFAULTS as THEIR_DEFAULTS

from pyjwtfast.drf.settings import DEFAULTS, REMOVED_SETTINGS, SETTINGS_NAMES, APISettings
from tests.processes import REPOSITORY

PAGE = (REPOSITORY / "docs" / "settings.md").read_text()
SECTIONS = dict(re.findall(r"^### ([A-Z_]+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
CHECKS = (REPOSITORY / "docs" / "checks.md").read_text()
# With our own, those of simplejwt's next release.
NEXT_RELEASE = {"ON_LOGIN_SUCCESS", "ON_LOGIN_FAILED"}


def source_of_checks() -> str:
    package = REPOSITORY / "pyjwtfast" / "drf"
    files = [*(package / "checks").glob("*.py"), *(package / "doctor").glob("*.py")]
    return "".join(path.read_text() for path in files)


def test_each_setting_has_a_section() -> None:
    assert sorted(SECTIONS) == sorted(DEFAULTS)


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_section_says_type_default_and_example(name: str) -> None:
    section = SECTIONS[name]
    assert section.startswith("\n- Type: ")
    (written,) = re.findall(r"^- Default: `(.+)`$", section, re.MULTILINE)
    with override_settings(SIMPLE_JWT={}, SECRET_KEY_FALLBACKS=["a former key"]):
        default = eval(written, {"timedelta": timedelta, "settings": settings})
        in_effect = APISettings(None, DEFAULTS, ()).__getattr__(name)
        assert (type(default), default) == (type(in_effect), in_effect)
    examples = re.findall(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert any(f'"{name}"' in example for example in examples)


@pytest.mark.parametrize("name", DEFAULTS)
def test_what_is_our_own_is_marked(name: str) -> None:
    ours = name not in THEIR_DEFAULTS and name not in NEXT_RELEASE
    assert ("*Our own.*" in SECTIONS[name]) is ours


def test_every_setting_of_simplejwt_is_there_with_its_default() -> None:
    def ours(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(ours, value))
        if isinstance(value, str):
            return value.replace("rest_framework_simplejwt.", "pyjwtfast.drf.")
        return value

    theirs = {name: ours(value) for name, value in THEIR_DEFAULTS.items() if name != "SIGNING_KEY"}
    assert {name: DEFAULTS[name] for name in theirs} == theirs
    assert "SIGNING_KEY" in DEFAULTS


def test_other_names_on_the_page() -> None:
    for name in (*REMOVED_SETTINGS, *SETTINGS_NAMES):
        assert f"`{name}`" in PAGE


def test_every_check_is_in_the_table_and_is_tested() -> None:
    source = source_of_checks()
    given = set(re.findall(r'id="(pyjwtfast\.[EW]\d+)"', source))
    assert len(given) >= 40
    listed = re.findall(r"^\| `(pyjwtfast\.[EW]\d+)` \|", CHECKS, re.MULTILINE)
    assert sorted(given) == sorted(listed)
    tests = "".join(path.read_text() for path in Path(__file__).parent.rglob("test_*.py"))
    for identifier in given:
        assert re.search(rf"\b{identifier.removeprefix('pyjwtfast.')}\b", tests), identifier
