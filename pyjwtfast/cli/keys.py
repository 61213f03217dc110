"""keygen, jwks."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from .. import Key, _jwks
from ..algorithms import get_default_algorithms
from ..exceptions import InvalidKeyError, PyJWTError
from .errors import Refused, UsageError
from .sources import add_password_options, ask, given_password, load_keys, read_bytes


def add_parsers(commands: Any, formatter: Any) -> None:
    names = [name for name in get_default_algorithms() if name != "none"]
    keygen = commands.add_parser(
        "keygen",
        help="make a key",
        description="Make a new key, or a shared secret for HS256, HS384 and HS512.\n\n"
        "Private keys and secrets are written to files that only you can read.",
        epilog="""\
examples:
  pyjwtfast keygen ES256 --out key.pem --public-out public.pem
  pyjwtfast keygen RS256 --bits 3072 --format jwk --out key.json
  pyjwtfast keygen HS256 --out secret.txt
  pyjwtfast keygen EdDSA --encrypt --out key.pem""",
        formatter_class=formatter,
    )
    keygen.add_argument("algorithm", metavar="ALG", choices=names, help=", ".join(names))
    keygen.add_argument(
        "--format",
        choices=("pem", "jwk", "text"),
        help="pem (PKCS #8), jwk, or text for a secret: characters that are the secret itself, "
        "as --secret-file reads it (default: pem, or text)",
    )
    keygen.add_argument("--bits", type=int, help="of an RSA key (2048) or a secret (the digest's)")
    keygen.add_argument(
        "--kid", help="the id in a JWK (default: the thumbprint of RFC 7638; none for a secret)"
    )
    keygen.add_argument("--out", metavar="FILE", default="-", help="where to (default: -, stdout)")
    keygen.add_argument("--public-out", metavar="FILE", help="the public key, in the same format")
    keygen.add_argument("--force", action="store_true", help="write over files that are there")
    keygen.add_argument(
        "--encrypt", action="store_true", help="encrypt the PEM; the password is asked for"
    )
    add_password_options(keygen.add_argument_group("the password, instead of a prompt"))
    keygen.set_defaults(run=run_keygen)

    jwks = commands.add_parser(
        "jwks",
        help="make or check a JWK set",
        description="Make the JWK set (RFC 7517) of the public keys in files, or check one.",
        epilog="""\
examples:
  pyjwtfast jwks public.pem certificate.pem >jwks.json
  pyjwtfast jwks --check jwks.json
  pyjwtfast jwks --check https://id.example.org/.well-known/jwks.json""",
        formatter_class=formatter,
    )
    jwks.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="PEM, DER, OpenSSH, JWK; private keys give their public part",
    )
    jwks.add_argument(
        "--check",
        action="store_true",
        help="list the keys of a JWK set in a file or at a URL, and refuse weak or doubtful ones",
    )
    jwks.add_argument("--alg", help="bind the keys to this algorithm")
    add_password_options(jwks.add_argument_group("the password of an encrypted PEM"))
    jwks.set_defaults(run=run_jwks)


# --- keygen ---


def run_keygen(arguments: argparse.Namespace) -> int:
    secret = arguments.algorithm.startswith("HS")
    form = arguments.format or ("text" if secret else "pem")
    if secret and form == "pem":
        raise UsageError("--format pem: a shared secret has no PEM; write text or jwk")
    if not secret and form == "text":
        raise UsageError("--format text is for shared secrets; write pem or jwk")
    if secret and arguments.public_out is not None:
        raise UsageError("--public-out: a shared secret has no public part")
    if arguments.kid is not None and form != "jwk":
        raise UsageError("--kid: only a JWK has room for it; write --format jwk")
    encrypt = arguments.encrypt or arguments.password_file or arguments.password_env
    if encrypt and form != "pem":
        raise UsageError("--encrypt: only a PEM can be encrypted")
    if arguments.public_out not in (None, "-") and _is_same(arguments.out, arguments.public_out):
        raise UsageError("--out and --public-out name one file: the private key would be lost")
    for name in (arguments.out, arguments.public_out):
        if name not in (None, "-") and not arguments.force and os.path.lexists(name):
            raise UsageError(_exists(name))
    try:
        key = Key.generate(arguments.algorithm, bits=arguments.bits, kid=arguments.kid)
    except (InvalidKeyError, ValueError) as error:
        raise UsageError(f"--bits {arguments.bits}: {error}") from error
    if form == "text":
        _write(arguments, arguments.out, _text_secret(key) + "\n", private=True)
    elif form == "jwk":
        kid = arguments.kid or (None if secret else key.thumbprint())
        text = _jwk_text(key, kid, arguments.algorithm, True)
        _write(arguments, arguments.out, text, private=True)
        if arguments.public_out is not None:
            public = _jwk_text(key, kid, arguments.algorithm, False)
            _write(arguments, arguments.public_out, public, private=False)
    else:
        password = _new_password(arguments) if encrypt else None
        text = key.to_pem(private=True, password=password)
        _write(arguments, arguments.out, text, private=True)
        if arguments.public_out is not None:
            _write(arguments, arguments.public_out, key.to_pem(), private=False)
    return 0


def _text_secret(key: Key) -> str:
    """As many random bits as the key has, in characters that can be typed and pasted."""
    k: str = key.to_jwk(private=True)["k"]
    return k


def _jwk_text(key: Key, kid: str | None, algorithm: str, private: bool) -> str:
    jwk = {**key.to_jwk(private=private), "alg": algorithm, "use": "sig"}
    if kid is not None:
        jwk["kid"] = kid
    return json.dumps(jwk, indent=2) + "\n"


def _new_password(arguments: argparse.Namespace) -> bytes:
    password = given_password(arguments)
    if password is None:
        instead = "--password-file or --password-env"
        password = ask("A new password", instead)
        if ask("The same again", instead) != password:
            raise UsageError("the passwords differ")
    if not password:
        raise UsageError("the password is empty")
    return password


def _is_same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _exists(name: str) -> str:
    return f"{name} exists; --force writes over it"


def _write(arguments: argparse.Namespace, name: str, text: str, *, private: bool) -> None:
    """Write a file at once with the mode it is to have; a secret is never readable in between."""
    if name == "-":
        sys.stdout.write(text)
        return
    try:
        if arguments.force and os.path.lexists(name):
            os.unlink(name)  # its mode, or who has it open, is not ours to trust
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with open(os.open(name, flags, 0o600 if private else 0o644), "w", encoding="ascii") as file:
            file.write(text)
    except FileExistsError as error:  # since we looked: to make a key takes seconds
        raise UsageError(_exists(name)) from error
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror or error}") from error


# --- jwks ---


def run_jwks(arguments: argparse.Namespace) -> int:
    if arguments.check:
        return _check(arguments)
    password = given_password(arguments)
    members = []
    for name in arguments.files:
        for key in load_keys(read_bytes(name, "FILE"), name, password):
            members.append(_public_member(key, name, arguments.alg))
    print(json.dumps({"keys": members}, indent=2))
    return 0


def _public_member(key: Key, name: str, algorithm: str | None) -> dict[str, Any]:
    try:
        member = key.public().to_jwk()
    except InvalidKeyError as error:
        raise UsageError(f"{name}: {error}") from error
    if algorithm is not None:
        member["alg"] = algorithm
        try:
            Key.from_jwk(member)
        except InvalidKeyError as error:
            raise UsageError(f"{name}: --alg {algorithm}: {error}") from error
    member.setdefault("use", "sig")
    member.setdefault("kid", key.thumbprint())
    return member


def _check(arguments: argparse.Namespace) -> int:
    if len(arguments.files) != 1:
        raise UsageError("--check takes one file or URL")
    (source,) = arguments.files
    document = _document(source)
    try:
        members = _jwks.members(document)
    except InvalidKeyError as error:
        raise Refused(f"{source}: {error}") from error
    faults = 0
    work = _jwks.PrivateWork()
    for number, member in enumerate(members):
        try:
            work.spend(member)
            key = _jwks.load_member(Key.from_jwk, member)
        except PyJWTError as error:
            print(f"{number}: REFUSED: {error}")
            faults += 1
            continue
        algorithm = key.algorithm or "any that fits"
        parts = [key.kty, key.crv or f"{key.bits} bits", f"alg {algorithm}", f"kid {key.kid!r}"]
        if key.is_private:
            parts.append("PRIVATE: it must not be published")
            faults += 1
        print(f"{number}: {', '.join(parts)}")
    try:
        Key.from_jwks(document, strict=True)
    except InvalidKeyError as error:
        raise Refused(f"{source}: {error}") from error
    if faults:
        raise Refused(f"{source}: {faults} of {len(members)} keys are not fit to be published")
    return 0


def _document(source: str) -> bytes | dict[str, Any]:
    """The text of a file, or the object at a URL."""
    if source.startswith(("http://", "https://")):
        from ..jwks_fetch import fetch

        return fetch(source, headers={}, timeout=30).document or {}
    return read_bytes(source, "--check")
