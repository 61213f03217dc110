"""base64url: every path of the codec is the same function, and it is RFC 4648 section 5, strict.

A correct `=` padding is accepted, as PyJWT does; anything else than the alphabet is not.
"""

from __future__ import annotations

import base64
import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pyjwtfast import _core

PATHS: list[str] = list(_core._b64url_paths())
ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
# Around the width of every vector register and loop body: 16, 32 and 64 bytes of text.
LENGTHS = [*range(0, 140), 255, 256, 257, 1023, 1024, 4095, 4096, 4099]

paths = pytest.mark.parametrize("path", PATHS)


def reference_encode(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def reference_decode(text: bytes) -> bytes | None:
    """The bytes, or None: only the alphabet, a possible length, unused bits zero, padding right."""
    if text.endswith(b"=") and len(text) % 4 == 0:
        text = text[:-2] if text.endswith(b"==") else text[:-1]
    if len(text) % 4 == 1 or any(character not in ALPHABET for character in text):
        return None
    data = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    return data if reference_encode(data) == text else None


def decode(text: bytes, path: str) -> bytes | None:
    try:
        return _core._b64url_decode(text, path)
    except ValueError:
        return None


def pattern(length: int) -> bytes:
    return bytes((number * 151 + 7) % 256 for number in range(length))


def test_the_portable_path_is_always_there() -> None:
    assert "portable" in PATHS
    assert set(PATHS) <= {"portable", "ssse3", "avx2", "neon"}


def test_a_path_this_cpu_lacks_is_refused() -> None:
    for path in {"ssse3", "avx2", "neon", "", "sse2", "Portable"} - set(PATHS):
        with pytest.raises(ValueError):  # noqa: PT011
            _core._b64url_decode(b"", path)


@paths
@pytest.mark.parametrize("length", LENGTHS)
def test_round_trip_of_every_length(path: str, length: int) -> None:
    data = pattern(length)
    text = _core._b64url_encode(data, path)
    text = text.encode() if isinstance(text, str) else text
    assert text == reference_encode(data)
    assert _core._b64url_decode(text, path) == data


@paths
def test_every_byte_at_every_position(path: str) -> None:
    """Exactly the 64 characters are accepted, wherever they stand relative to a vector."""
    base = b"A" * 68
    for position in range(68):
        for byte in range(256):
            text = base[:position] + bytes([byte]) + base[position + 1 :]
            assert decode(text, path) == reference_decode(text), (position, byte)


@paths
def test_every_last_group(path: str) -> None:
    """Of the last characters the unused bits must be zero (RFC 4648 section 3.5)."""
    for head in (b"", b"AAAA", b"A" * 32, b"A" * 64):
        for pair in itertools.product(ALPHABET, repeat=2):
            text = head + bytes(pair)
            assert decode(text, path) == reference_decode(text)
            text = head + b"A" + bytes(pair)
            assert decode(text, path) == reference_decode(text)
        for single in ALPHABET:
            assert decode(head + bytes([single]), path) is None


@paths
@pytest.mark.parametrize("length", LENGTHS)
def test_padding(path: str, length: int) -> None:
    text = reference_encode(pattern(length))
    for padding in range(5):
        padded = text + b"=" * padding
        accepted = padding == 0 or (padding <= 2 and len(padded) % 4 == 0 and len(text) % 4 != 0)
        assert decode(padded, path) == (pattern(length) if accepted else None)


@paths
@pytest.mark.parametrize("length", range(0, 101))
def test_impossible_lengths(path: str, length: int) -> None:
    assert (decode(b"A" * length, path) is None) == (length % 4 == 1)


@given(st.binary(max_size=300))
@example(b"\xff" * 96)
@example(bytes(range(256)))
def test_paths_encode_alike(data: bytes) -> None:
    expected = reference_encode(data)
    for path in PATHS:
        text = _core._b64url_encode(data, path)
        assert (text.encode() if isinstance(text, str) else text) == expected
        assert _core._b64url_decode(expected, path) == data


@given(
    st.lists(st.sampled_from([*ALPHABET, *b"AAAAAAAA", *b"+/= \n.\x00\xff\x80"]), max_size=150).map(
        bytes
    )
)
def test_paths_decode_alike(text: bytes) -> None:
    assert {decode(text, path) for path in PATHS} == {reference_decode(text)}


@given(st.binary(max_size=120), st.integers(0, 200), st.integers(0, 255))
def test_one_wrong_byte(data: bytes, position: int, byte: int) -> None:
    text = reference_encode(data)
    position %= len(text) + 1
    text = text[:position] + bytes([byte]) + text[position + 1 :]
    assert {decode(text, path) for path in PATHS} == {reference_decode(text)}
