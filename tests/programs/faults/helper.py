"""The value of another package."""

from helper import VALUE

value = VALUE
