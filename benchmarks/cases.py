"""What is measured: each case is a list of contestants that do the same thing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pyjwtfast

from . import bare
from .materials import ALL, ASYMMETRIC, Material, material
from .timing import Case, Contestant, WrongResultError, repeating, rotating
from .ways import (
    Peers,
    Signing,
    Verification,
    private_key_signings,
    public_key_verifications,
    signings,
    verifications,
)
from .workloads import (
    OTHER_SECRET,
    ROTATION,
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
    """The first contestants of PyJWT, ryjwt and OpenSSL, where they take part."""
    found: dict[str, str] = {}
    for contestant in contestants:
        if contestant.library in ("PyJWT", "ryjwt", "OpenSSL"):
            found.setdefault(contestant.library, contestant.name)
    return found


# --- verifying ---


def claims_of(way: Verification, tokens: list[str]) -> list[str]:
    return [canonical(way(token)) for token in tokens]


def verify_case(
    group: str,
    name: str,
    title: str,
    claims: Claims,
    ways: list[Verification],
    key: Material,
    with_bare: bool = True,
) -> Case:
    """Each way verifies one token again and again. with_bare: OpenSSL alone takes part."""
    token = key.token_of(claims)
    expected = [canonical(claims)]
    contestants = [
        Contestant(way.library, way.way, way.repeating(token), partial(claims_of, way, [token]))
        for way in ways
    ]
    if with_bare:
        contestants += bare.contestants(key, token, "verify", expected)
    title = f"{title}, {len(token):,} characters"
    return Case(group, name, title, contestants, expected, references(contestants))


def cached(way: str, key: Material, tokens: list[str], expected: list[str]) -> Contestant:
    """Verifier.verify with a cache that has room for all the tokens."""
    verifier = pyjwtfast.Verifier([key.verifying_key], [key.algorithm], cache_size=2 * len(tokens))

    def outcome() -> list[str]:
        first, again = ([canonical(verifier.verify(token)) for token in tokens] for _ in "12")
        return again if first == expected else first

    def confirm() -> None:
        misses = verifier.cache_info().misses
        if misses != len(tokens):
            raise WrongResultError(f"the cache had {misses} misses for {len(tokens)} tokens")

    loop = rotating(verifier.verify, fresh_copies(tokens))
    return Contestant("pyjwtfast", way, loop, outcome, confirm)


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
    contestants.append(cached("Verifier.verify(), cached", material("HS256"), tokens, expected))
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


def content(way: Signing, claims: Claims, key: Material) -> list[str]:
    """Header and claims of the token that a way makes; its signature must be right."""
    token = pyjwtfast.decode_complete(way(claims), key.verifying_text, algorithms=[key.algorithm])
    return [canonical(token["header"]), canonical(token["payload"])]


def sign_case(
    group: str,
    name: str,
    title: str,
    claims: Claims,
    ways: list[Signing],
    key: Material,
    with_bare: bool = True,
) -> Case:
    """Each way signs one dict again and again. with_bare: as in verify_case."""
    contestants = [
        Contestant(way.library, way.way, way.repeating(claims), partial(content, way, claims, key))
        for way in ways
    ]
    expected = [canonical({"alg": key.algorithm, "typ": "JWT"}), canonical(claims)]
    if with_bare:
        contestants += bare.contestants(key, key.token_of(claims), "sign", expected)
    return Case(group, name, title, contestants, expected, references(contestants))


# --- groups ---


def decode_cases(peers: Peers) -> Iterator[Case]:
    claims = access_claims()
    if len(token_of(claims)) != TOKEN_LENGTH:
        raise AssertionError("the access token has not simplejwt's length")
    title = "Verify one access token"
    yield verify_case("decode", "decode", title, claims, verifications(peers), material("HS256"))


def encode_cases(peers: Peers) -> Iterator[Case]:
    title = f"Sign one access token, {TOKEN_LENGTH} characters"
    yield sign_case("encode", "encode", title, access_claims(), signings(peers), material("HS256"))


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
    key = material("HS256")
    for shape, make in (("text", with_text), ("list", with_list)):
        filled = {"text": "one long string", "list": "a list of short strings"}[shape]
        for label, size in SIZES.items():
            claims = make(size)
            suffix = f"{shape}-{label.replace(' ', '')}"
            title = f"Verify a payload of {label}: {filled}"
            yield verify_case("sizes", f"verify-{suffix}", title, claims, verifying, key, False)
            title = f"Sign a payload of {label}: {filled}"
            yield sign_case("sizes", f"sign-{suffix}", title, claims, signing, key, False)


def algorithm_cases(peers: Peers) -> Iterator[Case]:
    """Every algorithm but HS256, which has the groups "decode" and "encode"."""
    claims = access_claims()
    for key in map(material, ALL[1:]):
        if key.name in ASYMMETRIC:
            verifying = public_key_verifications(peers, key)
            signing = private_key_signings(peers, key)
        else:
            verifying = verifications(peers, key.algorithm)
            signing = signings(peers, key.algorithm)
        title = f"Verify one access token, {key.name}"
        yield verify_case("algorithms", f"verify-{key.slug}", title, claims, verifying, key)
        title = f"Sign one access token, {key.name}"
        yield sign_case("algorithms", f"sign-{key.slug}", title, claims, signing, key)


def cached_algorithm_cases(peers: Peers) -> Iterator[Case]:
    """A contestant is an algorithm: all find the same users' tokens in their caches."""
    all_claims = [access_claims(number) for number in range(1, ROTATION + 1)]
    expected = [canonical(claims) for claims in all_claims]
    contestants = [
        cached(key.name, key, [key.token_of(claims) for claims in all_claims], expected)
        for key in map(material, ALL)
    ]
    title = f"Verifier.verify(), {ROTATION} access tokens in turn, all seen before"
    to_hs256 = {"HS256": contestants[0].name}
    yield Case("cached-algorithms", "cached-algorithms", title, contestants, expected, to_hs256)


def algorithm_size_cases(peers: Peers) -> Iterator[Case]:
    """Contestants are algorithms here, too: a list of strings in the claims, of every size."""
    for label, size in SIZES.items():
        claims = with_list(size)
        expected = canonical(claims)
        verifying, signing = [], []
        for key in map(material, ALL):
            verify = pyjwtfast.Verifier([key.verifying_key], [key.algorithm]).verify
            sign = pyjwtfast.Signer(key.signing_key, key.algorithm).sign
            token = key.token_of(claims)
            verified = partial(verified_claims, verify, token)
            signed = partial(signed_claims, sign, verify, claims)
            verifying.append(Contestant("pyjwtfast", key.name, repeating(verify, token), verified))
            signing.append(Contestant("pyjwtfast", key.name, repeating(sign, claims), signed))
        to_hs256 = {"HS256": verifying[0].name}
        for verb, call, contestants in (
            ("verify", "Verifier.verify()", verifying),
            ("sign", "Signer.sign()", signing),
        ):
            name = f"{verb}-algorithms-{label.replace(' ', '')}"
            title = f"{call}, a payload of {label}"
            yield Case("algorithm-sizes", name, title, contestants, expected, to_hs256)


def verified_claims(verify: Callable[[str], Any], token: str) -> str:
    return canonical(verify(token))


def signed_claims(
    sign: Callable[[Claims], str], verify: Callable[[str], Any], claims: Claims
) -> str:
    return canonical(verify(sign(claims)))


def error_cases(peers: Peers) -> Iterator[Case]:
    ways = verifications(peers)
    token = token_of(access_claims(), OTHER_SECRET)
    title = "Refuse a token that another key has signed"
    yield refused_case("bad-signature", title, token, "bad signature", ways)
    token = token_of(access_claims(lifetime=-3600))
    yield refused_case("expired", "Refuse an expired token", token, "expired", ways)
