"""A note as clients see it."""

from rest_framework import serializers

from notes.models import Note


class NoteSerializer(serializers.ModelSerializer[Note]):
    """The owner is whoever the request's token names, never what the client says."""

    class Meta:
        model = Note
        fields = ("id", "text", "created_at")
