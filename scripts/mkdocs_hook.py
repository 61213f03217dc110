"""Hook of `mkdocs build`: pages are files of the repository, and are read in both places.

Documents beside docs/ and the plots become pages and files of the site, and links are turned to
them; of links to other files the text stays. Comments that only the tests read are left out. A page
that would load something from the network is an error.
"""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent

# Where files of the repository stand in the site; those of docs/ by their names there.
ADDED = {
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "CODE_OF_CONDUCT.md": "code-of-conduct.md",
    "example/README.md": "example.md",
    **{
        f"benchmarks/results/{plot.name}": f"plots/{plot.name}"
        for plot in (ROOT / "benchmarks/results").glob("*.png")
    },
}
# What else may be linked, and what it is there.
SAME = {"README.md": "index.md", "example": "example.md"}

_COMMENT = re.compile(r"^ *<!--.*?-->\n", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"(^ *```.*?^ *```$)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!\w+:|#)([^)#\s]+)(#[^)]*)?\)")
_REMOTE = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["']?(?:\w+:)?//[^>]*>""")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for source, name in ADDED.items():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    site = page.file.src_uri
    sources = {name: source for source, name in ADDED.items()}
    source = sources.get(site, f"docs/{site}")

    def turned(link: re.Match[str]) -> str:
        mark, text, path, anchor = link.groups()
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        if target in ADDED or target in SAME:
            name = ADDED.get(target) or SAME[target]
        elif target.startswith("docs/"):
            name = target.removeprefix("docs/")
        elif os.path.exists(ROOT / target):
            return text
        else:
            return link[0]  # leads nowhere; MkDocs says so
        name = posixpath.relpath(name, posixpath.dirname(site) or ".")
        return f"{mark}[{text}]({name}{anchor or ''})"

    parts = _FENCE.split(markdown)  # text and blocks of code by turns
    parts[::2] = [_LINK.sub(turned, _COMMENT.sub("", part)) for part in parts[::2]]
    return "".join(parts)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    if remote := _REMOTE.search(output):
        raise PluginError(f"{page.file.src_uri} would load from the network: {remote[0]}")
    return output
