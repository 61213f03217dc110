"""Where pyjwtfast differs from PyJWT 2.15.1: the one list, with a reason for each entry.

We refuse what PyJWT accepts, and at the end of the list accept a few things that it can't do. The
differential tests accept that only for calls that an entry's predicate covers; every entry has
examples, and `test_differences.py` shows that PyJWT does otherwise and that we do as written.
"""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from pyjwtfast import exceptions

from ..support import SECRET, b64url_decode, forge, forge_detached
from . import key_material as material
from . import keys

MAX_TOKEN_BYTES = 262_144
MAX_DEPTH = 128
MAX_KEY_DEPTH = 1024
MAX_HEADER_PARAMETERS = 128

_DECODERS = {"decode", "decode_complete", "get_unverified_header"}
_HS256 = {"key": SECRET, "algorithms": ["HS256"]}


@dataclass(frozen=True)
class Call:
    """One call of a function by its dotted name; a decoder's first argument is the token."""

    function: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    @property
    def token(self) -> Any:
        """The token given to a decoder; None for other functions."""
        return self.args[0] if self.name in _DECODERS and self.args else None

    @property
    def name(self) -> str:
        """The function's name without the path to it."""
        return self.function.rpartition(".")[2]

    @property
    def key(self) -> Any:
        """The key given to encode or decode; None without one."""
        return self.args[1] if len(self.args) > 1 else self.kwargs.get("key")

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
        payload = rest.rpartition(b".")[0]
        # A JWS may carry anything.
        for segment in (header,) if self.function.startswith("api_jws.") else (header, payload):
            try:
                texts.append(b64url_decode(segment.rstrip(b"=")))
            except ValueError:
                texts.append(b"")
        detached = self.kwargs.get("detached_payload")
        if isinstance(detached, bytes) and not self.function.startswith("api_jws."):
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
    """One difference: `refusal` is exactly what we raise, its message starting so; None where we
    do what PyJWT refuses.
    """

    name: str
    reason: str
    applies: Callable[[Call], bool]
    refusal: type[Exception] | None
    examples: tuple[Call, ...]
    message: str | tuple[str, ...] = ""

    def is_ours(self, outcome: Any) -> bool:
        """Whether an oracle.Outcome of ours is the documented one."""
        if self.refusal is None:
            return outcome.error is None
        return type(outcome.error) is self.refusal and str(outcome.error).startswith(self.message)


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
        call.name == "encode"
        and isinstance(headers, dict)
        and "alg" in headers
        and not headers["alg"]
    )


# --- keys ---


def _jwk(call: Call) -> dict[str, Any]:
    """The JWK of the key, where that is one."""
    return json.loads(call.key.jwk) if isinstance(call.key, keys.OwnJWK) else {}


def _is_private_jwk(jwk: dict[str, Any]) -> bool:
    return "d" in jwk or jwk.get("kty") == "oct"


def _jwk_is_for_something_else(call: Call) -> bool:
    jwk = _jwk(call)
    use = jwk.get("use", "sig")
    if isinstance(use, str) and use != "sig":
        return True
    operations = jwk.get("key_ops")
    if not isinstance(operations, list):
        return False
    if call.name == "encode":
        return "sign" not in operations
    # Who may sign can see what they signed.
    return "verify" not in operations and not ("sign" in operations and _is_private_jwk(jwk))


def _jwk_member_is_wrong(call: Call) -> bool:
    jwk = _jwk(call)
    numbers = {"n", "e", "d", "p", "q", "dp", "dq", "qi", "x", "y", "k"}
    kid = jwk.get("kid", "")
    return bool(jwk) and (
        not isinstance(kid, str)
        or len(kid) > 255
        or not isinstance(jwk.get("use", ""), str)
        or not jwk.get("alg", "absent")
        or not isinstance(jwk.get("key_ops", []), list)
        or any("=" in jwk[name] for name in numbers & jwk.keys() if isinstance(jwk[name], str))
    )


_KINDS = {
    "HS256": ("oct", None),
    "HS384": ("oct", None),
    "HS512": ("oct", None),
    "ES256": ("EC", "P-256"),
    "ES256K": ("EC", "secp256k1"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "ES521": ("EC", "P-521"),
    "EdDSA": ("OKP", None),
    "Ed25519": ("OKP", "Ed25519"),
    "Ed448": ("OKP", "Ed448"),
    **{f"{padding}{size}": ("RSA", None) for padding in ("RS", "PS") for size in (256, 384, 512)},
}


def _jwk_algorithm(call: Call) -> Any:
    return getattr(call.key, "algorithm", None) or _jwk(call).get("alg")


def _jwk_does_not_fit_its_alg(call: Call) -> bool:
    jwk = _jwk(call)
    algorithm = _jwk_algorithm(call)
    if not jwk or algorithm not in _KINDS:
        return False
    kty, crv = _KINDS[algorithm]
    return jwk.get("kty") != kty or crv not in (None, jwk.get("crv"))


def _jwk_signs_by_another_alg(call: Call) -> bool:
    stated = _jwk_algorithm(call)
    return (
        call.name == "encode"
        and isinstance(call.key, keys.OwnJWK)
        and stated in _KINDS
        and _algorithm(call) != stated
    )


def _jwk_is_for_none(call: Call) -> bool:
    return isinstance(call.key, keys.OwnJWK) and _jwk_algorithm(call) == "none"


def _ps512_needs_more_bits(call: Call) -> bool:
    """64 bytes of digest, as many of salt, and two more (RFC 8017 section 9.1.1)."""
    if _algorithm(call) != "PS512":
        return False
    try:
        key = keys.load(call.key)
    except ValueError:
        return False
    return getattr(key, "key_size", 2048) < 1040


def _rsa_numbers_are_out_of_bounds(call: Call) -> bool:
    numbers = getattr(call.key, "public_numbers", lambda: None)()
    n, e = getattr(numbers, "n", None), getattr(numbers, "e", None)
    if n is None or e is None:
        return False
    return not 1024 <= n.bit_length() <= 16384 or e >= 2**64


def _text(call: Call) -> bytes:
    """The key, where it is text."""
    key = call.key
    if isinstance(key, str):
        return key.encode("utf-8", "surrogatepass")
    return key if isinstance(key, bytes) else b""


def _algorithm(call: Call) -> str:
    """The name of the algorithm that is to sign or verify; "" without one."""
    if call.name == "encode":
        own = _jwk_algorithm(call) or "HS256"
        given = call.args[2] if len(call.args) > 2 else call.kwargs.get("algorithm", own)
        headers = call.kwargs.get("headers")
        name = (headers.get("alg") if isinstance(headers, dict) else None) or given
    else:
        header = call.header()
        name = header.get("alg") if isinstance(header, dict) else None
    return name if isinstance(name, str) else ""


def _is_asymmetric(call: Call) -> bool:
    return _algorithm(call)[:2] in {"RS", "PS", "ES", "Ed"}


def _pem_is_not_alone(call: Call) -> bool:
    text = _text(call).strip()
    if not _is_asymmetric(call) or b"-----BEGIN " not in text:
        return False
    alone = text.startswith(b"-----BEGIN ") and text.endswith(b"-----")
    return not alone or text.count(b"-----BEGIN ") != 1


def _is_deep_json_secret(call: Call) -> bool:
    return _algorithm(call).startswith("HS") and _depth(_text(call)) > MAX_KEY_DEPTH


def _is_half_a_pem_secret(call: Call) -> bool:
    return _algorithm(call).startswith("HS") and b"-----BEGIN " in _text(call)


def _private_rsa_key_verifies(call: Call) -> bool:
    if call.name == "encode" or _algorithm(call)[:2] not in {"RS", "PS"}:
        return False
    return (
        b"PRIVATE KEY-----" in _text(call)
        or hasattr(call.key, "private_numbers")
        or (_jwk(call).get("kty") == "RSA" and "d" in _jwk(call))
    )


def _has_blank_lines(call: Call) -> bool:
    text = _text(call).strip()
    return _is_asymmetric(call) and b"-----BEGIN" in text and b"\n\n" in text


def _is_certificate_or_der(call: Call) -> bool:
    text = _text(call)
    return _is_asymmetric(call) and (text.startswith(b"0") or b"BEGIN CERTIFICATE--" in text)


def _is_name_of_rfc_9864(call: Call) -> bool:
    return {_algorithm(call), getattr(call.key, "algorithm", None)} & {"Ed25519", "Ed448"} != set()


def _signed(algorithm: str) -> str:
    """A token signed by the key that keys.ALGORITHMS names."""
    return jwt.encode({"a": 1}, keys.private_object(keys.ALGORITHMS[algorithm]), algorithm)


def _rsa_public(e: int, n: int | None = None) -> Any:
    return rsa.RSAPublicNumbers(e, n or keys.public_object("rsa").public_numbers().n).public_key()


_BY_MATERIAL = jwt.encode({"a": 1}, material.EC_PRIVATE_PEM, "ES256")
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
    Difference(
        name="use and key_ops of a JWK",
        reason="RFC 7517 sections 4.2 and 4.3: a key says what it is for. PyJWT does not listen.",
        applies=_jwk_is_for_something_else,
        refusal=exceptions.InvalidKeyError,
        message="the key's JWK 'use' or 'key_ops' does not allow this operation",
        examples=(
            Call("decode", (_signed("ES256"), keys.own_jwk("p256", False, use="enc")), {}),
            Call("decode", (_signed("ES256"), keys.own_jwk("p256", False, key_ops=["sign"])), {}),
            Call("encode", ({}, keys.own_jwk("p256", True, key_ops=["verify"])), {}),
            Call("encode", ({}, keys.own_jwk("rsa", True, use="enc")), {}),
        ),
    ),
    Difference(
        name="members of a JWK",
        reason="RFC 7517 section 4, RFC 7518 section 6: `kid` and `use` are strings, `alg` is not "
        "empty, `key_ops` is an array, base64url has no padding.",
        applies=_jwk_member_is_wrong,
        refusal=exceptions.InvalidKeyError,
        message="JWK: ",
        examples=(
            Call("encode", ({}, keys.own_jwk("p256", kid=5)), {}),
            Call("encode", ({}, keys.own_jwk("p256", kid="k" * 256)), {}),
            Call("encode", ({}, keys.own_jwk("p256", use=["sig"])), {}),
            Call("encode", ({}, keys.own_jwk("p256", alg="")), {}),
            Call("encode", ({}, keys.own_jwk("p256", key_ops="sign")), {}),
            Call("encode", ({}, keys.own_jwk("p256", d=keys.jwk("p256")["d"] + "=")), {}),
        ),
    ),
    Difference(
        name="alg of a JWK that its key can't serve",
        reason="Told when the key is loaded, not with the first token; in a set it is skipped.",
        applies=_jwk_does_not_fit_its_alg,
        refusal=exceptions.InvalidKeyError,
        examples=(
            Call("decode", (_signed("ES384"), keys.own_jwk("p384", False, alg="ES256")), {}),
            Call("decode", (_signed("ES384"), keys.own_jwk("p384", False, "ES256K")), {}),
        ),
    ),
    Difference(
        name="signing by another alg than the JWK's",
        reason="RFC 7517 section 4.4, RFC 8725 section 3.1: one key, one algorithm. PyJWT asks for "
        "that when it verifies, not when it signs.",
        applies=_jwk_signs_by_another_alg,
        refusal=exceptions.InvalidKeyError,
        message="the key does not fit the algorithm",
        examples=(
            Call("encode", ({}, keys.own_jwk("rsa", alg="RS256"), "RS512"), {}),
            Call("encode", ({}, keys.own_jwk("rsa", algorithm="PS256")), {"algorithm": "RS256"}),
        ),
    ),
    Difference(
        name="alg none of a JWK",
        reason="A key that is good for nothing is none; NotImplementedError gets out of PyJWT.",
        applies=_jwk_is_for_none,
        refusal=exceptions.PyJWKError,
        message="Unable to find an algorithm for key",
        examples=(
            Call("decode", (forge({}), keys.own_jwk("p384", False, alg="none")), {}),
            Call("encode", ({}, keys.own_jwk("rsa", True, "none")), {}),
        ),
    ),
    Difference(
        name="PS512 by an RSA key of 1024 bits",
        reason="It has no room for the salt (RFC 8017 section 9.1.1): PyJWT lets a ValueError out "
        "when it signs, and calls every signature wrong.",
        applies=_ps512_needs_more_bits,
        refusal=exceptions.InvalidKeyError,
        message="the key does not fit the algorithm",
        examples=(
            Call("encode", ({}, keys.private_pem("short rsa"), "PS512"), {}),
            *(
                Call("decode", (_signed("PS512"), key), {"algorithms": ["PS512"]})
                for key in (keys.public_pem("short rsa"), keys.public_ssh("short rsa"))
            ),
        ),
    ),
    Difference(
        name="bounds of RSA",
        reason="A modulus of 1024 to 16384 bits and an exponent below 2^64: verifying by larger "
        "ones takes seconds, and a JWKS may bring them.",
        applies=_rsa_numbers_are_out_of_bounds,
        refusal=exceptions.InvalidKeyError,
        message=("the RSA modulus must have ", "the RSA public exponent must be "),
        examples=(
            Call("decode", (_signed("RS256"), _rsa_public(2**64 + 1)), {"algorithms": ["RS256"]}),
            Call(
                "decode",
                (_signed("RS256"), _rsa_public(3, 2**16400 + 1)),
                {"algorithms": ["RS256"]},
            ),
        ),
    ),
    Difference(
        name="PEM with something else",
        reason="One PEM block and white space: of two keys in a text nobody knows which counts.",
        applies=_pem_is_not_alone,
        refusal=exceptions.InvalidKeyError,
        message="Could not read the key: ",
        examples=tuple(
            Call("decode", (_signed("ES256"), text), {"algorithms": ["ES256"]})
            for text in (
                keys.public_pem("p256") + b"and more",
                keys.public_pem("p256") * 2,
                b"a key: " + keys.public_pem("p256"),
            )
        ),
    ),
    Difference(
        name="deep JSON as a secret",
        reason="JSON text that nests deeper than we read might have a key in it.",
        applies=_is_deep_json_secret,
        refusal=exceptions.InvalidKeyError,
        message="The specified key looks like a JWK",
        examples=(_encode({}, key="[" * 1100 + "]" * 1100),),
    ),
    Difference(
        name="half a PEM frame as a secret",
        reason="As much of a public key as that is no secret; more disguises are tested beside.",
        applies=_is_half_a_pem_secret,
        refusal=exceptions.InvalidKeyError,
        message="The specified key is an asymmetric key",
        examples=(_encode({}, key="-----BEGIN PUBLIC KEY-----\n"),),
    ),
    # From here on: what PyJWT can't do.
    Difference(
        name="a private RSA key verifies",
        reason="By its public part, as PyJWT's EC and OKP keys do; AttributeError in PyJWT.",
        applies=_private_rsa_key_verifies,
        refusal=None,
        examples=tuple(
            Call("decode", (_signed(algorithm), key), {"algorithms": [algorithm]})
            for algorithm in ("RS256", "PS384")
            for key in (
                keys.private_pem("rsa"),
                keys.private_object("rsa"),
                keys.own_jwk("rsa", alg=algorithm),
            )
        ),
    ),
    Difference(
        name="certificates and DER",
        reason="Keys as issuers hand them out; exceptions of the library cryptography's in PyJWT.",
        applies=_is_certificate_or_der,
        refusal=None,
        examples=(
            Call("encode", ({}, material.EC_PKCS8_DER, "ES256"), {}),
            Call("decode", (_BY_MATERIAL, material.CERTIFICATE_PEM), {"algorithms": ["ES256"]}),
            Call("decode", (_BY_MATERIAL, material.CERTIFICATE_DER), {"algorithms": ["ES256"]}),
            Call("decode", (_BY_MATERIAL, material.EC_SPKI_DER), {"algorithms": ["ES256"]}),
        ),
    ),
    Difference(
        name="blank lines within a PEM",
        reason="White space within the base64 is skipped, whatever it is.",
        applies=_has_blank_lines,
        refusal=None,
        examples=(
            Call(
                "decode",
                (_BY_MATERIAL, material.EC_PUBLIC_PEM.replace(b"\n", b"\n\n")),
                {"algorithms": ["ES256"]},
            ),
        ),
    ),
    Difference(
        name="Ed25519 and Ed448 as names",
        reason="RFC 9864 section 2.2; EdDSA works as well. PyJWT does not know them.",
        applies=_is_name_of_rfc_9864,
        refusal=None,
        examples=(
            Call("encode", ({"a": 1}, keys.private_pem("ed25519")), {"algorithm": "Ed25519"}),
            Call("encode", ({"a": 1}, keys.private_pem("ed448")), {"algorithm": "Ed448"}),
            Call("encode", ({"a": 1}, keys.own_jwk("ed448", algorithm="Ed448")), {}),
        ),
    ),
)
