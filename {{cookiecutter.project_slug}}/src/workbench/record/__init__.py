"""What each run was, written down beside its log."""
