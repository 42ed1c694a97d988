"""The rules of a column: spelt by YAML, and refused where they do not fit together."""

import math

import pytest
from pydantic import TypeAdapter, ValidationError
from workbench.data.column import Column, Label

LABEL = TypeAdapter(Label)


@pytest.mark.parametrize(
    ("value", "spelt"),
    [("yes", "yes"), (1, "1"), (1.0, "1"), (-2, "-2"), (1.5, "1.5"), ("1.0", "1.0"), ("", "")],
)
def test_a_category_is_a_text(value: object, spelt: str) -> None:
    assert LABEL.validate_python(value) == spelt


@pytest.mark.parametrize(("value", "words"), [(True, "yes, on or true"), (False, "no, off or false")])
def test_a_word_that_yaml_takes_for_a_truth_value_is_named(value: bool, words: str) -> None:
    with pytest.raises(ValidationError, match=f"YAML reads {words} without quotes"):
        Column("category", values=["maybe", value])


@pytest.mark.parametrize(
    ("kind", "rules", "message"),
    [
        ("category", {"minimum": 0}, "`minimum` is a rule for the kind number, not category"),
        ("text", {"maximum": 1}, "`maximum` is a rule for the kind number, not text"),
        ("number", {"values": ["a"]}, "`values` is a rule for the kind category, not number"),
        ("category", {"format": "%Y"}, "`format` is a rule for the kind time, not category"),
        ("number", {"minimum": 2, "maximum": 1}, "`minimum` should not be greater than `maximum`"),
        ("category", {"values": ["1", 1.0]}, "`values` should differ from each other"),
        ("category", {"values": []}, "at least 1 item"),
        ("number", {"minimum": math.nan}, "finite number"),
        ("number", {"maximum": math.inf}, "finite number"),
        ("numeric", {}, "Input should be 'number', 'category', 'text', 'time', 'image' or 'ignored'"),
        ("number", {"width": 8}, "`width` is a rule for the kind image, not number"),
        ("image", {"width": 8, "height": 8}, "an image needs `width`, `height` and `channels`"),
        ("image", {"width": 8, "height": 8, "channels": 4}, "Input should be 1 or 3"),
        ("image", {"width": 1, "height": 1, "channels": 1, "missing": True}, "an image cannot be missing"),
        ("number", {"least": 0}, "Unexpected keyword argument"),
    ],
)
def test_rules_that_do_not_fit_are_refused(kind: str, rules: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Column(kind, **rules)  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_a_model_keeps_the_rules_that_there_are() -> None:
    column = Column("category", values=["a", 2], missing=True)
    assert column.to_facts() == {"kind": "category", "values": ["a", "2"], "missing": True}
    assert Column(**column.to_facts()) == column
