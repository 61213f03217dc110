"""Type-checked, not run: the public API as a user writes it, under `mypy --strict`.

Lines that must be errors carry `type: ignore` with the code; `warn_unused_ignores` reports them
when mypy no longer objects.
"""

from __future__ import annotations

import datetime
import json
from typing import Any

from typing_extensions import assert_type

import pyjwtfast
import pyjwtfast as jwt
from pyjwtfast import Key, Signer, Verifier
from pyjwtfast.exceptions import (
    DecodeError,
    ExpiredSignatureError,
    InvalidTokenError,
    MissingRequiredClaimError,
    PyJWTError,
)
from pyjwtfast.types import FullOptions, Options, SigOptions
from pyjwtfast.warnings import InsecureKeyLengthWarning, RemovedInPyjwt3Warning


def keys() -> None:
    key = Key.from_secret("secret")
    assert_type(key, Key)
    assert_type(Key.from_secret(b"secret", kid="k").kid, str | None)
    Key.from_secret(5)  # type: ignore[arg-type]
    Key.from_secret("secret", "k")  # type: ignore[call-arg]
    Key.from_secret("secret", kid=b"k")  # type: ignore[arg-type]
    key.kid = "other"  # type: ignore[misc]
    print(key.secret)  # type: ignore[attr-defined]


def signing(key: Key) -> None:
    signer = Signer(key, algorithm="HS512", headers={"kid": "k"})
    assert_type(signer.sign({"exp": 1}), str)
    Signer(key).sign({"exp": datetime.datetime.now(datetime.timezone.utc)})
    signer.sign([])  # type: ignore[arg-type]
    Signer("secret")  # type: ignore[arg-type]
    Signer(key, algorithm=256)  # type: ignore[arg-type]


def verifying(key: Key, token: str) -> None:
    verifier = Verifier(
        [key],
        ["HS256"],
        audience=["a"],
        issuer="i",
        subject=None,
        leeway=datetime.timedelta(seconds=5),
        require=("exp",),
        expect={"token_type": "access"},
        options={"verify_jti": False},
        cache_size=100,
        max_token_bytes=4096,
    )
    assert_type(verifier.verify(token), dict[str, Any])
    assert_type(verifier.verify(token.encode()), dict[str, Any])
    complete = verifier.verify_complete(token)
    assert_type(complete["header"], dict[str, Any])
    assert_type(complete["payload"], dict[str, Any])
    assert_type(complete["signature"], bytes)
    complete["signatur"]  # type: ignore[typeddict-item]
    info = verifier.cache_info()
    assert_type(info.hits, int)
    assert_type(info.misses, int)
    assert_type(info.entries, int)
    assert_type(info.bytes, int)
    assert_type(info.capacity, int)
    verifier.cache_clear()
    Verifier((key,), algorithms=("HS256",), leeway=1.5)
    Verifier([key])  # type: ignore[call-arg]
    Verifier(["secret"], ["HS256"])  # type: ignore[list-item]
    Verifier([key], ["HS256"], "audience")  # type: ignore[call-arg]
    Verifier([key], ["HS256"], unknown=1)  # type: ignore[call-arg]
    verifier.verify(5)  # type: ignore[arg-type]


class Encoder(json.JSONEncoder):
    """A user's encoder."""


def pyjwts_face(token: str, key: Key) -> None:
    options: Options = {"verify_exp": False, "require": ["exp"]}
    assert_type(jwt.encode({"a": 1}, "secret"), str)
    assert_type(jwt.encode({"a": 1}, b"secret", "HS384", {"kid": "k"}, Encoder, False), str)
    assert_type(jwt.encode({"a": 1}, key, algorithm=None), str)
    assert_type(jwt.decode(token, "secret", algorithms=["HS256"]), dict[str, Any])
    assert_type(
        jwt.decode(
            token.encode(),
            key=key,
            algorithms=["HS256"],
            options=options,
            audience={"a", "b"},
            issuer=["i"],
            subject="s",
            leeway=1.5,
            detached_payload=b"{}",
        ),
        dict[str, Any],
    )
    assert_type(jwt.decode_complete(token, b"secret", ["HS256"])["payload"], dict[str, Any])
    assert_type(jwt.get_unverified_header(token), dict[str, Any])
    jwt.encode([], "secret")  # type: ignore[arg-type]
    jwt.encode({}, 5)  # type: ignore[arg-type]
    jwt.encode({}, "secret", json_encoder=Encoder())  # type: ignore[arg-type]
    jwt.decode(5, "secret", algorithms=["HS256"])  # type: ignore[arg-type]
    jwt.decode(token, "secret", algorithms=[5])  # type: ignore[list-item]
    jwt.decode(token, "secret", leeway="1")  # type: ignore[arg-type]
    jwt.decode(token, "secret", options={"verify_expp": False})  # type: ignore[arg-type]


def errors(token: str) -> str:
    try:
        pyjwtfast.decode(token, "secret", algorithms=["HS256"])
    except MissingRequiredClaimError as error:
        return assert_type(error.claim, str)
    except (ExpiredSignatureError, DecodeError) as error:
        assert_type(error, ExpiredSignatureError | DecodeError)
    except InvalidTokenError:
        return "invalid"
    except PyJWTError as error:
        raise SystemExit(str(error)) from error
    return ""


def the_rest() -> None:
    full: FullOptions
    sig: SigOptions = {"verify_signature": True, "enforce_minimum_key_length": True}
    assert_type(sig.get("verify_signature"), bool | None)
    del sig
    for category in (InsecureKeyLengthWarning, RemovedInPyjwt3Warning):
        assert issubclass(category, Warning)
    full = {}  # type: ignore[typeddict-item]
    del full
