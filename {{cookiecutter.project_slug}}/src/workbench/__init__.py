"""The template's tools: they work on a project's files, and know nothing of its package."""
