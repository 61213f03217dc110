"""Routes of the page."""

from django.urls import path

from frontend.views import PageView

urlpatterns = [path("", PageView.as_view(), name="page")]
