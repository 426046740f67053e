"""The one script of the "explore" pages is served from its package."""

from pathlib import Path

from django.contrib.staticfiles import finders

from config.plotly_finder import PlotlyFinder


def test_the_script_is_found_under_our_own_address() -> None:
    found = finders.find("plotly/plotly.min.js")
    assert found
    assert Path(str(found)).read_bytes()[:2] == b"/*"


def test_nothing_else_of_the_package_is_served() -> None:
    assert not finders.find("plotly/datasets/gapminder.csv")
    assert [name for name, _ in PlotlyFinder().list(None)] == ["plotly.min.js"]
