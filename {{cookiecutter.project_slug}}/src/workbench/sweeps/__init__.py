"""Searches that can be repeated and resumed."""
