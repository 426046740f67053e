"""Every address of the site."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from config import views
from governance.permissions import open_to_everyone

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", open_to_everyone(LoginView.as_view()), name="login"),
    path("sign-out/", open_to_everyone(LogoutView.as_view()), name="logout"),
    path("advance/", views.advance, name="advance"),
    path("", include("governance.urls")),
    path("", include("forecasting.urls")),
    path("", include("audits.urls")),
    path("", include("public_portal.urls")),
]
