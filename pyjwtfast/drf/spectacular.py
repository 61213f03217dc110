"""Our extension of drf-spectacular: the bearer scheme, and what each token view takes and answers.

It is loaded where drf-spectacular is used: by our apps, and in the place of drf-spectacular's own
extension for simplejwt where `pyjwtfast.replace_simplejwt` is imported. The names of classes and
scheme are that one's; other packages build on them.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.drainage import set_override
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
    OpenApiViewExtension,
)
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from .backends import is_symmetric
from .settings import api_settings

_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}

# By field, or in one `detail` where the body could not be read at all.
_INVALID = {"type": "object", "properties": {"detail": _TEXT}, "additionalProperties": _TEXTS}
_NOBODY = {"type": "object", "properties": {"detail": _TEXT}, "required": ["detail"]}
_REFUSED = {
    "type": "object",
    "properties": {"detail": _TEXT, "code": _TEXT},
    "required": ["detail"],
}
# On other views than those for tokens: one message for each of AUTH_TOKEN_CLASSES.
_MESSAGE = dict.fromkeys(("token_class", "token_type", "message"), _TEXT)
_UNAUTHENTICATED = {
    "type": "object",
    "properties": {
        "detail": _TEXT,
        "code": _TEXT,
        "messages": {"type": "array", "items": {"type": "object", "properties": _MESSAGE}},
    },
    "required": ["detail"],
}


class _Extension:
    """An extension for a class of ours and all that derives from it, unless that has its own.

    What others derive from the extension is for its own target alone, and goes first.
    """

    match_subclasses: bool
    priority: int

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        ours = cls.__module__ == __name__
        cls.match_subclasses = vars(cls).get("match_subclasses", ours)
        cls.priority = vars(cls).get("priority", -1 if ours else 0)


class SimpleJWTScheme(_Extension, OpenApiAuthenticationExtension):
    """The token in the header: `bearer`, or what AUTH_HEADER_NAME and AUTH_HEADER_TYPES say."""

    target_class = "pyjwtfast.drf.authentication.JWTAuthentication"
    name = "jwtAuth"

    def get_security_definition(self, auto_schema: Any) -> Any:
        # All classes share one scheme; else a second one of that name is a warning.
        set_override(type(self.target), "suppress_collision_warning", True)
        types = api_settings.header_types
        # A schema has room for one; of several, for the one that OpenAPI has a word for.
        bearer = any(name.lower() == "bearer" for name in types)
        return build_bearer_security_scheme_object(
            header_name=api_settings.AUTH_HEADER_NAME,
            token_prefix="Bearer" if bearer else types[0],
            bearer_format="JWT",
        )


SimpleJWTTokenUserScheme = SimpleJWTStatelessUserScheme = SimpleJWTScheme


class _SerializerExtension(_Extension, OpenApiSerializerExtension):
    """Maps a serializer with the fields that it answers, and which are not declared."""

    def add_fields(self, fields: Any) -> None:
        raise NotImplementedError

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        self.add_fields(self.target.fields)
        return auto_schema._map_serializer(self.target, direction, bypass_extensions=True)


class TokenObtainPairSerializerExtension(_SerializerExtension):
    """User name and password in, both tokens out."""

    target_class = "pyjwtfast.drf.serializers.TokenObtainPairSerializer"

    def add_fields(self, fields: Any) -> None:
        fields.setdefault("access", serializers.CharField(read_only=True))
        fields.setdefault("refresh", serializers.CharField(read_only=True))


class TokenObtainSlidingSerializerExtension(_SerializerExtension):
    """User name and password in, the token out."""

    target_class = "pyjwtfast.drf.serializers.TokenObtainSlidingSerializer"

    def add_fields(self, fields: Any) -> None:
        fields.setdefault("token", serializers.CharField(read_only=True))


class TokenRefreshSerializerExtension(_SerializerExtension):
    """The refresh token in; out, too, if it is rotated."""

    target_class = "pyjwtfast.drf.serializers.TokenRefreshSerializer"

    def add_fields(self, fields: Any) -> None:
        if "refresh" in fields:
            fields["refresh"].write_only = not api_settings.ROTATE_REFRESH_TOKENS


class TokenVerifySerializerExtension(_SerializerExtension):
    """The token in, nothing out."""

    target_class = "pyjwtfast.drf.serializers.TokenVerifySerializer"

    def add_fields(self, fields: Any) -> None:
        """It has them all."""


class TokenViewExtension(_Extension, OpenApiViewExtension):
    """Adds what a token view answers when it refuses, unless the project has said it itself."""

    target_class = "pyjwtfast.drf.views.TokenViewBase"

    def view_replacement(self) -> Any:
        target: Any = self.target
        errors = _errors(target)
        # What the project has put there by @extend_schema stays, and is asked first.
        base = getattr(target.post, "kwargs", {}).get("schema") or type(target.schema)

        class Schema(base):  # type: ignore[misc, valid-type]
            def get_response_serializers(self) -> Any:
                answer = super().get_response_serializers()
                return answer if isinstance(answer, dict) else {200: answer, **errors}

        def post(self: Any, request: Any, *args: Any, **kwargs: Any) -> None:
            """Never called."""

        post.__doc__ = target.post.__doc__
        post.kwargs = {"schema": Schema}  # type: ignore[attr-defined]
        attributes = {"post": post, "__doc__": target.__doc__, "__module__": target.__module__}
        return type(target.__name__, (target,), attributes)


def _errors(view: Any) -> dict[int, OpenApiResponse]:
    """The answers of a token view that are none of its serializer's."""
    from .serializers import TokenObtainSerializer  # not before the apps are ready

    invalid = OpenApiResponse(_INVALID, description="What is wrong with the fields.")
    if issubclass(view().get_serializer_class(), TokenObtainSerializer):
        nobody = OpenApiResponse(_NOBODY, description="Nobody may log in with these credentials.")
        return {400: invalid, 401: nobody}
    errors = {400: invalid, 401: OpenApiResponse(_REFUSED, description="The token is refused.")}
    if api_settings.JWK_URL and not is_symmetric(api_settings.ALGORITHM):
        text = "The keys that verify tokens cannot be had at present; see Retry-After."
        errors[503] = OpenApiResponse(_REFUSED, description=text)
    elif api_settings.REVOCATION_CACHE is not None:
        text = "It cannot be known at present whether the token is revoked; see Retry-After."
        errors[503] = OpenApiResponse(_REFUSED, description=text)
    return errors


def add_unauthenticated(result: Any, generator: Any, request: Any, public: Any) -> Any:
    """A hook for POSTPROCESSING_HOOKS: the 401 of every view that takes the token in the header."""
    for path in result["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and any(
                SimpleJWTScheme.name in scheme for scheme in operation.get("security", ())
            ):
                operation["responses"].setdefault(
                    "401",
                    {
                        "description": "There is no token, or it is refused.",
                        "content": {"application/json": {"schema": _UNAUTHENTICATED}},
                        "headers": {"WWW-Authenticate": {"schema": _TEXT}},
                    },
                )
    return result
