"""Routes of the accounts app, below /api/."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("signup/", views.SignUpView.as_view(), name="signup"),
    path("whoami/", views.whoami, name="whoami"),
]
