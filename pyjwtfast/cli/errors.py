"""How a command ends that can't be done."""

from __future__ import annotations


class UsageError(Exception):
    """The command line is wrong, or a file can't be used: exit code 2."""


class Refused(Exception):
    """The command was understood, and the answer is no: exit code 1."""
