"""What importing pyjwtfast costs and loads."""

from __future__ import annotations

from .scripts import run_script

# CPython 3.12.1 aborts when an interpreter with a GIL of its own ends after importing one of the
# first three; the others are slow to load and not needed for HS256.
UNWANTED = {"datetime", "_datetime", "hashlib", "_hashlib", "ssl", "_ssl", "urllib",
"urllib.request",
            "hmac", "socket", "asyncio", "email", "http.client", "cryptography", "django", "jwt",
            "typing_extensions"}  # fmt: skip


def loaded_by(*statements: str, flags: tuple[str, ...] = ()) -> set[str]:
    body = "before = set(sys.modules)\n" + "\n".join(statements)
    body += "\nprint(*sorted(set(sys.modules) - before))\n"
    return set(run_script(body, *flags).split())


def test_import_is_light() -> None:
    for flags in ((), ("-S", "-I")):
        loaded = loaded_by("import pyjwtfast", flags=flags)
        assert "pyjwtfast._core" in loaded
        assert not loaded & UNWANTED


def test_the_common_calls_stay_light() -> None:
    """Sign and verify with exact types: still none of them."""
    loaded = loaded_by(
        "import pyjwtfast",
        "secret = 's' * 32",
        "token = pyjwtfast.encode({'exp': 9999999999, 'a': [1.5, None, 'x']}, secret)",
        "pyjwtfast.decode(token, secret, algorithms=['HS256'], audience=None, leeway=1)",
        "key = pyjwtfast.Key.from_secret(secret)",
        "verifier = pyjwtfast.Verifier([key], ['HS256'], cache_size=4)",
        "verifier.verify(pyjwtfast.Signer(key).sign({}))",
        flags=("-S", "-I"),
    )
    assert not loaded & (UNWANTED - {"datetime", "_datetime"})


def test_a_failed_call_stays_light() -> None:
    loaded = loaded_by(
        "import pyjwtfast",
        "try: pyjwtfast.decode('a.b.c', 's' * 32, algorithms=['HS256'])",
        "except pyjwtfast.exceptions.DecodeError: pass",
        "else: raise SystemExit('accepted')",
        flags=("-S", "-I"),
    )
    assert not loaded & UNWANTED


def test_with_all_warnings_as_errors() -> None:
    run_script(
        """
        import pyjwtfast
        pyjwtfast.decode(pyjwtfast.encode({}, "s" * 32), "s" * 32, algorithms=["HS256"])
        """,
        "-W",
        "error",
        "-X",
        "dev",
    )


def test_without_docstrings() -> None:
    run_script("import pyjwtfast; pyjwtfast.encode({}, 's' * 32)", "-OO")


def test_exports() -> None:
    """One symbol for the dynamic linker: PyInit__core."""
    import shutil
    import subprocess

    import pytest

    from pyjwtfast import _core

    nm = shutil.which("nm")
    if nm is None:
        pytest.skip("nm is not installed")
    listed = subprocess.run(
        [nm, "-D", "--defined-only", str(_core.__file__)],
        capture_output=True,
        text=True,
        check=True,
    )
    symbols = {line.split()[-1] for line in listed.stdout.splitlines()}
    assert {symbol for symbol in symbols if not symbol.startswith("_")} == {"PyInit__core"}


def test_importing_again_after_removal_from_sys_modules() -> None:
    """Django's test runners and reloaders do so; old objects go on working."""
    run_script(
        """
        import pyjwtfast
        old = pyjwtfast
        token = old.encode({"a": 1}, "s" * 32)
        for name in [name for name in sys.modules if name.split(".")[0] == "pyjwtfast"]:
            del sys.modules[name]
        import pyjwtfast
        assert pyjwtfast is not old
        for module in (old, pyjwtfast):
            assert module.decode(token, "s" * 32, algorithms=["HS256"]) == {"a": 1}
            try:
                module.decode("x", "s" * 32, algorithms=["HS256"])
            except module.exceptions.DecodeError:
                pass
        """
    )
