"""TokenUser: a user that is nothing but a token's claims. No database model is in here."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from .settings import api_settings

if TYPE_CHECKING:
    from django.contrib.auth.models import Group, Permission
    from django.db.models.manager import EmptyManager

    from .tokens import Token


class TokenUser:
    """The user of JWTStatelessUserAuthentication: services that share a key need no user table.

    Any claim of the token can be read as an attribute; one that is missing is None. There are no
    permissions and no groups, and nothing can be saved.
    """

    # A token is only issued to active users.
    is_active = True

    def __init__(self, token: Token) -> None:
        self.token = token

    def __str__(self) -> str:
        return f"TokenUser {self.id}"

    @cached_property
    def id(self) -> Any:
        """The claim USER_ID_CLAIM, as it stands in the token."""
        return self.token[api_settings.USER_ID_CLAIM]

    @cached_property
    def pk(self) -> Any:
        return self.id

    @cached_property
    def username(self) -> str:
        return self.token.get("username", "")  # type: ignore[no-any-return]

    @cached_property
    def is_staff(self) -> bool:
        return self.token.get("is_staff", False)  # type: ignore[no-any-return]

    @cached_property
    def is_superuser(self) -> bool:
        return self.token.get("is_superuser", False)  # type: ignore[no-any-return]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TokenUser):
            return NotImplemented
        return bool(self.id == other.id)

    def __hash__(self) -> int:
        return hash(self.id)

    def save(self) -> NoReturn:
        raise NotImplementedError("Token users have no DB representation")

    def delete(self) -> NoReturn:
        raise NotImplementedError("Token users have no DB representation")

    def set_password(self, raw_password: str) -> NoReturn:
        raise NotImplementedError("Token users have no DB representation")

    def check_password(self, raw_password: str) -> NoReturn:
        raise NotImplementedError("Token users have no DB representation")

    @property
    def groups(self) -> EmptyManager[Group]:
        # Imported here: stateless users work without django.contrib.auth being installed.
        from django.contrib.auth.models import Group
        from django.db.models.manager import EmptyManager

        return EmptyManager(Group)

    @property
    def user_permissions(self) -> EmptyManager[Permission]:
        from django.contrib.auth.models import Permission
        from django.db.models.manager import EmptyManager

        return EmptyManager(Permission)

    def get_group_permissions(self, obj: object | None = None) -> set[str]:
        return set()

    def get_all_permissions(self, obj: object | None = None) -> set[str]:
        return set()

    def has_perm(self, perm: str, obj: object | None = None) -> bool:
        return False

    def has_perms(self, perm_list: list[str], obj: object | None = None) -> bool:
        return False

    def has_module_perms(self, module: str) -> bool:
        return False

    @property
    def is_anonymous(self) -> bool:
        return False

    @property
    def is_authenticated(self) -> bool:
        return True

    def get_username(self) -> str:
        return self.username

    def __getattr__(self, name: str) -> Any:
        """The claim of that name, or None.

        Python's own protocols (copy, pickle) ask for names that must be missing.
        """
        if name == "token" or (name.startswith("__") and name.endswith("__")):
            raise AttributeError(name)
        return self.token.get(name)
