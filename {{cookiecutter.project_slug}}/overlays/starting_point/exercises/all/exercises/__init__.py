"""A check for each exercise: `make exercises` runs them, docs/exercises/ has a page for each."""
