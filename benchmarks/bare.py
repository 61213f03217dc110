"""OpenSSL's own signatures as contestants: what remains when everything of a JWT is left out.

bare.c loops over them in C, with a context prepared once and copied per call, on the signing input
of the very token that the others verify or sign.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

from pyjwtfast import _core

from .compiled import ROOT, BuildError, load, timed
from .materials import Material
from .timing import Contestant

LIBRARY, WAY = "OpenSSL", "alone, looped over in C"


def checked() -> Any:
    """The compiled module. Raises BuildError, also when it has another OpenSSL than the extension:
    a comparison with that would say nothing."""
    csrc = ROOT / "csrc"
    sources = [Path(__file__).with_suffix(".c"), csrc / "bench" / "bare.c", csrc / "core" / "alg.c"]
    found = load("bare", sources)
    if found.OPENSSL_VERSION != _core.OPENSSL_VERSION:
        raise BuildError(f"it uses {found.OPENSSL_VERSION}, the extension {_core.OPENSSL_VERSION}")
    return found


@cache
def module() -> Any:
    """The compiled module; None, after saying why, when there is none."""
    try:
        return checked()
    except BuildError as error:
        print(f"\nWithout OpenSSL alone: it cannot be compiled\n{error}", file=sys.stderr)
        return None


def contestants(material: Material, token: str, verb: str, expected: object) -> list[Contestant]:
    """OpenSSL doing the cryptography of verb, "verify" or "sign", for this token; none without a
    compiler.

    Its outcome stands for the expected one: a signature of its own was verified when it was made,
    and an operation that fails raises RuntimeError.
    """
    compiled = module()
    if compiled is None:
        return []
    signing_input = token.rpartition(".")[0].encode("ascii")
    operations = compiled.Operations(material.algorithm, material.bare_key, signing_input)
    return [Contestant(LIBRARY, WAY, timed(getattr(operations, verb)), lambda: expected)]
