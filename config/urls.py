"""Every address of the site."""

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from config import views
from config.endpoints import Schema
from governance.permissions import open_to_everyone

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", open_to_everyone(views.SignIn.as_view()), name="login"),
    path(
        "first-password/<uidb64>/<token>/",
        open_to_everyone(views.FirstPassword.as_view()),
        name="first-password",
    ),
    path("sign-out/", open_to_everyone(LogoutView.as_view()), name="logout"),
    path("advance/", views.advance, name="advance"),
    path("api/v1/", views.api, name="api"),
    path("api/v1/schema", Schema.as_view(), name="api-schema"),
    path("", include("governance.urls")),
    path("", include("forecasting.urls")),
    path("", include("audits.urls")),
    path("", include("public_portal.urls")),
]
