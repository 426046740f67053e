"""Curves of factors in a table cell."""

from governance.core.drawing_curve import draw_curve


def test_a_curve_rises_through_the_line_of_one() -> None:
    drawn = draw_curve(points=[(0.0, 0.5), (1.0, 1.0), (3.0, 2.0)], title="from x0.5 to x2")
    assert "M3 25L41 14L117 3" in drawn
    assert "from x0.5 to x2" in drawn


def test_a_factor_of_one_everywhere_lies_on_the_line() -> None:
    assert "M3 14L117 14" in draw_curve(points=[(0.0, 1.0), (2.0, 1.0)], title="flat")


def test_a_single_point_is_a_dot() -> None:
    drawn = draw_curve(points=[(0.0, 2.0)], title="one")
    assert "<circle" in drawn
    assert "<path" not in drawn
