"""docs/deploy shows the files of deploy/ as they are, and leaves no line of them out."""

from __future__ import annotations

from pathlib import Path

import pytest

from .docs.pages import read_runs

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted((ROOT / "docs" / "deploy").glob("*.md"))
FILES = sorted(path for path in (ROOT / "deploy").rglob("*") if path.is_file())


def lines_of(text: str) -> set[str]:
    """The lines that say something, without their indentation."""
    stripped = (line.strip() for line in text.splitlines())
    return {line for line in stripped if line and line[0] not in "#;"}


def shown(page: Path) -> set[str]:
    """The lines of the page's blocks that are not commands."""
    blocks = [block for run in read_runs(page, page.name) for block in run.blocks]
    return set().union(*(lines_of(block.text) for block in blocks if block.language != "sh"))


def configuration_of(path: Path) -> set[str]:
    """The file's lines but for a docstring."""
    text = path.read_text()
    if path.suffix in (".py", ".wsgi"):
        text = text.partition('"""')[2].partition('"""')[2]
    return lines_of(text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_line_is_explained(path: Path) -> None:
    everywhere = set().union(*map(shown, PAGES))
    assert sorted(configuration_of(path) - everywhere) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_shown_is_there(page: Path) -> None:
    there = set().union(*map(configuration_of, FILES))
    blocks = [block for run in read_runs(page, page.name) for block in run.blocks]
    for block in blocks:
        if block.language in ("nginx", "apache", "ini"):
            assert sorted(lines_of(block.text) - there) == [], block.where


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_but_the_names_is_to_be_changed(path: Path) -> None:
    """No path, port or host of a test is left in a file."""
    text = path.read_text()
    assert not [word for word in ("/tmp", "127.0.0.1", "localhost", "/home/") if word in text]
