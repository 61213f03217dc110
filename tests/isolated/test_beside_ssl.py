"""Beside Python's own OpenSSL in one process: in a wheel ours is another copy, and may be newer.

In a build from source both use the system's, and the same must hold.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .scripts import run_script

# Both libraries at work: handshakes in memory by ssl, digests by hashlib, signatures by us.
WORK = """
import hashlib, hmac, ssl, warnings
warnings.simplefilter("ignore")
{imports}

secret = b"s" * 32
keys = {{name: pyjwtfast.Key.generate(name) for name in ("ES256", "EdDSA", "RS256")}}

def sign_and_verify():
    for name, key in keys.items():
        token = pyjwtfast.encode({{"sub": name}}, key, algorithm=name)
        claims = pyjwtfast.decode(token, key.public(), algorithms=[name])
        assert claims == {{"sub": name}}, claims
    token = pyjwtfast.encode({{"sub": "ada"}}, secret)
    head, _, signature = token.rpartition(".")
    expected = hmac.new(secret, head.encode(), hashlib.sha256).digest()
    import base64
    assert base64.urlsafe_b64decode(signature + "=") == expected
    try:
        pyjwtfast.Key.from_pem(b"-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY-----\\n")
    except pyjwtfast.exceptions.InvalidKeyError:
        pass

def handshake():
    # No certificate on either side: what counts is that ssl fails in its own, orderly way.
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    a, b = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(a, b), server.wrap_bio(b, a, server_side=True)]
    reasons = set()
    for end in ends:
        try:
            end.do_handshake()
        except ssl.SSLError as error:
            reasons.add(error.reason or type(error).__name__)
    assert reasons == {{"SSLWantReadError", "NO_SHARED_CIPHER"}}, reasons
    assert hashlib.new("sha512", b"").hexdigest().startswith("cf83e1357eefb8bd")
"""
IMPORTS = ("import ssl, pyjwtfast", "import pyjwtfast, ssl")


@pytest.mark.parametrize("imports", IMPORTS)
def test_both_work_by_turns(imports: str) -> None:
    run_script(
        WORK.format(imports=imports)
        + """
for _ in range(20):
    sign_and_verify()
    handshake()
"""
    )


@pytest.mark.parametrize("imports", IMPORTS)
def test_both_work_in_threads(imports: str) -> None:
    run_script(
        WORK.format(imports=imports)
        + """
from concurrent.futures import ThreadPoolExecutor

def both(number):
    for _ in range(10):
        (sign_and_verify if number % 2 else handshake)()
        (handshake if number % 2 else sign_and_verify)()

with ThreadPoolExecutor(8) as pool:
    list(pool.map(both, range(8)))
"""
    )


@pytest.mark.parametrize("imports", IMPORTS)
def test_neither_sees_the_other_s_errors(imports: str) -> None:
    """An error that is left in OpenSSL's queue would be the reason of the next one's."""
    run_script(
        WORK.format(imports=imports)
        + """
for _ in range(3):
    try:
        pyjwtfast.decode(pyjwtfast.encode({}, keys["RS256"], algorithm="RS256")[:-8] + "AAAAAAAA",
                         keys["RS256"].public(), algorithms=["RS256"])
    except pyjwtfast.exceptions.InvalidSignatureError:
        pass
    else:
        raise AssertionError
    handshake()
    try:
        ssl.create_default_context(cadata="nonsense")
    except ssl.SSLError:
        pass
    else:
        raise AssertionError
    sign_and_verify()
"""
    )


@pytest.mark.skipif(sys.platform != "linux", reason="there, libraries bind by name and not by file")
def test_a_libcrypto_that_all_can_see() -> None:
    """As in Apache, which loads mod_ssl's for all to see, before mod_wsgi loads Python."""
    run_script(
        """
import ctypes, ctypes.util, os
path = ctypes.util.find_library("crypto")
assert path, "no libcrypto"
ctypes.CDLL(path, os.RTLD_GLOBAL | os.RTLD_NOW)
"""
        + WORK.format(imports="import pyjwtfast, ssl")
        + """
sign_and_verify()
handshake()
"""
    )


CONFIGURATION = """\
openssl_conf = init
[init]
providers = providers
[providers]
default = on
legacy = on
[on]
activate = 1
"""


@pytest.mark.parametrize(
    ("text", "works"),
    [
        (None, True),
        ("this is = no configuration [\n", True),
        (CONFIGURATION, True),
        (CONFIGURATION.replace("legacy", "nobody_has_this"), True),
        ("openssl_conf = i\n[i]\nalg_section = a\n[a]\ndefault_properties = fips=yes\n", False),
    ],
    ids=["absent", "nonsense", "legacy", "unknown provider", "fips without its module"],
)
def test_configuration_of_openssl(tmp_path: Path, text: str | None, works: bool) -> None:
    """OPENSSL_CONF is read by both. What can't be had is an error in words, and no crash."""
    path = tmp_path / "openssl.cnf"
    if text is not None:
        path.write_text(text)
    printed = run_script(
        f"""
import os
os.environ["OPENSSL_CONF"] = {str(path)!r}
try:
    import pyjwtfast
    key = pyjwtfast.Key.from_secret("s" * 32)
    verifier = pyjwtfast.Verifier([key], ["HS256"])
    assert verifier.verify(pyjwtfast.Signer(key).sign({{"a": 1}})) == {{"a": 1}}
    key = pyjwtfast.Key.generate("ES256")
    token = pyjwtfast.encode({{"a": 1}}, key, algorithm="ES256")
    assert pyjwtfast.decode(token, key.public(), algorithms=["ES256"]) == {{"a": 1}}
    print("works")
except Exception as error:
    print(type(error).__name__, error)
"""
    )
    assert (printed.strip() == "works") == works, printed
