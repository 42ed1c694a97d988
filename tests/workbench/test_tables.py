"""Tables in Markdown, and nested values by their keys."""

from workbench.tables import flatten, format_table


def test_a_cell_is_one_line_and_no_bar_ends_it() -> None:
    table = format_table(("name", "text"), [("a", "two\nlines"), ("b", "x|y"), ("c", 1.50)])
    rows = table.splitlines()
    assert len(rows) == 5
    assert "two lines" in rows[2]
    assert r"x\|y" in rows[3]
    assert "1.5 " in rows[4]


def test_nested_values_by_their_keys() -> None:
    values = {"loss": {"mean": 0.5}, "layers": [8, 4], "none": None}
    assert flatten(values) == {"loss.mean": 0.5, "layers.0": 8, "layers.1": 4, "none": None}
    assert flatten(values, lists=False)["layers"] == [8, 4]
