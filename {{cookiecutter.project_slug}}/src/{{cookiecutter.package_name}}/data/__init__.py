"""Raw data: where it comes from, and what it has to look like."""
