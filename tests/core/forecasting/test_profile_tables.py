"""The strict reader of a table."""

import pytest

from forecasting.core.profile_tables import ProfileError, Table


def test_values_come_out_typed() -> None:
    table = Table("", {"a": "text", "b": 3, "c": True, "d": ["x"], "e": {"f": "g"}})
    assert (table.text("a"), table.number("b"), table.flag("c"), table.texts("d")) == (
        "text",
        3.0,
        True,
        ("x",),
    )
    assert table.mapping("e") == {"f": "g"}
    table.finish()


def test_a_key_inside_a_table_is_named_with_its_path() -> None:
    with pytest.raises(ProfileError, match=r"^time\.zone: is missing"):
        Table("", {"time": {}}).required_table("time").text("zone")


def test_a_misspelt_key_does_not_pass_as_absent() -> None:
    with pytest.raises(ProfileError, match=r"^titel: is not a key"):
        Table("", {"titel": "x"}).finish()


def test_true_is_no_number() -> None:
    with pytest.raises(ProfileError, match="must be a number"):
        Table("", {"n": True}).number("n")


def test_a_table_may_be_absent_only_where_it_is_optional() -> None:
    assert Table("", {}).table("reported") is None
    with pytest.raises(ProfileError, match="must be a table"):
        Table("", {"reported": 3}).table("reported")
