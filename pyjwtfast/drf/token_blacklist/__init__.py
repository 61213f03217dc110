"""The blacklist: a Django app that records refresh tokens as issued, and as no longer good.

Its label, tables and columns are those of simplejwt's app of that name, and either library can
take over the other's database.
"""

from __future__ import annotations

import sys

from django.apps import apps as registry  # `apps` is a module of this package

LABEL = "token_blacklist"


def is_installed() -> bool:
    """Whether INSTALLED_APPS has this app, by whichever name.

    Raises AppRegistryNotReady where that is not known yet.
    """
    registry.check_apps_ready()
    app = registry.app_configs.get(LABEL)
    return app is not None and app.module is sys.modules[__name__]
