"""Documents: complete or not at all, tagged, and the same bytes every time."""

import io
from datetime import UTC, datetime

import pikepdf
import pytest
from django.template import engines

from governance import documents
from governance.documents import DocumentError, render_pdf

CREATED = datetime(2024, 6, 14, 20, 40, tzinfo=UTC)
PAGE = '<html lang="en"><head><title>T</title></head><body><h1>T</h1>{}</body></html>'


@pytest.fixture
def body(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Put what the list holds into the page that is rendered."""
    held = ["<p>Text.</p>"]

    def render(_template: str, context: dict[str, object]) -> str:
        return str(engines["django"].from_string(PAGE.format(held[0])).render(context))

    monkeypatch.setattr(documents, "render_to_string", render)
    return held


def test_a_document_is_tagged_and_says_its_language(body: list[str]) -> None:
    with pikepdf.open(io.BytesIO(render_pdf("page", {}, created=CREATED))) as pdf:
        assert str(pdf.Root.Lang) == "en"
        assert bool(pdf.Root.MarkInfo.Marked)
        assert "/StructTreeRoot" in pdf.Root


def test_the_same_input_gives_the_same_bytes(body: list[str]) -> None:
    assert render_pdf("page", {}, created=CREATED) == render_pdf("page", {}, created=CREATED)


@pytest.mark.parametrize(
    "broken",
    [
        '<img src="data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22/>">',
        '<img alt="a map" src="https://example.org/map.png">',
        '<img alt="a map" src="file:///etc/hostname">',
        "<p><a href='#nowhere'>nowhere</a></p>",
    ],
    ids=["no text alternative", "from outside", "from the disk", "a link to nowhere"],
)
def test_a_document_that_would_be_incomplete_is_not_made(body: list[str], broken: str) -> None:
    body[0] = broken
    with pytest.raises(DocumentError, match="incomplete"):
        render_pdf("page", {}, created=CREATED)
