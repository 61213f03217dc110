"""Our messages in the language of the request, whichever of our apps is installed, or none.

Django has catalogues of the apps in INSTALLED_APPS only; a project may list the blacklist alone, or
import our classes and list nothing. What Django does not translate is therefore looked up in our
own catalogues. Django is asked first, so that a project's catalogue may say it in other words.
"""

from __future__ import annotations

import gettext as catalogues
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.utils import translation
from django.utils.functional import lazy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

DOMAIN = "django"
LOCALE_DIRECTORY = Path(__file__).parent / "locale"


def gettext(message: str) -> str:
    """The message in the language that is active; as it is, where there is no translation."""
    translated = translation.gettext(message)
    return _own().gettext(message) if translated == message else translated


def ngettext(singular: str, plural: str, number: int) -> str:
    """Of two messages the one for the number, translated likewise."""
    translated = translation.ngettext(singular, plural, number)
    if translated in (singular, plural):
        return _own().ngettext(singular, plural, number)
    return translated


# What is translated when it is shown, in the language of that moment.
gettext_lazy = cast("Callable[[str], _StrPromise]", lazy(gettext, str))


def _own() -> catalogues.NullTranslations:
    language = translation.get_language() if settings.USE_I18N else None
    return _catalogue(language, settings.LANGUAGE_CODE)


@cache
def _catalogue(language: str | None, default: str) -> catalogues.NullTranslations:
    """Our messages in a language; those it does not have come from the default, as in Django."""
    if language is None:
        return catalogues.NullTranslations()
    names = list(_locales(language))
    if not language.startswith("en"):  # English has no catalogue: it is what the code says
        names += _locales(default)
    return catalogues.translation(DOMAIN, LOCALE_DIRECTORY, names, fallback=True)


def _locales(language: str) -> Iterator[str]:
    """The names that a language's catalogue may have, the closest first: de_AT, de.

    Python's gettext also looks for the usual country: it_IT for `it`.
    """
    for code in (language, *LANG_INFO.get(language, {}).get("fallback", ())):
        while code:
            yield translation.to_locale(code)
            code = code.rpartition("-")[0]
