"""Addresses of the public portal."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
