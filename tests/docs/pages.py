"""Reads the code blocks of a document, in order, and the comments that say how to run them.

A page is a sequence of runs, each a process of its own. The first has no Django; `<!-- project -->`
begins one in a new Django project, `<!-- no project -->` one without. Blocks of these languages
run; others are only shown:

python   executed, all blocks of a run in one namespace. In a project a block whose first line is
         `# settings.py`, `# urls.py`, `# accounts/views.py` ... is that file, or more of it.
http     a request, or the answer to the one before it.
console  lines with `$ ` are commands, the others what they print.
sh       commands, of which only the exit status counts.

Comments (all are left out of the built pages), of one line before a block but for `run`:

<!-- not run: why -->             the next block is not run, for this reason
<!-- reports: pyjwtfast.W002 -->  the system checks report just this about the next settings
<!-- fails -->                    a command of the next block ends with an exit status that is not 0
<!-- run ... -->                  Python that readers need not see; `later(minutes=10)` moves
                                  the clock

In settings and urls a line `# ...` in a list or dict stands for what was in it before. `…` stands
for any text. `eyJ…` in a request is the token that an answer gave under that name; with an ending
of its own (`eyJ…Zk0c`) it is the very one that an answer showed with that ending.
"""

from __future__ import annotations

import json
import re
import textwrap
from dataclasses import asdict, dataclass, field
from pathlib import Path

LANGUAGES = ("python", "http", "console", "sh")

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w+-]*)[^`\n]*$")
_DIRECTIVES = ("not run:", "reports:", "fails", "run", "project", "no project")


@dataclass
class Block:
    """One block, or one hidden `run`. `line` is that of its first line of text in the page."""

    page: str
    line: int
    language: str
    text: str
    not_run: str = ""
    reports: list[str] = field(default_factory=list)
    fails: bool = False

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass
class Run:
    """The blocks that share a process; `line` is where they begin."""

    page: str
    line: int
    django: bool
    blocks: list[Block] = field(default_factory=list)

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"

    def to_json(self) -> str:
        return json.dumps(asdict(self))


def read_runs(path: Path, name: str) -> list[Run]:
    """The runs of a page. Raises ValueError, with the line, for what can't be read so."""
    runs = [Run(name, 1, django=False)]
    pending: dict[str, str] = {}
    lines = path.read_text().splitlines()
    number = 0
    while number < len(lines):
        line = lines[number]
        if line.strip().startswith("<!--"):
            start = number
            while "-->" not in lines[number]:
                number += 1
            comment = "\n".join(lines[start : number + 1])
            directive = _directive(comment)
            if directive in ("project", "no project"):
                runs.append(Run(name, start + 1, django=directive == "project"))
            elif directive == "run":
                text = comment.strip().removeprefix("<!-- run").removesuffix("-->")
                runs[-1].blocks.append(Block(name, start + 1, "hidden", textwrap.dedent(text)))
            elif directive:
                text = comment.strip().removeprefix("<!--").removesuffix("-->").strip()
                pending[directive] = text.removeprefix(directive).strip()
        elif fence := _FENCE.match(line):
            start = number + 1
            closing = f"{fence['indent']}```"
            number = start
            while lines[number].rstrip() != closing:
                number += 1
                if number == len(lines):
                    raise ValueError(f"{name}:{start}: the block has no end")
            block = Block(
                name,
                start + 1,
                fence["language"],
                textwrap.dedent("\n".join(lines[start:number])) + "\n",
                not_run=pending.pop("not run:", ""),
                reports=pending.pop("reports:", "").replace(",", " ").split(),
                fails=pending.pop("fails", None) is not None,
            )
            runs[-1].blocks.append(block)
        elif line.strip() and pending:
            raise ValueError(f"{name}:{number + 1}: there is no block after {pending}")
        number += 1
    return runs


def _directive(comment: str) -> str:
    text = comment.strip().removeprefix("<!--").strip()
    for directive in _DIRECTIVES:
        if re.match(rf"{re.escape(directive)}(\s|$)", text):
            return directive
    return ""
