"""What the doctor found, for people: aligned, wrapped, coloured where the terminal can."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.core.checks import ERROR, CheckMessage
from django.core.management.color import Style

if TYPE_CHECKING:
    from .verdicts import Step

_INDENT = "  "
_OF_ONE_LINE = ("signing_key", "verifying_key")
_MARKS = {True: "ok", False: "NO", None: "--"}


def printable(text: object) -> str:
    """A text without what a terminal would obey: a server or a token may have put it there."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(text))


def write_report(
    report: Mapping[str, Any], problems: Sequence[CheckMessage], style: Style
) -> Iterator[str]:
    """The lines of the whole report, then what is to be done."""
    for title, section in report.items():
        rows = list(_rows(section)) if isinstance(section, Mapping) else []
        yield style.MIGRATE_HEADING(title.capitalize())
        yield from _aligned(rows or [("", "nothing")])
        yield ""
    serious = [each for each in problems if each.level >= ERROR]
    others = [each for each in problems if each.level < ERROR]
    for title, messages, colour in (
        ("To be fixed", serious, style.ERROR),
        ("To be looked at", others, style.WARNING),
    ):
        if messages:
            yield colour(f"{title}: {len(messages)}")
            for message in messages:
                yield from _message(message, colour)
            yield ""
    if not serious:
        yield style.SUCCESS("Nothing has to be fixed.")


def write_verdict(steps: Sequence[Step], style: Style) -> Iterator[str]:
    """The lines of a verdict; of the conditions that do not hold each is marked."""
    colours: dict[bool | None, Callable[[str], str]] = {
        True: style.SUCCESS,
        False: style.ERROR,
        None: style.WARNING,
    }
    width = max(len(step.name) for step in steps)
    for step in steps:
        mark = colours[step.holds](_MARKS[step.holds])
        yield from _wrap(f"{mark}  {step.name:{width}}  ", width + 6, step.text)


def _rows(section: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A section's names and values, the latter perhaps of several lines."""
    for name, value in section.items():
        if name == "changed":
            for setting, values in value.items():
                yield setting, f"{values['value']}  (default {values['default']})"
        elif isinstance(value, Mapping):
            yield _label(name), _on_one_line(value) if name in _OF_ONE_LINE else _several(value)
        elif isinstance(value, (list, tuple)):
            yield _label(name), "\n".join(map(_word, value))
        else:
            yield _label(name), _word(value)


def _label(name: str) -> str:
    return name if name.isupper() or "/" in name else name.replace("_", " ")


def _word(value: object) -> str:
    if isinstance(value, Mapping):
        return _on_one_line(value)
    return {"True": "yes", "False": "no", "None": "-"}.get(str(value), str(value))


def _several(values: Mapping[str, Any]) -> str:
    return "\n".join(f"{name}: {_word(value)}" for name, value in values.items())


def _on_one_line(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_word(value)}" for name, value in values.items())


def _aligned(rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        for number, line in enumerate(value.split("\n") if value else ["-"]):
            label = printable(name) if number == 0 else ""
            yield from _wrap(f"{label:{width}}  ", width + 2, line)


def _message(message: CheckMessage, colour: Callable[[str], str]) -> Iterator[str]:
    identifier = str(message.id).removeprefix("pyjwtfast.")
    yield from _wrap(f"{colour(identifier)}  ", len(identifier) + 2, str(message.msg))
    if message.hint:
        margin = " " * (len(identifier) + 2)
        yield from _wrap(margin, len(margin), f"-> {message.hint}")


def _wrap(label: str, width: int, text: str) -> Iterator[str]:
    """A label and a text beside it. width: of the label as it is seen, without colours."""
    columns = max(40, min(shutil.get_terminal_size((100, 24)).columns, 120) - len(_INDENT) - width)
    lines = textwrap.wrap(printable(text), columns, break_on_hyphens=False) or [""]
    yield f"{_INDENT}{label}{lines[0]}".rstrip()
    for line in lines[1:]:
        yield f"{_INDENT}{' ' * width}{line}"
