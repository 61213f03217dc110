"""Headers without a good token, and changes to one's claims after which it must be refused."""

from __future__ import annotations

from typing import Any

from tests.drf.support import ABSENT, Raw

# Of the Authorization header; None is a request without it.
BAD_HEADERS: list[str | None] = [
    None,
    "",
    " ",
    "Bearer",
    "Bearer ",
    "Bearer a b",
    "Bearer a.b",
    "Bearer a.b.c",
    "Bearer a.b.c.d.e",
    "Bearer ..",
    "Basic YTpi",
    "Bear x",
    "Bearer\ta.b.c",
    "Bearer \xff.\xff.\xff",
    "Bearer " + "." * 1000,
    "Bearer eyJhbGciOiJub25lIn0.e30.",
    "Bearer eyJhbGciOiJSUzI1NiJ9.e30.AA",
]

# What is wrong with the token itself: every view says 401.
BAD_TIMES_AND_IDS: list[dict[str, Any]] = [
    {"exp": ABSENT},
    {"exp": None},
    {"exp": True},
    {"exp": False},
    {"exp": "123"},
    {"exp": "99999999999"},
    {"exp": " 9_9999999999 "},
    {"exp": "x"},
    {"exp": ""},
    {"exp": []},
    {"exp": [99999999999]},
    {"exp": {}},
    {"exp": -1},
    {"exp": 0},
    {"exp": 0.5},
    {"exp": 1e20},
    {"exp": Raw("1e400")},
    {"exp": Raw("-1e400")},
    {"exp": Raw("NaN")},
    {"exp": Raw("Infinity")},
    {"exp": 253402300800},
    {"exp": 10**20},
    {"exp": 10**400},
    {"exp": Raw("9" * 5000)},
    {"jti": ABSENT},
    {"jti": None},
    {"jti": 5},
    {"jti": []},
    {"jti": {}},
    {"jti": True},
    {"iat": "x"},
    {"iat": []},
    {"iat": Raw("1e400")},
    {"iat": 4102444800},
    {"nbf": "x"},
    {"nbf": 4102444800},
    {"sub": 5},
    {"sub": []},
    {"sub": None},
]

# What is wrong is only whom it names: authentication and refresh say 401.
BAD_USER_IDS: list[dict[str, Any]] = [
    {"user_id": None},
    {"user_id": True},
    {"user_id": False},
    {"user_id": 1.0},
    {"user_id": 1.5},
    {"user_id": Raw("1e300")},
    {"user_id": []},
    {"user_id": [1]},
    {"user_id": {}},
    {"user_id": {"id": 1}},
    {"user_id": ""},
    {"user_id": "abc"},
    {"user_id": "1; DROP TABLE drf_user"},
    {"user_id": "9" * 5000},
    {"user_id": "1" + "0" * 30},
    {"user_id": 10**30},
    {"user_id": -(10**30)},
    {"user_id": 2**63},
    {"user_id": -1},
    {"user_id": "1\0"},
    {"user_id": "\0"},
    {"user_id": Raw(r'"\ud800"')},
    {"user_id": Raw(r'"1\udfff"')},
    {"user_id": "x" * 100_000},
]
