"""A plain async view: the token is verified in the event loop, the rows are awaited."""

from django.http import HttpRequest, JsonResponse
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated

from notes.models import Note
from pyjwtfast.drf.asynchronous import AsyncJWTAuthentication


async def count(request: HttpRequest) -> JsonResponse:
    """How many notes the token's user has."""
    try:
        found = await AsyncJWTAuthentication().authenticate(request)
    except AuthenticationFailed as error:
        return JsonResponse(error.detail, status=401)
    if found is None:
        return JsonResponse({"detail": NotAuthenticated.default_detail}, status=401)
    user, _ = found
    return JsonResponse({"count": await Note.objects.filter(owner=user.pk).acount()})
