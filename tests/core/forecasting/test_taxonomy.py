"""One taxonomy for every city."""

from forecasting.core.taxonomy import DISCOVERED_KINDS, REPORTED_KINDS, TAXONOMY


def test_a_kind_is_either_reported_or_discovered() -> None:
    assert set(REPORTED_KINDS).isdisjoint(DISCOVERED_KINDS)
    assert len(set(TAXONOMY)) == len(TAXONOMY) == 20


def test_a_kind_fits_its_column_and_reads_as_words() -> None:
    assert all(
        kind.replace("_", "").isalpha() and kind == kind.lower() and len(kind) <= 40 for kind in TAXONOMY
    )
