"""What a browser may do with the answers of this project."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

# Scripts and styles are files of this server, never part of a page: what somebody smuggles into a
# page does not run. Django has a middleware for this since 6.0; the project runs on 5.2, too.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        # Forms are sent by scripts: without them a password would end in the address.
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
# Django's own pages about errors, which have their style inside.
DEBUG_PAGES = (404, 500)


def content_security_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """A middleware that sends the Content-Security-Policy with each answer."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not (settings.DEBUG and response.status_code in DEBUG_PAGES):
            response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    return middleware
