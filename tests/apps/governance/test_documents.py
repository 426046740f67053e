"""Documents: what people wrote never keeps one from being made."""

from datetime import UTC, datetime

import pytest

from governance.documents import render_pdf

MADE = datetime(2024, 6, 14, tzinfo=UTC)


def made_of(monkeypatch: pytest.MonkeyPatch, body: str) -> bytes:
    html = f'<!doctype html><html lang="en"><head><title>T</title></head><body><p>{body}</p></body></html>'
    monkeypatch.setattr("governance.documents.render_to_string", lambda *_: html)
    return render_pdf("any.html", {}, created=MADE)


@pytest.mark.parametrize("reason", ["Agreed 中文", "Agreed \U0001f9d1‍\U0001f692", "Agreed \ue000\uffff"])
def test_a_character_that_no_font_here_can_draw_is_spelt_out(
    monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    pdf = made_of(monkeypatch, reason)
    assert pdf.startswith(b"%PDF-")
    assert pdf == made_of(monkeypatch, reason)
