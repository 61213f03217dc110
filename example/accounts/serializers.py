"""What a client sends to sign up, and what it is told about itself."""

from typing import Any

from django.contrib.auth import password_validation
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers


class SignUpSerializer(serializers.ModelSerializer[User]):
    """Creates a user from a name and a password that passes AUTH_PASSWORD_VALIDATORS."""

    password = serializers.CharField(write_only=True, trim_whitespace=False, max_length=128)

    class Meta:
        model = User
        fields = ("id", "username", "password")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            password_validation.validate_password(
                attrs["password"], user=User(username=attrs["username"])
            )
        except DjangoValidationError as error:
            raise serializers.ValidationError({"password": error.messages}) from error
        return attrs

    def create(self, validated_data: dict[str, Any]) -> User:
        return User.objects.create_user(**validated_data)


class BearerSerializer(serializers.Serializer[Any]):
    """Whom a token names, as text, and when it expires, in seconds since 1970."""

    user_id = serializers.CharField(read_only=True)
    expires_at = serializers.IntegerField(read_only=True)
