"""A file of the user's: what is in it, and a draft of its configuration (`make use`)."""
