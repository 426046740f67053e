"""The pieces of every figure: escaping, classes, ticks, numbers."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.core.drawing import (
    PAINT,
    TOP_HEAVY,
    Markup,
    class_of,
    element,
    figure,
    nice_ticks,
    number,
    quantile_breaks,
    reading,
    words,
)

SVG = "{http://www.w3.org/2000/svg}"


def test_breaks_of_a_hundred_values_are_its_fifths() -> None:
    assert quantile_breaks(range(101)) == (20.0, 40.0, 60.0, 80.0)


def test_breaks_may_stand_where_the_few_high_cells_begin() -> None:
    assert quantile_breaks(range(101), TOP_HEAVY) == (50.0, 80.0, 95.0, 99.0)


def test_breaks_ignore_values_that_are_not_finite() -> None:
    assert quantile_breaks([1.0, float("nan"), float("inf"), 3.0], (0.5,)) == (2.0,)


def test_an_empty_map_still_has_breaks() -> None:
    assert quantile_breaks([]) == (0.0, 0.0, 0.0, 0.0)


def test_a_value_on_a_limit_belongs_to_the_class_below() -> None:
    assert [class_of(v, (1.0, 2.0)) for v in (0.0, 1.0, 1.5, 2.0, 9.0)] == [0, 0, 1, 1, 2]


def test_equal_values_all_fall_in_the_lowest_class() -> None:
    breaks = quantile_breaks([7.0] * 9)
    assert class_of(7.0, breaks) == 0


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_breaks_ascend_within_the_values_and_classes_follow_their_order(values: list[float]) -> None:
    breaks = quantile_breaks(values)
    classes = [class_of(v, breaks) for v in sorted(values)]
    assert list(breaks) == sorted(breaks)
    assert classes == sorted(classes)


def test_text_is_escaped_and_forbidden_characters_dropped() -> None:
    assert words("<b> & \"Fifth\" 'St'\x00\x08") == "&lt;b&gt; &amp; &quot;Fifth&quot; &#x27;St&#x27;"


def test_a_child_that_is_plain_text_is_escaped_and_markup_is_not() -> None:
    assert element("text", "<script>") == "<text>&lt;script&gt;</text>"
    assert element("g", Markup("<path/>")) == "<g><path/></g>"


def test_attributes_are_escaped_and_none_is_left_out() -> None:
    assert element("text", x=1.0, text_anchor='a"b', d=None) == '<text x="1" text-anchor="a&quot;b"/>'


def test_every_kind_carries_a_class_for_the_page_and_colours_for_paper() -> None:
    for kind, paint in PAINT.items():
        drawn = element("path", kind=kind)
        assert f'class="{kind}"' in drawn
        assert all(f'{name}="' in drawn for name in paint)


def test_a_kind_without_paint_cannot_be_drawn() -> None:
    with pytest.raises(KeyError):
        element("path", kind="sparkle")


def test_a_figure_says_what_it_shows_to_a_screen_reader_and_a_tagged_pdf() -> None:
    tree = ElementTree.fromstring(  # noqa: S314  our own text
        figure(kind="map", title="Risk & reason", width=10, height=5, children=[])
    )
    title = tree.find(f"{SVG}title")
    assert title is not None
    assert (tree.get("role"), tree.get("aria-label"), title.text) == ("img", "Risk & reason", "Risk & reason")


def test_a_figure_holds_nothing_a_strict_content_security_policy_forbids() -> None:
    drawn = figure(kind="map", title="t", width=10, height=5, children=[element("path", kind="r4")])
    assert "style=" not in drawn
    assert "<script" not in drawn
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")


def test_a_template_prints_a_figure_without_escaping_it_again() -> None:
    assert element("path").__html__() == "<path/>"


@pytest.mark.parametrize(
    ("top", "ticks"),
    [
        (20, (0, 5, 10, 15, 20)),
        (23, (0, 10, 20, 30)),
        (1, (0, 0.5, 1)),
        (0.37, (0, 0.1, 0.2, 0.3, 0.4)),
        (1200, (0, 500, 1000, 1500)),
    ],
)
def test_ticks_are_round_and_reach_the_top(top: float, ticks: tuple[float, ...]) -> None:
    assert nice_ticks(top) == ticks


@pytest.mark.parametrize("top", [0, -3, float("nan"), float("inf")])
def test_without_a_top_the_axis_runs_from_0_to_1(top: float) -> None:
    assert nice_ticks(top) == (0.0, 1.0)


@given(st.floats(1e-6, 1e9))
def test_ticks_never_end_below_the_highest_value(top: float) -> None:
    ticks = nice_ticks(top)
    assert ticks[-1] >= top * (1 - 1e-6)
    assert 2 <= len(ticks) <= 6


def test_coordinates_have_one_decimal_at_most_and_no_negative_zero() -> None:
    assert [number(v) for v in (1.0, 1.25, -0.04, 10.0, -2.5)] == ["1", "1.2", "0", "10", "-2.5"]


def test_a_reader_sees_digits_that_fit_the_size() -> None:
    assert [reading(v) for v in (0.456, 3.14159, 42.4, 1234.5, -0.5)] == [
        "0.46",
        "3.1",
        "42",
        "1,234",
        "−0.50",
    ]
