"""Parts of the OpenAPI schema that drf-spectacular does not find by itself."""

from drf_spectacular.utils import OpenApiResponse

INVALID = OpenApiResponse(
    {
        "type": "object",
        "properties": {"detail": {"type": "string"}},
        "additionalProperties": {"type": "array", "items": {"type": "string"}},
    },
    description="What is wrong with the fields, or with the whole body.",
)
NO_SUCH_PAGE = OpenApiResponse(
    {"type": "object", "properties": {"detail": {"type": "string"}}, "required": ["detail"]},
    description="There is no such page.",
)
