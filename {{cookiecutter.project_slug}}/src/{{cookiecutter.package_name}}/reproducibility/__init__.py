"""What made a result, written down beside it."""
