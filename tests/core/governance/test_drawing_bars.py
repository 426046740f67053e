"""Values with intervals: in a table cell, and as bars."""

from xml.etree import ElementTree

import pytest

from governance.core.drawing_bars import WIDTH, Bar, Limit, draw_bars, draw_interval

SVG = "{http://www.w3.org/2000/svg}"


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314  our own text


def texts(text: str) -> list[str | None]:
    return [t.text for t in parsed(text).iter(f"{SVG}text")]


def test_an_interval_says_its_figures_in_words() -> None:
    drawn = parsed(draw_interval(value=0.46, low=0.25, high=0.73, top=1.0))
    assert drawn.get("aria-label") == "0.46, interval 0.25 to 0.73"


def test_an_interval_stays_on_its_scale() -> None:
    line = parsed(draw_interval(value=5, low=-1, high=99, top=10)).find(f"{SVG}line")
    assert line is not None
    assert (line.get("x1"), line.get("x2")) == ("4", "116")


def test_an_interval_on_an_empty_scale_is_still_drawn() -> None:
    assert parsed(draw_interval(value=0, low=0, high=0, top=0)).tag == f"{SVG}svg"


def test_a_bar_is_as_long_as_its_value_and_names_its_interval_and_n() -> None:
    drawn = draw_bars(title="t", bars=[Bar("A", 2.0, 1.0, 3.0, "n = 12"), Bar("B", 1.0)])
    widths = [float(r.get("width", "0")) for r in parsed(drawn).iter(f"{SVG}rect")]
    assert widths[0] == pytest.approx(2 * widths[1], rel=0.01)
    assert texts(drawn)[:3] == ["A", "2.0 [1.0–3.0]", "n = 12"]


def test_nothing_is_drawn_beyond_the_picture() -> None:
    drawn = parsed(draw_bars(title="t", bars=[Bar("A", 2.0, 1.0, 9.0)], limit=Limit(20.0, "limit")))
    assert all(float(r.get("width", "0")) <= WIDTH for r in drawn.iter(f"{SVG}rect"))


def test_too_little_evidence_is_said_and_not_drawn_as_zero() -> None:
    drawn = draw_bars(title="t", bars=[Bar("A", None)])
    assert texts(drawn) == ["A", "not enough evidence"]
    assert not list(parsed(drawn).iter(f"{SVG}rect"))


def test_the_limit_is_a_named_line_across_all_bars() -> None:
    drawn = draw_bars(title="t", bars=[Bar("A", 1.1)], limit=Limit(1.25, "policy: below 1.25"))
    assert texts(drawn)[-1] == "policy: below 1.25"


def test_values_are_written_the_way_the_caller_says() -> None:
    drawn = draw_bars(
        title="t", bars=[Bar("A", 0.17, 0.1, 0.2)], write=lambda share: f"{share * 100:.0f}", unit=" %"
    )
    assert texts(drawn) == ["A", "17 % [10–20]"]


def test_no_bars_are_an_empty_picture() -> None:
    assert texts(draw_bars(title="t", bars=[])) == []
