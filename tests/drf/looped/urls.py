"""Those views. The names of the DRF ones are those of tests.drf.urls."""

from __future__ import annotations

from typing import Any

from django.urls import path

from pyjwtfast.drf.asynchronous import AsyncJWTAuthentication
from pyjwtfast.drf.authentication import JWTAuthentication, JWTStatelessUserAuthentication
from tests.drf.looped import views
from tests.drf.views import WhoAmI


def by(authenticator: type) -> Any:
    return WhoAmI.as_view(authentication_classes=[authenticator])


urlpatterns = [
    path("who/", by(JWTAuthentication)),
    path("stateless/", by(JWTStatelessUserAuthentication)),
    path("lazy/", views.Lazily.as_view()),
    path("open/", views.Open.as_view()),
    path("session/", views.SessionFirst.as_view()),
    path(
        "session-given/",
        views.Posting.as_view(authentication_classes=views.SessionFirst.authentication_classes),
    ),
    path("browsable/", views.Browsable.as_view()),
    path("by-hand/<str:name>/", views.by_hand),
    path("plain/", views.plain),
    path("plain-async/", views.plain_async),
    path("template/", views.in_template),
    path("untouched/", views.untouched),
    path("raises/", views.raises),
    path("members/", views.members),
    path("adrf/sync-class/", views.AdrfWho.as_view(authentication_classes=[JWTAuthentication])),
    path(
        "adrf/async-class/", views.AdrfWho.as_view(authentication_classes=[AsyncJWTAuthentication])
    ),
]
