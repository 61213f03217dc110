"""Why a token is refused: what a request with it would get, and each condition by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from rest_framework.exceptions import APIException

from pyjwtfast import PyJWS, decode, get_unverified_header
from pyjwtfast.exceptions import InvalidSignatureError, PyJWTError

from .. import revocation, token_blacklist
from ..authentication import JWTAuthentication
from ..backends import is_symmetric, prepare_key
from ..checks.support import entries
from ..exceptions import KeysUnavailable, RevocationsUnavailable, TokenError
from ..settings import api_settings, setting_in_effect
from ..state import token_backend
from ..tokens import RefreshToken
from ..users import find_user, is_identifier
from ..utils import get_md5_hash_password

_JWS = PyJWS()


class Step(NamedTuple):
    """One condition. `holds` is None where it could not be looked at, or does not count here."""

    name: str
    holds: bool | None
    text: str


def judge(raw: str) -> tuple[list[Step], bool]:
    """The conditions a token has to meet, and whether a request with it would be let in.

    The last step is what the code that answers requests says; the others explain it. No step shows
    the token, a key, or a claim beyond times, type, audience, issuer and the user's id.
    """
    steps = list(_steps(raw))
    answer = _answer(raw)
    return [*steps, answer], answer.holds is True


def _steps(raw: str) -> Iterator[Step]:
    try:
        header = get_unverified_header(raw)
        claims = decode(raw, options={"verify_signature": False})
    except PyJWTError as error:
        yield Step("form", False, f"no token: {error}")
        return
    yield Step("form", True, f"a token of {len(raw)} characters")
    said, wanted = header.get("alg"), token_backend.algorithm
    wrong = "" if said == wanted else f", but ALGORITHM is {wanted}"
    yield Step("algorithm", not wrong, f"{said!r}{wrong}")
    yield _signature(raw, header)
    yield from _times(claims)
    yield from _parties(claims)
    yield from _kind(claims)
    if token_blacklist.is_installed():
        yield _blacklist(claims)
    if revocation.is_on():
        yield _revocation(claims)
    yield from _user(claims)


def _signature(raw: str, header: Mapping[str, Any]) -> Step:
    """Whether one of the keys made the signature; times and the rest are looked at elsewhere."""
    kid = f" (kid {header['kid']!r})" if "kid" in header else ""
    try:
        for source, key in _keys(raw):
            with suppress(InvalidSignatureError):
                _JWS.decode(raw, key, algorithms=[token_backend.algorithm])
                return Step("signature", True, f"made with {source}{kid}")
    except KeysUnavailable as error:
        return Step("signature", None, f"{error.__cause__}")
    except (PyJWTError, TypeError, ValueError) as error:
        return Step("signature", False, f"{error}{kid}")
    return Step(
        "signature",
        False,
        f"made with none of this project's keys{kid}: by somebody else, or with a former key that "
        "is not in SIGNING_KEY_FALLBACKS",
    )


def _keys(raw: str) -> Iterator[tuple[str, Any]]:
    """The keys that may verify, and where each comes from."""
    if is_symmetric(token_backend.algorithm):
        source = setting_in_effect("SIGNING_KEY")
    elif token_backend.jwk_url:
        yield setting_in_effect("JWK_URL"), token_backend.get_verifying_key(raw)
        return
    else:
        source = setting_in_effect("VERIFYING_KEY")
    yield source, token_backend.get_verifying_key(raw) or ""
    source = setting_in_effect("SIGNING_KEY_FALLBACKS")
    for number, former in enumerate(token_backend.signing_key_fallbacks):
        yield f"{source}[{number}]", prepare_key(former, token_backend.algorithm)


def _times(claims: Mapping[str, Any]) -> Iterator[Step]:
    leeway, now = token_backend.get_leeway().total_seconds(), time.time()
    for claim, is_late in (("exp", True), ("nbf", False), ("iat", False)):
        if claim not in claims:
            if claim == "exp":
                yield Step(claim, False, "missing; each token must expire")
            continue
        value = claims[claim]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield Step(claim, False, f"not a number, but a {type(value).__name__}")
            continue
        try:
            ago = now - value
        except OverflowError:
            yield Step(claim, False, "no time of a calendar")
            continue
        holds = ago < leeway if is_late else ago >= -leeway
        side = "ago" if ago >= 0 else "from now"
        allowed = f"; LEEWAY is {leeway:g} s" if leeway else ""
        yield Step(claim, holds, f"{_time(value)}, {_duration(abs(ago))} {side}{allowed}")


def _time(seconds: float) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, tz=timezone.utc):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return "no time of a calendar"


def _duration(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def _parties(claims: Mapping[str, Any]) -> Iterator[Step]:
    for setting, claim in (("AUDIENCE", "aud"), ("ISSUER", "iss")):
        wanted = getattr(api_settings, setting)
        if wanted is None:
            continue
        said = claims.get(claim)
        common = set(map(str, entries(wanted))) & set(map(str, entries(said)))
        wrong = "" if common else f", but {setting} is {wanted!r}"
        yield Step(claim, not wrong, ("missing" if said is None else repr(said)) + wrong)


def _kind(claims: Mapping[str, Any]) -> Iterator[Step]:
    if api_settings.TOKEN_TYPE_CLAIM is not None:
        said = claims.get(api_settings.TOKEN_TYPE_CLAIM)
        wanted = [each.token_type for each in api_settings.AUTH_TOKEN_CLASSES]
        text = "missing" if said is None else repr(said)
        if said not in wanted:
            text += f", but views take {' or '.join(map(repr, wanted))}"
            if said == RefreshToken.token_type:
                text += ": it is for the refresh view alone"
        yield Step("type", said in wanted, text)
    if api_settings.JTI_CLAIM is not None:
        there = api_settings.JTI_CLAIM in claims
        yield Step(
            "id", there, "there" if there else f"the claim {api_settings.JTI_CLAIM} is missing"
        )


def _blacklist(claims: Mapping[str, Any]) -> Step:
    from ..token_blacklist import store
    from ..token_blacklist.models import BlacklistedToken

    jti = claims.get(api_settings.JTI_CLAIM or "jti")
    if not isinstance(jti, str) or not is_identifier(jti):
        return Step("blacklist", None, "it has no id by which it could be listed")
    rows = BlacklistedToken._default_manager.using(store.database())
    try:
        row = rows.filter(token__jti=jti).first()
    except DatabaseError as error:
        return Step("blacklist", None, f"not looked at: {error}")
    if row is None:
        return Step("blacklist", True, "not listed")
    return Step("blacklist", False, f"listed since {row.blacklisted_at:%Y-%m-%d %H:%M:%S %Z}")


def _revocation(claims: Mapping[str, Any]) -> Step:
    """Whether it is revoked, asked of the cache itself."""
    try:
        revocation.check(claims, directly=True)
    except TokenError:
        return Step("revocation", False, "revoked: by itself, with its user's, or with all")
    except (RevocationsUnavailable, ImproperlyConfigured) as error:
        return Step("revocation", None, f"not looked at: {error.__cause__ or error}")
    return Step("revocation", True, "not revoked")


def _user(claims: Mapping[str, Any]) -> Iterator[Step]:
    claim = api_settings.USER_ID_CLAIM
    if claim not in claims:
        yield Step("user", False, f"the claim {claim} is missing")
        return
    try:
        user = find_user(get_user_model(), claims[claim])
    except (DatabaseError, ImproperlyConfigured) as error:
        yield Step("user", None, f"not looked at: {error}")
        return
    who = f"{api_settings.USER_ID_FIELD} {claims[claim]!r}"
    if user is None:
        yield Step("user", False, f"there is none with {who}")
        return
    yield Step("user", True, who)
    if api_settings.CHECK_USER_IS_ACTIVE:
        yield Step("active", user.is_active, "yes" if user.is_active else "the user is not active")
    if api_settings.CHECK_REVOKE_TOKEN:
        same = claims.get(api_settings.REVOKE_TOKEN_CLAIM) == get_md5_hash_password(user.password)
        text = "as when the token was made" if same else "changed since the token was made"
        yield Step("password", same, text)


def _answer(raw: str) -> Step:
    """What JWTAuthentication says; or the views that renew tokens, where it is one for them."""
    authentication = JWTAuthentication()
    try:
        token = authentication.get_validated_token(raw)
        authentication.get_user(token)
    except APIException as error:
        detail: Any = error.detail
        reason = detail.get("detail") if isinstance(detail, dict) else detail
        code = detail.get("code") if isinstance(detail, dict) else error.get_codes()
        text = f"{error.status_code} {code}: {reason}"
        if isinstance(detail, dict) and "messages" in detail:
            text += f" ({', '.join(str(each['message']) for each in detail['messages'])})"
        return Step("answer", False, text)
    except (DatabaseError, ImproperlyConfigured) as error:
        return Step("answer", False, f"500: {type(error).__name__}: {error}")
    return Step("answer", True, f"a request with it is let in, by {type(token).__name__}")
