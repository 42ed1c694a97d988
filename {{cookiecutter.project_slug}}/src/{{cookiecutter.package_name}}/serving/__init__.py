"""The trained model as an HTTP service."""
