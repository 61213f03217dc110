"""Each entry point of the extension by itself: many calls, successful and failing, leave no object,
no reference and no memory of C's; and each allocation of a call fails in turn.

`make test-leaks` makes 100,000 calls of each; the ordinary run 200.
"""

from __future__ import annotations

import os

import pytest

from pyjwtfast import _core

from . import test_leaks, test_memory_errors
from .scripts import run_script

CALLS = int(os.environ.get("PYJWTFAST_LEAK_CALLS", "200"))
MANY = CALLS > 10_000

MATERIAL = """
import copy
from cryptography.hazmat.primitives.asymmetric import ec as cryptography_ec
from pyjwtfast import _core
from pyjwtfast.algorithms import get_default_algorithms
from pyjwtfast.api_jwk import PyJWK
from pyjwtfast.api_jws import _sign, _verify

EC, ED = Key.generate("ES256", kid="k"), Key.generate("EdDSA", kid="k")
EC_PEM, EC_PUBLIC, EC_DER = EC.to_pem(True), EC.public().to_pem(), EC.to_der(True)
JWK, SSH = ED.to_jwk(True), "ssh-ed25519 " + base64.b64encode(
    b"\\0\\0\\0\\x0bssh-ed25519\\0\\0\\0\\x20" + base64.urlsafe_b64decode(ED.to_jwk()["x"] + "=")
).decode()
JWKS = {"keys": [JWK, {"kty": "unknown"}]}
OBJECT = cryptography_ec.generate_private_key(cryptography_ec.SECP256R1())
ED_TOKEN = pyjwtfast.encode({"a": [1]}, ED, "EdDSA")
SIGNATURE = _core._sign("EdDSA", ED, b"m")
SIGNER = Signer(KEY, headers={"x": [1]})
VERIFIER = Verifier([KEY, EC], ["HS256", "ES256"], audience="a", cache_size=4)
PLAIN = Verifier([KEY], ["HS256"], audience="a")
INFO = VERIFIER.cache_info()
DEEP = {"a": {"b": [{}] * 3}}
BROKEN = b'{"a":[1,{"b":"c"}],}'
NATIVE = get_default_algorithms()
"""

# An entry point: calls of it. Those that end in an exception are given to refused().
ENTRY_POINTS: dict[str, list[str]] = {
    "encode": [
        "pyjwtfast.encode(NESTED, S)",
        "pyjwtfast.encode({'a': 1}, EC_PEM, 'ES256', {'kid': 'k'})",
        "refused(pyjwtfast.encode, {'a': object()}, S)",
        "refused(pyjwtfast.encode, {}, EC_PUBLIC, 'ES256')",
    ],
    "_token_in_header": [
        "_core._token_in_header('Bearer ' + nested, (b'JWT ', b'Bearer '))",
        "_core._token_in_header(b'Bearer x y', (b'Bearer ',))",
        "_core._token_in_header(None, (b'Bearer ',))",
        "refused(_core._token_in_header, 'Bearer x', [b'Bearer '])",
        "refused(_core._token_in_header, 'Bearer x', ('Bearer ',))",
    ],
    "_is_usual_token": [
        "_core._is_usual_token({'exp': 2**35, 'j': 1, 't': 'a'}, 1.5, 'j', 't', 'a')",
        "_core._is_usual_token({'exp': 2**90}, 1.5, None, None, None)",
        "refused(_core._is_usual_token, {'exp': 2**35}, 1.5, [], None, None)",
        "_core._is_usual_token([], 1, None, None, None)",
    ],
    "decode": [
        "pyjwtfast.decode(nested, S, **HS)",
        "pyjwtfast.decode(ED_TOKEN, ED, ['EdDSA'])",
        "refused(pyjwtfast.decode, nested[:-4] + 'AAAA', S, **HS)",
        "refused(pyjwtfast.decode, forge(BROKEN), S, **HS)",
    ],
    "decode_complete": [
        "pyjwtfast.decode_complete(nested, S, **HS)",
        "refused(pyjwtfast.decode_complete, nested, S, ['HS256'], audience='b')",
    ],
    "get_unverified_header": [
        "pyjwtfast.get_unverified_header(nested)",
        "refused(pyjwtfast.get_unverified_header, 'e30.x')",
    ],
    "_jws_encode": [
        "_core._jws_encode(b'x', EC, 'ES256', {'a': 1}, None, False, True, 'JWT', None, False)",
        "_core._jws_encode(b'x', S, 'HS256', None, None, True, False, None, NATIVE, True)",
        "refused(_core._jws_encode, b'x', S, 'XX', None, None, False, True, 'JWT', None, False)",
    ],
    "_jws_decode": [
        "_core._jws_decode(ED_TOKEN, ED, ['EdDSA'], True, False, None, None)",
        "refused(_core._jws_decode, ED_TOKEN, EC, ['EdDSA'], True, False, None, NATIVE)",
        "refused(_core._jws_decode, ED_TOKEN, ED, ['EdDSA'], True, False, b'x', None)",
    ],
    "_check_claims": [
        "_core._check_claims(FLAT, {'require': ['exp']}, 'a', ['i'], 's', 1.5)",
        "refused(_core._check_claims, {'exp': 1}, None, None, None, None, 0)",
    ],
    "_sign": [
        "_core._sign('EdDSA', ED, b'm')",
        "refused(_core._sign, 'ES256', EC.public(), b'm')",
        "refused(_core._sign, 'XX', EC, b'm')",
    ],
    "_verify": [
        "_core._verify('EdDSA', ED, b'm', SIGNATURE)",
        "_core._verify('EdDSA', ED, b'n', SIGNATURE)",
        "refused(_core._verify, 'ES256', ED, b'm', SIGNATURE)",
    ],
    "_setup": [
        "_core._setup(NATIVE, PyJWK, _sign, _verify)",
        "refused(_core._setup, 5, 5, 5, 5)",
    ],
    "_set_registry": [
        "_core._set_registry(NATIVE), _core._set_registry(None)",
        "refused(_core._set_registry, 5)",
    ],
    "_b64url_paths": ["_core._b64url_paths()"],
    "_b64url_encode": [
        "_core._b64url_encode(b'x' * 99, 'portable')",
        "refused(_core._b64url_encode, b'x', 'other')",
    ],
    "_b64url_decode": [
        "_core._b64url_decode(b'eHh4' * 99, 'portable')",
        "refused(_core._b64url_decode, b'=', 'portable')",
    ],
    "_json_loads": ['_core._json_loads(b\'[1,{"a":"b"}]\')', "refused(_core._json_loads, BROKEN)"],
    "_json_loads_events": [
        '_core._json_loads_events(b\'[1,{"a":"b"}]\')',
        "refused(_core._json_loads_events, BROKEN)",
    ],
    "Key.__new__": ["refused(Key)", "refused(Key, S)"],
    "Key.__repr__": ["repr(EC), repr(KEY)"],
    "Key.from_secret": [
        "Key.from_secret(S, kid='k')",
        "refused(Key.from_secret, '')",
        "refused(Key.from_secret, EC_PUBLIC)",
    ],
    "Key.from_pem": [
        "Key.from_pem(EC_PEM, kid='k', algorithm='ES256')",
        "refused(Key.from_pem, EC_PEM[:-40])",
        "refused(Key.from_pem, EC_PEM, algorithm='ES384')",
    ],
    "Key.from_der": [
        "Key.from_der(EC_DER, kid='k')",
        "refused(Key.from_der, EC_DER[:-1])",
        "refused(Key.from_der, EC_DER, password='x')",
    ],
    "Key.from_ssh": ["Key.from_ssh(SSH, kid='k')", "refused(Key.from_ssh, SSH[:-9])"],
    "Key.from_jwk": [
        "Key.from_jwk(JWK)",
        "Key.from_jwk(json.dumps(JWK), kid='j')",
        "refused(Key.from_jwk, {**JWK, 'x': 5})",
        "refused(Key.from_jwk, '{')",
    ],
    "Key.from_jwks": [
        "Key.from_jwks(JWKS)",
        "refused(Key.from_jwks, JWKS, strict=True)",
        "refused(Key.from_jwks, [])",
    ],
    "Key.from_cryptography": [
        "Key.from_cryptography(OBJECT, kid='k')",
        "refused(Key.from_cryptography, object())",
    ],
    "Key.generate": ["Key.generate('ES256', kid='k')", "refused(Key.generate, 'XX')"],
    "Key.public": ["EC.public()", "refused(KEY.public)"],
    "Key.to_pem": ["EC.to_pem(True)", "EC.to_pem()", "refused(KEY.to_pem)"],
    "Key.to_der": ["EC.to_der(True)", "EC.to_der()", "refused(EC.public().to_der, True)"],
    "Key.to_jwk": ["EC.to_jwk(True)", "KEY.to_jwk(True)", "refused(KEY.to_jwk)"],
    "Key.thumbprint": ["EC.thumbprint(), KEY.thumbprint()"],
    "Key.__copy__": ["copy.copy(EC)"],
    "Key.__deepcopy__": ["copy.deepcopy([EC])"],
    "Key.__reduce__": ["refused(EC.__reduce__)"],
    "Key.kid": ["EC.kid"],
    "Key.kty": ["EC.kty"],
    "Key.crv": ["EC.crv, KEY.crv"],
    "Key.bits": ["EC.bits, KEY.bits"],
    "Key.algorithm": ["EC.algorithm, KEY.algorithm"],
    "Key.is_private": ["EC.is_private"],
    "Signer.__new__": [
        "Signer(EC, 'ES256', {'kid': 'k', 'x': [1]})",
        "refused(Signer, EC.public(), 'ES256')",
        "refused(Signer, EC, 'XX')",
    ],
    "Signer.__repr__": ["repr(SIGNER)"],
    "Signer.sign": ["SIGNER.sign(NESTED)", "refused(SIGNER.sign, {'a': {2}})"],
    "Signer.key": ["SIGNER.key"],
    "Signer.algorithm": ["SIGNER.algorithm"],
    "Verifier.__new__": [
        "Verifier([KEY, EC], ['HS256', 'ES256'], require=['exp'], expect=DEEP, cache_size=4)",
        "refused(Verifier, [KEY], ['ES256'])",
        "refused(Verifier, [KEY], ['HS256'], expect={'a': [object()]})",
    ],
    "Verifier.__repr__": ["repr(VERIFIER)"],
    "Verifier.verify": [
        "PLAIN.verify(nested)",
        "VERIFIER.verify(nested), VERIFIER.verify(flat)",
        "refused(VERIFIER.verify, nested[:-4] + 'AAAA')",
        "refused(VERIFIER.verify, None)",
    ],
    "Verifier.verify_complete": [
        "PLAIN.verify_complete(nested)",
        "VERIFIER.verify_complete(nested)",
        "refused(PLAIN.verify_complete, forge(BROKEN))",
    ],
    "Verifier.cache_info": ["VERIFIER.cache_info()"],
    "Verifier.cache_clear": ["VERIFIER.verify(nested), VERIFIER.cache_clear()"],
    "Verifier.keys": ["VERIFIER.keys"],
    "Verifier.algorithms": ["VERIFIER.algorithms"],
}

LEFT_OUT = {"CacheInfo"}  # CPython's struct sequence: its methods are not ours


def entry_points() -> set[str]:
    """Every function of the extension; every method and attribute of its types."""
    found = set()
    for name, value in vars(_core).items():
        if isinstance(value, type) and name not in LEFT_OUT:
            found |= {
                f"{name}.{member}"
                for member in vars(value)
                if member not in ("__doc__", "__module__")
            }
        elif callable(value) and not isinstance(value, type):
            found.add(name)
    return found


def test_none_is_forgotten() -> None:
    assert entry_points() == set(ENTRY_POINTS)


COUNTING = """
import ctypes

class Allocated(ctypes.Structure):
    _fields_ = [(f"f{number}", ctypes.c_size_t) for number in range(10)]

def bytes_of_malloc():
    "What malloc has given out and not got back; Python's own small blocks are not among it."
    return (counts.f7 + counts.f4) if (counts := mallinfo2()) else 0

try:
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = Allocated
except (AttributeError, OSError): # not glibc, or an old one
    mallinfo2 = lambda: None

def measure(call, calls):
    "Blocks, bytes of malloc and references that so many calls leave."
    watched = [value for name, value in globals().items() if not name.startswith("__")]
    def state():
        gc.collect()
        return [sys.getallocatedblocks(), bytes_of_malloc(), *map(sys.getrefcount, watched)]
    for _ in range(40):
        call()
    state() # the numbers themselves are objects
    before = state()
    for _ in range(calls):
        call()
    after = state()
    return [new - old for old, new in zip(before, after)]

def check_flat(text, call, calls):
    for _ in range(5): # what a first time sets up, or a table takes in, comes to rest
        blocks, malloc, *references = measure(call, calls)
        if blocks < min(calls // 2, 200) and malloc < 8 * calls and max(map(abs, references)) < 20:
            return
    left.append(f"{text}: {blocks} blocks, {malloc} bytes of malloc, "
                f"{max(map(abs, references))} references more after {calls} calls")

left = []
"""

GROUPS = sorted({name.partition(".")[0] for name in ENTRY_POINTS})


@pytest.mark.parametrize("group", GROUPS)
def test_nothing_is_left(group: str) -> None:
    calls = [
        text
        for name, texts in ENTRY_POINTS.items()
        if name.partition(".")[0] == group
        for text in texts
    ]
    run_script(
        test_leaks.SETUP
        + MATERIAL
        + COUNTING
        + f"for text in {calls!r}:\n"
        + f"    check_flat(text, eval('lambda: (' + text + ',)'), {CALLS})\n"
        + "assert not left, left\n",
        timeout=3600 if MANY else 120,
    )


FAILING = {
    **{
        name: texts[0]
        for name, texts in ENTRY_POINTS.items()
        if name.startswith(("Key.to_", "_b64"))
    },
    "_jws_encode": "_core._jws_encode(b'x', ED, 'EdDSA', None, None, False, True, 'JWT', None, 0)",
    "_jws_decode": "_core._jws_decode(ED_TOKEN, ED, ['EdDSA'], True, False, None, NATIVE)",
    "_sign": "_core._sign('EdDSA', ED, b'm')",
    "_set_registry": "_core._set_registry({**NATIVE})",
    "_json_loads": '_core._json_loads(b\'[1,{"a":"b"},2.5,1234567890123456789]\')',
    "_json_loads_events": '_core._json_loads_events(b\'[1,{"a":"b"},2.5]\')',
    "Key.__repr__": "repr(EC)",
    "Key.from_secret": "repr(Key.from_secret(S, kid='k'))",
    "Key.from_pem": "repr(Key.from_pem(EC_PEM, kid='k'))",
    "Key.from_der": "repr(Key.from_der(EC_DER, kid='k'))",
    "Key.from_ssh": "repr(Key.from_ssh(SSH, kid='k'))",
    "Key.from_jwk": "repr(Key.from_jwk(JWK, kid='j', algorithm='Ed25519'))",
    "Key.from_jwks": "repr(Key.from_jwks(JWKS))",
    "Key.from_jwks refused": "Key.from_jwks({'keys': [{'kty': 'unknown'}]})",
    "Key.generate": "repr(Key.generate('ES256', kid='k'))",
    "Key.public": "repr(EC.public())",
    "Key.thumbprint": "EC.thumbprint()",
    "Key.bits": "KEY.bits",
    "Signer.__repr__": "repr(SIGNER)",
    # Not the making of a Signer, nor integers beyond 64 bits: Python's json writes them, and its
    # encoder crashes by itself.
    "Signer.sign": "SIGNER.sign({'a': [1, 'b', 2.5, None, True, {'c': {}}]})",
    "Verifier.__repr__": "repr(VERIFIER)",
    "Verifier.__new__": "repr(Verifier([KEY, EC], ['HS256', 'ES256'], expect=DEEP, cache_size=4))",
    "Verifier.verify": "VERIFIER.cache_clear(), VERIFIER.verify(nested), VERIFIER.verify(nested)",
    "Verifier.verify_complete": "PLAIN.verify_complete(nested)",
    "Verifier.cache_info": "VERIFIER.cache_info()[4]",
}


@pytest.mark.parametrize("name", FAILING)
def test_each_allocation_fails_in_turn(name: str) -> None:
    pytest.importorskip("_testcapi", reason="this Python comes without CPython's test modules")
    run_script(
        test_leaks.SETUP
        + test_memory_errors.SETUP
        + MATERIAL
        + f"call = lambda: ({FAILING[name]},)\nexhaust(call)\n"
    )
