"""Routes of the notes app, below /api/."""

from django.urls import path

from notes import views

urlpatterns = [
    path("notes/", views.NoteListView.as_view(), name="notes"),
    path("about/", views.about, name="about"),
]
