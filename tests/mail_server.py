"""A real mail server on a local socket, which keeps what it is given and refuses whom it is told to."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from django.test.utils import override_settings

SITE = "https://lamplight.example"


class Postbox:
    """What arrived, in order."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.refuses: dict[str, str] = {}  # recipient -> what the server says instead
        self.data_says = "250 OK"

    def to(self, name: str) -> list[EmailMessage]:
        """Return the letters to one person of the cast."""
        return [each for each in self.letters if each["To"] == f"{name}@example.org"]

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.data_says.startswith("250"):
            self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.data_says


def free_port() -> int:
    """Return a port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def mail_to(port: int) -> Iterator[None]:
    """Let Lamplight send to a local port, whether somebody listens there or not."""
    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
        EMAIL_USE_TLS=False,
        EMAIL_USE_SSL=False,
        EMAIL_HOST_USER="",
        EMAIL_HOST_PASSWORD="",
        EMAIL_TIMEOUT=5,
        DEFAULT_FROM_EMAIL="Lamplight <lamplight@city.example>",
        SITE_URL=SITE,
    ):
        yield


@contextmanager
def listening(box: Postbox, port: int) -> Iterator[None]:
    """Run the mail server."""
    server = Controller(box, hostname="127.0.0.1", port=port, server_hostname="mail.example")
    server.start()
    try:
        yield
    finally:
        server.stop()


@contextmanager
def mail_server() -> Iterator[Postbox]:
    """Run a mail server, and let Lamplight send to it."""
    box, port = Postbox(), free_port()
    with listening(box, port), mail_to(port):
        yield box
