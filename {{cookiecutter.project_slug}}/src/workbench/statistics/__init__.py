"""Statistics of results over several runs."""
