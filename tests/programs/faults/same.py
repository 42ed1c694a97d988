"""The same value each time."""

value = 1.5
