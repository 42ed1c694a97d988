"""The order of a set."""

value = list({"ant", "bee", "cow", "dog", "elk", "fox"})
