"""A note as clients see it, and what they are told about the service."""

from typing import Any

from rest_framework import serializers

from notes.models import Note


class NoteSerializer(serializers.ModelSerializer[Note]):
    """The owner is whoever the request's token names, never what the client says."""

    class Meta:
        model = Note
        fields = ("id", "text", "created_at")


class AboutSerializer(serializers.Serializer[Any]):
    service = serializers.CharField(read_only=True)
    signed_in = serializers.BooleanField(read_only=True)
