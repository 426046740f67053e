"""HTML to tagged PDF (PDF/UA-1 declared, not independently validated), the same bytes every time."""

import logging
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn

import weasyprint
from django.template.loader import render_to_string
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetchingError

LOGGER = logging.getLogger("weasyprint")
UNDRAWN = re.compile(r"\(U\+([0-9A-F]{4,6})\)")  # a character that no font here can draw
HARMLESS = ("Ignored", "Expected")  # a CSS rule meant for screens; it loses nothing on paper


class DocumentError(Exception):
    """A document that would have been incomplete: a missing figure, text alternative or font."""


class _Complaints(logging.Handler):
    """Collects what WeasyPrint complains about: it only logs a missing text alternative."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one complaint."""
        line = record.getMessage()
        if not line.startswith(HARMLESS):
            self.lines.append(line)


class _FetchesNothing(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Answers every request for a file or an address with a complaint, which stops the document."""

    def fetch(self, url: str, headers: object = None) -> NoReturn:
        """Refuse."""
        raise FatalURLFetchingError(f"a document fetches nothing, but this one asks for {url}")


def render_pdf(template: str, context: Mapping[str, Any], *, created: datetime) -> bytes:
    """Return the PDF of a template. Raises DocumentError when anything in it would be missing.

    `created` is the date the file says it was made: part of the input, so that the bytes can be made again.
    """
    html = render_to_string(template, {**context, "created": created})
    pdf, complaints = _write(html)
    if undrawn := {int(code, 16) for line in complaints for code in UNDRAWN.findall(line)}:
        # What somebody wrote must not keep a briefing or a report from being made: the character is spelt out.
        pdf, complaints = _write(html.translate({code: f"[U+{code:04X}]" for code in undrawn}))
    if complaints:
        raise DocumentError("The document is incomplete: " + "; ".join(complaints))
    return pdf


def _write(html: str) -> tuple[bytes, list[str]]:
    """Return the PDF of a page, and what WeasyPrint complains about."""
    complaints = _Complaints()
    LOGGER.addHandler(complaints)
    try:
        document = weasyprint.HTML(string=html, url_fetcher=_FetchesNothing())
        pdf: bytes = document.write_pdf(pdf_variant="pdf/ua-1")
    except (FatalURLFetchingError, URLFetchingError) as problem:
        raise DocumentError(f"The document is incomplete: {problem}") from problem
    finally:
        LOGGER.removeHandler(complaints)
    return pdf, complaints.lines
