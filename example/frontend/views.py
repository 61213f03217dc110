"""The page that shows a token's life. All else that it does, its scripts do through the API."""

from typing import Any

from django.conf import settings
from django.views.generic import TemplateView

from accounts.demo import PASSWORD, USERNAME


class PageView(TemplateView):
    """The page; where DEMO is set it tells the demo user's name and password."""

    template_name = "frontend/page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        demo = {"username": USERNAME, "password": PASSWORD} if settings.DEMO else None
        return super().get_context_data(**kwargs, demo=demo)
