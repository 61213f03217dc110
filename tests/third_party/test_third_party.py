"""dj-rest-auth, djoser and drf-spectacular as released, on ours; and on simplejwt, as the measure.

Each project's cases run in an interpreter of their own, and with ours simplejwt is hidden there.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.processes import REPOSITORY, printed_by

HERE = Path(__file__).parent.relative_to(REPOSITORY)

HIDE = "tests.one_line.hide_simplejwt"

# How simplejwt's classes are in a project: as they are, or ours in one of the two ways.
WAYS = {
    "simplejwt": {},
    "one line": {"PYJWTFAST_ONE_LINE": "1"},
    "native": {"PYJWTFAST_NATIVE": "1"},
}


def run(way: str, *arguments: str) -> str:
    """Runs Python so, and returns what it prints; a failure shows it."""
    return printed_by(*arguments, timeout=600, DJANGO_SETTINGS_MODULE="", **WAYS[way])


def run_cases(way: str, project: str, settings: str, cases: str) -> None:
    """Runs the cases with pytest, and expects that there are some and all pass."""
    output = run(
        way,
        *("-m", "pytest", "-q", "-p", "no:cacheprovider"),
        *(() if way == "simplejwt" else ("-p", HIDE)),
        f"--ds=tests.third_party.{project}.{settings}",
        str(HERE / project / cases),
    )
    assert re.search(r"^[1-9]\d* passed", output, re.MULTILINE), output
    assert "skipped" not in output, output


@pytest.mark.parametrize("way", ["simplejwt", "one line"])
@pytest.mark.parametrize(
    ("project", "settings", "cases"),
    [
        ("dj_rest_auth", "settings", "cases.py"),
        ("dj_rest_auth", "cookie_settings", "cookie_cases.py"),
        ("djoser", "settings", "cases.py"),
    ],
    ids=["dj-rest-auth", "dj-rest-auth with cookies", "djoser"],
)
def test_project(project: str, settings: str, cases: str, way: str) -> None:
    run_cases(way, project, settings, cases)


@pytest.mark.parametrize("way", ["one line", "native"])
def test_spectacular(way: str) -> None:
    run_cases(way, "spectacular", "settings", "cases.py")


def described(way: str) -> Any:
    """The schema of the project: bodies and answers, without texts and without errors."""
    hide = "" if way == "simplejwt" else f"import {HIDE}; "
    schema = json.loads(run(way, "-c", f"{hide}import tests.third_party.spectacular.print_schema"))
    for path in schema["paths"].values():
        for operation in path.values():
            operation.pop("description", None)
            operation["responses"] = {"200": operation["responses"]["200"]}
    for shape in schema["components"]["schemas"].values():
        shape.pop("description", None)
        shape["required"] = sorted(shape.get("required", ()))
    return schema


def test_a_client_made_from_the_schema_of_simplejwt_goes_on() -> None:
    theirs = described("simplejwt")
    assert len(theirs["paths"]) == 9
    assert described("one line") == theirs
    assert described("native") == theirs
