"""Columns of a histogram."""

import re

import pytest

from governance.core.drawing_columns import PLOT, WIDTH, draw_columns


def heights(picture: str) -> list[float]:
    return [float(each) for each in re.findall(r'<rect[^>]* height="([0-9.]+)"', picture)]


def test_columns_are_as_high_as_their_counts_and_the_line_stands_at_their_mean() -> None:
    picture = draw_columns(
        title="PIT", counts=[2, 4, 0, 2], low="too low", high="too high", even="flat is right"
    )
    assert heights(picture) == pytest.approx([PLOT / 2, PLOT, 0.0, PLOT / 2])
    line = re.search(r'class="basel"[^>]*y1="([0-9.]+)"', picture)
    assert line is not None
    assert float(line.group(1)) == pytest.approx(18 + PLOT / 2)
    assert f'viewBox="0 0 {WIDTH:g}' in picture
    assert ">flat is right<" in picture


def test_text_is_escaped_and_nothing_gives_an_empty_axis() -> None:
    picture = draw_columns(title="<b>", counts=[], low="<i>", high="", even="")
    assert "<b>" not in picture
    assert "&lt;i&gt;" in picture
    assert heights(picture) == []
