"""How good the data are, in figures and sentences."""

from dataclasses import replace

from forecasting.core.data_quality import Figure, Known, quality_figures
from forecasting.core.gaps import Gap

GOOD = Known("robbery", 364, 400, 0, {"exact": 400}, 0, 0, 0.5, 30.0, 6, ())


def figures(known: Known) -> dict[str, Figure]:
    return {each.name: each for each in quality_figures(known)}


def test_every_figure_has_its_sentence_and_shares_their_n_of_total_and_interval() -> None:
    for each in quality_figures(GOOD):
        assert each.sentence.endswith(".")
        if each.share is not None and each.total:
            assert each.share.low <= each.share.value <= each.share.high + 1e-9
            assert each.share.value == (each.n or 0) / each.total


def test_good_data_say_so() -> None:
    said = figures(GOOD)
    assert said["Placed on the map"].sentence == "All of them came with a usable point."
    assert said["Time not known"].sentence == "All of them have a time of day."
    assert said["Found by police"].sentence == "None of them was found by police activity."
    assert said["Gaps"].sentence == "No run of days without any is longer than chance makes it."
    assert said["At one coordinate"].sentence.startswith("No coordinate stands out")
    assert (
        "Half were reported within an hour, nine in ten within 30 hours." in said["Reporting delay"].sentence
    )


def test_incidents_without_a_point_count_in_the_total() -> None:
    placed = figures(replace(GOOD, unplaced=100))["Placed on the map"]
    assert (placed.n, placed.total) == (400, 500)
    assert placed.sentence == "100 of 500 (20 %) came without a usable point and are in no forecast."


def test_what_is_not_known_says_so_instead_of_a_figure() -> None:
    said = figures(replace(GOOD, unplaced=None, delay_median=None, delay_ninety=None))
    assert said["Placed on the map"].share is None
    assert said["Placed on the map"].sentence.startswith("Not known")
    assert said["Reporting delay"].sentence.startswith("Not known")


def test_a_coordinate_that_holds_many_is_pointed_out() -> None:
    assert figures(replace(GOOD, most_at_one=40))["At one coordinate"].sentence.startswith(
        "One coordinate holds 40 of 400 (10 %)"
    )


def test_gaps_are_told_with_their_days() -> None:
    said = figures(replace(GOOD, gaps=(Gap(19_000, 19_009, 1e-9),)))["Gaps"]
    assert (said.n, said.total) == (10, 364)
    assert said.sentence.startswith(
        "One gap of ten days in all. No robberies are recorded from 8 January 2022"
    )


def test_what_police_found_and_what_has_no_time_is_counted() -> None:
    said = figures(replace(GOOD, police=300, untimed=20, delay_ninety=72.0))
    assert said["Found by police"].sentence.startswith("300 of 400 (75 %)")
    assert said["Time not known"].sentence.startswith("20 of 400 (5 %)")
    assert "3.0 days" in said["Reporting delay"].sentence
