"""What a reviewer asks, answered from the records."""
