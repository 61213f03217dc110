import json
from collections.abc import Callable, Container, Iterable, Mapping
from datetime import timedelta
from typing import Any, Final, NoReturn, TypeAlias, final

from _typeshed import structseq

from .algorithms import Algorithm, AllowedPrivateKeys, AllowedPublicKeys
from .api_jwk import PyJWK
from .types import CompleteJWS, CompleteToken, JWKDict, Options

_SigningKey: TypeAlias = str | bytes | AllowedPrivateKeys | PyJWK
_VerifyingKey: TypeAlias = str | bytes | AllowedPrivateKeys | AllowedPublicKeys | PyJWK

OPENSSL_VERSION: str
BASE64URL_PATH: str

@final
class Key:
    @classmethod
    def from_secret(cls, secret: str | bytes, *, kid: str | None = None) -> Key: ...
    @classmethod
    def from_pem(
        cls,
        pem: str | bytes,
        *,
        password: str | bytes | None = None,
        algorithm: str | None = None,
        kid: str | None = None,
    ) -> Key: ...
    @classmethod
    def from_der(
        cls,
        der: bytes,
        *,
        password: str | bytes | None = None,
        algorithm: str | None = None,
        kid: str | None = None,
    ) -> Key: ...
    @classmethod
    def from_ssh(
        cls, line: str | bytes, *, algorithm: str | None = None, kid: str | None = None
    ) -> Key: ...
    @classmethod
    def from_jwk(
        cls,
        jwk: str | bytes | Mapping[str, Any],
        *,
        algorithm: str | None = None,
        kid: str | None = None,
    ) -> Key: ...
    @classmethod
    def from_jwks(
        cls, jwks: str | bytes | Mapping[str, Any], *, strict: bool = False
    ) -> list[Key]: ...
    @classmethod
    def from_cryptography(
        cls, key: object, *, algorithm: str | None = None, kid: str | None = None
    ) -> Key: ...
    @classmethod
    def generate(
        cls, algorithm: str, *, bits: int | None = None, kid: str | None = None
    ) -> Key: ...
    def public(self) -> Key: ...
    def to_pem(self, private: bool = False, password: str | bytes | None = None) -> str: ...
    def to_der(self, private: bool = False) -> bytes: ...
    def to_jwk(self, private: bool = False) -> JWKDict: ...
    def thumbprint(self) -> str: ...
    @property
    def kid(self) -> str | None: ...
    @property
    def kty(self) -> str: ...
    @property
    def crv(self) -> str | None: ...
    @property
    def bits(self) -> int: ...
    @property
    def algorithm(self) -> str | None: ...
    @property
    def is_private(self) -> bool: ...
    def __copy__(self) -> Key: ...
    def __deepcopy__(self, memo: Any, /) -> Key: ...
    def __reduce__(self) -> NoReturn: ...

@final
class Signer:
    def __new__(
        cls, key: Key, algorithm: str = ..., headers: dict[str, Any] | None = None
    ) -> Signer: ...
    @property
    def key(self) -> Key: ...
    @property
    def algorithm(self) -> str: ...
    def sign(self, claims: dict[str, Any]) -> str: ...

@final
class CacheInfo(structseq[int], tuple[int, int, int, int, int]):
    __match_args__: Final = ("hits", "misses", "entries", "bytes", "capacity")
    @property
    def hits(self) -> int: ...
    @property
    def misses(self) -> int: ...
    @property
    def entries(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    @property
    def capacity(self) -> int: ...

@final
class Verifier:
    def __new__(
        cls,
        keys: Iterable[Key],
        algorithms: Iterable[str],
        *,
        audience: str | Iterable[str] | None = None,
        issuer: str | Iterable[str] | None = None,
        subject: str | None = None,
        leeway: float | timedelta = 0,
        require: Iterable[str] = (),
        expect: dict[str, Any] | None = None,
        options: Options | None = None,
        cache_size: int = 0,
        max_token_bytes: int = 262144,
    ) -> Verifier: ...
    @property
    def keys(self) -> tuple[Key, ...]: ...
    @property
    def algorithms(self) -> tuple[str, ...]: ...
    def verify(self, token: str | bytes) -> dict[str, Any]: ...
    def verify_complete(self, token: str | bytes) -> CompleteToken: ...
    def cache_info(self) -> CacheInfo: ...
    def cache_clear(self) -> None: ...

def encode(
    payload: dict[str, Any],
    key: _SigningKey | None,
    algorithm: str | None = ...,
    headers: Mapping[str, Any] | None = None,
    json_encoder: type[json.JSONEncoder] | None = None,
    sort_headers: bool = True,
) -> str: ...
def decode(
    jwt: str | bytes,
    key: _VerifyingKey | None = "",
    algorithms: Container[str] | None = None,
    options: Options | None = None,
    verify: bool | None = None,
    detached_payload: bytes | None = None,
    audience: str | Iterable[str] | None = None,
    subject: str | None = None,
    issuer: str | Container[str] | None = None,
    leeway: float | timedelta = 0,
    **kwargs: Any,
) -> dict[str, Any]: ...
def decode_complete(
    jwt: str | bytes,
    key: _VerifyingKey | None = "",
    algorithms: Container[str] | None = None,
    options: Options | None = None,
    verify: bool | None = None,
    detached_payload: bytes | None = None,
    audience: str | Iterable[str] | None = None,
    issuer: str | Container[str] | None = None,
    subject: str | None = None,
    leeway: float | timedelta = 0,
    **kwargs: Any,
) -> CompleteToken: ...
def get_unverified_header(jwt: str | bytes) -> dict[str, Any]: ...
def _jws_encode(
    payload: bytes,
    key: object,
    algorithm: str | None,
    headers: Mapping[str, Any] | None,
    json_encoder: type[json.JSONEncoder] | None,
    is_payload_detached: bool,
    sort_headers: bool,
    header_typ: str | None,
    registry: dict[str, Algorithm] | None,
    enforce: bool,
) -> str: ...
def _jws_decode(
    jwt: str | bytes,
    key: object,
    algorithms: Container[str] | None,
    verify_signature: bool,
    enforce: bool,
    detached_payload: bytes | None,
    registry: dict[str, Algorithm] | None,
) -> CompleteJWS: ...
def _check_claims(
    payload: dict[str, Any],
    options: Mapping[str, Any] | None,
    audience: str | Iterable[str] | None,
    issuer: str | Container[str] | None,
    subject: str | None,
    leeway: float | timedelta,
    /,
) -> None: ...
def _token_in_header(header: object, starts: tuple[bytes, ...], /) -> bytes | None: ...
def _is_usual_token(
    claims: object,
    now: object,
    jti_claim: str | None,
    type_claim: str | None,
    token_type: str | None,
    /,
) -> bool: ...
def _sign(algorithm: str, key: Key | str | bytes, message: bytes, /) -> bytes: ...
def _verify(
    algorithm: str, key: Key | str | bytes, message: bytes, signature: bytes, /
) -> bool: ...
def _setup(
    native: dict[str, Algorithm],
    pyjwk: type[PyJWK],
    sign: Callable[[Algorithm, Any, bytes, bool], bytes],
    verify: Callable[[Algorithm, Any, bytes, bytes, bool], bool],
    /,
) -> None: ...
def _set_registry(registry: dict[str, Algorithm] | None, /) -> None: ...
def _b64url_paths() -> list[str]: ...
def _b64url_decode(text: bytes, path: str, /) -> bytes: ...
def _b64url_encode(data: bytes, path: str, /) -> bytes: ...
def _json_loads(text: bytes, /) -> Any: ...
def _json_loads_events(text: bytes, /) -> Any: ...
