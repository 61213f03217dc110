"""encode, decode, verify, inspect."""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Iterable
from typing import Any, TypeGuard

from .. import Signer, Verifier, get_unverified_header
from ..exceptions import (
    InvalidAlgorithmError,
    InvalidAudienceError,
    InvalidKeyError,
    PyJWTError,
)
from ..types import CompleteToken, Options
from .errors import Refused, UsageError
from .sources import KEY_HELP, add_key_options, algorithms_of, get_key, get_keys, read_token

TOKEN_HELP = (
    'the token, a file that holds it, or "-" for standard input; as an argument '
    "it is seen by everybody who can list this machine's processes"
)

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_TIME_CLAIMS = ("iat", "nbf", "exp", "auth_time")
# Claims and header parameters that are text whatever they look like (RFC 7519 §4.1, RFC 7515 §4.1);
# aud may be an array of it.
_TEXTS = ("iss", "sub", "aud", "jti", "kid", "typ", "cty")


def add_parsers(commands: Any, formatter: Any) -> None:
    encode = commands.add_parser(
        "encode",
        help="sign claims: prints a token",
        description=f"Sign claims as a JWT, and print it.\n\n{KEY_HELP}",
        epilog="""\
examples:
  pyjwtfast encode --key key.pem '{"sub": "42"}'
  pyjwtfast encode --secret-env JWT_SECRET --alg HS512 --claim sub=42 --expires-in 1h
  pyjwtfast encode --key key.pem - <claims.json""",
        formatter_class=formatter,
    )
    encode.add_argument(
        "claims", nargs="?", help='the claims as JSON, or "-" to read it from standard input'
    )
    encode.add_argument("--alg", help="the algorithm; by default the key's own, or usual one")
    encode.add_argument(
        "--claim",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="one more claim; a VALUE that is JSON is taken as such (true, 1, [...]), but a number "
        "as text for iss, sub, aud and jti",
    )
    encode.add_argument(
        "--header", action="append", default=[], metavar="NAME=VALUE", help="likewise a parameter"
    )
    encode.add_argument("--kid", help="the key's id in the header; by default its JWK's")
    encode.add_argument("--issued-now", action="store_true", help="add iat, the time of issue")
    encode.add_argument(
        "--expires-in", metavar="TIME", help="add exp, so far from now: seconds, or 90s 15m 12h 7d"
    )
    encode.add_argument("--valid-in", metavar="TIME", help="add nbf, so far from now")
    add_key_options(encode)
    encode.set_defaults(run=run_encode)

    for name, text in (
        ("decode", "verify a token: prints its claims"),
        ("verify", "verify a token: exit code 0 or 1, nothing else"),
    ):
        parser = commands.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}.\n\n{KEY_HELP}",
            epilog=f"""\
examples:
  pyjwtfast {name} --key public.pem token.txt
  pyjwtfast {name} --key jwks.json --audience me --issuer https://id.example.org - <token.txt
  pyjwtfast {name} --secret-env JWT_SECRET --alg HS512 token.txt""",
            formatter_class=formatter,
        )
        parser.add_argument("token", help=TOKEN_HELP)
        parser.add_argument(
            "--alg",
            action="append",
            metavar="ALG",
            help="an allowed algorithm, may be repeated; by default what the key says it is for, "
            "else HS256 for a secret, RS256 for RSA, and what its curve is for",
        )
        parser.add_argument(
            "--audience", action="append", metavar="AUD", help="an expected aud, may be repeated"
        )
        parser.add_argument(
            "--any-audience", action="store_true", help="accept a token whoever it is for"
        )
        parser.add_argument(
            "--issuer", action="append", metavar="ISS", help="an expected iss, may be repeated"
        )
        parser.add_argument("--subject", metavar="SUB", help="the expected sub")
        parser.add_argument(
            "--require",
            action="append",
            default=[],
            metavar="NAME",
            help="a claim that must be there",
        )
        parser.add_argument(
            "--leeway",
            default="0",
            metavar="TIME",
            help="by how much clocks may differ: seconds, or 90s 15m (default: 0)",
        )
        if name == "decode":
            parser.add_argument(
                "--complete", action="store_true", help="print header and signature too"
            )
        add_key_options(parser)
        parser.set_defaults(run=run_decode if name == "decode" else run_verify)

    inspect = commands.add_parser(
        "inspect",
        help="look into a token without verifying it",
        description="Show header and claims of a token, and what is odd about them. Nothing is "
        "verified:\nanybody can have written what is shown.",
        epilog="examples:\n  pyjwtfast inspect token.txt\n  pyjwtfast inspect --json - <token.txt",
        formatter_class=formatter,
    )
    inspect.add_argument("token", help=TOKEN_HELP)
    inspect.add_argument("--json", action="store_true", help="header and claims as one JSON object")
    inspect.set_defaults(run=run_inspect)


# --- encode ---


def run_encode(arguments: argparse.Namespace) -> int:
    claims = _claims(arguments.claims)
    claims.update(_pairs(arguments.claim, "--claim"))
    now = int(time.time())
    if arguments.issued_now:
        claims["iat"] = now
    if arguments.valid_in is not None:
        claims["nbf"] = now + _seconds(arguments.valid_in, "--valid-in")
    if arguments.expires_in is not None:
        claims["exp"] = now + _seconds(arguments.expires_in, "--expires-in")
    headers = _pairs(arguments.header, "--header")
    if arguments.kid is not None:
        headers["kid"] = arguments.kid
    key = get_key(arguments)
    try:
        signer = Signer(key, arguments.alg or algorithms_of(key)[0], headers or None)
        print(signer.sign(claims))
    except (ValueError, TypeError) as error:
        raise UsageError(str(error)) from error
    return 0


def _claims(argument: str | None) -> dict[str, Any]:
    if argument is None:
        return {}
    text = sys.stdin.read() if argument == "-" else argument
    try:
        claims = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the claims are not JSON: {error}") from error
    if not isinstance(claims, dict):
        raise UsageError("the claims are not a JSON object")
    return claims


def _pairs(pairs: Iterable[str], option: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UsageError(f"{option} {pair}: write NAME=VALUE")
        try:
            found[name] = json.loads(value)
        except (ValueError, RecursionError):
            found[name] = value
        if name in _TEXTS and not isinstance(found[name], (str, list)):
            found[name] = value
    return found


def _seconds(text: str, option: str) -> int:
    matched = re.fullmatch(r"([0-9]{1,10})([smhdw]?)", text)
    if matched is None:
        raise UsageError(f"{option} {text}: write seconds, or a number and one of s m h d w")
    return int(matched[1]) * _UNITS.get(matched[2], 1)


# --- decode, verify ---


def _verifier(arguments: argparse.Namespace) -> Verifier:
    keys = get_keys(arguments)
    algorithms = arguments.alg or sorted({name for key in keys for name in algorithms_of(key)})
    options: Options = {"verify_aud": not arguments.any_audience}
    try:
        if len(keys) > 1:  # of a set, those that can be meant
            keys = [key for key in keys if _serves(key, algorithms)] or keys
        return Verifier(
            keys,
            algorithms,
            audience=arguments.audience,
            issuer=arguments.issuer,
            subject=arguments.subject,
            leeway=_seconds(arguments.leeway, "--leeway"),
            require=arguments.require,
            options=options,
        )
    except (ValueError, TypeError) as error:
        raise UsageError(str(error)) from error


def _serves(key: Any, algorithms: list[str]) -> bool:
    try:
        Verifier([key], algorithms)
    except InvalidKeyError:
        return False
    return True


def _verify(arguments: argparse.Namespace) -> CompleteToken:
    """Header, claims and signature. Where an option is the remedy, the error names it."""
    verifier = _verifier(arguments)
    try:
        return verifier.verify_complete(read_token(arguments.token))
    except InvalidAlgorithmError as error:
        allowed = ", ".join(verifier.algorithms)
        raise Refused(f"{error}; allowed here: {allowed} (see --alg)") from error
    except InvalidAudienceError as error:
        if arguments.audience is not None:
            raise
        raise Refused(f"{error}; say whom it is for: --audience, or --any-audience") from error


def run_verify(arguments: argparse.Namespace) -> int:
    _verify(arguments)
    return 0


def run_decode(arguments: argparse.Namespace) -> int:
    complete = _verify(arguments)
    if arguments.complete:
        from base64 import urlsafe_b64encode

        signature = urlsafe_b64encode(complete["signature"]).rstrip(b"=").decode()
        _print_json({**complete, "signature": signature})
    else:
        _print_json(complete["payload"])
    return 0


def _print_json(value: object) -> None:
    """For people on a terminal, for programs in a pipe; in ASCII: terminals obey other bytes."""
    print(json.dumps(value, indent=2 if sys.stdout.isatty() else None))


# --- inspect ---


def run_inspect(arguments: argparse.Namespace) -> int:
    from .. import decode_complete

    token = read_token(arguments.token)
    try:
        header = get_unverified_header(token)
        # Of a detached payload (RFC 7797) there is nothing to be seen.
        detached = header.get("b64") is False
        claims: dict[str, Any] | None = None
        if not detached:
            options: Options = {"verify_signature": False}
            claims = decode_complete(token, options=options)["payload"]
    except PyJWTError as error:
        raise Refused(f"this is no JWT: {error}") from error
    if arguments.json:
        _print_json({"header": header, "claims": claims})
        return 0
    now = time.time()
    print("NOT VERIFIED: anybody can have written this.\n")
    print("header")
    _print_members(header, now)
    print("claims" if claims is not None else "claims: detached, not in the token")
    _print_members(claims or {}, now)
    signature = token.rpartition(b".")[2].rstrip(b"=")
    print(f"signature: {len(signature) * 3 // 4} bytes; the token: {len(token)} bytes")
    for remark in _remarks(header, claims or {}, now):
        print(f"  ! {remark}")
    return 0


def _print_members(members: dict[str, Any], now: float) -> None:
    width = max((len(json.dumps(name)) for name in members), default=0)
    for name, value in members.items():
        line = f"  {json.dumps(name):{width}}  {json.dumps(value)}"
        if name in _TIME_CLAIMS and _is_moment(value):
            line += f"   {_describe_moment(value, now)}"
        print(line)


def _is_moment(value: object) -> TypeGuard[float]:
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and -62_135_596_800 <= value <= 253_402_300_799
    )


def _describe_moment(moment: float, now: float) -> str:
    text = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(moment))
    distance = abs(moment - now)
    told = _describe_duration(distance)
    return f"{text}, {told} ago" if moment <= now else f"{text}, in {told}"


def _describe_duration(seconds: float) -> str:
    """The two largest units of a time: "4 min 12 s"."""
    left = int(seconds)
    parts: list[str] = []
    for name, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or (name == "s" and not parts):
            parts.append(f"{count} {name}")
    return " ".join(parts[:2])


def _remarks(header: dict[str, Any], claims: dict[str, Any], now: float) -> Iterable[str]:
    from ..algorithms import get_default_algorithms

    algorithm = header.get("alg")
    if algorithm == "none":
        yield "alg is none: it is not signed, and never valid"
    elif not isinstance(algorithm, str) or algorithm not in get_default_algorithms():
        yield "alg is no algorithm that pyjwtfast knows"
    for name in ("jwk", "jku", "x5c", "x5u"):
        if name in header:
            yield f"the header brings its own key ({name}), which is never to be trusted"
    for name in ("exp", "nbf", "iat"):
        if name in claims and not _is_moment(claims[name]):
            yield f"{name} is no time in seconds"
    expiry = claims.get("exp")
    if expiry is None:
        yield "no exp: once signed, it is valid for ever"
    elif _is_moment(expiry):
        if expiry <= now:
            yield f"expired {_describe_duration(now - expiry)} ago"
        issued = claims.get("iat")
        if _is_moment(issued) and expiry - issued > 30 * 86400:
            yield f"it lives for {_describe_duration(expiry - issued)}"
    not_before = claims.get("nbf")
    if _is_moment(not_before) and not_before > now:
        yield f"not valid for another {_describe_duration(not_before - now)}"
