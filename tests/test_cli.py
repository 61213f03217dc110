"""The command line: every command, every source of keys, every error, the examples of --help."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import pyjwtfast
from pyjwtfast import Key
from pyjwtfast.algorithms import get_default_algorithms
from pyjwtfast.cli import main, make_parser

from .api.jwks_server import says, serving
from .support import forge

ALGORITHMS = [name for name in get_default_algorithms() if name != "none"]
SECRET = "a secret that is long enough for every HMAC there is, to the last of its 64 bytes"


class Result(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Result]


class _Stdin(io.TextIOWrapper):
    """Standard input with bytes in it, and no terminal."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command in an empty directory."""
    monkeypatch.chdir(tmp_path)

    def run(*argv: str, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "stdin", _Stdin(stdin))
        try:
            code = main(argv)
        except SystemExit as error:  # argparse
            code = error.code if isinstance(error.code, int) else 1
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return run


def write(name: str, content: str | bytes) -> str:
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    return name


def fails(result: Result, code: int, *words: str) -> None:
    """One line on standard error that holds the words, and nothing on standard output."""
    assert result.code == code, result
    assert result.out == ""
    for word in words:
        assert word in result.err
    assert "Traceback" not in result.err
    assert len(result.err.splitlines()) == 1, result.err


# --- keys made, used and published ---


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("form", ["default", "jwk"])
def test_from_a_new_key_to_claims(run: Run, algorithm: str, form: str) -> None:
    secret = algorithm.startswith("HS")
    options = [] if form == "default" else ["--format", form]
    if not secret:
        options += ["--public-out", "public"]
    assert run("keygen", algorithm, "--out", "key", *options) == (0, "", "")
    assert stat.S_IMODE(os.stat("key").st_mode) == 0o600
    private = "--secret-file" if secret and form == "default" else "--key"
    signing = [private, "key", "--alg", algorithm]
    checking = signing if secret else ["--key", "public", "--alg", algorithm]
    encoded = run("encode", *signing, '{"sub": "42"}', "--claim", "n=1", "--claim", "s=x")
    assert encoded.code == 0, encoded.err
    token = write("token", encoded.out)
    decoded = run("decode", *checking, token)
    assert decoded.code == 0, decoded.err
    assert json.loads(decoded.out) == {"sub": "42", "n": 1, "s": "x"}
    assert run("verify", *checking, token) == (0, "", "")
    assert run("verify", *checking, "-", stdin=encoded.out.encode()) == (0, "", "")
    assert run("verify", *checking, encoded.out.strip()) == (0, "", "")
    if form == "jwk":
        header = pyjwtfast.get_unverified_header(encoded.out.strip())
        assert header.get("kid") == (None if secret else Key.from_jwk(Path("key").read_bytes()).kid)
        # The JWK says what it is for.
        assert run("verify", *checking[:2], token).code == 0
    if not secret:
        published = run("jwks", "public", "--alg", algorithm)
        assert published.code == 0, published.err
        assert json.loads(published.out)["keys"][0]["alg"] == algorithm
        write("jwks.json", published.out)
        assert run("verify", "--key", "jwks.json", token).code == 0
        assert run("jwks", "--check", "jwks.json").code == 0


@pytest.mark.parametrize(
    ("algorithm", "words"),
    [("RS256", "RSA key ok"), ("ES256", "prime256v1"), ("EdDSA", "ED25519"), ("Ed448", "ED448")],
)
def test_openssl_reads_the_keys(run: Run, algorithm: str, words: str) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("the command openssl is not installed")
    write("password", "it is a password\n")
    assert run("keygen", algorithm, "--out", "key.pem", "--public-out", "public.pem").code == 0
    encrypted = ["keygen", algorithm, "--out", "locked.pem", "--password-file", "password"]
    assert run(*encrypted).code == 0
    for options in (["-in", "key.pem"], ["-in", "locked.pem", "-passin", "file:password"]):
        shown = subprocess.run(
            [openssl, "pkey", *options, "-noout", "-text", "-check"],
            capture_output=True,
            text=True,
        )
        assert shown.returncode == 0, shown.stderr
        assert words in shown.stdout or "valid" in shown.stdout
    public = subprocess.run(
        [openssl, "pkey", "-in", "key.pem", "-pubout"], capture_output=True, text=True, check=True
    )
    assert public.stdout == Path("public.pem").read_text()
    assert "ENCRYPTED" in Path("locked.pem").read_text()


def test_an_encrypted_key_takes_its_password_from_file_environment_or_prompt(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("password", "geheim\r\n")
    monkeypatch.setenv("PASSWORD", "geheim")
    assert run("keygen", "ES256", "--out", "key", "--password-file", "password").code == 0
    for option in (["--password-file", "password"], ["--password-env", "PASSWORD"]):
        assert run("encode", "--key", "key", *option, "{}").code == 0
    fails(run("encode", "--key", "key", "{}"), 2, "password", "--password-file")
    write("password", "wrong")
    fails(run("encode", "--key", "key", "--password-file", "password", "{}"), 2, "--key key")
    asked: list[str] = []
    monkeypatch.setattr("getpass.getpass", lambda prompt: asked.append(prompt) or "geheim")
    monkeypatch.setattr(_Stdin, "isatty", lambda self: True)
    assert run("encode", "--key", "key", "{}").code == 0
    assert run("keygen", "ES256", "--out", "other", "--encrypt").code == 0
    assert len(asked) == 3
    assert "geheim" not in "".join(asked)


def test_every_source_of_a_secret(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    token = pyjwtfast.encode({"a": 1}, SECRET)
    for ending in ("", "\n", "\r\n"):
        write("secret", SECRET + ending)
        assert run("verify", "--secret-file", "secret", token).code == 0
    write("secret", SECRET + "\n\n")
    fails(run("verify", "--secret-file", "secret", token), 1, "Signature verification failed")
    assert run("verify", "--secret-file", "-", token, stdin=SECRET.encode()).code == 0
    monkeypatch.setenv("SECRET", SECRET)
    assert run("verify", "--secret-env", "SECRET", token).code == 0
    monkeypatch.setattr("getpass.getpass", lambda prompt: SECRET)
    fails(run("verify", token), 2, "--secret-file")
    monkeypatch.setattr(_Stdin, "isatty", lambda self: True)
    assert run("verify", token).code == 0
    key = Key.generate("ES256")
    monkeypatch.setenv("KEY", key.to_pem(private=True))
    signed = run("encode", "--key-env", "KEY", "{}")
    assert run("verify", "--key-env", "KEY", signed.out.strip()).code == 0


@pytest.mark.parametrize("form", ["pem", "der", "jwk"])
def test_every_form_of_a_key(run: Run, form: str) -> None:
    key = Key.generate("ES256")
    texts: dict[str, str | bytes] = {
        "pem": key.to_pem(),
        "der": key.to_der(),
        "jwk": json.dumps(key.public().to_jwk()),
    }
    write("key", texts[form])
    token = pyjwtfast.Signer(key, "ES256").sign({})
    assert run("verify", "--key", "key", token).code == 0


# --- claims ---


def test_claims_from_standard_input_and_times(run: Run) -> None:
    write("secret", SECRET)
    before = int(time.time())
    encoded = run(
        *("encode", "--secret-file", "secret", "-", "--issued-now", "--expires-in", "15m"),
        *("--valid-in", "0", "--claim", "list=[1, 2]", "--header", "cty=x", "--kid", "k"),
        stdin='{"ü": "€"}'.encode(),
    )
    assert encoded.code == 0, encoded.err
    complete = pyjwtfast.decode_complete(encoded.out.strip(), SECRET, algorithms=["HS256"])
    claims = complete["payload"]
    assert before <= claims["iat"] == claims["nbf"] == claims["exp"] - 900
    assert claims["list"] == [1, 2]
    assert claims["ü"] == "€"
    assert complete["header"] == {"alg": "HS256", "typ": "JWT", "cty": "x", "kid": "k"}


def test_claims_that_are_text_by_rfc_7519_stay_text(run: Run) -> None:
    write("secret", SECRET)
    pairs = ["sub=42", "iss=1", "jti=007", "aud=5", "n=42", 's="42"', "yes=true"]
    options = [word for pair in pairs for word in ("--claim", pair)]
    encoded = run("encode", "--secret-file", "secret", *options, "--header", "kid=1")
    assert encoded.code == 0, encoded.err
    decoded = run("decode", "--secret-file", "secret", "--audience", "5", encoded.out.strip())
    assert json.loads(decoded.out) == {
        **{"sub": "42", "iss": "1", "jti": "007", "aud": "5"},
        **{"n": 42, "s": "42", "yes": True},
    }
    assert pyjwtfast.get_unverified_header(encoded.out.strip())["kid"] == "1"
    quoted = run(
        *("encode", "--secret-file", "secret", "--claim", 'sub="42"', "--claim", 'aud=["a", "b"]'),
    )
    decoded = run("decode", "--secret-file", "secret", "--any-audience", quoted.out.strip())
    assert json.loads(decoded.out) == {"sub": "42", "aud": ["a", "b"]}


def test_rules_on_claims(run: Run) -> None:
    write("secret", SECRET)
    claims = {"aud": "me", "iss": "you", "sub": "42", "exp": int(time.time()) - 30}
    token = pyjwtfast.encode(claims, SECRET)
    verify = ["verify", "--secret-file", "secret", token]
    good = ["--audience", "x", "--audience", "me", "--issuer", "you", "--leeway", "1m"]
    assert run(*verify, *good, "--subject", "42", "--require", "exp") == (0, "", "")
    fails(run(*verify, *good[:-2]), 1, "Signature has expired")
    fails(run(*verify, "--leeway", "1m"), 1, "Invalid audience", "--any-audience")
    assert run(*verify, "--any-audience", "--leeway", "1m").code == 0
    fails(run(*verify, "--any-audience", "--leeway", "1m", "--issuer", "me"), 1, "Invalid issuer")
    fails(run(*verify, *good, "--subject", "43"), 1, "Invalid subject")
    fails(run(*verify, *good, "--require", "nbf"), 1, "nbf")
    fails(run(*verify, *good, "--alg", "HS512"), 1, "alg value is not allowed", "HS512", "--alg")


def test_complete(run: Run) -> None:
    write("secret", SECRET)
    token = pyjwtfast.encode({"a": 1}, SECRET)
    shown = run("decode", "--complete", "--secret-file", "secret", token)
    assert json.loads(shown.out) == {
        "header": {"alg": "HS256", "typ": "JWT"},
        "payload": {"a": 1},
        "signature": token.rpartition(".")[2],
    }


# --- inspect ---


def test_inspect_tells_what_is_there_and_what_is_odd(run: Run) -> None:
    now = int(time.time())
    claims = {"exp": now - 100, "iat": now - 90 * 86400, "nbf": now + 5000, "x\n": "\x1b[31m"}
    token = pyjwtfast.encode(claims, SECRET, headers={"jku": "https://evil.example"})
    shown = run("inspect", token)
    assert shown.code == 0
    for words in (
        *("NOT VERIFIED", '"alg"', "HS256", "jku", "never to be trusted", "expired 1 min 40 s ago"),
        *("it lives for 89 d 23 h", "not valid for another 1 h 23 min", "32 bytes"),
    ):
        assert words in shown.out
    assert "\x1b" not in shown.out, "a stranger's bytes would command the terminal"
    as_json = run("inspect", "--json", token)
    assert json.loads(as_json.out)["claims"] == claims


def test_inspect_of_odd_tokens(run: Run) -> None:
    for algorithm in ([], {}, 1, None):
        shown = run("inspect", forge({"exp": []}, {"alg": algorithm}))
        assert shown.code == 0
        assert "no algorithm that pyjwtfast knows" in shown.out
    unsigned = pyjwtfast.encode({"exp": "soon"}, None, algorithm="none")
    shown = run("inspect", unsigned)
    for words in ("never valid", "exp is no time"):
        assert words in shown.out
    assert "valid for ever" in run("inspect", pyjwtfast.encode({}, SECRET)).out
    fails(run("inspect", "a.b.c"), 1, "no JWT")
    fails(run("inspect", "a.b.c.d.e"), 1, "no JWT")


# --- sets ---


def test_check_of_a_set(run: Run) -> None:
    key = Key.generate("RS256", kid="r")
    write("good", json.dumps({"keys": [key.public().to_jwk()]}))
    shown = run("jwks", "--check", "good")
    assert shown.code == 0
    assert "RSA" in shown.out
    assert "2048 bits" in shown.out
    with serving() as server:
        server.behave = says({"keys": [key.public().to_jwk()]})
        assert run("jwks", "--check", server.uri).code == 0
        server.behave = says({}, 500)
        assert run("jwks", "--check", server.uri).code == 1
    write("bad", json.dumps({"keys": [key.to_jwk(private=True), {"kty": "?"}]}))
    refused = run("jwks", "--check", "bad")
    assert refused.code == 1
    assert "PRIVATE" in refused.out
    assert "REFUSED" in refused.out
    twice = json.dumps({"keys": [key.public().to_jwk()] * 2})
    assert run("jwks", "--check", write("twice", twice)).code == 1
    name_twice = json.dumps(key.public().to_jwk()).replace('"kid"', '"use": "enc", "use"')
    doubtful = run("jwks", "--check", write("doubtful", f'{{"keys": [{name_twice}]}}'))
    assert doubtful.code == 1
    assert "0: REFUSED: not a JSON object with every name once" in doubtful.out
    for text in ("{}", "[]", "no JSON", '{"keys": {}}'):
        fails(run("jwks", "--check", write("none", text)), 1, "none")
    fails(run("jwks", "--check", "good", "bad"), 2, "one file")
    fails(run("jwks", "--check", "missing"), 2, "missing", "No such file")


def test_a_set_of_several_files(run: Run) -> None:
    for number, algorithm in enumerate(("RS256", "ES256", "EdDSA")):
        assert run("keygen", algorithm, "--out", f"key{number}").code == 0
    made = run("jwks", "key0", "key1", "key2")
    keys = json.loads(made.out)["keys"]
    assert [key["kty"] for key in keys] == ["RSA", "EC", "OKP"]
    assert all("d" not in key and key["use"] == "sig" and key["kid"] for key in keys)
    write("jwks", made.out)
    for number in range(3):
        token = run("encode", "--key", f"key{number}", "{}").out.strip()
        assert run("verify", "--key", "jwks", token).code == 0
    fails(run("encode", "--key", "jwks", "{}"), 2, "3 keys")


# --- errors ---


def test_errors_name_what_is_wrong(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write("secret", SECRET)
    write("garbage", "garbage")
    write("key", Key.generate("ES256").to_pem(private=True))
    monkeypatch.delenv("MISSING", raising=False)
    token = pyjwtfast.encode({}, SECRET)
    with_secret = ["--secret-file", "secret"]
    fails(run("verify", "--key", "missing", token), 2, "--key missing", "No such file")
    fails(run("verify", "--key", ".", token), 2, "--key .", "directory")
    fails(run("verify", "--key", "garbage", token), 2, "--key garbage", "--secret-file")
    fails(run("verify", "--secret-env", "MISSING", token), 2, "--secret-env MISSING")
    fails(run("verify", "--key-env", "MISSING", token), 2, "--key-env MISSING")
    fails(run("verify", "--secret-file", "key", token), 2, "--secret-file key", "HMAC")
    fails(run("verify", *with_secret, "missing"), 2, "TOKEN missing")
    fails(run("verify", *with_secret, "garbage"), 1, "Not enough segments")
    fails(run("verify", *with_secret, "--leeway", "-1", token), 2, "--leeway")
    fails(run("verify", *with_secret, "--alg", "HS257", token), 2, "HS257")
    fails(run("verify", *with_secret, "--alg", "none", token), 2, "none")
    fails(run("verify", *with_secret, "--alg", "RS256", token), 1, "does not fit")
    fails(run("encode", *with_secret, "{"), 2, "not JSON")
    fails(run("encode", *with_secret, "[]"), 2, "not a JSON object")
    fails(run("encode", *with_secret, "--claim", "x"), 2, "--claim x", "NAME=VALUE")
    fails(run("encode", *with_secret, '{"iss": 1}'), 2, "iss")
    fails(run("encode", *with_secret, "--expires-in", "soon"), 2, "--expires-in soon")
    fails(run("encode", *with_secret, "--header", "alg=none"), 2, "alg")
    write("public", Key.generate("ES256").to_pem())
    fails(run("encode", "--key", "public", "{}"), 1, "private key")
    fails(run("keygen", "HS256", "--format", "pem"), 2, "--format")
    fails(run("keygen", "ES256", "--format", "text"), 2, "--format")
    fails(run("keygen", "HS256", "--public-out", "x"), 2, "--public-out")
    fails(run("keygen", "ES256", "--format", "jwk", "--encrypt"), 2, "--encrypt")
    fails(run("keygen", "RS256", "--bits", "512"), 2, "--bits 512")
    fails(run("keygen", "ES256", "--bits", "256"), 2, "--bits 256")
    fails(run("keygen", "ES256", "--out", "key"), 2, "key exists", "--force")
    fails(run("keygen", "ES256", "--out", "no/such"), 2, "no/such")
    write("empty", "")
    fails(run("keygen", "ES256", "--out", "new", "--password-file", "empty"), 2, "empty")
    jwks = run("jwks", "secret")
    fails(jwks, 2, "secret: neither PEM")
    assert "--secret-file" not in jwks.err, "jwks has no such option"
    fails(run("keygen", "ES256", "--kid", "k"), 2, "--kid", "--format jwk")
    fails(run("keygen", "HS256", "--kid", "k"), 2, "--kid", "--format jwk")
    write("oct", json.dumps({"kty": "oct", "k": "AAAA" * 20}))
    fails(run("jwks", "oct"), 2, "oct")
    fails(run("jwks", "key", "--alg", "ES384"), 2, "--alg ES384")
    fails(run("bench", "HS257"), 2, "HS257")
    fails(run("bench", "--seconds", "0"), 2, "--seconds")
    assert run("keygen", "XS256").code == 2
    assert run("unknown").code == 2


def test_a_warning_is_one_line_without_python_in_it(run: Run) -> None:
    write("short", "short")
    made = run("encode", "--secret-file", "short", "{}")
    assert made.code == 0
    assert made.out.count(".") == 2
    assert made.err.startswith("pyjwtfast encode: warning: The HMAC key is 5 bytes long")
    assert len(made.err.splitlines()) == 1


def test_a_file_made_meanwhile_is_not_written_over(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To make a key takes seconds."""
    monkeypatch.setattr(os.path, "lexists", lambda name: False)
    write("key", "somebody's")
    fails(run("keygen", "ES256", "--out", "key"), 2, "key exists", "--force")
    assert Path("key").read_text() == "somebody's"


def test_the_public_key_does_not_take_the_private_ones_place(run: Run) -> None:
    for other in ("key", "./key"):
        fails(run("keygen", "ES256", "--out", "key", "--public-out", other), 2, "one file")
    assert not os.path.lexists("key")


def test_force_writes_over_with_a_private_mode(run: Run) -> None:
    write("key", "old")
    os.chmod("key", 0o644)
    assert run("keygen", "ES256", "--out", "key", "--force").code == 0
    assert stat.S_IMODE(os.stat("key").st_mode) == 0o600


def test_an_interrupt(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pyjwtfast.cli.tokens.get_key", interrupt)
    assert run("encode", "{}") == (130, "", "\n")


# --- as a process ---


def python(*argv: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pyjwtfast", *argv], capture_output=True, text=True, **options
    )


def test_without_a_command_it_prints_versions() -> None:
    shown = python()
    assert shown.returncode == 0
    assert f"pyjwtfast {pyjwtfast.__version__}" in shown.stdout
    assert "OpenSSL" in shown.stdout
    assert python("--version").stdout == f"pyjwtfast {pyjwtfast.__version__}\n"


@pytest.mark.parametrize("words", [("encode", "--secret-file", "secret", "{}"), ()])
def test_a_reader_that_has_seen_enough(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "secret").write_text(SECRET)
    process = subprocess.Popen(
        [sys.executable, "-m", "pyjwtfast", *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait() == 0


def _examples() -> list[str]:
    parser = make_parser()
    commands = next(
        action for action in parser._actions if isinstance(getattr(action, "choices", None), dict)
    )
    assert isinstance(commands.choices, dict)
    texts = [parser.format_help(), *(sub.format_help() for sub in commands.choices.values())]
    examples = [
        line.strip() for text in texts for line in re.findall(r"^  pyjwtfast .*", text, re.M)
    ]
    return [line for line in dict.fromkeys(examples) if "https://id.example.org/." not in line]


@pytest.mark.parametrize("line", _examples())
def test_the_examples_of_help_run(line: str, tmp_path: Path) -> None:
    key = Key.generate("ES256", kid="1")
    token = pyjwtfast.Signer(key, "ES256").sign({"iss": "https://id.example.org", "aud": "me"})
    plain = pyjwtfast.Signer(key, "ES256").sign({})
    if "JWT_SECRET" in line:
        plain = pyjwtfast.encode({}, SECRET, algorithm="HS512")
    (tmp_path / "key.pem").write_text(key.to_pem(private=True))
    (tmp_path / "public.pem").write_text(key.to_pem())
    (tmp_path / "certificate.pem").write_text(Key.generate("ES384").to_pem())
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [key.public().to_jwk()]}))
    (tmp_path / "token.txt").write_text(token if "jwks.json" in line else plain)
    (tmp_path / "claims.json").write_text("{}")
    if line.split()[1] == "keygen":
        (tmp_path / "key.pem").unlink()
        (tmp_path / "public.pem").unlink()
    if "--encrypt" in line:
        pytest.skip("asks for a password on a terminal; shown by another test")
    if line.split()[1] == "bench":
        line = re.sub(r" --seconds \d+", "", line) + " --seconds 0.2"
    words = line.replace("pyjwtfast", f"{shlex.quote(sys.executable)} -m pyjwtfast", 1)
    shell = subprocess.run(
        words,
        shell=True,
        cwd=tmp_path,
        env={**os.environ, "JWT_SECRET": SECRET},
        capture_output=True,
        text=True,
    )
    assert shell.returncode == 0, shell.stderr


def test_the_round_trip_of_the_document_runs(tmp_path: Path) -> None:
    document = Path(__file__).resolve().parent.parent / "docs/command-line.md"
    (script,) = re.findall(r"^```sh\n(.*?)^```$", document.read_text(), re.M | re.S)
    command = f'pyjwtfast() {{ {shlex.quote(sys.executable)} -m pyjwtfast "$@"; }}\n'
    shell = subprocess.run(
        ["sh", "-ec", command + script], cwd=tmp_path, capture_output=True, text=True
    )
    assert shell.returncode == 0, shell.stderr
    assert shell.stdout.endswith("\nvalid\n")
    assert '{"sub": "42", "exp": ' in shell.stdout


def test_no_option_takes_a_secret() -> None:
    """Each option that has to do with a secret takes a file or the name of a variable."""
    parser = make_parser()
    for action in parser._actions:
        if isinstance(getattr(action, "choices", None), dict):
            for command in action.choices.values():  # type: ignore[union-attr]
                for option in command._actions:
                    for name in option.option_strings:
                        if re.search("secret|password|key", name):
                            assert option.metavar in ("FILE", "NAME"), name


def test_a_token_does_not_write_on_the_terminal(run: Run) -> None:
    """The name of an extension is the token's own, and is read before any signature is."""
    name = "\x1b]0;title\x07\x1b[31m\n\u202e\x9b"
    header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "crit": [name]}).encode())
    token = header.rstrip(b"=").decode() + ".e30.AA"
    secret = write("secret.txt", "k" * 32)
    for result in (run("verify", "--secret-file", secret, token), run("inspect", token)):
        fails(result, 1, r"\x1b]0;title\x07\x1b[31m\n\u202e\x9b")
        assert result.err.removesuffix("\n").isprintable()
