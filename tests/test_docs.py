"""The documents: their links lead somewhere, their Python runs, their lists are complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .api.differences import DIFFERENCES

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "SECURITY.md", "example/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


def slug(heading: str) -> str:
    """The anchor of a heading, as code hosts make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_links(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", document.read_text()):
        path, _, anchor = target.partition("#")
        linked = (document.parent / path).resolve()
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text(), re.MULTILINE)
            assert anchor in map(slug, headings), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_python_examples(document: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", document.read_text(), re.MULTILINE | re.DOTALL)
    for block in blocks:
        code = compile(block, str(document), "exec")
        # Those for Django need a project around them; example/ and tests/drf run such lines.
        if "django" not in block.lower() and "drf" not in block:
            exec(code, {"__name__": "example"})


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
