"""A user's own notes, and what anybody may know about the service."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from notes.models import Note
from notes.serializers import AboutSerializer, NoteSerializer
from project.schema import INVALID, NO_SUCH_PAGE


@extend_schema_view(
    get=extend_schema(responses={200: NoteSerializer(many=True), 404: NO_SUCH_PAGE}),
    post=extend_schema(responses={201: NoteSerializer, 400: INVALID}),
)
class NoteListView(generics.ListCreateAPIView[Note]):
    """GET lists the notes of the token's user, POST adds one. Other users' notes don't exist here.

    Protected by the project's defaults: JWTAuthentication and IsAuthenticated.
    """

    serializer_class = NoteSerializer

    def get_queryset(self) -> QuerySet[Note]:
        return Note.objects.filter(owner=self.request.user.pk)

    def perform_create(self, serializer: BaseSerializer[Note]) -> None:
        serializer.save(owner=self.request.user)


@extend_schema(responses=AboutSerializer)
@api_view(["GET"])
@permission_classes([AllowAny])
def about(request: Request) -> Response:
    """What the service is. Public: it answers with or without a token."""
    return Response({"service": "notes", "signed_in": request.user.is_authenticated})
