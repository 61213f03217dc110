"""What the cases of this folder's projects share. They run in interpreters of their own."""

from __future__ import annotations

import os
import sys
from typing import Any

from rest_framework.test import APIClient

PASSWORD = "correct horse battery"

with_the_line = "PYJWTFAST_ONE_LINE" in os.environ


def bearer(token: str) -> dict[str, Any]:
    """The argument of a test client's call that sends the token."""
    return {"headers": {"authorization": f"Bearer {token}"}}


def assert_the_right_library() -> None:
    """That tokens are made by who is meant to be tested."""
    import rest_framework_simplejwt.tokens

    package = "pyjwtfast.drf" if with_the_line else "rest_framework_simplejwt"
    assert rest_framework_simplejwt.tokens.RefreshToken.__module__ == f"{package}.tokens"
    files = [str(getattr(module, "__file__", "")) for module in list(sys.modules.values())]
    theirs = [file for file in files if "rest_framework_simplejwt" in file]
    # drf-spectacular's own extension for it is replaced as well.
    assert bool(theirs) is not with_the_line, theirs


def new_client() -> APIClient:
    return APIClient(raise_request_exception=False)
