"""A package whose value is its version."""

VALUE = "1.0"
