"""Routes of the notes app, below /api/."""

from django.urls import path

from notes import async_views, views

urlpatterns = [
    path("notes/", views.NoteListView.as_view(), name="notes"),
    path("notes/count/", async_views.count, name="notes_count"),
    path("about/", views.about, name="about"),
]
