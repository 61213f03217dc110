"""The documents: their links lead somewhere, their lists are complete, and what they show is so.

How blocks of code are run: tests/docs/pages.py.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from .api.differences import DIFFERENCES
from .docs.pages import LANGUAGES, Block, Run, read_runs
from .processes import python

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "SECURITY.md", "CHANGELOG.md", "example/README.md")),
    *(ROOT / name for name in ("CONTRIBUTING.md", "CODE_OF_CONDUCT.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]

# Blocks that are not run, each with a reason in its page. Raise it knowingly.
NOT_RUN = 29


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


RUNS = [run for document in DOCUMENTS for run in read_runs(document, names(document))]


def runnable(run: Run) -> list[Block]:
    """The blocks that run; a hidden one alone is no reason to."""
    blocks = [block for block in run.blocks if not block.not_run]
    return [block for block in blocks if block.language in (*LANGUAGES, "hidden")]


def run_shown(run: Run, directory: Path) -> subprocess.CompletedProcess[str]:
    """Run what is to be run of it, in a process of its own and in the (empty) directory."""
    shown = Run(run.page, run.line, run.django, runnable(run))
    return python(
        *("-m", "tests.docs.project"),
        directory=directory,
        stdin=shown.to_json(),
        threads_at_the_end=True,  # that of a server
        DJANGO_SETTINGS_MODULE="",
    )


def slug(heading: str) -> str:
    """The anchor of a heading, as code hosts make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_links(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", document.read_text()):
        path, _, anchor = target.partition("#")
        linked = (document.parent / path).resolve() if path else document
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text(), re.MULTILINE)
            assert anchor in map(slug, headings), target


@pytest.mark.parametrize(
    "run", [run for run in RUNS if any(runnable(run))], ids=lambda run: run.where
)
def test_what_is_shown_is_so(run: Run, tmp_path: Path) -> None:
    done = run_shown(run, tmp_path)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


LOG_IN = """
```http
POST /api/token/ HTTP/1.1
Content-Type: application/json

{"username": "ada", "password": "correct horse"}
```
"""


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("```python\nassert 1 == 2\n```", 3, "AssertionError"),
        ("```sh\npyjwtfast decode nonsense\n```", 3, "ended with"),
        ("<!-- fails -->\n```sh\npyjwtfast --help\n```", 4, "ended with 0"),
        ("```console\n$ pyjwtfast --version\npyjwtfast 77\n```", 3, "printed"),
        ('```python\n# settings.py\nSIMPLE_JWT = {"LEWAY": 1}\n```', 3, "pyjwtfast.W001"),
        ("<!-- reports: pyjwtfast.W001 -->\n```python\n# settings.py\n```", 4, "W001"),
        (LOG_IN, 4, "has no answer"),
        (LOG_IN + '```http\nHTTP/1.1 200 OK\n\n{"access": "eyJ…"}\n```', 10, "the answer has"),
        (LOG_IN + "```http\nHTTP/1.1 401 Unauthorized\n\n```", 10, "the answer is HTTP/1.1 200 OK"),
        ("```http\nGET / HTTP/1.1\nAuthorization: Bearer eyJ…\n```", 3, "no answer before this"),
    ],
)
def test_what_is_not_so_is_found(text: str, line: int, message: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"<!-- project -->\n{text}\n")
    (tmp_path / "project").mkdir()
    (_, run) = read_runs(page, "page.md")
    done = run_shown(run, tmp_path / "project")
    assert done.returncode == 1
    assert f"page.md:{line}: " in done.stderr
    assert message in done.stderr


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.where)
def test_each_block_can_be_run_or_says_why_not(run: Run) -> None:
    for block in run.blocks:
        # Others would be left out without a word.
        assert block.language not in ("", "py", "bash", "shell", "pycon"), block.where
        if block.language == "http" and not block.not_run:
            assert run.django, f"{block.where}: requests need a <!-- project --> before them"


def test_most_blocks_are_run() -> None:
    blocks = [block for run in RUNS for block in run.blocks if block.language in LANGUAGES]
    left_out = [block for block in blocks if block.not_run]
    for block in left_out:
        print(f"{block.where}: {block.not_run}")
    print(f"{len(left_out)} of {len(blocks)} blocks are not run")
    assert len(blocks) > 200
    assert len(left_out) <= NOT_RUN


def test_every_difference_is_documented() -> None:
    text = (ROOT / "docs/differences.md").read_text()
    assert [entry.name for entry in DIFFERENCES if f"**{entry.name}**" not in text] == []


def test_every_target_of_make_is_documented() -> None:
    rules = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"test", "fuzz-python"} <= set(rules)
    text = "".join(path.read_text() for path in (ROOT / "README.md", ROOT / "docs/development.md"))
    named = set(re.findall(r"\bmake ([a-z-]+)", text))
    # `make` alone lists these, in so many words.
    assert set(rules) - named - {"help", "setup", "clean"} == set()
