import json
from collections.abc import Container, Iterable, Mapping
from datetime import timedelta
from typing import Any, Final, NoReturn, final

from _typeshed import structseq

from .types import CompleteToken, Options

OPENSSL_VERSION: str
BASE64URL_PATH: str

@final
class Key:
    @classmethod
    def from_secret(cls, secret: str | bytes, *, kid: str | None = None) -> Key: ...
    @property
    def kid(self) -> str | None: ...
    @property
    def kty(self) -> str: ...
    @property
    def bits(self) -> int: ...
    def __reduce__(self) -> NoReturn: ...

@final
class Signer:
    def __new__(
        cls, key: Key, algorithm: str = "HS256", headers: dict[str, Any] | None = None
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
    key: str | bytes | Key | None,
    algorithm: str | None = "HS256",
    headers: Mapping[str, Any] | None = None,
    json_encoder: type[json.JSONEncoder] | None = None,
    sort_headers: bool = True,
) -> str: ...
def decode(
    jwt: str | bytes,
    key: str | bytes | Key = "",
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
    key: str | bytes | Key = "",
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
def _b64url_paths() -> list[str]: ...
def _b64url_decode(text: bytes, path: str, /) -> bytes: ...
def _b64url_encode(data: bytes, path: str, /) -> bytes: ...
def _json_loads(text: bytes, /) -> Any: ...
def _json_loads_events(text: bytes, /) -> Any: ...
