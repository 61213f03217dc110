"""The same with classes of the project's own."""

from tests.third_party.spectacular.urls import own_patterns as urlpatterns  # noqa: F401
