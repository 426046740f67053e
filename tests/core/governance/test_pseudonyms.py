"""Names for the record."""

from governance.core.pseudonyms import alias

KEY = b"k" * 32


def test_one_person_has_one_alias_on_one_subject() -> None:
    assert alias(KEY, "p-1", "a" * 64) == alias(KEY, "p-1", "a" * 64)


def test_aliases_do_not_link_subjects_people_or_keys() -> None:
    names = {
        alias(KEY, "p-1", "a" * 64),
        alias(KEY, "p-1", "b" * 64),
        alias(KEY, "p-2", "a" * 64),
        alias(b"x" * 32, "p-1", "a" * 64),
    }
    assert len(names) == 4


def test_an_alias_is_shaped_like_any_pseudonym_of_the_record() -> None:
    name = alias(KEY, "p-1", "a" * 64)
    assert name.startswith("p-")
    assert len(name) == 12
