"""Every public name of PyJWT 2.15.1 is here, in the same module, with the same arguments."""

from __future__ import annotations

import importlib
import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

import pyjwtfast

MODULES = (
    "algorithms",
    "api_jwk",
    "api_jws",
    "api_jwt",
    "exceptions",
    "help",
    "types",
    "utils",
    "warnings",
)

# What PyJWT's modules have besides their own: imports, and the library cryptography's parts.
NOT_THEIRS = {"TYPE_CHECKING", "annotations", "cryptography_version", "pyjwt_version"}


def module_pair(name: str) -> tuple[Any, Any]:
    return importlib.import_module(f"jwt.{name}"), importlib.import_module(f"pyjwtfast.{name}")


def public_names(module: Any) -> Iterator[str]:
    """The names that the module itself defines; constants count, imports do not."""
    for name, value in vars(module).items():
        if name.startswith("_") or name in NOT_THEIRS or inspect.ismodule(value):
            continue
        home = getattr(value, "__module__", None)
        if home is None or home == module.__name__ or inspect.ismethod(value):
            yield name


def parameters(function: Any) -> list[tuple[str, Any]]:
    """Names and kinds, in order. Ours may be more, where the others can't tell."""
    return [
        (parameter.name, parameter.kind)
        for parameter in inspect.signature(function).parameters.values()
    ]


def test_the_names_of_the_package() -> None:
    assert set(jwt.__all__) <= set(pyjwtfast.__all__)
    for name in pyjwtfast.__all__:
        assert getattr(pyjwtfast, name) is not None
    namespace: dict[str, Any] = {}
    exec("from pyjwtfast import *", namespace)
    assert set(jwt.__all__) <= namespace.keys()


@pytest.mark.parametrize("name", MODULES)
def test_the_names_of_a_module(name: str) -> None:
    theirs, ours = module_pair(name)
    elsewhere = set() if name == "algorithms" else {"has_crypto", "requires_cryptography"}
    missing = [each for each in public_names(theirs) if not hasattr(ours, each)]
    assert set(missing) - elsewhere == set()


def test_unknown_names_are_attribute_errors() -> None:
    for module in (pyjwtfast, pyjwtfast.algorithms):
        with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
            module.nothing  # noqa: B018


@pytest.mark.parametrize("name", MODULES)
def test_classes_have_their_bases_and_methods(name: str) -> None:
    theirs, ours = module_pair(name)
    for class_name in public_names(theirs):
        cls = getattr(theirs, class_name)
        if not inspect.isclass(cls):
            continue
        own = getattr(ours, class_name)
        bases = [base.__name__ for base in cls.__mro__ if base.__module__.startswith("jwt.")]
        assert [each for each in bases if each in {b.__name__ for b in own.__mro__}] == bases
        missing = [
            each for each in vars(cls) if not each.startswith("_") and not hasattr(own, each)
        ]
        assert missing == []


FUNCTIONS = [
    *(f"{name}" for name in ("encode", "decode", "decode_complete", "get_unverified_header")),
    *(f"PyJWT.{name}" for name in ("encode", "decode", "decode_complete", "__init__")),
    *(f"PyJWT.{name}" for name in ("_encode_payload", "_decode_payload", "_validate_claims")),
    *(f"PyJWT._validate_{claim}" for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")),
    *(f"PyJWS.{name}" for name in ("__init__", "encode", "decode", "decode_complete")),
    *(f"PyJWS.{name}" for name in ("register_algorithm", "unregister_algorithm")),
    *(f"PyJWS.{name}" for name in ("get_algorithms", "get_algorithm_by_name")),
    *(f"PyJWS.{name}" for name in ("_load", "_validate_headers", "_verify_signature")),
    "PyJWK.__init__",
    "PyJWK.from_dict",
    "PyJWK.from_json",
    "PyJWKSet.__init__",
    "PyJWKSet.from_dict",
    "PyJWKSet.from_json",
    *(
        f"algorithms.{cls}.{name}"
        for cls in ("Algorithm", "NoneAlgorithm", "HMACAlgorithm", "RSAAlgorithm", "ECAlgorithm",
                    "RSAPSSAlgorithm", "OKPAlgorithm")
        for name in ("prepare_key", "sign", "verify", "from_jwk", "compute_hash_digest",
                     "check_crypto_key_type", "check_key_length")
    ),
    "algorithms.HMACAlgorithm.__init__",
    "algorithms.RSAAlgorithm.__init__",
    "algorithms.ECAlgorithm.__init__",
    "register_algorithm",
    "unregister_algorithm",
    "get_algorithm_by_name",
    *(
        f"utils.{name}"
        for name in ("base64url_decode", "base64url_encode", "bytes_from_int", "bytes_to_number",
                     "der_to_raw_signature", "force_bytes", "from_base64url_uint", "is_pem_format",
                     "is_ssh_key", "number_to_bytes", "raw_to_der_signature", "to_base64url_uint")
    ),
]  # fmt: skip


@pytest.mark.parametrize("path", FUNCTIONS)
def test_arguments(path: str) -> None:
    found = []
    for module in (jwt, pyjwtfast):
        value: Any = module
        for name in path.split("."):
            value = getattr(value, name)
        found.append(parameters(value))
    theirs, ours = found
    extra = [each for each in ours if each not in theirs]
    assert [each for each in ours if each in theirs] == theirs
    assert all(kind is inspect.Parameter.KEYWORD_ONLY for _, kind in extra)


def test_defaults_of_the_options() -> None:
    assert pyjwtfast.PyJWT().options == jwt.PyJWT().options
    assert pyjwtfast.PyJWS().options == jwt.PyJWS().options
    assert pyjwtfast.PyJWS.header_typ == jwt.PyJWS.header_typ
    for name in ("Options", "FullOptions", "SigOptions"):
        theirs, ours = getattr(jwt.types, name), getattr(pyjwtfast.types, name)
        assert ours.__annotations__.keys() == theirs.__annotations__.keys()
        assert ours.__total__ == theirs.__total__


def test_what_the_algorithms_module_says() -> None:
    ours, theirs = pyjwtfast.algorithms, jwt.algorithms
    assert ours.has_crypto is True
    assert ours.requires_cryptography == theirs.requires_cryptography
    known = ours.get_default_algorithms()
    assert known.keys() - theirs.get_default_algorithms().keys() == {"Ed25519", "Ed448"}
    for name, algorithm in theirs.get_default_algorithms().items():
        assert type(known[name]).__name__ == type(algorithm).__name__
    for alias in ("AllowedKeys", "AllowedRSAKeys", "AllowedECKeys", "AllowedOKPKeys",
                  "AllowedPrivateKeys", "AllowedPublicKeys"):  # fmt: skip
        assert set(getattr(theirs, alias).__args__) < set(getattr(ours, alias).__args__)
        assert pyjwtfast.Key in getattr(ours, alias).__args__


def test_the_default_algorithms_are_a_copy() -> None:
    pyjwtfast.algorithms.get_default_algorithms().clear()
    assert "HS256" in pyjwtfast.algorithms.get_default_algorithms()


def test_help() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pyjwtfast.help"], capture_output=True, text=True, check=True
    )
    printed = json.loads(run.stdout)
    assert printed == module_pair("help")[1].info()
    theirs = json.loads(
        subprocess.run(
            [sys.executable, "-m", "jwt.help"], capture_output=True, text=True, check=True
        ).stdout
    )
    assert printed["platform"] == theirs["platform"]
    assert printed["implementation"] == theirs["implementation"]
    assert printed["cryptography"] == theirs["cryptography"]
    assert printed["pyjwtfast"] == {"version": pyjwtfast.__version__}
    assert printed["openssl"]["version"].startswith("OpenSSL 3")


@pytest.mark.parametrize("text", [b"", b"AA", b"AQAB", "_w", b"AA==", b"A=A=", "\u00e9", b"A"])
def test_decoding_as_leniently(text: Any) -> None:
    for name in ("base64url_decode", "from_base64url_uint"):
        results = []
        for module in (jwt, pyjwtfast):
            try:
                results.append(getattr(module.utils, name)(text))
            except Exception as error:
                results.append((type(error), str(error)))
        assert results[0] == results[1]


@pytest.mark.parametrize("number", [0, 1, 127, 128, 255, 256, 65537, 2**64, 2**521 - 1])
def test_numbers(number: int) -> None:
    for arguments in ({}, {"bit_length": 521}):
        expected = jwt.utils.to_base64url_uint(number, **arguments)
        assert pyjwtfast.utils.to_base64url_uint(number, **arguments) == expected
    data = jwt.utils.number_to_bytes(number, 66)
    assert pyjwtfast.utils.number_to_bytes(number, 66) == data
    assert pyjwtfast.utils.bytes_to_number(data) == number
    for module in (jwt, pyjwtfast):
        with pytest.raises(ValueError, match="positive"):
            module.utils.to_base64url_uint(-1)
        with pytest.raises(ValueError):  # noqa: PT011
            module.utils.bytes_to_number(b"")


def test_ecdsa_signatures_in_both_forms() -> None:
    from cryptography.hazmat.primitives.asymmetric import ec

    for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()):
        size = (curve.key_size + 7) // 8
        for r, s in (
            (0, 0),
            (1, 127),
            (128, 255),
            (2**255, 2**248),
            (2**256 - 1, 1),
            (255, 2**128),
        ):
            raw = r.to_bytes(size, "big") + s.to_bytes(size, "big")
            der = jwt.utils.raw_to_der_signature(raw, curve)
            assert pyjwtfast.utils.raw_to_der_signature(raw, curve) == der
            assert pyjwtfast.utils.der_to_raw_signature(der, curve) == raw
        large = b"\xff" * 2 * size
        der = jwt.utils.raw_to_der_signature(large, curve)
        assert pyjwtfast.utils.raw_to_der_signature(large, curve) == der
        assert pyjwtfast.utils.der_to_raw_signature(der, curve) == large
        for broken in (
            b"",
            b"0",
            der[:-1],
            der + b"\0",
            b"1" + der[1:],
            b"0\x80",
            b"0\x04\x02\0\x02\0",
            b"0\x08\x02\x02\0\x01\x02\x02\0\x01",
            b"0\x06\x02\x01\xff\x02\x01\x01",
        ):
            with pytest.raises(ValueError, match="Invalid signature"):
                pyjwtfast.utils.der_to_raw_signature(broken, curve)
        with pytest.raises(ValueError, match="Invalid signature"):
            pyjwtfast.utils.raw_to_der_signature(large[1:], curve)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"-----BEGIN PUBLIC KEY-----",
        b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
        b"-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----",
        b"-----END PUBLIC KEY-----\n-----BEGIN PUBLIC KEY-----",
        b"-----BEGIN PUBLIC KEY-----\n-----END PRIVATE KEY-----",
        b"---- BEGIN SSH2 PUBLIC KEY ----\nx\n---- END SSH2 PUBLIC KEY ----",
        b"-----BEGIN UNKNOWN-----\n-----END UNKNOWN-----",
        b"xx-----BEGIN X509 CRL-----xx-----END X509 CRL-----",
        b"ssh-rsa AAAA",
        b" ssh-rsa AAAA",
        b"ecdsa-sha2-nistp521",
        b"ssh-other",
    ],
)
def test_forms_of_text(text: bytes) -> None:
    assert pyjwtfast.utils.is_pem_format(text) == jwt.utils.is_pem_format(text)
    assert pyjwtfast.utils.is_ssh_key(text) == jwt.utils.is_ssh_key(text)
