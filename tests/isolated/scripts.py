"""Running a piece of Python in an interpreter of its own."""

from __future__ import annotations

import sys
import textwrap

from ..processes import printed_by

PRELUDE = f"import sys; sys.path[:] = {sys.path!r}\n"


def run_script(
    body: str, *flags: str, timeout: float = 60, threads_at_the_end: bool = False
) -> str:
    """Run the script in a new process and return what it printed; a failure shows its output.

    timeout, threads_at_the_end: as for `python`.
    """
    script = PRELUDE + textwrap.dedent(body)
    return printed_by(
        *(*flags, "-c", script),
        timeout=timeout,
        threads_at_the_end=threads_at_the_end,
        PYTHONFAULTHANDLER="1",
    )
