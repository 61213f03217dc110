"""What the server in front must do right, whichever it is: TLS, hosts, headers, static files."""

from __future__ import annotations

from .client import USER, Client
from .site import HOST, Site

# What a client may say of itself; none of it may reach Django as if it were so.
CLAIMED = (
    {},
    {"X-Forwarded-Proto": "http"},
    {"X-Forwarded-Proto": "https, http"},
    {"X_Forwarded_Proto": "http"},
    {"X-Forwarded-SSL": "off", "X-Forwarded-Protocol": "http"},
    {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example;proto=http"},
    {"SCRIPT_NAME": "/api"},
    {"Connection": "close, X-Forwarded-Proto, X-Forwarded-For"},
)


def check_static_files(site: Site, client: Client) -> None:
    answer = client.get("/static/rest_framework/css/default.css")
    expected = (site.directory / "static/rest_framework/css/default.css").read_text()
    assert (answer.status, answer.text) == (200, expected)
    assert answer.headers["Content-Type"] == "text/css"
    assert client.get("/static/none.css").status == 404
    for path in ("/static/../notes.env", "/static/%2e%2e/notes.env", "/notes.env", "/notes.wsgi"):
        assert client.get(path).status in (400, 404), path


def check_tls(site: Site, client: Client, plain: Client) -> None:
    """Django knows of TLS and of the host, whatever a client says; without TLS is nothing."""
    token = site.access_token()
    if "page=2" not in client.get("/api/notes/", token).text:
        for number in range(51):
            assert client.post("/api/notes/", {"text": f"page {number}"}, token).status == 201
    for headers in CLAIMED:
        answer = client.get("/api/notes/", token, headers=headers)
        assert answer.status == 200, (headers, answer.status, answer.headers["Location"])
        assert answer.json["next"] == f"https://{HOST}/api/notes/?page=2"
        assert answer.headers["Strict-Transport-Security"] == "max-age=2592000"
        if headers.get("X-Forwarded-Proto") == "http":
            headers = {"X-Forwarded-Proto": "https"}
        answer = plain.get("/api/about/?a=1", headers=headers)
        assert answer.status == 301
        assert answer.headers["Location"] == f"https://{HOST}/api/about/?a=1"
    assert plain.get("/api/notes/", token, headers={"X-Forwarded-Proto": "https"}).status == 403
    assert plain.post("/api/token/", USER).status == 403
    other = client.get("/api/about/", headers={"Host": "evil.example"})
    assert other.status in (400, 421)


def check_login_limit(client: Client) -> None:
    """NGINX's: too many attempts are refused, with an answer that clients can read."""
    answers = [client.post("/api/token/", {**USER, "password": "guess"}) for _ in range(12)]
    assert {answer.status for answer in answers} == {401, 429}
    assert answers[-1].status == 429
    assert answers[-1].json == {"detail": "Request was throttled.", "code": "throttled"}
    assert answers[-1].headers["Retry-After"] == "5"
    assert answers[-1].headers["Content-Type"] == "application/json"
    # A new user's password is hashed, too; what hashes none has no limit.
    assert client.post("/api/signup/", {"username": "new", "password": "guess"}).status == 429
    assert client.post("/api/token/refresh/", {"refresh": "x"}).status == 401
