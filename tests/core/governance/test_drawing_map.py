"""Maps: shading, outlines, numbered places."""

from xml.etree import ElementTree

from governance.core.drawing import class_of
from governance.core.drawing_frame import bounds_of, square
from governance.core.drawing_map import Marker, Outline, Shape, cell_shapes, draw_key, draw_map

SVG = "{http://www.w3.org/2000/svg}"
GRID = [Shape(square(i * 10, 0, 10), float(i)) for i in range(10)]


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314  our own text


def kinds(text: str) -> list[str]:
    return [e.get("class", "") for e in parsed(text).iter() if e.get("class")]


def test_shapes_fall_into_five_steps_of_one_hue() -> None:
    assert kinds(draw_map(title="t", shapes=GRID)) == ["map", "r0", "r1", "r2", "r3", "r4"]


def test_cells_without_a_tooltip_share_one_path_per_class() -> None:
    drawn = parsed(draw_map(title="t", shapes=GRID))
    assert len(list(drawn.iter(f"{SVG}path"))) == 5


def test_an_area_with_a_label_has_its_own_path_and_says_it() -> None:
    shapes = [Shape(square(0, 0, 10), 1.0, "Alder <Park>: 12")]
    titles = [t.text for t in parsed(draw_map(title="t", shapes=shapes)).iter(f"{SVG}title")]
    assert titles == ["t", "Alder <Park>: 12"]


def test_a_value_that_is_not_known_is_drawn_differently_and_not_as_zero() -> None:
    assert kinds(draw_map(title="t", shapes=[Shape(square(0, 0, 10))])) == ["map", "unknown"]


def test_given_breaks_win_over_quantiles() -> None:
    assert kinds(draw_map(title="t", shapes=GRID, breaks=(100, 200, 300, 400))) == ["map", "r0"]


def test_outlines_and_numbers_stand_above_the_shading() -> None:
    outlines = [Outline(square(0, 0, 50)), Outline(square(50, 0, 50), "mine")]
    drawn = draw_map(title="t", shapes=GRID, outlines=outlines, markers=[Marker(5, 5, "1", "Mill Lane")])
    assert kinds(drawn)[-4:] == ["district", "mine", "disc", "number"]
    assert "1: Mill Lane" in drawn


def test_the_ground_of_the_city_lies_below_the_shading() -> None:
    drawn = draw_map(title="t", shapes=GRID[:1], outlines=[Outline(square(0, 0, 50), "city")])
    assert kinds(drawn) == ["map", "city", "r0"]


def test_what_lies_outside_the_focus_is_left_out() -> None:
    drawn = draw_map(title="t", shapes=GRID, focus=(0, 0, 10, 10), outlines=[Outline(square(900, 0, 5))])
    assert "district" not in kinds(drawn)
    assert len(drawn) < len(draw_map(title="t", shapes=GRID))


def test_numbers_that_would_hide_one_another_move_apart_and_keep_a_line_to_their_place() -> None:
    near = [Marker(50, 5, "1"), Marker(50.1, 5, "2"), Marker(50, 5.1, "3")]
    discs = parsed(draw_map(title="t", shapes=GRID, markers=near)).iter(f"{SVG}circle")
    places = {(c.get("cx"), c.get("cy")) for c in discs if c.get("class") == "disc"}
    assert len(places) == 3
    assert "leader" in kinds(draw_map(title="t", shapes=GRID, markers=near))


def test_a_map_of_nothing_is_still_a_picture() -> None:
    assert kinds(draw_map(title="t", shapes=[])) == ["map"]


def test_a_name_cannot_break_out_of_the_picture() -> None:
    shapes = [Shape(square(0, 0, 1), 1.0, "</title><script>x</script>")]
    drawn = draw_map(title='"><script>', shapes=shapes, markers=[Marker(0, 0, "<i>", "<u>")])
    assert "<script" not in drawn
    assert "<i>" not in drawn


def test_the_key_names_the_limits_between_the_classes() -> None:
    drawn = parsed(draw_key(breaks=(0.1, 0.2, 3.0, 40.0), title="low to high"))
    assert [t.text for t in drawn.iter(f"{SVG}text")] == ["0.10", "0.20", "3.0", "40"]


def test_the_key_can_explain_the_areas_that_are_not_known() -> None:
    assert "unknown" in kinds(draw_key(breaks=(1, 2, 3, 4), title="t", unknown="not published"))


def test_fewer_classes_still_run_from_the_lightest_to_the_darkest() -> None:
    assert kinds(draw_key(breaks=(1.0,), title="t"))[:3] == ["key", "r0", "r4"]


def test_neighbouring_cells_of_a_class_become_one_rectangle_and_the_lowest_are_left_out() -> None:
    shapes = cell_shapes(
        columns=[0, 1, 2, 3, 0],
        rows=[0, 0, 0, 0, 1],
        values=[5.0, 5.5, 9.0, 0.0, 5.0],
        breaks=(1.0, 6.0),
        side=10.0,
        origin=(100.0, 0.0),
    )
    assert [bounds_of(s.rings) for s in shapes] == [(100, 0, 120, 10), (120, 0, 130, 10), (100, 10, 110, 20)]
    assert [class_of(s.value or 0.0, (1.0, 6.0)) for s in shapes] == [1, 2, 1]


def test_a_gap_in_a_row_is_not_bridged() -> None:
    two = cell_shapes(
        columns=[0, 2], rows=[0, 0], values=[5.0, 5.0], breaks=(1.0,), side=1.0, origin=(0.0, 0.0)
    )
    assert len(two) == 2
