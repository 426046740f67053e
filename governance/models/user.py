"""Accounts of people who decide, and of the services that never can."""

import secrets
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models


def draw_pseudonym() -> str:
    """Return a name for the public record that says nothing about the person."""
    return f"p-{secrets.token_hex(5)}"


class UserManager(BaseUserManager["User"]):
    """Creates accounts; the e-mail address signs in."""

    def create_user(
        self, email: str, *, name: str, password: str | None = None, is_service: bool = False
    ) -> "User":
        """Create an account; without a password it cannot sign in."""
        user = self.model(email=self.normalize_email(email).lower(), name=name, is_service=is_service)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """An account. The record knows it by its pseudonym only."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    pseudonym = models.CharField(max_length=20, unique=True, default=draw_pseudonym)
    is_service = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    notices_by_mail = models.BooleanField(default=True)  # her choice; what duty asks for is sent all the same
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints: ClassVar = [
            # A superuser would pass every permission check; nobody is above the rules.
            models.CheckConstraint(condition=models.Q(is_superuser=False), name="nobody_is_superuser"),
        ]

    def __str__(self) -> str:
        return self.name
