"""The admin, and the token views of whichever library is in use."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings
from django.contrib import admin
from django.urls import path

views = import_module(f"{settings.PACKAGE}.views")

urlpatterns = [
    path("admin/", admin.site.urls),
    path("obtain/", views.TokenObtainPairView.as_view()),
    path("refresh/", views.TokenRefreshView.as_view()),
]
