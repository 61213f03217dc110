"""What is measured: each case is a list of contestants that do the same thing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pyjwtfast

from .timing import Case, Contestant, WrongResultError, rotating
from .ways import Peers, Signing, Verification, signings, verifications
from .workloads import (
    OTHER_SECRET,
    ROTATION,
    SECRET,
    SIZES,
    Claims,
    access_claims,
    fresh_copies,
    token_of,
    with_list,
    with_text,
)

TOKEN_LENGTH = 231  # of simplejwt's access token


def canonical(value: Any) -> str:
    """A text that is equal for what is equal in value and type, whatever the order of members."""
    return f"{type(value).__name__} {json.dumps(value, sort_keys=True)}"


def references(contestants: list[Contestant]) -> dict[str, str]:
    """The first contestants of PyJWT and ryjwt, where they take part."""
    found: dict[str, str] = {}
    for contestant in contestants:
        if contestant.library in ("PyJWT", "ryjwt"):
            found.setdefault(contestant.library, contestant.name)
    return found


# --- verifying ---


def claims_of(way: Verification, tokens: list[str]) -> list[str]:
    return [canonical(way(token)) for token in tokens]


def verify_case(
    group: str, name: str, title: str, claims: Claims, ways: list[Verification], algorithm: str
) -> Case:
    """Each way verifies one token again and again."""
    token = token_of(claims, algorithm=algorithm)
    contestants = [
        Contestant(way.library, way.way, way.repeating(token), partial(claims_of, way, [token]))
        for way in ways
    ]
    title = f"{title}, {len(token):,} characters"
    return Case(group, name, title, contestants, [canonical(claims)], references(contestants))


def cached(tokens: list[str], expected: list[str]) -> Contestant:
    """Verifier.verify with a cache that has room for all the tokens."""
    verifier = pyjwtfast.Verifier(
        [pyjwtfast.Key.from_secret(SECRET)], ["HS256"], cache_size=2 * len(tokens)
    )

    def outcome() -> list[str]:
        first, again = ([canonical(verifier.verify(token)) for token in tokens] for _ in "12")
        return again if first == expected else first

    def confirm() -> None:
        misses = verifier.cache_info().misses
        if misses != len(tokens):
            raise WrongResultError(f"the cache had {misses} misses for {len(tokens)} tokens")

    loop = rotating(verifier.verify, fresh_copies(tokens))
    return Contestant("pyjwtfast", "Verifier.verify(), cached", loop, outcome, confirm)


def rotating_case(name: str, title: str, extra: Claims, ways: list[Verification]) -> Case:
    """Each way goes through many users' tokens, which are new str objects each time."""
    all_claims = [{**access_claims(number), **extra} for number in range(1, ROTATION + 1)]
    tokens = [token_of(claims) for claims in all_claims]
    expected = [canonical(claims) for claims in all_claims]
    contestants = [
        Contestant(
            way.library,
            way.way,
            way.rotating(fresh_copies(tokens)),
            partial(claims_of, way, tokens),
        )
        for way in ways
    ]
    contestants.append(cached(tokens, expected))
    return Case("cached", name, title, contestants, expected, references(contestants))


def refusal(way: Verification, token: str) -> str:
    """What a way says of a bad token, in words common to all."""
    try:
        way(token)
    except Exception as error:
        if type(error) is way.expired:
            return "expired"
        return "bad signature" if type(error) is way.bad_signature else repr(error)
    return "accepted"


def refused_case(
    name: str, title: str, token: str, expected: str, ways: list[Verification]
) -> Case:
    """Each way refuses a token, and its exception is caught."""
    contestants = [
        Contestant(
            way.library,
            way.way,
            way.refusing(token, way.expired if expected == "expired" else way.bad_signature),
            partial(refusal, way, token),
        )
        for way in ways
    ]
    return Case("errors", name, title, contestants, expected, references(contestants))


# --- signing ---


def content(way: Signing, claims: Claims, algorithm: str) -> list[str]:
    """Header and claims of the token that a way makes; its signature must be right."""
    token = pyjwtfast.decode_complete(way(claims), SECRET, algorithms=[algorithm])
    return [canonical(token["header"]), canonical(token["payload"])]


def sign_case(
    group: str, name: str, title: str, claims: Claims, ways: list[Signing], algorithm: str
) -> Case:
    """Each way signs one dict again and again."""
    contestants = [
        Contestant(
            way.library, way.way, way.repeating(claims), partial(content, way, claims, algorithm)
        )
        for way in ways
    ]
    expected = [canonical({"alg": algorithm, "typ": "JWT"}), canonical(claims)]
    return Case(group, name, title, contestants, expected, references(contestants))


# --- groups ---


def decode_cases(peers: Peers) -> Iterator[Case]:
    claims = access_claims()
    if len(token_of(claims)) != TOKEN_LENGTH:
        raise AssertionError("the access token has not simplejwt's length")
    title = "Verify one access token"
    yield verify_case("decode", "decode", title, claims, verifications(peers), "HS256")


def encode_cases(peers: Peers) -> Iterator[Case]:
    title = f"Sign one access token, {TOKEN_LENGTH} characters"
    yield sign_case("encode", "encode", title, access_claims(), signings(peers), "HS256")


def cached_cases(peers: Peers) -> Iterator[Case]:
    ways = verifications(peers)
    title = f"Verify {ROTATION} access tokens in turn"
    yield rotating_case("rotating-flat", title, {}, ways)
    extra: Claims = {"roles": ["editor", "reviewer"], "team": {"id": 7, "name": "analytics"}}
    title += ", with a list and an object in their claims"
    yield rotating_case("rotating-nested", title, extra, ways)


def size_cases(peers: Peers) -> Iterator[Case]:
    verifying = [way for way in verifications(peers) if way.way != "TokenBackend.decode()"]
    signing = [way for way in signings(peers) if way.way != "TokenBackend.encode()"]
    for shape, make in (("text", with_text), ("list", with_list)):
        filled = {"text": "one long string", "list": "a list of short strings"}[shape]
        for label, size in SIZES.items():
            claims = make(size)
            suffix = f"{shape}-{label.replace(' ', '')}"
            title = f"Verify a payload of {label}: {filled}"
            yield verify_case("sizes", f"verify-{suffix}", title, claims, verifying, "HS256")
            title = f"Sign a payload of {label}: {filled}"
            yield sign_case("sizes", f"sign-{suffix}", title, claims, signing, "HS256")


def algorithm_cases(peers: Peers) -> Iterator[Case]:
    claims = access_claims()
    for algorithm in ("HS384", "HS512"):
        title = f"Verify one access token, {algorithm}"
        name = algorithm.lower()
        ways = verifications(peers, algorithm)
        yield verify_case("algorithms", f"verify-{name}", title, claims, ways, algorithm)
        title = f"Sign one access token, {algorithm}"
        signers = signings(peers, algorithm)
        yield sign_case("algorithms", f"sign-{name}", title, claims, signers, algorithm)


def error_cases(peers: Peers) -> Iterator[Case]:
    ways = verifications(peers)
    token = token_of(access_claims(), OTHER_SECRET)
    title = "Refuse a token that another key has signed"
    yield refused_case("bad-signature", title, token, "bad signature", ways)
    token = token_of(access_claims(lifetime=-3600))
    yield refused_case("expired", "Refuse an expired token", token, "expired", ways)
