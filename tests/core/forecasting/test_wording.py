"""Plain words for what readers see."""

from forecasting.core.wording import counted, in_words, incidents_of, percent, shortened


def test_a_kind_of_incident_has_a_name_for_one_and_for_several() -> None:
    assert incidents_of("residential_burglary", 1) == "residential burglary"
    assert incidents_of("theft_from_vehicle") == "thefts from vehicles"


def test_a_kind_that_nobody_named_speaks_for_itself() -> None:
    assert incidents_of("loud_music") == "loud music incidents"


def test_counts_to_twelve_are_words_and_larger_ones_figures() -> None:
    assert [in_words(n) for n in (0, 1, 12, 13, 1200)] == ["no", "one", "twelve", "13", "1,200"]


def test_a_count_agrees_with_its_noun() -> None:
    assert counted(1, "place", "places") == "one place"
    assert counted(12, "place", "places") == "twelve places"


def test_very_small_shares_keep_a_decimal() -> None:
    assert [percent(s) for s in (0, 0.0034, 0.034, 0.18, 1)] == ["0", "0.3", "3", "18", "100"]


def test_a_digest_is_shown_by_its_ends() -> None:
    assert shortened("9f2c41d7" + "0" * 52 + "6ab0") == "9f2c 41d7 … 6ab0"
    assert shortened("short") == "short"
