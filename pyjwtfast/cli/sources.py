"""Where keys, secrets, passwords and tokens come from: files, the environment, a prompt."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from .. import Key
from ..exceptions import InvalidKeyError
from .errors import UsageError

# What a key signs with where nothing else says: by its type, never by a token.
_BY_TYPE = {
    "oct": ("HS256",),
    "RSA": ("RS256",),
    "P-256": ("ES256",),
    "P-384": ("ES384",),
    "P-521": ("ES512",),
    "secp256k1": ("ES256K",),
    "Ed25519": ("EdDSA", "Ed25519"),
    "Ed448": ("EdDSA", "Ed448"),
}

KEY_HELP = """\
The key is one of:
  --key FILE         PEM, DER, OpenSSH, JWK or JWK set; "-" is standard input
  --key-env NAME     the same, text, in an environment variable
  --secret-file FILE a shared secret, for HS256, HS384, HS512; one line break at its end is no part
  --secret-env NAME  the same in an environment variable
With none of them a shared secret is asked for, on a terminal. An encrypted PEM takes its password
from --password-file or --password-env, or asks for it."""


def add_key_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the key")
    one = group.add_mutually_exclusive_group()
    one.add_argument("--key", metavar="FILE", help="PEM, DER, OpenSSH, JWK or JWK set")
    one.add_argument("--key-env", metavar="NAME", help="environment variable with such a text")
    one.add_argument("--secret-file", metavar="FILE", help="file with a shared secret")
    one.add_argument("--secret-env", metavar="NAME", help="environment variable with one")
    add_password_options(group)


def add_password_options(group: argparse._ArgumentGroup) -> None:
    one = group.add_mutually_exclusive_group()
    one.add_argument("--password-file", metavar="FILE", help="file with the password of a PEM")
    one.add_argument("--password-env", metavar="NAME", help="environment variable with one")


def read_bytes(name: str, option: str) -> bytes:
    """A file's content; "-" is standard input. UsageError names the option and the file."""
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"{option} {name}: {error.strerror or error}") from error


def read_environment(name: str, option: str) -> bytes:
    value = os.environ.get(name)
    if value is None:
        raise UsageError(f"{option} {name}: there is no such environment variable")
    return os.fsencode(value)


def without_line_break(text: bytes) -> bytes:
    """The text without the one line break that editors and echo put at its end."""
    for ending in (b"\r\n", b"\n"):
        if text.endswith(ending):
            return text[: -len(ending)]
    return text


def ask(prompt: str, instead: str) -> bytes:
    """Ask on the terminal, unseen; UsageError where there is none."""
    if not sys.stdin.isatty():
        raise UsageError(f"{prompt} is needed: give {instead}")
    from getpass import getpass

    try:
        answer = getpass(f"{prompt}: ")
    except EOFError:
        raise UsageError(f"{prompt} is needed: give {instead}") from None
    return answer.encode("utf-8", "surrogateescape")


def given_password(arguments: argparse.Namespace) -> bytes | None:
    """What --password-file or --password-env give, or None."""
    if arguments.password_file is not None:
        return without_line_break(read_bytes(arguments.password_file, "--password-file"))
    if arguments.password_env is not None:
        return read_environment(arguments.password_env, "--password-env")
    return None


def get_keys(arguments: argparse.Namespace) -> list[Key]:
    """The keys of the options of add_key_options(); several from a JWK set."""
    if arguments.secret_file is not None:
        secret = without_line_break(read_bytes(arguments.secret_file, "--secret-file"))
        return [_secret(secret, f"--secret-file {arguments.secret_file}")]
    if arguments.secret_env is not None:
        secret = read_environment(arguments.secret_env, "--secret-env")
        return [_secret(secret, f"--secret-env {arguments.secret_env}")]
    if arguments.key is not None:
        text = read_bytes(arguments.key, "--key")
        return load_keys(text, f"--key {arguments.key}", given_password(arguments))
    if arguments.key_env is not None:
        text = read_environment(arguments.key_env, "--key-env")
        return load_keys(text, f"--key-env {arguments.key_env}", given_password(arguments))
    secret = ask("The shared secret", "--key, --key-env, --secret-file or --secret-env")
    return [_secret(secret, "the shared secret")]


def get_key(arguments: argparse.Namespace) -> Key:
    """The one key of the options."""
    keys = get_keys(arguments)
    if len(keys) != 1:
        raise UsageError(f"the JWK set has {len(keys)} keys; give the file of one of them")
    return keys[0]


def load_keys(text: bytes, source: str, password: bytes | None = None) -> list[Key]:
    """The keys in a text of any form. UsageError, which names the source, for none."""
    start = text.lstrip()[:16]
    try:
        if text[:1] == b"\x30":
            return [_decrypted(Key.from_der, text, source, password)]
        if start.startswith(b"-----BEGIN"):
            return [_decrypted(Key.from_pem, text, source, password)]
        if start.startswith(b"{"):
            return _load_json(text)
        if start.startswith((b"ssh-", b"ecdsa-")):
            return [Key.from_ssh(text)]
    except InvalidKeyError as error:
        raise UsageError(f"{source}: {error}") from error
    instead = "; a shared secret is given by --secret-file" if source.startswith("--key") else ""
    raise UsageError(f"{source}: neither PEM, DER, OpenSSH nor JSON{instead}")


def _load_json(text: bytes) -> list[Key]:
    import json

    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidKeyError("Key is not valid JSON") from error
    if "keys" in found and "kty" not in found:
        return Key.from_jwks(text)
    return [Key.from_jwk(text)]


def _decrypted(load: Callable[..., Key], text: bytes, source: str, password: bytes | None) -> Key:
    """A key that may be encrypted: it is only then that a password is asked for."""
    try:
        return load(text, password=password)
    except InvalidKeyError as error:
        if password is not None or "password" not in str(error):
            raise
    given = ask(f"The password of {source}", "--password-file or --password-env")
    return load(text, password=given)


def _secret(secret: bytes, source: str) -> Key:
    try:
        return Key.from_secret(secret)
    except InvalidKeyError as error:
        raise UsageError(f"{source}: {error}") from error


def algorithms_of(key: Key) -> tuple[str, ...]:
    """What a key is for when nobody says: what its JWK says, else the usual one for its type."""
    if key.algorithm is not None:
        return (key.algorithm,)
    return _BY_TYPE[key.crv or key.kty]


def read_token(argument: str) -> bytes:
    """The token itself, from a file of that name, or from standard input ("-")."""
    if argument == "-":
        return sys.stdin.buffer.read().strip()
    if argument.count(".") >= 2 and not os.path.exists(argument):
        return os.fsencode(argument)
    return read_bytes(argument, "TOKEN").strip()
