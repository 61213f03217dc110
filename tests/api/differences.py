"""Where pyjwtfast is stricter than PyJWT 2.15.1: the one list, with a reason for each entry.

The differential tests accept an entry's refusal only for calls its predicate covers; every entry
has examples, and `test_differences.py` shows that PyJWT does otherwise and that we do as written.
"""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyjwtfast import exceptions

from ..support import SECRET, b64url_decode, forge, forge_detached

MAX_TOKEN_BYTES = 262_144
MAX_DEPTH = 128
MAX_HEADER_PARAMETERS = 128

_DECODERS = {"decode", "decode_complete", "get_unverified_header"}
_HS256 = {"key": SECRET, "algorithms": ["HS256"]}


@dataclass(frozen=True)
class Call:
    """One call of a top-level function, the token of a decoder being its first argument."""

    function: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    @property
    def token(self) -> Any:
        """The token given to a decoder; None for other functions."""
        return self.args[0] if self.function in _DECODERS and self.args else None

    @property
    def token_bytes(self) -> bytes:
        """The token as bytes, empty when there is none."""
        token = self.token
        if isinstance(token, str):
            return token.encode("utf-8", "surrogatepass")
        return token if isinstance(token, bytes) else b""

    def json_texts(self) -> list[bytes]:
        """The decoded header and payload, as far as they can be decoded, and a detached payload."""
        texts = []
        header, _, rest = self.token_bytes.partition(b".")
        for segment in (header, rest.rpartition(b".")[0]):
            try:
                texts.append(b64url_decode(segment.rstrip(b"=")))
            except ValueError:
                texts.append(b"")
        detached = self.kwargs.get("detached_payload")
        if isinstance(detached, bytes):
            texts.append(detached)
        return texts

    def header(self, **options: Any) -> Any:
        """The JOSE header as Python's json reads it, {} when it cannot."""
        try:
            return json.loads(self.json_texts()[0], **options) if self.token else {}
        except (ValueError, RecursionError):
            return {}

    def __str__(self) -> str:
        given = [repr(argument) for argument in self.args]
        given += [f"{name}={value!r}" for name, value in self.kwargs.items()]
        text = f"{self.function}({', '.join(given)})"
        return text if len(text) < 3000 else text[:3000] + "…"


@dataclass(frozen=True)
class Difference:
    """One way of being stricter: `refusal` is exactly what we raise, its message starting so."""

    name: str
    reason: str
    applies: Callable[[Call], bool]
    refusal: type[Exception]
    examples: tuple[Call, ...]
    message: str | tuple[str, ...] = ""

    def is_ours(self, error: BaseException | None) -> bool:
        """Whether this is the documented refusal."""
        return type(error) is self.refusal and str(error).startswith(self.message)


def _decode(token: Any, **kwargs: Any) -> Call:
    return Call("decode", (token,), {**_HS256, **kwargs})


def _encode(payload: Any, **kwargs: Any) -> Call:
    return Call("encode", (payload,), {"key": SECRET, **kwargs})


def _not_strict_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return True
    # Without these first bytes Python's json would not have taken it for UTF-8 without a BOM.
    return text.startswith(b"\xef\xbb\xbf") or b"\0" in text[:4]


def _depth(text: bytes) -> int:
    """The nesting depth of JSON text; brackets inside strings do not count."""
    depth = deepest = 0
    in_string = escaped = False
    for byte in text:
        if in_string:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _has_duplicate_names(call: Call) -> bool:
    found = False

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        found = found or len(pairs) != len(dict(pairs))
        return dict(pairs)

    call.header(object_pairs_hook=collect)
    return found


def _has_many_parameters(call: Call) -> bool:
    header = call.header()
    return isinstance(header, dict) and len(header) > MAX_HEADER_PARAMETERS


def _crit_repeats_a_name(call: Call) -> bool:
    header = call.header()
    crit = header.get("crit") if isinstance(header, dict) else None
    return isinstance(crit, list) and len(crit) != len({repr(name) for name in crit})


def _detached_is_no_bytes(call: Call) -> bool:
    return not isinstance(call.kwargs.get("detached_payload", b""), (bytes, type(None)))


def _leeway_is_no_number(call: Call) -> bool:
    leeway = call.kwargs.get("leeway", 0)
    return not isinstance(leeway, (int, float, datetime.timedelta))


def _leeway_is_refused(call: Call) -> bool:
    leeway = call.kwargs.get("leeway", 0)
    if isinstance(leeway, datetime.timedelta):
        return leeway.total_seconds() < 0
    if isinstance(leeway, bool):
        return True
    if not isinstance(leeway, (int, float)):
        return False
    try:
        return not math.isfinite(float(leeway)) or leeway < 0
    except OverflowError:
        return True


def _algorithms_is_a_str_but_not_this_name(call: Call) -> bool:
    algorithms = call.kwargs.get("algorithms")
    header = call.header()
    name = header.get("alg") if isinstance(header, dict) else None
    return isinstance(algorithms, str) and algorithms != name


def _has_surrogates(text: Any) -> bool:
    return isinstance(text, str) and any("\ud800" <= character <= "\udfff" for character in text)


def _alg_header_is_falsy(call: Call) -> bool:
    headers = call.kwargs.get("headers")
    return (
        call.function == "encode"
        and isinstance(headers, dict)
        and "alg" in headers
        and not headers["alg"]
    )


_DEEP = forge(b'{"a":' + b"[" * 200 + b"]" * 200 + b"}")
_DETACHED = {"alg": "HS256", "crit": ["b64", "b64"], "b64": True}

DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        name="token size",
        reason="A token is bounded (262,144 bytes) before anything is decoded: CVE-2025-61920.",
        applies=lambda call: len(call.token_bytes) > MAX_TOKEN_BYTES,
        refusal=exceptions.DecodeError,
        examples=(_decode(forge({"a": "x" * 200_000})),),
    ),
    Difference(
        name="surrogates in the token",
        reason="A str that UTF-8 cannot hold is no token: DecodeError, not UnicodeEncodeError.",
        applies=lambda call: _has_surrogates(call.token),
        refusal=exceptions.DecodeError,
        examples=(
            _decode("a.b.\ud800"),
            _decode("\udcff"),
            Call("get_unverified_header", ("\udfff..",), {}),
        ),
    ),
    Difference(
        name="leeway",
        reason="nan and inf would accept every expired token; a negative or boolean leeway is a "
        "programming error, and is told at once and not for some tokens only.",
        applies=_leeway_is_refused,
        refusal=ValueError,
        message="leeway must be ",
        examples=(
            _decode(forge({"exp": 1}), leeway=math.nan),
            _decode(forge({"exp": 1}), leeway=math.inf),
            _decode(forge({}), leeway=-math.inf),
            _decode(forge({}), leeway=-1),
            _decode(forge({}), leeway=-0.5),
            _decode(forge({}), leeway=True),
            _decode(forge({}), leeway=False),
            _decode(forge({}), leeway=datetime.timedelta(seconds=-1)),
            _decode(forge({}), leeway=10**400),
        ),
    ),
    Difference(
        name="leeway that is no number",
        reason="Told at once, and not when the first token with a time claim comes along.",
        applies=_leeway_is_no_number,
        refusal=TypeError,
        message="leeway must be a number of seconds or a timedelta",
        examples=(
            _decode(forge({}), leeway="10"),
            _decode(forge({}), leeway=b"10"),
            _decode(forge({}), leeway=None),
            _decode(forge({}), leeway=[1]),
            _decode(forge({}), leeway=1j),
        ),
    ),
    Difference(
        name="algorithms as a str",
        reason='`"HS256" in "xxHS256xx"` is a substring test: a str is one exact name.',
        applies=_algorithms_is_a_str_but_not_this_name,
        refusal=exceptions.InvalidAlgorithmError,
        message="The specified alg value is not allowed",
        examples=tuple(
            Call(function, (forge({}),), {"key": SECRET, "algorithms": algorithms})
            for function in ("decode", "decode_complete")
            for algorithms in ("xxHS256xx", "HS256,HS384", "HS256 ")
        ),
    ),
    Difference(
        name="alg null on encode",
        reason="PyJWT signs with HS256 and writes an `alg` no verifier accepts (RFC 7515 4.1.1).",
        applies=_alg_header_is_falsy,
        refusal=exceptions.InvalidTokenError,
        message="The 'alg' header parameter must not be empty",
        examples=tuple(
            _encode({}, headers={"alg": alg}) for alg in (None, "", 0, 0.0, False, [], {})
        ),
    ),
    Difference(
        name="UTF-8 only, no BOM",
        reason="RFC 8725 section 3.7: JSON is UTF-8. PyJWT reads UTF-16, UTF-32, a BOM and "
        "encoded surrogates.",
        applies=lambda call: any(map(_not_strict_utf8, call.json_texts())),
        refusal=exceptions.DecodeError,
        message=("Invalid header string: ", "Invalid payload string: "),
        examples=(
            _decode(forge('{"sub":"é"}'.encode("utf-16"))),
            _decode(forge('{"sub":"é"}'.encode("utf-16-le"))),
            _decode(forge('{"sub":"é"}'.encode("utf-32"))),
            _decode(forge(b'\xef\xbb\xbf{"sub":"x"}')),
            _decode(forge(b'{"sub":"\xed\xa0\x80"}')),
            _decode(forge({}, '{"alg":"HS256"}'.encode("utf-16"))),
            _decode(forge({}, b'\xef\xbb\xbf{"alg":"HS256"}')),
            Call("get_unverified_header", (forge({}, '{"alg":"x"}'.encode("utf-16-be")),), {}),
        ),
    ),
    Difference(
        name="depth",
        reason="JSON nests at most 128 levels deep; CPython's limit moves with the stack.",
        applies=lambda call: any(_depth(text) > MAX_DEPTH for text in call.json_texts()),
        refusal=exceptions.DecodeError,
        message=("Invalid header string: ", "Invalid payload string: "),
        examples=(
            _decode(_DEEP),
            _decode(forge({}, b'{"alg":"HS256","a":' + b"[" * 200 + b"]" * 200 + b"}")),
        ),
    ),
    Difference(
        name="duplicate header names",
        reason="RFC 7515 section 4: names are unique. What another parser reads first must not "
        "differ from what we verified.",
        applies=_has_duplicate_names,
        refusal=exceptions.DecodeError,
        message="Invalid header string: ",
        examples=(
            _decode(forge({}, b'{"alg":"none","alg":"HS256"}')),
            _decode(forge({}, b'{"alg":"HS256","kid":"a","\\u006bid":"b"}')),
            Call("get_unverified_header", (forge({}, b'{"a":1,"a":1}'),), {}),
        ),
    ),
    Difference(
        name="header parameters",
        reason="At most 128 parameters: names are compared pairwise to find duplicates.",
        applies=_has_many_parameters,
        refusal=exceptions.DecodeError,
        message="Invalid header string: ",
        examples=(
            _decode(forge({}, {"alg": "HS256", **{f"p{number}": 0 for number in range(128)}})),
        ),
    ),
    Difference(
        name="crit with a name twice",
        reason="RFC 7515 section 4.1.11: the list names each extension once.",
        applies=_crit_repeats_a_name,
        refusal=exceptions.InvalidTokenError,
        examples=(_decode(forge({}, _DETACHED)),),
    ),
    Difference(
        name="detached payload of another type",
        reason="bytes, as the signature says; PyJWT takes what happens to work.",
        applies=_detached_is_no_bytes,
        refusal=TypeError,
        message="detached_payload must be bytes",
        examples=tuple(
            Call("decode", (forge_detached(b'{"a":1}'),), {**_HS256, "detached_payload": payload})
            for payload in (bytearray(b'{"a":1}'), '{"a":1}', memoryview(b'{"a":1}'))
        ),
    ),
)
