"""The stylesheet keeps its promises: contrast in light and dark, visible focus; templates keep the strict policy."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SHEET = (ROOT / "config" / "static" / "lamplight.css").read_text()
DOCUMENT = "governance/document.css"  # a PDF's own style: such a template is never served as a page
TEMPLATES = sorted(path for path in ROOT.glob("*/templates/**/*.html") if DOCUMENT not in path.read_text())
FORBIDDEN = {
    "an inline style": re.compile(r"<style|\sstyle\s*="),
    "an inline handler": re.compile(r"<[^>]*\son[a-z]+\s*="),
    "an inline script": re.compile(r"<script(?![^>]*\b(?:src=|type=\"application/json\"))"),
    "another host": re.compile(r"(?:src|href)\s*=\s*[\"']?(?:https?:)?//"),
}


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


LIGHT = tokens(SHEET[: SHEET.index("@media")])
DARK = LIGHT | tokens(SHEET[SHEET.index("prefers-color-scheme: dark") : SHEET.index("/* 2 ground")])


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_on_white_is_twenty_one() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("text", ["ink", "soft", "accent", "lamp"])
@pytest.mark.parametrize("ground", ["paper", "raise", "lamp-soft"])
def test_text_stands_out_from_every_ground(palette: dict[str, str], text: str, ground: str) -> None:
    assert contrast(palette[text], palette[ground]) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_on_filled_buttons_and_counts_stands_out(palette: dict[str, str]) -> None:
    assert contrast(palette["accent-ink"], palette["accent"]) >= 4.5
    assert contrast(palette["paper"], palette["lamp"]) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_edges_of_fields_and_the_ring_of_focus_can_be_seen(palette: dict[str, str]) -> None:
    assert contrast(palette["edge"], palette["paper"]) >= 3
    assert contrast(palette["lamp"], palette["raise"]) >= 3


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_the_steps_of_a_map_run_steadily_away_from_the_paper(palette: dict[str, str]) -> None:
    steps = [contrast(palette[f"r{i}"], palette["raise"]) for i in range(5)]
    assert steps == sorted(steps)
    assert all(later / earlier >= 1.2 for earlier, later in pairwise(steps))


def test_focus_is_drawn_and_never_taken_away_from_what_a_key_can_reach() -> None:
    assert ":focus-visible { outline: 3px" in SHEET
    assert re.findall(r"([^\n{}]+)\{ outline: none", SHEET) == ['[tabindex="-1"]:focus ']


def test_the_stylesheet_stays_one_readable_file_and_fetches_nothing() -> None:
    assert len(SHEET.splitlines()) <= 620
    assert "url(" not in SHEET
    assert "@import" not in SHEET


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_holds_nothing_the_content_security_policy_forbids(template: Path) -> None:
    text = template.read_text()
    assert [name for name, pattern in FORBIDDEN.items() if pattern.search(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        '<p style="color:red">',
        '<a onclick="x()">',
        "<script>x()</script>",
        '<script src="https://cdn.example/x.js">',
    ],
)
def test_the_guard_of_templates_sees_each_breach(text: str) -> None:
    assert any(pattern.search(text) for pattern in FORBIDDEN.values())
