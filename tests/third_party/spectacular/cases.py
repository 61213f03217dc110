"""The schema is valid, has one bearer scheme, and describes what the views really take and answer.

With simplejwt and drf-spectacular's own extension it would not: these cases are for ours.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import override_settings

from tests.third_party.support import PASSWORD, bearer, new_client

pytestmark = pytest.mark.django_db

OWN = "tests.third_party.spectacular.own_urls"


@pytest.fixture
def generate(tmp_path: Path) -> Any:
    def schema(**more: Any) -> Any:
        file = tmp_path / "schema.yaml"
        with override_settings(ROOT_URLCONF=OWN, **more):
            call_command("spectacular", validate=True, fail_on_warn=True, file=str(file))
        return yaml.safe_load(file.read_text())

    return schema


@pytest.fixture
def schema(generate: Any) -> Any:
    return generate()


def fits(schema: Any, path: str, method: str, answer: Any) -> None:
    """That the answer is one that the schema describes; OpenAPI's writeOnly left out."""
    described = schema["paths"][path][method]["responses"][str(answer.status_code)]
    if "content" not in described:
        assert answer.json() == {}, path
        return
    shape = resolve(schema, described["content"]["application/json"]["schema"])
    hidden = {name for name, field in shape.get("properties", {}).items() if "writeOnly" in field}
    shown = {name: field for name, field in shape["properties"].items() if name not in hidden}
    required = [name for name in shape.get("required", []) if name not in hidden]
    strict = {"additionalProperties": False, **shape, "properties": shown, "required": required}
    jsonschema.validate(answer.json(), strict)


def resolve(schema: Any, shape: Any) -> Any:
    name = shape.get("$ref", "").removeprefix("#/components/schemas/")
    return schema["components"]["schemas"][name] if name else shape


def request_fields(schema: Any, path: str) -> set[str]:
    """The names that a body may have."""
    content = schema["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    fields = resolve(schema, content["schema"])["properties"]
    return {name for name, field in fields.items() if "readOnly" not in field}


def answer_fields(schema: Any, path: str) -> set[str]:
    content = schema["paths"][path]["post"]["responses"]["200"].get("content")
    if content is None:
        return set()
    fields = resolve(schema, content["application/json"]["schema"])["properties"]
    return {name for name, field in fields.items() if "writeOnly" not in field}


def test_one_extension_is_at_work(schema: Any) -> None:
    from drf_spectacular.extensions import OpenApiAuthenticationExtension as Extension

    import pyjwtfast.drf.spectacular as ours

    schemes = [scheme.__module__ for scheme in Extension._registry if "JWT" in scheme.__name__]
    assert schemes.count(ours.__name__) == 1
    if settings.JWT == "rest_framework_simplejwt":  # the one line
        assert "drf_spectacular.contrib.rest_framework_simplejwt" not in schemes
        assert sys.modules["drf_spectacular.contrib.rest_framework_simplejwt"] is ours


def test_the_scheme(schema: Any) -> None:
    assert schema["components"]["securitySchemes"] == {
        "jwtAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    for path in ("/who/", "/stateless/", "/own/"):
        assert schema["paths"][path]["get"]["security"] == [{"jwtAuth": []}], path
    for path in ("/token/", "/token/refresh/", "/sliding/", "/team/"):
        assert "jwtAuth" not in str(schema["paths"][path]["post"].get("security")), path


@pytest.mark.parametrize(
    ("simple_jwt", "scheme"),
    [
        ({"AUTH_HEADER_TYPES": ("JWT", "Bearer")}, {"type": "http", "scheme": "bearer"}),
        ({"AUTH_HEADER_TYPES": "Bearer"}, {"type": "http", "scheme": "bearer"}),
        ({"AUTH_HEADER_TYPES": ("JWT", "X")}, {"type": "apiKey", "name": "Authorization"}),
        ({"AUTH_HEADER_NAME": "HTTP_X_TOKEN"}, {"type": "apiKey", "name": "X-token"}),
    ],
)
def test_the_scheme_follows_the_settings(generate: Any, simple_jwt: Any, scheme: Any) -> None:
    (found,) = generate(SIMPLE_JWT=simple_jwt)["components"]["securitySchemes"].values()
    assert scheme.items() <= found.items()


def test_requests_and_answers(schema: Any) -> None:
    both = {"access", "refresh"}
    expected = {
        "/token/": ({"username", "password"}, both),
        "/team/": ({"username", "password", "team"}, both),
        "/token/refresh/": ({"refresh"}, {"access"}),
        "/token/verify/": ({"token"}, set()),
        "/tagged/": ({"token"}, set()),
        "/token/blacklist/": ({"refresh"}, set()),
        "/sliding/": ({"username", "password"}, {"token"}),
        "/sliding/refresh/": ({"token"}, {"token"}),
    }
    found = {path: (request_fields(schema, path), answer_fields(schema, path)) for path in expected}
    assert found == expected
    for path in expected:
        assert set(schema["paths"][path]["post"]["responses"]) == {"200", "400", "401"}, path


def test_rotation_gives_a_refresh_token(generate: Any) -> None:
    schema = generate(SIMPLE_JWT={"ROTATE_REFRESH_TOKENS": True})
    assert answer_fields(schema, "/token/refresh/") == {"access", "refresh"}
    assert request_fields(schema, "/token/refresh/") == {"refresh"}


def test_keys_from_elsewhere_may_not_be_had(generate: Any) -> None:
    schema = generate(SIMPLE_JWT={"ALGORITHM": "RS256", "JWK_URL": "https://id.example.org/jwks"})
    assert "503" in schema["paths"]["/token/verify/"]["post"]["responses"]
    assert "503" not in schema["paths"]["/token/"]["post"]["responses"]


def test_revocations_may_not_be_had(generate: Any) -> None:
    schema = generate(SIMPLE_JWT={"REVOCATION_CACHE": "default"})
    assert "503" in schema["paths"]["/token/refresh/"]["post"]["responses"]
    assert "503" not in schema["paths"]["/token/"]["post"]["responses"]


def test_what_the_project_says_stays(schema: Any) -> None:
    described = schema["paths"]["/described/"]["post"]
    assert described["summary"] == "In the project's words"
    assert set(described["responses"]) == {"204"}
    assert schema["paths"]["/tagged/"]["post"]["tags"] == ["own"]


@pytest.mark.parametrize("rotate", [False, True])
def test_real_answers_fit(generate: Any, rotate: bool) -> None:
    more = {"SIMPLE_JWT": {"ROTATE_REFRESH_TOKENS": rotate}}
    schema = generate(**more)
    client = new_client()
    User.objects.create_user("anna", password=PASSWORD)
    login = {"username": "anna", "password": PASSWORD}

    def ask(path: str, status: int, body: Any, **how: Any) -> Any:
        answer = client.post(path, body, **how)
        assert answer.status_code == status, (path, answer.content)
        fits(schema, path, "post", answer)
        return answer.json()

    with override_settings(ROOT_URLCONF=OWN, **more):
        pair = ask("/token/", 200, login)
        ask("/team/", 200, login)
        sliding = ask("/sliding/", 200, login)
        ask("/token/refresh/", 200, {"refresh": pair["refresh"]})
        ask("/token/verify/", 200, {"token": pair["access"]})
        ask("/sliding/refresh/", 200, sliding)
        ask("/token/blacklist/", 200, {"refresh": pair["refresh"]})
        for path in ("/token/", "/team/", "/sliding/"):
            ask(path, 401, {"username": "anna", "password": "wrong"})
            ask(path, 400, {"username": "anna"})
        for path in ("/token/refresh/", "/token/verify/", "/token/blacklist/", "/sliding/refresh/"):
            ask(path, 401, {"token": "nonsense", "refresh": "nonsense"})
            ask(path, 400, {})
            ask(path, 400, b"{no JSON", content_type="application/json")
        ask("/token/refresh/", 401, {"refresh": pair["refresh"]})  # blacklisted
        User.objects.update(is_active=False)
        ask("/token/", 401, login)


def test_the_hook_for_protected_views(generate: Any) -> None:
    hook = f"{settings.JWT}.spectacular.add_unauthenticated"
    hooks = ["drf_spectacular.hooks.postprocess_schema_enums", hook]
    from drf_spectacular.settings import patched_settings

    with patched_settings({"POSTPROCESSING_HOOKS": hooks}):
        schema = generate()
    for path in ("/who/", "/stateless/", "/own/"):
        assert "401" in schema["paths"][path]["get"]["responses"]
        for how in ({}, bearer("nonsense")):
            with override_settings(ROOT_URLCONF=OWN):
                answer = new_client().get(path, **how)
            assert answer.status_code == 401
            fits(schema, path, "get", answer)
    assert "401" not in schema["paths"]["/schema/"]["get"]["responses"]


def test_the_endpoint(schema: Any) -> None:
    answer = new_client().get("/schema/", {"format": "json"})
    assert answer.status_code == 200
    assert list(answer.json()["components"]["securitySchemes"]) == ["jwtAuth"]
