"""csrc/tests/coverage.awk: what it makes of gcov's listings."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

AWK = Path(__file__).resolve().parent.parent / "csrc" / "tests" / "coverage.awk"

# Two objects hold the same header; its line 3 ran in the second alone. Line 5 of the file is a
# function of two instances, which gcov lists once more, each under its name.
LISTING = """\
        -:    0:Source:core/b.h
        -:    0:Graph:build/core/a.gcno
        -:    1:/* comment */
        1:    2:static inline int f(void)
    #####:    3:    return 1;
        -:    0:Source:core/a.c
        -:    0:Graph:build/core/a.gcno
        4:    5:int g(void)
       4*:    6:    return x ? 1 : 2;
    #####:    7:    never(":");
    =====:    8:    never_either();
------------------
g.one:
        2:    5:int g(void)
    #####:    6:    return x ? 1 : 2;
------------------
        -:    0:Source:core/b.h
        -:    0:Graph:build/core/c.gcno
        1:    2:static inline int f(void)
        1:    3:    return 1;
        -:    0:Source:/usr/include/string.h
    #####:    9:not ours
"""


def judge(listing: str, least: str) -> tuple[int, list[str]]:
    done = subprocess.run(
        ["awk", "-v", f"min={least}", "-f", str(AWK)], input=listing, capture_output=True, text=True
    )
    return done.returncode, done.stdout.splitlines()


def test_a_line_ran_if_it_ran_anywhere() -> None:
    status, lines = judge(LISTING, "66")
    assert status == 0
    assert [" ".join(line.split()) for line in lines] == [
        "core/a.c 2 of 4 lines 50.0 % not: 7 8",
        "core/b.h 2 of 2 lines 100.0 %",
        "csrc/core 4 of 6 lines 66.7 %",
    ]


@pytest.mark.parametrize(("least", "status"), [("66.6", 0), ("67", 1), ("100", 1)])
def test_too_few_lines_fail(least: str, status: int) -> None:
    found, lines = judge(LISTING, least)
    assert found == status
    assert (f"less than {least} % of the lines ran" in lines) == bool(status)


def test_no_listing_fails() -> None:
    assert judge("", "0")[0] == 1
