"""The blacklist: a Django app that records refresh tokens as issued, and as no longer good.

Its label, tables and columns are those of simplejwt's app of that name, and either library can
take over the other's database.
"""

from __future__ import annotations

import sys

from django.apps import apps as registry  # `apps` is a module of this package
from django.core.exceptions import ImproperlyConfigured

from ..utils import SIMPLEJWT

LABEL = "token_blacklist"


def is_installed() -> bool:
    """Whether INSTALLED_APPS has this app, by whichever name.

    Raises AppRegistryNotReady where that is not known yet.
    """
    registry.check_apps_ready()
    app = registry.app_configs.get(LABEL)
    return app is not None and app.module is sys.modules[__name__]


def is_asked() -> bool:
    """Whether the blacklist is asked, and written to: whether this app is installed.

    Raises ImproperlyConfigured where simplejwt's app, or this one by another label, is installed in
    its place. Without our app there may be no system check to find that, and what the project
    revokes would be accepted without a word.
    """
    if is_installed():
        return True
    for app in registry.get_app_configs():
        if app.name in (__name__, f"{SIMPLEJWT}.{LABEL}"):
            raise ImproperlyConfigured(
                f"INSTALLED_APPS has '{app.name}', with the label '{app.label}', but not the "
                "blacklist that pyjwtfast asks: no token can be revoked. Write "
                f"'{__name__}' in its place, or put `import pyjwtfast.replace_simplejwt` at the "
                "top of the settings."
            )
    return False
